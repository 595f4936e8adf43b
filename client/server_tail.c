/* SPDX-License-Identifier: MIT
 *
 * A server's log as it grows.
 *
 * With `server-log`: subscribe, then fetch from where we are; frames that come before that answer
 * are held (HELD_MAX bytes of them: beyond, it is fetched again). A frame whose offset is beyond
 * what was told is a gap: fetch again. Frames below are repetitions. Without the extension: fetch
 * all every second, and tell what follows the end of what was told last time.
 */
#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/feed.h"
#include "client/server.h"
#include "client/server_internal.h"
#include "wire/names.h"

#define POLL_MS    1000
#define RETRY_MS   2000
#define HELD_MAX   ((size_t)1 << 20)
#define ANCHOR_MAX 4096 /* of the text told last, to find the place again */

/* A frame that came while an answer was under way. */
struct held {
    TAILQ_ENTRY(held) link;
    enum server_stream stream;
    int64_t offset;
    size_t n;
    char bytes[];
};

struct server_tail {
    struct remote *remote; /* held */
    struct client *client; /* held */
    char *slug;
    enum server_stream stream;
    const struct server_tail_ops *ops;
    void *user;
    struct feed *feed;
    struct request *asking;
    uv_timer_t timer;
    int64_t next;      /* offset to go on at; -1: from the beginning of what is kept */
    struct buf anchor; /* without offsets: the end of what was told */
    size_t n_told;     /* without offsets: how long the text was */
    TAILQ_HEAD(held_list, held)
    held;
    size_t held_bytes;
    bool is_fetch_due; /* a frame came that was neither told nor held */
    bool is_live, is_over, has_offsets;
};

static void fetch(struct server_tail *t);

static void on_timer(uv_timer_t *timer)
{
    fetch(timer->data);
}

static void drop_held(struct server_tail *t)
{
    struct held *h;

    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it loses track in TAILQ_REMOVE */
    while ((h = TAILQ_FIRST(&t->held))) {
        TAILQ_REMOVE(&t->held, h, link);
        free(h);
    }
    t->held_bytes = 0;
}

static void stop(struct server_tail *t)
{
    drop_held(t);
    t->is_over = true;
    feed_close(steal_pointer(&t->feed));
    request_cancel(steal_pointer(&t->asking));
    uv_timer_stop(&t->timer);
}

static void end(struct server_tail *t, const struct err *e)
{
    struct err told = *e;

    stop(t);
    if (t->ops->on_end)
        t->ops->on_end(t->user, &told);
}

static void tell(struct server_tail *t, enum server_stream stream, const char *bytes, size_t n,
                 int64_t offset)
{
    if (n && !t->is_over)
        t->ops->on_output(t->user, stream, bytes, n, offset);
}

static void tell_gap(struct server_tail *t)
{
    if (!t->is_over && t->ops->on_gap)
        t->ops->on_gap(t->user);
}

static void tell_live(struct server_tail *t)
{
    if (t->is_live || t->is_over)
        return;
    t->is_live = true;
    if (t->ops->on_live)
        t->ops->on_live(t->user);
}

/* --- hosts without offsets --- */

/* Where the text goes on after what was told; n when nothing is new. *is_gap: it was not found. */
static size_t find_place(const struct server_tail *t, const char *text, size_t n, bool *is_gap)
{
    size_t len = t->anchor.len;

    *is_gap = false;
    if (!len)
        return 0;
    if (n >= t->n_told && !memcmp(text + t->n_told - len, t->anchor.data, len))
        return t->n_told;
    /* The host has dropped the beginning: the last place where the anchor is. */
    for (size_t at = n >= len ? n - len + 1 : 0; at-- > 0;) {
        if (!memcmp(text + at, t->anchor.data, len))
            return at + len;
    }
    *is_gap = true;
    return 0;
}

static void take_whole(struct server_tail *t, const struct server_log_text *text)
{
    bool is_gap;
    size_t at = find_place(t, text->text, text->n, &is_gap);
    size_t keep = text->n < ANCHOR_MAX ? text->n : ANCHOR_MAX;

    if (is_gap)
        tell_gap(t);
    buf_clear(&t->anchor);
    buf_append(&t->anchor, text->text + text->n - keep, keep);
    t->n_told = text->n;
    tell(t, t->stream, text->text + at, text->n - at, -1);
}

/* --- fetching --- */

static void take_answer(struct server_tail *t, const struct server_log_text *text)
{
    t->has_offsets = text->next >= 0;
    if (!t->has_offsets) {
        take_whole(t, text);
        return;
    }
    int64_t offset = text->offset >= 0 ? text->offset : t->next;

    if (t->next >= 0 && offset > t->next)
        tell_gap(t);
    if (text->next > t->next)
        t->next = text->next;
    tell(t, t->stream, text->text, text->n, offset);
}

static void tell_held(struct server_tail *t);

static void on_fetched(void *user, const struct server_log_text *text, const struct err *e)
{
    struct server_tail *t = user;

    t->asking = NULL;
    if (e && (e->code == ERR_NOT_FOUND || t->remote->is_gone)) {
        end(t, e);
        return;
    }
    if (e) {
        if (t->ops->on_down)
            t->ops->on_down(t->user, e);
        if (!t->is_over)
            uv_timer_start(&t->timer, on_timer, RETRY_MS, 0);
        return;
    }
    take_answer(t, text);
    tell_held(t);
    tell_live(t);
    if (t->is_over)
        return;
    if (t->is_fetch_due)
        fetch(t);
    else if (!t->has_offsets || !feed_is_up(t->feed))
        uv_timer_start(&t->timer, on_timer, POLL_MS, 0);
}

