/* SPDX-License-Identifier: MIT
 *
 * Commands whose output is told as it comes.
 *
 *   POST {stream} → subscribe to command:<id> → command:start → stdout, stderr … → exit
 *
 * The start is said again on every connection: a second one is ignored. After a loss the frames in
 * between are missing, so the stream is then followed by asking (catching up): each answer holds
 * all the output there is, and what is beyond the bytes passed on already is new. Frames only make
 * the next question come sooner.
 */
#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/command.h"
#include "client/command_internal.h"
#include "client/feed.h"
#include "client/fields.h"
#include "wire/json.h"
#include "wire/names.h"

#define LOOK_FIRST_MS 100
#define LOOK_MAX_MS   2000

struct command_stream {
    struct remote *remote; /* held */
    struct client *client; /* held */
    const struct command_stream_ops *ops;
    void *user;
    char *command_id, *terminal_id; /* owned, or NULL */
    struct feed *feed;
    struct request *asking; /* the POST, or a look */
    struct request *killing;
    uv_timer_t look;
    int64_t look_ms;
    size_t n_told[2]; /* bytes passed on of stdout, stderr */
    bool is_catching_up, is_started, is_over, kill_due;
};

/* --- the end --- */

static void stop(struct command_stream *s)
{
    s->is_over = true;
    feed_close(steal_pointer(&s->feed));
    request_cancel(steal_pointer(&s->asking));
    request_cancel(steal_pointer(&s->killing));
    uv_timer_stop(&s->look);
}

static void end(struct command_stream *s, int exit_code)
{
    stop(s);
    s->ops->on_exit(s->user, exit_code);
}

static void fail(struct command_stream *s, const struct err *e)
{
    struct err told = *e;

    stop(s);
    s->ops->on_fail(s->user, &told);
}

/* --- catching up --- */

static void look(struct command_stream *s);

/* At the end of what a running command has written, U+FFFD may be the beginning of a character. */
static size_t settled(const char *text, size_t n, bool is_running)
{
    return is_running && n >= 3 && !memcmp(text + n - 3, "\xef\xbf\xbd", 3) ? n - 3 : n;
}

static void tell(struct command_stream *s, int which, const char *bytes, size_t n)
{
    s->n_told[which] += n;
    if (n && s->ops->on_output)
        s->ops->on_output(s->user, which, bytes, n);
}

/* The callback may destroy the stream, which lives until the loop turns. */
static void tell_new(struct command_stream *s, int which, const char *text, size_t n)
{
    if (!s->is_over && n > s->n_told[which])
        tell(s, which, text + s->n_told[which], n - s->n_told[which]);
}

static void on_look_timer(uv_timer_t *timer)
{
    look(timer->data);
}

static void on_looked(void *user, const struct command_result *c, const struct err *e)
{
    struct command_stream *s = user;

    s->asking = NULL;
    if (e && (e->http_status || e->code == ERR_LIMIT || e->code == ERR_NOT_FOUND)) {
        fail(s, e);
        return;
    }
    if (c) {
        size_t told = s->n_told[0] + s->n_told[1];

        tell_new(s, 0, c->out, settled(c->out, c->out_len, c->is_running));
        tell_new(s, 1, c->err, settled(c->err, c->err_len, c->is_running));
        if (s->is_over)
            return;
        if (!c->is_running) {
            end(s, c->exit_code);
            return;
        }
        if (s->n_told[0] + s->n_told[1] > told)
            s->look_ms = LOOK_FIRST_MS;
    }
    uv_timer_start(&s->look, on_look_timer, (uint64_t)s->look_ms, 0);
    s->look_ms = s->look_ms * 2 < LOOK_MAX_MS ? s->look_ms * 2 : LOOK_MAX_MS;
}

static void look(struct command_stream *s)
{
    if (!s->asking && !s->is_over)
        s->asking = command_get(s->remote, s->terminal_id, s->command_id, on_looked, s);
}

/* --- the feed --- */

static void on_up(void *user)
{
    struct command_stream *s = user;
    struct message m;

    message_init(&m, MSG_COMMAND_START, (struct slice){0});
    message_add_string(&m, "cmd_id", SLICE(s->command_id));
    feed_send(s->feed, &m);
    if (s->is_started && s->ops->on_link)
        s->ops->on_link(s->user, NULL);
    if (s->is_over)
        return;
    s->is_started = true;
    if (s->is_catching_up)
        look(s);
}

