/* SPDX-License-Identifier: MIT
 *
 * What gateway and daemon say to each other over the daemon's unix socket, and the daemon's
 * settings.
 *
 * One SOCK_SEQPACKET connection per gateway process. Gateway → daemon: the packet "c" carries an
 * accepted TCP connection (SCM_RIGHTS) whose request head is still unread, "p3000" one that is for
 * port 3000 inside; {"op":"stop"} ends the
 * sandbox; {"op":"hello","children":n} makes the connection the gateway's, says how many child
 * sandboxes there are and asks for a {"op":"state",…}; {"op":"reply","seq":n,…} answers an order
 * about a child: {"item":{…}} any number of times, then {"done":true}, or {"code":n,"error":…}.
 * Daemon → gateway:
 * {"op":"setup","first":b,"directory":…,"servers":[…],"overlays":[…]} what servers and overlays
 * there are, in one packet or several (first: forget the earlier ones), after a connection is
 * accepted and when one of them changes; then
 * {"op":"state","id":…,"terminals":n,"viewers":n}, once after a connection is accepted (so:
 * "ready") and again whenever a number changes; instead of both {"op":"refused","error":…} when the
 * sandbox cannot be as it was asked to be; {"op":"token","hash":…,"observes":b,"expires":ms}
 * for each session token (SHA-256 in hex), then and when it is made, {"op":"untoken","hash":…} at
 * its end; {"op":"child","seq":n,"what":"create"|"list"|"get"|"delete",…}
 * orders something about its child sandboxes; {"op":"event","type":…,"data":{…}} to be stored and
 * told. A packet is at most LINK_PACKET_MAX bytes. The daemon calls listen(3) itself, so
 * SO_PEERCRED gives the gateway its pid on the host.
 */
#ifndef HOST_LINK_H
#define HOST_LINK_H

#include <stdbool.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "host/sandbox_limits.h"

#define LINK_FD          3
#define LINK_SETTINGS_FD 4
#define LINK_LOG_FD      5
/* The daemon's database and its write-ahead log, plain files outside the sandbox's root. */
#define LINK_STORE_FD     6
#define LINK_STORE_WAL_FD 7
/* Held and never used: what watches its other end (slirp4netns) ends with the daemon. */
#define LINK_ALIVE_FD   8
#define LINK_LAST_FD    LINK_ALIVE_FD
#define LINK_PACKET_MAX 65536

struct link_env {
    char *name, *value;
};

struct daemon_settings {
    char *id;
    char *url;       /* http://<id>.localhost:7780 */
    char *subdomain; /* <id>: the first label; connections for <id>-<port> are for a port inside */
    char *token;     /* the access token */
    char *provider;
    char *version;
    char *directory; /* where commands, terminals and relative paths begin; "": the home */
    bool first;      /* this is the sandbox's first start */
    /* What the sandbox is born with, JSON texts of arrays (protocol.md: servers, overlays), or "".
     * Given at its first start only. */
    char *servers, *overlays;
    struct limits limits;
    struct limits_means means;
    size_t n_envs;
    struct link_env *envs;
};

void daemon_settings_finish(struct daemon_settings *s);
/* Reads the memfd to its end; checks everything. */
int daemon_settings_read(struct daemon_settings *s, int fd, struct err *e);
/* Returns a sealed memfd (close it), or a negative code. */
int daemon_settings_memfd(const struct daemon_settings *s, struct err *e);

/* Sends one packet, with a descriptor or -1. Returns 0, or -EAGAIN / -errno untouched. */
int link_send(int sock, const void *bytes, size_t n, int fd);
/* Receives one packet; *fd is -1 or a descriptor the caller owns. Returns its size, 0 at the end of
 * the connection, or -errno. Truncated packets and extra descriptors count as -EBADMSG. */
ssize_t link_recv(int sock, void *bytes, size_t cap, int *fd);

#endif
