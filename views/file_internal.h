/* SPDX-License-Identifier: MIT
 *
 * What files.c (the view), file_rows.c (a folder's rows), file_verbs.c and file_transfers.c (its
 * actions) share. Nobody else includes this.
 */
#ifndef VIEWS_FILE_INTERNAL_H
#define VIEWS_FILE_INTERNAL_H

#include "client/file.h"
#include "client/transfer.h"
#include "tui/list.h"
#include "views/files.h"

#define FILE_ROWS_MAX 20000 /* of a folder; what is beyond is left out and said */

struct file_row {
    char *name; /* owned, as the host says it */
    int64_t size, modified_ms;
    bool is_dir;
};

struct files {
    struct list list; /* first: list_view.h */
    struct views_env *env;
    struct view *view;
    struct remote *remote;
    char *path;            /* owned, absolute; NULL: not known yet */
    char *home;            /* owned; NULL: not known yet */
    struct file_row *rows; /* owned */
    size_t n_rows, n_left_out;
    uint64_t revision;
    char *select; /* owned: the name to select when it comes; or NULL */
    struct request *request;
    int64_t asked_ms, confirmed_ms; /* clock_mono_ms */
    bool is_loaded;
    struct err error;
    struct tick *poll;
};

/* --- files.c --- */
/* Shows another folder. */
void files_go(struct files *f, const char *path, const char *select);
void files_read(struct files *f);
/* The first view that shows this sandbox reads again. */
void files_poke(struct views_env *env, const char *sandbox_id);
/* "/a" and "b" make "/a/b"; "~", "..", "." and absolute names as one types them. Freed by the
 * caller. */
char *files_join(const struct files *f, const char *name);

/* --- file_rows.c --- */
struct table_source file_rows_source(struct files *f);
void file_rows_take(struct files *f, const struct file_info *all, size_t n);
void file_rows_free(struct files *f);
const struct file_row *file_rows_find(const struct files *f, const char *name);
const struct file_row *file_rows_selected(const struct files *f);

/* --- file_verbs.c --- VIEW_IGNORED: none of them. */
enum view_result file_verbs_run(struct files *f, const char *action);

/* --- file_transfers.c --- */
enum view_result file_upload(struct files *f);
enum view_result file_download(struct files *f);

#endif
