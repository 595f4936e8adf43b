/* SPDX-License-Identifier: MIT
 *
 * A WebSocket: wslay on the socket that libmicrohttpd hands over.
 *
 * Sending: websocket_send → wslay → `out` → one send(2) a turn for all that came together. wslay
 * never sees a full socket; `out` is what is bounded. Receiving: socket (first what MHD had read
 * too much, `in`) → wslay → on_message; it stops while the user pauses or `out` is above the
 * high-water mark, so that a peer which does not read cannot make us answer its pings for ever.
 *
 * States: the request is answered (no fd yet) → open → closing (close frame queued) → lingering
 * (our side shut down, reading until the peer closes too, or a second passes) → closed.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <wslay/wslay.h>

#include "base/alloc.h"
#include "host/http/internal.h"
#include "wire/base64.h"

#define CLOSE_TIMEOUT_MS 1000
#define READS_PER_TURN   64 /* of 4 KiB; the others want their turn too */
#define OUT_KEEP         (64 * 1024)

struct websocket {
    TAILQ_ENTRY(websocket) entry, dirty_entry;
    struct http_server *server;   /* borrowed */
    struct http_request *request; /* until the socket is handed over */
    const struct websocket_ops *ops;
    void *user;
    struct http_identity who;
    wslay_event_context_ptr ctx; /* owned */
    struct MHD_UpgradeResponseHandle *upgrade;
    int fd; /* MHD's; -1: not yet handed over */
    uv_poll_t poll;
    uv_timer_t timer;
    int n_handles;
    int events; /* what the poll asks for */
    int n_reads;
    struct buf in, out;
    size_t in_offset, out_offset; /* consumed */
    bool is_dirty, paused, full, eof;
    bool closing, lingering, closed;
};

static void on_poll(uv_poll_t *poll, int status, int events);

size_t websocket_queued(const struct websocket *ws)
{
    return ws->out.len - ws->out_offset;
}

void *websocket_user(const struct websocket *ws)
{
    return ws->user;
}

const struct http_identity *websocket_who(const struct websocket *ws)
{
    return &ws->who;
}

static void mark_dirty(struct websocket *ws)
{
    if (ws->is_dirty || ws->closed)
        return;
    ws->is_dirty = true;
    TAILQ_INSERT_TAIL(&ws->server->dirty, ws, dirty_entry);
}

/* --- closing --- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct websocket *ws = handle->data;
    struct http_server *s = ws->server;

    if (--ws->n_handles == 0) {
        if (ws->upgrade)
            MHD_upgrade_action(ws->upgrade, MHD_UPGRADE_ACTION_CLOSE);
        server_kick(s);
        if (ws->ops->on_close)
            ws->ops->on_close(ws);
        TAILQ_REMOVE(&s->websockets, ws, entry);
        wslay_event_context_free(ws->ctx);
        buf_finish(&ws->in);
        buf_finish(&ws->out);
        free(ws);
    }
    server_handle_closed(s);
}

static void teardown(struct websocket *ws)
{
    if (ws->closed)
        return;
    ws->closed = true;
    if (ws->is_dirty)
        TAILQ_REMOVE(&ws->server->dirty, ws, dirty_entry);
    if (ws->request)
        ws->request->ws = NULL;
    if (ws->fd >= 0)
        uv_close((uv_handle_t *)&ws->poll, on_handle_closed);
    uv_close((uv_handle_t *)&ws->timer, on_handle_closed);
}

static void on_close_timeout(uv_timer_t *timer)
{
    struct websocket *ws = timer->data;

    /* Until MHD has handed the socket over, its answer holds a pointer to us. */
    if (ws->request && ws->request->conn) {
        shutdown(ws->request->conn->fd, SHUT_RDWR);
        server_kick(ws->server);
    } else {
        teardown(ws);
    }
}

static void begin_closing(struct websocket *ws)
{
    if (ws->closing)
        return;
    ws->closing = true;
    uv_timer_start(&ws->timer, on_close_timeout, CLOSE_TIMEOUT_MS, 0);
    mark_dirty(ws);
}

