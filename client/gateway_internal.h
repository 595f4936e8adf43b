/* SPDX-License-Identifier: MIT
 *
 * What the parts of a gateway share: its link (gateway.c), its rows (gateway_model.c), its calls
 * (gateway_calls.c), the file of known sandboxes (known.c) and the remotes.
 */
#ifndef CLIENT_GATEWAY_INTERNAL_H
#define CLIENT_GATEWAY_INTERNAL_H

#include <uthash.h>

#include "client/gateway.h"
#include "client/internal.h"

#define GATEWAY_EXTENSIONS_MAX 32
#define GATEWAY_HEADERS_MAX    24
#define BACKOFF_FIRST_MS       100
#define BACKOFF_MAX_MS         2000

struct row {
    struct sandbox sandbox;
    uint64_t epoch; /* of the connection that last confirmed it */
    TAILQ_ENTRY(row) latest;
    UT_hash_handle hh;
};

struct model {
    struct row *by_id;
    struct row **order; /* owned array: by time of creation, then id */
    size_t n, cap, n_gone;
    struct row **slots; /* owned array: by the number each keeps; NULL where none is */
    size_t n_slots, cap_slots;
    size_t *unused; /* owned: numbers to give away; room for cap_slots */
    size_t n_unused;
    TAILQ_HEAD(row_list, row)
    latest; /* by revision, the last one first */
    uint64_t revision;
    uint64_t forgotten; /* revision of the last row that went when it was forgotten */
    uint64_t epoch;
};

struct gateway {
    struct client *client;
    unsigned refs;  /* the owner's, each call's, each remote's */
    bool is_closed; /* the owner has let go: no more links, no more on_change */
    unsigned n_timers;
    char *url;
    char *headers[GATEWAY_HEADERS_MAX + 1]; /* owned whole lines */
    char *api_key;
    char *known_file; /* or NULL */
    char *label;      /* coded, as ids end in it; or NULL */
    bool readonly;
    void (*on_change)(void *user);
    void *user;
    struct peer peer;

    enum link_state state;
    struct err error;
    int64_t lost_at_ms, retry_at_ms, backoff_ms;
    bool is_info_known;
    char *extensions[GATEWAY_EXTENSIONS_MAX]; /* owned */
    size_t n_extensions;
    int pubsub_port;        /* that the gateway names, or 0 */
    uv_timer_t timer;       /* retry; or the next refresh of known sandboxes */
    uv_timer_t changed;     /* tells on_change at the loop's next turn */
    struct request *asking; /* GET /info, the check of the key, or a refresh */
    struct socket *list;
    size_t next_known;

    struct model model;
    LIST_HEAD(remote_list, remote)
    remotes;
};

void gateway_hold(struct gateway *g);
void gateway_drop(struct gateway *g);
void gateway_notify(struct gateway *g);

/* --- model --- */
void model_init(struct model *m);
/* The gateway's word on one sandbox; takes nothing. */
void model_put(struct gateway *g, const struct sandbox_info *info);
void model_mark_gone(struct gateway *g, const char *id);
/* Rows that this epoch has not confirmed are gone. */
void model_sweep(struct gateway *g);
void model_finish(struct model *m);

/* --- what its sandboxes are called (gateway_ids.c) --- */

/* What the gateway calls a sandbox → what it is called in this program; owned. No two sandboxes of
 * all gateways share a name here, whatever their gateways call them. */
char *gateway_id_here(const struct gateway *g, const char *id);
/* And back; owned. NULL: it is none of this gateway's. */
char *gateway_id_there(const struct gateway *g, const char *id);
/* The gateway's word, with the id that is used here. */
void gateway_take_in(const struct gateway *g, struct sandbox_info *info);

/* --- calls --- */
struct gateway_send {
    const char *base; /* NULL: the gateway's own URL */
    const char *method, *path;
    const char *body;   /* or NULL */
    int64_t timeout_ms; /* 0: the client's */
};
void gateway_send(struct gateway *g, struct request *r, const struct gateway_send *send,
                  request_leg on_leg);
/* Judges an answer. 0 with *root to be deleted, or a negative code with e explained. */
int gateway_reply(struct gateway *g, const struct request *r, const struct err *transport,
                  cJSON **root, struct err *e);

/* --- known.c --- */
void known_load(struct gateway *g);
void known_save(struct gateway *g);

/* --- remotes --- */
/* The model changed: remotes of sandboxes that are gone or lost learn it. */
void remotes_look(struct gateway *g);

#endif
