/* SPDX-License-Identifier: MIT
 *
 * The text is always valid UTF-8 without control characters. A cursor step moves over a character
 * with the combining marks that follow it.
 */
#include "tui/prompt.h"

#include <string.h>
#include <wctype.h>

#include "base/alloc.h"
#include "base/text.h"

void prompt_history_add(struct prompt_history *h, const char *line)
{
    if (!line[strspn(line, " ")] || (h->n && strcmp(h->lines[h->n - 1], line) == 0))
        return;
    if (h->n == PROMPT_HISTORY_MAX) {
        free(h->lines[0]);
        memmove(h->lines, h->lines + 1, (h->n - 1) * sizeof *h->lines);
        h->n--;
    }
    if (!h->lines)
        h->lines = xcalloc(PROMPT_HISTORY_MAX, sizeof *h->lines);
    h->lines[h->n++] = xstrdup(line);
}

void prompt_history_finish(struct prompt_history *h)
{
    for (size_t i = 0; i < h->n; i++)
        free(h->lines[i]);
    free(h->lines);
    *h = (struct prompt_history){0};
}

void prompt_finish(struct prompt *p)
{
    buf_finish(&p->text);
    free(p->killed);
    free(p->draft);
    free(p->word);
    *p = (struct prompt){0};
}

const char *prompt_text(const struct prompt *p)
{
    return p->text.data ? p->text.data : "";
}

static uint32_t codepoint_at(const struct prompt *p, size_t i, size_t *size)
{
    uint32_t c;

    *size = utf8_decode(p->text.data + i, p->text.len - i, &c);
    return c;
}

static size_t next_char(const struct prompt *p, size_t i)
{
    size_t size;

    if (i >= p->text.len)
        return p->text.len;
    codepoint_at(p, i, &size);
    i += size;
    while (i < p->text.len && text_codepoint_width(codepoint_at(p, i, &size)) == 0)
        i += size;
    return i;
}

static size_t previous_char(const struct prompt *p, size_t i)
{
    size_t size;

    while (i > 0) {
        do
            i--;
        while (i > 0 && ((unsigned char)p->text.data[i] & 0xc0) == 0x80);
        if (text_codepoint_width(codepoint_at(p, i, &size)) != 0)
            break;
    }
    return i;
}

static bool word_at(const struct prompt *p, size_t i)
{
    size_t size;
    uint32_t c = codepoint_at(p, i, &size);

    return c == '_' || iswalnum((wint_t)c);
}

static size_t next_word(const struct prompt *p, size_t i)
{
    while (i < p->text.len && !word_at(p, i))
        i = next_char(p, i);
    while (i < p->text.len && word_at(p, i))
        i = next_char(p, i);
    return i;
}

static size_t previous_word(const struct prompt *p, size_t i)
{
    while (i > 0 && !word_at(p, previous_char(p, i)))
        i = previous_char(p, i);
    while (i > 0 && word_at(p, previous_char(p, i)))
        i = previous_char(p, i);
    return i;
}

static size_t previous_blank(const struct prompt *p, size_t i)
{
    while (i > 0 && p->text.data[i - 1] == ' ')
        i--;
    while (i > 0 && p->text.data[i - 1] != ' ')
        i--;
    return i;
}

static enum prompt_result moved(struct prompt *p, size_t to)
{
    p->cursor = to;
    return PROMPT_MOVED;
}

/* Replaces bytes [from, to) by n bytes of text, which are clean. */
static enum prompt_result replaced(struct prompt *p, size_t from, size_t to, const char *text,
                                   size_t n)
{
    if (p->text.len - (to - from) + n > PROMPT_MAX_BYTES)
        return PROMPT_MOVED;
    cleanup_free char *tail = xstrndup(prompt_text(p) + to, p->text.len - to);
    size_t tail_len = p->text.len - to;

    p->text.len = from;
    buf_append(&p->text, text, n);
    p->cursor = p->text.len;
    buf_append(&p->text, tail, tail_len);
    p->history_i = 0;
    return PROMPT_CHANGED;
}

static enum prompt_result killed(struct prompt *p, size_t from, size_t to)
{
    if (from == to)
        return PROMPT_MOVED;
    free(p->killed);
    p->killed = xstrndup(p->text.data + from, to - from);
    return replaced(p, from, to, "", 0);
}

void prompt_set(struct prompt *p, const char *text)
{
    size_t n = strlen(text);

    buf_clear(&p->text);
    buf_append(&p->text, "", 0);
    p->cursor = 0;
    p->scroll = 0;
    prompt_paste(p, text, n);
}