static void fetch(struct server_tail *t)
{
    if (t->asking)
        t->is_fetch_due = true;
    if (t->asking || t->is_over)
        return;
    t->is_fetch_due = false;
    drop_held(t);
    uv_timer_stop(&t->timer);
    t->asking = server_log_get(t->remote, t->slug, t->stream, t->next, on_fetched, t);
}

/* --- the channel --- */

static bool is_wanted(const struct server_tail *t, enum server_stream stream)
{
    return t->stream == SERVER_COMBINED || t->stream == stream;
}

static void hold(struct server_tail *t, enum server_stream stream, struct slice output,
                 int64_t offset)
{
    if (t->held_bytes + output.len > HELD_MAX) {
        t->is_fetch_due = true;
        return;
    }
    struct held *h = xmalloc(sizeof *h + output.len);

    *h = (struct held){.stream = stream, .offset = offset, .n = output.len};
    memcpy(h->bytes, output.data, output.len);
    TAILQ_INSERT_TAIL(&t->held, h, link);
    t->held_bytes += output.len;
}

/* A frame, in its place: a repetition is dropped, one that comes too soon shows a gap. */
static void take_frame(struct server_tail *t, enum server_stream stream, struct slice output,
                       int64_t offset)
{
    if (offset > t->next) {
        fetch(t);
        return;
    }
    if (offset + (int64_t)output.len <= t->next)
        return;
    /* What was replaced in it made it longer than it was: an overlap is no repetition then. */
    t->next = offset + (int64_t)output.len;
    if (is_wanted(t, stream))
        tell(t, stream, output.data, output.len, offset);
}

static void tell_held(struct server_tail *t)
{
    struct held *h;

    while (!t->is_over && !t->asking && (h = TAILQ_FIRST(&t->held))) {
        TAILQ_REMOVE(&t->held, h, link);
        t->held_bytes -= h->n;
        if (t->has_offsets)
            take_frame(t, h->stream, (struct slice){h->bytes, h->n}, h->offset);
        free(h);
    }
}

static void on_log(struct server_tail *t, const struct message *m)
{
    struct slice output = message_string(m, "output");
    double offset = message_number(m, "offset", -1);
    enum server_stream stream =
        slice_equal(message_string(m, "stream"), "stderr") ? SERVER_STDERR : SERVER_STDOUT;
    bool is_usable = offset >= 0 && offset < 9e15 && output.len;

    if (t->asking && is_usable)
        hold(t, stream, output, (int64_t)offset);
    else if (t->is_live && t->has_offsets && is_usable)
        take_frame(t, stream, output, (int64_t)offset);
    else
        fetch(t);
}

static void on_status(struct server_tail *t, const struct message *m)
{
    cleanup_free char *status = slice_dup(message_string(m, "status"));
    cleanup_free char *url = slice_dup(message_string(m, "url"));
    const struct field *healthy = message_field(m, "healthy");
    double code = message_number(m, "exit_code", -1);
    struct server_info s = {.slug = t->slug,
                            .start = "",
                            .install = "",
                            .path = "",
                            .env_file = "",
                            .status = status,
                            .url = url,
                            .restart_policy = "",
                            .error = "",
                            .health_path = ""};

    listings_poke(t->remote, &server_listing);
    s.port = (int)message_number(m, "port", 0);
    s.pid = (int64_t)message_number(m, "pid", 0);
    s.restart_count = (int)message_number(m, "restart_count", 0);
    s.has_exit_code = code >= 0 && code <= 65535;
    s.exit_code = s.has_exit_code ? (int)code : 0;
    s.has_health = healthy && healthy->type == FIELD_BOOLEAN;
    s.is_healthy = s.has_health && healthy->boolean;
    if (t->ops->on_status && *status)
        t->ops->on_status(t->user, &s);
}

static void on_message(void *user, const struct message *m)
{
    if (slice_equal(m->type, MSG_SERVER_LOG))
        on_log(user, m);
    else if (slice_equal(m->type, MSG_SERVER_STATUS))
        on_status(user, m);
}

static void on_up(void *user)
{
    fetch(user);
}

static void on_down(void *user, const struct err *e)
{
    struct server_tail *t = user;

    t->is_live = false;
    if (t->ops->on_down)
        t->ops->on_down(t->user, e);
}

static void on_gone(void *user, const struct err *e)
{
    end(user, e);
}

static const struct feed_ops feed_callbacks = {
    .on_message = on_message,
    .on_up = on_up,
    .on_down = on_down,
    .on_gone = on_gone,
};

struct server_tail *server_tail_open(struct remote *r, const char *slug, enum server_stream stream,
                                     int64_t since, const struct server_tail_ops *ops, void *user)
{
    struct server_tail *t = xcalloc(1, sizeof *t);
    cleanup_free char *channel = xasprintf(CHANNEL_SERVER_PREFIX "%s", slug);

    t->remote = r;
    t->client = r->client;
    t->slug = xstrdup(slug);
    t->stream = stream;
    t->ops = ops;
    t->user = user;
    t->next = since;
    TAILQ_INIT(&t->held);
    remote_hold(r);
    client_hold(r->client);
    uv_timer_init(r->client->loop, &t->timer);
    t->timer.data = t;
    t->feed = feed_open(r, channel, &feed_callbacks, t);
    return t;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct server_tail *t = handle->data;
    struct client *c = t->client;

    buf_finish(&t->anchor);
    free(t->slug);
    free(t);
    client_drop(c);
}

void server_tail_close(struct server_tail *t)
{
    if (!t)
        return;
    stop(t);
    uv_close((uv_handle_t *)&t->timer, on_timer_closed);
    /* Not in the callback: a client that ends before it would end the remote's requests first. */
    remote_release(t->remote);
}
