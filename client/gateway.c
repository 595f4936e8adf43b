/* SPDX-License-Identifier: MIT
 *
 * A gateway's link: what keeps the model true.
 *
 * connect → GET /info → with `list`: the WebSocket, whose first listing replaces what was known;
 *                     → without: each known sandbox is asked for by id, every REFRESH_MS.
 * Any loss leads to DOWN and, after the back-off, to connect again.
 */
#include "client/gateway.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/fields.h"
#include "client/fleet.h"
#include "client/gateway_internal.h"
#include "wire/names.h"

#define REFRESH_MS 10000

static void connect_link(struct gateway *g);
static void refresh_next(struct gateway *g);

/* --- life --- */

static void add_header(struct gateway *g, const char *name, const char *value)
{
    size_t n = 0;

    while (g->headers[n])
        n++;
    if (n == GATEWAY_HEADERS_MAX || !value)
        return;
    char *line = xasprintf("%s: %s", name, value);
    size_t kept = 0;

    /* A key read from a file ends in a line feed; nothing may begin another header. */
    for (size_t i = 0; line[i]; i++) {
        if ((unsigned char)line[i] >= ' ' && line[i] != 0x7f)
            line[kept++] = line[i];
    }
    line[kept] = '\0';
    g->headers[n] = line;
}

struct gateway *gateway_create(struct client *c, const struct gateway_config *config)
{
    struct gateway *g = xcalloc(1, sizeof *g);
    size_t n_url = strlen(config->url);

    while (n_url && config->url[n_url - 1] == '/')
        n_url--;
    g->client = c;
    g->refs = 1;
    g->url = xstrndup(config->url, n_url);
    g->api_key = xstrdup(config->api_key ? config->api_key : "");
    g->known_file = config->known_file ? xstrdup(config->known_file) : NULL;
    g->label = config->label ? fleet_label(config->label) : NULL;
    g->readonly = config->readonly;
    g->on_change = config->on_change;
    g->user = config->user;
    g->peer = (struct peer){"gateway", g->url, true};
    add_header(g, "X-ComputeSDK-API-Key", g->api_key);
    add_header(g, "X-API-Key", g->api_key); /* as the events API wants it */
    add_header(g, "X-Provider", config->provider ? config->provider : "computesdk");
    add_header(g, "Content-Type", "application/json");
    add_header(g, "Accept", "application/json");
    for (const struct gateway_header *h = config->headers; h && h->name; h++)
        add_header(g, h->name, h->value);
    model_init(&g->model);
    LIST_INIT(&g->remotes);
    client_hold(c);
    uv_timer_init(c->loop, &g->timer);
    uv_timer_init(c->loop, &g->changed);
    g->timer.data = g->changed.data = g;
    g->n_timers = 2;
    g->backoff_ms = BACKOFF_FIRST_MS;
    known_load(g);
    connect_link(g);
    return g;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct gateway *g = handle->data;
    struct client *c = g->client;

    if (--g->n_timers)
        return;
    model_finish(&g->model);
    for (size_t i = 0; i < g->n_extensions; i++)
        free(g->extensions[i]);
    for (size_t i = 0; g->headers[i]; i++)
        free(g->headers[i]);
    free(g->url);
    free(g->api_key);
    free(g->known_file);
    free(g->label);
    free(g);
    client_drop(c);
}

void gateway_hold(struct gateway *g)
{
    g->refs++;
}

void gateway_drop(struct gateway *g)
{
    if (--g->refs)
        return;
    uv_close((uv_handle_t *)&g->timer, on_timer_closed);
    uv_close((uv_handle_t *)&g->changed, on_timer_closed);
}

static void stop_link(struct gateway *g)
{
    request_cancel(steal_pointer(&g->asking));
    socket_close(steal_pointer(&g->list));
    uv_timer_stop(&g->timer);
    g->retry_at_ms = 0;
}

void gateway_destroy(struct gateway *g)
{
    if (!g)
        return;
    g->is_closed = true;
    stop_link(g);
    gateway_drop(g);
}

static void on_changed(uv_timer_t *timer)
{
    struct gateway *g = timer->data;

    gateway_hold(g);
    remotes_look(g);
    if (!g->is_closed && g->on_change)
        g->on_change(g->user);
    gateway_drop(g);
}

