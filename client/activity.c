/* SPDX-License-Identifier: MIT
 *
 * Channel `activity`: messages → facts with times of our own clock.
 *
 * The host sends ages, because clocks differ. Whether it has the extension the remote finds out on
 * its first connection; until then the feed is just a channel on which nothing comes.
 */
#include "client/activity.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/feed.h"
#include "client/remote_internal.h"
#include "wire/names.h"

struct activity_feed {
    struct feed *feed;     /* NULL: ended */
    struct remote *remote; /* held by the feed */
    const struct activity_ops *ops;
    void *user;
};

/* --- reading --- */

struct facts_text {
    char title[ACTIVITY_TEXT_MAX + 1], command[ACTIVITY_TEXT_MAX + 1], with[ACTIVITY_TEXT_MAX + 1];
    char error[ACTIVITY_TEXT_MAX + 1], note[ACTIVITY_TEXT_MAX + 1], id[ACTIVITY_TEXT_MAX + 1];
    char frozen_by[ACTIVITY_TEXT_MAX + 1];
};

static const char *read_text(const struct message *m, const char *key,
                             char out[ACTIVITY_TEXT_MAX + 1])
{
    struct slice text = message_string(m, key);

    return text_sanitise(out, ACTIVITY_TEXT_MAX + 1, text.len ? text.data : "", text.len);
}

/* A whole number from 0 to max; anything else is 0, too much is max. */
static double read_count(const struct message *m, const char *key, double max)
{
    double n = message_number(m, key, 0);

    return n >= 1 ? floor(fmin(n, max)) : 0;
}

static int read_int(const struct message *m, const char *key)
{
    return (int)read_count(m, key, INT32_MAX);
}

/* An age in ms as a time of clock_mono_ms; 0: never. A year is as long as we remember. */
static int64_t read_age(const struct message *m, const char *key, int64_t now_ms)
{
    double age = message_number(m, key, -1);
    int64_t then_ms;

    if (!(age >= 0))
        return 0;
    then_ms = now_ms - (int64_t)fmin(age, 366.0 * 24 * 3600 * 1000);
    /* Before this machine started, too; but 0 and less would say something else. */
    return then_ms > 0 ? then_ms : 1;
}

static void read_numbers(const struct message *m, struct activity *a)
{
    int64_t now = clock_mono_ms();
    double status = message_number(m, "last_exit", 0);
    int64_t left = (int64_t)read_count(m, "frozen_left", 24.0 * 3600 * 1000);

    a->rows = read_int(m, "rows");
    a->cols = read_int(m, "cols");
    a->n_viewers = read_int(m, "viewers");
    a->n_output_bytes = (uint64_t)read_count(m, "output_bytes", 9007199254740992.0);
    a->output_ms = read_age(m, "output_age", now);
    a->input_ms = read_age(m, "input_age", now);
    a->bell_ms = read_age(m, "bell_age", now);
    a->hand_ms = read_age(m, "hand_age", now);
    a->command_ms = read_age(m, "command_age", now);
    a->exit_ms = read_age(m, "exit_age", now);
    a->frozen_until_ms = left ? now + left : 0;
    a->n_bells = (unsigned)read_int(m, "bells");
    a->n_commands = (unsigned)read_int(m, "commands");
    a->n_failed_row = (unsigned)read_int(m, "failed_row");
    a->n_same_error = (unsigned)read_int(m, "same_error");
    a->last_exit = status >= -255 && status <= 255 ? (int)status : 0;
}

static void take_terminal(const struct activity_feed *f, const struct message *m)
{
    const struct field *integrated = message_field(m, "integrated");
    struct facts_text t;
    struct activity a = {
        .terminal_id = read_text(m, "terminal_id", t.id),
        .title = read_text(m, "title", t.title),
        .command = read_text(m, "command", t.command),
        .with = read_text(m, "with", t.with),
        .error = read_text(m, "error", t.error),
        .note = read_text(m, "note", t.note),
        .frozen_by = read_text(m, "frozen_by", t.frozen_by),
        .is_integrated = integrated && integrated->type == FIELD_BOOLEAN && integrated->boolean,
    };

    read_numbers(m, &a);
    if (*a.terminal_id && f->ops->on_terminal)
        f->ops->on_terminal(f->user, &a);
}

