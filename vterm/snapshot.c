/* SPDX-License-Identifier: MIT
 *
 * A terminal's state as the bytes that make it: reset, text of scrollback and main screen in one
 * stream with its links and marks, then the alternate screen where it shows, then what no cell
 * holds (margins, tabs, saved cursor, modes, titles, colours), then the cursor.
 *
 * Soft-wrapped lines are written so that they wrap by themselves at the receiver, or its reflow
 * would not know them. What had begun when the snapshot was taken (half a sequence) ends it, so
 * that the stream can go on behind.
 */
#include <string.h>

#include "vterm/internal.h"

struct writer {
    const struct term *t;
    struct buf *out;
    struct style pen;  /* what the receiver has */
    size_t links_left; /* bytes that addresses may take yet */
};

/* A program that gives each cell another address would make a snapshot of gigabytes. The screen
 * has its own share, so that it keeps its links whatever scrolled by. */
#define LINKS_MAX ((size_t)4 << 20)

static void set_link(struct writer *w, uint16_t link)
{
    const char *uri = term_link(w->t, link), *id = uri ? extra_id(w->t, link) : "";
    size_t n = uri ? strlen(id) + strlen(uri) : 0;

    if (n > w->links_left) {
        uri = NULL;
        id = "";
        n = 0;
    }
    w->links_left -= n;
    buf_printf(w->out, "\033]8;%s%s;%s\033\\", *id ? "id=" : "", id, uri ? uri : "");
}

static void set_pen(struct writer *w, struct style style)
{
    struct style old = w->pen;

    if (style_equal(old, style))
        return;
    w->pen = style;
    /* A link goes on over SGR, so that the colour of the underline is told last of all. */
    if (style.link != old.link)
        set_link(w, style.link);
    sgr_format(style, term_underline_colour(w->t, style.link), w->out);
    if ((style.attrs ^ old.attrs) & ATTR_PROTECTED)
        buf_printf(w->out, "\033[%d\"q", style.attrs & ATTR_PROTECTED ? 1 : 0);
}

static void put_glyph(struct writer *w, const struct cell *cell)
{
    char text[13];

    set_pen(w, cell->style);
    buf_append(w->out, text, cell_text(cell, text));
}

static bool is_ascii(const struct cell *cell)
{
    return cell->glyph - 1 < 0x7f;
}

/* The ASCII characters of one style from a cell on, which most of a terminal is. Returns behind
 * them. */
static int put_ascii(struct writer *w, const struct cell *cells, int from, int to)
{
    char *text = buf_reserve(w->out, (size_t)(to - from));
    int i = from;

    for (; i < to && is_ascii(&cells[i]) && style_equal(cells[i].style, w->pen); i++)
        *text++ = (char)cells[i].glyph;
    w->out->len += (size_t)(i - from);
    *text = '\0';
    return i;
}

static void put_cup(struct writer *w, int row, int col)
{
    buf_printf(w->out, "\033[%d;%dH", row + 1, col + 1);
}

/* Empty cells [from, to) of one style: coloured by erasing, then stepped over. */
static void put_empty(struct writer *w, const struct cell *cell, int from, int to, bool step)
{
    if (cell->style.bg) {
        set_pen(w, (struct style){.bg = cell->style.bg});
        buf_printf(w->out, "\033[%dX", to - from);
    }
    if (step)
        buf_printf(w->out, "\033[%dC", to - from);
}

/* Cells [from, to). With step the cursor ends at column `to` even after empty cells. */
static void put_cells(struct writer *w, const struct cell *cells, int from, int to, bool step)
{
    for (int i = from; i < to;) {
        int start = i;

        if (is_ascii(&cells[i])) {
            set_pen(w, cells[i].style);
            i = put_ascii(w, cells, i, to);
            continue;
        }
        if (!cell_is_empty(&cells[i])) {
            if (cells[i].glyph)
                put_glyph(w, &cells[i]);
            i++;
            continue;
        }
        while (i < to && cell_is_empty(&cells[i]) && cells[i].style.bg == cells[start].style.bg)
            i++;
        put_empty(w, &cells[start], start, i, i < to || step);
    }
}

