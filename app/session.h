/* SPDX-License-Identifier: MIT
 *
 * A loop, a client and a gateway for the life of one command.
 */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include <uv.h>

#include "app/app.h"
#include "client/gateway.h"

struct session {
    struct app *app; /* borrowed */
    uv_loop_t loop;
    struct client *client;
    struct gateway *gateway;
    bool done; /* set by a callback: session_wait returns */
    struct err err;
};

/* Starts or finds the embedded gateway if the context says so. */
int session_open(struct session *s, struct app *app, struct err *e);
void session_close(struct session *s);
/* Runs the loop until s->done, then clears it. */
void session_wait(struct session *s);

/* Fills the context's url and key from the embedded gateway. */
int session_reach_embedded(struct app *app, struct err *e);

/* --- calls that wait; each returns 0 or a negative code, and fills e --- */

/* NAME is NS/NAME, a name in the namespace asked for (else "default"), or an id. The result carries
 * the token; finish it. Unknown: ERR_NOT_FOUND, with the closest name as hint. */
int session_resolve(struct session *s, const char *name, struct sandbox_info *out, struct err *e);
/* found is false when there is none. */
int session_find(struct session *s, const char *ns, const char *name, struct sandbox_info *out,
                 bool *found, struct err *e);
/* The caller finishes each and frees the array. */
int session_list(struct session *s, struct sandbox_info **out, size_t *n, struct err *e);
int session_create(struct session *s, const struct create_options *o, bool find,
                   struct sandbox_info *out, struct err *e);
int session_delete(struct session *s, const char *id, struct err *e);

/* "NS/NAME", or the id of one without a name. The caller frees. */
char *sandbox_label(const struct sandbox_info *info);
/* Splits NS/NAME (ns NULL when there is no "/"). The caller frees both. */
void sandbox_split(const char *text, char **ns, char **name);

#endif
