/* SPDX-License-Identifier: MIT
 *
 * The signal service (protocol.md, section 2): while it is active, ports that begin or cease to be
 * listened on inside the sandbox are told on the channel `signals`, and so is what is emitted over
 * HTTP. One per sandbox; it outlives connections.
 */
#ifndef HOST_DAEMON_SIGNALS_H
#define HOST_DAEMON_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "host/daemon/ports.h"
#include "host/http/http.h"

struct daemon;

struct signals {
    struct daemon *d; /* borrowed */
    bool active;
    bool known; /* open[] holds what the last look found */
    struct ports_question question;
    uv_timer_t timer;         /* the next look */
    uint8_t open[65536 / 8];  /* by port */
    uint8_t found[65536 / 8]; /* while a look is compared */
    uint8_t kept[65536 / 8];  /* likewise: by a socket that the last look found, too */
    struct listener *last;    /* owned: those the last look found, by port and inode */
    size_t n_last;
};

void signals_init(struct signals *s, struct daemon *d);
/* Closes its timer; the caller runs the loop. */
void signals_stop(struct signals *s);

void api_signals_start(struct http_request *r, void *user);
void api_signals_stop(struct http_request *r, void *user);
void api_signals_status(struct http_request *r, void *user);
void api_signals_port(struct http_request *r, void *user);
void api_signals_port_path(struct http_request *r, void *user);
void api_signals_server_ready(struct http_request *r, void *user);
void api_signals_error(struct http_request *r, void *user);

#endif
