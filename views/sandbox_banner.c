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

static bool is_lost(const struct gateway *g)
{
    enum link_state state = gateway_state(g);

    return state == LINK_DOWN || state == LINK_FAILED;
}

static int count_lost(const struct sandboxes *s)
{
    int n = 0;

    for (size_t i = 0; i < fleet_size(s->env->fleet); i++)
        n += is_lost(fleet_gateway(s->env->fleet, i));
    return n;
}

int sandbox_banner_height(const struct sandboxes *s, int rows)
{
    int n = count_lost(s);

    /* Without rows there is room to say why below. */
    return n == 1 && rows >= 8 && s->n_known ? 2 : n;
}

static void format_stale(const struct sandboxes *s, const struct gateway *g, char *out, size_t cap)
{
    char span[CLOCK_SPAN_SIZE];

    out[0] = '\0';
    if (s->n_known && gateway_lost_at_ms(g))
        snprintf(out, cap, "stale %s",
                 clock_format_span(span, clock_mono_ms() - gateway_lost_at_ms(g)));
}

static void format_retry(const struct gateway *g, char *out, size_t cap)
{
    int64_t at = gateway_retry_at_ms(g), left = at - clock_mono_ms();
    char span[CLOCK_SPAN_SIZE];

    if (gateway_state(g) == LINK_FAILED)
        snprintf(out, cap, "C-r tries again");
    else if (!at)
        snprintf(out, cap, "trying again\xe2\x80\xa6");
    else
        snprintf(out, cap, "again in %s, C-r now", clock_format_span(span, left + 999));
}

static void draw_lost(struct sandboxes *s, size_t i, struct canvas c, int y)
{
    const struct style *styles = tui_theme(s->view->tui)->styles;
    const struct gateway *g = fleet_gateway(s->env->fleet, i);
    const char *name = fleet_size(s->env->fleet) > 1 ? fleet_name(s->env->fleet, i) : "";
    char clean[64], what[128], stale[32], retry[64];
    const char *parts[] = {what, stale, retry};

    snprintf(what, sizeof what, "\xe2\x9c\x97 %s%s%s",
             text_sanitise(clean, sizeof clean, name, strlen(name)), *name ? ": " : "",
             gateway_state(g) == LINK_FAILED ? "no connection" : "disconnected");
    format_stale(s, g, stale, sizeof stale);
    format_retry(g, retry, sizeof retry);
    notice_parts(c, y, styles[ROLE_STATUS_ALERT], parts, 3);
}

void sandbox_banner_draw(struct sandboxes *s, struct canvas c)
{
    const struct style *styles = tui_theme(s->view->tui)->styles;
    const struct err *e = NULL;
    char why[sizeof e->text + sizeof e->hint + 8];
    int y = 0;

    for (size_t i = 0; i < fleet_size(s->env->fleet); i++) {
        if (!is_lost(fleet_gateway(s->env->fleet, i)))
            continue;
        e = gateway_error(fleet_gateway(s->env->fleet, i));
        draw_lost(s, i, c, y++);
    }
    /* The countdown and the age tick. */
    view_tick(s->view, 1000);
    if (!e || y >= c.rows)
        return;
    snprintf(why, sizeof why, "%s%s%s", e->text, *e->hint ? ": " : "", e->hint);
    canvas_label(c, y, 1, c.cols - 2, styles[ROLE_BAD], why);
}

/* The one that a list without rows has to speak of: it decides whether there are any. */
static const struct gateway *spokesman(const struct sandboxes *s)
{
    const struct gateway *found = s->env->gateway;

    for (size_t i = 0; i < fleet_size(s->env->fleet); i++) {
        const struct gateway *g = fleet_gateway(s->env->fleet, i);

        if (gateway_state(g) == LINK_CONNECTING)
            return g;
        if (gateway_state(g) == LINK_UP)
            found = g;
    }
    return found;
}

void sandbox_empty_draw(struct sandboxes *s, struct canvas c)
{
    const struct style *styles = tui_theme(s->view->tui)->styles;
    char key[24], line[256];
    const struct gateway *g = spokesman(s);
    int y = c.rows / 3;

    if (is_lost(g)) {
        notice_error(s->view, c, gateway_error(g));
        return;
    }
    if (gateway_state(g) == LINK_CONNECTING) {
        snprintf(line, sizeof line, "\xe2\x80\xa6 connecting to %s", gateway_url(g));
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
