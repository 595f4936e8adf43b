/* SPDX-License-Identifier: MIT
 *
 * Channels: the terminals of one sandbox on its one socket.
 *
 * Nothing is sent at once. A channel notes what is due (subscribe, size, input) and asks for the
 * socket; channels_pump then says it in that order. So keys of one loop turn share a frame, sizes
 * coalesce, and after a new connection the same path says everything again.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/remote_internal.h"
#include "wire/base64.h"
#include "wire/names.h"

#define CHUNK_MAX (16u << 10)

/* --- opening and closing --- */

struct channel *channel_open(struct remote *r, const char *terminal_id,
                             const struct channel_ops *ops, void *user)
{
    struct channel *c = xcalloc(1, sizeof *c);

    c->remote = r;
    c->terminal_id = xstrdup(terminal_id);
    c->name = xasprintf("%s%s", CHANNEL_TERMINAL_PREFIX, terminal_id);
    c->ops = ops;
    c->user = user;
    c->subscribe_due = c->answers = true;
    snprintf(c->client, sizeof c->client, "%s-%u", r->client_name, ++r->n_channels_made);
    c->stamp = r->channel_stamp; /* not met by a walk that goes on */
    TAILQ_INIT(&c->input);
    remote_hold(r);
    LIST_INSERT_HEAD(&r->channels, c, link);
    if (r->is_gone)
        remote_tell_gone_soon(r);
    else if (socket_is_open(r->socket))
        socket_want_drain(r->socket);
    else
        remote_connect(r);
    return c;
}

static void drop_chunk(struct channel *c, struct chunk *k)
{
    TAILQ_REMOVE(&c->input, k, link);
    c->pending_bytes -= k->bytes.len;
    buf_finish(&k->bytes);
    free(k);
}

bool remote_send(struct remote *r, const struct message *m)
{
    struct buf frame = {0};

    if (!socket_is_open(r->socket))
        return false;
    message_encode_binary(m, &frame);
    bool taken = socket_send(r->socket, frame.data, frame.len, true);

    buf_finish(&frame);
    return taken;
}

/* False: the socket is full. */
static bool say_farewell(struct remote *r, const char *channel)
{
    struct message m;

    message_init(&m, MSG_UNSUBSCRIBE, SLICE(channel));
    return remote_send(r, &m);
}

void remote_unsubscribe(struct remote *r, const char *channel)
{
    size_t size = strlen(channel) + 1;

    if (!socket_is_open(r->socket) || (STAILQ_EMPTY(&r->farewells) && say_farewell(r, channel)))
        return;
    struct farewell *f = xmalloc(sizeof *f + size);

    memcpy(f->channel, channel, size);
    STAILQ_INSERT_TAIL(&r->farewells, f, link);
}

static void drop_farewell(struct remote *r)
{
    struct farewell *f = STAILQ_FIRST(&r->farewells);

    STAILQ_REMOVE_HEAD(&r->farewells, link);
    free(f);
}

void remote_forget_farewells(struct remote *r)
{
    while (!STAILQ_EMPTY(&r->farewells))
        drop_farewell(r);
}

static bool pump_farewells(struct remote *r)
{
    while (!STAILQ_EMPTY(&r->farewells)) {
        if (!say_farewell(r, STAILQ_FIRST(&r->farewells)->channel))
            return false;
        drop_farewell(r);
    }
    return true;
}

static void update_reading(struct remote *r)
{
    struct channel *c;
    bool is_paused = false;

    LIST_FOREACH (c, &r->channels, link) {
        is_paused = is_paused || c->is_paused;
    }
    if (r->socket)
        socket_pause(r->socket, is_paused);
}

static bool is_shared(const struct channel *wanted)
{
    const struct channel *c;

    LIST_FOREACH (c, &wanted->remote->channels, link) {
        if (c != wanted && !c->subscribe_due && !c->is_destroyed && !strcmp(c->name, wanted->name))
            return true;
    }
    return false;
}

