/* SPDX-License-Identifier: MIT
 *
 * One health check: GET path on a port of a loopback address, and the status of the answer.
 */
#ifndef HOST_DAEMON_PROBE_H
#define HOST_DAEMON_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct probe;

/* Calls on_probe once, on a later turn, with the HTTP status or 0: no answer within timeout_ms, or
 * none that is HTTP. The probe frees itself. */
struct probe *probe_start(uv_loop_t *loop, int port, bool v6, const char *path, int64_t timeout_ms,
                          void (*on_probe)(void *user, int status), void *user);
/* on_probe will not be called; NULL is fine. */
void probe_cancel(struct probe *p);
/* The status of an answer's first line; 0 when it is none, -1 when it is not complete yet. */
int probe_parse(const char *head, size_t n);

#endif
