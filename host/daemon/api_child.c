/* SPDX-License-Identifier: MIT
 *
 * Child sandboxes: a request becomes an order to the gateway, which answers in one packet or
 * several, all with the order's number.
 *
 * An order is sent once: after a gateway's death nobody knows what became of it, and making a child
 * twice would be worse than saying so.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"

#define ASKS_MAX        64
#define GATEWAY_WAIT_MS 5000  /* for one to come back */
#define ANSWER_MAX_MS   25000 /* less than clients wait */
#define POLL_MS         50

enum ask_kind { ASK_CREATE, ASK_LIST, ASK_GET, ASK_DELETE };

struct child_ask {
    TAILQ_ENTRY(child_ask) entry;
    struct daemon *d;
    struct http_request *request; /* NULL: nobody waits any more */
    enum ask_kind kind;
    cJSON *order; /* owned; NULL: sent */
    cJSON *items; /* owned, an array */
    double seq;
    int64_t give_up_ms;
    uv_timer_t timer;
};

static void on_closed(uv_handle_t *handle)
{
    struct child_ask *ask = handle->data;

    cJSON_Delete(ask->order);
    cJSON_Delete(ask->items);
    free(ask);
}

static void end_ask(struct child_ask *ask)
{
    TAILQ_REMOVE(&ask->d->children_asked.list, ask, entry);
    ask->d->children_asked.n--;
    uv_close((uv_handle_t *)&ask->timer, on_closed);
}

static void fail(struct child_ask *ask, const char *text)
{
    if (ask->request)
        http_reply_error(ask->request, 503, "%s", text);
    end_ask(ask);
}

static void on_gone(struct http_request *r, void *user)
{
    struct child_ask *ask = user;

    (void)r;
    ask->request = NULL;
}

static void try_send(struct child_ask *ask)
{
    struct daemon *d = ask->d;

    if (ask->order && link_server_order(&d->links, ask->order)) {
        cJSON_Delete(steal_pointer(&ask->order));
        ask->give_up_ms = (int64_t)uv_now(d->loop) + ANSWER_MAX_MS;
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct child_ask *ask = timer->data;

    try_send(ask);
    if ((int64_t)uv_now(ask->d->loop) < ask->give_up_ms)
        return;
    fail(ask, ask->order ? "the gateway is not there; it makes and ends child sandboxes"
                         : "the gateway does not answer");
}

static struct child_ask *make_ask(struct http_request *r, struct daemon *d, enum ask_kind kind)
{
    static const char *const names[] = {"create", "list", "get", "delete"};
    struct child_ask *ask;

    if (d->children_asked.n >= ASKS_MAX || d->stopping) {
        http_reply_error(r, 503, "too many requests about child sandboxes at once");
        return NULL;
    }
    ask = xcalloc(1, sizeof *ask);
    ask->d = d;
    ask->request = r;
    ask->kind = kind;
    ask->seq = (double)++d->children_asked.seq;
    ask->items = cJSON_CreateArray();
    ask->order = cJSON_CreateObject();
    cJSON_AddStringToObject(ask->order, "op", "child");
    cJSON_AddStringToObject(ask->order, "what", names[kind]);
    cJSON_AddNumberToObject(ask->order, "seq", ask->seq);
    return ask;
}

static void begin(struct child_ask *ask)
{
    struct daemon *d = ask->d;

    TAILQ_INSERT_TAIL(&d->children_asked.list, ask, entry);
    d->children_asked.n++;
    uv_timer_init(d->loop, &ask->timer);
    ask->timer.data = ask;
    ask->give_up_ms = (int64_t)uv_now(d->loop) + GATEWAY_WAIT_MS;
    http_on_gone(ask->request, on_gone, ask);
    uv_timer_start(&ask->timer, on_timer, POLL_MS, POLL_MS);
    try_send(ask);
}

/* --- answers --- */

static void reply(struct child_ask *ask)
{
    cJSON *object;

    if (!ask->request)
        return;
    if (ask->kind == ASK_DELETE) {
        http_reply_empty(ask->request, 204);
    } else if (ask->kind == ASK_LIST) {
        object = cJSON_CreateObject();
        cJSON_AddItemToObject(object, "sandboxes", steal_pointer(&ask->items));
        http_reply_json(ask->request, 200, object);
    } else {
        object = cJSON_DetachItemFromArray(ask->items, 0);
        http_reply_json(ask->request, ask->kind == ASK_CREATE ? 201 : 200,
                        object ? object : cJSON_CreateObject());
    }
}

static void take(struct child_ask *ask, cJSON *order)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(order, "error"));
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(order, "code");
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(order, "item");
    struct err e;

    if (item)
        cJSON_AddItemToArray(ask->items, item);
    if (text) {
        err_set(&e, cJSON_IsNumber(code) ? (enum err_code)code->valueint : ERR_IO, "%s", text);
        if (ask->request)
            http_reply_err(ask->request, &e);
        end_ask(ask);
    } else if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(order, "done"))) {
        reply(ask);
        end_ask(ask);
    }
}