static void take_gone(const struct activity_feed *f, const struct message *m)
{
    char id[ACTIVITY_TEXT_MAX + 1];

    if (*read_text(m, "terminal_id", id) && f->ops->on_terminal_gone)
        f->ops->on_terminal_gone(f->user, id);
}

static void take_sandbox(const struct activity_feed *f, const struct message *m)
{
    char server[ACTIVITY_TEXT_MAX + 1], signal[ACTIVITY_TEXT_MAX + 1];
    struct activity_sandbox s = {
        .n_servers_failed = read_int(m, "servers_failed"),
        .failed_server = read_text(m, "failed_server", server),
        .error_signal = read_text(m, "error_signal", signal),
        .error_signal_ms = read_age(m, "error_signal_age", clock_mono_ms()),
    };

    if (f->ops->on_sandbox)
        f->ops->on_sandbox(f->user, &s);
}

static void take_synced(const struct activity_feed *f, const struct message *m)
{
    if (f->ops->on_synced)
        f->ops->on_synced(f->user);
}

static void on_message(void *user, const struct message *m)
{
    static const struct {
        const char *type;
        void (*take)(const struct activity_feed *f, const struct message *m);
    } kinds[] = {
        {MSG_TERMINAL_ACTIVITY, take_terminal},
        {MSG_TERMINAL_DESTROYED, take_gone},
        {MSG_SANDBOX_ACTIVITY, take_sandbox},
        {MSG_ACTIVITY_SYNCED, take_synced},
    };
    const struct activity_feed *f = user;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!slice_equal(m->type, kinds[i].type))
            continue;
        kinds[i].take(f, m);
        return;
    }
}

/* --- the link: ops may free f, nothing of it is touched after a callback --- */

/* True: the host has no such extension, f may be gone. */
static bool end_if_absent(struct activity_feed *f)
{
    struct err e;

    if (!f->remote->is_info_known || f->remote->has_activity)
        return false;
    feed_close(steal_pointer(&f->feed));
    err_set(&e, ERR_UNSUPPORTED, "this host does not tell what goes on in its terminals");
    if (f->ops->on_end)
        f->ops->on_end(f->user, &e);
    return true;
}

static bool is_wanted(void *user)
{
    const struct activity_feed *f = user;

    return !f->ops->is_beside || f->remote->has_activity;
}

static void on_known(void *user)
{
    end_if_absent(user);
}

static void on_up(void *user)
{
    struct activity_feed *f = user;

    if (!end_if_absent(f) && f->ops->on_up)
        f->ops->on_up(f->user);
}

static void on_down(void *user, const struct err *e)
{
    const struct activity_feed *f = user;

    if (f->ops->on_down)
        f->ops->on_down(f->user, e);
}

static void on_gone(void *user, const struct err *e)
{
    const struct activity_feed *f = user;

    if (f->ops->on_end)
        f->ops->on_end(f->user, e);
}

static const struct feed_ops feed_callbacks = {
    .on_message = on_message,
    .is_wanted = is_wanted,
    .on_up = on_up,
    .on_down = on_down,
    .on_known = on_known,
    .on_gone = on_gone,
};

struct activity_feed *activity_open(struct remote *r, const struct activity_ops *ops, void *user)
{
    struct activity_feed *f = xcalloc(1, sizeof *f);

    f->remote = r;
    f->ops = ops;
    f->user = user;
    f->feed = feed_open(r, CHANNEL_ACTIVITY, &feed_callbacks, f);
    return f;
}

void activity_close(struct activity_feed *f)
{
    if (!f)
        return;
    feed_close(f->feed);
    free(f);
}
