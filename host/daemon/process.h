/* SPDX-License-Identifier: MIT
 *
 * Starting and ending processes inside the sandbox.
 */
#ifndef HOST_DAEMON_PROCESS_H
#define HOST_DAEMON_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "host/sandbox_limits.h"

#define ENVIRON_MAX 4096

/* Variables for a child. Zeroed memory is valid and empty. */
struct environ_list {
    char **items; /* owned, "NAME=value", NULL at the end once anything was set */
    size_t n;
};

/* Replaces. False: not a possible name, or ENVIRON_MAX reached. */
bool environ_set(struct environ_list *list, const char *name, const char *value);
void environ_copy(struct environ_list *to, const struct environ_list *from);
const char *environ_get(const struct environ_list *list, const char *name);
void environ_finish(struct environ_list *list);

struct process_spec {
    const char *const *argv; /* argv[0] is an absolute path */
    const struct environ_list *environment;
    const char *directory; /* where it begins; NULL or missing: the environment's HOME, or / */
    const char *cwd;       /* counts from there; NULL: no further */
    int in, out, errout;   /* the child's 0, 1, 2; borrowed */
    bool terminal;         /* in is a tty that becomes the controlling terminal */
};

/* Of every process started from now on; the daemon itself is spared, but for the size of files.
 * Before anything else is started. */
void process_set_limits(const struct limits *limits, const struct limits_means *means);

/* Forks a session leader and waits until its exec has worked or failed. Returns the pid, or
 * ERR_NOT_FOUND for a missing cwd or program, or another code. */
pid_t process_start(const struct process_spec *spec, struct err *e);

/* Sends signum to every process of the session (found in /proc) and to the group of that number.
 * Returns how many of the session were there. */
int process_signal_session(pid_t sid, int signum);

/* The session of the process whose number in /proc this is; -1: there is none. On any thread. */
pid_t process_session(const char *pid);

/* The status of waitpid as a shell reports it: exit code, or 128 + signal. */
int process_exit_code(int status);

/* $SHELL of the environment, /bin/bash or /bin/sh, the first that can be executed. */
const char *process_default_shell(const struct environ_list *environment);

#endif
