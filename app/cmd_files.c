/* SPDX-License-Identifier: MIT
 *
 * sandpit files: the files of a sandbox, one at a time. Trees: cmd_cp.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/columns.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "client/file.h"

struct files_args {
    bool json;
};

static const struct arg_def args[] = {
    {"json", 0, ARG_FLAG, offsetof(struct files_args, json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static cJSON *file_json(const struct file_info *f)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "name", f->name);
    cJSON_AddStringToObject(o, "path", f->path);
    cJSON_AddNumberToObject(o, "size", (double)f->size);
    cJSON_AddBoolToObject(o, "isDir", f->is_dir);
    json_add_time(o, "modifiedAt", f->modified_ms);
    return o;
}

static void print_files(const struct file_info *all, size_t n)
{
    static const char *const heads[] = {"SIZE", "MODIFIED", "NAME", NULL};
    struct columns *c = columns_create(heads);
    char iso[CLOCK_ISO_SIZE];

    for (size_t i = 0; i < n; i++) {
        cleanup_free char *name = xasprintf("%s%s", all[i].name, all[i].is_dir ? "/" : "");

        if (all[i].is_dir)
            columns_text(c, NULL);
        else
            columns_number(c, all[i].size);
        columns_text(c, all[i].modified_ms ? clock_format_iso(iso, all[i].modified_ms) : NULL);
        columns_text(c, name);
    }
    columns_print(c);
}

static void on_files(void *user, const struct file_info *all, size_t n, const struct err *e)
{
    struct errand *x = user;
    cJSON *list = x->json && !e ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < n && list; i++)
        cJSON_AddItemToArray(list, file_json(&all[i]));
    if (list)
        json_print(list);
    else if (!e)
        print_files(all, n);
    errand_done(x, e);
}

static void on_file(void *user, const struct file_info *f, const struct err *e)
{
    struct errand *x = user;

    if (f && x->json)
        json_print(file_json(f));
    else if (f)
        print_files(f, 1);
    errand_done(x, e);
}

/* --- verbs --- */

static int run_ls(struct errand *x, const void *arguments, int n, char **words)
{
    cleanup_free char *path = NULL;
    int result = errand_path(x, n ? words[0] : "", &path);

    if (result < 0)
        return result;
    file_list(x->remote, path, on_files, x);
    return errand_wait(x);
}

static int run_stat(struct errand *x, const void *arguments, int n, char **words)
{
    cleanup_free char *path = NULL;
    int result = errand_path(x, words[0], &path);

    if (result < 0)
        return result;
    file_stat(x->remote, path, on_file, x);
    return errand_wait(x);
}

struct cat {
    struct errand *errand;
    struct foreign_stream shown;
};

static int sink(void *user, const char *bytes, size_t n)
{
    foreign_write(&((struct cat *)user)->shown, stdout, bytes, n);
    return ferror(stdout) ? -errno : 0;
}

static void on_cat(void *user, const struct file_version *v, const struct err *e)
{
    errand_done(((struct cat *)user)->errand, e);
}

static int run_cat(struct errand *x, const void *arguments, int n, char **words)
{
    struct cat cat = {.errand = x};
    int result = 0;

    for (int i = 0; i < n && !result; i++) {
        cleanup_free char *path = NULL;

        result = errand_path(x, words[i], &path);
        if (result < 0)
            break;
        file_get(x->remote, &(struct file_get_options){.path = path, .sink = sink}, on_cat, &cat);
        result = errand_wait(x);
    }
    fflush(stdout);
    return result;
}

static void on_copied(void *user, const struct file_version *v, const struct err *e)
{
    errand_done(user, e);
}

static long source(void *user, char *out, size_t cap)
{
    ssize_t n = read(STDIN_FILENO, out, cap);

    return n < 0 ? -errno : n;
}

static int run_put(struct errand *x, const void *arguments, int n, char **words)
{
    cleanup_free char *path = NULL;
    int result = errand_path(x, words[0], &path);

    if (result < 0)
        return result;
    file_put(x->remote,
             &(struct file_put_options){.path = path, .source = source, .total = -1, .mode = -1},
             on_copied, x);
    return errand_wait(x);
}

/* One call for each path, until one fails. */
static int for_each(struct errand *x, int n, char **words,
                    struct request *(*call)(struct remote *r, const char *path, gateway_done_cb cb,
                                            void *user))
{
    int result = 0;

    for (int i = 0; i < n && !result; i++) {
        cleanup_free char *path = NULL;

        result = errand_path(x, words[i], &path);
        if (result < 0)
            break;
        call(x->remote, path, errand_on_done, x);
        result = errand_wait(x);
    }
    return result;
}

static int run_remove(struct errand *x, const void *arguments, int n, char **words)
{
    return for_each(x, n, words, file_delete);
}

static int run_mkdir(struct errand *x, const void *arguments, int n, char **words)
{
    return for_each(x, n, words, file_make_folder);
}

