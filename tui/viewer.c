/* SPDX-License-Identifier: MIT
 *
 * Bytes → rows at the present width; motions and search over them.
 */
#include "tui/viewer.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/scroll.h"

#define TAB_WIDTH     4
#define LEFT_STEP     8
#define LEFT_MAX      10000
#define PROBE_BYTES   8000
#define ROW_TEXT_MAX  (64 * 1024)
#define HEX_WIDE_COLS 78

bool viewer_is_binary(const char *bytes, size_t n)
{
    size_t probe = n < PROBE_BYTES ? n : PROBE_BYTES;
    size_t tail = n > probe ? utf8_incomplete_tail(bytes, probe) : 0;

    return memchr(bytes, '\0', probe) || !utf8_valid(bytes, probe - tail);
}

void viewer_init(struct viewer *v, const char *bytes, size_t n, bool is_cut)
{
    *v = (struct viewer){.hit = SIZE_MAX, .wrap = true};
    v->n = n < VIEWER_BYTES_MAX ? n : VIEWER_BYTES_MAX;
    v->is_cut = is_cut || v->n < n;
    v->bytes = xmalloc(v->n + 1);
    memcpy(v->bytes, bytes, v->n);
    v->bytes[v->n] = '\0';
    v->hex = viewer_is_binary(v->bytes, v->n);
    v->prompt.history = &v->history;
}

void viewer_finish(struct viewer *v)
{
    free(v->bytes);
    free(v->rows);
    filter_finish(&v->search);
    prompt_finish(&v->prompt);
    prompt_history_finish(&v->history);
    *v = (struct viewer){0};
}

/* --- rows --- */

int viewer_hex_width(int cols)
{
    return cols >= HEX_WIDE_COLS ? 16 : cols >= 44 ? 8 : 4;
}

int viewer_gutter(const struct viewer *v)
{
    char text[24];

    return v->numbers && !v->hex ? snprintf(text, sizeof text, "%zu", v->n_text_lines) + 1 : 0;
}

static void add_row(struct viewer *v, size_t at, size_t line)
{
    if (v->n_rows == VIEWER_ROWS_MAX)
        return;
    if (v->n_rows == v->cap_rows) {
        v->cap_rows = v->cap_rows ? v->cap_rows * 2 : 256;
        v->rows = xreallocarray(v->rows, v->cap_rows, sizeof *v->rows);
    }
    v->rows[v->n_rows++] = (struct viewer_row){(uint32_t)at, (uint32_t)line};
}

/* Columns and bytes of the character at `at`. */
static int step(const struct viewer *v, size_t at, int col, size_t *n)
{
    unsigned char c = (unsigned char)v->bytes[at];
    uint32_t codepoint;

    *n = 1;
    if (c == '\t')
        return TAB_WIDTH - col % TAB_WIDTH;
    if (c < 0x80)
        return 1;
    *n = utf8_decode(v->bytes + at, v->n - at, &codepoint);
    /* What text_sanitise makes a blank of has no width of its own. */
    return codepoint < 0xa0 ? 1 : text_codepoint_width(codepoint);
}

static void lay_text(struct viewer *v, int width)
{
    size_t line = 0, n;
    int col = 0;

    v->n_rows = 0;
    if (v->n)
        add_row(v, 0, 0);
    for (size_t at = 0; at < v->n && v->n_rows < VIEWER_ROWS_MAX; at += n) {
        if (v->bytes[at] == '\n') {
            n = 1;
            col = 0;
            line++;
            if (at + 1 < v->n)
                add_row(v, at + 1, line);
            continue;
        }
        int w = step(v, at, col, &n);
        if (v->wrap && col + w > width && col) {
            add_row(v, at, line);
            col = 0;
            w = step(v, at, col, &n);
        }
        col += w;
    }
}

static size_t count_lines(const struct viewer *v)
{
    size_t n = v->n && v->bytes[v->n - 1] != '\n';

    for (const char *p = v->bytes; (p = memchr(p, '\n', v->n - (size_t)(p - v->bytes))); p++)
        n++;
    return n;
}

static size_t byte_of(const struct viewer *v, size_t row)
{
    if (v->hex)
        return row * (size_t)viewer_hex_width(v->cols);
    return row < v->n_rows ? v->rows[row].at : v->n;
}

