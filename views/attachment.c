/* SPDX-License-Identifier: MIT
 *
 * bytes → term_feed → viewers are told; answers of the terminal and keys → channel_input.
 */
#include "views/attachment_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/broadcast.h"
#include "views/recorder.h"
#include "views/state.h"
#include "views/terminals.h"
#include "wire/report.h"

/* Output this small soon after a key is its echo. */
#define ECHO_BYTES 2048
#define ECHO_MS    50
/* Programs paint anew when their size changes, which is no news. */
#define REPAINT_MS 1000
/* A connection's first output is the snapshot; it is whole when nothing more comes for a moment. */
#define SETTLE_MS     20
#define SETTLE_MAX_MS 250
#define CATCH_UP_MS   5000 /* until a snapshot begins; not all hosts send one */

static void tell(struct attachment *a)
{
    struct attachment_viewer *v, *next;

    for (v = LIST_FIRST(&a->viewers); v; v = next) {
        next = LIST_NEXT(v, link);
        v->on_change(v->user);
    }
}

static bool is_shown(const struct attachment *a)
{
    struct attachment_viewer *v;

    LIST_FOREACH (v, &a->viewers, link)
        if (v->is_shown(v->user))
            return true;
    return false;
}

static bool is_attended(const struct attachment *a)
{
    struct attachment_viewer *v;

    LIST_FOREACH (v, &a->viewers, link)
        if (v->has_focus && v->has_focus(v->user))
            return true;
    return false;
}

/* Tabs and titles are marked with it. */
static void note_news(struct attachment *a, bool *what)
{
    bool was = *what;

    *what = true;
    if (!was)
        tui_titles_changed(a->env->tui);
}

/* Echo is no news, nor is what one sees. */
static void note_output(struct attachment *a, int64_t silent_since_ms)
{
    int64_t now = clock_mono_ms();
    int64_t silence = a->env->silence_ms ? a->env->silence_ms : SILENCE_DEFAULT_MS;
    bool repaints = a->resized_at_ms && now - a->resized_at_ms < MIN(silence, REPAINT_MS);
    bool is_awake = repaints || now - silent_since_ms < silence || now - a->typed_at_ms < silence;

    if (!a->activity && !is_shown(a)) {
        a->activity = true;
        tui_status_changed(a->env->tui);
    }
    if (silent_since_ms && !is_awake && !is_attended(a))
        note_news(a, &a->woke);
}

static void assert_size(struct attachment *a)
{
    if (!a->drives || !a->sizes || a->ended[0] || a->rows <= 0 || a->cols <= 0)
        return;
    if (attachment_has_size(a, a->rows, a->cols))
        return;
    a->resized_at_ms = clock_mono_ms();
    attachment_set_size(a, a->rows, a->cols);
    channel_resize(a->channel, a->rows, a->cols);
}

/* Programs are told the colours of who sets the size. */
static void update_colours(struct attachment *a)
{
    char colours[TERM_THEME_CHARS + 1];
    bool are_ours = a->drives && a->sizes && a->env->colours;

    if (are_ours)
        term_theme_write(a->env->colours, colours);
    if (are_ours != a->tells_colours)
        channel_colours(a->channel, are_ours ? colours : NULL);
    a->tells_colours = are_ours;
}

static void set_sizes(struct attachment *a, bool sizes)
{
    a->sizes = sizes;
    update_colours(a);
}

/* While the program paints a frame in pieces (mode 2026) what was drawn last stays. */
static bool waits_for_frame(struct attachment *a)
{
    int64_t left = term_synchronised_until(a->term) - clock_mono_ms();

    tick_after(a->frame, left > 0 ? left : -1);
    return left > 0;
}

/* Of what its screen shows. */
static uint64_t screen_sum(const struct term *t)
{
    uint64_t sum = 14695981039346656037u;

    for (int row = 0; row < term_rows(t); row++)
        for (int col = 0; col < term_cols(t); col++)
            sum = (sum ^ term_row(t, row)[col].glyph) * 1099511628211u;
    return sum;
}

/* The connection is there again, and with it the screen as it is now. */
static void catch_up(struct attachment *a)
{
    a->was_cut = false;
    a->catches_up = true;
    a->first_output_ms = 0;
    a->before_cut.screen = screen_sum(a->term);
    a->before_cut.output_at_ms = a->output_at_ms;
    tick_after(a->settle, CATCH_UP_MS);
}

/* The same screen as before the cut is no news. */
static void on_caught_up(struct attachment *a)
{
    a->catches_up = false;
    if (screen_sum(a->term) != a->before_cut.screen)
        note_output(a, a->before_cut.output_at_ms);
    else
        a->output_at_ms = a->before_cut.output_at_ms;
}

