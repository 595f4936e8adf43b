/* SPDX-License-Identifier: MIT
 *
 * sandpit doctor: what could keep sandpit from working here, each with what to do about it; then
 * what sandpitd has to say about sandboxes.
 */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/command.h"
#include "app/embedded.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/private_file.h"

/* A check writes what it found to e->text and, when that is bad, what to do to e->hint. */
struct check {
    const char *name;
    bool (*run)(const struct app *app, struct err *e);
};

static bool check_terminal(const struct app *app, struct err *e)
{
    const char *term = getenv("TERM");
    bool good = term && *term && strcmp(term, "dumb") != 0;

    err_set(e, ERR_ARG, "TERM=%.60s", term ? term : "");
    if (!good)
        err_hint(e, "set TERM, for instance to xterm-256color");
    return good;
}

static bool check_locale(const struct app *app, struct err *e)
{
    const char *codeset = nl_langinfo(CODESET);

    err_set(e, ERR_ARG, "character set %s", codeset);
    err_hint(e, "install a UTF-8 locale (C.UTF-8 will do)");
    return strcmp(codeset, "UTF-8") == 0;
}

static bool check_config(const struct app *app, struct err *e)
{
    err_set(e, ERR_ARG, "%zu broken lines in config.ini and keys.ini", app->config.n_problems);
    err_hint(e, "they are printed above; sandpit-config(5) describes the files");
    return app->config.n_problems == 0;
}

static bool check_state(const struct app *app, struct err *e)
{
    struct err reason = {0};
    const char *dir = app->paths.host_state_dir;

    if (private_make_dir(dir, &reason) < 0) {
        *e = reason;
    } else if (access(dir, W_OK) < 0) {
        err_set_errno(e, errno, "state folder %s", dir);
    } else {
        err_set(e, ERR_ARG, "state folder %s is writable", dir);
        return true;
    }
    err_hint(e, "make it writable, or set XDG_STATE_HOME");
    return false;
}

static bool check_context(const struct app *app, struct err *e)
{
    if (app->context_error.code) {
        *e = app->context_error;
        return false;
    }
    err_set(e, ERR_ARG, "context %s (chosen by %s)", app->context.name, app->context.origin);
    return true;
}

static bool check_gateway(const struct app *app, struct err *e)
{
    struct embedded_record record = {0};
    const char *url = app->context.url;
    struct err reason = {0};

    if (app->context.embedded && embedded_record_read(&record, app->paths.host_state_dir))
        url = record.url;
    bool good = url ? embedded_probe(url, 2000, &reason) == 0 : true;
    if (!url)
        err_set(e, ERR_ARG, "the embedded gateway is not running; it is started when needed");
    else if (good)
        err_set(e, ERR_ARG, "gateway %s answers", url);
    else
        err_set(e, reason.code, "gateway %s", reason.text);
    /* The embedded one is started again by whoever needs it. */
    if (!good && app->context.embedded)
        good = true;
    else if (!good)
        err_hint(e, "check the address, and that the gateway runs");
    embedded_record_finish(&record);
    return good;
}

static const struct check checks[] = {
    {"terminal", check_terminal}, {"locale", check_locale},   {"config", check_config},
    {"state", check_state},       {"context", check_context}, {"gateway", check_gateway},
};

/* Its findings go straight to our stdout. Returns whether all is well. */
static bool run_host_doctor(const struct app *app)
{
    int status;

    if (!app->paths.sandpitd) {
        puts("bad  sandpitd: cannot be found, so there is no embedded gateway\n"
             "     install it beside sandpit or on PATH");
        return !app->context.embedded;
    }
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        execl(app->paths.sandpitd, "sandpitd", "doctor", (char *)NULL);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int run_doctor(struct app *app, const void *arguments, int n_rest, char **rest)
{
    bool all_good = true;

    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        struct err e = {0};
        bool good = checks[i].run(app, &e);

        printf("%s  %s: %s\n", good ? "ok" : "bad", checks[i].name, e.text);
        if (!good && e.hint[0])
            printf("     %s\n", e.hint);
        all_good &= good;
    }
    all_good &= run_host_doctor(app);
    return all_good ? EXIT_OK : EXIT_FAIL;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .usage = "",
    .summary = "Check what sandpit and its sandboxes need here",
    .details = "One line a check, \"ok\" or \"bad\" with what to do. Fails when one is bad.",
    .leading = 1 << 20,
    .offline = true,
    .run = run_doctor,
};