void websocket_close(struct websocket *ws, int code, const char *reason)
{
    if (ws->closing || ws->closed)
        return;
    wslay_event_queue_close(ws->ctx, (uint16_t)code, (const uint8_t *)reason,
                            reason ? strnlen(reason, 123) : 0);
    wslay_event_send(ws->ctx);
    begin_closing(ws);
}

void websocket_abandon(struct websocket *ws)
{
    ws->request = NULL;
    teardown(ws);
}

/* --- sending --- */

static ssize_t on_wslay_send(wslay_event_context_ptr ctx, const uint8_t *data, size_t n, int flags,
                             void *user)
{
    struct websocket *ws = user;

    (void)ctx;
    (void)flags;
    buf_append(&ws->out, data, n);
    return (ssize_t)n;
}

static void compact_out(struct websocket *ws)
{
    if (ws->out_offset == ws->out.len) {
        if (ws->out.cap > OUT_KEEP)
            buf_finish(&ws->out);
        else
            buf_clear(&ws->out);
        ws->out_offset = 0;
    } else if (ws->out_offset > OUT_KEEP && ws->out_offset > ws->out.len / 2) {
        buf_consume(&ws->out, ws->out_offset);
        ws->out_offset = 0;
    }
}

static void flush_out(struct websocket *ws)
{
    while (websocket_queued(ws)) {
        ssize_t n = send(ws->fd, ws->out.data + ws->out_offset, websocket_queued(ws),
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            ws->eof = true;
            return;
        }
        if (n < 0)
            break;
        ws->out_offset += (size_t)n;
    }
    compact_out(ws);
}

bool websocket_send(struct websocket *ws, bool binary, const char *bytes, size_t n)
{
    struct wslay_event_msg message = {binary ? WSLAY_BINARY_FRAME : WSLAY_TEXT_FRAME,
                                      (const uint8_t *)bytes, n};

    if (ws->closing || ws->closed)
        return false;
    if (websocket_queued(ws) + n > WEBSOCKET_QUEUE_MAX) {
        /* Nothing more would get through, not even a close frame. */
        ws->eof = true;
        begin_closing(ws);
        return false;
    }
    wslay_event_queue_msg(ws->ctx, &message);
    wslay_event_send(ws->ctx);
    mark_dirty(ws);
    if (websocket_queued(ws) > WEBSOCKET_QUEUE_HIGH)
        ws->full = true;
    return !ws->full;
}

/* --- receiving --- */

/* Input goes on under a flood of output, but not while its answers are not taken. */
#define READ_QUEUED_MAX ((size_t)WEBSOCKET_QUEUE_MAX / 4)

static bool may_read(const struct websocket *ws)
{
    return ws->lingering || (!ws->paused && websocket_queued(ws) <= READ_QUEUED_MAX);
}

static ssize_t read_some(struct websocket *ws, void *bytes, size_t cap)
{
    size_t n = ws->in.len - ws->in_offset;

    if (n) {
        n = n < cap ? n : cap;
        memcpy(bytes, ws->in.data + ws->in_offset, n);
        ws->in_offset += n;
        if (ws->in_offset == ws->in.len) {
            buf_finish(&ws->in);
            ws->in_offset = 0;
        }
        return (ssize_t)n;
    }
    if (ws->n_reads-- <= 0) {
        errno = EAGAIN;
        return -1;
    }
    return recv(ws->fd, bytes, cap, MSG_DONTWAIT);
}

static ssize_t on_wslay_recv(wslay_event_context_ptr ctx, uint8_t *bytes, size_t cap, int flags,
                             void *user)
{
    struct websocket *ws = user;
    ssize_t n = -1;

    (void)flags;
    errno = EAGAIN;
    if (may_read(ws))
        n = read_some(ws, bytes, cap);
    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
    } else {
        ws->eof = true;
        wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
    }
    return -1;
}

