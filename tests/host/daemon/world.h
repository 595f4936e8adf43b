/* SPDX-License-Identifier: MIT
 *
 * The real daemon in a real jail, without a gateway: the test holds the link and passes connections
 * itself. Everything fails the running test when it does not work, within a deadline.
 */
#ifndef TESTS_HOST_DAEMON_WORLD_H
#define TESTS_HOST_DAEMON_WORLD_H

#include "tests/cm.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

#define WORLD_TOKEN "token-of-the-test-0123456789"
#define WORLD_HOST  "box.localhost:7780"

struct world {
    char dir[64];
    char link_path[80];
    int link; /* connected; -1 after world_unlink */
    pid_t pid;
    int log;
    int store, store_wal; /* the daemon's database */
};

/* NULL in *state: no jails on this machine; tests skip. */
int world_setup(void **state);
/* Orders the stop, expects a clean end and no sanitizer report in the log. */
int world_teardown(void **state);
/* Connects the link anew, as a gateway after a restart does. */
void world_relink(struct world *w);
/* The daemon's, as this process sees it; links anew. */
pid_t world_daemon_pid(struct world *w);
/* Kills the daemon with all it runs, and starts another on the same files. */
void world_restart(struct world *w);
/* Waits for the next packet of the daemon; the caller deletes it. */
cJSON *world_packet(struct world *w);

/* A connection handed to the daemon; blocking, with a receive timeout. */
int world_connect(struct world *w);
/* One for a port inside. */
int world_connect_port(struct world *w, int port);
/* One request on a connection of its own. *status: the HTTP status. NULL when the body is empty.
 * token NULL: none. */
cJSON *world_call(struct world *w, const char *method, const char *path, const char *token,
                  const char *body, int *status);
/* With WORLD_TOKEN; any other status than the expected one fails the test. */
cJSON *world_ask(struct world *w, const char *method, const char *path, const char *body,
                 int expected);
/* The same, without the reply. */
void world_expect(struct world *w, const char *method, const char *path, const char *body,
                  int expected);
/* POST /run/command with WORLD_TOKEN; expects 200. */
cJSON *world_run(struct world *w, const char *command);
/* stdout of a command that must succeed; the caller frees. */
char *world_sh(struct world *w, const char *command);
/* POST /terminals {pty:true, more}; returns the id, the caller frees. */
char *world_pty(struct world *w, const char *more);

/* --- WebSocket --- */
struct ws {
    int fd;
    struct buf in;   /* not yet parsed */
    struct buf text; /* all terminal output so far */
    struct buf log;  /* all frames so far, a line each */
    int n_created;
};
void ws_open(struct ws *ws, struct world *w, const char *protocol);
void ws_open_as(struct ws *ws, struct world *w, const char *token, const char *protocol);
void ws_close(struct ws *ws);
void ws_send(struct ws *ws, const char *json);
void ws_input(struct ws *ws, const char *terminal_id, const char *input);
void ws_subscribe(struct ws *ws, const char *channel_prefix, const char *id);
/* Reads frames until the output (or a frame, for ws_wait_frame) contains text. */
void ws_wait(struct ws *ws, const char *text);
void ws_wait_frame(struct ws *ws, const char *text);
/* Reads what comes within ms. */
void ws_read_for(struct ws *ws, int ms);

/* data of a reply. */
const cJSON *data_of(const cJSON *reply, const char *name);

#endif
