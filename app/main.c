/* SPDX-License-Identifier: MIT
 *
 * sandpit: the options of every command, then the command, or the dashboard.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "app/closest.h"
#include "app/command.h"
#include "app/dashboard.h"
#include "app/say.h"
#include "app/versions.h"
#include "base/alloc.h"
#include "base/text.h"

static int unknown_command(const char *name)
{
    const char *best = NULL;
    int distance = 3;

    for (const struct command *const *c = commands; *c; c++)
        if (edit_distance(name, (*c)->name, 2) < distance) {
            distance = edit_distance(name, (*c)->name, 2);
            best = (*c)->name;
        }
    say("unknown command \"%s\"", name);
    if (best)
        fprintf(stderr, "         did you mean %s?\n", best);
    else
        fprintf(stderr, "         `sandpit --help` lists the commands\n");
    return EXIT_USAGE;
}

static int print_help(void)
{
    cleanup_buf struct buf help = {0};

    commands_help(&help);
    fputs(help.data, stdout);
    return EXIT_OK;
}

/* `sandpit help`, `sandpit help COMMAND`. */
static int help_about(int n, char **words)
{
    const struct command *c = n > 1 ? command_find(words[1]) : NULL;
    cleanup_buf struct buf help = {0};

    if (n < 2)
        return print_help();
    if (!c)
        return unknown_command(words[1]);
    command_help(c, &help);
    fputs(help.data, stdout);
    return EXIT_OK;
}

static int dispatch(struct app *app, int n, char **words)
{
    const struct command *c = n ? command_find(words[0]) : NULL;

    if (app->options.version) {
        versions_print();
        return EXIT_OK;
    }
    if (app->options.help && !c)
        return print_help();
    if (!n)
        return dashboard_main(app);
    if (strcmp(words[0], "help") == 0)
        return help_about(n, words);
    return c ? command_main(c, app, n, words) : unknown_command(words[0]);
}

int main(int argc, char **argv)
{
    struct app app = {0};
    struct arg_table tables[2] = {{options_defs, &app.options}, {NULL, NULL}};
    cleanup_free char **words = NULL;
    int n = 0;
    struct err e = {0};

    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_DUMPABLE,
          0); /* keys and tokens are in its memory: no core file, whatever the limit */
    text_init_locale();
    if (args_parse(argc, argv, tables, 0, &words, &n, &e) < 0) {
        say_error(&e);
        fprintf(stderr, "         `sandpit --help` lists the options\n");
        return EXIT_USAGE;
    }
    return dispatch(&app, n, words);
}
