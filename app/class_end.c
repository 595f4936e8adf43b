/* SPDX-License-Identifier: MIT
 *
 * One sandbox after the other is collected. Run again, it collects again from those that are still
 * there, since they may have worked on; an archive is replaced by one of the same sandbox only.
 * When all are collected and the count was typed, those that are whole are destroyed.
 */
#include "app/class_end.h"

#include <stdio.h>
#include <string.h>

#include "app/class_collect.h"
#include "app/columns.h"
#include "app/command.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/private_file.h"

struct ending {
    struct session *session;
    const struct class_end_options *o;
    struct yield *all; /* owned */
    size_t n;
    int signal; /* that ended it, or 0 */
};

/* --- which --- */

static bool is_meant(const struct class_end_options *o, const struct sandbox_info *info)
{
    if (strcmp(info->ns, o->ns) != 0)
        return false;
    for (size_t i = 0; o->list && i < o->list->n; i++)
        if (!strcmp(o->list->all[i].name, info->name))
            return true;
    return !o->list;
}

/* Those destroyed by a run before, say. */
static void say_missing(const struct ending *x)
{
    for (size_t i = 0; x->o->list && i < x->o->list->n; i++) {
        const char *name = x->o->list->all[i].name;
        size_t k = 0;

        while (k < x->n && strcmp(x->all[k].info.name, name) != 0)
            k++;
        if (k == x->n)
            say("%s: there is no such sandbox in namespace %s", name, x->o->ns);
    }
}

static int choose(struct ending *x, struct err *e)
{
    struct sandbox_info *infos;
    size_t n;
    int result = session_list(x->session, &infos, &n, e);

    if (result < 0)
        return result;
    x->all = xcalloc(n + 1, sizeof *x->all);
    for (size_t i = 0; i < n; i++)
        if (is_meant(x->o, &infos[i]))
            x->all[x->n++].info = infos[i];
        else
            sandbox_info_finish(&infos[i]);
    free(infos);
    return 0;
}

/* --- what came of it --- */

static const char *word(const struct yield *y)
{
    static const char *const words[] = {[YIELD_NONE] = "not reached",
                                        [YIELD_WHOLE] = "collected",
                                        [YIELD_PARTIAL] = "incomplete",
                                        [YIELD_FAILED] = "failed",
                                        [YIELD_DESTROYED] = "destroyed"};

    return words[y->state];
}

static void print_table(const struct ending *x)
{
    static const char *const heads[] = {"NAME",  "STATE",   "FILES", "RECORDINGS",
                                        "BYTES", "ARCHIVE", NULL};
    struct columns *c = columns_create(heads);

    for (size_t i = 0; i < x->n; i++) {
        const struct yield *y = &x->all[i];

        columns_text(c, y->info.name[0] ? y->info.name : y->info.id);
        columns_text(c, word(y));
        columns_number(c, (int64_t)y->files);
        columns_number(c, (int64_t)y->recordings);
        columns_number(c, y->bytes);
        columns_text(c, y->archive);
    }
    columns_print(c);
}

static void print_json(const struct ending *x)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < x->n; i++) {
        const struct yield *y = &x->all[i];
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "name", y->info.name);
        cJSON_AddStringToObject(o, "sandboxId", y->info.id);
        cJSON_AddStringToObject(o, "state", word(y));
        cJSON_AddNumberToObject(o, "files", (double)y->files);
        cJSON_AddNumberToObject(o, "recordings", (double)y->recordings);
        cJSON_AddNumberToObject(o, "bytes", (double)y->bytes);
        if (y->archive)
            json_add_text(o, "archive", y->archive, strlen(y->archive));
        if (y->err.code)
            cJSON_AddStringToObject(o, "error", y->err.text);
        cJSON_AddItemToArray(list, o);
    }
    json_print(list);
}

static size_t count(const struct ending *x, enum yield_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < x->n; i++)
        n += x->all[i].state == state;
    return n;
}

/* --- the run --- */

static void collect_all(struct ending *x)
{
    struct collector c;

    collector_init(&c, x->session, x->o->output);
    for (size_t i = 0; i < x->n && !c.signal; i++) {
        struct yield *y = &x->all[i];

        collector_take(&c, y);
        say("%zu/%zu %s: %s%s%s", i + 1, x->n, y->info.name[0] ? y->info.name : y->info.id, word(y),
            y->err.code ? ": " : "", y->err.code ? y->err.text : "");
    }
    x->signal = c.signal;
    collector_finish(&c);
}

static bool confirm(size_t n)
{
    char answer[32] = "", expected[24];

    snprintf(expected, sizeof expected, "%zu", n);
    fprintf(stderr, "Destroy these %zu that were collected, and what runs in them? Type %zu: ", n,
            n);
    fflush(stderr);
    if (!fgets(answer, sizeof answer, stdin))
        return false;
    answer[strcspn(answer, "\r\n")] = '\0';
    return !strcmp(answer, expected);
}

static void destroy_collected(struct ending *x)
{
    for (size_t i = 0; i < x->n; i++) {
        struct yield *y = &x->all[i];

        if (y->state != YIELD_WHOLE)
            continue;
        if (session_delete(x->session, y->info.id, &y->err) < 0 && y->err.code != ERR_NOT_FOUND) {
            err_wrap(&y->err, "destroy %s", y->info.name);
            say_error(&y->err);
            continue;
        }
        y->err = (struct err){0};
        y->state = YIELD_DESTROYED;
    }
}

/* They are the user's, who may wonder before the count is typed. */
static void say_recordings(const struct ending *x)
{
    size_t n = 0, n_earlier = 0;

    for (size_t i = 0; i < x->n; i++) {
        n += x->all[i].archive ? x->all[i].recordings : 0;
        n_earlier += x->all[i].earlier;
    }
    if (n)
        say("%zu recording%s copied into the archives; what you recorded stays in %s", n,
            n == 1 ? " was" : "s were", x->session->app->paths.recordings_dir);
    if (n_earlier)
        say("%zu recording%s of earlier sandboxes with these names %s kept, in no archive: %s",
            n_earlier, n_earlier == 1 ? "" : "s", n_earlier == 1 ? "is" : "are",
            x->session->app->paths.recordings_dir);
}

static int finish_run(struct ending *x)
{
    size_t n = count(x, YIELD_WHOLE);
    bool agreed = true;

    say_recordings(x);
    if (x->signal) {
        say("nothing was destroyed; run it again to go on");
    } else if (n && !x->o->keep) {
        if (!x->o->yes && !x->o->json)
            print_table(x);
        agreed = x->o->yes || confirm(n);
        if (agreed)
            destroy_collected(x);
        else
            say("nothing was destroyed");
    }
    if (x->o->json)
        print_json(x);
    else if (x->n)
        print_table(x);
    if (x->signal)
        return 128 + x->signal;
    if (!agreed || (!x->o->keep && count(x, YIELD_WHOLE)))
        return EXIT_FAIL;
    return count(x, YIELD_FAILED) + count(x, YIELD_PARTIAL) ? EXIT_FAIL : EXIT_OK;
}

int class_end_run(struct session *s, const struct class_end_options *o, struct err *e)
{
    struct ending x = {.session = s, .o = o};
    int status = EXIT_FAIL;

    if (choose(&x, e) == 0 && (!x.n || private_make_dir(o->output, e) == 0)) {
        say_missing(&x);
        if (!x.n && !o->list)
            say("there are no sandboxes in namespace %s", o->ns);
        collect_all(&x);
        status = finish_run(&x);
    }
    for (size_t i = 0; i < x.n; i++)
        yield_finish(&x.all[i]);
    free(x.all);
    return status;
}
