/* SPDX-License-Identifier: MIT
 *
 * A canvas of a test's own, and its text.
 */
#ifndef TESTS_TUI_DUMP_H
#define TESTS_TUI_DUMP_H

#include "base/alloc.h"
#include "tui/canvas.h"

static inline struct canvas dump_canvas(int rows, int cols)
{
    return (struct canvas){
        .cells = xcalloc((size_t)rows * (size_t)cols + 1, sizeof(struct cell)),
        .stride = cols,
        .rows = rows,
        .cols = cols,
    };
}

/* The text of the canvas, which is freed; the caller frees the text. */
static inline char *dump_text(struct canvas c)
{
    struct buf out = {0};

    canvas_dump(c, &out);
    free(c.cells);
    return buf_steal(&out);
}

#endif
