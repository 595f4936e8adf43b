/* SPDX-License-Identifier: MIT
 *
 * How the shell of a terminal is started so that it marks prompts and commands (OSC 133): bash and
 * zsh read files of ours (host/jail_shell.c) and then, or first, the user's own. Other shells, and
 * all where the files are missing, start as they are.
 */
#ifndef HOST_DAEMON_SHELL_H
#define HOST_DAEMON_SHELL_H

#include "host/daemon/process.h"

#define SHELL_ARGV_MAX 4

struct shell_start {
    const char *argv[SHELL_ARGV_MAX];
    struct environ_list environment; /* owned */
};

/* path is borrowed for the life of start. */
void shell_start_init(struct shell_start *start, const char *path,
                      const struct environ_list *environment);
void shell_start_finish(struct shell_start *start);
/* Puts the folder of our programs (`hand`) at the end of PATH. */
void shell_add_path(struct environ_list *environment);

#endif