enum prompt_result prompt_paste(struct prompt *p, const char *text, size_t n)
{
    if (n > PROMPT_MAX_BYTES)
        n = PROMPT_MAX_BYTES;
    size_t cap = n * 3 + 8; /* an invalid byte becomes three */
    cleanup_free char *clean = xmalloc(cap);

    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    text_sanitise(clean, cap, text, n);
    return replaced(p, p->cursor, p->cursor, clean, strlen(clean));
}

static enum prompt_result walk_history(struct prompt *p, int step)
{
    size_t n = p->history ? p->history->n : 0;
    size_t to = p->history_i;

    if (step > 0 ? to >= n : to == 0)
        return PROMPT_MOVED;
    if (to == 0) {
        free(p->draft);
        p->draft = xstrdup(prompt_text(p));
    }
    to = step > 0 ? to + 1 : to - 1;
    prompt_set(p, to ? p->history->lines[n - to] : p->draft);
    p->history_i = to;
    return PROMPT_CHANGED;
}

static enum prompt_result complete(struct prompt *p)
{
    cleanup_buf struct buf word = {0};

    if (!p->complete)
        return PROMPT_IGNORED;
    if (p->completions == 0) {
        p->word_start = previous_blank(p, p->cursor);
        /* previous_blank skips blanks first: after one, there is a new, empty word. */
        if (p->cursor && p->text.data[p->cursor - 1] == ' ')
            p->word_start = p->cursor;
        free(p->word);
        p->word = xstrndup(prompt_text(p) + p->word_start, p->cursor - p->word_start);
    } else {
        replaced(p, p->word_start, p->cursor, p->word, strlen(p->word));
    }
    unsigned turn = p->completions;
    if (!p->complete(p->user, prompt_text(p), p->word_start, p->cursor, turn, &word))
        return PROMPT_MOVED;
    p->completions = turn + 1;
    return replaced(p, p->word_start, p->cursor, word.data ? word.data : "", word.len);
}

static enum prompt_result transpose(struct prompt *p)
{
    size_t right = p->cursor == p->text.len ? previous_char(p, p->cursor) : p->cursor;
    size_t left = previous_char(p, right), end = next_char(p, right);

    if (left == right || right == end)
        return PROMPT_MOVED;
    cleanup_free char *first = xstrndup(p->text.data + left, right - left);
    cleanup_free char *second = xstrndup(p->text.data + right, end - right);
    replaced(p, left, end, second, strlen(second));
    return replaced(p, p->cursor, p->cursor, first, strlen(first));
}

/* --- keys --- */
static enum prompt_result do_home(struct prompt *p)
{
    return moved(p, 0);
}
static enum prompt_result do_end(struct prompt *p)
{
    return moved(p, p->text.len);
}
static enum prompt_result do_left(struct prompt *p)
{
    return moved(p, previous_char(p, p->cursor));
}
static enum prompt_result do_right(struct prompt *p)
{
    return moved(p, next_char(p, p->cursor));
}
static enum prompt_result do_word_left(struct prompt *p)
{
    return moved(p, previous_word(p, p->cursor));
}
static enum prompt_result do_word_right(struct prompt *p)
{
    return moved(p, next_word(p, p->cursor));
}
static enum prompt_result do_backspace(struct prompt *p)
{
    return p->cursor ? replaced(p, previous_char(p, p->cursor), p->cursor, "", 0) : PROMPT_MOVED;
}
static enum prompt_result do_delete(struct prompt *p)
{
    size_t cursor = p->cursor;

    return cursor < p->text.len ? replaced(p, cursor, next_char(p, cursor), "", 0) : PROMPT_MOVED;
}
static enum prompt_result do_kill_end(struct prompt *p)
{
    return killed(p, p->cursor, p->text.len);
}
static enum prompt_result do_kill_start(struct prompt *p)
{
    return killed(p, 0, p->cursor);
}
static enum prompt_result do_kill_blank(struct prompt *p)
{
    return killed(p, previous_blank(p, p->cursor), p->cursor);
}
static enum prompt_result do_kill_word(struct prompt *p)
{
    return killed(p, p->cursor, next_word(p, p->cursor));
}
static enum prompt_result do_kill_word_left(struct prompt *p)
{
    return killed(p, previous_word(p, p->cursor), p->cursor);
}
static enum prompt_result do_yank(struct prompt *p)
{
    return p->killed ? replaced(p, p->cursor, p->cursor, p->killed, strlen(p->killed))
                     : PROMPT_MOVED;
}
static enum prompt_result do_older(struct prompt *p)
{
    return p->history ? walk_history(p, 1) : PROMPT_IGNORED;
}
static enum prompt_result do_newer(struct prompt *p)
{
    return p->history ? walk_history(p, -1) : PROMPT_IGNORED;
}
static enum prompt_result do_accept(struct prompt *p)
{
    return PROMPT_ACCEPT;
}
static enum prompt_result do_cancel(struct prompt *p)
{
    return PROMPT_CANCEL;
}

