/* SPDX-License-Identifier: MIT
 *
 * The full-screen program.
 */
#ifndef APP_DASHBOARD_H
#define APP_DASHBOARD_H

#include "app/app.h"

/* Sets app up, runs the dashboard, finishes app. Returns the exit status. */
int dashboard_main(struct app *app);

#endif