static void on_settled(void *user)
{
    struct attachment *a = user;

    if (a->catches_up)
        on_caught_up(a);
    if (a->settled)
        return;
    a->settled = true;
    assert_size(a);
    if (!waits_for_frame(a))
        tell(a);
}

static void settle(struct attachment *a)
{
    int64_t now = clock_mono_ms();

    if (!a->first_output_ms)
        a->first_output_ms = now;
    tick_after(a->settle, now - a->first_output_ms > SETTLE_MAX_MS ? 0 : SETTLE_MS);
}

static void on_frame_over(void *user)
{
    tell(user);
}

/* Only where the host says what it has taken is it known when an answer is due. */
static bool update_prediction(struct attachment *a)
{
    bool knows = remote_acknowledges(a->remote), was_on = predict_is_on(a->predict);
    uint64_t before = predict_revision(a->predict);

    predict_set_round_trip(a->predict, knows ? remote_round_trip_us(a->remote) : -1);
    predict_update(a->predict, channel_pending(a->channel), clock_mono_ms());
    int64_t due = predict_due_ms(a->predict);
    tick_after(a->judge, due ? (due > clock_mono_ms() ? due - clock_mono_ms() : 0) : -1);
    if (was_on != predict_is_on(a->predict))
        tui_status_changed(a->env->tui);
    return predict_revision(a->predict) != before;
}

static void on_judge(void *user)
{
    if (update_prediction(user))
        tell(user);
}

static void tell_output(struct attachment *a, const char *bytes, size_t n)
{
    const struct attachment_viewer *v;

    LIST_FOREACH (v, &a->viewers, link)
        if (v->on_output)
            v->on_output(v->user, bytes, n);
}

bool attachment_take_output(struct attachment *a, const char *bytes, size_t n)
{
    int64_t silent_since_ms = a->output_at_ms;

    a->output_at_ms = clock_mono_ms();
    a->awaits_output = false;
    a->traffic.output_bytes += n;
    term_feed(a->term, bytes, n);
    update_prediction(a);
    attachment_take_record(a, bytes, n);
    tell_output(a, bytes, n);
    if (!a->settled || a->catches_up)
        settle(a);
    else
        note_output(a, silent_since_ms);
    if (a->marked)
        broadcast_printed(a->env);
    if (waits_for_frame(a))
        return attachment_read_on(a, n);
    tell(a);
    if (n < ECHO_BYTES && a->typed_at_ms && clock_mono_ms() - a->typed_at_ms < ECHO_MS &&
        is_shown(a))
        tui_draw_soon(a->env->tui);
    return attachment_read_on(a, n);
}

static bool on_output(void *user, const char *bytes, size_t n)
{
    return attachment_hold_output(user, bytes, n) || attachment_take_output(user, bytes, n);
}

static void on_destroyed(void *user, const struct channel_end *end)
{
    struct attachment *a = user;

    attachment_size_now(a);
    text_sanitise(a->ended, sizeof a->ended, end->reason, strlen(end->reason));
    broadcast_lost(a->env, a);
    attachment_end_recording(a);
    tell(a);
    tui_titles_changed(a->env->tui);
}

static void on_resized(void *user, int rows, int cols)
{
    struct attachment *a = user;

    if (rows != a->rows || cols != a->cols)
        set_sizes(a, false);
    a->resized_at_ms = clock_mono_ms();
    if (attachment_take_size(a, rows, cols))
        tell(a);
}

static void on_size_due(void *user)
{
    if (attachment_size_now(user))
        tell(user);
}

static void on_state(void *user)
{
    struct attachment *a = user;

    attachment_size_now(a);
    if (remote_state(a->remote) != LINK_UP) {
        a->was_cut = a->settled;
    } else {
        a->loss_seen = false;
        if (a->was_cut)
            catch_up(a);
    }
    if (a->marked)
        broadcast_link_changed(a->env);
    tell(a);
    tui_titles_changed(a->env->tui);
}

static void on_taken(void *user)
{
    if (update_prediction(user))
        tell(user);
}

static const struct channel_ops channel_ops = {
    .on_output = on_output,
    .on_destroyed = on_destroyed,
    .on_resized = on_resized,
    .on_taken = on_taken,
    .on_state = on_state,
};

static void on_reply(void *user, const char *bytes, size_t n)
{
    struct attachment *a = user;

    /* One answer is expected; where the host does not see to it, who set the size gives it. */
    if (a->drives && a->sizes && !a->ended[0] && channel_answers(a->channel) &&
        channel_input(a->channel, bytes, n, NULL) == 0)
        predict_passed(a->predict, n);
}

