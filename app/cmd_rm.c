/* SPDX-License-Identifier: MIT
 *
 * sandpit rm: destroys sandboxes, after asking.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/say.h"
#include "app/session.h"
#include "base/alloc.h"
#include "base/text.h"

struct rm_args {
    bool yes, force;
};

static const struct arg_def args[] = {
    {"yes", 'y', ARG_FLAG, offsetof(struct rm_args, yes), NULL, "do not ask"},
    {"force", 'f', ARG_FLAG, offsetof(struct rm_args, force), NULL,
     "succeed for names that do not exist"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

/* One is confirmed by "y", several by their count: a habit of typing y must not cost ten. */
static bool confirm(const struct sandbox_info *all, size_t n)
{
    char answer[32] = "", count[24], name[256], status[64];

    for (size_t i = 0; i < n; i++) {
        cleanup_free char *label = sandbox_label(&all[i]);

        text_sanitise(name, sizeof name, label, strlen(label));
        text_sanitise(status, sizeof status, all[i].status, strlen(all[i].status));
        if (all[i].n_terminals > 0)
            fprintf(stderr, "  %s (%s, %d terminals)\n", name, status, all[i].n_terminals);
        else
            fprintf(stderr, "  %s (%s)\n", name, status);
    }
    snprintf(count, sizeof count, "%zu", n);
    if (n == 1)
        fprintf(stderr, "Destroy it, its files and what runs in it? [y/N] ");
    else
        fprintf(stderr, "Destroy these %zu, their files and what runs in them? Type %zu: ", n, n);
    fflush(stderr);
    if (!fgets(answer, sizeof answer, stdin))
        return false;
    answer[strcspn(answer, "\r\n")] = '\0';
    return n == 1 ? strcmp(answer, "y") == 0 || strcmp(answer, "yes") == 0
                  : strcmp(answer, count) == 0;
}

static bool already_named(const struct sandbox_info *all, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].id, id) == 0)
            return true;
    return false;
}

/* Resolves every name before the first is destroyed. Returns how many sandboxes; *missing counts
 * the names that are none. */
static size_t resolve_all(struct session *s, int n_names, char **names, bool force,
                          struct sandbox_info *all, int *missing)
{
    size_t n = 0;

    for (int i = 0; i < n_names; i++) {
        struct err e = {0};
        int rc = session_resolve(s, names[i], &all[n], &e);

        if (rc == 0 && already_named(all, n, all[n].id)) {
            sandbox_info_finish(&all[n]);
        } else if (rc == 0) {
            n++;
        } else if (rc != -ERR_NOT_FOUND || !force) {
            say_error(&e);
            ++*missing;
        }
    }
    return n;
}

static int destroy(struct session *s, const struct sandbox_info *info)
{
    cleanup_free char *label = sandbox_label(info);
    struct err e = {0};

    if (session_delete(s, info->id, &e) < 0 && e.code != ERR_NOT_FOUND) {
        err_wrap(&e, "destroy %s", label);
        say_error(&e);
        return -1;
    }
    say("destroyed %s", label);
    return 0;
}

static int destroy_all(struct session *s, const struct rm_args *a, int n_names, char **names)
{
    struct sandbox_info *all = xcalloc((size_t)n_names, sizeof *all);
    int failed = 0;
    size_t n = resolve_all(s, n_names, names, a->force, all, &failed);

    if (failed && !a->yes) {
        say("nothing was destroyed");
    } else if (n && !a->yes && !confirm(all, n)) {
        say("nothing was destroyed");
        failed = 1;
    } else {
        for (size_t i = 0; i < n; i++)
            failed += destroy(s, &all[i]) < 0;
    }
    for (size_t i = 0; i < n; i++)
        sandbox_info_finish(&all[i]);
    free(all);
    return failed ? EXIT_FAIL : EXIT_OK;
}

static int run_rm(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct rm_args *a = arguments;
    struct session s = {0};
    struct err e = {0};
    int status = EXIT_FAIL;

    if (!a->yes && !isatty(STDIN_FILENO)) {
        say("rm asks before it destroys, and there is no terminal to ask on");
        fprintf(stderr, "         say -y to destroy without being asked\n");
        return EXIT_USAGE;
    }
    if (session_open(&s, app, &e) < 0)
        say_error(&e);
    else
        status = destroy_all(&s, a, n_rest, rest);
    session_close(&s);
    return status;
}

const struct command cmd_rm = {
    .name = "rm",
    .usage = "NAME...",
    .summary = "Destroy sandboxes",
    .details = "Asks first; for more than one the count must be typed. Without a terminal it "
               "refuses unless -y\nis given. When a name is unknown nothing is destroyed, unless "
               "-y is given: then the others are.",
    .args = args,
    .args_size = sizeof(struct rm_args),
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1 << 20,
    .writes = true,
    .run = run_rm,
};
