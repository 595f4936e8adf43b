/* SPDX-License-Identifier: MIT
 *
 * What stands around the rows: whether they can be trusted, and what to do when there are none.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "views/notice.h"
#include "views/sandboxes.h"

static bool is_lost(const struct sandboxes *s)
{
    enum link_state state = gateway_state(s->env->gateway);

    return state == LINK_DOWN || state == LINK_FAILED;
}

int sandbox_banner_height(const struct sandboxes *s, int rows)
{
    if (!is_lost(s))
        return 0;
    /* Without rows there is room to say why below. */
    return rows >= 8 && s->n_known ? 2 : 1;
}

static void format_stale(const struct sandboxes *s, char *out, size_t cap)
{
    char span[CLOCK_SPAN_SIZE];

    out[0] = '\0';
    if (s->n_known && s->env->state->lost_at_ms)
        snprintf(out, cap, "stale %s",
                 clock_format_span(span, clock_mono_ms() - s->env->state->lost_at_ms));
}

static void format_retry(const struct sandboxes *s, char *out, size_t cap)
{
    int64_t at = gateway_retry_at_ms(s->env->gateway), left = at - clock_mono_ms();
    char span[CLOCK_SPAN_SIZE];

    if (gateway_state(s->env->gateway) == LINK_FAILED)
        snprintf(out, cap, "C-r tries again");
    else if (!at)
        snprintf(out, cap, "trying again\xe2\x80\xa6");
    else
        snprintf(out, cap, "again in %s, C-r now", clock_format_span(span, left + 999));
}

void sandbox_banner_draw(struct sandboxes *s, struct canvas c)
{
    const struct style *styles = tui_theme(s->view->tui)->styles;
    const struct err *e = gateway_error(s->env->gateway);
    bool failed = gateway_state(s->env->gateway) == LINK_FAILED;
    char stale[32], retry[64], why[sizeof e->text + sizeof e->hint + 8];
    const char *parts[] = {failed ? "\xe2\x9c\x97 no connection" : "\xe2\x9c\x97 disconnected",
                           stale, retry};

    format_stale(s, stale, sizeof stale);
    format_retry(s, retry, sizeof retry);
    notice_parts(c, 0, styles[ROLE_STATUS_ALERT], parts, 3);
    if (c.rows < 2)
        return;
    snprintf(why, sizeof why, "%s%s%s", e->text, *e->hint ? ": " : "", e->hint);
    canvas_label(c, 1, 1, c.cols - 2, styles[ROLE_BAD], why);
    /* The countdown and the age tick. */
    view_tick(s->view, 1000);
}

void sandbox_empty_draw(struct sandboxes *s, struct canvas c)
{
    const struct style *styles = tui_theme(s->view->tui)->styles;
    char key[24], line[256];
    int y = c.rows / 3;

    if (is_lost(s)) {
        notice_error(s->view, c, gateway_error(s->env->gateway));
        return;
    }
    if (gateway_state(s->env->gateway) == LINK_CONNECTING) {
        snprintf(line, sizeof line, "\xe2\x80\xa6 connecting to %s", gateway_url(s->env->gateway));
        y += notice_centred(c, y, styles[ROLE_DIM], line);
        snprintf(line, sizeof line, "%s quits",
                 notice_key(s->view, "global", "back", key, sizeof key));
        notice_centred(c, y, styles[ROLE_DIM], line);
        return;
    }
    if (s->n_known) {
        notice_centred(c, y, styles[ROLE_TITLE], "No sandbox is like that");
        notice_key(s->view, s->only_ns ? "sandboxes" : "global",
                   s->only_ns ? "sandbox-namespaces" : "escape", key, sizeof key);
        snprintf(line, sizeof line, s->only_ns ? "%s shows all namespaces" : "%s clears the filter",
                 key);
        notice_centred(c, y + 1, styles[ROLE_DIM], line);
        return;
    }
    notice_centred(c, y, styles[ROLE_TITLE], "No sandboxes yet");
    notice_key(s->view, "sandboxes", "sandbox-new", key, sizeof key);
    snprintf(line, sizeof line, s->env->readonly ? "This context is read-only" : "%s creates one",
             key);
    notice_centred(c, y + 1, styles[ROLE_DIM], line);
}
