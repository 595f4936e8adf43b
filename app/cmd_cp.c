/* SPDX-License-Identifier: MIT
 *
 * sandpit cp: files and folders between this machine and a sandbox, with progress.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/env_list.h"
#include "app/errand.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/file.h"
#include "client/transfer.h"

#define DRAW_EVERY_MS 100

struct cp_args {
    bool json, recursive, quiet;
};

#define FIELD(name) offsetof(struct cp_args, name)
static const struct arg_def args[] = {
    {"recursive", 'r', ARG_FLAG, FIELD(recursive), NULL, "copy folders with all that is in them"},
    {"quiet", 'q', ARG_FLAG, FIELD(quiet), NULL, "show no progress"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print files and bytes copied as JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

struct copy {
    struct errand errand; /* first: it is the callbacks' user */
    const struct cp_args *args;
    struct transfer *transfer;
    int64_t drawn_ms;
    bool is_drawn, is_folder;
    int64_t bytes;
    size_t files, notes;
};

/* NAME:PATH, unless it looks like a path here; the caller frees *name. */
static const char *remote_part(const char *text, char **name)
{
    const char *colon = strchr(text, ':');

    *name = NULL;
    if (!colon || colon == text || text[0] == '/' || text[0] == '.')
        return NULL;
    *name = xstrndup(text, (size_t)(colon - text));
    return colon + 1;
}

static const char *base_name(const char *path, size_t *n)
{
    const char *slash;

    for (*n = strlen(path); *n > 1 && path[*n - 1] == '/';)
        --*n;
    slash = memrchr(path, '/', *n);
    if (slash && *n > 1) {
        *n -= (size_t)(slash + 1 - path);
        return slash + 1;
    }
    return path;
}

/* --- progress --- */

static void on_progress(void *user, const struct transfer_progress *p)
{
    struct copy *c = user;
    int64_t now = clock_mono_ms();
    char name[64];

    if (c->args->quiet || !isatty(STDERR_FILENO) || now - c->drawn_ms < DRAW_EVERY_MS)
        return;
    c->drawn_ms = now;
    c->is_drawn = true;
    text_sanitise(name, sizeof name, p->path, strlen(p->path));
    fprintf(stderr, "\r\033[K%3d%%  %zu/%zu files  %.1f/%.1f MiB  %s",
            p->bytes_total ? (int)(p->bytes_done * 100 / p->bytes_total) : 100, p->files_done,
            p->files_total, (double)p->bytes_done / 1048576, (double)p->bytes_total / 1048576,
            name);
}

static void end_line(struct copy *c)
{
    if (c->is_drawn)
        fputs("\r\033[K", stderr);
    c->is_drawn = false;
}

static void on_note(void *user, const char *text)
{
    struct copy *c = user;
    char safe[512];

    end_line(c);
    c->notes++;
    say("left out: %s", text_sanitise(safe, sizeof safe, text, strlen(text)));
}

static void on_done(void *user, const struct transfer_progress *p, const struct err *e)
{
    struct copy *c = user;

    end_line(c);
    c->transfer = NULL;
    c->bytes += p->bytes_done;
    c->files += p->files_done;
    errand_done(&c->errand, e);
}

static int copy_one(struct copy *c, bool is_upload, const char *local, const char *remote)
{
    struct transfer_options o = {.is_upload = is_upload,
                                 .is_recursive = c->args->recursive,
                                 .local = local,
                                 .remote = remote,
                                 .on_progress = on_progress,
                                 .on_note = on_note,
                                 .on_done = on_done};

    c->transfer = transfer_start(c->errand.remote, &o, c);
    int result = errand_follow(&c->errand);

    if (c->transfer) {
        transfer_cancel(steal_pointer(&c->transfer));
        errand_linger(&c->errand);
    }
    end_line(c);
    return c->errand.signal ? -ERR_CANCELLED : result;
}

/* --- where to --- */

static void on_stat(void *user, const struct file_info *f, const struct err *e)
{
    struct copy *c = user;

    c->is_folder = f && f->is_dir;
    errand_done(&c->errand, e && e->code == ERR_NOT_FOUND ? NULL : e);
}

/* The target for a source: inside it when it is a folder. */
static char *target_path(const char *to, bool is_folder, const char *from)
{
    size_t n, n_to = strlen(to);
    const char *base = base_name(from, &n);

    while (n_to > 1 && to[n_to - 1] == '/')
        n_to--;
    if (!is_folder)
        return xstrndup(to, n_to);
    return xasprintf("%.*s%s%.*s", (int)n_to, to, n_to == 1 && *to == '/' ? "" : "/", (int)n, base);
}

