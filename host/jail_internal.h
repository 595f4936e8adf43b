/* SPDX-License-Identifier: MIT
 *
 * The parts of the jail among themselves.
 */
#ifndef HOST_JAIL_INTERNAL_H
#define HOST_JAIL_INTERNAL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "host/cgroup.h"
#include "host/jail.h"
#include "host/link.h"

/* Numbers in bwrap, after those that the daemon gets (LINK_FD to LINK_LAST_FD). */
#define JAIL_SECCOMP_FD 9
#define JAIL_INFO_FD    10
#define JAIL_BLOCK_FD   11
#define JAIL_FILE_FD    12 /* and up */
#define JAIL_FILES_MAX  16
#define JAIL_ARGS_MAX   512

/* bwrap's arguments, and the descriptors that its child shall have at JAIL_FILE_FD and up. */
struct jail_command {
    const char *program; /* bwrap's path, owned */
    size_t n_args;
    char *args[JAIL_ARGS_MAX + 1]; /* owned */
    size_t n_files;
    int files[JAIL_FILES_MAX];  /* owned */
    int seccomp_fd;             /* owned */
    int info_fd, block_fd;      /* borrowed, or -1: host/jail_network.c */
    const struct cgroup *group; /* borrowed, or NULL */
    bool full;
};

#define JAIL_COMMAND_NONE                                                                          \
    {                                                                                              \
        .seccomp_fd = -1, .info_fd = -1, .block_fd = -1                                            \
    }

struct jail_descriptors {
    int in, out;                         /* becomes stdin; stdout and stderr */
    int low[LINK_LAST_FD - LINK_FD + 1]; /* become 3, 4…; -1 closed */
};

/* --- jail_command.c --- */

void jail_add(struct jail_command *c, const char *arg);
void jail_add3(struct jail_command *c, const char *a, const char *b, const char *d);
/* A generated file of the sandbox, handed to bwrap by descriptor. */
int jail_add_file(struct jail_command *c, const char *path, const struct buf *text, struct err *e);
/* The same, but nobody inside can change or remove it. mode: octal digits. */
int jail_add_read_only(struct jail_command *c, const char *path, const char *mode,
                       const struct buf *text, struct err *e);
void jail_command_finish(struct jail_command *c);
/* In $PATH; the caller frees. NULL: it is not there. */
char *jail_find_program(const char *name);

/* --- jail.c --- */

/* The walls, common to sandboxes and to the trial of jail_check. */
int jail_add_walls(struct jail_command *c, struct err *e);
pid_t jail_spawn(struct jail_command *c, const struct jail_descriptors *d, struct err *e);

/* --- jail_etc.c --- */

/* The lines of /etc/hosts and /etc/resolv.conf; owned. The second is NULL where the host's file is
 * the right one. */
struct jail_etc {
    char *hosts, *resolv;
};

struct jail_etc jail_etc_texts(const struct jail_spec *spec, const char *hostname, bool outbound);
void jail_etc_finish(struct jail_etc *etc);
/* /etc made of the host's and generated files. */
int jail_add_etc(struct jail_command *c, const char *hostname, const struct jail_etc *etc,
                 struct err *e);

/* --- jail_root.c --- */

/* Makes what is mounted upon. */
int jail_root_prepare(const struct jail_spec *spec, struct err *e);
/* Makes name below dirfd a real directory, whatever is there; returns it opened, or -errno. */
int jail_real_dir(int dirfd, const char *name, mode_t mode, bool replace);

/* --- jail_shell.c: what shells read, and `hand` --- */

/* dir/shell and dir/bin. */
int jail_add_shell(struct jail_command *c, const char *dir, struct err *e);

/* --- jail_system.c: a root that brings its own system --- */

/* The few files of /etc that must be ours, written into the root. */
int jail_system_prepare(const struct jail_spec *spec, const char *hostname,
                        const struct jail_etc *etc, struct err *e);
/* The daemon with the libraries it needs, in a folder of its own, and the arguments that start it.
 */
int jail_add_own_daemon(struct jail_command *c, const struct jail_spec *spec, struct err *e);

/* --- jail_network.c: a network of its own --- */

struct jail_network {
    bool outbound;   /* slirp4netns is there */
    int info, block; /* owned; bwrap's ends */
    int alive;       /* owned; the end whose last copy is the daemon's */
};

/* Starts the helper that will start slirp4netns in the network of the jail whose bwrap gets info
 * and block. Without slirp4netns there is no outbound network and nothing is started. */
int jail_network_begin(struct jail_network *n, int log_fd, struct err *e);
/* The path of slirp4netns, which the caller frees, or NULL and why (may be NULL). */
char *jail_network_helper(const char **why_not);
/* After the start, whether it worked or not: without bwrap the helper ends by itself. */
void jail_network_finish(struct jail_network *n);

#endif
