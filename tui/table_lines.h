/* SPDX-License-Identifier: MIT
 *
 * What table.c builds and table_draw.c draws.
 */
#ifndef TUI_TABLE_LINES_H
#define TUI_TABLE_LINES_H

#include <uthash.h>

#include "tui/table.h"

struct table_entry {
    char *id;              /* owned */
    char *group;           /* owned; "" when there are no groups */
    size_t row;            /* in the source */
    size_t rank;           /* place in the order before this update */
    size_t position, line; /* among the rows shown, and among the lines */
    uint32_t generation;   /* of the last table_update that saw it */
    bool shown, marked, listed;
    UT_hash_handle hh;
};

struct table_line {
    struct table_entry *entry; /* NULL: a heading */
    const char *group;         /* borrowed from an entry */
    size_t n_rows;             /* under this heading */
};

#endif
