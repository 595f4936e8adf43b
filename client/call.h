/* SPDX-License-Identifier: MIT
 *
 * One HTTP call to a sandbox's API, as every resource makes it: it waits for the token if there is
 * none yet, is sent once more if the token it had was refused, and ends in exactly one on_answer.
 * For client/ only.
 */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/remote_internal.h"

/* The resource's own callback, cast back by its on_answer. */
typedef void (*call_cb)(void);

struct remote_call {
    struct request request;
    TAILQ_ENTRY(remote_call) link;
    struct remote *remote; /* held */
    const char *method;
    char *base;         /* owned; NULL: the sandbox\'s own URL */
    char *path, *body;  /* owned; body may be NULL */
    char *token;        /* it was sent with */
    int64_t timeout_ms; /* 0: the client's */
    bool is_waiting, is_second_try;
    bool goes_on; /* on_answer has begun another leg */
    /* With the answer (data is its "data", or all of it; NULL for 204), or with e. */
    void (*on_answer)(struct remote_call *c, const cJSON *data, const struct err *e);
    call_cb cb;
    void *user;
    void *state;                  /* the resource's own; owned */
    void (*on_free)(void *state); /* NULL: free() */
};

/* Takes path over. */
struct remote_call *call_create(struct remote *r, const char *method, char *path,
                                void (*on_answer)(struct remote_call *c, const cJSON *data,
                                                  const struct err *e),
                                call_cb cb, void *user);
/* Takes body over. */
void call_set_body(struct remote_call *c, cJSON *body);
struct request *call_start(struct remote_call *c);
/* For on_answer: goes on with another question under the same handle (path is taken over, body may
 * be NULL), at once or after a pause. */
void call_again(struct remote_call *c, const char *method, char *path, cJSON *body,
                void (*on_answer)(struct remote_call *c, const cJSON *data, const struct err *e));
void call_again_later(struct remote_call *c, int64_t ms);
/* Calls on_answer later with e, without asking anybody: arguments that make no sense. */
struct request *call_fail(struct remote_call *c, const struct err *e);
/* An answer that cannot be read, in words. */
void call_unreadable(const struct remote_call *c, struct err *e, const char *what);

/* "/prefix/<escaped id><rest>"; the caller frees. */
char *call_path(const char *prefix, const char *id, const char *rest);

/* For calls whose answer says nothing but that it is done: cb is a done_cb. */
void call_on_done(struct remote_call *c, const cJSON *data, const struct err *e);

#endif
