/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/viewer.h"

static void paint_hits(const struct viewer *v, struct canvas c, int y, const char *text,
                       const struct theme *theme)
{
    size_t start = 0, len = 0, letter = 0;

    if (!filter_active(&v->search))
        return;
    for (; filter_span(&v->search, text, &start, &len, &letter); start += len) {
        cleanup_free char *before = xstrndup(text, start), *hit = xstrndup(text + start, len);
        int x = text_width(before);

        if (x > c.cols)
            break;
        canvas_text(c, y, x, -1, theme->styles[ROLE_MATCH], hit);
    }
}

static void draw_text_row(const struct viewer *v, struct canvas c, int y, size_t row,
                          const struct theme *theme)
{
    int gutter = viewer_gutter(v);
    struct canvas body = canvas_sub(c, (struct rect){0, gutter, c.rows, c.cols - gutter});
    bool is_first = row == 0 || v->rows[row - 1].line != v->rows[row].line;
    cleanup_buf struct buf text = {0};

    if (gutter && is_first)
        canvas_printf(c, y, 0, theme->styles[ROLE_DIM], "%*u", gutter - 1, v->rows[row].line + 1);
    viewer_row_text(v, row, &text);
    const char *shown =
        v->wrap || !v->left ? text.data : text.data + text_prefix(text.data, v->left);
    if (v->wrap)
        canvas_text(body, y, 0, body.cols, theme->styles[ROLE_TEXT], shown);
    else
        canvas_label(body, y, 0, body.cols, theme->styles[ROLE_TEXT], shown);
    paint_hits(v, body, y, shown, theme);
}

static void draw_hex_row(const struct viewer *v, struct canvas c, int y, size_t row,
                         const struct theme *theme)
{
    const struct style *styles = theme->styles;
    int per_row = viewer_hex_width(c.cols);
    size_t at = row * (size_t)per_row, n_hit = v->hit != SIZE_MAX ? strlen(v->search.text) : 0;
    int x = canvas_printf(c, y, 0, styles[ROLE_DIM], "%08zx", at) + 2;
    int text_x = x + per_row * 3 + (per_row > 8) + 1;

    for (int i = 0; i < per_row && at + (size_t)i < v->n; i++) {
        unsigned char byte = (unsigned char)v->bytes[at + (size_t)i];
        bool is_hit = n_hit && at + (size_t)i >= v->hit && at + (size_t)i < v->hit + n_hit;
        enum role role = is_hit ? ROLE_MATCH : byte ? ROLE_TEXT : ROLE_DIM;
        char shown[2] = {isascii(byte) && isprint(byte) ? (char)byte : '.', '\0'};

        canvas_printf(c, y, x + i * 3 + (i >= 8), styles[role], "%02x", byte);
        canvas_text(c, y, text_x + i, 1, styles[shown[0] == '.' && !is_hit ? ROLE_DIM : role],
                    shown);
    }
}

static void draw_prompt(struct viewer *v, struct canvas c, const struct theme *theme)
{
    const struct style *styles = theme->styles;
    int y = c.rows - 1, w = text_width(v->search.error);

    canvas_text(c, y, 0, 1, styles[ROLE_KEY], "/");
    if (v->prompting)
        prompt_draw(&v->prompt, c, y, 1, c.cols - 2 - (w ? w + 2 : 0), styles[ROLE_INPUT]);
    else
        canvas_label(c, y, 1, c.cols - 2, styles[ROLE_MATCH], v->search.text);
    if (w && w + 4 < c.cols)
        canvas_text(c, y, c.cols - w, w, styles[ROLE_ERROR], v->search.error);
}

void viewer_draw(struct viewer *v, struct canvas c, const struct theme *theme)
{
    bool has_prompt = v->prompting || filter_active(&v->search);
    bool is_full = v->n_rows == VIEWER_ROWS_MAX;
    int below = has_prompt + (v->is_cut || is_full);

    v->height = c.rows - below;
    viewer_lay(v, c.cols);
    viewer_scroll(v, 0);
    for (int y = 0; y < v->height && v->top + (size_t)y < v->n_rows; y++) {
        if (v->hex)
            draw_hex_row(v, c, y, v->top + (size_t)y, theme);
        else
            draw_text_row(v, c, y, v->top + (size_t)y, theme);
    }
    if (v->is_cut || is_full)
        canvas_label(c, c.rows - 1 - has_prompt, 0, c.cols, theme->styles[ROLE_WARN],
                     "\xe2\x80\xa6 only the beginning is shown: it is too long for the viewer");
    if (has_prompt)
        draw_prompt(v, c, theme);
}
