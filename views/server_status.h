/* SPDX-License-Identifier: MIT */
#ifndef VIEWS_SERVER_STATUS_H
#define VIEWS_SERVER_STATUS_H

#include "client/server.h"
#include "views/state.h"

/* Asks which status a server is to have, and tells the host. Strings are copied. */
void server_status_open(struct views_env *env, struct remote *remote, const struct server_info *s);

#endif
