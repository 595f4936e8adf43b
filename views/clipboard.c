/* SPDX-License-Identifier: MIT
 *
 * OSC 52: the user's own terminal puts text on the clipboard, also over ssh. tmux takes the
 * sequence itself (set-clipboard on) or passes on what is wrapped in a DCS (allow-passthrough on,
 * off by default since 3.3), so it gets both; GNU screen passes on short DCS.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/state.h"
#include "wire/base64.h"

/* What terminals take at most, coded. */
#define CLIPBOARD_MAX 74994

/* What GNU screen takes as one DCS, with its first two and last two bytes. */
#define SCREEN_DCS_MAX 768

static void wrap_for_tmux(struct buf *out, const struct buf *osc)
{
    buf_append_str(out, "\x1bPtmux;\x1b");
    buf_append(out, osc->data, osc->len);
    buf_append_str(out, "\x1b\\");
}

static void wrap_for_screen(struct buf *out, const struct buf *osc)
{
    for (size_t at = 0, n; at < osc->len; at += n) {
        n = osc->len - at < SCREEN_DCS_MAX - 4 ? osc->len - at : SCREEN_DCS_MAX - 4;
        buf_append_str(out, "\x1bP");
        buf_append(out, osc->data + at, n);
        buf_append_str(out, "\x1b\\");
    }
}

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);

    return value && *value;
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static void drop_buffer(struct views_state *s, size_t i)
{
    if (s->buffers[i].text == s->secret)
        s->secret = NULL;
    wipe(s->buffers[i].text);
    s->n_buffers--;
    memmove(s->buffers + i, s->buffers + i + 1, (s->n_buffers - i) * sizeof *s->buffers);
}

static void add_buffer(struct views_state *s, const char *text)
{
    if (s->n_buffers == BUFFERS_MAX)
        drop_buffer(s, 0);
    s->buffers[s->n_buffers++] = (struct copied){.text = xstrdup(text),
                                                 .len = strlen(text),
                                                 .id = ++s->last_buffer_id,
                                                 .at_ms = clock_mono_ms()};
}

const char *views_buffer(const struct views_env *env)
{
    const struct views_state *s = env->state;

    return s->n_buffers ? s->buffers[s->n_buffers - 1].text : NULL;
}

const struct copied *views_buffer_find(const struct views_env *env, unsigned id)
{
    const struct views_state *s = env->state;

    for (size_t i = 0; i < s->n_buffers; i++)
        if (s->buffers[i].id == id)
            return &s->buffers[i];
    return NULL;
}

void views_buffer_drop(struct views_env *env, unsigned id)
{
    const struct copied *c = views_buffer_find(env, id);

    if (c)
        drop_buffer(env->state, (size_t)(c - env->state->buffers));
}

void views_buffers_free(struct views_state *s)
{
    while (s->n_buffers)
        drop_buffer(s, s->n_buffers - 1);
}

/* The key after the prefix that does it, or ":". */
static void notice_prefix(struct views_env *env, const char *action, char *out, size_t cap)
{
    char prefix[KEY_NAME_SIZE], key[24];

    keymap_hint(tui_keymap(env->tui), "prefix", action, key, sizeof key);
    if (*key)
        snprintf(out, cap, "%s %s", key_name(prefix, env->prefix), key);
    else
        snprintf(out, cap, ":");
}

static void wipe_buf(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->len);
}

/* To the terminal; false: it is too long for that. */
static bool put(struct views_env *env, const char *text)
{
    cleanup_buf struct buf osc = {0}, out = {0};
    bool in_tmux = is_set("TMUX"), in_screen = !in_tmux && is_set("STY");

    buf_append_str(&osc, "\x1b]52;c;");
    base64_encode(&osc, text, strlen(text));
    buf_append_str(&osc, "\x07");
    if (osc.len > CLIPBOARD_MAX)
        return false;
    if (!in_screen)
        buf_append(&out, osc.data, osc.len);
    if (in_tmux)
        wrap_for_tmux(&out, &osc);
    else if (in_screen)
        wrap_for_screen(&out, &osc);
    tui_write(env->tui, out.data, out.len);
    wipe_buf(&out);
    wipe_buf(&osc);
    return true;
}

/* Into the buffers and to the terminal; false: a toast has said what is missing. */
static bool copy(struct views_env *env, const char *text)
{
    char key[48];

    add_buffer(env->state, text);
    if (!env->no_clipboard && put(env, text))
        return true;
    notice_prefix(env, "paste-buffer", key, sizeof key);
    tui_toast(env->tui, env->no_clipboard ? ROLE_GOOD : ROLE_WARN,
              env->no_clipboard ? "Copied here (clipboard = off); %s pastes it"
                                : "Too long for the clipboard of a terminal; %s pastes it here",
              key);
    return false;
}

void views_copy(struct views_env *env, const char *what, const char *text)
{
    if (!copy(env, text))
        return;
    env->state->clipboard_secret = false;
    tui_toast(env->tui, ROLE_GOOD, "\xe2\x9c\x93 copied %s", what);
}

/* --- secrets --- */

/* A blank: what terminals do with an empty text differs, and some do nothing. */
void views_clipboard_forget(struct views_env *env)
{
    struct views_state *s = env->state;

    if (s->clipboard_secret)
        put(env, " ");
    s->clipboard_secret = false;
    for (size_t i = 0; s->secret && i < s->n_buffers; i++) {
        if (s->buffers[i].text == s->secret)
            drop_buffer(s, i);
    }
}

static void on_secret_over(void *user)
{
    views_clipboard_forget(user);
}

void views_copy_secret(struct views_env *env, const char *what, const char *text)
{
    struct views_state *s = env->state;

    views_clipboard_forget(env);
    if (!s->clipboard_tick)
        s->clipboard_tick = tick_create(client_loop(env->client), on_secret_over, env);
    tick_after(s->clipboard_tick, CLIPBOARD_SECRET_MS);
    s->clipboard_secret = copy(env, text);
    s->secret = views_buffer(env);
    if (s->clipboard_secret)
        tui_toast(env->tui, ROLE_GOOD, "\xe2\x9c\x93 copied %s; it leaves the clipboard in %d s",
                  what, CLIPBOARD_SECRET_MS / 1000);
}
