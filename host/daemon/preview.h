/* SPDX-License-Identifier: MIT
 *
 * Connections for `<id>-<port>`: relayed, byte for byte, to the socket that a process of this
 * sandbox listens on.
 *
 * Never to a service of the machine or of a neighbour: who shares the network with us also shares
 * its loopback addresses, so the owner is looked up before connecting, and again once connected
 * (ports.h). Each direction has a buffer of RELAY_BUFFER bytes; while it is full its source is not
 * read. At most RELAYS_MAX connections; a further one takes the place of the one that was idle
 * longest, if that was a minute at least.
 */
#ifndef HOST_DAEMON_PREVIEW_H
#define HOST_DAEMON_PREVIEW_H

#include <sys/queue.h>

#define RELAYS_MAX   1024
#define RELAY_BUFFER 65536

struct daemon;
struct relay;

struct preview {
    struct daemon *d; /* borrowed */
    TAILQ_HEAD(relay_list, relay)
    relays; /* the one idle longest first */
    unsigned n_relays;
};

void preview_init(struct preview *p, struct daemon *d);
/* Takes the connection over; its request is still unread. */
void preview_take(struct preview *p, int fd, int port);
/* Ends all; the caller runs the loop. */
void preview_stop(struct preview *p);
/* The url under which a port inside is to be had; the caller frees. */
char *preview_url(const struct daemon *d, int port);

#endif
