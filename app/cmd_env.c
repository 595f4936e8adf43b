/* SPDX-License-Identifier: MIT
 *
 * sandpit env: the variables of an env file. Values are secrets: a list masks them unless it is
 * told otherwise, and they can be set without standing in a command line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/env_list.h"
#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/text.h"
#include "client/env.h"

#define DEFAULT_FILE ".env"
#define MASK         "********"
#define LINE_MAX_LEN 65536

struct env_args {
    bool json, reveal;
    const char *file;
};

#define FIELD(name) offsetof(struct env_args, name)
static const struct arg_def args[] = {
    {"file", 'F', ARG_TEXT, FIELD(file), "FILE", "the env file (" DEFAULT_FILE ")"},
    {"reveal", 'x', ARG_FLAG, FIELD(reveal), NULL, "show values, not " MASK},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

struct variables {
    struct errand *errand;
    const struct env_args *args;
    const char *wanted;       /* the one to print; or NULL */
    struct env_variable *all; /* owned copies, for diff */
    size_t n;
    bool is_missing;
};

static const char *file_of(const struct env_args *a)
{
    return a->file ? a->file : DEFAULT_FILE;
}

static void print_all(const struct variables *v, const struct env_variable *all, size_t n)
{
    cJSON *o = v->errand->json ? cJSON_CreateObject() : NULL;
    char name[1024], value[8192];

    for (size_t i = 0; i < n; i++) {
        const char *shown = v->args->reveal ? all[i].value : MASK;

        if (o && v->args->reveal)
            cJSON_AddStringToObject(o, all[i].name, all[i].value);
        else if (o)
            cJSON_AddNullToObject(o, all[i].name);
        else
            printf("%s=%s\n", text_sanitise(name, sizeof name, all[i].name, strlen(all[i].name)),
                   text_sanitise(value, sizeof value, shown, strlen(shown)));
    }
    if (o)
        json_print(o);
}

/* One value as it is, for scripts. */
static void print_one(struct variables *v, const struct env_variable *all, size_t n)
{
    v->is_missing = true;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].name, v->wanted) != 0)
            continue;
        v->is_missing = false;
        if (v->errand->json) {
            cJSON *o = cJSON_CreateObject();

            cJSON_AddStringToObject(o, all[i].name, all[i].value);
            json_print(o);
        } else {
            foreign_write(&(struct foreign_stream){0}, stdout, all[i].value, strlen(all[i].value));
            putchar('\n');
        }
    }
}

static void on_variables(void *user, const struct env_variable *all, size_t n, const struct err *e)
{
    struct variables *v = user;

    if (!e && v->wanted)
        print_one(v, all, n);
    else if (!e)
        print_all(v, all, n);
    errand_done(v->errand, e);
}

static int run_list(struct errand *x, const void *arguments, int n, char **words)
{
    struct variables v = {.errand = x, .args = arguments};

    env_get(x->remote, file_of(v.args), on_variables, &v);
    return errand_wait(x);
}

static int run_get(struct errand *x, const void *arguments, int n, char **words)
{
    struct variables v = {.errand = x, .args = arguments, .wanted = words[0]};

    env_get(x->remote, file_of(v.args), on_variables, &v);
    if (errand_wait(x) < 0)
        return -(int)x->session.err.code;
    if (v.is_missing)
        return err_set(&x->session.err, ERR_NOT_FOUND, "%.200s holds no %.200s", file_of(v.args),
                       words[0]);
    return 0;
}

/* --- changing --- */

/* NAME=VALUE apart, in place; false: there is no "=". */
static bool split(char *text, struct env_variable *v)
{
    char *equals = strchr(text, '=');

    if (!equals || equals == text)
        return false;
    *equals = '\0';
    *v = (struct env_variable){text, equals + 1};
    return true;
}

/* Lines NAME=VALUE of standard input. The caller frees the array and *text. */
static struct env_variable *read_input(char **text, size_t *n, struct err *e)
{
    struct buf input = {0};
    struct env_variable *all = xcalloc(1, sizeof *all);
    char *line, *save = NULL;