static void on_down(void *user, const struct err *e)
{
    struct command_stream *s = user;

    if (remote_state(s->remote) == LINK_FAILED) {
        fail(s, e);
        return;
    }
    /* Without a terminal there is nobody to ask; the feed goes on and what was missed is lost. */
    s->is_catching_up = s->is_started && s->terminal_id;
    if (s->ops->on_link)
        s->ops->on_link(s->user, e);
}

static void on_gone(void *user, const struct err *e)
{
    fail(user, e);
}

static void take_output(struct command_stream *s, int which, const struct message *m)
{
    struct slice output = message_string(m, "output");

    if (!s->is_catching_up)
        tell(s, which, output.data, output.len);
    else
        s->look_ms = LOOK_FIRST_MS;
}

static void on_message(void *user, const struct message *m)
{
    struct command_stream *s = user;
    struct slice terminal = message_string(m, "terminal_id");

    if (!s->terminal_id && terminal.len)
        s->terminal_id = slice_dup(terminal);
    if (slice_equal(m->type, MSG_COMMAND_STDOUT))
        take_output(s, 0, m);
    else if (slice_equal(m->type, MSG_COMMAND_STDERR))
        take_output(s, 1, m);
    else if (slice_equal(m->type, MSG_COMMAND_EXIT) && !s->is_catching_up)
        end(s, (int)message_number(m, "exit_code", 0));
    else if (slice_equal(m->type, MSG_COMMAND_EXIT))
        look(s);
}

static const struct feed_ops feed_callbacks = {
    .on_message = on_message,
    .on_up = on_up,
    .on_down = on_down,
    .on_gone = on_gone,
};

/* --- beginning --- */

static void on_created(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct command_stream *s = c->user;
    const char *id = field_text(data, "cmd_id"), *channel = field_text(data, "channel");
    const char *terminal = field_text(data, "terminal_id");
    struct err own;

    s->asking = NULL;
    if (!e && (!*id || !*channel)) {
        call_unreadable(c, &own, "the new command has no id or no channel");
        e = &own;
    }
    if (e) {
        fail(s, e);
        return;
    }
    s->command_id = xstrdup(id);
    if (*terminal)
        s->terminal_id = xstrdup(terminal);
    if (s->kill_due)
        command_stream_kill(s);
    s->feed = feed_open(s->remote, channel, &feed_callbacks, s);
}

struct command_stream *command_stream(struct remote *r, const struct command_options *o,
                                      const struct command_stream_ops *ops, void *user)
{
    struct command_stream *s = xcalloc(1, sizeof *s);
    struct remote_call *c = call_create(r, "POST", xstrdup("/run/command"), on_created, NULL, s);
    cJSON *body = command_body(o);

    cJSON_AddTrueToObject(body, "stream");
    call_set_body(c, body);
    s->remote = r;
    s->client = r->client;
    s->ops = ops;
    s->user = user;
    s->look_ms = LOOK_FIRST_MS;
    remote_hold(r);
    client_hold(r->client);
    uv_timer_init(r->client->loop, &s->look);
    s->look.data = s;
    s->asking = call_start(c);
    return s;
}

/* With its terminal the command is gone: no exit comes. */
static void on_killed(void *user, const struct err *e)
{
    struct command_stream *s = user;
    struct err told;

    s->killing = NULL;
    if (e && e->code != ERR_NOT_FOUND) {
        fail(s, e);
        return;
    }
    err_set(&told, ERR_CANCELLED, "the command was ended");
    fail(s, &told);
}

void command_stream_kill(struct command_stream *s)
{
    s->kill_due = true;
    if (s->terminal_id && !s->is_over && !s->killing)
        s->killing = terminal_destroy(s->remote, s->terminal_id, on_killed, s);
}

static void on_forgotten(void *user, const struct err *e)
{
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct command_stream *s = handle->data;
    struct client *c = s->client;

    free(s->command_id);
    free(s->terminal_id);
    free(s);
    client_drop(c);
}

void command_stream_destroy(struct command_stream *s)
{
    if (!s)
        return;
    bool is_kill_under_way = s->killing;

    stop(s);
    if (is_kill_under_way)
        terminal_destroy(s->remote, s->terminal_id, on_forgotten, NULL);
    uv_close((uv_handle_t *)&s->look, on_timer_closed);
    /* Not in the callback: a client that ends before it would end the remote's requests first. */
    remote_release(s->remote);
}

const char *command_stream_id(const struct command_stream *s)
{
    return s->command_id ? s->command_id : "";
}

const char *command_stream_terminal(const struct command_stream *s)
{
    return s->terminal_id ? s->terminal_id : "";
}