static void on_wslay_message(wslay_event_context_ptr ctx,
                             const struct wslay_event_on_msg_recv_arg *m, void *user)
{
    struct websocket *ws = user;

    (void)ctx;
    if (ws->closing || ws->closed || wslay_is_ctrl_frame(m->opcode))
        return;
    if (ws->ops->on_message)
        ws->ops->on_message(ws, m->opcode == WSLAY_BINARY_FRAME, (const char *)m->msg,
                            m->msg_length);
}

static void discard(struct websocket *ws)
{
    char bytes[4096];
    ssize_t n;

    do {
        n = read_some(ws, bytes, sizeof bytes);
    } while (n > 0);
    if (!n || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        ws->eof = true;
}

static void pump(struct websocket *ws)
{
    ws->n_reads = READS_PER_TURN;
    if (ws->lingering) {
        discard(ws);
        return;
    }
    if (wslay_event_recv(ws->ctx) < 0)
        ws->eof = true;
    /* Pongs, and the close frame that answers the peer's or its mistake. */
    wslay_event_send(ws->ctx);
    if (wslay_event_get_close_sent(ws->ctx))
        begin_closing(ws);
}

/* --- a turn --- */

static void update_events(struct websocket *ws)
{
    int events = may_read(ws) ? UV_READABLE : UV_DISCONNECT;

    if (websocket_queued(ws))
        events |= UV_WRITABLE;
    if (events == ws->events)
        return;
    ws->events = events;
    uv_poll_start(&ws->poll, events, on_poll);
}

static void linger(struct websocket *ws)
{
    bool done = wslay_event_get_close_received(ws->ctx) || !wslay_event_want_read(ws->ctx);

    if (ws->closing && !ws->lingering && done && !websocket_queued(ws)) {
        ws->lingering = true;
        shutdown(ws->fd, SHUT_WR);
    }
}

static void service(struct websocket *ws, bool readable)
{
    if (ws->closed || ws->fd < 0)
        return;
    if (!ws->eof && (readable || ws->in.len) && may_read(ws))
        pump(ws);
    if (!ws->eof)
        flush_out(ws);
    if (ws->eof) {
        teardown(ws);
        return;
    }
    linger(ws);
    update_events(ws);
    if (ws->full && websocket_queued(ws) < WEBSOCKET_QUEUE_LOW) {
        ws->full = false;
        if (ws->ops->on_drain && !ws->closing)
            ws->ops->on_drain(ws);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct websocket *ws = poll->data;

    if (status < 0 || ((events & UV_DISCONNECT) && !(events & UV_READABLE)))
        ws->eof = true;
    service(ws, events & UV_READABLE);
}

void websocket_flush_dirty(struct http_server *s)
{
    struct websocket *last = TAILQ_LAST(&s->dirty, websocket_list), *ws;

    while (last && (ws = TAILQ_FIRST(&s->dirty))) {
        TAILQ_REMOVE(&s->dirty, ws, dirty_entry);
        ws->is_dirty = false;
        /* What becomes dirty meanwhile waits for the next turn: nobody starves the loop. */
        bool was_last = ws == last;
        service(ws, false);
        if (was_last)
            break;
    }
    if (!TAILQ_EMPTY(&s->dirty))
        server_kick(s);
}

void websocket_pause(struct websocket *ws, bool paused)
{
    if (ws->paused == paused)
        return;
    ws->paused = paused;
    mark_dirty(ws);
}

void websocket_close_all(struct http_server *s)
{
    struct websocket *ws, *next;

    for (ws = TAILQ_FIRST(&s->websockets); ws; ws = next) {
        next = TAILQ_NEXT(ws, entry);
        if (ws->fd >= 0) {
            websocket_close(ws, WSLAY_CODE_GOING_AWAY, NULL);
            flush_out(ws);
            teardown(ws);
        } else if (ws->request && ws->request->conn) {
            shutdown(ws->request->conn->fd, SHUT_RDWR);
        }
    }
}

/* --- the handshake --- */

static bool has_token(const char *list, const char *token)
{
    size_t n_token = strlen(token);

    while (list && *list) {
        list += strspn(list, ", \t");
        size_t n = strcspn(list, ", \t");

        if (n == n_token && !strncasecmp(list, token, n))
            return true;
        list += n;
    }
    return false;
}

static bool check_handshake(struct http_request *r)
{
    const char *upgrade = http_header(r, "Upgrade"), *key = http_header(r, "Sec-WebSocket-Key"),
               *version = http_header(r, "Sec-WebSocket-Version");

    if (strcmp(r->method, "GET") != 0 || !upgrade || !has_token(upgrade, "websocket") ||
        !has_token(http_header(r, "Connection"), "upgrade") || !key || strlen(key) != 24) {
        http_reply_error(r, 400, "this address wants a WebSocket handshake");
    } else if (!version || strcmp(version, "13") != 0) {
        http_reply_header(r, "Sec-WebSocket-Version", "13");
        http_reply_error(r, 426, "this WebSocket version is not spoken here");
    } else {
        return true;
    }
    return false;
}

static void on_upgraded(void *user, struct MHD_Connection *mhd, void *slot, const char *extra,
                        size_t n_extra, MHD_socket fd, struct MHD_UpgradeResponseHandle *upgrade)
{
    struct websocket *ws = user;
    struct http_request *r = slot;
    int on = 1;

    (void)mhd;
    /* libmicrohttpd switches Nagle on again with its answer: an echo behind an acknowledgement
     * would wait 40 ms for the peer's delayed ACK. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ws->upgrade = upgrade;
    ws->request = NULL;
    if (r)
        r->ws = NULL;
    if (uv_poll_init(ws->server->loop, &ws->poll, fd)) {
        teardown(ws);
        return;
    }
    ws->fd = fd;
    ws->poll.data = ws;
    ws->n_handles++;
    ws->server->n_handles++;
    buf_append(&ws->in, extra, n_extra);
    update_events(ws);
    mark_dirty(ws);
}

static struct websocket *create(struct http_request *r, const struct websocket_ops *ops, void *user)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_wslay_recv,
        .send_callback = on_wslay_send,
        .on_msg_recv_callback = on_wslay_message,
    };
    struct websocket *ws = xcalloc(1, sizeof *ws);

    ws->server = r->server;
    ws->request = r;
    ws->ops = ops;
    ws->user = user;
    ws->who = *http_who(r);
    ws->fd = -1;
    if (wslay_event_context_server_init(&ws->ctx, &callbacks, ws))
        abort(); /* out of memory */
    wslay_event_config_set_max_recv_msg_length(ws->ctx, MESSAGE_SIZE_MAX);
    uv_timer_init(r->server->loop, &ws->timer);
    ws->timer.data = ws;
    ws->n_handles = 1;
    r->server->n_handles++;
    TAILQ_INSERT_TAIL(&r->server->websockets, ws, entry);
    return ws;
}

struct websocket *http_upgrade(struct http_request *r, const struct websocket_ops *ops, void *user)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    cleanup_buf struct buf text = {0};
    uint8_t digest[20];

    if (r->status || r->told_gone || !r->conn) {
        request_release_handler(r);
        return NULL;
    }
    if (!check_handshake(r))
        return NULL;
    buf_append_str(&text, http_header(r, "Sec-WebSocket-Key"));
    buf_append_str(&text, guid);
    sha1_digest(digest, text.data, text.len);
    buf_clear(&text);
    base64_encode(&text, digest, sizeof digest);

    struct websocket *ws = create(r, ops, user);
    struct MHD_Response *response = MHD_create_response_for_upgrade(on_upgraded, ws);

    if (!response)
        abort(); /* out of memory */
    MHD_add_response_header(response, "Upgrade", "websocket");
    MHD_add_response_header(response, "Sec-WebSocket-Accept", text.data);
    r->ws = ws;
    reply_set(r, 101, response);
    return ws;
}
