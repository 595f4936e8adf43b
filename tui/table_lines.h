/* SPDX-License-Identifier: MIT
 *
 * What table_update.c builds, table.c moves in and table_draw.c draws.
 */
#ifndef TUI_TABLE_LINES_H
#define TUI_TABLE_LINES_H

#include <uthash.h>

#include "tui/table.h"

struct table_entry {
    char *id;              /* owned */
    char *group;           /* owned; "" when there are no groups */
    size_t row;            /* in the source */
    size_t place;          /* among all rows; SIZE_MAX: not there yet */
    size_t position, line; /* among the rows shown, and among the lines */
    uint32_t generation;   /* of the last walk through the source that saw it */
    bool shown, marked;
    bool astray; /* to be put in order once it does not rest any more */
    /* Of the table_update under way. */
    bool is_new, gone, noted, moving;
    UT_hash_handle hh;
};

struct table_line {
    struct table_entry *entry; /* NULL: a heading */
    const char *group;         /* borrowed from an entry */
    size_t n_rows;             /* under this heading */
};

void table_entry_free(struct table *t, struct table_entry *entry);

#endif