void gateway_notify(struct gateway *g)
{
    if (g->refs && !uv_is_active((uv_handle_t *)&g->changed))
        uv_timer_start(&g->changed, on_changed, 0, 0);
}

/* --- state --- */

static void set_up(struct gateway *g)
{
    g->state = LINK_UP;
    g->lost_at_ms = 0;
    g->error = (struct err){0};
    g->backoff_ms = BACKOFF_FIRST_MS;
    gateway_notify(g);
}

static void on_retry(uv_timer_t *timer)
{
    struct gateway *g = timer->data;

    g->retry_at_ms = 0;
    connect_link(g);
}

/* Nothing but the user can mend these. */
static bool is_final(const struct err *e)
{
    return e->code == ERR_AUTH || e->code == ERR_FORBIDDEN || e->code == ERR_TLS ||
           e->code == ERR_PROTOCOL || e->code == ERR_ARG;
}

static void set_down(struct gateway *g, const struct err *e)
{
    stop_link(g);
    if (!g->lost_at_ms)
        g->lost_at_ms = clock_mono_ms();
    g->error = *e;
    g->state = is_final(e) ? LINK_FAILED : LINK_DOWN;
    if (g->state == LINK_DOWN) {
        g->retry_at_ms = clock_mono_ms() + g->backoff_ms;
        uv_timer_start(&g->timer, on_retry, (uint64_t)g->backoff_ms, 0);
        g->backoff_ms = g->backoff_ms * 2 < BACKOFF_MAX_MS ? g->backoff_ms * 2 : BACKOFF_MAX_MS;
    }
    gateway_notify(g);
}

void gateway_retry(struct gateway *g)
{
    if (g->state == LINK_UP || g->asking || g->list)
        return;
    stop_link(g);
    g->backoff_ms = BACKOFF_FIRST_MS;
    connect_link(g);
}

/* --- the list's WebSocket --- */

static void on_list_open(void *user)
{
    struct gateway *g = user;
    struct message m;
    struct buf text = {0};

    g->model.epoch++;
    message_init(&m, MSG_SUBSCRIBE, SLICE(CHANNEL_SANDBOXES));
    message_encode_json(&m, &text);
    socket_send(g->list, text.data, text.len, false);
    buf_finish(&text);
}

static void on_sandbox_put(struct gateway *g, const struct message *m)
{
    struct sandbox_info info;

    if (sandbox_info_from_message(&info, m, NULL))
        return;
    gateway_take_in(g, &info);
    model_put(g, &info);
    sandbox_info_finish(&info);
}

static void on_sandbox_deleted(struct gateway *g, const struct message *m)
{
    cleanup_free char *said = slice_dup(message_string(m, "sandboxId"));
    cleanup_free char *id = gateway_id_here(g, said);

    model_mark_gone(g, id);
}

static void on_synced(struct gateway *g, const struct message *m)
{
    model_sweep(g);
    set_up(g);
}

static const struct list_message {
    const char *type;
    void (*handle)(struct gateway *g, const struct message *m);
} list_messages[] = {
    {MSG_SANDBOX_CREATED, on_sandbox_put},
    {MSG_SANDBOX_UPDATED, on_sandbox_put},
    {MSG_SANDBOX_DELETED, on_sandbox_deleted},
    {MSG_SANDBOX_SYNCED, on_synced},
};

static void on_list_message(void *user, const char *bytes, size_t n, bool is_binary)
{
    struct gateway *g = user;
    struct message m;
    int result = is_binary ? message_parse_binary(&m, bytes, n, NULL)
                           : message_parse_json(&m, bytes, n, NULL);

    if (result)
        return;
    for (size_t i = 0; i < ARRAY_LEN(list_messages); i++) {
        if (slice_equal(m.type, list_messages[i].type))
            list_messages[i].handle(g, &m);
    }
    message_finish(&m);
}

static void on_list_close(void *user, const struct err *e)
{
    struct gateway *g = user;
    struct err told = *e;

    g->list = NULL;
    /* Another gateway may be there next time. */
    g->is_info_known = false;
    /* A WebSocket that breaks off in nonsense is no reason to give up. */
    if (told.code == ERR_PROTOCOL || told.code == ERR_LIMIT)
        told.code = ERR_CLOSED;
    explain_peer(&told, &g->peer);
    set_down(g, &told);
}

static const struct socket_ops list_ops = {
    .on_open = on_list_open,
    .on_message = on_list_message,
    .on_close = on_list_close,
};

