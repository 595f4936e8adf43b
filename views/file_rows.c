/* SPDX-License-Identifier: MIT
 *
 * A folder's files as rows: folders first, then by name.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/progress.h"
#include "views/file_internal.h"

enum column { NAME, SIZE, MODIFIED, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [NAME] = {.title = "NAME", .min = 12, .ideal = 26, .max = 120},
    [SIZE] = {.title = "SIZE",
              .min = 8,
              .ideal = 8,
              .max = 8,
              .priority = 1,
              .right = true,
              .descending = true},
    [MODIFIED] =
        {.title = "MODIFIED", .min = 16, .ideal = 16, .max = 16, .priority = 2, .descending = true},
};

void file_rows_free(struct files *f)
{
    for (size_t i = 0; i < f->n_rows; i++)
        free(f->rows[i].name);
    free(steal_pointer(&f->rows));
    f->n_rows = f->n_left_out = 0;
}

void file_rows_take(struct files *f, const struct file_info *all, size_t n)
{
    size_t kept = n < FILE_ROWS_MAX ? n : FILE_ROWS_MAX;

    file_rows_free(f);
    f->rows = xcalloc(kept ? kept : 1, sizeof *f->rows);
    f->n_left_out = n - kept;
    for (size_t i = 0; i < kept; i++)
        f->rows[f->n_rows++] = (struct file_row){.name = xstrdup(all[i].name),
                                                 .size = all[i].size,
                                                 .modified_ms = all[i].modified_ms,
                                                 .is_dir = all[i].is_dir};
    f->revision++;
}

const struct file_row *file_rows_find(const struct files *f, const char *name)
{
    for (size_t i = 0; name && i < f->n_rows; i++)
        if (strcmp(f->rows[i].name, name) == 0)
            return &f->rows[i];
    return NULL;
}

const struct file_row *file_rows_selected(const struct files *f)
{
    return file_rows_find(f, table_selected(&f->list.table));
}

/* --- what the table asks --- */

static size_t row_count(void *user)
{
    return ((const struct files *)user)->n_rows;
}

static const char *row_id(void *user, size_t row)
{
    return ((const struct files *)user)->rows[row].name;
}

static bool row_shown(void *user, size_t row)
{
    const struct files *f = user;

    return !filter_active(&f->list.filter) ||
           filter_match(&f->list.filter, f->rows[row].name, NULL, NULL);
}

static int row_compare(void *user, size_t a, size_t b, int column)
{
    const struct file_row *x = &((const struct files *)user)->rows[a];
    const struct file_row *y = &((const struct files *)user)->rows[b];

    if (column == SIZE)
        return (x->size > y->size) - (x->size < y->size);
    if (column == MODIFIED)
        return (x->modified_ms > y->modified_ms) - (x->modified_ms < y->modified_ms);
    if (x->is_dir != y->is_dir)
        return y->is_dir - x->is_dir;
    int order = strverscmp(x->name, y->name);
    return order ? order : strcmp(x->name, y->name);
}

static void row_cell(void *user, size_t i, int column, struct table_cell *out)
{
    const struct files *f = user;
    const struct file_row *row = &f->rows[i];
    char size[PROGRESS_SIZE_TEXT], name[240];
    time_t seconds = (time_t)(row->modified_ms / 1000);
    struct tm tm;

    out->role = f->error.code ? ROLE_STALE : ROLE_TEXT;
    switch (column) {
    case NAME:
        text_sanitise(name, sizeof name, row->name, strlen(row->name));
        snprintf(out->text, sizeof out->text, "%s%s", name, row->is_dir ? "/" : "");
        if (row->is_dir && !f->error.code)
            out->role = ROLE_TITLE;
        break;
    case SIZE:
        snprintf(out->text, sizeof out->text, "%s",
                 row->is_dir ? "-" : progress_bytes(size, row->size));
        break;
    default:
        out->role = f->error.code ? ROLE_STALE : ROLE_DIM;
        if (row->modified_ms && localtime_r(&seconds, &tm))
            strftime(out->text, sizeof out->text, "%Y-%m-%d %H:%M", &tm);
        else
            snprintf(out->text, sizeof out->text, "-");
    }
}

struct table_source file_rows_source(struct files *f)
{
    return (struct table_source){.columns = columns,
                                 .n_columns = N_COLUMNS,
                                 .count = row_count,
                                 .id = row_id,
                                 .shown = row_shown,
                                 .compare = row_compare,
                                 .cell = row_cell,
                                 .user = f};
}
