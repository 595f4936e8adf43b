/* SPDX-License-Identifier: MIT
 *
 * The folder is read when the view opens and on refresh; of each file its header and its end.
 */
#include "views/recordings.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/list.h"
#include "tui/progress.h"
#include "views/dialog.h"
#include "views/list_view.h"
#include "views/notice.h"
#include "views/player.h"

#define RECORDINGS_MAX 2000

enum { NAME, OF, LENGTH, SIZE, DATE, N_COLUMNS };
static const struct table_column columns[N_COLUMNS] = {
    [NAME] = {"NAME", 10, 30, 80, 0, false, false},
    [OF] = {"SANDBOX", 8, 16, 40, 1, false, false},
    [LENGTH] = {"LENGTH", 6, 8, 10, 0, true, true},
    [SIZE] = {"SIZE", 6, 8, 10, 2, true, true},
    [DATE] = {"RECORDED", 16, 16, 19, 1, false, true},
};

struct row {
    char *name; /* owned: of the file, its id */
    char shown[160], of[160];
    int64_t length_ms; /* -1: not known */
    off_t size;
    time_t when;
};

struct recordings {
    struct list list; /* first: list_view.h */
    struct views_env *env;
    struct view *view;
    struct row *rows; /* owned */
    size_t n_rows;
    uint64_t revision;
    struct err error; /* why the folder cannot be read; code 0: it can */
};

/* --- the folder --- */
static void forget(struct recordings *r)
{
    for (size_t i = 0; i < r->n_rows; i++)
        free(r->rows[i].name);
    free(r->rows);
    r->rows = NULL;
    r->n_rows = 0;
}

static char *path_of(const struct recordings *r, const char *name)
{
    return xasprintf("%s/%s", r->env->recordings_dir, name);
}

static void read_row(struct recordings *r, const char *name)
{
    cleanup_free char *path = path_of(r, name);
    struct row row = {.length_ms = -1};
    struct recording_file file;
    struct stat st;
    struct err e;

    if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    row.name = xstrdup(name);
    row.size = st.st_size;
    row.when = st.st_mtime;
    text_sanitise(row.shown, sizeof row.shown, name, strlen(name));
    if (recording_file_open(&file, path, 0, &e) == 0) {
        const char *of = replay_title(file.replay);

        row.length_ms = replay_duration_ms(file.replay);
        if (replay_timestamp(file.replay))
            row.when = (time_t)replay_timestamp(file.replay);
        text_sanitise(row.of, sizeof row.of, of, strlen(of));
        recording_file_close(&file);
    }
    r->rows = xreallocarray(r->rows, r->n_rows + 1, sizeof *r->rows);
    r->rows[r->n_rows++] = row;
}

static void scan(struct recordings *r)
{
    DIR *dir = r->env->recordings_dir ? opendir(r->env->recordings_dir) : NULL;
    struct dirent *entry;

    r->error = (struct err){0};
    if (r->env->recordings_dir && !dir && errno != ENOENT)
        err_set_errno(&r->error, errno, "cannot read the recordings in %s", r->env->recordings_dir);
    forget(r);
    r->revision++;
    while (dir && r->n_rows < RECORDINGS_MAX && (entry = readdir(dir))) {
        size_t n = strlen(entry->d_name);

        if (n > 5 && strcmp(entry->d_name + n - 5, ".cast") == 0)
            read_row(r, entry->d_name);
    }
    if (dir)
        closedir(dir);
    table_invalidate(&r->list.table);
    view_damage(r->view);
}

/* --- the table --- */
static size_t count(void *user)
{
    return ((struct recordings *)user)->n_rows;
}

static const char *row_id(void *user, size_t i)
{
    return ((struct recordings *)user)->rows[i].name;
}

static bool shown(void *user, size_t i)
{
    const struct recordings *r = user;
    cleanup_free char *text = xasprintf("%s %s", r->rows[i].shown, r->rows[i].of);

    return !filter_active(&r->list.filter) || filter_match(&r->list.filter, text, NULL, NULL);
}

static int compare(void *user, size_t i, size_t j, int column)
{
    const struct row *a = &((struct recordings *)user)->rows[i],
                     *b = &((struct recordings *)user)->rows[j];

    switch (column) {
    case OF:
        return strcmp(a->of, b->of);
    case LENGTH:
        return compare_numbers(a->length_ms, b->length_ms);
    case SIZE:
        return compare_numbers(a->size, b->size);
    case DATE:
        return compare_numbers(a->when, b->when);
    default:
        return strverscmp(a->shown, b->shown);
    }
}

static void cell(void *user, size_t i, int column, struct table_cell *out)
{
    const struct row *row = &((struct recordings *)user)->rows[i];
    struct tm tm;

    switch (column) {
    case OF:
        snprintf(out->text, sizeof out->text, "%s", row->of);
        break;
    case LENGTH:
        if (row->length_ms < 0)
            snprintf(out->text, sizeof out->text, "?");
        else
            player_time(out->text, sizeof out->text, row->length_ms);
        break;
    case SIZE:
        progress_bytes(out->text, row->size);
        break;
    case DATE:
        localtime_r(&row->when, &tm);
        strftime(out->text, sizeof out->text, "%Y-%m-%d %H:%M", &tm);
        break;
    default:
        snprintf(out->text, sizeof out->text, "%s", row->shown);
        break;
    }
}

/* --- verbs --- */
static enum view_result play(struct recordings *r)
{
    const char *name = table_selected(&r->list.table);
    struct err e = {0};

