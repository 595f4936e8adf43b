/* SPDX-License-Identifier: MIT */
#ifndef VIEWS_SERVER_FORM_H
#define VIEWS_SERVER_FORM_H

#include "views/remote_form.h"

/* With every option of a new server. */
extern const struct remote_form_kind server_form;

#endif
