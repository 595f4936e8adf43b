/* SPDX-License-Identifier: MIT
 *
 * A logical line of the scrollback wrapped to another width without unpacking it: its records'
 * texts and runs are put behind one another and cut where the new rows end. That is what makes a
 * resize of a long scrollback cheap; what needs cells (places that are followed, marks in the
 * middle, wide characters to or from one column) is left to reflow.c.
 */
#include <string.h>

#include "vterm/internal.h"

/* Of a logical line; a longer one is unpacked, which takes less memory. */
#define RECORDS_MAX 4096

void refold_init(struct refold *f, int old_cols, int cols)
{
    *f = (struct refold){.old_cols = old_cols, .cols = cols};
    f->record = xmalloc(pack_bound(cols) + PACKED_SLACK);
}

void refold_finish(struct refold *f)
{
    buf_finish(&f->text);
    buf_finish(&f->runs);
    free(f->record);
}

static void pad(struct refold *f, int n)
{
    memset(buf_reserve(&f->text, (size_t)n), 0, (size_t)n);
    f->text.len += (size_t)n;
    for (int k; n > 0; n -= k) {
        k = n < 255 ? n : 255;
        buf_append(&f->runs, (char[]){(char)k, 0}, 2);
    }
}

static bool begins_wide(const struct scrollback *from, size_t i)
{
    size_t size;
    const unsigned char *record = scrollback_record(from, i, &size);
    size_t n_text;
    const char *text = packed_text(record, &n_text), *next = packed_next(text, text + n_text);

    return packed_cols(record) > 1 && next < text + n_text && *next == PACKED_CONTINUATION;
}

/* Puts a record behind what there is. False: it needs cells. */
static bool gather(struct refold *f, const struct scrollback *from, size_t i, bool wrapped)
{
    size_t size, n_text;
    const unsigned char *record = scrollback_record(from, i, &size);
    const char *text = packed_text(record, &n_text), *runs = text + n_text;
    int n = packed_cols(record);

    if (n > f->old_cols)
        return false;
    if (wrapped && n >= f->old_cols - 1 && begins_wide(from, i + 1)) {
        /* The column left empty for want of room is not part of the text. */
        if (n == f->old_cols && !text[n_text - 1])
            return false;
        wrapped = false;
    }
    buf_append(&f->text, text, n_text);
    buf_append(&f->runs, runs, (size_t)((const char *)record + size - runs));
    f->n_cells += (size_t)n;
    if (wrapped && n < f->old_cols) {
        pad(f, f->old_cols - n);
        f->n_cells += (size_t)(f->old_cols - n);
    }
    return true;
}

/* Bytes of the first n cells. Takes one cell less when that would part a wide character. */
static size_t bytes_of_cells(const struct refold *f, const char *text, size_t *n)
{
    const char *end = f->text.data + f->text.len, *p = text, *before = text;

    if (f->is_plain)
        return *n;
    for (size_t i = 0; i < *n; i++) {
        before = p;
        p = packed_next(p, end);
    }
    if (p < end && *p == PACKED_CONTINUATION) {
        (*n)--;
        return (size_t)(before - text);
    }
    return (size_t)(p - text);
}

/* How many of the n cells remain when blank ones at the end are dropped. */
static size_t without_blanks(struct packed_runs runs, const char *text, size_t n_bytes, size_t n)
{
    size_t zeros = 0, plain = 0;

    while (zeros < n && zeros < n_bytes && !text[n_bytes - 1 - zeros])
        zeros++;
    if (!zeros)
        return n;
    for (size_t left = n; left;) {
        size_t k = packed_runs_skip(&runs, left);

        plain = runs.is_default ? plain + k : 0;
        left -= k;
    }
    return n - (zeros < plain ? zeros : plain);
}

static void put_row(struct refold *f, struct scrollback *to, struct packed_runs *runs,
                    const char *text, size_t n_bytes, size_t n, unsigned flags)
{
    size_t kept = without_blanks(*runs, text, n_bytes, n);
    size_t size = packed_write(f->record, text, n_bytes - (n - kept), kept, runs, flags);

    for (size_t left = n - kept; left;)
        left -= packed_runs_skip(runs, left);
    scrollback_push_packed(to, f->record, size);
}

size_t refold_line(struct refold *f, struct scrollback *to, const struct scrollback *from, size_t i,
                   size_t end)
{
    size_t size, next = i;
    unsigned first_flags = packed_flags(scrollback_record(from, i, &size));
    bool wrapped = true;

    buf_clear(&f->text);
    buf_clear(&f->runs);
    f->n_cells = 0;
    for (; wrapped; next++) {
        if (next >= end || next - i >= RECORDS_MAX)
            return i;
        unsigned flags = packed_flags(scrollback_record(from, next, &size));

        wrapped = flags & LINE_WRAPPED && next + 1 < scrollback_count(from);
        if ((next > i && line_marks(flags)) || !gather(f, from, next, wrapped))
            return i;
    }
    f->is_plain = f->text.len == f->n_cells;
    if (!f->is_plain && (f->old_cols == 1 ||
                         (f->cols == 1 && memchr(f->text.data, PACKED_CONTINUATION, f->text.len))))
        return i;
    memset(buf_reserve(&f->runs, PACKED_SLACK), 0, PACKED_SLACK);
    struct packed_runs runs = {.next = (const unsigned char *)f->runs.data};
    const char *text = f->text.data;
    unsigned marks = first_flags & ~(unsigned)(LINE_WRAPPED | LINE_LINKS);

    while (f->n_cells > (size_t)f->cols) {
        size_t n = (size_t)f->cols, n_bytes = bytes_of_cells(f, text, &n);

        put_row(f, to, &runs, text, n_bytes, n, marks | LINE_WRAPPED);
        marks = 0;
        text += n_bytes;
        f->n_cells -= n;
    }
    put_row(f, to, &runs, text, (size_t)(f->text.data + f->text.len - text), f->n_cells, marks);
    return next;
}
