/* SPDX-License-Identifier: MIT
 *
 * Reading files and choosing the context, once the options are known.
 */
#ifndef APP_SETUP_H
#define APP_SETUP_H

#include "app/app.h"

/* A context that cannot be resolved is no failure yet: see app->context_error. */
int app_setup(struct app *app, struct err *e);
void app_finish(struct app *app);
/* When a hosted gateway was meant and no provider's credentials are complete: all of them. */
void say_missing_credentials(const struct app *app);

/* config.ini and keys.ini once more: the settings, the bindings of app->keymap and what the present
 * context says of its theme and of changes. Its gateway stays. */
void app_reload(struct app *app);

#endif
