/* SPDX-License-Identifier: MIT
 *
 * ComputeSDK as a C API on a libuv loop: what every part of the client shares.
 *
 * A call returns a request handle and calls back exactly once, later, on the loop: with a result,
 * or with a struct err. A handle can be cancelled (its callback does not run then) and is gone once
 * the callback has returned. Results are borrowed for the callback's duration.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "wire/sandbox.h"

struct client;  /* HTTP and WebSocket machinery of one loop */
struct request; /* one call under way */

/* One per loop, in a program that ignores SIGPIPE. Honours SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY. */
struct client *client_create(uv_loop_t *loop, struct err *e);
/* After every gateway and remote. Cancels what is left and closes; on_closed runs on the loop when
 * everything is gone. */
void client_destroy(struct client *c, void (*on_closed)(void *user), void *user);
uv_loop_t *client_loop(struct client *c);
/* The deadline of calls that have none of their own; 30 s unless told. */
void client_set_timeout(struct client *c, int64_t timeout_ms);

/* What changes something, or tries to: told when it has ended, however it ended. Everything is
 * borrowed for the call. The address and the body are as they were sent, secrets included; headers
 * are not told. */
struct client_report {
    const char *method, *url, *body; /* body "" for none, NUL-terminated */
    size_t body_len;
    int status;              /* of the answer; 0: none */
    const struct err *error; /* why there is no answer; NULL: there is, or it was cancelled */
    bool is_cancelled;
    int64_t duration_ms;
};
/* monitor NULL: no more. It runs on the loop and must not destroy the client. */
void client_set_monitor(struct client *c,
                        void (*monitor)(void *user, const struct client_report *report),
                        void *user);

/* Safe with NULL. */
void request_cancel(struct request *r);

#endif
