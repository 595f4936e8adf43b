/* SPDX-License-Identifier: MIT
 *
 * key → each marked terminal's own encoding → attachment_input; a tick watches silence and echo.
 */
#include "views/broadcast.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/dialog.h"
#include "views/terminals.h"

struct broadcast {
    struct views_env *env;
    struct tick *tick;
    bool on;
    int64_t silence_ms; /* after which it ends */
    int64_t typed_at_ms;
    int64_t unechoed_since_ms; /* the first character that no target has answered; 0: none */
};

static void off(struct broadcast *b, const char *why)
{
    if (!b->on)
        return;
    b->on = false;
    b->unechoed_since_ms = 0;
    tick_after(b->tick, -1);
    if (why)
        tui_toast(b->env->tui, ROLE_STATUS_ALERT, "\xe2\x96\xa0 Broadcast is off: %s", why);
    tui_redraw_all(b->env->tui);
}

/* --- targets --- */
static struct attachment *next_target(const struct views_env *env, size_t *i)
{
    while (*i < env->state->n_open) {
        struct attachment *a = env->state->open[(*i)++];

        if (attachment_is_marked(a) && !*attachment_ended(a))
            return a;
    }
    return NULL;
}

size_t broadcast_count(const struct views_env *env)
{
    size_t n = 0, i = 0;

    while (next_target(env, &i))
        n++;
    return n;
}

bool broadcast_reaches(const struct views_env *env, const struct attachment *a)
{
    return env->state->broadcast->on && a && attachment_is_marked(a);
}

void broadcast_mark(struct views_env *env, struct attachment *a)
{
    char label[256];
    bool on = !attachment_is_marked(a);

    terminals_add(env, a);
    attachment_mark(a, on);
    size_t n = broadcast_count(env);
    tui_toast(env->tui, ROLE_STATUS, "%s %s; %zu marked",
              on ? "\xe2\x97\x86 marked" : "\xe2\x97\x87 not marked any more",
              terminals_label(env, a, label, sizeof label), n);
    if (env->state->broadcast->on && n < 2)
        off(env->state->broadcast, "fewer than two terminals are marked");
    tui_redraw_all(env->tui);
}

void broadcast_lost(struct views_env *env, struct attachment *a)
{
    struct broadcast *b = env->state ? env->state->broadcast : NULL;
    char label[256];

    if (!b || !attachment_is_marked(a))
        return;
    attachment_mark(a, false);
    if (!b->on)
        return;
    size_t n = broadcast_count(env);
    tui_toast(env->tui, ROLE_STATUS_ALERT, "\xe2\x9c\x97 Broadcast lost %s; %zu left",
              terminals_label(env, a, label, sizeof label), n);
    if (n < 2)
        off(b, "fewer than two terminals are left");
}

/* --- on and off --- */
static void turn_on(struct broadcast *b)
{
    b->on = true;
    b->silence_ms = b->env->broadcast_ms ? b->env->broadcast_ms : BROADCAST_SILENCE_MS;
    b->typed_at_ms = clock_mono_ms();
    b->unechoed_since_ms = 0;
    tick_after(b->tick, b->silence_ms);
    tui_toast(b->env->tui, ROLE_STATUS_ALERT,
              "\xe2\x87\xb6 Broadcast: keys typed in a marked terminal go to %zu",
              broadcast_count(b->env));
    tui_redraw_all(b->env->tui);
}

static void on_answer(struct views_env *env, void *user, bool yes)
{
    if (yes && broadcast_count(env) > 1)
        turn_on(env->state->broadcast);
}

void broadcast_toggle(struct views_env *env)
{
    struct broadcast *b = env->state->broadcast;
    size_t n = broadcast_count(env), i = 0;
    struct confirm question;
    struct attachment *a;
    char label[256];

    if (b->on) {
        off(b, "as asked");
        return;
    }
    if (n < 2) {
        tui_toast(env->tui, ROLE_WARN,
                  "Mark two terminals or more first (m after the prefix): %zu marked", n);
        return;
    }
    if (n <= BROADCAST_ASK_ABOVE) {
        turn_on(b);
        return;
    }
    confirm_init(&question, "Broadcast to many terminals?", "type into all",
                 "What is typed in one of them goes to every one.");
    while ((a = next_target(env, &i)))
        confirm_add(&question, terminals_label(env, a, label, sizeof label));
    confirm_dialog_open(env, &question, on_answer, NULL);
}