static int upload(struct copy *c, int n, char **from, const char *to)
{
    cleanup_free char *there = NULL;
    int result = errand_path(&c->errand, to, &there);
    size_t n_to = strlen(to);

    if (result < 0)
        return result;
    file_stat(c->errand.remote, there, on_stat, c);
    result = errand_wait(&c->errand);
    c->is_folder = c->is_folder || (n_to && to[n_to - 1] == '/');
    if (!result && n > 1 && !c->is_folder)
        return err_set(&c->errand.session.err, ERR_ARG, "%.200s is not a folder", to);
    for (int i = 0; i < n && !result; i++) {
        cleanup_free char *target = target_path(there, c->is_folder, from[i]);

        result = copy_one(c, true, from[i], target);
    }
    return result;
}

static int download(struct copy *c, int n, char **from, const char *to)
{
    size_t n_to = strlen(to);
    struct stat st;
    int result = 0;

    c->is_folder = (!stat(to, &st) && S_ISDIR(st.st_mode)) || (n_to && to[n_to - 1] == '/');
    if (n > 1 && !c->is_folder)
        return err_set(&c->errand.session.err, ERR_ARG, "%.200s is not a folder", to);
    for (int i = 0; i < n && !result; i++) {
        cleanup_free char *there = NULL;

        result = errand_path(&c->errand, from[i], &there);
        if (result < 0)
            break;
        cleanup_free char *target = target_path(to, c->is_folder, there);

        result = copy_one(c, false, target, there);
    }
    return result;
}

/* --- the command --- */

static int finish(struct copy *c, int result, struct err *e)
{
    if (c->errand.signal)
        return 128 + c->errand.signal;
    if (result < 0 && c->errand.session.err.code)
        *e = c->errand.session.err;
    if (result < 0)
        return EXIT_FAIL;
    if (c->args->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddNumberToObject(o, "files", (double)c->files);
        cJSON_AddNumberToObject(o, "bytes", (double)c->bytes);
        cJSON_AddNumberToObject(o, "leftOut", (double)c->notes);
        json_print(o);
    }
    return EXIT_OK;
}

/* Cuts the names off the sources of a download; all must be of one sandbox. */
static int split_sources(int n, char **words, char **from, char **name, struct err *e)
{
    for (int i = 0; i < n; i++) {
        cleanup_free char *other = NULL;
        const char *path = remote_part(words[i], &other);

        if (!path || (*name && strcmp(*name, other) != 0)) {
            err_set(e, ERR_ARG, "cp copies between this machine and one sandbox");
            err_hint(e, "one side is NAME:PATH, the other a path; a path here that holds a colon "
                        "begins with ./");
            return -ERR_ARG;
        }
        from[i] = (char *)path;
        if (!*name)
            *name = steal_pointer(&other);
    }
    return 0;
}

static int run_cp(struct app *app, const void *arguments, int n_rest, char **rest)
{
    struct copy c = {.args = arguments};
    cleanup_free char *name = NULL;
    cleanup_free char **from = xcalloc((size_t)n_rest, sizeof *from);
    const char *to = remote_part(rest[n_rest - 1], &name);
    bool is_upload = to;
    struct err e = {0};
    int result = 0, status = EXIT_USAGE;

    for (int i = 0; is_upload && i < n_rest - 1 && !result; i++) {
        cleanup_free char *other = NULL;

        from[i] = rest[i];
        if (remote_part(rest[i], &other))
            result = err_set(&e, ERR_ARG, "cp copies between this machine and one sandbox");
    }
    if (!is_upload)
        result = split_sources(n_rest - 1, rest, from, &name, &e);
    if (!result && is_upload)
        result = command_check_writes(app, "cp", &e);
    if (!result) {
        result = errand_open(&c.errand, app, name, &e);
        if (!result)
            result = is_upload ? upload(&c, n_rest - 1, from, to)
                               : download(&c, n_rest - 1, from, rest[n_rest - 1]);
        status = finish(&c, result, &e);
        errand_close(&c.errand);
    }
    if (e.code)
        say_error(&e);
    return status;
}

const struct command cmd_cp = {
    .name = "cp",
    .usage = "[-r] FROM... TO",
    .summary = "Copy files and folders into and out of a sandbox",
    .details =
        "One side is NAME:PATH, the other a path here (one with a colon begins with ./). Relative "
        "paths there\nbegin where commands do. Into a folder that is there, or named with a / at "
        "its end, things are copied\nunder their own names. Bytes, permissions and links are kept; "
        "out of a sandbox links that lead out of\nthe copied folder are left out. Needs sh, find, "
        "stat, base64 and dd in the sandbox.",
    .args = args,
    .args_size = sizeof(struct cp_args),
    .leading = 1 << 20,
    .min_rest = 2,
    .max_rest = 1 << 20,
    .run = run_cp,
};
