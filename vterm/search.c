/* SPDX-License-Identifier: MIT
 *
 * Three parts of the lines: [low, high) is searched and does not change any more; from `high` on
 * stands what may change (the screen, and the line that leads into it), which is searched again
 * whenever it did; below `low` is what is still to do. All borders are beginnings of lines of the
 * text, as far as these are not longer than PIECE_LINES.
 *
 * Hits are a deque in the order of the text: work downwards puts them in front, lines that scrolled
 * in behind, lines that were dropped take them from the front.
 */
#include "vterm/search.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

#define PIECE_LINES 256
#define MATCH_LIMIT 20000 /* some 0.2 ms at worst */
#define DEPTH_LIMIT 500
#define HEAP_KIB    256
#define GAVE_UP     100 /* lines that a match costs which ran into these */

struct search {
    const struct term *t;
    pcre2_code *code; /* owned; NULL: no pattern */
    pcre2_match_data *data;
    pcre2_match_context *context;

    uint64_t low, high;
    uint64_t layout, revision;
    bool started, gave_up;
    bool full; /* hits were let go: what is older is not looked for */
    size_t n_pushed;

    struct search_hit *hits; /* owned */
    size_t head, n, cap;
    size_t n_volatile; /* of these, the last ones, at or behind `high` */

    struct buf text; /* of the piece being searched */
    uint32_t *cells; /* owned: for each byte of it, cell from the piece's start << 1 | wide */
    size_t cells_cap;
};

struct search *search_create(const struct term *t)
{
    struct search *s = xcalloc(1, sizeof *s);

    s->t = t;
    s->context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(s->context, MATCH_LIMIT);
    pcre2_set_depth_limit(s->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(s->context, HEAP_KIB);
    return s;
}

static void drop_pattern(struct search *s)
{
    pcre2_match_data_free(s->data);
    pcre2_code_free(s->code);
    s->data = NULL;
    s->code = NULL;
}

void search_destroy(struct search *s)
{
    if (!s)
        return;
    drop_pattern(s);
    pcre2_match_context_free(s->context);
    buf_finish(&s->text);
    free(s->cells);
    free(s->hits);
    free(s);
}

/* A capital that is not part of an escape: the case counts. */
static bool has_capital(const char *pattern)
{
    for (const char *p = pattern; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p >= 'A' && *p <= 'Z')
            return true;
    }
    return false;
}

int search_set(struct search *s, const char *pattern, struct err *e)
{
    uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
    PCRE2_SIZE offset;
    int code;

    drop_pattern(s);
    s->started = s->gave_up = s->full = false;
    s->head = s->n = s->n_volatile = 0;
    if (!*pattern)
        return 0;
    if (strlen(pattern) > SEARCH_PATTERN_MAX)
        return err_set(e, ERR_ARG, "the pattern is longer than %d bytes", SEARCH_PATTERN_MAX);
    if (!has_capital(pattern))
        options |= PCRE2_CASELESS;
    s->code = pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern), options, &code, &offset, NULL);
    if (!s->code) {
        PCRE2_UCHAR reason[120];

        pcre2_get_error_message(code, reason, sizeof reason);
        return err_set(e, ERR_ARG, "%s at character %zu", (char *)reason, (size_t)offset);
    }
    /* Without it matching is slower, nothing else. */
    (void)pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE);
    s->data = pcre2_match_data_create_from_pattern(s->code, NULL);
    return 0;
}

/* --- hits --- */

static struct search_hit *hit_at(const struct search *s, size_t i)
{
    return &s->hits[s->head + i];
}

/* Room for one at either end. */
static void make_room(struct search *s)
{
    if (s->head > 0 && s->head + s->n < s->cap)
        return;
    size_t cap = s->n * 3 + 64, head = s->n + 32;
    struct search_hit *hits = xcalloc(cap, sizeof *hits);

    if (s->n)
        memcpy(hits + head, s->hits + s->head, s->n * sizeof *hits);
    free(s->hits);
    s->hits = hits;
    s->head = head;
    s->cap = cap;
}

static void push_front(struct search *s, struct search_hit hit)
{
    if (s->n == SEARCH_HITS_MAX) {
        s->full = true;
        return;
    }
    make_room(s);
    s->hits[--s->head] = hit;
    s->n++;
}

static void pop_front(struct search *s)
{
    s->head++;
    s->n--;
    if (s->n_volatile > s->n)
        s->n_volatile = s->n;
}