    while (!feof(stdin) && !ferror(stdin) && input.len < (size_t)16 * LINE_MAX_LEN)
        input.len += fread(buf_reserve(&input, LINE_MAX_LEN), 1, LINE_MAX_LEN, stdin);
    buf_append(&input, "", 0);
    *text = buf_steal(&input);
    *n = 0;
    for (line = strtok_r(*text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        all = xreallocarray(all, *n + 1, sizeof *all);
        if (!split(line, &all[*n])) {
            /* The line may be a secret, so the message does not repeat it. */
            err_set(e, ERR_ARG, "line %zu of standard input is not NAME=VALUE", *n + 1);
            free(all);
            return NULL;
        }
        ++*n;
    }
    return all;
}

static int run_set(struct errand *x, const void *arguments, int n, char **words)
{
    cleanup_free struct env_variable *all = NULL;
    cleanup_free char *text = NULL;
    size_t n_all = (size_t)n;

    if (n) {
        all = xcalloc(n_all, sizeof *all);
        for (int i = 0; i < n; i++)
            if (!split(words[i], &all[i]))
                return err_set(&x->session.err, ERR_ARG, "set wants NAME=VALUE");
    } else {
        if (isatty(STDIN_FILENO))
            say("lines NAME=VALUE, then C-d");
        all = read_input(&text, &n_all, &x->session.err);
        if (!all)
            return -ERR_ARG;
    }
    env_set(x->remote, file_of(arguments), all, n_all, errand_on_done, x);
    return errand_wait(x);
}

static void on_removed(void *user, const struct env_variable *all, size_t n, const struct err *e)
{
    for (size_t i = 0; i < n; i++)
        foreign_print(all[i].name);
    errand_done(user, e);
}

static int run_remove(struct errand *x, const void *arguments, int n, char **words)
{
    env_remove(x->remote, file_of(arguments), (const char *const *)words, (size_t)n, on_removed, x);
    return errand_wait(x);
}

/* --- comparing --- */

static void on_kept(void *user, const struct env_variable *all, size_t n, const struct err *e)
{
    struct variables *v = user;

    v->all = xcalloc(n + 1, sizeof *v->all);
    for (v->n = 0; v->n < n; v->n++)
        v->all[v->n] = (struct env_variable){xstrdup(all[v->n].name), xstrdup(all[v->n].value)};
    errand_done(v->errand, e);
}

static void variables_finish(struct variables *v)
{
    for (size_t i = 0; i < v->n; i++) {
        free((char *)v->all[i].name);
        free((char *)v->all[i].value);
    }
    free(v->all);
}

static cJSON *difference_json(const struct env_difference *d, bool reveal)
{
    static const char *const changes[] = {"same", "added", "removed", "changed"};
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "name", d->name);
    cJSON_AddStringToObject(o, "change", changes[d->change]);
    if (reveal && d->before)
        cJSON_AddStringToObject(o, "before", d->before);
    if (reveal && d->after)
        cJSON_AddStringToObject(o, "after", d->after);
    return o;
}

static void print_line(char mark, const char *name, const char *value, bool reveal)
{
    char safe_name[1024], safe_value[8192];
    const char *shown = reveal ? value : MASK;

    printf("%c%s=%s\n", mark, text_sanitise(safe_name, sizeof safe_name, name, strlen(name)),
           text_sanitise(safe_value, sizeof safe_value, shown, strlen(shown)));
}

/* As diff(1): 0 the same, 1 different. */
static void print_difference(struct errand *x, const struct env_args *a,
                             const struct env_difference *all, size_t n)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++) {
        if (all[i].change == ENV_SAME)
            continue;
        x->status = EXIT_FAIL;
        cJSON_AddItemToArray(list, difference_json(&all[i], a->reveal));
        if (!x->json && all[i].before)
            print_line('-', all[i].name, all[i].before, a->reveal);
        if (!x->json && all[i].after)
            print_line('+', all[i].name, all[i].after, a->reveal);
    }
    if (x->json)
        json_print(cJSON_Duplicate(list, true));
    cJSON_Delete(list);
}

static int run_diff(struct errand *x, const void *arguments, int n, char **words)
{
    struct variables before = {.errand = x, .args = arguments}, after = before;
    size_t n_all;
    int result;

    env_get(x->remote, file_of(arguments), on_kept, &before);
    result = errand_wait(x);
    if (!result) {
        env_get(x->remote, words[0], on_kept, &after);
        result = errand_wait(x);
    }
    if (!result) {
        cleanup_free struct env_difference *all =
            env_diff(before.all, before.n, after.all, after.n, &n_all);

        print_difference(x, arguments, all, n_all);
    }
    variables_finish(&before);
    variables_finish(&after);
    return result;
}

/* --- is it there? --- */

static int run_exists(struct errand *x, const void *arguments, int n, char **words)
{
    env_exists(x->remote, file_of(arguments), errand_on_exists, x);
    return errand_wait(x);
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, false, run_list},
    {"get", "VARIABLE", 1, 1, false, run_get},
    {"set", "[VARIABLE=VALUE]...", 0, 1 << 20, true, run_set},
    {"rm", "VARIABLE...", 1, 1 << 20, true, run_remove},
    {"diff", "OTHERFILE", 1, 1, false, run_diff},
    {"exists", "", 0, 0, false, run_exists},
    {0},
};

static int run_env(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct env_args *a = arguments;

    return errand_run(&cmd_env, verbs, app, a, a->json, n_rest, rest);
}

const struct command cmd_env = {
    .name = "env",
    .usage = "NAME [VERB [ARG]...]",
    .summary = "List and change the variables of an env file",
    .details =
        "Verbs: list (when none is given), get VARIABLE, set [VARIABLE=VALUE]..., rm "
        "VARIABLE..., diff OTHERFILE\n(status 1 when they differ), exists (status 1 "
        "when there is no such file). Without arguments set\nreads lines VARIABLE=VALUE from "
        "standard input, which keeps secrets out of the command line.\nComments and order of "
        "the file stay.",
    .args = args,
    .args_size = sizeof(struct env_args),
    .verbs = verbs,
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1 << 20,
    .run = run_env,
};