void channel_close(struct channel *c)
{
    if (!c)
        return;
    struct remote *r = c->remote;

    LIST_REMOVE(c, link);
    if (!c->subscribe_due && !c->is_destroyed && !is_shared(c))
        remote_unsubscribe(r, c->name);
    while (!TAILQ_EMPTY(&c->input)) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it loses track in TAILQ_REMOVE */
        drop_chunk(c, TAILQ_FIRST(&c->input));
    }
    if (c->is_paused)
        update_reading(r);
    free(c->terminal_id);
    free(c->name);
    free(c->colours);
    free(c);
    remote_release(r);
}

/* --- telling the owners --- */

/* A callback may close any channel: the rows of a snapshot are called as long as they are there. */
static bool is_there(const struct remote *r, const struct channel *wanted)
{
    const struct channel *c;

    LIST_FOREACH (c, &r->channels, link) {
        if (c == wanted)
            return true;
    }
    return false;
}

static struct channel **snapshot(struct remote *r, size_t *n)
{
    struct channel **all, *c;
    size_t count = 0;

    LIST_FOREACH (c, &r->channels, link) {
        count++;
    }
    all = xcalloc(count + 1, sizeof(void *));
    *n = 0;
    LIST_FOREACH (c, &r->channels, link) {
        all[(*n)++] = c;
    }
    return all;
}

void channels_state_changed(struct remote *r)
{
    size_t n;
    cleanup_free struct channel **all = snapshot(r, &n);

    remote_hold(r);
    for (size_t i = 0; i < n; i++) {
        if (is_there(r, all[i]) && all[i]->ops->on_state)
            all[i]->ops->on_state(all[i]->user);
    }
    remote_release(r);
}

static void destroy_channel(struct channel *c, const struct channel_end *end)
{
    if (c->is_destroyed)
        return;
    c->is_destroyed = true;
    if (c->ops->on_destroyed)
        c->ops->on_destroyed(c->user, end);
}

void channels_destroyed(struct remote *r, const char *reason)
{
    size_t n;
    cleanup_free struct channel **all = snapshot(r, &n);

    remote_hold(r);
    for (size_t i = 0; i < n; i++) {
        if (is_there(r, all[i]))
            destroy_channel(all[i], &(struct channel_end){.reason = reason});
    }
    remote_release(r);
}

void channels_mark(struct remote *r)
{
    struct channel *c;

    LIST_FOREACH (c, &r->channels, link) {
        c->is_checked = true;
    }
}

void channels_end_missing(struct remote *r, const struct terminal_info *t, size_t n)
{
    size_t n_channels;
    cleanup_free struct channel **all = snapshot(r, &n_channels);

    remote_hold(r);
    for (size_t i = 0; i < n_channels; i++) {
        bool is_known = !is_there(r, all[i]) || !all[i]->is_checked;

        for (size_t k = 0; k < n && !is_known; k++)
            is_known = !strcmp(t[k].id, all[i]->terminal_id);
        if (!is_known)
            destroy_channel(all[i], &(struct channel_end){.reason = "the terminal is gone"});
        else if (is_there(r, all[i]))
            all[i]->is_checked = false;
    }
    remote_release(r);
}

/* --- what comes --- */

static bool take_output(struct channel *c, const struct message *m)
{
    struct slice output = message_string(m, "output");
    struct buf plain = {0};
    bool goes_on = true;

    if (slice_equal(message_string(m, "encoding"), "base64")) {
        if (base64_decode(&plain, output.data ? output.data : "", output.len, NULL))
            return true;
        output = (struct slice){plain.data, plain.len};
    }
    if (output.len && c->ops->on_output)
        goes_on = c->ops->on_output(c->user, output.data, output.len);
    buf_finish(&plain);
    return goes_on;
}

static void on_output(struct remote *r, struct channel *c, const struct message *m)
{
    /* Only a channel that is still there can have a pause to note. */
    if (!take_output(c, m) && is_there(r, c)) {
        c->is_paused = true;
        update_reading(r);
    }
}

static void on_destroyed(struct remote *r, struct channel *c, const struct message *m)
{
    struct slice reason = message_string(m, "reason");
    double status = message_number(m, "exit_code", -1);
    struct channel_end end = {.is_exit = status >= 0 && status < 256};
    char text[256] = "the shell ended";

    if (end.is_exit)
        end.status = (int)status;
    if (reason.len)
        snprintf(text, sizeof text, "%.*s", (int)(reason.len < 200 ? reason.len : 200),
                 reason.data);
    else if (end.status)
        snprintf(text, sizeof text, "the shell ended with status %d", end.status);
    end.reason = text;
    destroy_channel(c, &end);
}

