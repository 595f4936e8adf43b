/* SPDX-License-Identifier: MIT
 *
 * Plain questions to a gateway: sent, judged, answered.
 */
#include "client/gateway_ask.h"

#include <string.h>

#include "base/alloc.h"

static void on_cleanup(struct request *r)
{
    gateway_drop(((struct gateway_question *)r)->gateway);
}

static void on_leg(struct request *r, const struct err *transport)
{
    struct gateway_question *q = (struct gateway_question *)r;
    cJSON *root = NULL;
    struct err e;
    int result = gateway_reply(q->gateway, r, transport, &root, &e);

    q->on_answer(q, cJSON_GetObjectItemCaseSensitive(root, "data"), result ? &e : NULL);
    cJSON_Delete(root);
    request_finish(r);
}

struct request *gateway_ask(struct gateway *g, const char *base, const char *method,
                            const char *path, cJSON *body, int64_t timeout_ms,
                            void (*on_answer)(struct gateway_question *q, const cJSON *data,
                                              const struct err *e),
                            call_cb cb, void *user)
{
    struct gateway_question *q =
        (struct gateway_question *)request_create(g->client, sizeof *q, on_cleanup);
    cleanup_free char *text = body ? cJSON_PrintUnformatted(body) : NULL;

    cJSON_Delete(body);
    q->gateway = g;
    q->on_answer = on_answer;
    q->cb = cb;
    q->user = user;
    gateway_hold(g);
    gateway_send(
        g, &q->request,
        &(struct gateway_send){
            .base = base, .method = method, .path = path, .body = text, .timeout_ms = timeout_ms},
        on_leg);
    return &q->request;
}
