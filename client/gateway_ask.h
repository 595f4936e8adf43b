/* SPDX-License-Identifier: MIT
 *
 * One plain question to a gateway, as its smaller resources ask it. For client/ only.
 */
#ifndef CLIENT_GATEWAY_ASK_H
#define CLIENT_GATEWAY_ASK_H

#include "client/call.h"
#include "client/gateway_internal.h"

struct gateway_question {
    struct request request;
    struct gateway *gateway; /* held */
    /* With the answer's "data" (any JSON; NULL when it has none), or with e. */
    void (*on_answer)(struct gateway_question *q, const cJSON *data, const struct err *e);
    call_cb cb; /* cast back by on_answer */
    void *user;
};

/* base NULL: the gateway's own URL. body may be NULL; it is deleted. timeout_ms 0: the client's. */
struct request *gateway_ask(struct gateway *g, const char *base, const char *method,
                            const char *path, cJSON *body, int64_t timeout_ms,
                            void (*on_answer)(struct gateway_question *q, const cJSON *data,
                                              const struct err *e),
                            call_cb cb, void *user);

#endif
