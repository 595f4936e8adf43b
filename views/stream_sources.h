/* SPDX-License-Identifier: MIT
 *
 * The sources of a stream that follows several sandboxes at once (watchers, signals, events): each
 * with its name in front of its lines, its connection, and its end. The view owns the set; what
 * feeds a source is the view's and closed by it.
 */
#ifndef VIEWS_STREAM_SOURCES_H
#define VIEWS_STREAM_SOURCES_H

#include "client/remote.h"
#include "views/stream.h"
#include "views/tick.h"

#define STREAM_SOURCES_MAX 64

struct stream_sources;

struct stream_source {
    struct stream_sources *set;
    char *sandbox_id, *id; /* owned; id "" where the sandbox itself is the source */
    struct remote *remote; /* a reference */
    uint16_t number;       /* in the tail */
    bool up, down, over;
    char why[128];           /* it is down */
    void *tail;              /* what feeds it: the view's own */
    struct request *request; /* the view's own, cancelled with the source; or NULL */
    bool flag;               /* the view's own */
};

struct stream_sources {
    struct views_env *env;
    struct stream *stream;
    const char *things; /* "watchers", for signs */
    const char *lost;   /* what a sign says after a loss; NULL: "connection lost, trying again" */
    void *owner;        /* the view */
    struct stream_source *all[STREAM_SOURCES_MAX]; /* owned */
    size_t n;
    struct tick *slow; /* its own */
    int64_t begun_ms;  /* clock_mono_ms of the first source */
    bool is_slow;
    char sign[160]; /* shown while every connection is there; "" none */
};

/* The rest of set is what the owner filled in. NULL: there are too many; a toast has said so. */
struct stream_source *stream_source_add(struct stream_sources *set, const char *sandbox_id,
                                        const char *id, const char *label);
bool stream_sources_has(const struct stream_sources *set, const char *sandbox_id);
/* After the tails of the sources were closed. */
void stream_sources_finish(struct stream_sources *set);
/* " alice/demo", or " of 3 watchers". */
void stream_sources_title(const struct stream_sources *set, struct buf *out);
/* Shows what is down, what has not answered yet, or set->sign. */
void stream_sources_sign(struct stream_sources *set);
/* For stream_ops.blank: while none is there yet, what is waited for, or why nothing comes. */
bool stream_sources_blank(const struct stream_sources *set, struct view *v, struct canvas c);
/* Ids of the sandboxes, borrowed; returns how many. */
size_t stream_sources_ids(const struct stream_sources *set, const char **ids, size_t cap);

void stream_source_line(struct stream_source *s, int64_t time_ms, const char *text);
/* Callbacks of the tails of client/, with the source as user. */
void stream_source_up(void *user);
void stream_source_gap(void *user);
void stream_source_down(void *user, const struct err *e);
void stream_source_end(void *user, const struct err *e);

#endif