/* Whether writing this row and then the next one wraps at the receiver as it did here. */
static bool wraps_by_itself(const struct cell *cells, const struct cell *next, int cols)
{
    const struct cell *last = &cells[cols - 1];

    if (!next->glyph || next->width > cols)
        return false;
    if (!cell_is_empty(last))
        return true;
    return next->width == 2 && cols > 1 && last->style.bg == next->style.bg;
}

struct line {
    struct cell *cells; /* owned, one per column */
    unsigned flags;
};

/* A mark is put on the line that the cursor is in. */
static void put_marks(struct writer *w, unsigned flags)
{
    static const char kinds[] = "ABC";
    unsigned marks = line_marks(flags);

    for (unsigned i = 0; i < 3; i++)
        if (marks >> i & 1)
            buf_printf(w->out, "\033]133;%c\033\\", kinds[i]);
    if (marks & MARK_STATUS)
        buf_printf(w->out, "\033]133;D;%u\033\\", flags >> LINE_STATUS_SHIFT & 0xff);
    else if (marks & MARK_END)
        buf_append_str(w->out, "\033]133;D\033\\");
}

/* Line i of the last `kept` of the scrollback and the main screen below. */
static void load_line(const struct term *t, size_t kept, size_t i, struct line *line)
{
    if (i < kept) {
        size_t skip = scrollback_count(t->scrollback) - kept;

        scrollback_get(t->scrollback, skip + i, line->cells, t->cols, &line->flags);
    } else {
        const struct row *row = t->main.rows[i - kept];

        memcpy(line->cells, row->cells, (size_t)t->cols * sizeof *line->cells);
        line->flags = row_flags(row);
    }
}

/* The rest of a row that wrapping opened has the background of the character that wrapped. */
static int put_wrapped_first(struct writer *w, const struct cell *cells, int cols)
{
    put_glyph(w, &cells[0]);
    if (cells[0].style.bg && cells[0].width < cols) {
        set_pen(w, (struct style){0});
        buf_append_str(w->out, "\033[K");
    }
    return cells[0].width;
}

static void put_main(struct writer *w, size_t kept)
{
    const struct term *t = w->t;
    struct line line = {.cells = xcalloc((size_t)t->cols, sizeof(struct cell))};
    struct line next = {.cells = xcalloc((size_t)t->cols, sizeof(struct cell))};
    size_t n = kept + (size_t)t->rows;
    bool joined = false;

    load_line(t, kept, 0, &line);
    for (size_t i = 0; i < n; i++) {
        if (i == kept)
            w->links_left = LINKS_MAX;
        int from = joined ? put_wrapped_first(w, line.cells, t->cols) : 0;
        bool joins = false;

        put_marks(w, line.flags);
        if (i + 1 < n) {
            load_line(t, kept, i + 1, &next);
            joins = line.flags & LINE_WRAPPED && wraps_by_itself(line.cells, next.cells, t->cols);
        }
        /* The column that a wide character left empty is erased again by its wrap. */
        bool short_row = joins && cell_is_empty(&line.cells[t->cols - 1]);
        put_cells(w, line.cells, from, t->cols - short_row, short_row);
        if (!joins && i + 1 < n) {
            set_pen(w, (struct style){0});
            buf_append_str(w->out, "\r\n");
        }
        struct line swap = line;
        line = next;
        next = swap;
        joined = joins;
    }
    set_pen(w, (struct style){0});
    free(line.cells);
    free(next.cells);
}

static void put_charsets(struct writer *w, const char charset[4], uint8_t gl)
{
    static const char *const locks[] = {"", "\016", "\033n", "\033o"};

    for (int i = 0; i < 4; i++)
        if (charset[i] == CHARSET_LATIN_1)
            buf_printf(w->out, "\033%cA", "(-./"[i]);
        else if (charset[i] != 'B')
            buf_printf(w->out, "\033%c%c", "()*+"[i], charset[i]);
    buf_append_str(w->out, locks[gl & 3]);
}

static void reset_charsets(struct writer *w, const char charset[4], uint8_t gl)
{
    for (int i = 0; i < 4; i++)
        if (charset[i] != 'B')
            buf_printf(w->out, "\033%cB", "()*+"[i]);
    if (gl)
        buf_append_char(w->out, '\017');
}

static void put_mode(struct writer *w, bool differs, const char *sequence)
{
    if (differs)
        buf_append_str(w->out, sequence);
}

