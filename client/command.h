/* SPDX-License-Identifier: MIT
 *
 * Commands and code in a sandbox (protocol.md section 2, Commands and code).
 *
 * Three ways to run one: command_run waits for the end and gives all output at once;
 * with .background it answers at once and the command is followed by command_get and command_wait;
 * command_stream tells its output as it comes. Commands read /dev/null; input is uploaded first
 * (client/transfer.h) and named in the command line.
 */
#ifndef CLIENT_COMMAND_H
#define CLIENT_COMMAND_H

#include "client/remote.h"

/* A command's text, as one argument of execve(2); longer ones are refused. */
#define COMMAND_TEXT_MAX_BYTES (120u << 10)

struct command_options {
    const char *command;
    const char *shell; /* absolute path; NULL: the host's choice */
    const char *cwd;   /* NULL: default */
    const cJSON *env;  /* or NULL */
    bool background;
    int64_t timeout_ms; /* of the request; 0: 30 s */
};
struct command_result {
    const char *out, *err; /* may hold NULs; lengths below. What was not UTF-8 came as U+FFFD */
    size_t out_len, err_len;
    int exit_code; /* of a command that has ended */
    bool is_running;
    int64_t duration_ms;
    const char *terminal_id, *command_id; /* "" for untracked ones */
    const char *command, *status;
    int64_t started_ms, finished_ms; /* wall clock; 0: not said */
};
/* The strings are borrowed for the callback. */
typedef void (*command_cb)(void *user, const struct command_result *c, const struct err *e);
typedef void (*commands_cb)(void *user, const struct command_result *all, size_t n,
                            const struct err *e);

struct request *command_run(struct remote *r, const struct command_options *o, command_cb cb,
                            void *user);
/* One in an exec terminal, with its output so far. */
/* In an exec terminal (terminal_options.no_pty). In the background it is told at once. */
struct request *command_execute(struct remote *r, const char *terminal_id, const char *command,
                                bool background, command_cb cb, void *user);
struct request *command_get(struct remote *r, const char *terminal_id, const char *command_id,
                            command_cb cb, void *user);
/* ERR_TIMEOUT when it runs on after timeout_ms (at most 300 s). */
struct request *command_wait(struct remote *r, const char *terminal_id, const char *command_id,
                             int64_t timeout_ms, command_cb cb, void *user);
/* The commands of one exec terminal, without output. */
struct request *command_list(struct remote *r, const char *terminal_id, commands_cb cb, void *user);
/* Those of every exec terminal of the sandbox, the oldest first. */
struct request *command_list_all(struct remote *r, commands_cb cb, void *user);

struct code_result {
    const char *output; /* stdout and stderr together */
    size_t n_output;
    int exit_code;
    const char *language; /* as the host calls it */
};
typedef void (*code_cb)(void *user, const struct code_result *c, const struct err *e);
/* language NULL: the host guesses. */
struct request *code_run(struct remote *r, const char *code, const char *language,
                         int64_t timeout_ms, code_cb cb, void *user);

/* --- streaming --- */

struct command_stream;

/* Any but on_exit and on_fail may be NULL. After one of these two nothing follows; each may destroy
 * the stream. */
struct command_stream_ops {
    /* Whole UTF-8 characters, in the order of each stream. */
    void (*on_output)(void *user, bool is_stderr, const char *bytes, size_t n);
    void (*on_exit)(void *user, int exit_code);
    /* It could not be started, or nothing will be heard of it any more. */
    void (*on_fail)(void *user, const struct err *e);
    /* The connection broke (e) or is back (NULL). */
    void (*on_link)(void *user, const struct err *e);
};

/* Starts it (background and timeout_ms of the options are not used). ops are borrowed.
 *
 * Over a lost connection nothing is lost: the host keeps the output of commands, so from then on
 * the stream asks for what is there and passes on what is new, until the end. Only output beyond
 * what one answer holds (REPLY_SIZE_MAX) is then left out; on_fail says so. */
struct command_stream *command_stream(struct remote *r, const struct command_options *o,
                                      const struct command_stream_ops *ops, void *user);
/* Ends the command's processes and its terminal; on_fail with ERR_CANCELLED follows, unless it ends
 * by itself before that. Takes effect even if the stream is destroyed right away. */
void command_stream_kill(struct command_stream *s);
/* No callback runs after this; a command that runs goes on. The host keeps it and its output in an
 * exec terminal of its own: terminal_destroy(command_stream_terminal(s)) makes it forget them. Safe
 * with NULL. */
void command_stream_destroy(struct command_stream *s);
/* "" until it is known. */
const char *command_stream_id(const struct command_stream *s);
const char *command_stream_terminal(const struct command_stream *s);

#endif
