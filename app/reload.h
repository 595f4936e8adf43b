/* SPDX-License-Identifier: MIT
 *
 * Says when a file of the configuration folder or its themes has changed. Editors write a file in
 * several steps, so it waits until nothing has moved for a moment.
 */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include <uv.h>

#include "app/paths.h"

struct reload;

/* on_change runs on the loop. A folder that does not exist yet is not watched. Keeps no loop
 * alive. */
struct reload *reload_create(uv_loop_t *loop, const struct paths *paths,
                             void (*on_change)(void *user), void *user);
/* Freed once its handles are closed, for which the loop must run. Accepts NULL. */
void reload_destroy(struct reload *r);

#endif
