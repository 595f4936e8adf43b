/* SPDX-License-Identifier: MIT */
#include "views/notice.h"

#include <stdio.h>

#include "base/text.h"
#include "tui/wrap.h"

void notice_centred(struct canvas c, int y, struct style style, const char *text)
{
    int w = text_width(text);

    if (w <= c.cols)
        canvas_text(c, y, (c.cols - w) / 2, w, style, text);
    else
        wrap_draw(c, (struct rect){y, 0, c.rows - y, c.cols}, style, text);
}

void notice_parts(struct canvas c, int y, struct style style, const char *const *parts, size_t n)
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

void notice_empty(struct canvas c, const struct theme *theme, const char *title, const char *hint)
{
    notice_centred(c, c.rows / 3, theme->styles[ROLE_TITLE], title);
    notice_centred(c, c.rows / 3 + 1, theme->styles[ROLE_DIM], hint);
}

void notice_error(struct canvas c, const struct theme *theme, const struct err *e)
{
    int w = c.cols < 72 ? c.cols - 2 : 70;
    int spare = c.rows - wrap_count(e->text, w) - wrap_count(e->hint, w);
    int y = spare > 0 ? spare / 3 : 0, x = (c.cols - w) / 2;

    y += wrap_draw(c, (struct rect){y, x, c.rows - y, w}, theme->styles[ROLE_TEXT], e->text);
    wrap_draw(c, (struct rect){y, x, c.rows - y, w}, theme->styles[ROLE_TITLE], e->hint);
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