/* Cursor at (row, col), told from an origin; after the last column by writing what stands there
 * again. */
static void put_position(struct writer *w, const struct screen *s, int row, int col, int top,
                         int left, bool wrap_pending)
{
    const struct cell *cells = s->rows[row]->cells;
    int lead = wrap_pending && col > 0 && cells[col].flags & CELL_CONTINUATION ? col - 1 : col;

    put_cup(w, row - top, (wrap_pending ? lead : col) - left);
    if (wrap_pending && cells[lead].glyph)
        put_glyph(w, &cells[lead]);
}

static void put_saved(struct writer *w, const struct screen *s)
{
    const struct saved_cursor *saved = &s->saved;
    const struct cell *cell = &s->rows[saved->row]->cells[saved->col];
    /* The character after which the wrap was pending has been erased since. */
    bool erased = saved->wrap_pending && cell_is_empty(cell);

    put_mode(w, saved->origin, "\033[?6h");
    put_position(w, s, saved->row, saved->col, 0, 0, saved->wrap_pending);
    if (erased)
        buf_append_char(w->out, ' ');
    set_pen(w, saved->pen);
    put_charsets(w, saved->charset, saved->gl);
    buf_append_str(w->out, "\0337");
    reset_charsets(w, saved->charset, saved->gl);
    put_mode(w, saved->origin, "\033[?6l");
    if (erased) {
        put_cup(w, saved->row, saved->col);
        set_pen(w, (struct style){.bg = cell->style.bg});
        buf_append_str(w->out, "\033[X");
    }
    set_pen(w, (struct style){0});
}

static void put_kitty(struct writer *w, const struct kitty *k)
{
    if (k->flags[0])
        buf_printf(w->out, "\033[=%du", k->flags[0]);
    for (int i = 1; i <= k->n; i++)
        buf_printf(w->out, "\033[>%du", k->flags[i]);
}

static void put_alternate(struct writer *w)
{
    const struct term *t = w->t;

    w->links_left = LINKS_MAX;
    buf_append_str(w->out, "\033[?1047h\033[2J");
    put_kitty(w, &t->alternate.kitty);
    for (int i = 0; i < t->rows; i++) {
        const struct row *row = t->alternate.rows[i];

        if (!row->used && !row->marks)
            continue;
        put_cup(w, i, 0);
        put_marks(w, row_flags(row));
        put_cells(w, row->cells, 0, row->used, false);
    }
    set_pen(w, (struct style){0});
    put_saved(w, &t->alternate);
}

static void put_tabs(struct writer *w)
{
    const struct term *t = w->t;
    bool standard = true;

    for (int i = 0; i < t->cols; i++)
        standard &= t->tabs[i] == (i % 8 == 0);
    if (standard)
        return;
    buf_append_str(w->out, "\033[3g");
    for (int i = 0; i < t->cols; i++)
        if (t->tabs[i]) {
            put_cup(w, 0, i);
            buf_append_str(w->out, "\033H");
        }
}

/* Modes that neither move the cursor nor change how the rest is written. */
static void put_quiet_modes(struct writer *w)
{
    static const char *const mice[] = {"", "\033[?1000h", "\033[?1002h", "\033[?1003h"};
    const struct modes *m = &w->t->modes;

    put_mode(w, m->application_cursor, "\033[?1h");
    put_mode(w, m->application_keypad, "\033=");
    put_mode(w, m->reverse_video, "\033[?5h");
    put_mode(w, !m->cursor_visible, "\033[?25l");
    put_mode(w, m->columns, "\033[?40h");
    put_mode(w, m->focus_reports, "\033[?1004h");
    put_mode(w, !m->alternate_scroll, "\033[?1007l");
    put_mode(w, m->bracketed_paste, "\033[?2004h");
    put_mode(w, m->newline, "\033[20h");
    buf_append_str(w->out, mice[m->mouse]);
    put_mode(w, m->mouse_encoding == REPORT_SGR, "\033[?1006h");
    if (m->cursor_shape != CURSOR_BLOCK || !m->cursor_blink)
        buf_printf(w->out, "\033[%d q", m->cursor_shape * 2 + (m->cursor_blink ? 1 : 2));
}