static void on_bell(void *user)
{
    struct attachment *a = user;
    char label[160];

    if (attachment_only_glanced_at(a))
        return;
    tui_bell(a->env->tui);
    if (a->rang || is_attended(a))
        return;
    note_news(a, &a->rang);
    if (is_shown(a))
        return;
    views_sandbox_name(a->env, a->sandbox_id, label, sizeof label);
    tui_toast(a->env->tui, ROLE_WARN, "Bell in %s", label);
}

/* Only of a program that somebody works with here: one that is watched copies for others. */
static void on_clipboard(void *user, const char *bytes, size_t n)
{
    struct attachment *a = user;

    if (a->drives && is_shown(a))
        views_guest_copies(a->env, a->sandbox_id, bytes, n);
}

static const struct term_ops term_ops = {
    .on_reply = on_reply,
    .on_bell = on_bell,
    .on_clipboard = on_clipboard,
};

struct attachment *attachment_find(struct views_env *env, const char *sandbox_id,
                                   const char *terminal_id)
{
    cleanup_free char *key = xasprintf("%s\n%s", sandbox_id, terminal_id);
    struct attachment *a;

    HASH_FIND_STR(env->state->attachments, key, a);
    return a;
}

struct attachment *attachment_acquire(struct views_env *env, const char *sandbox_id,
                                      const char *terminal_id, int rows, int cols)
{
    struct attachment *a = attachment_find(env, sandbox_id, terminal_id);
    struct term_config config = {
        .scrollback_lines = env->scrollback_lines ? env->scrollback_lines : TERM_SCROLLBACK_DEFAULT,
        .ops = &term_ops,
    };

    if (a)
        return attachment_ref(a);
    a = xcalloc(1, sizeof *a);
    a->key = xasprintf("%s\n%s", sandbox_id, terminal_id);
    a->sandbox_id = xstrdup(sandbox_id);
    a->terminal_id = xstrdup(terminal_id);
    a->refs = 1;
    a->sizes = true;
    a->env = env;
    a->traffic.since_ms = clock_mono_ms();
    config.user = a;
    a->term = term_create(rows > 0 ? rows : 24, cols > 0 ? cols : 80, &config);
    term_set_theme(a->term, env->colours);
    a->settle = tick_create(client_loop(env->client), on_settled, a);
    a->frame = tick_create(client_loop(env->client), on_frame_over, a);
    a->next.tick = tick_create(client_loop(env->client), on_size_due, a);
    a->predict = predict_create(a->term, env->prediction);
    a->judge = tick_create(client_loop(env->client), on_judge, a);
    a->glance = tick_create(client_loop(env->client), attachment_on_glance, a);
    HASH_ADD_KEYPTR(hh, env->state->attachments, a->key, strlen(a->key), a);
    a->remote = fleet_remote(env->fleet, sandbox_id);
    a->channel = channel_open(a->remote, terminal_id, &channel_ops, a);
    return a;
}

struct attachment *attachment_ref(struct attachment *a)
{
    a->refs++;
    return a;
}

void attachment_release(struct attachment *a)
{
    if (!a || --a->refs)
        return;
    HASH_DEL(a->env->state->attachments, a);
    tick_destroy(a->settle);
    tick_destroy(a->frame);
    tick_destroy(a->next.tick);
    buf_finish(&a->next.behind);
    tick_destroy(a->judge);
    predict_destroy(a->predict);
    tick_destroy(a->glance);
    recorder_stop(a->recorder);
    channel_close(a->channel);
    remote_release(a->remote);
    term_destroy(a->term);
    free(a->sandbox_id);
    free(a->terminal_id);
    free(a->key);
    free(a);
}

void attachment_watch(struct attachment *a, struct attachment_viewer *v)
{
    v->of = a;
    v->rows = v->cols = 0;
    LIST_INSERT_HEAD(&a->viewers, v, link);
    if (!a->sizer && !v->observes)
        a->sizer = v;
}

void attachment_unwatch(struct attachment_viewer *v)
{
    struct attachment *a = v->of;
    struct attachment_viewer *next;

    LIST_REMOVE(v, link);
    v->of = NULL;
    if (a->sizer != v)
        return;
    a->sizer = NULL;
    LIST_FOREACH (next, &a->viewers, link) {
        if (next->observes)
            continue;
        attachment_focus(next);
        return;
    }
}

const char *attachment_sandbox_id(const struct attachment *a)
{
    return a->sandbox_id;
}

