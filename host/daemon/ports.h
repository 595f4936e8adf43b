/* SPDX-License-Identifier: MIT
 *
 * Which TCP ports are listened on, and by which session of this sandbox.
 *
 * The kernel's tables (/proc/net/tcp, tcp6) also show the sockets of everybody else who shares the
 * network; a socket is ours when a process in our /proc holds it. Reading both takes milliseconds,
 * so it happens on the thread pool, one reading at a time, and its result is kept: who can live
 * with one that is a little old gets it at once.
 */
#ifndef HOST_DAEMON_PORTS_H
#define HOST_DAEMON_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <uv.h>

#define LISTENERS_MAX 16384 /* of the whole network; what is beyond is not seen, so not ours */

/* What reaches a listener. */
enum { PORT_V4 = 1, PORT_V6 = 2 };

struct listener {
    unsigned long inode;
    int port;
    unsigned reach; /* PORT_V4: by 127.0.0.1, PORT_V6: by ::1. [::] counts as both: whether it takes
                       IPv4, too, cannot be seen */
    pid_t session;  /* of a process that holds it; 0: nobody here does */
};

struct listeners {
    size_t n;
    struct listener *items; /* sorted by port */
    bool failed;            /* the tables could not be read (whole) */
};

struct daemon;

/* Embedded in whoever asks; on_ports runs once, on the loop, maybe before ports_ask returns. */
struct ports_question {
    TAILQ_ENTRY(ports_question) entry;
    bool waiting;
    void (*on_ports)(struct ports_question *q, const struct listeners *l);
};

TAILQ_HEAD(ports_question_list, ports_question);

struct ports {
    uv_loop_t *loop; /* borrowed */
    uv_work_t work;
    struct listeners found, reading;
    int64_t started_ms; /* when the reading that is under way began */
    int64_t found_ms;   /* when the one in `found` began; 0: never */
    bool busy, stopped;
    struct ports_question_list asked, answered_next; /* for the next reading, for this one */
};

void ports_init(struct ports *p, uv_loop_t *loop);
/* Answers with a reading that began at most max_age_ms ago; 0: one that begins after this call. */
void ports_ask(struct ports *p, struct ports_question *q, int64_t max_age_ms);
/* It will not be answered; fine when it already was. */
void ports_forget(struct ports *p, struct ports_question *q);
/* No further answers. The caller runs the loop until nothing is busy, then ports_finish. */
void ports_stop(struct ports *p);
void ports_finish(struct ports *p);

/* May a connection to this port of the loopback addresses be made on behalf of a visitor? Only when
 * every listener that could get it is ours. Returns PORT_V4 and PORT_V6 as they may be tried. */
unsigned listeners_reachable(const struct listeners *l, int port);
/* The index of the first listener of this port or a later one. */
size_t listeners_find(const struct listeners *l, int port);

/* One line of the kernel's table; false when it is no listening socket. */
bool listener_parse(struct listener *l, const char *line, bool v6);
/* Reads everything, on any thread. */
void listeners_read(struct listeners *l);
void listeners_finish(struct listeners *l);

#endif