static void on_resized(struct remote *r, struct channel *c, const struct message *m)
{
    double rows = message_number(m, "rows", 0), cols = message_number(m, "cols", 0);

    if (!(rows >= 1 && rows <= 65535 && cols >= 1 && cols <= 65535))
        return;
    /* Somebody else's: ours is neither said again after a cut nor taken for what it has. */
    if (!c->resize_due && ((int)rows != c->rows || (int)cols != c->cols))
        c->rows = c->cols = 0;
    if (c->ops->on_resized)
        c->ops->on_resized(c->user, (int)rows, (int)cols);
}

static void on_ack(struct remote *r, struct channel *c, const struct message *m)
{
    double seq = message_number(m, "seq", 0);
    struct chunk *k;

    if (!slice_equal(message_string(m, "client"), c->client) || !(seq >= 1))
        return;
    if (!r->is_info_known)
        r->has_input_ack = true;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it loses track in TAILQ_REMOVE */
    while ((k = TAILQ_FIRST(&c->input)) && k->seq && (double)k->seq <= seq) {
        if (k->is_sent)
            remote_note_round_trip(r, (clock_mono_ns() - k->sent_ns) / 1000);
        drop_chunk(c, k);
    }
    if (!channels_oldest_sent_ns(r))
        uv_timer_stop(&r->ack);
    if (c->ops->on_taken)
        c->ops->on_taken(c->user);
}

/* Only a host that says this takes colours. */
static void on_answers(struct remote *r, struct channel *c, const struct message *m)
{
    const struct field *you = message_field(m, "you");

    c->answers = you && you->type == FIELD_BOOLEAN && you->boolean;
    c->is_answered = true;
    c->colours_due = c->colours;
    if (c->colours_due)
        socket_want_drain(r->socket);
}

static const struct terminal_message {
    const char *type;
    void (*handle)(struct remote *r, struct channel *c, const struct message *m);
} terminal_messages[] = {
    {MSG_TERMINAL_OUTPUT, on_output},   {MSG_TERMINAL_ACK, on_ack},
    {MSG_TERMINAL_ANSWERS, on_answers}, {MSG_TERMINAL_DESTROYED, on_destroyed},
    {MSG_TERMINAL_RESIZED, on_resized},
};

/* By the channel's name, which every host sets, or the terminal's id in the data. */
static bool is_for(const struct channel *c, const struct message *m)
{
    if (m->channel.len)
        return slice_equal(m->channel, c->name);
    return slice_equal(message_string(m, "terminal_id"), c->terminal_id);
}

/* A callback may close and open channels: the walk starts again after each. */
static struct channel *next_channel(struct remote *r, const struct message *m)
{
    struct channel *c;

    LIST_FOREACH (c, &r->channels, link) {
        if (c->stamp == r->channel_stamp)
            continue;
        c->stamp = r->channel_stamp;
        if (is_for(c, m))
            return c;
    }
    return NULL;
}

static void dispatch(struct remote *r, const struct terminal_message *t, const struct message *m)
{
    struct channel *c;

    r->channel_stamp++;
    while ((c = next_channel(r, m)))
        t->handle(r, c, m);
}

void channels_take(struct remote *r, const char *bytes, size_t n, bool is_binary)
{
    struct message m;
    int result = is_binary ? message_parse_binary(&m, bytes, n, NULL)
                           : message_parse_json(&m, bytes, n, NULL);

    if (result)
        return;
    size_t i = 0;

    remote_hold(r);
    while (i < ARRAY_LEN(terminal_messages) && !slice_equal(m.type, terminal_messages[i].type))
        i++;
    if (i < ARRAY_LEN(terminal_messages))
        dispatch(r, &terminal_messages[i], &m);
    /* The end of a terminal is told on that channel, too. */
    if (i == ARRAY_LEN(terminal_messages) || slice_equal(m.channel, CHANNEL_ACTIVITY))
        feeds_take(r, &m);
    message_finish(&m);
    remote_release(r);
}

/* --- what goes --- */

