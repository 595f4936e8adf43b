/* SPDX-License-Identifier: MIT */
#ifndef VIEWS_SERVER_FORM_H
#define VIEWS_SERVER_FORM_H

#include "client/remote.h"
#include "views/state.h"

/* The form with every option of a new server of this sandbox. */
void server_form_open(struct views_env *env, struct remote *remote);

#endif
