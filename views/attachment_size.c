/* SPDX-License-Identifier: MIT
 *
 * The size of an attached terminal, in bounded work however many sizes others give it: each wraps
 * all of scrollback anew.
 *
 * A size that comes soon after the last waits, and only the last one that came counts. Output
 * behind it is for it and waits as long; what was printed between two that wait is taken at the
 * later one, as the host's screen has it in the end.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "views/attachment_internal.h"

#define RESIZE_MS  50
#define BEHIND_MAX ((size_t)256 * 1024)

static bool waits(const struct attachment *a)
{
    return a->next.rows > 0;
}

static void resize(struct attachment *a, int rows, int cols)
{
    if (term_rows(a->term) == rows && term_cols(a->term) == cols)
        return;
    term_resize(a->term, rows, cols);
    a->next.resized_at_ms = clock_mono_ms();
    if (a->recorder)
        recorder_resize(a->recorder, rows, cols);
}

bool attachment_has_size(const struct attachment *a, int rows, int cols)
{
    if (waits(a))
        return a->next.rows == rows && a->next.cols == cols;
    return term_rows(a->term) == rows && term_cols(a->term) == cols;
}

void attachment_set_size(struct attachment *a, int rows, int cols)
{
    if (!waits(a)) {
        resize(a, rows, cols);
        return;
    }
    a->next.rows = rows;
    a->next.cols = cols;
}

bool attachment_take_size(struct attachment *a, int rows, int cols)
{
    int64_t left = a->next.resized_at_ms + RESIZE_MS - clock_mono_ms();

    if (!waits(a) && (left <= 0 || attachment_has_size(a, rows, cols))) {
        resize(a, rows, cols);
        return true;
    }
    a->next.rows = rows;
    a->next.cols = cols;
    tick_after(a->next.tick, left > 0 ? left : 0);
    return false;
}

bool attachment_hold_output(struct attachment *a, const char *bytes, size_t n)
{
    if (!waits(a))
        return false;
    if (a->next.behind.len + n > BEHIND_MAX) {
        attachment_size_now(a);
        return false;
    }
    buf_append(&a->next.behind, bytes, n);
    return true;
}

bool attachment_size_now(struct attachment *a)
{
    if (!waits(a))
        return false;
    struct buf behind = a->next.behind;
    int rows = a->next.rows, cols = a->next.cols;

    tick_after(a->next.tick, -1);
    a->next.behind = (struct buf){0};
    a->next.rows = a->next.cols = 0;
    resize(a, rows, cols);
    if (behind.len)
        attachment_take_output(a, behind.data, behind.len);
    buf_finish(&behind);
    return true;
}