static void push_back(struct search *s, struct search_hit hit)
{
    if (s->n == SEARCH_HITS_MAX) {
        s->full = true;
        pop_front(s);
    }
    make_room(s);
    s->hits[s->head + s->n++] = hit;
    s->n_pushed++;
}

/* --- a piece of lines as text --- */

/* Cells [0, n) of a row whose first has the number `index` in the piece. */
static void append_row(struct search *s, const struct cell *cells, int n, uint32_t index)
{
    size_t room = (size_t)n * 13, len = s->text.len;
    char *text = buf_reserve(&s->text, room);

    if (len + room > s->cells_cap) {
        s->cells_cap = (len + room) * 2;
        s->cells = xreallocarray(s->cells, s->cells_cap, sizeof *s->cells);
    }
    for (int i = 0; i < n; i++) {
        uint32_t entry = (index + (uint32_t)i) << 1 | (cells[i].width == 2);

        if (cells[i].glyph - 1 < 0x7f) {
            *text++ = (char)cells[i].glyph;
            s->cells[len++] = entry;
        } else if (!(cells[i].flags & CELL_CONTINUATION)) {
            size_t bytes = cell_text(&cells[i], text);

            text += bytes;
            while (bytes--)
                s->cells[len++] = entry;
        }
    }
    *text = '\0';
    s->text.len = len;
}

static bool cell_is_blank(const struct cell *cell)
{
    return !cell->glyph && !(cell->flags & CELL_CONTINUATION);
}

/* Lines [from, to), which belong together, as one text without blanks at its end. */
static void load_piece(struct search *s, uint64_t from, uint64_t to)
{
    struct cell cells[TERM_SIZE_MAX];
    int cols = term_cols(s->t);

    buf_clear(&s->text);
    for (uint64_t line = from; line < to; line++) {
        bool goes_on = term_line_wrapped(s->t, line);
        int n = term_line(s->t, line, cells, cols);

        while (!goes_on && n > 0 && cell_is_blank(&cells[n - 1]))
            n--;
        /* Cells that were never written read as blanks; the hole before a wide character that
         * wrapped is none. */
        if (goes_on && (n < cols || cell_is_blank(&cells[n - 1])))
            n = cols - 1;
        append_row(s, cells, n, (uint32_t)((line - from) * (uint64_t)cols));
    }
}

static struct search_hit hit_of(const struct search *s, uint64_t from, size_t start, size_t end)
{
    uint32_t cols = (uint32_t)term_cols(s->t);
    uint32_t first = s->cells[start] >> 1;
    uint32_t last = (s->cells[end - 1] >> 1) + (s->cells[end - 1] & 1);

    return (struct search_hit){
        .line = from + first / cols,
        .col = (int)(first % cols),
        .end_line = from + last / cols,
        .end_col = (int)(last % cols) + 1,
    };
}

/* The next match from *at on. */
static bool match(struct search *s, size_t *at, size_t *start, size_t *end)
{
    while (*at <= s->text.len) {
        int n = pcre2_match(s->code, (PCRE2_SPTR)s->text.data, s->text.len, *at, PCRE2_NO_UTF_CHECK,
                            s->data, s->context);
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(s->data);

        if (n < 0) {
            s->gave_up |= n != PCRE2_ERROR_NOMATCH;
            return false;
        }
        *start = ends[0];
        *end = ends[1];
        /* \K in a lookahead can put the start behind the end or the end before where we were. */
        *at = *end > *at ? *end : *at + 1;
        while (*at < s->text.len && (s->text.data[*at] & 0xc0) == 0x80)
            (*at)++;
        if (*start < *end)
            return true;
    }
    return false;
}

/* What came in front, in the order of the text. */
static void reverse(struct search_hit *hits, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct search_hit hit = hits[i];

        hits[i] = hits[n - 1 - i];
        hits[n - 1 - i] = hit;
    }
}

/* Searches lines [from, to). Returns what it cost, in lines. */
static size_t search_piece(struct search *s, uint64_t from, uint64_t to, bool front)
{
    size_t at = 0, start, end, before = s->n, cost = (size_t)(to - from);
    bool gave_up = s->gave_up;

    load_piece(s, from, to);
    if (!s->text.len)
        return cost;
    s->gave_up = false;
    while (match(s, &at, &start, &end)) {
        struct search_hit hit = hit_of(s, from, start, end);

        if (front)
            push_front(s, hit);
        else
            push_back(s, hit);
        if (front && s->full)
            break;
    }
    if (front && s->n)
        reverse(s->hits + s->head, s->n - before);
    if (s->gave_up)
        cost += GAVE_UP;
    s->gave_up |= gave_up;
    return cost;
}

