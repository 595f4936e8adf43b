/* SPDX-License-Identifier: MIT
 *
 * The contexts a running dashboard can go over to.
 */
#ifndef APP_DASHBOARD_CONTEXTS_H
#define APP_DASHBOARD_CONTEXTS_H

#include "app/app.h"
#include "views/views.h"

/* The present one, the embedded gateway, those of config.ini; each once. */
void dashboard_contexts(const struct app *app,
                        void (*visit)(void *arg, const struct views_context *context), void *arg);
/* As if started with --context NAME; --gateway and --api-key-file do not count for it. */
int dashboard_context_resolve(const struct app *app, const char *name, struct context *out,
                              struct err *e);

#endif