/* --- watching --- */
/* What stands before the cursor asks for something that must not go to others. */
static bool asks_for_secret(struct attachment *a)
{
    const struct term *t = attachment_term(a);
    struct term_cursor cursor = term_cursor(t);
    const struct cell *row = term_row(t, cursor.row);
    cleanup_buf struct buf text = {0};
    char piece[13];

    for (int x = 0; x < cursor.col && x < term_cols(t); x++)
        buf_append(&text, piece, cell_text(&row[x], piece));
    return text.len && (strcasestr(text.data, "password") || strcasestr(text.data, "passphrase")) &&
           strrchr(text.data, ':');
}

static bool refuse_secret(struct broadcast *b)
{
    struct attachment *a;
    char label[256], why[320];
    size_t i = 0;

    while ((a = next_target(b->env, &i))) {
        if (!asks_for_secret(a))
            continue;
        snprintf(why, sizeof why, "%.200s asks for a password; nothing was sent",
                 terminals_label(b->env, a, label, sizeof label));
        off(b, why);
        return true;
    }
    return false;
}

static struct attachment *silent_target(const struct broadcast *b)
{
    struct attachment *a;
    size_t i = 0;

    while ((a = next_target(b->env, &i)))
        if (remote_state(attachment_remote(a)) == LINK_UP && !attachment_pending(a) &&
            attachment_output_at_ms(a) < b->unechoed_since_ms)
            return a;
    return NULL;
}

static void on_tick(void *user)
{
    struct broadcast *b = user;
    int64_t now = clock_mono_ms(), silence = now - b->typed_at_ms;
    char label[256], why[320];

    if (!b->on)
        return;
    if (b->unechoed_since_ms && now - b->unechoed_since_ms >= BROADCAST_ECHO_MS) {
        struct attachment *a = silent_target(b);

        b->unechoed_since_ms = 0;
        if (a) {
            snprintf(why, sizeof why, "%.200s does not echo what is typed (a password?)",
                     terminals_label(b->env, a, label, sizeof label));
            off(b, why);
            return;
        }
    }
    if (silence >= b->silence_ms) {
        char span[CLOCK_SPAN_SIZE];

        snprintf(why, sizeof why, "nothing was typed for %s",
                 clock_format_span(span, b->silence_ms));
        off(b, why);
        return;
    }
    tick_after(b->tick, b->silence_ms - silence);
}

static void note_typed(struct broadcast *b, bool echoes)
{
    b->typed_at_ms = clock_mono_ms();
    if (echoes && !b->unechoed_since_ms)
        b->unechoed_since_ms = b->typed_at_ms;
    tick_after(b->tick, b->unechoed_since_ms
                            ? b->unechoed_since_ms + BROADCAST_ECHO_MS - b->typed_at_ms
                            : b->silence_ms);
}

/* --- sending --- */
bool broadcast_key(struct views_env *env, struct key key)
{
    struct broadcast *b = env->state->broadcast;
    struct attachment *a;
    bool all = true;
    size_t i = 0;

    if (refuse_secret(b))
        return true;
    note_typed(b, !key.mods && key.code > ' ' && key.code < 0x7f);
    while ((a = next_target(env, &i))) {
        cleanup_buf struct buf bytes = {0};

        term_encode_key(attachment_term(a), key, &bytes);
        all = attachment_input(a, bytes.data, bytes.len) && all;
    }
    return all;
}

bool broadcast_paste(struct views_env *env, const char *text, size_t n)
{
    struct broadcast *b = env->state->broadcast;
    struct attachment *a;
    bool all = true;
    size_t i = 0;

    if (refuse_secret(b))
        return true;
    note_typed(b, true);
    while ((a = next_target(env, &i))) {
        cleanup_buf struct buf bytes = {0};

        term_encode_paste(attachment_term(a), text, n, &bytes);
        all = attachment_input(a, bytes.data, bytes.len) && all;
    }
    return all;
}

struct broadcast *broadcast_create(struct views_env *env)
{
    struct broadcast *b = xcalloc(1, sizeof *b);

    b->env = env;
    b->tick = tick_create(client_loop(env->client), on_tick, b);
    return b;
}

void broadcast_destroy(struct broadcast *b)
{
    if (!b)
        return;
    tick_destroy(b->tick);
    free(b);
}
