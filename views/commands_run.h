/* SPDX-License-Identifier: MIT
 *
 * One command, or piece of code, in one sandbox: started here, or looked at.
 *
 * Those started here are kept with their output (the last RUN_OUTPUT_MAX bytes) until the program
 * ends or they are dropped, also while no view shows them; hosts forget them.
 */
#ifndef VIEWS_COMMANDS_RUN_H
#define VIEWS_COMMANDS_RUN_H

#include "base/clock.h"
#include "client/command.h"
#include "views/state.h"

#define RUN_OUTPUT_MAX (1024 * 1024)
#define RUNS_MAX       512 /* kept; beyond that the oldest that has ended goes */

enum run_how { RUN_ONCE, RUN_BACKGROUND, RUN_CODE, RUN_LOOK };

enum run_state {
    RUN_RUNNING,
    RUN_ENDED,  /* exit_code */
    RUN_FAILED, /* error */
};

struct run_listener {
    void (*on_output)(void *user, const char *bytes, size_t n); /* or NULL */
    void (*on_change)(void *user);                              /* or NULL */
    void *user;
    LIST_ENTRY(run_listener) link;
};

struct run {
    struct views_env *env;
    char id[24]; /* "run-7" */
    char *sandbox_id;
    enum run_how how;
    char *text, *cwd, *language; /* owned; the last two may be NULL */
    cJSON *variables;            /* owned; or NULL */
    int64_t timeout_ms;          /* 0: none */
    enum run_state state;
    int exit_code;
    struct err error;
    int64_t started_ms, finished_ms; /* wall clock */
    char *terminal_id, *command_id;  /* owned; NULL: not known (yet) */
    struct buf output;
    uint64_t n_dropped; /* bytes before output */
    bool timed_out, link_lost;
    /* Its own. */
    unsigned refs;
    bool kept; /* one of env->state->runs */
    struct remote *remote;
    struct command_stream *stream;
    struct request *request;
    struct tick *tick;
    size_t n_told[2]; /* RUN_LOOK, RUN_BACKGROUND: bytes of stdout and stderr taken */
    LIST_HEAD(run_listeners, run_listener)
    listeners;
    TAILQ_ENTRY(run) link;
};

struct run_spec {
    enum run_how how;
    const char *text, *cwd, *language; /* the last two may be NULL */
    const cJSON *variables;            /* or NULL */
    int64_t timeout_ms;                /* 0: none */
};

/* Starts it; the reference is the caller's. */
struct run *run_start(struct views_env *env, const char *sandbox_id, const struct run_spec *spec);
/* The same again, and the same in another sandbox. */
struct run *run_again(const struct run *run);
struct run *run_like(const struct run *run, const char *sandbox_id);
/* Follows one that the host has; not kept. */
struct run *run_look(struct views_env *env, const char *sandbox_id, const char *terminal_id,
                     const char *command_id, const char *text);
struct run *run_ref(struct run *run);
/* Safe with NULL. */
void run_release(struct run *run);
/* Asks it to end. False: it has ended, or cannot be asked. */
bool run_kill(struct run *run);
/* Out of those that are kept. */
void run_drop(struct run *run);
bool run_is_over(const struct run *run);
int64_t run_took_ms(const struct run *run);
/* "250 ms", "3s"; without milliseconds while it runs. Returns out. */
char *run_format_took(char out[CLOCK_SPAN_SIZE], int64_t ms, bool is_running);
void run_listen(struct run *run, struct run_listener *l);
void run_unlisten(struct run_listener *l);

/* Those that are kept, the newest first: NULL begins, NULL ends. */
struct run *runs_next(const struct views_env *env, const struct run *after);
struct run *runs_find(const struct views_env *env, const char *id);
/* Whenever one comes, changes its state, or goes. */
void runs_listen(struct views_env *env, struct run_listener *l);
/* For views_stop. */
void runs_drop_all(struct views_env *env);

#endif