static void put_cwd(struct writer *w)
{
    if (!w->t->cwd)
        return;
    buf_append_str(w->out, "\033]7;file://");
    for (const char *p = w->t->cwd; *p; p++) {
        if (*p == '%' || (unsigned char)*p > 0x7e)
            buf_printf(w->out, "%%%02X", (unsigned char)*p);
        else
            buf_append_char(w->out, *p);
    }
    buf_append_str(w->out, "\033\\");
}

static void put_titles(struct writer *w)
{
    const struct term *t = w->t;

    for (int i = 0; i < t->n_titles; i++)
        buf_printf(w->out, "\033]2;%s\033\\\033[22;2t", t->titles[i]);
    if (t->title[0] || t->n_titles)
        buf_printf(w->out, "\033]2;%s\033\\", t->title);
}

static void put_cursor(struct writer *w)
{
    const struct term *t = w->t;
    const struct modes *m = &t->modes;

    if (t->top != 0 || t->bottom != t->rows)
        buf_printf(w->out, "\033[%d;%dr", t->top + 1, t->bottom);
    put_mode(w, m->margins, "\033[?69h");
    if (t->left != 0 || t->right != t->cols)
        buf_printf(w->out, "\033[%d;%ds", t->left + 1, t->right);
    put_mode(w, m->origin, "\033[?6h");
    put_position(w, t->screen, t->row, t->col, m->origin ? t->top : 0, m->origin ? t->left : 0,
                 t->wrap_pending);
    set_pen(w, t->pen);
    put_charsets(w, t->charset, t->gl);
    put_mode(w, !m->autowrap, "\033[?7l");
    put_mode(w, m->insert, "\033[4h");
}

static void put_partial_csi(struct writer *w, const struct csi *csi)
{
    buf_append_str(w->out, "\033[");
    if (csi->ignore) {
        buf_append_str(w->out, "<<");
        return;
    }
    if (csi->prefix)
        buf_append_char(w->out, csi->prefix);
    for (int i = 0; i < csi->n; i++) {
        if (i)
            buf_append_char(w->out, csi->colon >> i & 1 ? ':' : ';');
        if (csi->params[i] >= 0)
            buf_printf(w->out, "%d", csi->params[i]);
    }
    if (csi->intermediate)
        buf_append_char(w->out, csi->intermediate);
}

static void put_partial(struct writer *w)
{
    const struct term *t = w->t;

    if (t->single_shift)
        buf_append_str(w->out, t->single_shift == 2 ? "\033N" : "\033O");
    switch (t->state) {
    case PARSE_GROUND:
        buf_append(w->out, t->utf8, t->n_utf8);
        break;
    case PARSE_ESCAPE:
        buf_append_char(w->out, '\033');
        if (t->escape_intermediate)
            buf_append_char(w->out, t->escape_intermediate);
        if (t->escape_ignore)
            buf_append_char(w->out, t->escape_intermediate);
        break;
    case PARSE_CSI:
        put_partial_csi(w, &t->csi);
        break;
    case PARSE_STRING:
    case PARSE_STRING_ESCAPE:
        buf_append_char(w->out, '\033');
        buf_append_char(w->out, t->string_overflow ? 'X' : t->string_kind);
        if (!t->string_overflow)
            buf_append(w->out, t->string.data, t->string.len);
        if (t->string_last == 0xc2 && !(t->string.len && !t->string_overflow))
            buf_append_char(w->out, '\xc2');
        if (t->state == PARSE_STRING_ESCAPE)
            buf_append_char(w->out, '\033');
        break;
    }
}

void term_snapshot(const struct term *t, size_t scrollback_lines, struct buf *out)
{
    struct writer w = {.t = t, .out = out, .links_left = LINKS_MAX};
    size_t kept = scrollback_count(t->scrollback);

    if (kept > scrollback_lines)
        kept = scrollback_lines;
    buf_append_str(out, TERM_SNAPSHOT_BEGIN);
    put_main(&w, kept);
    put_kitty(&w, &t->main.kitty);
    put_saved(&w, &t->main);
    if (t->screen == &t->alternate)
        put_alternate(&w);
    put_tabs(&w);
    put_quiet_modes(&w);
    put_titles(&w);
    put_cwd(&w);
    palette_format(t, out);
    put_cursor(&w);
    put_mode(&w, t->modes.synchronised, "\033[?2026h");
    put_partial(&w);
}
