/* SPDX-License-Identifier: MIT
 *
 * The real sandpitd as a child of the test, and a TCP proxy in front of it that can be cut.
 */
#ifndef TESTS_CLIENT_REAL_H
#define TESTS_CLIENT_REAL_H

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buf.h"

#define REAL_KEY "real-key"

struct real {
    uv_loop_t *loop;
    uv_process_t process;
    uv_pipe_t out;
    struct buf printed;
    char state[64];
    char url[64];
    int port;
    bool has_exited;
};

/* Starts it on a free port and waits until it listens. */
void real_start(struct real *r, uv_loop_t *loop);
/* SIGTERM, and its sandboxes with it. */
void real_stop(struct real *r);
/* kill -9 of the jails of its sandboxes, daemons and all. Returns how many there were. */
int real_kill_jails(struct real *r);
/* Runs a program to its end; fails the test unless it exits with 0. */
void run_program(const char *const argv[]);
void remove_tree(const char *path);
int free_port(void);

/* Forwards bytes, with the host's port replaced by its own in answers, and back in requests: the
 * host writes and checks the sandboxes' addresses. */
struct proxy {
    uv_loop_t *loop;
    uv_tcp_t listener;
    int port, target_port;
    char url[64];
    LIST_HEAD(pair_list, pair)
    pairs;
    bool is_listening;
};

void proxy_start(struct proxy *p, uv_loop_t *loop, int target_port);
void proxy_cut(struct proxy *p);
void proxy_unlisten(struct proxy *p);
void proxy_listen(struct proxy *p);
void proxy_stop(struct proxy *p);

#endif