void channels_restart(struct remote *r)
{
    struct channel *c;
    struct chunk *k;

    remote_forget_farewells(r);
    LIST_FOREACH (c, &r->channels, link) {
        c->subscribe_due = true;
        c->resize_due = c->rows > 0;
        c->is_paused = c->colours_due = c->is_answered = false;
        c->answers = true;
        TAILQ_FOREACH (k, &c->input, link) {
            k->is_sent = false;
        }
    }
    socket_want_drain(r->socket);
}

void channels_drop_sent(struct remote *r)
{
    struct channel *c;
    struct chunk *k;

    LIST_FOREACH (c, &r->channels, link) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it loses track in TAILQ_REMOVE */
        while ((k = TAILQ_FIRST(&c->input)) && k->seq)
            drop_chunk(c, k);
    }
    uv_timer_stop(&r->ack);
}

int64_t channels_oldest_sent_ns(const struct remote *r)
{
    const struct channel *c;
    int64_t oldest = 0;

    LIST_FOREACH (c, &r->channels, link) {
        const struct chunk *k = TAILQ_FIRST(&c->input);

        if (k && k->is_sent && (!oldest || k->sent_ns < oldest))
            oldest = k->sent_ns;
    }
    return oldest;
}

static void on_ack_timer(uv_timer_t *timer)
{
    struct remote *r = timer->data;
    int64_t oldest_ns = channels_oldest_sent_ns(r);
    int64_t age_ms = (clock_mono_ns() - oldest_ns) / 1000000;

    if (!oldest_ns || !r->socket)
        return;
    if (age_ms >= ACK_PATIENCE_MS) {
        socket_probe(r->socket, ACK_PROBE_MS);
        age_ms = 0;
    }
    uv_timer_start(timer, on_ack_timer, (uint64_t)(ACK_PATIENCE_MS - age_ms), 0);
}

/* For hosts that want text only: the unfinished character at the end becomes a chunk of its own.
 * False: there is nothing to send yet. */
static bool split_unfinished(struct channel *c, struct chunk *k)
{
    size_t n_tail = utf8_incomplete_tail(k->bytes.data, k->bytes.len);
    bool is_last = !TAILQ_NEXT(k, link);

    if (!n_tail || !is_last)
        return true;
    if (n_tail == k->bytes.len)
        return false;
    struct chunk *rest = xcalloc(1, sizeof *rest);

    buf_append(&rest->bytes, k->bytes.data + k->bytes.len - n_tail, n_tail);
    k->bytes.len -= n_tail;
    TAILQ_INSERT_TAIL(&c->input, rest, link);
    return true;
}

static bool send_chunk(struct channel *c, struct chunk *k)
{
    struct remote *r = c->remote;
    struct slice bytes = {k->bytes.data, k->bytes.len};
    struct message m;
    struct buf frame = {0};
    bool is_text = utf8_valid(bytes.data, bytes.len);

    message_init(&m, MSG_TERMINAL_INPUT, (struct slice){0});
    message_add_string(&m, "terminal_id", SLICE(c->terminal_id));
    message_add_string(&m, "input", bytes);
    if (!is_text)
        m.fields[1].type = FIELD_BYTES;
    message_add_string(&m, "client", SLICE(c->client));
    message_add_number(&m, "seq", (double)(k->seq ? k->seq : c->last_seq + 1));
    message_encode_binary(&m, &frame);
    bool taken = socket_send(r->socket, frame.data, frame.len, true);

    buf_finish(&frame);
    if (!taken)
        return false;
    if (!k->seq)
        k->seq = ++c->last_seq;
    k->is_sent = true;
    k->sent_ns = clock_mono_ns();
    return true;
}

/* False: the socket is full. */
static bool pump_input(struct channel *c)
{
    struct remote *r = c->remote;
    bool is_plain_host = r->is_info_known && !r->has_input_ack;
    struct chunk *k, *next;

    for (k = TAILQ_FIRST(&c->input); k; k = next) {
        next = TAILQ_NEXT(k, link);
        if (k->is_sent)
            continue;
        if (!r->has_input_ack && !k->seq && !split_unfinished(c, k))
            return true;
        next = TAILQ_NEXT(k, link);
        if (!send_chunk(c, k))
            return false;
        if (is_plain_host)
            drop_chunk(c, k);
        else if (!uv_is_active((uv_handle_t *)&r->ack))
            uv_timer_start(&r->ack, on_ack_timer, ACK_PATIENCE_MS, 0);
    }
    return true;
}

