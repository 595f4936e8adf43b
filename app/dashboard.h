/* SPDX-License-Identifier: MIT
 *
 * The full-screen program.
 */
#ifndef APP_DASHBOARD_H
#define APP_DASHBOARD_H

#include <stdbool.h>

#include "app/app.h"

/* Sets app up, runs the dashboard, finishes app. Returns the exit status. */
int dashboard_main(struct app *app);
/* The same for an app that is set up already and is finished by the caller, beginning in the shell
 * of a sandbox ([NAMESPACE/]NAME or id), which is made when it is not there and create is set.
 * sandbox NULL: beginning with the view asked for. */
int dashboard_run(struct app *app, const char *sandbox, bool create);

#endif