    if (!name)
        return VIEW_HANDLED;
    cleanup_free char *path = path_of(r, name);
    struct view *v = player_view_create(r->env->tui, path, 1, &e);
    if (v)
        tui_show(r->env->tui, v);
    else
        views_toast_error(r->env, &e);
    return VIEW_HANDLED;
}

struct deletion {
    char **names; /* owned, also each */
    size_t n;
};

static struct recordings *of_view(struct view *v);

static void on_delete_answer(struct views_env *env, void *user, bool yes)
{
    struct deletion *d = user;
    /* A "no" can come when the screen is gone already. */
    struct recordings *r = yes ? of_view(tui_focused(env->tui)) : NULL;
    size_t n_failed = 0;

    for (size_t i = 0; i < d->n; i++) {
        cleanup_free char *path = xasprintf("%s/%s", env->recordings_dir, d->names[i]);

        n_failed += yes && unlink(path) < 0;
        free(d->names[i]);
    }
    if (yes)
        tui_toast(env->tui, n_failed ? ROLE_ERROR : ROLE_GOOD, "%zu of %zu recordings deleted",
                  d->n - n_failed, d->n);
    free(d->names);
    free(d);
    if (r)
        scan(r);
}

static enum view_result ask_delete(struct recordings *r)
{
    struct deletion *d = xcalloc(1, sizeof *d);
    const char **targets = NULL;

    struct confirm question;

    d->n = table_targets(&r->list.table, &targets);
    if (!d->n) {
        free(targets);
        free(d);
        return VIEW_HANDLED;
    }
    d->names = xcalloc(d->n, sizeof *d->names);
    confirm_init(&question, "Delete recordings", "delete", "The files are removed for good.");
    for (size_t i = 0; i < d->n; i++) {
        char clean[160];

        d->names[i] = xstrdup(targets[i]);
        confirm_add(&question, text_sanitise(clean, sizeof clean, targets[i], strlen(targets[i])));
    }
    free(targets);
    confirm_dialog_open(r->env, &question, on_delete_answer, d);
    return VIEW_HANDLED;
}

static enum view_result copy_path(struct recordings *r)
{
    const char *name = table_selected(&r->list.table);

    if (name) {
        cleanup_free char *path = path_of(r, name);

        views_copy(r->env, "the path", path);
    }
    return VIEW_HANDLED;
}

/* --- the view --- */
static void close_view(struct view *v)
{
    struct recordings *r = v->data;

    list_finish(&r->list);
    forget(r);
    free(r);
}

static void update(struct view *v, int rows, int cols)
{
    struct recordings *r = v->data;

    list_update(&r->list, v, r->revision);
}

static void draw_empty(struct recordings *r, struct canvas c)
{
    char hint[128], prefix[KEY_NAME_SIZE], key[24];

    if (r->n_rows) {
        notice_filtered(r->view, c);
        return;
    }
    if (r->error.code) {
        notice_error(r->view, c, &r->error);
        return;
    }
    snprintf(hint, sizeof hint, "%s %s records the terminal that has the focus",
             key_name(prefix, r->env->prefix),
             notice_key(r->view, "prefix", "record", key, sizeof key));
    notice_empty(c, tui_theme(r->view->tui), "No recordings yet", hint);
}

static void draw(struct view *v, struct canvas c)
{
    struct recordings *r = v->data;
    struct canvas empty = list_draw(&r->list, c, tui_theme(v->tui), r->n_rows);

    if (empty.rows > 0)
        draw_empty(r, empty);
}

static enum view_result act(struct view *v, const char *action)
{
    struct recordings *r = v->data;

    if (strcmp(action, "recording-play") == 0)
        return play(r);
    if (strcmp(action, "recording-delete") == 0)
        return ask_delete(r);
    if (strcmp(action, "recording-copy") == 0)
        return copy_path(r);
    if (strcmp(action, "refresh") == 0) {
        scan(r);
        return VIEW_HANDLED;
    }
    return list_act(&r->list, action);
}

static void title(struct view *v, struct buf *out)
{
    buf_append_str(out, "recordings");
    list_title(&((struct recordings *)v->data)->list, out);
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    return list_view_mouse(v, mouse, 0, "recording-play");
}

/* Every one of the keys worth a hint needs a row. */
static bool can(const void *data, const char *action, bool has_row)
{
    return has_row;
}

static void hints(struct view *v, struct buf *out)
{
    static const char *const keys[] = {"recording-play", "play", "recording-delete", "delete",
                                       NULL};

    list_view_hints(v, out, keys, can);
}

static const char *const contexts[] = {"recordings", "list", "motion", NULL};
static const struct view_ops ops = {
    .name = "recordings",
    .contexts = contexts,
    .close = close_view,
    .update = update,
    .draw = draw,
    .act = act,
    .mouse = on_mouse,
    .title = title,
    .hints = hints,
    LIST_VIEW_OPS,
};

static struct recordings *of_view(struct view *v)
{
    return v && v->ops == &ops ? v->data : NULL;
}

void recordings_open(struct views_env *env)
{
    struct recordings *r = xcalloc(1, sizeof *r);
    struct table_source source = {
        .columns = columns,
        .n_columns = N_COLUMNS,
        .count = count,
        .id = row_id,
        .shown = shown,
        .compare = compare,
        .cell = cell,
        .user = r,
    };

    r->env = env;
    list_init(&r->list, &source);
    r->view = view_create(env->tui, &ops, r);
    scan(r);
    tui_show(env->tui, r->view);
}