static const struct {
    struct key key;
    enum prompt_result (*run)(struct prompt *p);
} keys[] = {
    {{KEY_ENTER}, do_accept},
    {{'m', MOD_CTRL}, do_accept},
    {{'j', MOD_CTRL}, do_accept},
    {{KEY_ESCAPE}, do_cancel},
    {{'c', MOD_CTRL}, do_cancel},
    {{'g', MOD_CTRL}, do_cancel},
    {{KEY_HOME}, do_home},
    {{'a', MOD_CTRL}, do_home},
    {{KEY_END}, do_end},
    {{'e', MOD_CTRL}, do_end},
    {{KEY_LEFT}, do_left},
    {{'b', MOD_CTRL}, do_left},
    {{KEY_RIGHT}, do_right},
    {{'f', MOD_CTRL}, do_right},
    {{KEY_LEFT, MOD_CTRL}, do_word_left},
    {{KEY_LEFT, MOD_ALT}, do_word_left},
    {{'b', MOD_ALT}, do_word_left},
    {{KEY_RIGHT, MOD_CTRL}, do_word_right},
    {{KEY_RIGHT, MOD_ALT}, do_word_right},
    {{'f', MOD_ALT}, do_word_right},
    {{KEY_BACKSPACE}, do_backspace},
    {{'h', MOD_CTRL}, do_backspace},
    {{KEY_DELETE}, do_delete},
    {{'d', MOD_CTRL}, do_delete},
    {{'k', MOD_CTRL}, do_kill_end},
    {{'u', MOD_CTRL}, do_kill_start},
    {{'w', MOD_CTRL}, do_kill_blank},
    {{'d', MOD_ALT}, do_kill_word},
    {{KEY_BACKSPACE, MOD_ALT}, do_kill_word_left},
    {{'y', MOD_CTRL}, do_yank},
    {{'t', MOD_CTRL}, transpose},
    {{KEY_UP}, do_older},
    {{'p', MOD_CTRL}, do_older},
    {{KEY_DOWN}, do_newer},
    {{'n', MOD_CTRL}, do_newer},
    {{KEY_TAB}, complete},
};

static enum prompt_result insert(struct prompt *p, struct key key)
{
    char bytes[4];

    if (key.mods || key.code < ' ' || key.code == 0x7f || key.code > 0x10ffff)
        return PROMPT_IGNORED;
    return prompt_paste(p, bytes, utf8_encode(key.code, bytes));
}

enum prompt_result prompt_key(struct prompt *p, struct key key)
{
    if (!key_equal(key, (struct key){KEY_TAB}))
        p->completions = 0;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (key_equal(keys[i].key, key))
            return keys[i].run(p);
    return insert(p, key);
}

static int columns(const struct prompt *p, size_t from, size_t to)
{
    int cols = 0;

    for (size_t i = from; i < to; i = next_char(p, i)) {
        size_t size;

        cols += p->secret ? 1 : text_codepoint_width(codepoint_at(p, i, &size));
    }
    return cols;
}

static void scroll_to_cursor(struct prompt *p, int at, int w)
{
    if (p->scroll > at)
        p->scroll = at;
    if (at - p->scroll > w - 1)
        p->scroll = at - (w - 1);
    int total = columns(p, 0, p->text.len);
    /* After deleting, show as much as fits. */
    if (p->scroll > 0 && total - p->scroll < w - 1)
        p->scroll = total > w - 1 ? total - (w - 1) : 0;
}

int prompt_draw(struct prompt *p, struct canvas c, int y, int x, int w, struct style style)
{
    int at = columns(p, 0, p->cursor);
    struct canvas line;
    size_t i = 0;
    int col;

    if (w <= 0)
        return x;
    scroll_to_cursor(p, at, w);
    line = canvas_sub(c, (struct rect){y, x, 1, w});
    canvas_fill(line, (struct rect){0, 0, 1, w}, style);
    for (col = -p->scroll; i < p->text.len && col < w;) {
        size_t end = next_char(p, i), size;
        int width = p->secret ? 1 : text_codepoint_width(codepoint_at(p, i, &size));
        cleanup_free char *one = xstrndup(p->text.data + i, end - i);

        if (col >= 0)
            canvas_text(line, 0, col, w - col, style, p->secret ? "\xe2\x80\xa2" : one);
        col += width;
        i = end;
    }
    return x + at - p->scroll;
}
