/* SPDX-License-Identifier: MIT */
#include "views/notice.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/wrap.h"

#define WAITING_AFTER_MS 200

int notice_centred(struct canvas c, int y, struct style style, const char *text)
{
    int n = 0;

    for (; *text && y + n < c.rows; n++) {
        size_t skip, len = wrap_next(text, c.cols, &skip);
        cleanup_free char *line = xstrndup(text, len);
        int w = text_width(line);

        canvas_text(c, y + n, (c.cols - w) / 2, w, style, line);
        text += len + skip;
    }
    return n;
}

void notice_parts(struct canvas c, int y, struct style style, const char *const *parts, size_t n)
{
    int x = 1;

    canvas_fill(c, (struct rect){y, 0, 1, c.cols}, style);
    for (size_t i = 0; i < n; i++) {
        int at = x > 1 ? x + 2 : x, w = text_width(parts[i]);

        if (!*parts[i] || (x > 1 && at + w > c.cols))
            continue;
        canvas_label(c, y, at, c.cols - at, style, parts[i]);
        x = at + w;
    }
}

void notice_empty(struct canvas c, const struct theme *theme, const char *title, const char *hint)
{
    int y = c.rows / 3;

    y += notice_centred(c, y, theme->styles[ROLE_TITLE], title);
    notice_centred(c, y, theme->styles[ROLE_DIM], hint);
}

void notice_error(struct view *v, struct canvas c, const struct err *e)
{
    const struct style *styles = tui_theme(v->tui)->styles;
    int most = c.cols < 72 ? c.cols - 2 : 70;
    char again[64], key[24];

    snprintf(again, sizeof again, "%s asks again",
             notice_key(v, "global", "refresh", key, sizeof key));
    const char *hint = *e->hint ? e->hint : again;
    int w = text_width(e->text) > text_width(hint) ? text_width(e->text) : text_width(hint);
    w = w < most ? w : most;
    int spare = c.rows - wrap_count(e->text, w) - wrap_count(hint, w);
    int y = spare > 0 ? spare / 3 : 0, x = (c.cols - w) / 2;

    y += wrap_draw(c, (struct rect){y, x, c.rows - y, w}, styles[ROLE_TEXT], e->text);
    wrap_draw(c, (struct rect){y, x, c.rows - y, w}, styles[ROLE_TITLE], hint);
}

void notice_filtered(struct view *v, struct canvas c)
{
    char hint[64], key[24];

    snprintf(hint, sizeof hint, "%s clears the filter",
             notice_key(v, "global", "escape", key, sizeof key));
    notice_empty(c, tui_theme(v->tui), "None is like that", hint);
}

const char *notice_trouble(const struct err *e)
{
    return e->http_status ? "\xe2\x9c\x97 it answers with an error"
                          : "\xe2\x9c\x97 it does not answer";
}

void notice_stale(struct view *v, struct canvas c, const struct err *e, int64_t confirmed_ms)
{
    char span[CLOCK_SPAN_SIZE], stale[48];

    snprintf(stale, sizeof stale, "stale %s",
             clock_format_span(span, clock_mono_ms() - confirmed_ms));
    const char *parts[] = {notice_trouble(e), stale, e->text, e->hint};
    notice_parts(c, 0, tui_theme(v->tui)->styles[ROLE_STATUS_ALERT], parts, ARRAY_LEN(parts));
    view_tick(v, 1000);
}

void notice_waiting(struct view *v, struct canvas c, int64_t asked_ms, const char *what)
{
    const struct style *styles = tui_theme(v->tui)->styles;
    int64_t took_ms = clock_mono_ms() - asked_ms;
    char text[512], key[24];
    int y = c.rows / 3;

    if (took_ms < WAITING_AFTER_MS) {
        view_tick(v, WAITING_AFTER_MS - took_ms);
        return;
    }
    snprintf(text, sizeof text, "\xe2\x80\xa6 %s", what);
    y += notice_centred(c, y, styles[ROLE_DIM], text);
    snprintf(text, sizeof text, "%s cancels", notice_key(v, "global", "escape", key, sizeof key));
    notice_centred(c, y, styles[ROLE_DIM], text);
}

void notice_hint(const struct view *v, struct buf *out, const char *context, const char *action,
                 const char *word)
{
    char key[24];

    keymap_hint(tui_keymap(v->tui), context, action, key, sizeof key);
    if (*key)
        buf_printf(out, "%s%s %s", out->len ? "  " : "", key, word);
}

char *notice_key(const struct view *v, const char *context, const char *action, char *out,
                 size_t cap)
{
    keymap_hint(tui_keymap(v->tui), context, action, out, cap);
    if (!*out)
        snprintf(out, cap, ":");
    return out;
}
