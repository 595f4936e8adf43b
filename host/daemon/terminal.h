/* SPDX-License-Identifier: MIT
 *
 * Terminals as the API knows them: in PTY mode a session (session.h), in exec mode an owner of
 * tracked commands (command.h). At most TERMINALS_MAX of both.
 */
#ifndef HOST_DAEMON_TERMINAL_H
#define HOST_DAEMON_TERMINAL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/err.h"
#include "wire/message.h"

#define TERMINALS_MAX 256

struct daemon;
struct session;
struct command;

struct terminal {
    char id[24]; /* "term-…" */
    UT_hash_handle hh;
    struct daemon *d;        /* borrowed */
    struct session *session; /* owned; NULL in exec mode */
    bool automatic;          /* exec mode, made by a background command: goes when room is needed */
    int64_t created_ms;
    TAILQ_HEAD(terminal_command_list, command)
    commands; /* owned */
    int n_commands;
};

struct terminals {
    struct terminal *by_id;
};

struct terminal_options {
    const char *shell, *cwd; /* NULL: default */
    int cols, rows;          /* 0: default */
    bool base64;
};

struct terminal *terminal_create_exec(struct daemon *d, bool automatic, struct err *e);
struct terminal *terminal_create_pty(struct daemon *d, const struct terminal_options *options,
                                     struct err *e);
struct terminal *terminal_find(struct terminals *t, struct slice id);
/* Ends what runs in it, tells the viewers, frees. */
void terminal_destroy(struct terminal *t);
/* The info object of the API. */
cJSON *terminal_info(const struct terminal *t);
unsigned terminals_count_pty(const struct terminals *t);

#endif
