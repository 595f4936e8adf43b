/* SPDX-License-Identifier: MIT
 *
 * OSC 52: the user's own terminal puts text on the clipboard, also over ssh. Inside tmux the
 * sequence travels wrapped in a DCS.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "views/state.h"
#include "wire/base64.h"

/* What terminals take at most, coded. */
#define CLIPBOARD_MAX 74994

static void wrap_for_tmux(struct buf *out, const struct buf *osc)
{
    buf_append_str(out, "\x1bPtmux;\x1b");
    buf_append(out, osc->data, osc->len);
    buf_append_str(out, "\x1b\\");
}

static void add_buffer(struct views_state *s, const char *text)
{
    if (s->n_buffers == BUFFERS_MAX) {
        free(s->buffers[0]);
        s->n_buffers--;
        memmove(s->buffers, s->buffers + 1, s->n_buffers * sizeof *s->buffers);
    }
    s->buffers[s->n_buffers++] = xstrdup(text);
}

const char *views_buffer(const struct views_env *env)
{
    const struct views_state *s = env->state;

    return s->n_buffers ? s->buffers[s->n_buffers - 1] : NULL;
}

void views_buffers_free(struct views_state *s)
{
    while (s->n_buffers)
        free(s->buffers[--s->n_buffers]);
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

void views_copy(struct views_env *env, const char *what, const char *text)
{
    cleanup_buf struct buf osc = {0}, wrapped = {0};
    const char *tmux = getenv("TMUX");
    char key[48];

    add_buffer(env->state, text);
    if (env->no_clipboard) {
        notice_prefix(env, "paste-buffer", key, sizeof key);
        tui_toast(env->tui, ROLE_GOOD, "\xe2\x9c\x93 copied %s; %s pastes it (clipboard = off)",
                  what, key);
        return;
    }
    buf_append_str(&osc, "\x1b]52;c;");
    base64_encode(&osc, text, strlen(text));
    buf_append_str(&osc, "\x07");
    if (osc.len > CLIPBOARD_MAX) {
        notice_prefix(env, "paste-buffer", key, sizeof key);
        tui_toast(env->tui, ROLE_WARN,
                  "Too long for the clipboard of a terminal; %s pastes it here", key);
        return;
    }
    if (tmux && *tmux) {
        wrap_for_tmux(&wrapped, &osc);
        tui_write(env->tui, wrapped.data, wrapped.len);
    } else {
        tui_write(env->tui, osc.data, osc.len);
    }
    tui_toast(env->tui, ROLE_GOOD, "\xe2\x9c\x93 copied %s", what);
}
