/* SPDX-License-Identifier: MIT
 *
 * The seats of a class: for each student a sandbox (found or made), a terminal in it and a magic
 * link that leads to it.
 */
#ifndef APP_CLASS_MAKE_H
#define APP_CLASS_MAKE_H

#include "app/class_list.h"
#include "app/session.h"
#include "client/remote.h"

enum seat_state { SEAT_WAITING, SEAT_BUSY, SEAT_KEPT, SEAT_CREATED, SEAT_FAILED };

struct class_make;

struct seat {
    const struct student *student; /* borrowed */
    enum seat_state state;
    char *id;           /* owned: of the sandbox; NULL: none yet */
    char *link, *watch; /* owned secrets; watch: for looking only; NULL: none */
    int64_t expires_ms; /* of the links */
    struct err err;     /* why it failed */
    bool is_new;
    char *redirect; /* owned */
    struct class_make *make;
    struct remote *remote;
    struct request *request;
};

struct class_options {
    struct create_options create; /* without the name */
    int64_t link_life_s;
    bool watch_links;
};

struct class_make {
    struct session *session;
    const struct class_options *o;
    struct seat *seats; /* owned */
    size_t n, n_started, n_ended, n_busy;
    int signal; /* that ended it, or 0 */
};

/* Works on several seats at once and tells progress on stderr; SIGINT and SIGTERM stop it. What was
 * made stays, and the next run finds it. class_make_finish in any case. */
void class_make_run(struct class_make *m, struct session *s, const struct class_list *l,
                    const struct class_options *o);
void class_make_finish(struct class_make *m);
/* "created", "kept", "failed", "not reached". */
const char *seat_word(const struct seat *seat);

#endif
