/* SPDX-License-Identifier: MIT
 *
 * OSC 52: the user's own terminal puts text on the clipboard, also over ssh. Inside tmux the
 * sequence travels wrapped in a DCS.
 */
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

void views_copy(struct views_env *env, const char *what, const char *text)
{
    cleanup_buf struct buf osc = {0}, wrapped = {0};
    const char *tmux = getenv("TMUX");

    buf_append_str(&osc, "\x1b]52;c;");
    base64_encode(&osc, text, strlen(text));
    buf_append_str(&osc, "\x07");
    if (osc.len > CLIPBOARD_MAX) {
        tui_toast(env->tui, ROLE_ERROR, "Too long for the clipboard of a terminal");
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
