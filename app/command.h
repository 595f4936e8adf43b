/* SPDX-License-Identifier: MIT
 *
 * The commands, one file each (app/cmd_*.c), in one table.
 */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "app/app.h"
#include "app/args.h"

/* Exit statuses. exec has its own (ux.md): 124 timeout, 125 own failure, 126 and 127, 128+n. */
enum { EXIT_OK = 0, EXIT_FAIL = 1, EXIT_USAGE = 2 };

struct verb;

struct command {
    const char *name;
    const char *usage;   /* after the name: "NAME [TERMINAL]" */
    const char *summary; /* one line, imperative */
    const char *details; /* paragraphs of the help; or NULL */
    const struct arg_def *args;
    size_t args_size;         /* of the struct that args fill; 0: none */
    const struct verb *verbs; /* app/errand.h; NULL: none */
    int leading;              /* see args_parse */
    int min_rest, max_rest;
    int failure;  /* exit status of a failure before it runs; 0: EXIT_FAIL or EXIT_USAGE */
    bool writes;  /* refused when the context is read-only */
    bool offline; /* runs although no context could be resolved */
    int (*run)(struct app *app, const void *args, int n_rest, char **rest);
};

extern const struct command cmd_attach, cmd_children, cmd_class, cmd_completion, cmd_cp, cmd_doctor,
    cmd_env, cmd_events, cmd_exec, cmd_extend, cmd_files, cmd_info, cmd_keys, cmd_link, cmd_logs,
    cmd_ls, cmd_new, cmd_overlay, cmd_replay, cmd_rm, cmd_run, cmd_servers, cmd_shell, cmd_show,
    cmd_signals, cmd_snapshot, cmd_stats, cmd_terminals, cmd_token, cmd_url, cmd_watch;

/* All of them, NULL-terminated, in the order of the help. */
extern const struct command *const commands[];
const struct command *command_find(const char *name);
/* 0, or -ERR_FORBIDDEN where the context is read-only. */
int command_check_writes(const struct app *app, const char *what, struct err *e);
/* Parses argv (argv[0] is the command's name) and runs it. Returns the exit status. */
int command_main(const struct command *c, struct app *app, int argc, char **argv);
void command_help(const struct command *c, struct buf *out);
void commands_help(struct buf *out);

#endif
