/* SPDX-License-Identifier: MIT
 *
 * Places in the text: lines by number across scrollback and screen, marks of prompts on them
 * (OSC 133), and anchors, which stay with a character as its line moves.
 */
#include "vterm/internal.h"

uint64_t term_end(const struct term *t)
{
    return term_scrollback_end(t) + (uint64_t)t->rows;
}

static const struct row *screen_line(const struct term *t, uint64_t line)
{
    uint64_t end = term_scrollback_end(t);

    return line >= end && line < term_end(t) ? grid_row(t, (int)(line - end)) : NULL;
}

static unsigned flags_of(const struct term *t, uint64_t line)
{
    const struct row *row = screen_line(t, line);
    uint64_t first = term_scrollback_first(t);
    size_t size;

    if (row)
        return row_flags(row);
    if (line < first || line >= term_scrollback_end(t))
        return 0;
    return packed_flags(scrollback_record(t->scrollback, (size_t)(line - first), &size));
}

bool term_line_wrapped(const struct term *t, uint64_t line)
{
    /* The scrollback goes on in the main screen, not in the alternate one. */
    if (line + 1 == term_scrollback_end(t) && t->screen == &t->alternate)
        return false;
    return flags_of(t, line) & LINE_WRAPPED && line + 1 < term_end(t);
}

int term_line(const struct term *t, uint64_t line, struct cell *out, int cols)
{
    const struct row *row = screen_line(t, line);

    if (!row)
        return term_scrollback_line(t, line, out, cols);
    int n = row->used < cols ? row->used : cols;
    memcpy(out, row->cells, (size_t)n * sizeof *out);
    memset(out + n, 0, (size_t)(cols - n) * sizeof *out);
    if (n > 0 && n == cols && out[n - 1].width == 2)
        out[n - 1] = (struct cell){.style = out[n - 1].style};
    return n;
}

uint64_t term_line_start(const struct term *t, uint64_t line)
{
    uint64_t first = term_scrollback_first(t);

    for (int i = 0; i < TERM_WRAPS_MAX && line > first && term_line_wrapped(t, line - 1); i++)
        line--;
    return line;
}

/* --- marks --- */

struct term_marks term_line_marks(const struct term *t, uint64_t line)
{
    unsigned flags = flags_of(t, line), marks = line_marks(flags);

    return (struct term_marks){
        .prompt = marks & MARK_PROMPT,
        .input = marks & MARK_INPUT,
        .output = marks & MARK_OUTPUT,
        .end = marks & MARK_END,
        .exit_status = marks & MARK_STATUS ? (int)(flags >> LINE_STATUS_SHIFT & 0xff) : -1,
    };
}

bool term_prompt_before(const struct term *t, uint64_t line, uint64_t *found)
{
    uint64_t first = term_scrollback_first(t);

    if (line > term_end(t))
        line = term_end(t);
    while (line-- > first)
        if (line_marks(flags_of(t, line)) & MARK_PROMPT) {
            *found = line;
            return true;
        }
    return false;
}

bool term_prompt_after(const struct term *t, uint64_t line, uint64_t *found)
{
    uint64_t first = term_scrollback_first(t), end = term_end(t);

    for (line = line < first ? first : line + 1; line < end; line++)
        if (line_marks(flags_of(t, line)) & MARK_PROMPT) {
            *found = line;
            return true;
        }
    return false;
}

/* Whether the options of a prompt call it a continuation or a right-hand one. */
static bool is_secondary(const char *text, size_t n)
{
    for (size_t i = 0; i + 4 <= n; i++)
        if (memcmp(text + i, ";k=", 3) == 0 && strchr("scr", text[i + 3]))
            return true;
    return false;
}

static void set_status(struct row *row, const char *text, size_t n)
{
    unsigned status = 0;
    size_t i = 2;

    row->marks &= (uint8_t)~MARK_STATUS;
    if (n < 3 || text[1] != ';' || text[2] < '0' || text[2] > '9')
        return;
    for (; i < n && i < 5 && text[i] >= '0' && text[i] <= '9'; i++)
        status = status * 10 + (unsigned)(text[i] - '0');
    row->exit_status = (uint8_t)status;
    row->marks |= MARK_STATUS;
}

void mark_osc(struct term *t, const char *text, size_t n)
{
    struct row *row = grid_row(t, t->row);

    if (!n || (n > 1 && text[1] != ';'))
        return;
    switch (text[0]) {
    case 'A':
    case 'P':
        if (!is_secondary(text, n))
            row->marks |= MARK_PROMPT;
        break;
    case 'B':
        row->marks |= MARK_INPUT;
        break;
    case 'C':
        row->marks |= MARK_OUTPUT;
        break;
    case 'D':
        row->marks |= MARK_END;
        set_status(row, text, n);
        break;
    default:
        return;
    }
    grid_touch(t, row);
}

/* --- anchors --- */

void term_anchor_add(struct term *t, struct term_anchor *a, uint64_t line, int col)
{
    a->line = line;
    a->col = col;
    a->term = t;
    LIST_INSERT_HEAD(&t->anchors, a, entry);
}

void term_anchor_remove(struct term_anchor *a)
{
    if (!a || !a->term)
        return;
    LIST_REMOVE(a, entry);
    a->term = NULL;
}

/* Lines that went into the scrollback keep their numbers; what stands below the region does not
 * move, so its numbers grow. Elsewhere the text moves past the numbers; what leaves the region is
 * gone, and an anchor on it stays at the edge. */
void anchors_scrolled(struct term *t, int top, int bottom, int n, bool kept)
{
    uint64_t screen = term_scrollback_end(t) - (kept ? (uint64_t)n : 0);
    uint64_t first = screen + (uint64_t)top, end = screen + (uint64_t)bottom;
    struct term_anchor *a;

    LIST_FOREACH (a, &t->anchors, entry) {
        if (kept && a->line >= end) {
            a->line += (uint64_t)n;
        } else if (!kept && a->line >= first && a->line < end) {
            int64_t line = (int64_t)a->line - n;
            bool gone = line < (int64_t)first || line >= (int64_t)end;

            a->line = line < (int64_t)first  ? first
                      : line >= (int64_t)end ? end - 1
                                             : (uint64_t)line;
            if (gone)
                a->col = 0;
        }
    }
}