/* --- which pieces --- */

static uint64_t piece_start(const struct search *s, uint64_t line)
{
    uint64_t first = term_scrollback_first(s->t);

    for (int i = 0; i < PIECE_LINES && line > first && term_line_wrapped(s->t, line - 1); i++)
        line--;
    return line;
}

static uint64_t piece_end(const struct search *s, uint64_t line, uint64_t end)
{
    for (int i = 1; i < PIECE_LINES && line + 1 < end && term_line_wrapped(s->t, line); i++)
        line++;
    return line + 1;
}

static void drop_volatile(struct search *s)
{
    s->n -= s->n_volatile;
    s->n_volatile = 0;
}

/* Begins anew where the text was wrapped anew, and lets go of lines that were dropped. */
static void follow(struct search *s)
{
    uint64_t first = term_scrollback_first(s->t);

    if (!s->started || s->layout != term_layout(s->t)) {
        s->started = true;
        s->layout = term_layout(s->t);
        s->head = s->n = s->n_volatile = 0;
        s->full = false;
        s->low = s->high = piece_start(s, term_scrollback_end(s->t));
        s->revision = 0;
    }
    while (s->n && hit_at(s, 0)->line < first)
        pop_front(s);
    if (s->low < first)
        s->low = first;
    if (s->high < first)
        s->high = first;
    /* A line that went on when it was searched may have ended since. */
    if (s->high > term_end(s->t))
        s->started = false;
}

/* Lines that scrolled in, then the screen. Returns the cost. */
static size_t search_new(struct search *s, size_t budget)
{
    uint64_t end = term_scrollback_end(s->t), stable = piece_start(s, end);
    size_t cost = 0;

    drop_volatile(s);
    while (s->high < stable && cost < budget) {
        uint64_t to = piece_end(s, s->high, stable);

        cost += search_piece(s, s->high, to, false);
        s->high = to;
    }
    if (s->high < stable)
        return cost;
    s->revision = term_revision(s->t);
    s->n_pushed = 0;
    for (uint64_t line = s->high; line < term_end(s->t);) {
        uint64_t to = piece_end(s, line, term_end(s->t));

        cost += search_piece(s, line, to, false);
        line = to;
    }
    s->n_volatile = s->n_pushed < s->n ? s->n_pushed : s->n;
    return cost;
}

bool search_step(struct search *s, size_t lines)
{
    size_t cost = 0;

    if (!s->code)
        return false;
    follow(s);
    if (!s->started)
        follow(s);
    if (s->revision != term_revision(s->t))
        cost += search_new(s, lines);
    while (s->low > term_scrollback_first(s->t) && cost < lines && !s->full) {
        uint64_t from = piece_start(s, s->low - 1);

        cost += search_piece(s, from, s->low, true);
        s->low = from;
    }
    return s->revision != term_revision(s->t) || (s->low > term_scrollback_first(s->t) && !s->full);
}

double search_progress(const struct search *s)
{
    uint64_t first = term_scrollback_first(s->t), end = term_end(s->t);
    uint64_t low = s->low < first ? first : s->low;

    if (!s->code || s->full)
        return 1;
    return !s->started ? 0 : low <= first ? 1 : (double)(end - low) / (double)(end - first);
}

bool search_gave_up(const struct search *s)
{
    return s->gave_up;
}

size_t search_count(const struct search *s)
{
    return s->n;
}

const struct search_hit *search_hit(const struct search *s, size_t i)
{
    return i < s->n ? hit_at(s, i) : NULL;
}

size_t search_from(const struct search *s, uint64_t line)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (hit_at(s, middle)->end_line < line)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first hit that begins at the place or behind it. */
static size_t first_at(const struct search *s, uint64_t line, int col)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct search_hit *hit = hit_at(s, middle);

        if (hit->line < line || (hit->line == line && hit->col < col))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool search_next(const struct search *s, uint64_t line, int col, bool backward, size_t *found,
                 bool *went_round)
{
    size_t i = first_at(s, line, backward ? col : col + 1);

    if (!s->n)
        return false;
    *went_round = backward ? i == 0 : i == s->n;
    *found = backward ? (i == 0 ? s->n : i) - 1 : i == s->n ? 0 : i;
    return true;
}
