/* SPDX-License-Identifier: MIT
 *
 * A terminal's life, its feed and what others may read of it.
 */
#include "vterm/term.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "vterm/internal.h"

static int clamp_size(int n)
{
    return n < 1 ? 1 : n > TERM_SIZE_MAX ? TERM_SIZE_MAX : n;
}

struct term *term_create(int rows, int cols, const struct term_config *config)
{
    struct term *t = xcalloc(1, sizeof *t);

    t->rows = clamp_size(rows);
    t->cols = clamp_size(cols);
    if (config->ops)
        t->ops = *config->ops;
    t->user = config->user;
    t->scrollback = scrollback_create(config->scrollback_lines, config->scrollback_bytes);
    t->screen = &t->main;
    screen_create(&t->main, t->rows, t->cols);
    t->spare = xcalloc((size_t)t->rows, sizeof(void *));
    t->tabs = xcalloc((size_t)t->cols, 1);
    t->tick = 1;
    LIST_INIT(&t->anchors);
    term_set_theme(t, NULL);
    control_reset(t);
    return t;
}

void term_destroy(struct term *t)
{
    struct term_anchor *a;

    if (!t)
        return;
    while ((a = LIST_FIRST(&t->anchors)))
        term_anchor_remove(a);
    screen_finish(&t->main, t->rows);
    screen_finish(&t->alternate, t->rows);
    scrollback_destroy(t->scrollback);
    buf_finish(&t->string);
    extras_destroy(t->extras);
    while (t->n_titles)
        free(t->titles[--t->n_titles]);
    free(t->overrides);
    free(t->cwd);
    free(t->spare);
    free(t->tabs);
    free(t);
}

void term_feed(struct term *t, const char *bytes, size_t n)
{
    struct term_cursor before = term_cursor(t);
    struct term_modes modes = term_modes(t);

    t->tick = t->revision + 1;
    parse_bytes(t, bytes, n);
    if (t->modes.synchronised && (t->sync_bytes += n) > SYNC_MAX_BYTES) {
        t->modes.synchronised = false;
        t->revision = t->tick;
    }
    if (!term_cursor_equal(before, term_cursor(t)) || !term_modes_equal(modes, term_modes(t)))
        t->revision = t->tick;
}

int term_rows(const struct term *t)
{
    return t->rows;
}

int term_cols(const struct term *t)
{
    return t->cols;
}

const struct cell *term_row(const struct term *t, int row)
{
    return grid_row(t, row)->cells;
}

uint64_t term_revision(const struct term *t)
{
    return t->revision;
}

uint64_t term_row_revision(const struct term *t, int row)
{
    uint64_t own = grid_row(t, row)->revision;
    bool scrolled = row >= t->scroll_top && row < t->scroll_bottom;

    return scrolled && t->scroll_revision > own ? t->scroll_revision : own;
}

uint64_t term_scrollback_first(const struct term *t)
{
    return scrollback_first(t->scrollback);
}

uint64_t term_scrollback_end(const struct term *t)
{
    return scrollback_first(t->scrollback) + scrollback_count(t->scrollback);
}

int term_scrollback_line(const struct term *t, uint64_t line, struct cell *out, int cols)
{
    if (line < term_scrollback_first(t) || line >= term_scrollback_end(t)) {
        memset(out, 0, (size_t)cols * sizeof *out);
        return 0;
    }
    return scrollback_get(t->scrollback, (size_t)(line - term_scrollback_first(t)), out, cols,
                          NULL);
}

size_t term_scrollback_size(const struct term *t)
{
    return scrollback_size(t->scrollback);
}

struct term_cursor term_cursor(const struct term *t)
{
    return (struct term_cursor){
        .row = t->row,
        .col = t->col,
        .visible = t->modes.cursor_visible,
        .blink = t->modes.cursor_blink,
        .shape = t->modes.cursor_shape,
    };
}

const char *term_title(const struct term *t)
{
    return t->title;
}

const char *term_cwd(const struct term *t)
{
    return t->cwd ? t->cwd : "";
}

uint64_t term_layout(const struct term *t)
{
    return t->layout;
}

void term_set_cell_pixels(struct term *t, int rows, int cols)
{
    t->cell_rows = rows;
    t->cell_cols = cols;
}

int64_t term_synchronised_until(const struct term *t)
{
    int64_t until = t->sync_since_ms + SYNC_MAX_MS;

    return t->modes.synchronised && until > clock_mono_ms() ? until : 0;
}

struct term_modes term_modes(const struct term *t)
{
    return (struct term_modes){
        .alternate_screen = t->screen == &t->alternate,
        .bracketed_paste = t->modes.bracketed_paste,
        .focus_reports = t->modes.focus_reports,
        .application_cursor = t->modes.application_cursor,
        .application_keypad = t->modes.application_keypad,
        .reverse_video = t->modes.reverse_video,
        .mouse = t->modes.mouse,
        .mouse_sgr = t->modes.mouse_encoding == REPORT_SGR,
        .alternate_scroll = t->modes.alternate_scroll,
        .kitty_keyboard = (uint8_t)kitty_flags(t),
    };
}

size_t cell_text(const struct cell *cell, char out[13])
{
    size_t n = 0;

    for (int i = 0; i < GLYPH_CODEPOINTS && GLYPH_AT(cell->glyph, i); i++)
        n += utf8_encode(GLYPH_AT(cell->glyph, i), out + n);
    if (!n)
        out[n++] = ' ';
    out[n] = '\0';
    return n;
}
