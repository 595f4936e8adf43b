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

static int sink(void *user, const char *bytes, size_t n)
{
    return fwrite(bytes, 1, n, stdout) == n ? 0 : -errno;
}

static void on_copied(void *user, const struct file_version *v, const struct err *e)
{
    errand_done(user, e);
}

static int run_cat(struct errand *x, const void *arguments, int n, char **words)
{
    int result = 0;

    for (int i = 0; i < n && !result; i++) {
        cleanup_free char *path = NULL;

        result = errand_path(x, words[i], &path);
        if (result < 0)
            break;
        file_get(x->remote, &(struct file_get_options){.path = path, .sink = sink}, on_copied, x);
        result = errand_wait(x);
    }
    fflush(stdout);
    return result;
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

static const struct verb verbs[] = {
    {"ls", "[PATH]", 0, 1, false, run_ls},
    {"stat", "PATH", 1, 1, false, run_stat},
    {"cat", "PATH...", 1, 1 << 20, false, run_cat},
    {"put", "PATH", 1, 1, true, run_put},
    {"rm", "PATH...", 1, 1 << 20, true, run_remove},
    {"mkdir", "PATH...", 1, 1 << 20, true, run_mkdir},
    {"mv", "FROM TO", 2, 2, true, run_mv},
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
    .details = "Verbs: ls [PATH] (when none is given), stat PATH, cat PATH..., put PATH (writes "
               "standard input),\nrm PATH... (folders with all that is in them), mkdir PATH..., "
               "mv FROM TO. cat and put keep every byte.\nRelative paths begin where commands do. "
               "Trees: `sandpit cp -r`.",
    .args = args,
    .args_size = sizeof(struct files_args),
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1 << 20,
    .run = run_files,
};
