/* SPDX-License-Identifier: MIT
 *
 * Starts a sandbox: a bubblewrap jail with `sandpitd daemon` as its pid 1 (design.md, pitfalls.md).
 *
 * What the daemon gets, and from where:
 *   fd 3  its listening unix socket (SOCK_SEQPACKET, bound at link_path by the gateway before
 *         exec): each packet is one byte 'c' with a connected TCP socket as SCM_RIGHTS, or a
 *         control request as JSON text (host/link.h)
 *   fd 4  a sealed memfd with its settings as JSON (host/link.h): id, url, host names, the access
 *         token, envs… secrets travel nowhere else
 *   fd 5  its log, append only; also its stdout and stderr, and bwrap's
 *   fd 6, 7  its database and the write-ahead log of that: plain files that are not below the root,
 *         so nobody inside can open them (/dev/null when there are none)
 *   fd 8  with a network of its own: a pipe it holds and never uses, for slirp4netns to see its end
 *
 * Root directory: spec->root on the host is / inside, writable and kept. On top of it: /usr and a
 * chosen few of /etc read-only from the host, /etc itself a tmpfs with generated passwd, group,
 * hosts…, own /proc (its /proc/sys read-only: a host's root could else write core_pattern from
 * inside), own /dev with own devpts and shm. Everybody inside is `user` (1000), whoever runs it.
 */
#ifndef HOST_JAIL_H
#define HOST_JAIL_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/err.h"
#include "host/sandbox_limits.h"

#define JAIL_UID  1000
#define JAIL_USER "user"
#define JAIL_HOME "/home/user"
/* What is ours inside, on the host's system and on one of its own: the daemon, in shell/ what
 * shells read at their start, in bin/ our programs. Read-only. */
#define JAIL_DIR     "/etc/sandpit"
#define JAIL_OWN_DIR "/run/sandpit"
#define JAIL_PROGRAM JAIL_DIR "/sandpitd" /* where the daemon finds itself inside */

struct jail_spec {
    /* Host directory that becomes / (created when missing). The folder that holds it must be closed
     * to other users (0700): they could run what is made setuid in there. */
    const char *root;
    const char *program;  /* sandpitd's own path on the host; bound read-only inside */
    const char *hostname; /* what the prompt shows; cleaned to RFC 1123 */
    const char *id;       /* <id>.localhost leads here, inside too */
    int listen_fd, settings_fd, log_fd; /* borrowed */
    int store_fd, store_wal_fd;         /* borrowed; 0: none */
    struct limits limits;
    bool private_network; /* a network namespace of its own; its loopback is its own */
    bool own_system;      /* root brings its own /usr and /etc; nothing of the host's is shown */
};

/* Forks a detached bwrap; returns its pid (> 0; the caller reaps it if it is still its parent), or
 * a negative code with the reason and a hint (bwrap missing, user namespaces forbidden by AppArmor
 * or sysctl…). It returns before the daemon is up: ask it over its socket. */
pid_t jail_start(const struct jail_spec *spec, struct err *e);

/* What a sandbox would have here. The first call tries (about 1 ms). */
struct limits_means jail_means(bool private_network);

/* Why sandboxes with a network of their own have no way out of it, or NULL: they have. */
const char *jail_no_way_out(void);

/* Kills a jail that jail_start began and whose daemon's pid nobody knows; pid is still unreaped.
 * Killing bwrap alone would leave what it started running, out of everybody's reach. */
void jail_kill(pid_t pid);

/* What is left outside of a sandbox whose processes are gone: its control group. Blocks up to 1 s.
 */
void jail_clear(const char *id);

/* Tries an empty jail (about 10 ms, blocking). 0, or a negative code with reason and hint. */
int jail_check(struct err *e);

/* The seccomp program of every jail as a memfd ready for bwrap, or a negative code. */
int jail_filter_memfd(struct err *e);

#endif
