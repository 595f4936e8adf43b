/* SPDX-License-Identifier: MIT
 *
 * What commands about one sandbox share: the sandbox found, calls that are waited for, streams that
 * are followed until C-c, and verbs (`sandpit servers NAME stop web`) in a table.
 */
#ifndef APP_ERRAND_H
#define APP_ERRAND_H

#include "app/command.h"
#include "app/session.h"
#include "client/remote.h"

#define ERRAND_SIGNALS 3

struct errand {
    struct app *app; /* borrowed */
    struct session session;
    const char *name; /* of the sandbox, as it was given */
    struct sandbox_info info;
    struct remote *remote;
    char *home; /* owned: where relative paths begin; NULL: not asked yet */
    bool json;
    int signal; /* that ended errand_follow, or 0 */
    uv_signal_t signals[ERRAND_SIGNALS];
    int n_closing;
    int status;     /* exit status when nothing failed */
    bool has_asked; /* what failed before that was wrong usage */
};

/* Opens the session and finds the sandbox; errand_close in any case. */
int errand_open(struct errand *x, struct app *app, const char *name, struct err *e);
void errand_close(struct errand *x);
/* A path in the sandbox, absolute: relative ones begin where commands do. The caller frees. */
int errand_path(struct errand *x, const char *path, char **absolute);

/* A port as it was given, or -ERR_ARG with the reason in session.err. */
int errand_port(struct errand *x, const char *text);

/* --- for callbacks --- */

/* The call is answered: errand_wait and errand_follow return. e NULL: it went well. */
void errand_done(struct errand *x, const struct err *e);
/* A callback for calls that answer nothing else; user is the errand. */
void errand_on_done(void *user, const struct err *e);
/* Status 1 when it is not there; with x->json that is printed, too. */
void errand_on_exists(void *user, bool exists, const struct err *e);
/* One JSON value on a line of its own; deletes it. Ends the errand when nobody reads any more. */
void errand_print_line(struct errand *x, cJSON *json);
/* After something was printed in a stream. */
void errand_flush(struct errand *x);
/* On stderr: the connection was lost. */
void errand_on_down(void *user, const struct err *e);

/* --- waiting --- */

/* For the call under way. 0, or a negative code with the reason in session.err. */
int errand_wait(struct errand *x);
/* The same for a stream: SIGINT, SIGTERM and SIGHUP end it, too, with x->signal set and 0. */
int errand_follow(struct errand *x);

/* Lets the loop run for so long, or until a callback ended the wait. As errand_wait. */
int errand_pause(struct errand *x, int ms);
/* After something was cancelled: lets the client tidy up there. */
void errand_linger(struct errand *x);

/* --- verbs --- */

struct verb {
    const char *name;
    const char *usage; /* behind the name */
    int min, max;      /* words behind it */
    bool writes;       /* refused where the context is read-only */
    /* Returns 0, or a negative code with the reason in session.err. */
    int (*run)(struct errand *x, const void *args, int n, char **words);
};

/* words[0] names the sandbox, words[1] the verb, the first of the table when it is left out.
 * Returns the exit status. */
int errand_run(const struct command *c, const struct verb *verbs, struct app *app, const void *args,
               bool json, int n_words, char **words);
/* The same for a command with one thing to do: words[0] names the sandbox. */
int errand_run_one(const struct verb *verb, struct app *app, const void *args, bool json,
                   int n_words, char **words);

/* Adds milliseconds as an ISO time, or null for 0. */
void json_add_time(cJSON *object, const char *key, int64_t ms);
/* Adds bytes as text (what is not UTF-8 becomes U+FFFD). */
void json_add_text(cJSON *object, const char *key, const char *bytes, size_t n);

#endif
