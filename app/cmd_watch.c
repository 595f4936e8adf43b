/* SPDX-License-Identifier: MIT
 *
 * sandpit watch: what changes below a path, until C-c. Its watcher is made for that and removed at
 * the end, unless it was there before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/text.h"
#include "client/watcher.h"

struct watch_args {
    bool json, content;
    struct arg_list ignored;
};

#define FIELD(name) offsetof(struct watch_args, name)
static const struct arg_def args[] = {
    {"content", 0, ARG_FLAG, FIELD(content), NULL, "print the new content, too"},
    {"ignore", 'i', ARG_LIST, FIELD(ignored), "GLOB", "leave out what matches GLOB"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print a JSON object for each event"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

struct watching {
    struct errand *errand;
    char id[128];
};

static void on_event(void *user, const struct file_event *e)
{
    struct errand *x = ((struct watching *)user)->errand;
    char path[4096], name[64];

    if (x->json) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "event", e->event);
        cJSON_AddStringToObject(o, "path", e->path);
        if (e->content)
            json_add_text(o, "content", e->content, e->n_content);
        errand_print_line(x, o);
        return;
    }
    printf("%-9s %s\n", text_sanitise(name, sizeof name, e->event, strlen(e->event)),
           text_sanitise(path, sizeof path, e->path, strlen(e->path)));
    if (e->content && e->n_content) {
        foreign_write(&(struct foreign_stream){0}, stdout, e->content, e->n_content);
        if (e->content[e->n_content - 1] != '\n')
            putchar('\n');
    }
    errand_flush(x);
}

static void on_gap(void *user)
{
    say("some changes are missing here");
}

static void on_up(void *user)
{
    say("watching; C-c ends it");
}

static void on_down(void *user, const struct err *e)
{
    errand_on_down(((struct watching *)user)->errand, e);
}

static void on_end(void *user, const struct err *e)
{
    errand_done(((struct watching *)user)->errand, e);
}

static const struct watcher_tail_ops ops = {
    .on_event = on_event, .on_gap = on_gap, .on_up = on_up, .on_down = on_down, .on_end = on_end};

static void on_created(void *user, const struct watcher_info *w, const struct err *e)
{
    struct watching *watching = user;

    snprintf(watching->id, sizeof watching->id, "%s", w ? w->id : "");
    errand_done(watching->errand, e);
}

static int create(struct watching *w, const struct watch_args *a, const char *path)
{
    cleanup_free const char **ignored = xcalloc(a->ignored.n + 1, sizeof *ignored);
    struct watcher_options o = {.path = path, .include_content = a->content, .ignored = ignored};

    for (size_t i = 0; i < a->ignored.n; i++)
        ignored[i] = a->ignored.items[i];
    watcher_create(w->errand->remote, &o, on_created, w);
    return errand_wait(w->errand);
}

static int follow(struct watching *w)
{
    struct watcher_tail *tail = watcher_tail_open(w->errand->remote, w->id, &ops, w);
    int result = errand_follow(w->errand);

    watcher_tail_close(tail);
    return result;
}

static int run_follow(struct errand *x, const void *arguments, int n, char **words)
{
    struct watching w = {.errand = x};

    snprintf(w.id, sizeof w.id, "%s", words[0]);
    return follow(&w);
}

static int run_path(struct errand *x, const void *arguments, int n, char **words)
{
    struct watching w = {.errand = x};

    if (create(&w, arguments, words[0]) < 0)
        return -(int)x->session.err.code;
    int result = follow(&w);
    struct err failure = x->session.err;

    if (!remote_error(x->remote)->code) {
        watcher_destroy(x->remote, w.id, errand_on_done, x);
        errand_wait(x);
    }
    x->session.err = failure;
    return result;
}

static cJSON *watcher_json(const struct watcher_info *w)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "id", w->id);
    cJSON_AddStringToObject(o, "path", w->path);
    cJSON_AddStringToObject(o, "status", w->status);
    cJSON_AddBoolToObject(o, "includeContent", w->include_content);
    return o;
}

static void on_watchers(void *user, const struct watcher_info *all, size_t n, const struct err *e)
{
    static const char *const heads[] = {"ID", "STATUS", "PATH", NULL};
    struct errand *x = user;
    struct columns *c = x->json || e ? NULL : columns_create(heads);
    cJSON *list = x->json && !e ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < n && c; i++) {
        columns_text(c, all[i].id);
        columns_text(c, all[i].status);
        columns_text(c, all[i].path);
    }
    for (size_t i = 0; i < n && list; i++)
        cJSON_AddItemToArray(list, watcher_json(&all[i]));
    if (c)
        columns_print(c);
    if (list)
        json_print(list);
    errand_done(x, e);
}

static int run_list(struct errand *x, const void *arguments, int n, char **words)
{
    watcher_list(x->remote, on_watchers, x);
    return errand_wait(x);
}

static void on_watcher(void *user, const struct watcher_info *w, const struct err *e)
{
    struct errand *x = user;

    if (w && x->json) {
        json_print(watcher_json(w));
        errand_done(x, NULL);
    } else {
        on_watchers(user, w, w ? 1 : 0, e);
    }
}

static int run_show(struct errand *x, const void *arguments, int n, char **words)
{
    watcher_get(x->remote, words[0], on_watcher, x);
    return errand_wait(x);
}

/* One that stays: for `follow`, the dashboard, or another program. */
static int run_create(struct errand *x, const void *arguments, int n, char **words)
{
    struct watching w = {.errand = x};
    int result = create(&w, arguments, words[0]);

    if (result < 0)
        return result;
    if (x->json) {
        watcher_get(x->remote, w.id, on_watcher, x);
        return errand_wait(x);
    }
    foreign_print(w.id);
    return 0;
}

static int run_remove(struct errand *x, const void *arguments, int n, char **words)
{
    watcher_destroy(x->remote, words[0], errand_on_done, x);
    return errand_wait(x);
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, false, run_list},
    {"path", "PATH", 1, 1, true, run_path},
    {"create", "PATH", 1, 1, true, run_create},
    {"show", "ID", 1, 1, false, run_show},
    {"follow", "ID", 1, 1, false, run_follow},
    {"rm", "ID", 1, 1, true, run_remove},
    {0},
};

static int run_watch(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct watch_args *a = arguments;
    char verb[] = "path";
    char *words[] = {rest[0], verb, n_rest > 1 ? rest[1] : NULL, NULL};

    /* `watch NAME /path` is what is meant most. */
    if (n_rest == 2 && (strchr(rest[1], '/') || rest[1][0] == '.'))
        return errand_run(&cmd_watch, verbs, app, a, a->json, 3, words);
    return errand_run(&cmd_watch, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_watch = {
    .name = "watch",
    .usage = "NAME [PATH | VERB [ID]]",
    .summary = "Print what changes in the files of a sandbox",
    .details = "Prints add, change, unlink, addDir or unlinkDir and the path for everything below "
               "PATH, until C-c.\nVerbs: list (the watchers there are), path PATH, create PATH "
               "(one that stays; "
               "prints its id),\nshow ID, follow ID, rm ID.",
    .args = args,
    .args_size = sizeof(struct watch_args),
    .verbs = verbs,
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 3,
    .run = run_watch,
};
