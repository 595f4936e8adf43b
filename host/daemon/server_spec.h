/* SPDX-License-Identifier: MIT
 *
 * What somebody wants of a server: the options of POST /servers, as values, and back to JSON.
 */
#ifndef HOST_DAEMON_SERVER_SPEC_H
#define HOST_DAEMON_SERVER_SPEC_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SLUG_MAX        63
#define DEPENDS_MAX     16
#define ENVIRONMENT_MAX 1024 /* inline variables */

enum restart_policy { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };

struct health_options {
    bool wanted;
    char *path; /* owned; begins with "/" */
    int64_t interval_ms, timeout_ms, delay_ms;
};

struct server_spec {
    char *slug, *start;              /* owned */
    char *install, *path, *env_file; /* owned; NULL: none. path as it was given */
    cJSON *environment;              /* owned, an object of texts; NULL: none */
    int port;                        /* 0: none was asked for */
    bool strict_port, autostart;
    enum restart_policy policy;
    int max_restarts; /* 0: no end */
    int64_t restart_delay_ms, stop_timeout_ms;
    size_t n_depends;
    char *depends[DEPENDS_MAX]; /* owned: ids of overlays */
    cJSON *overlays;            /* owned, an array to be made first; NULL: none. Not kept */
    struct health_options health;
};

/* Checks everything: what it reads comes from the network, or from a file inside the sandbox. */
int server_spec_read(struct server_spec *s, const cJSON *options, struct err *e);
/* Adds the options to object, in the units of the request (kept) or of answers. */
void server_spec_write(const struct server_spec *s, cJSON *object, bool as_answer);
void server_spec_finish(struct server_spec *s);
/* Letters, digits, "-", "_", "."; no file name that means something else. */
bool slug_valid(const char *slug);

#endif