static size_t row_of(const struct viewer *v, size_t at)
{
    size_t low = 0, high = v->n_rows;

    if (v->hex)
        return at / (size_t)viewer_hex_width(v->cols);
    while (low + 1 < high) {
        size_t mid = low + (high - low) / 2;

        if (v->rows[mid].at <= at)
            low = mid;
        else
            high = mid;
    }
    return low;
}

void viewer_lay(struct viewer *v, int cols)
{
    if (v->width == cols)
        return;
    size_t at = v->width ? byte_of(v, v->top) : 0;
    if (!v->n_text_lines)
        v->n_text_lines = count_lines(v);
    v->cols = cols;
    if (v->hex) {
        size_t per_row = (size_t)viewer_hex_width(cols);

        v->n_rows = (v->n + per_row - 1) / per_row;
    } else {
        int width = cols - viewer_gutter(v);

        lay_text(v, width > 1 ? width : 1);
    }
    v->width = cols;
    v->top = row_of(v, at);
}

static void lay_again(struct viewer *v)
{
    int cols = v->width;
    size_t at = byte_of(v, v->top);

    v->width = 0;
    if (!cols)
        return;
    viewer_lay(v, cols);
    v->top = row_of(v, at);
}

size_t viewer_row_end(const struct viewer *v, size_t row)
{
    size_t end = row + 1 < v->n_rows ? v->rows[row + 1].at : v->n;

    return end > v->rows[row].at && v->bytes[end - 1] == '\n' ? end - 1 : end;
}

void viewer_row_text(const struct viewer *v, size_t row, struct buf *out)
{
    size_t end = viewer_row_end(v, row), n;
    int col = 0;

    for (size_t at = v->rows[row].at; at < end && out->len < ROW_TEXT_MAX; at += n) {
        int w = step(v, at, col, &n);
        unsigned char c = (unsigned char)v->bytes[at];

        if (c == '\t')
            buf_printf(out, "%*s", w, "");
        else if (c < 0x20 || c == 0x7f)
            buf_append_str(out, c == '\r' && at + 1 == end ? "" : "\xc2\xb7");
        else if (c < 0x80)
            buf_append_char(out, (char)c);
        else {
            char clean[16];

            buf_append_str(out, text_sanitise(clean, sizeof clean, v->bytes + at, n));
        }
        col += w;
    }
    buf_append(out, "", 0);
    if (!out->data)
        buf_append_str(out, "");
}

/* --- moving --- */

void viewer_scroll(struct viewer *v, int rows)
{
    v->top = scroll_top(v->top, rows, v->n_rows, v->height);
}

static bool do_move(struct viewer *v, const char *action)
{
    int rows;

    if (!scroll_motion(action, scroll_page(v->height), v->n_rows, &rows))
        return false;
    viewer_scroll(v, rows);
    return true;
}

/* --- search --- */

static bool holds_bytes(const struct viewer *v, size_t from, size_t to, size_t *at)
{
    const char *wanted = v->search.text;
    size_t n = strlen(wanted);
    const char *hit = to > from ? memmem(v->bytes + from, to - from, wanted, n) : NULL;

    *at = hit ? (size_t)(hit - v->bytes) : 0;
    return n && hit;
}

static bool next_bytes(struct viewer *v, bool back, size_t *at)
{
    size_t from = v->hit == SIZE_MAX ? byte_of(v, v->top) : v->hit + !back;
    size_t last = SIZE_MAX;

    if (!back)
        return holds_bytes(v, from < v->n ? from : v->n, v->n, at) || holds_bytes(v, 0, v->n, at);
    for (size_t begin = 0; holds_bytes(v, begin, from, at); begin = *at + 1)
        last = *at;
    *at = last;
    return last != SIZE_MAX;
}

static bool next_row(const struct viewer *v, bool back, size_t *at)
{
    size_t start = v->hit == SIZE_MAX ? v->top + v->n_rows - !back : row_of(v, v->hit) + v->n_rows;

    for (size_t i = 1; i <= v->n_rows; i++) {
        size_t row = (back ? start - i : start + i) % v->n_rows;
        cleanup_buf struct buf text = {0};

        viewer_row_text(v, row, &text);
        if (filter_match(&v->search, text.data, NULL, NULL)) {
            *at = v->rows[row].at;
            return true;
        }
    }
    return false;
}