static void pump_due(struct channel *c)
{
    struct message m;

    /* The size first: a snapshot of another size would scroll lines away that are still there. */
    if (c->resize_due) {
        message_init(&m, MSG_TERMINAL_RESIZE, (struct slice){0});
        message_add_string(&m, "terminal_id", SLICE(c->terminal_id));
        message_add_number(&m, "cols", c->cols);
        message_add_number(&m, "rows", c->rows);
        c->resize_due = !remote_send(c->remote, &m);
    }
    /* Only a host that names the extension is sent a subscription with data. */
    if (c->subscribe_due && !c->remote->info) {
        message_init(&m, MSG_SUBSCRIBE, SLICE(c->name));
        if (c->remote->has_answers)
            message_add_string(&m, "answers",
                               SLICE(c->offers_answers ? ANSWERS_BY_FIRST : ANSWERS_BY_HOST));
        c->subscribe_due = !remote_send(c->remote, &m);
    }
    if (c->colours_due) {
        message_init(&m, MSG_TERMINAL_COLOURS, (struct slice){0});
        message_add_string(&m, "terminal_id", SLICE(c->terminal_id));
        message_add_string(&m, "colours", SLICE(c->colours));
        c->colours_due = !remote_send(c->remote, &m);
    }
}

void channels_pump(struct remote *r)
{
    struct channel *c;

    if (!pump_farewells(r))
        return;
    LIST_FOREACH (c, &r->channels, link) {
        if (c->is_destroyed)
            continue;
        pump_due(c);
        if (!pump_input(c))
            return;
    }
}

int channel_input(struct channel *c, const char *bytes, size_t n, struct err *e)
{
    struct chunk *last = TAILQ_LAST(&c->input, chunk_list);

    if (c->is_destroyed)
        return err_set(e, ERR_NOT_FOUND, "the terminal has ended");
    if (c->remote->gateway->readonly)
        return err_set(e, ERR_FORBIDDEN, "read-only: nothing is typed here");
    if (c->pending_bytes + n > INPUT_QUEUE_MAX) {
        err_set(e, ERR_LIMIT, "%zu bytes of input wait for the connection already",
                c->pending_bytes);
        err_hint(e, "wait until the sandbox is connected again");
        return -ERR_LIMIT;
    }
    while (n) {
        size_t step;

        /* A chunk that was sent once keeps its bytes: the host may have taken them. */
        if (!last || last->seq || last->bytes.len >= CHUNK_MAX) {
            last = xcalloc(1, sizeof *last);
            TAILQ_INSERT_TAIL(&c->input, last, link);
        }
        step = CHUNK_MAX - last->bytes.len < n ? CHUNK_MAX - last->bytes.len : n;
        buf_append(&last->bytes, bytes, step);
        c->pending_bytes += step;
        bytes += step;
        n -= step;
    }
    if (c->remote->socket)
        socket_want_drain(c->remote->socket);
    return 0;
}

void channel_resize(struct channel *c, int rows, int cols)
{
    if (rows < 1 || cols < 1 || rows > 65535 || cols > 65535)
        return;
    if (c->rows == rows && c->cols == cols)
        return;
    c->rows = rows;
    c->cols = cols;
    c->resize_due = true;
    if (c->remote->socket)
        socket_want_drain(c->remote->socket);
}

void channel_colours(struct channel *c, const char *colours)
{
    free(c->colours);
    c->colours = colours ? xstrdup(colours) : NULL;
    c->colours_due = c->colours && c->is_answered;
    if (c->colours_due && c->remote->socket)
        socket_want_drain(c->remote->socket);
}

void channel_offer_answers(struct channel *c)
{
    c->offers_answers = true;
}

bool channel_answers(const struct channel *c)
{
    return c->answers;
}

void channel_resume(struct channel *c)
{
    if (!c->is_paused)
        return;
    c->is_paused = false;
    update_reading(c->remote);
}

size_t channel_pending(const struct channel *c)
{
    return c->pending_bytes;
}