const char *attachment_id(const struct attachment *a)
{
    return a->terminal_id;
}

struct term *attachment_term(struct attachment *a)
{
    return a->term;
}

struct remote *attachment_remote(const struct attachment *a)
{
    return a->remote;
}

const char *attachment_ended(const struct attachment *a)
{
    return a->ended;
}

void attachment_drive(struct attachment *a)
{
    a->drives = true;
    update_colours(a);
}

void attachment_undrive(struct attachment *a)
{
    const struct attachment_viewer *v;

    LIST_FOREACH (v, &a->viewers, link)
        if (!v->observes)
            return;
    if (terminals_number(a->env, a))
        return;
    a->drives = false;
    update_colours(a);
}

bool attachment_settled(const struct attachment *a)
{
    return a->settled && !a->catches_up;
}

void attachment_yield_size(struct attachment *a)
{
    set_sizes(a, false);
}

bool attachment_sizes(const struct attachment *a)
{
    return a->sizes;
}

bool attachment_drives(const struct attachment *a)
{
    return a->drives;
}

static void take_size(struct attachment *a, const struct attachment_viewer *v)
{
    if (!a->drives || v->rows <= 0 || v->cols <= 0 || (v->rows == a->rows && v->cols == a->cols))
        return;
    a->rows = v->rows;
    a->cols = v->cols;
    if (a->settled)
        assert_size(a);
}

void attachment_resize(struct attachment_viewer *v, int rows, int cols)
{
    if (!v->of || v->observes)
        return;
    v->rows = rows;
    v->cols = cols;
    if (v->of->sizer == v)
        take_size(v->of, v);
}

void attachment_focus(struct attachment_viewer *v)
{
    if (!v->of || v->observes)
        return;
    LIST_REMOVE(v, link);
    LIST_INSERT_HEAD(&v->of->viewers, v, link);
    v->of->sizer = v;
    take_size(v->of, v);
}

bool attachment_input(struct attachment *a, const char *bytes, size_t n)
{
    struct err e;

    if (!a->drives || a->ended[0] || !n)
        return true;
    /* Who takes part types in the size that is there; to point at it is not to type. */
    set_sizes(a, a->sizes || (a->sizer && input_kinds(bytes, n).is_typed));
    assert_size(a);
    if (channel_input(a->channel, bytes, n, &e) < 0)
        return false;
    a->typed_at_ms = a->env->state->typed_ms = clock_mono_ms();
    a->env->state->typed_remote = a->remote;
    a->traffic.input_bytes += n;
    uint64_t before = predict_revision(a->predict);
    if (remote_acknowledges(a->remote))
        predict_sent(a->predict, bytes, n);
    else
        predict_passed(a->predict, n);
    if (update_prediction(a) || predict_revision(a->predict) != before)
        tell(a);
    return true;
}

const struct predict *attachment_predict(const struct attachment *a)
{
    return a->predict;
}

bool attachment_predicts(const struct attachment *a)
{
    return a->drives && !a->ended[0] && predict_is_on(a->predict) &&
           remote_acknowledges(a->remote) && !term_modes(a->term).alternate_screen;
}

void attachment_predict_next(struct attachment *a)
{
    predict_set_mode(a->predict, (enum predict_mode)((predict_mode(a->predict) + 1) % 3));
    update_prediction(a);
    tell(a);
}

size_t attachment_pending(const struct attachment *a)
{
    return a->ended[0] ? 0 : channel_pending(a->channel);
}

struct attachment_traffic attachment_traffic(const struct attachment *a)
{
    return a->traffic;
}

char attachment_news(const struct attachment *a)
{
    if (a->rang)
        return '!';
    if (a->ended[0])
        return a->end_seen ? 0 : 'x';
    if (remote_state(a->remote) == LINK_DOWN && !a->loss_seen)
        return '?';
    return a->woke ? '+' : a->activity ? '#' : 0;
}

void attachment_seen(struct attachment *a, bool attended)
{
    a->activity = false;
    if (!attended)
        return;
    a->rang = a->woke = false;
    a->end_seen = a->ended[0];
    a->loss_seen = remote_state(a->remote) == LINK_DOWN;
}

int64_t attachment_output_at_ms(const struct attachment *a)
{
    return a->output_at_ms;
}

void attachment_await_output(struct attachment *a)
{
    a->awaits_output = true;
}

bool attachment_awaits_output(const struct attachment *a)
{
    return a->awaits_output;
}

void attachment_mark(struct attachment *a, bool on)
{
    a->marked = on;
}

bool attachment_is_marked(const struct attachment *a)
{
    return a->marked;
}