static bool find(struct viewer *v, bool back)
{
    size_t at = 0;
    bool found;

    if (!filter_active(&v->search) || !v->n_rows)
        return false;
    found = v->hex ? next_bytes(v, back, &at) : next_row(v, back, &at);
    if (!found)
        return false;
    v->hit = at;
    size_t row = row_of(v, at);
    if (row < v->top || row >= v->top + (size_t)(v->height > 0 ? v->height : 1))
        v->top = row > (size_t)v->height / 3 ? row - (size_t)v->height / 3 : 0;
    viewer_scroll(v, 0);
    return true;
}

static enum view_result answer(struct viewer *v, enum prompt_result result, bool *missed)
{
    if (result == PROMPT_CANCEL) {
        v->prompting = false;
        filter_set(&v->search, "");
    } else if (result == PROMPT_CHANGED) {
        filter_set(&v->search, prompt_text(&v->prompt));
        v->hit = SIZE_MAX;
    } else if (result == PROMPT_ACCEPT && !v->search.error[0]) {
        prompt_history_add(&v->history, prompt_text(&v->prompt));
        v->prompting = false;
        *missed = filter_active(&v->search) && !find(v, false);
    }
    return VIEW_HANDLED;
}

enum view_result viewer_key(struct viewer *v, struct key key, bool *missed)
{
    return v->prompting ? answer(v, prompt_key(&v->prompt, key), missed) : VIEW_IGNORED;
}

enum view_result viewer_paste(struct viewer *v, const char *text, size_t n)
{
    bool missed;

    return v->prompting ? answer(v, prompt_paste(&v->prompt, text, n), &missed) : VIEW_IGNORED;
}

struct view_cursor viewer_cursor(const struct viewer *v, int rows)
{
    if (!v->prompting)
        return (struct view_cursor){0};
    cleanup_free char *before = xstrndup(prompt_text(&v->prompt), v->prompt.cursor);
    return (struct view_cursor){true, rows - 1, 1 + text_width(before) - v->prompt.scroll, 2};
}

/* --- actions --- */

static bool toggle(struct viewer *v, const char *action)
{
    if (strcmp(action, "viewer-wrap") == 0) {
        v->wrap = !v->wrap;
        v->left = 0;
    } else if (strcmp(action, "viewer-numbers") == 0) {
        v->numbers = !v->numbers;
    } else if (strcmp(action, "viewer-hex") == 0) {
        size_t at = byte_of(v, v->top);

        v->hex = !v->hex;
        v->hit = SIZE_MAX;
        v->n_rows = 0;
        v->top = 0;
        lay_again(v);
        v->top = row_of(v, at);
        return true;
    } else {
        return false;
    }
    lay_again(v);
    return true;
}

static bool sideways(struct viewer *v, const char *action)
{
    bool right = strcmp(action, "viewer-right") == 0;

    if (!right && strcmp(action, "viewer-left") != 0)
        return false;
    if (!v->wrap && right && v->left < LEFT_MAX)
        v->left += LEFT_STEP;
    else if (!right && v->left >= LEFT_STEP)
        v->left -= LEFT_STEP;
    return true;
}

enum view_result viewer_act(struct viewer *v, const char *action, bool *missed)
{
    *missed = false;
    if (do_move(v, action) || toggle(v, action) || sideways(v, action))
        return VIEW_HANDLED;
    if (strcmp(action, "viewer-search") == 0) {
        v->prompting = true;
        prompt_set(&v->prompt, "");
        return VIEW_HANDLED;
    }
    if (strcmp(action, "viewer-next") == 0 || strcmp(action, "viewer-previous") == 0) {
        *missed = !find(v, strcmp(action, "viewer-previous") == 0);
        return VIEW_HANDLED;
    }
    if (strcmp(action, "escape") == 0 && filter_active(&v->search)) {
        filter_set(&v->search, "");
        v->hit = SIZE_MAX;
        return VIEW_HANDLED;
    }
    return VIEW_IGNORED;
}

void viewer_title(const struct viewer *v, struct buf *out)
{
    size_t end = v->top + (size_t)(v->height > 0 ? v->height : 0);
    size_t percent = v->n_rows && end < v->n_rows ? end * 100 / v->n_rows : 100;

    if (v->hex)
        buf_printf(out, " hex %zu bytes %zu%%", v->n, percent);
    else
        buf_printf(out, " %zu line%s %zu%%", v->n_text_lines, v->n_text_lines == 1 ? "" : "s",
                   percent);
}
