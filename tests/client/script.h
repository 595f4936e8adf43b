/* SPDX-License-Identifier: MIT
 *
 * A host that does what a test tells it: an HTTP and WebSocket server on the test's own loop, for
 * the faults that a real host does not have.
 */
#ifndef TESTS_CLIENT_SCRIPT_H
#define TESTS_CLIENT_SCRIPT_H

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buf.h"
#include "wire/message.h"

struct script;

struct conn {
    LIST_ENTRY(conn) link;
    struct script *script;
    uv_tcp_t tcp;
    struct buf in;
    bool is_websocket, is_closing;
    char *target; /* of the last request; owned */
    char *head;   /* its whole head; owned */
};

struct script {
    uv_loop_t *loop;
    uv_tcp_t listener;
    int port;
    char url[64];
    LIST_HEAD(conn_list, conn)
    conns;
    int n_conns, n_requests, n_upgrades;
    /* Each request; NULL answers 404. "GET /path" is in line, without the version. */
    void (*on_request)(struct conn *c, const char *line, const char *body, void *user);
    /* Each whole frame of a WebSocket; op 1 text, 2 binary, 8 close, 9 ping. */
    void (*on_frame)(struct conn *c, int op, const char *bytes, size_t n, void *user);
    void *user;
    bool is_deaf; /* reads nothing more: a frozen peer */
};

void script_start(struct script *s, uv_loop_t *loop);
/* Stops listening, so that connecting is refused; script_listen on the same port again. */
void script_unlisten(struct script *s);
void script_listen(struct script *s);
/* Breaks every connection. */
void script_cut(struct script *s);
void script_set_deaf(struct script *s, bool is_deaf);
void script_stop(struct script *s);
struct conn *script_websocket(struct script *s); /* an open one, or NULL */
int script_n_websockets(const struct script *s);

void conn_raw(struct conn *c, const void *bytes, size_t n);
void conn_reply(struct conn *c, int status, const char *body);
void conn_upgrade(struct conn *c);
void conn_frame(struct conn *c, int op, const void *bytes, size_t n);
void conn_text(struct conn *c, const char *text);
void conn_message(struct conn *c, const struct message *m, bool is_binary);
void conn_close(struct conn *c);
bool conn_has_header(const struct conn *c, const char *line);

/* Runs the loop until the condition holds; fails the test after ms. */
#define await(loop, ms, condition)                                                                 \
    do {                                                                                           \
        int64_t until_ = clock_mono_ms() + (ms);                                                   \
        while (!(condition)) {                                                                     \
            assert_true(clock_mono_ms() < until_);                                                 \
            loop_turn(loop);                                                                       \
        }                                                                                          \
    } while (0)
void loop_turn(uv_loop_t *loop);
/* Runs what is left and closes the loop; fails within a deadline, and names what it is, if a handle
 * stays open. */
void loop_finish(uv_loop_t *loop);

#endif
