/* SPDX-License-Identifier: MIT
 *
 * sandpit shell: the dashboard, beginning in the shell of a sandbox.
 */
#include "app/command.h"
#include "app/dashboard.h"
#include "app/say.h"

struct shell_args {
    bool create;
};

static const struct arg_def args[] = {
    {"create", 0, ARG_FLAG, offsetof(struct shell_args, create), NULL,
     "make the sandbox when it is not there"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static int run_shell(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct shell_args *a = arguments;

    if (a->create && app->context.readonly) {
        struct err e;

        err_set(&e, ERR_FORBIDDEN, "shell --create: context %s is read-only", app->context.name);
        say_error(&e);
        return EXIT_FAIL;
    }
    return dashboard_run(app, rest[0], a->create);
}

const struct command cmd_shell = {
    .name = "shell",
    .usage = "[NAMESPACE/]NAME",
    .summary = "Open the dashboard in a sandbox's shell",
    .details = "Attaches to the first terminal that runs there, else opens one. The prefix key "
               "(C-b) leads\neverywhere else; C-b d leaves and lets the terminal run.",
    .args = args,
    .args_size = sizeof(struct shell_args),
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1,
    .run = run_shell,
};
