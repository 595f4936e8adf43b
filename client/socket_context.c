/* SPDX-License-Identifier: MIT
 *
 * libwebsockets on a loop that is not its own. It never says when its handles are closed, without
 * which the second half of its teardown must not run; so the handles it made are remembered and
 * looked for in the loop.
 */
#include "client/socket_context.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"

#define RX_SIZE        (64u << 10)
#define TEARDOWN_TURNS 10000

struct handle_set {
    uv_handle_t **items; /* owned; compared, never followed */
    size_t n, cap;
};

struct socket_context {
    struct lws_context *lws;
    void *loops[1];
    struct lws_protocols protocols[2];
    struct handle_set handles;
};

struct teardown {
    uv_idle_t idle;
    struct client *client;
    void (*on_done)(struct client *c);
    struct handle_set closing;
    int n_turns;
};

static void set_add(struct handle_set *set, uv_handle_t *handle)
{
    if (set->n == set->cap) {
        set->cap = set->cap ? set->cap * 2 : 32;
        set->items = xreallocarray(set->items, set->cap, sizeof(void *));
    }
    set->items[set->n++] = handle;
}

static bool set_has(const struct handle_set *set, const uv_handle_t *handle)
{
    for (size_t i = 0; i < set->n; i++) {
        if (set->items[i] == handle)
            return true;
    }
    return false;
}

static void on_walk_all(uv_handle_t *handle, void *set)
{
    set_add(set, handle);
}

static void on_walk_open(uv_handle_t *handle, void *set)
{
    if (!uv_is_closing(handle))
        set_add(set, handle);
}

struct search {
    const struct handle_set *in;
    struct handle_set *found;
    bool only_closing, wanted;
};

static void on_walk_search(uv_handle_t *handle, void *user)
{
    struct search *s = user;

    if (set_has(s->in, handle) == s->wanted && (!s->only_closing || uv_is_closing(handle)))
        set_add(s->found, handle);
}

static void on_log(int level, const char *line)
{
    size_t n = strlen(line);

    log_write(level == LLL_ERR ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "libwebsockets: %.*s",
              (int)(n && line[n - 1] == '\n' ? n - 1 : n), line);
}

static struct lws_context *create(struct socket_context *x, bool is_tls)
{
    const char *ca_file = getenv("SSL_CERT_FILE");
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = x->protocols,
        .options = LWS_SERVER_OPTION_LIBUV | (is_tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
        .foreign_loops = x->loops,
        .pt_serv_buf_size = RX_SIZE, /* else it reads 4 KiB a turn, whatever rx_buffer_size says */
        /* Else it takes http_proxy from the environment, for plain connections to this machine. */
        .http_proxy_address = "",
    };

    if (is_tls && ca_file && *ca_file) {
        info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
        info.client_ssl_ca_filepath = ca_file;
    }
    lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
    return lws_create_context(&info);
}

struct lws_context *socket_context_get(struct client *c, bool is_tls,
                                       lws_callback_function *callback, struct err *e)
{
    struct socket_context *x = c->contexts[is_tls];
    struct handle_set before = {0};

    if (x)
        return x->lws;
    x = xcalloc(1, sizeof *x);
    x->loops[0] = c->loop;
    x->protocols[0] = (struct lws_protocols){
        .name = SOCKET_PROTOCOL, .callback = callback, .rx_buffer_size = RX_SIZE};
    uv_walk(c->loop, on_walk_all, &before);
    x->lws = create(x, is_tls);
    if (!x->lws) {
        err_set(e, ERR_INTERNAL, "libwebsockets does not start");
        err_hint(e, "is libwebsockets-evlib-uv installed?");
        free(before.items);
        free(x);
        return NULL;
    }
    uv_walk(c->loop, on_walk_search, &(struct search){&before, &x->handles, false, false});
    free(before.items);
    c->contexts[is_tls] = x;
    return x->lws;
}

static void on_idle_closed(uv_handle_t *handle)
{
    struct teardown *t = handle->data;
    struct client *c = t->client;
    void (*on_done)(struct client *) = t->on_done;

    free(t->closing.items);
    free(t);
    on_done(c);
}

static void on_teardown_turn(uv_idle_t *idle)
{
    struct teardown *t = idle->data;
    struct handle_set left = {0};

    uv_walk(t->client->loop, on_walk_search, &(struct search){&t->closing, &left, false, true});
    free(left.items);
    if (left.n && t->n_turns++ < TEARDOWN_TURNS)
        return;
    if (left.n)
        log_error("libwebsockets keeps %zu handles open", left.n);
    for (size_t i = 0; i < ARRAY_LEN(t->client->contexts); i++) {
        struct socket_context *x = steal_pointer(&t->client->contexts[i]);

        if (!x)
            continue;
        lws_context_destroy(x->lws);
        free(x->handles.items);
        free(x);
    }
    uv_close((uv_handle_t *)idle, on_idle_closed);
}

void socket_contexts_destroy(struct client *c, void (*on_done)(struct client *c))
{
    struct handle_set open = {0};

    if (!c->contexts[0] && !c->contexts[1]) {
        on_done(c);
        return;
    }
    struct teardown *t = xcalloc(1, sizeof *t);

    t->client = c;
    t->on_done = on_done;
    uv_walk(c->loop, on_walk_open, &open);
    for (size_t i = 0; i < ARRAY_LEN(c->contexts); i++) {
        struct socket_context *x = c->contexts[i];

        for (size_t h = 0; x && h < x->handles.n; h++)
            set_add(&t->closing, x->handles.items[h]);
        if (x)
            lws_context_destroy(x->lws);
    }
    uv_walk(c->loop, on_walk_search, &(struct search){&open, &t->closing, true, true});
    free(open.items);
    uv_idle_init(c->loop, &t->idle);
    t->idle.data = t;
    uv_idle_start(&t->idle, on_teardown_turn);
}
