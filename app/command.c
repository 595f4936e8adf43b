/* SPDX-License-Identifier: MIT
 *
 * Parses a command's arguments, refuses what a read-only context forbids, and runs it: every
 * command passes here.
 */
#include "app/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/say.h"
#include "app/setup.h"
#include "base/alloc.h"

const struct command *const commands[] = {
    &cmd_ls,         &cmd_show,    &cmd_new,      &cmd_shell,    &cmd_attach, &cmd_terminals,
    &cmd_exec,       &cmd_run,     &cmd_cp,       &cmd_files,    &cmd_env,    &cmd_servers,
    &cmd_logs,       &cmd_watch,   &cmd_signals,  &cmd_events,   &cmd_token,  &cmd_link,
    &cmd_url,        &cmd_overlay, &cmd_children, &cmd_snapshot, &cmd_class,  &cmd_stats,
    &cmd_extend,     &cmd_rm,      &cmd_replay,   &cmd_info,     &cmd_keys,   &cmd_doctor,
    &cmd_completion, NULL,
};

const struct command *command_find(const char *name)
{
    for (const struct command *const *c = commands; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

void command_help(const struct command *c, struct buf *out)
{
    buf_printf(out, "Usage: sandpit %s [OPTION]...%s%s\n\n%s.\n", c->name, *c->usage ? " " : "",
               c->usage, c->summary);
    if (c->details)
        buf_printf(out, "\n%s\n", c->details);
    if (c->args) {
        buf_append_str(out, "\nOptions:\n");
        args_help(c->args, out);
    }
    buf_append_str(out, "\nOptions of every command:\n");
    args_help(options_defs, out);
}

void commands_help(struct buf *out)
{
    buf_append_str(out, "Usage: sandpit [OPTION]...                  the full-screen dashboard\n"
                        "       sandpit [OPTION]... COMMAND [ARG]... one thing, then exit\n\n"
                        "Sandboxes: list them, enter them, keep them. Without a key or a context, "
                        "an embedded\ngateway of this user is started and used.\n\nCommands:\n");
    for (const struct command *const *c = commands; *c; c++)
        buf_printf(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
    buf_append_str(out, "\nOptions:\n");
    args_help(options_defs, out);
    buf_append_str(out, "\n`sandpit COMMAND --help` tells more about a command; sandpit(1) about "
                        "everything.\nInside, ? shows every key.\n");
}

static int usage_error(const struct command *c, const struct err *e)
{
    say("%s: %s", c->name, e->text);
    fprintf(stderr, "         usage: sandpit %s %s\n", c->name, c->usage);
    return c->failure ? c->failure : EXIT_USAGE;
}

static int check_rest(const struct command *c, int n_rest, char **rest, struct err *e)
{
    if (n_rest < c->min_rest)
        return err_set(e, ERR_ARG, "an argument is missing");
    if (n_rest > c->max_rest)
        return err_set(e, ERR_ARG, "unexpected argument \"%.100s\"", rest[c->max_rest]);
    return 0;
}

/* The one place where read-only contexts refuse commands and verbs. */
int command_check_writes(const struct app *app, const char *what, struct err *e)
{
    if (!app->context.readonly)
        return 0;
    err_set(e, ERR_FORBIDDEN, "%s: context %s is read-only", what, app->context.name);
    if (app->options.readonly)
        err_hint(e, "leave out --readonly");
    else
        err_hint(e, "say readonly = no in [context %.60s] of config.ini", app->context.name);
    return -ERR_FORBIDDEN;
}

static int check_context(const struct command *c, const struct app *app, struct err *e)
{
    if (c->offline)
        return 0;
    if (app->context_error.code) {
        *e = app->context_error;
        return -e->code;
    }
    return c->writes ? command_check_writes(app, c->name, e) : 0;
}

static int run(const struct command *c, struct app *app, const void *args, int n_rest, char **rest)
{
    struct err e = {0};
    int failure = c->failure ? c->failure : EXIT_FAIL;

    if (app_setup(app, &e) < 0) {
        say_error(&e);
        return failure;
    }
    say_problems(&app->config);
    if (check_context(c, app, &e) < 0) {
        say_error(&e);
        say_missing_credentials(app);
        return failure;
    }
    return c->run(app, args, n_rest, rest);
}

int command_main(const struct command *c, struct app *app, int argc, char **argv)
{
    cleanup_free void *args = xcalloc(1, c->args_size ? c->args_size : 1);
    struct arg_table tables[2] = {{options_defs, &app->options}, {c->args, args}};
    cleanup_free char **rest = NULL;
    struct err e = {0};
    int n_rest = 0, status;
    bool good = args_parse(argc, argv, tables, c->leading, &rest, &n_rest, &e) == 0;

    if (good && !app->options.help)
        good = check_rest(c, n_rest, rest, &e) == 0;
    if (!good) {
        status = usage_error(c, &e);
    } else if (app->options.help) {
        cleanup_buf struct buf help = {0};

        command_help(c, &help);
        fputs(help.data, stdout);
        status = EXIT_OK;
    } else {
        status = run(c, app, args, n_rest, rest);
        app_finish(app);
    }
    args_finish(&tables[1]);
    return status;
}
