/* SPDX-License-Identifier: MIT
 *
 * A table of rows that come and go: sorted, filtered, grouped, marked.
 *
 * A row is known by its id. The selection and the marks stay with their ids; the order rests for
 * TABLE_FREEZE_MS after a key, so that nothing moves under the fingers. The table keeps no text:
 * it asks its source for the cells of the rows that are on the screen.
 *
 * Times are clock_mono_ms.
 */
#ifndef TUI_TABLE_H
#define TUI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/key.h"
#include "tui/canvas.h"
#include "tui/filter.h"
#include "tui/theme.h"

#define TABLE_FREEZE_MS   2000
#define TABLE_COLUMNS_MAX 16

struct table_column {
    const char *title;
    int min, ideal, max; /* columns; it grows past ideal for the texts that were seen */
    int priority;        /* 0 stays; when room is short the highest goes first */
    bool right;          /* aligned to the right */
    bool descending;     /* sorting by it begins with the largest */
};

struct table_cell {
    char text[256]; /* clean (text_sanitise) */
    enum role role; /* ROLE_TEXT: as the row */
};

/* Rows are numbered from 0. Without `changes`, the numbers are the source's order, which may be
 * another at each table_update, and each walks all rows. With it, a row keeps its number as long as
 * it is there, and a table_update costs what changed. */
struct table_source {
    const struct table_column *columns; /* borrowed */
    int n_columns;
    size_t (*count)(void *user);
    const char *(*id)(void *user, size_t row); /* NULL (only with `changes`): no row has it now */
    const char *(*group)(void *user, size_t row); /* NULL: no headings */
    bool (*shown)(void *user, size_t row);        /* the filter; NULL: all */
    int (*compare)(void *user, size_t a, size_t b, int column);
    void (*cell)(void *user, size_t row, int column, struct table_cell *out);
    /* Calls each(to, row) for the numbers whose rows came, changed or went after this revision;
     * false, without a call, when that is not known any more: then all are looked at. */
    bool (*changes)(void *user, uint64_t since, void (*each)(void *to, size_t row), void *to);
    void *user;
};

struct table_entry;
struct table_line;

struct table {
    struct table_source source;
    const struct filter *filter; /* borrowed, or NULL: what to highlight */
    bool grouped;                /* set by the owner; needs source.group */
    int sort_column;
    bool descending;
    bool held; /* order kept until it is released (Z) */
    /* The table's own. */
    struct table_entry *entries; /* uthash by id */
    struct table_entry **all;    /* owned: every row, in order */
    size_t n_entries, cap_entries;
    struct table_entry **by_row; /* owned: by number, for sources with `changes` */
    size_t n_by_row;
    struct table_entry **order; /* owned: rows shown, in order */
    size_t n_rows, cap_rows;    /* rows shown */
    size_t n_all;               /* rows of the source */
    struct table_line *lines;   /* owned: rows and headings */
    size_t n_lines, cap_lines;
    struct table_entry *selected; /* NULL only when nothing is shown */
    struct table_entry *anchor;   /* of the last mark */
    size_t n_marked;
    size_t top;        /* first line shown */
    int height, width; /* of the last table_layout */
    int seen[TABLE_COLUMNS_MAX], widths[TABLE_COLUMNS_MAX], xs[TABLE_COLUMNS_MAX];
    uint64_t revision;
    uint32_t generation;
    int64_t frozen_until_ms;
    bool invalid;       /* needs a rebuild whatever the revision */
    bool resort;        /* … and in the right order, even during a freeze */
    bool refilter;      /* every row is to pass the filter again */
    bool has_astray;    /* some rows are not where they should be, and noted */
    bool is_disordered; /* … or not noted */
    bool thaw_wanted;   /* the order shown is not the one it should have */
};

void table_init(struct table *t, const struct table_source *source);
void table_finish(struct table *t);
/* Takes the source's rows over if revision is another than last time, or something else asks for
 * it (sorting, the end of a freeze, table_invalidate). */
void table_update(struct table *t, uint64_t revision, int64_t now_ms);
/* Sort order, filter or grouping changed: table_update must look again, at once. */
void table_invalidate(struct table *t);
/* Only the filter did. */
void table_refilter(struct table *t);
/* A key was pressed: the order rests. */
void table_touch(struct table *t, int64_t now_ms);
/* When table_update should run again because a freeze ends; 0: never. */
int64_t table_thaw_at_ms(const struct table *t);
/* Says how large the next drawing is (header included) and scrolls the selection into sight. */
void table_layout(struct table *t, int rows, int cols);
void table_draw(struct table *t, struct canvas c, const struct theme *theme);

/* Motions, sorting, marks: "list-down", "list-sort-next", "list-mark"… (table.c). False: not one of
 * the table's. */
bool table_act(struct table *t, const char *action, int64_t now_ms);
/* A click selects, the wheel scrolls. row counts from the table's header. Returns 2 when the
 * selected row was clicked again, 1 when something changed, else 0. */
int table_mouse(struct table *t, struct mouse mouse, int64_t now_ms);

/* The selected row's id, NULL when the table is empty. Valid until the next table_update. */
const char *table_selected(const struct table *t);
/* Selects a row by id; false when it is not shown. */
bool table_select(struct table *t, const char *id);
/* Position of the selected row among those shown, from 1; 0 when there is none. */
size_t table_position(const struct table *t);
/* Marks, also of rows that the filter hides. */
void table_clear_marks(struct table *t);
/* What an action is about: the marked rows, else the selected one. Returns how many; *ids is an
 * array to free (NULL when 0) of ids that are valid until the next table_update. */
size_t table_targets(const struct table *t, const char ***ids);

#endif
