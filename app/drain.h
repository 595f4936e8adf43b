/* SPDX-License-Identifier: MIT
 *
 * Before leaving: what was typed is on its way to the host, no key is dropped for being followed by
 * the one that leaves.
 */
#ifndef APP_DRAIN_H
#define APP_DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* Runs the loop until pending(user) is 0 or can_go (of all that is pending) is false, at most half
 * a second. Returns the bytes that are still pending. */
size_t drain(uv_loop_t *loop, size_t (*pending)(void *user, bool *can_go), void *user);

#endif
