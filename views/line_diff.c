/* SPDX-License-Identifier: MIT
 *
 * same beginning, same end, and between them the longest common subsequence.
 */
#include "views/line_diff.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

struct line {
    const char *text;
    size_t n;
};

struct lines {
    struct line *all; /* owned */
    size_t n;
};

static struct lines split(const char *text, size_t n)
{
    struct lines lines = {0};
    size_t cap = 0;

    while (n) {
        const char *end = memchr(text, '\n', n);
        size_t len = end ? (size_t)(end - text) : n;

        if (lines.n == cap) {
            cap = cap ? cap * 2 : 64;
            lines.all = xreallocarray(lines.all, cap, sizeof *lines.all);
        }
        lines.all[lines.n++] = (struct line){text, len};
        len += end != NULL;
        text += len;
        n -= len;
    }
    return lines;
}

static bool same(const struct line *a, const struct line *b)
{
    return a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

static void add(struct buf *out, char sign, const struct line *line)
{
    size_t cap = line->n * 3 + 8;
    cleanup_free char *clean = xmalloc(cap);

    buf_printf(out, "%c %s\n", sign, text_sanitise(clean, cap, line->text, line->n));
}

/* length[i * (n_b + 1) + j]: of the longest common subsequence of a[i…] and b[j…]. */
static uint16_t *lengths(const struct line *a, size_t n_a, const struct line *b, size_t n_b)
{
    uint16_t *length = xcalloc((n_a + 1) * (n_b + 1), sizeof *length);
    size_t w = n_b + 1;

    for (size_t i = n_a; i-- > 0;) {
        for (size_t j = n_b; j-- > 0;) {
            uint16_t down = length[(i + 1) * w + j], right = length[i * w + j + 1];

            if (same(&a[i], &b[j]))
                length[i * w + j] = (uint16_t)(length[(i + 1) * w + j + 1] + 1);
            else
                length[i * w + j] = down > right ? down : right;
        }
    }
    return length;
}

static void middle(struct buf *out, const struct line *a, size_t n_a, const struct line *b,
                   size_t n_b)
{
    cleanup_free uint16_t *length = lengths(a, n_a, b, n_b);
    size_t i = 0, j = 0, w = n_b + 1;

    while (i < n_a || j < n_b) {
        if (i < n_a && j < n_b && same(&a[i], &b[j])) {
            add(out, ' ', &a[i++]);
            j++;
        } else if (j == n_b || (i < n_a && length[(i + 1) * w + j] >= length[i * w + j + 1])) {
            add(out, '-', &a[i++]);
        } else {
            add(out, '+', &b[j++]);
        }
    }
}

void line_diff(struct buf *out, const char *a, size_t n_a, const char *b, size_t n_b,
               size_t context)
{
    struct lines left = split(a, n_a), right = split(b, n_b);
    size_t head = 0, tail = 0, least = left.n < right.n ? left.n : right.n;

    while (head < least && same(&left.all[head], &right.all[head]))
        head++;
    while (tail < least - head &&
           same(&left.all[left.n - 1 - tail], &right.all[right.n - 1 - tail]))
        tail++;
    size_t l = left.n - head - tail, r = right.n - head - tail;
    if (l || r) {
        size_t left_out = (l > LINE_DIFF_MAX ? l - LINE_DIFF_MAX : 0) +
                          (r > LINE_DIFF_MAX ? r - LINE_DIFF_MAX : 0);

        for (size_t i = head > context ? head - context : 0; i < head; i++)
            add(out, ' ', &left.all[i]);
        middle(out, left.all + head, l < LINE_DIFF_MAX ? l : LINE_DIFF_MAX, right.all + head,
               r < LINE_DIFF_MAX ? r : LINE_DIFF_MAX);
        if (left_out)
            buf_printf(out, "\xe2\x80\xa6 %zu more lines\n", left_out);
        for (size_t i = 0; i < context && i < tail; i++)
            add(out, ' ', &left.all[left.n - tail + i]);
    }
    free(left.all);
    free(right.all);
}
