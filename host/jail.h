/* SPDX-License-Identifier: MIT
 *
 * Starts a sandbox: a bubblewrap jail with `sandpitd daemon` as its pid 1 (design.md, pitfalls.md).
 *
 * What the daemon gets, and from where:
 *   fd 3  its listening unix socket (SOCK_SEQPACKET, bound at link_path by the gateway before
 * exec): each packet is one byte 'c' with a connected TCP socket as SCM_RIGHTS, or a control
 * request as JSON text (host/link.h) fd 4  a sealed memfd with its settings as JSON (host/link.h):
 * id, url, host names, the access token, envs… secrets travel nowhere else fd 5  its log, append
 * only Root directory: DIR/sandboxes/<id>/root on the host is / inside; /usr, /etc (a chosen few)…
 * are read-only from the host.
 */
#ifndef HOST_JAIL_H
#define HOST_JAIL_H

#include <sys/types.h>

#include "base/err.h"

struct jail_spec {
    const char *root;    /* host directory that becomes / (created when missing) */
    const char *program; /* sandpitd's own path on the host; bound read-only inside */
    const char *hostname;
    int listen_fd, settings_fd, log_fd; /* borrowed */
};

/* Forks a detached bwrap; returns its pid (> 0; the caller reaps it if it is still its parent), or
 * a negative code with the reason and a hint (bwrap missing, user namespaces forbidden by AppArmor
 * or sysctl…). It returns before the daemon is up: ask it over its socket. */
pid_t jail_start(const struct jail_spec *spec, struct err *e);

#endif
