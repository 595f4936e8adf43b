/* SPDX-License-Identifier: MIT
 *
 * A real sandpitd on a state folder of its own, and blocking HTTP against it.
 */
#ifndef TESTS_HOST_GATEWAY_HOST_H
#define TESTS_HOST_GATEWAY_HOST_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

#define HOST_DEADLINE_MS 20000

struct host {
    char *folder; /* owned; holds the state folder and what was said on stderr */
    char *state;  /* owned */
    pid_t pid;
    int port, pubsub_port;
    int n_files; /* RLIMIT_NOFILE of what is started; 0: as it is */
};

/* Waits until the condition holds; fails the test after HOST_DEADLINE_MS. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        int64_t end_ = clock_mono_ms() + HOST_DEADLINE_MS;                                         \
        while (!(condition)) {                                                                     \
            if (clock_mono_ms() > end_)                                                            \
                fail_msg("never true: %s", #condition);                                            \
            poll(NULL, 0, 5);                                                                      \
        }                                                                                          \
    } while (0)

/* An empty folder; nothing runs yet. long_path: a state folder of more than 107 bytes. */
void host_init(struct host *h, bool long_path);
/* Starts it and waits for its addresses. Extra: a further argument, or NULL. */
void host_start(struct host *h, const char *extra);
/* Starts a program that is to fail; returns its exit status, what it said in h's last_words. */
int host_start_failing(struct host *h, const char *const *args, struct buf *said);
/* Ends it by the signal and waits; returns the exit status, or 128 + the signal. */
int host_end(struct host *h, int signal_number);
/* Destroys what runs, removes the folder. */
void host_finish(struct host *h);
/* Of a test or of all: *state is a host that runs. */
int host_setup(void **state);
int host_teardown(void **state);
/* The host's pid of a sandbox's daemon. */
pid_t host_daemon_pid(const struct host *h, const char *id);
bool pid_lives(pid_t pid);

/* A connection to the one port. */
int host_connect(const struct host *h);
void send_text(int fd, const char *text);
/* Reads one reply by its Content-Length; its status (0: the connection ended), *json the body. */
int read_reply(int fd, cJSON **json);
/* One request on a connection of its own; path is on the gateway. */
int host_ask(const struct host *h, const char *method, const char *path, const char *body,
             cJSON **json);
int host_ask_sandbox(const struct host *h, const char *id, const char *path, cJSON **json);
/* One request to a sandbox's API with its token. */
int host_call(const struct host *h, const char *id, const char *token, const char *method,
              const char *path, const char *body, cJSON **json);
/* The answer of a command's stdout, owned; the command must be taken. */
char *host_sh(const struct host *h, const char *id, const char *token, const char *command);
/* The string in data.KEY, or KEY; "" when there is none. */
const char *text_in(const cJSON *json, const char *key);
/* Creates one and returns its id, owned; token not NULL: its token, owned, too. */
char *host_create_with(const struct host *h, const char *body, char **token);
/* Without the token. */
char *host_create(const struct host *h, const char *body);

#endif
