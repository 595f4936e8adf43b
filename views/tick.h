/* SPDX-License-Identifier: MIT
 *
 * A one-shot timer that its owner may destroy at any time, also from its own callback.
 */
#ifndef VIEWS_TICK_H
#define VIEWS_TICK_H

#include <stdint.h>
#include <uv.h>

struct tick;

struct tick *tick_create(uv_loop_t *loop, void (*on_tick)(void *user), void *user);
void tick_destroy(struct tick *t);
/* Once, after delay_ms; replaces what was planned. Negative: not at all. */
void tick_after(struct tick *t, int64_t delay_ms);

#endif
