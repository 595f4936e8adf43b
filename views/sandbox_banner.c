/* SPDX-License-Identifier: MIT
 *
 * What stands around the rows: whether they can be trusted, and what to do when there are none.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tui/wrap.h"
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

/* Parts in the order of their weight; what does not fit any more is left out. */
static void draw_parts(struct canvas c, int y, struct style style, const char *const *parts,
                       size_t n)
{
    int x = 1;

    canvas_fill(c, (struct rect){y, 0, 1, c.cols}, style);
    for (size_t i = 0; i < n; i++) {
        int w = text_width(parts[i]);

        if (!*parts[i] || (x > 1 && x + w + 2 > c.cols))
            continue;
        x += canvas_text(c, y, x > 1 ? x + 2 : x, c.cols - x, style, parts[i]) + (x > 1 ? 2 : 0);
    }
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
    draw_parts(c, 0, styles[ROLE_STATUS_ALERT], parts, 3);
    if (c.rows < 2)
        return;
    snprintf(why, sizeof why, "%s%s%s", e->text, *e->hint ? ": " : "", e->hint);
    canvas_label(c, 1, 1, c.cols - 2, styles[ROLE_BAD], why);
    /* The countdown and the age tick. */
    view_tick(s->view, 1000);
}

static void draw_centred(struct canvas c, int y, struct style style, const char *text)
{
    int w = text_width(text);

    if (w <= c.cols)
        canvas_text(c, y, (c.cols - w) / 2, w, style, text);
    else
        wrap_draw(c, (struct rect){y, 0, c.rows - y, c.cols}, style, text);
}

static void draw_failure(struct sandboxes *s, struct canvas c)
{
    const struct style *styles = tui_theme(s->view->tui)->styles;
    const struct err *e = gateway_error(s->env->gateway);
    int w = c.cols < 72 ? c.cols - 2 : 70;
    int spare = c.rows - wrap_count(e->text, w) - wrap_count(e->hint, w);
    int y = spare > 0 ? spare / 3 : 0;

    y +=
        wrap_draw(c, (struct rect){y, (c.cols - w) / 2, c.rows - y, w}, styles[ROLE_TEXT], e->text);
    wrap_draw(c, (struct rect){y, (c.cols - w) / 2, c.rows - y, w}, styles[ROLE_TITLE], e->hint);
}

static void hint(const struct sandboxes *s, const char *context, const char *action, char *out,
                 size_t cap)
{
    keymap_hint(tui_keymap(s->view->tui), context, action, out, cap);
    if (!*out)
        snprintf(out, cap, ":");
}

void sandbox_empty_draw(struct sandboxes *s, struct canvas c)
{
    const struct style *styles = tui_theme(s->view->tui)->styles;
    char key[24], line[256];
    int y = c.rows / 3;

    if (is_lost(s)) {
        draw_failure(s, c);
        return;
    }
    if (gateway_state(s->env->gateway) == LINK_CONNECTING) {
        snprintf(line, sizeof line, "\xe2\x80\xa6 connecting to %s", gateway_url(s->env->gateway));
        draw_centred(c, y, styles[ROLE_DIM], line);
        return;
    }
    if (s->n_known) {
        draw_centred(c, y, styles[ROLE_TITLE], "No sandbox is like that");
        hint(s, s->only_ns ? "sandboxes" : "global", s->only_ns ? "sandbox-namespaces" : "escape",
             key, sizeof key);
        snprintf(line, sizeof line, s->only_ns ? "%s shows all namespaces" : "%s clears the filter",
                 key);
        draw_centred(c, y + 1, styles[ROLE_DIM], line);
        return;
    }
    draw_centred(c, y, styles[ROLE_TITLE], "No sandboxes yet");
    hint(s, "sandboxes", "sandbox-new", key, sizeof key);
    snprintf(line, sizeof line, s->env->readonly ? "This context is read-only" : "%s creates one",
             key);
    draw_centred(c, y + 1, styles[ROLE_DIM], line);
}
