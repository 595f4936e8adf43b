/* SPDX-License-Identifier: MIT
 *
 * Variables as they are in the file and as they shall be: what is staged stays on top when the file
 * changes below it.
 */
#ifndef VIEWS_ENV_ROWS_H
#define VIEWS_ENV_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "client/env.h"
#include "tui/diff.h"

#define ENV_ROWS_MAX 10000
#define ENV_UNDO_MAX 1000

struct env_row {
    char *name;   /* owned, as are all */
    char *before; /* in the file; NULL: not there */
    char *after;  /* as it shall be; NULL: not there */
    bool revealed;
};

struct env_undo {
    char *name, *after; /* owned */
};

/* Zeroed memory is an empty set. Values are wiped when they go. */
struct env_rows {
    struct env_row *all; /* owned */
    size_t n, cap;
    struct env_undo *undo; /* owned */
    size_t n_undo;
};

void env_rows_finish(struct env_rows *r);
struct env_row *env_rows_find(const struct env_rows *r, const char *name);
bool env_row_staged(const struct env_row *row);
size_t env_rows_staged(const struct env_rows *r);
/* What the file holds now. True when that is not what it held before. */
bool env_rows_take(struct env_rows *r, const struct env_variable *all, size_t n);
/* after NULL: removed. */
void env_rows_stage(struct env_rows *r, const char *name, const char *after);
/* Takes the last stage back; its name, or NULL when there is none. Valid until the next call. */
const char *env_rows_undo(struct env_rows *r);
void env_rows_discard(struct env_rows *r);
/* "NAME=value" rows of what is staged; masked: without the values. */
void env_rows_diff(const struct env_rows *r, struct diff *out, bool masked);
/* A value that may not be seen: "••••••••", whatever its length. */
extern const char ENV_MASK[];
void env_wipe(char *value);

#endif
