/* SPDX-License-Identifier: MIT
 *
 * Files changing as they change: the events of watchers, merged.
 */
#ifndef VIEWS_WATCHERS_TAIL_H
#define VIEWS_WATCHERS_TAIL_H

#include "views/state.h"

struct watch;

struct watch *watch_create(struct views_env *env);
void watch_add(struct watch *w, const char *sandbox_id, const char *watcher_id, const char *path);
/* In the focused leaf. */
void watch_show(struct watch *w);

#endif
