/* SPDX-License-Identifier: MIT
 *
 * key → each marked terminal's own encoding → attachment_input; a tick watches silence and echo.
 * After a key that shows, the next ones wait until every target has printed something: of what is
 * typed where nothing is echoed, no more than that key reaches the others. Of a paste the first
 * character goes ahead as such a key.
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
    size_t n_lost;      /* targets, as it was said last */
    int64_t silence_ms; /* after which it ends */
    int64_t echo_ms;    /* in which each key that shows is answered */
    int64_t typed_at_ms;
    int64_t unechoed_since_ms; /* a key that shows, not answered by every target; 0: none */
    int64_t echo_due_ms;       /* when to look again why */
    struct buf pasted;         /* since, all but its first character; goes before the held keys */
    struct key held[BROADCAST_HELD_MAX]; /* typed since */
    size_t n_held;
};

static bool send_key(struct broadcast *b, struct key key);
static bool send_paste(struct broadcast *b, const char *text, size_t n);

static const char refused[] = "a terminal takes no more input";

static void forget_held(struct broadcast *b)
{
    b->unechoed_since_ms = 0;
    b->n_held = 0;
    buf_finish(&b->pasted); /* may be long, and a secret */
}

static void off(struct broadcast *b, const char *why)
{
    char lost[96] = "";

    if (!b->on)
        return;
    if (b->pasted.len)
        snprintf(lost, sizeof lost, "; of the paste only the first character was sent");
    else if (b->n_held)
        snprintf(lost, sizeof lost, "; %zu key%s not sent", b->n_held,
                 b->n_held == 1 ? " was" : "s were");
    b->on = false;
    forget_held(b);
    tick_after(b->tick, -1);
    tui_toast(b->env->tui, ROLE_STATUS_ALERT, "\xe2\x96\xa0 Broadcast is off: %s%s", why, lost);
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

static size_t count_lost(const struct views_env *env)
{
    struct attachment *a;
    size_t n = 0, i = 0;

    while ((a = next_target(env, &i))) {
        enum link_state state = remote_state(attachment_remote(a));

        n += state == LINK_DOWN || state == LINK_FAILED;
    }
    return n;
}

const char *broadcast_count_text(const struct views_env *env, const char *noun,
                                 char out[BROADCAST_COUNT_SIZE])
{
    size_t n_lost = count_lost(env), n = broadcast_count(env);

    if (n_lost)
        snprintf(out, BROADCAST_COUNT_SIZE, "%zu%s, %zu lost", n, noun, n_lost);
    else
        snprintf(out, BROADCAST_COUNT_SIZE, "%zu%s", n, noun);
    return out;
}

void broadcast_link_changed(struct views_env *env)
{
    struct broadcast *b = env->state ? env->state->broadcast : NULL;
    size_t n_lost, n;

    if (!b || !b->on)
        return;
    n_lost = count_lost(env);
    n = broadcast_count(env);
    if (n_lost == b->n_lost)
        return;
    b->n_lost = n_lost;
    if (n_lost)
        tui_toast(env->tui, ROLE_STATUS_ALERT,
                  "\xe2\x9c\x97 Broadcast: %zu of %zu %s lost; what is typed waits for %s", n_lost,
                  n, n_lost == 1 ? "is" : "are", n_lost == 1 ? "it" : "them");
    else
        tui_toast(env->tui, ROLE_STATUS_ALERT, "\xe2\x87\xb6 Broadcast: all %zu are reached again",
                  n);
    tui_redraw_all(env->tui);
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
    env->state->broadcast->n_lost = count_lost(env);
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
    b->n_lost = count_lost(env);
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
    char count[BROADCAST_COUNT_SIZE];

    b->on = true;
    b->silence_ms = b->env->broadcast_ms ? b->env->broadcast_ms : BROADCAST_SILENCE_MS;
    b->echo_ms = b->env->echo_ms ? b->env->echo_ms : BROADCAST_ECHO_MS;
    b->typed_at_ms = clock_mono_ms();
    b->n_lost = count_lost(b->env);
    forget_held(b);
    tick_after(b->tick, b->silence_ms);
    tui_toast(b->env->tui, ROLE_STATUS_ALERT,
              "\xe2\x87\xb6 Broadcast: keys typed in a marked terminal go to %s",
              broadcast_count_text(b->env, "", count));
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
    static const char *const words[] = {"password", "passphrase",   "passcode", "passwort",
                                        "kennwort", "mot de passe", "contrase", "secret"};
    const struct term *t = attachment_term(a);
    struct term_cursor cursor = term_cursor(t);
    const struct cell *row = term_row(t, cursor.row);
    cleanup_buf struct buf text = {0};
    char piece[13];

    for (int x = 0; x < cursor.col && x < term_cols(t); x++)
        buf_append(&text, piece, cell_text(&row[x], piece));
    for (size_t i = 0; text.len && i < ARRAY_LEN(words); i++) {
        const char *word = strcasestr(text.data, words[i]);

        if (word && strchr(word, ':'))
            return true;
    }
    return false;
}

static bool refuse_secret(struct broadcast *b)
{
    struct attachment *a;
    char label[256], why[320];
    size_t i = 0;

    while ((a = next_target(b->env, &i))) {
        if (!asks_for_secret(a))
            continue;
        snprintf(why, sizeof why, "%.200s asks for a password%s",
                 terminals_label(b->env, a, label, sizeof label),
                 b->n_held || b->pasted.len ? "" : "; nothing was sent");
        off(b, why);
        return true;
    }
    return false;
}

/* Programs that fill the screen show keys as they like. */
static bool owes_echo(struct attachment *a)
{
    return remote_state(attachment_remote(a)) == LINK_UP &&
           !term_modes(attachment_term(a)).alternate_screen && attachment_awaits_output(a);
}

static bool waits_for_echo(const struct broadcast *b)
{
    struct attachment *a;
    size_t i = 0;

    while (b->unechoed_since_ms && (a = next_target(b->env, &i)))
        if (owes_echo(a))
            return true;
    return false;
}

/* Whoever took the key and shows nothing; before long also who has not taken it. */
static struct attachment *silent_target(const struct broadcast *b, bool is_late)
{
    struct attachment *a;
    size_t i = 0;

    while ((a = next_target(b->env, &i)))
        if (owes_echo(a) && (is_late || !attachment_pending(a)))
            return a;
    return NULL;
}

static void send_held(struct broadcast *b)
{
    if (b->pasted.len && !waits_for_echo(b)) {
        bool all = send_paste(b, b->pasted.data, b->pasted.len);

        if (!b->on) /* all that was held is counted as not sent */
            return;
        buf_finish(&b->pasted);
        if (!all)
            off(b, refused);
    }
    while (b->on && b->n_held && !waits_for_echo(b)) {
        bool all = send_key(b, b->held[0]);

        if (!b->on)
            return;
        memmove(b->held, b->held + 1, --b->n_held * sizeof *b->held);
        if (!all) /* the others have it */
            off(b, refused);
    }
}

/* False: it went off. */
static bool check_echo(struct broadcast *b)
{
    int64_t now = clock_mono_ms();
    bool is_late = now - b->unechoed_since_ms >= BROADCAST_ANSWER_MS;
    struct attachment *a = silent_target(b, is_late);
    char label[256], why[320];

    if (!a && waits_for_echo(b)) {
        b->echo_due_ms = now + b->echo_ms;
        return true;
    }
    b->unechoed_since_ms = 0;
    if (!a) {
        send_held(b);
        return b->on;
    }
    snprintf(why, sizeof why,
             attachment_pending(a) ? "%.200s does not answer"
                                   : "%.200s does not echo what is typed (a password?)",
             terminals_label(b->env, a, label, sizeof label));
    off(b, why);
    return false;
}

static void arm(struct broadcast *b)
{
    int64_t due = b->unechoed_since_ms ? b->echo_due_ms : b->typed_at_ms + b->silence_ms;
    int64_t left = due - clock_mono_ms();

    tick_after(b->tick, left > 0 ? left : 0);
}

static void on_tick(void *user)
{
    struct broadcast *b = user;
    int64_t now = clock_mono_ms();

    if (!b->on)
        return;
    if (b->unechoed_since_ms && now >= b->echo_due_ms && !check_echo(b))
        return;
    if (now - b->typed_at_ms >= b->silence_ms) {
        char span[CLOCK_SPAN_SIZE], why[80];

        snprintf(why, sizeof why, "nothing was typed for %s",
                 clock_format_span(span, b->silence_ms));
        off(b, why);
        return;
    }
    arm(b);
}

void broadcast_printed(struct views_env *env)
{
    struct broadcast *b = env->state ? env->state->broadcast : NULL;

    if (!b || !b->on || !b->unechoed_since_ms || waits_for_echo(b))
        return;
    b->unechoed_since_ms = 0;
    send_held(b);
    if (b->on)
        arm(b);
}

static void note_typed(struct broadcast *b, bool shows)
{
    struct attachment *a;
    size_t i = 0;

    b->typed_at_ms = clock_mono_ms();
    if (shows && !b->unechoed_since_ms) {
        while ((a = next_target(b->env, &i)))
            attachment_await_output(a);
        b->unechoed_since_ms = b->typed_at_ms;
        b->echo_due_ms = b->typed_at_ms + b->echo_ms;
    }
    arm(b);
}

/* --- sending --- */
static bool send_key(struct broadcast *b, struct key key)
{
    bool shows = (!key.mods && key.code > ' ' && key.code < 0x7f) || key.code == KEY_ENTER;
    struct attachment *a;
    bool all = true;
    size_t i = 0;

    if (refuse_secret(b))
        return true;
    note_typed(b, shows);
    while ((a = next_target(b->env, &i))) {
        cleanup_buf struct buf bytes = {0};

        term_encode_key(attachment_term(a), key, &bytes);
        all = attachment_input(a, bytes.data, bytes.len) && all;
    }
    return all;
}

static bool is_holding(const struct broadcast *b)
{
    return b->n_held || b->pasted.len || waits_for_echo(b);
}

bool broadcast_key(struct views_env *env, struct key key)
{
    struct broadcast *b = env->state->broadcast;

    if (!is_holding(b)) {
        if (!send_key(b, key)) /* the others have it */
            off(b, refused);
        return true;
    }
    b->typed_at_ms = clock_mono_ms();
    if (b->n_held == BROADCAST_HELD_MAX)
        return false;
    b->held[b->n_held++] = key;
    return true;
}

static bool send_paste(struct broadcast *b, const char *text, size_t n)
{
    struct attachment *a;
    bool all = true;
    size_t i = 0;

    if (refuse_secret(b))
        return true;
    note_typed(b, true);
    while ((a = next_target(b->env, &i))) {
        cleanup_buf struct buf bytes = {0};

        term_encode_paste(attachment_term(a), text, n, &bytes);
        all = attachment_input(a, bytes.data, bytes.len) && all;
    }
    return all;
}

/* Programs that fill the screen take a key and a paste for different things. */
static bool may_go_ahead(const struct broadcast *b, char first)
{
    struct attachment *a;
    size_t i = 0;

    while ((a = next_target(b->env, &i)))
        if (term_modes(attachment_term(a)).alternate_screen)
            return false;
    return first > ' ' && first < 0x7f;
}

bool broadcast_paste(struct views_env *env, const char *text, size_t n)
{
    struct broadcast *b = env->state->broadcast;

    if (is_holding(b)) {
        tui_toast(env->tui, ROLE_WARN, "Not pasted: a terminal has not shown the last key yet");
        return true; /* the reason is said, and is not that too much waits */
    }
    if (n < 2 || !may_go_ahead(b, *text))
        return send_paste(b, text, n);
    bool all = send_key(b, (struct key){.code = (unsigned char)*text});

    if (b->on)
        buf_append(&b->pasted, text + 1, n - 1);
    if (!all)
        off(b, refused);
    return true;
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
    buf_finish(&b->pasted);
    free(b);
}
