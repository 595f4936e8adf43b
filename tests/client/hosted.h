/* SPDX-License-Identifier: MIT
 *
 * A client with one sandbox at the real sandpitd, behind a proxy that can be cut: one for all tests
 * of a program.
 */
#ifndef TESTS_CLIENT_HOSTED_H
#define TESTS_CLIENT_HOSTED_H

#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/command.h"
#include "tests/client/real.h"
#include "tests/client/script.h"

struct hosted {
    uv_loop_t loop;
    struct real real;
    struct proxy proxy;
    struct client *client;
    struct gateway *gateway;
    struct remote *remote;
    char sandbox[64];
    /* Of the last answer. */
    int n_answers;
    struct err error;
    struct buf text; /* what callbacks wrote */
    bool is_closed;
};

/* Group setup and teardown. */
int hosted_setup(void **state);
int hosted_teardown(void **state);
/* Empties text and error before a test. */
int hosted_begin(void **state);
#define with_host(test) cmocka_unit_test_setup(test, hosted_begin)

/* Notes an answer: for the first line of every callback. */
void hosted_take(struct hosted *h, const struct err *e);
void hosted_on_done(void *user, const struct err *e);
void hosted_on_command(void *user, const struct command_result *c, const struct err *e);
/* Waits for one answer; fails unless it is a success. */
void hosted_answered(struct hosted *h);
/* Waits for one answer; fails unless it is this failure. */
void hosted_failed(struct hosted *h, enum err_code code);
/* Waits for one answer; skips the test when this build's host has no such route. */
void hosted_answered_or_skip(struct hosted *h);
/* What was written since the last call; valid until the next. */
const char *hosted_text(struct hosted *h);
bool hosted_saw(const struct hosted *h, const char *part);
/* Runs a command in the sandbox and returns its output, as hosted_text. */
const char *hosted_run(struct hosted *h, const char *command);

#endif
