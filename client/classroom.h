/* SPDX-License-Identifier: MIT
 *
 * What an instructor does with the terminals of a sandbox: search them, freeze their guests' input,
 * lower a hand, send a notice, say who takes part. Extensions `search`, `freeze`, `notice` and
 * `activity` (wire/names.h); a host without them answers ERR_NOT_FOUND.
 */
#ifndef CLIENT_CLASSROOM_H
#define CLIENT_CLASSROOM_H

#include "client/remote.h"

/* --- search --- */

#define SEARCH_LIMIT_MAX 1000 /* hits of one sandbox */

enum search_case { SEARCH_SMART, SEARCH_EXACT, SEARCH_ANY_CASE };

struct classroom_hit {
    const char *terminal_id, *text; /* borrowed, as all here; text has no control characters */
    int line;                       /* 0: the last line of the screen, counting up */
    int from, to;                   /* bytes of text */
    int64_t age_ms;                 /* since the line was written; -1: not known */
};
/* Newest first. truncated: there are more, or it took too long. */
typedef void (*classroom_search_cb)(void *user, const struct classroom_hit *hits, size_t n,
                                    bool truncated, const struct err *e);
/* pattern: a regular expression (PCRE2). SEARCH_SMART minds the case when it has an upper-case
 * letter. limit: 1 to SEARCH_LIMIT_MAX, 0: 100. ERR_ARG with the reason for a bad pattern. */
struct request *classroom_search(struct remote *r, const char *pattern, enum search_case how,
                                 int limit, classroom_search_cb cb, void *user);

/* --- freezing and hands --- */

#define FREEZE_MAX_S 3600

struct freeze {
    const char *terminal_id, *by; /* borrowed; by: "" when not said */
    int64_t left_ms;              /* 0: thawed */
};
typedef void (*freeze_cb)(void *user, const struct freeze *f, const struct err *e);
/* For so many seconds (0 thaws) input that comes by session tokens is refused; ours is not. by:
 * who says so, or NULL. */
struct request *classroom_freeze(struct remote *r, const char *terminal_id, int seconds,
                                 const char *by, freeze_cb cb, void *user);
/* note may be NULL. */
struct request *classroom_hand(struct remote *r, const char *terminal_id, bool up, const char *note,
                               gateway_done_cb cb, void *user);

/* --- notices --- */

#define NOTICE_TEXT_MAX 2000 /* bytes */
#define NOTICES_MAX     20   /* that a host keeps */

struct notice {
    const char *id, *text, *from, *url; /* borrowed; "" when not said */
    int64_t at_ms;                      /* since 1970, by the host's clock */
};
typedef void (*notice_cb)(void *user, const struct notice *n, const struct err *e);
typedef void (*notices_cb)(void *user, const struct notice *all, size_t n, const struct err *e);
/* Of n only text, from and url count; those may be NULL. url: http, https or relative. The answer
 * has id and at_ms only. */
struct request *classroom_notify(struct remote *r, const struct notice *n, notice_cb cb,
                                 void *user);
/* The last 20, oldest first. */
struct request *classroom_notices(struct remote *r, notices_cb cb, void *user);
struct request *classroom_notice_delete(struct remote *r, const char *id, gateway_done_cb cb,
                                        void *user);

/* Notices as they come. ops are borrowed, on_notice may close it. Those of the last ten minutes
 * come first, after every connection: know them by id. */
struct notice_tail;
struct notice_tail_ops {
    void (*on_notice)(void *user, const struct notice *n);
    void (*on_gone)(void *user, const char *id); /* deleted; may be NULL */
};
struct notice_tail *notice_tail_open(struct remote *r, const struct notice_tail_ops *ops,
                                     void *user);
/* Safe with NULL. */
void notice_tail_close(struct notice_tail *t);

/* --- taking part --- */

#define PARTICIPANT_MAX 64 /* bytes of a name; longer ones are cut */

/* Says to all who watch the terminal that `who` takes part, until it is closed; said again on
 * every new connection. */
struct participation;
struct participation *participation_open(struct remote *r, const char *terminal_id,
                                         const char *who);
/* Safe with NULL. */
void participation_close(struct participation *p);

#endif