static void open_list(struct gateway *g)
{
    g->list = socket_open(g->client, g->url, "/v1/ws?protocol=json",
                          (const char *const *)g->headers, &list_ops, g);
}

/* --- gateways without a list --- */

static void on_refresh(uv_timer_t *timer)
{
    struct gateway *g = timer->data;

    g->next_known = 0;
    refresh_next(g);
}

static void on_refreshed(void *user, const struct sandbox_info *s, const struct err *e)
{
    struct gateway *g = user;

    g->asking = NULL;
    if (e && (is_final(e) || e->code == ERR_REFUSED || e->code == ERR_UNREACHABLE ||
              e->code == ERR_DNS || e->code == ERR_TIMEOUT || e->code == ERR_CLOSED)) {
        g->is_info_known = false;
        set_down(g, e);
        return;
    }
    refresh_next(g);
}

static void refresh_next(struct gateway *g)
{
    const struct sandbox *s;

    do
        s = gateway_at(g, g->next_known++);
    while (s && s->gone);
    if (s) {
        g->asking = gateway_get(g, s->info.id, on_refreshed, g);
    } else {
        if (g->state != LINK_UP)
            set_up(g);
        if (g->on_change)
            uv_timer_start(&g->timer, on_refresh, REFRESH_MS, 0);
    }
}

/* --- what kind of gateway is it --- */

static void on_key_checked(void *user, const struct err *e)
{
    struct gateway *g = user;

    g->asking = NULL;
    if (e) {
        set_down(g, e);
        return;
    }
    g->is_info_known = true;
    g->next_known = 0;
    refresh_next(g);
}

static void take_extensions(struct gateway *g, const cJSON *root)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data ? data : root, "extensions");
    const cJSON *item;

    for (size_t i = 0; i < g->n_extensions; i++)
        free(g->extensions[i]);
    g->n_extensions = 0;
    g->pubsub_port = field_count(data, "pubsub_port");
    cJSON_ArrayForEach (item, list) {
        if (cJSON_IsString(item) && g->n_extensions < GATEWAY_EXTENSIONS_MAX)
            g->extensions[g->n_extensions++] = xstrdup(item->valuestring);
    }
}

struct info_call {
    struct request request;
    struct gateway *gateway;
};

static void on_info(struct request *r, const struct err *transport)
{
    struct gateway *g = ((struct info_call *)r)->gateway;
    cJSON *root = NULL;
    struct err e;
    int result = gateway_reply(g, r, transport, &root, &e);
    bool is_unknown_route = result && (r->status == 404 || r->status == 405 || r->status == 501);

    g->asking = NULL;
    request_finish(r);
    if (is_unknown_route) {
        take_extensions(g, NULL);
        g->asking = gateway_check(g, on_key_checked, g);
    } else if (result) {
        set_down(g, &e);
    } else {
        take_extensions(g, root);
        g->is_info_known = true;
        if (gateway_has_extension(g, EXT_LIST))
            open_list(g);
        else
            g->asking = gateway_check(g, on_key_checked, g);
    }
    cJSON_Delete(root);
}

static void connect_link(struct gateway *g)
{
    if (g->is_info_known && gateway_has_extension(g, EXT_LIST)) {
        open_list(g);
        return;
    }
    g->asking = request_create(g->client, sizeof(struct info_call), NULL);
    ((struct info_call *)g->asking)->gateway = g;
    gateway_send(g, g->asking, &(struct gateway_send){.method = "GET", .path = "/info"}, on_info);
}

/* --- reading --- */

const char *gateway_url(const struct gateway *g)
{
    return g->url;
}

void gateway_set_readonly(struct gateway *g, bool readonly)
{
    g->readonly = readonly;
}

bool gateway_readonly(const struct gateway *g)
{
    return g->readonly;
}

enum link_state gateway_state(const struct gateway *g)
{
    return g->state;
}

const struct err *gateway_error(const struct gateway *g)
{
    return &g->error;
}

int64_t gateway_lost_at_ms(const struct gateway *g)
{
    return g->lost_at_ms;
}

int64_t gateway_retry_at_ms(const struct gateway *g)
{
    return g->retry_at_ms;
}

bool gateway_has_extension(const struct gateway *g, const char *name)
{
    for (size_t i = 0; i < g->n_extensions; i++) {
        if (!strcmp(g->extensions[i], name))
            return true;
    }
    return false;
}