void api_child_reply(struct daemon *d, cJSON *order)
{
    const cJSON *seq = cJSON_GetObjectItemCaseSensitive(order, "seq");
    struct child_ask *ask;

    TAILQ_FOREACH (ask, &d->children_asked.list, entry) {
        if (cJSON_IsNumber(seq) && !ask->order && ask->seq == seq->valuedouble) {
            take(ask, order);
            return;
        }
    }
}

void api_child_gateway_gone(struct daemon *d)
{
    struct child_ask *ask, *next;

    for (ask = TAILQ_FIRST(&d->children_asked.list); ask; ask = next) {
        next = TAILQ_NEXT(ask, entry);
        if (!ask->order)
            fail(ask, "the gateway went away before it answered; the list says what it did");
    }
}

void api_child_init(struct daemon *d)
{
    TAILQ_INIT(&d->children_asked.list);
}

void api_child_stop(struct daemon *d)
{
    struct child_ask *ask;

    while ((ask = TAILQ_FIRST(&d->children_asked.list)))
        fail(ask, "the sandbox ends");
}

/* --- handlers --- */

void api_child_create(struct http_request *r, void *user)
{
    cJSON *body = http_body_object(r);
    struct child_ask *ask = body ? make_ask(r, user, ASK_CREATE) : NULL;

    if (!ask) {
        cJSON_Delete(body);
        return;
    }
    cJSON_AddItemToObject(ask->order, "options", body);
    begin(ask);
}

void api_child_list(struct http_request *r, void *user)
{
    struct child_ask *ask = make_ask(r, user, ASK_LIST);

    if (ask)
        begin(ask);
}

static void ask_about(struct http_request *r, struct daemon *d, enum ask_kind kind)
{
    cleanup_buf struct buf subdomain = {0};
    cleanup_buf struct buf flag = {0};
    struct child_ask *ask;

    if (http_param_decode(r, "id", &subdomain, NULL) || !subdomain.len || subdomain.len > 64) {
        http_reply_error(r, 404, "Sandbox not found");
        return;
    }
    if (kind == ASK_DELETE && http_query_get(r, "delete_files", &flag) &&
        (!flag.data || (strcmp(flag.data, "true") != 0 && strcmp(flag.data, "false") != 0))) {
        http_reply_error(r, 400, "delete_files is neither true nor false");
        return;
    }
    ask = make_ask(r, d, kind);
    if (!ask)
        return;
    cJSON_AddStringToObject(ask->order, "subdomain", subdomain.data);
    cJSON_AddBoolToObject(ask->order, "delete_files", flag.data && !strcmp(flag.data, "true"));
    begin(ask);
}

void api_child_get(struct http_request *r, void *user)
{
    ask_about(r, user, ASK_GET);
}

void api_child_delete(struct http_request *r, void *user)
{
    ask_about(r, user, ASK_DELETE);
}