static int run_mv(struct errand *x, const void *arguments, int n, char **words)
{
    cleanup_free char *from = NULL;
    cleanup_free char *to = NULL;
    int result = errand_path(x, words[0], &from);

    if (!result)
        result = errand_path(x, words[1], &to);
    if (result < 0)
        return result;
    file_rename(x->remote, from, to, errand_on_done, x);
    return errand_wait(x);
}

static int run_exists(struct errand *x, const void *arguments, int n, char **words)
{
    cleanup_free char *path = NULL;
    int result = errand_path(x, words[0], &path);

    if (result < 0)
        return result;
    file_exists(x->remote, path, errand_on_exists, x);
    return errand_wait(x);
}

/* --- several files in one call, as JSON says --- */

static cJSON *read_json(struct err *e)
{
    cleanup_buf struct buf text = {0};

    while (!feof(stdin) && !ferror(stdin) && text.len <= FILE_LOAD_MAX)
        text.len += fread(buf_reserve(&text, 65536), 1, 65536, stdin);
    if (text.len > FILE_LOAD_MAX) {
        err_set(e, ERR_LIMIT, "more than %zu MiB of JSON", FILE_LOAD_MAX >> 20);
        return NULL;
    }
    cJSON *json = cJSON_ParseWithLength(text.data ? text.data : "", text.len);

    if (!cJSON_IsArray(json)) {
        err_set(e, ERR_ARG, "batch wants a JSON array on standard input");
        err_hint(
            e, "[{\"path\":\"a\",\"content\":\"text\"},{\"path\":\"b\",\"operation\":\"delete\"}]");
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

static int read_operation(struct errand *x, const cJSON *item, struct file_operation *out)
{
    const char *path = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "path"));
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "content"));
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "operation"));
    bool deletes = name && !strcmp(name, "delete");
    char *absolute;
    int result;

    if (!path || (name && !deletes && strcmp(name, "write") != 0))
        return err_set(&x->session.err, ERR_ARG,
                       "each of them wants a \"path\", and write or delete as \"operation\"");
    result = errand_path(x, path, &absolute);
    *out = (struct file_operation){absolute, deletes ? NULL : text ? text : ""};
    return result;
}

static void on_batch(void *user, const struct file_result *all, size_t n, const struct err *e)
{
    struct errand *x = user;
    cJSON *list = x->json && !e ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < n; i++) {
        if (!all[i].is_done)
            x->status = EXIT_FAIL;
        if (list) {
            cJSON *o = cJSON_CreateObject();

            cJSON_AddStringToObject(o, "path", all[i].path);
            cJSON_AddBoolToObject(o, "success", all[i].is_done);
            if (all[i].error[0])
                cJSON_AddStringToObject(o, "error", all[i].error);
            cJSON_AddItemToArray(list, o);
        } else if (!all[i].is_done) {
            say("%s: %s", all[i].path, all[i].error);
        }
    }
    if (list)
        json_print(list);
    errand_done(x, e);
}

static int run_batch(struct errand *x, const void *arguments, int n, char **words)
{
    cJSON *json = read_json(&x->session.err);
    size_t n_all = json ? (size_t)cJSON_GetArraySize(json) : 0, n_read = 0;
    cleanup_free struct file_operation *all = xcalloc(n_all + 1, sizeof *all);
    int result = json ? 0 : -(int)x->session.err.code;
    const cJSON *item;

    cJSON_ArrayForEach (item, json) {
        if (!result)
            result = read_operation(x, item, &all[n_read++]);
    }
    if (!result) {
        file_batch(x->remote, all, n_all, on_batch, x);
        result = errand_wait(x);
    }
    for (size_t i = 0; i < n_read; i++)
        free((char *)all[i].path);
    cJSON_Delete(json);
    return result;
}

static const struct verb verbs[] = {
    {"ls", "[PATH]", 0, 1, false, run_ls},
    {"stat", "PATH", 1, 1, false, run_stat},
    {"exists", "PATH", 1, 1, false, run_exists},
    {"cat", "PATH...", 1, 1 << 20, false, run_cat},
    {"put", "PATH", 1, 1, true, run_put},
    {"rm", "PATH...", 1, 1 << 20, true, run_remove},
    {"mkdir", "PATH...", 1, 1 << 20, true, run_mkdir},
    {"mv", "FROM TO", 2, 2, true, run_mv},
    {"batch", "", 0, 0, true, run_batch},
    {0},
};

static int run_files(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct files_args *a = arguments;

    return errand_run(&cmd_files, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_files = {
    .name = "files",
    .usage = "NAME [VERB [PATH]...]",
    .summary = "List, read, write and remove files of a sandbox",
    .details =
        "Verbs: ls [PATH] (when none is given), stat PATH, exists PATH (status 1 when not), "
        "cat PATH...,\nput PATH (writes standard input), rm PATH... (folders with all that "
        "is in them), mkdir PATH...,\nmv FROM TO, batch (several in one call, as a JSON array "
        "on standard input says). cat and put keep every byte.\nRelative paths begin where "
        "commands do. "
        "Trees: `sandpit cp -r`.",
    .args = args,
    .args_size = sizeof(struct files_args),
    .verbs = verbs,
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1 << 20,
    .run = run_files,
};
