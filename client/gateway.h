/* SPDX-License-Identifier: MIT
 *
 * A gateway and the sandboxes known there (protocol.md section 1, extension `list`).
 *
 * The model: sandboxes by id, each with a revision and the time it was last confirmed. Replies and
 * pushed messages change it and then tell the one watcher; views read it and keep ids only.
 */
#ifndef CLIENT_GATEWAY_H
#define CLIENT_GATEWAY_H

#include "client/client.h"

enum link_state {
    LINK_CONNECTING, /* first attempt */
    LINK_UP,         /* the list's WebSocket is open and synced */
    LINK_DOWN,       /* lost or refused; trying again at retry_at_ms */
    LINK_FAILED,     /* will not get better by itself: wrong key, not a gateway */
};

struct gateway_header {
    const char *name, *value;
};

struct gateway_config {
    const char *url;
    const char *api_key;
    const char *provider;                 /* X-Provider; NULL: "computesdk" */
    const struct gateway_header *headers; /* provider credentials; ends with name NULL; or NULL */
    const char
        *known_file; /* for gateways without `list`: where known sandboxes are kept; or NULL */
    /* Of a gateway beside another one: its sandboxes are called "ID@label" here (client/fleet.h).
     * NULL: as the gateway calls them. */
    const char *label;
    bool readonly; /* whatever may change something there is refused with ERR_FORBIDDEN, unsent */
    /* Something of the model changed; called at most once per loop turn. */
    void (*on_change)(void *user);
    void *user;
};

struct gateway;

struct sandbox {
    struct sandbox_info info;
    uint64_t revision;
    int64_t confirmed_ms; /* clock_mono_ms of the last word from the gateway */
    bool gone;            /* deleted; kept until gateway_forget_gone */
    size_t slot;          /* its number while it is kept (gateway_slot) */
};

/* Connects at once and keeps the link; everything in config is copied. Destroy every gateway before
 * its client; a call or remote still under way keeps what it needs of it. */
struct gateway *gateway_create(struct client *c, const struct gateway_config *config);
void gateway_destroy(struct gateway *g);
const char *gateway_url(const struct gateway *g);
void gateway_set_readonly(struct gateway *g, bool readonly);
bool gateway_readonly(const struct gateway *g);

enum link_state gateway_state(const struct gateway *g);
/* Why it is down or failed; text "" while up. */
const struct err *gateway_error(const struct gateway *g);
int64_t gateway_lost_at_ms(const struct gateway *g);  /* clock_mono_ms; 0 while it is up */
int64_t gateway_retry_at_ms(const struct gateway *g); /* clock_mono_ms; 0 when not waiting */
/* Does the gateway list the extension (wire/names.h)? Known once connected. */
bool gateway_has_extension(const struct gateway *g, const char *name);
/* Tries again now. */
void gateway_retry(struct gateway *g);

/* Rows that are gone stay in their place until then (at most 1000 of them), so that a view can show
 * what just went. */
void gateway_forget_gone(struct gateway *g);

uint64_t gateway_revision(const struct gateway *g);
size_t gateway_count(const struct gateway *g);
/* In order of creation. NULL past the end. Valid until the loop runs again. */
const struct sandbox *gateway_at(const struct gateway *g, size_t i);
/* Those that are not gone. */
size_t gateway_n_known(const struct gateway *g);

/* For lists of thousands: sandboxes by a number that stays with each as long as it is kept, and may
 * then be another's. NULL: nobody's. Numbers are below gateway_slots. */
size_t gateway_slots(const struct gateway *g);
const struct sandbox *gateway_slot(const struct gateway *g, size_t slot);
/* Calls each(to, slot) for what came, changed or went after the revision `since`, the latest first.
 * False, without a call: some of what went since is forgotten already. */
bool gateway_changes(const struct gateway *g, uint64_t since, void (*each)(void *to, size_t slot),
                     void *to);
const struct sandbox *gateway_find_id(const struct gateway *g, const char *id);
/* NULL when not known or gone; ns NULL means "default". */
const struct sandbox *gateway_find_name(const struct gateway *g, const char *ns, const char *name);

typedef void (*gateway_sandbox_cb)(void *user, const struct sandbox_info *s, const struct err *e);
typedef void (*gateway_list_cb)(void *user, const struct sandbox_info *s, size_t n,
                                const struct err *e);
typedef void (*gateway_done_cb)(void *user, const struct err *e);

struct create_options {
    const char *ns, *name;           /* NULL: none */
    int64_t timeout_ms;              /* 0: none asked */
    const char *template_id;         /* NULL: none */
    const char *image;               /* NULL: the gateway's choice */
    const char *snapshot_id;         /* begin as this snapshot was; NULL: empty */
    const char *directory;           /* where its work is; NULL: the gateway's choice */
    const cJSON *metadata, *envs;    /* borrowed objects or NULL */
    const cJSON *limits;             /* borrowed object of numbers (memoryBytes…) or NULL */
    const char *network;             /* "shared", "private"; NULL: the gateway's choice */
    const cJSON *overlays, *servers; /* borrowed arrays (client/overlay.h, server.h) or NULL */
};

/* One page after the other until all are there. */
struct request *gateway_list(struct gateway *g, gateway_list_cb cb, void *user);
struct request *gateway_create_sandbox(struct gateway *g, const struct create_options *o,
                                       gateway_sandbox_cb cb, void *user);
struct request *gateway_find_or_create(struct gateway *g, const struct create_options *o,
                                       gateway_sandbox_cb cb, void *user);
/* By id; the answer carries the token. s is NULL with e NULL when there is no such sandbox. */
struct request *gateway_get(struct gateway *g, const char *id, gateway_sandbox_cb cb, void *user);
struct request *gateway_find(struct gateway *g, const char *ns, const char *name,
                             gateway_sandbox_cb cb, void *user);
struct request *gateway_delete(struct gateway *g, const char *id, gateway_done_cb cb, void *user);
struct request *gateway_extend(struct gateway *g, const char *id, int64_t duration_ms,
                               gateway_done_cb cb, void *user);
/* Is there a gateway, and does it take the key? */
struct request *gateway_check(struct gateway *g, gateway_done_cb cb, void *user);

#endif
