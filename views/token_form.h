/* SPDX-License-Identifier: MIT */
#ifndef VIEWS_TOKEN_FORM_H
#define VIEWS_TOKEN_FORM_H

#include "client/remote.h"
#include "views/state.h"

/* The form for a new session token of this sandbox; its value is then shown once. */
void token_form_open(struct views_env *env, struct remote *remote);

#endif
