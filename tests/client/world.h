/* SPDX-License-Identifier: MIT
 *
 * A client with one sandbox, against a scripted host: what the tests about remotes share.
 */
#ifndef TESTS_CLIENT_WORLD_H
#define TESTS_CLIENT_WORLD_H

#include "base/alloc.h"
#include "base/clock.h"
#include "client/command.h"
#include "tests/client/script.h"
#include "wire/base64.h"
#include "wire/names.h"

struct world {
    uv_loop_t loop;
    struct script script;
    struct client *client;
    struct gateway *gateway;
    struct remote *remote;
    struct channel *channel;
    /* The host. */
    const char *token;      /* that it takes */
    const char *given;      /* that the gateway gives */
    const char *extensions; /* of the sandbox */
    const char *terminals;  /* JSON array */
    bool is_gone, is_quiet; /* quiet: takes input without acknowledging */
    bool is_info_broken;
    int n_gets, n_infos, n_commands, n_inputs;
    char ws_head[2048], last_body[512];
    struct buf told;  /* subscribe and resize, a line each */
    struct buf taken; /* input, duplicates dropped */
    char taken_client[64];
    double taken_seq;
    bool saw_bytes_field;
    /* The client. */
    struct buf output;
    char destroyed[256];
    int n_destroyed, n_states, rows, cols, n_answers;
    bool refuse_output, close_on_output, is_closed;
    struct err error;
    char answer[256];
};

int world_setup(void **state);
int world_teardown(void **state);
#define with_world(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

/* Notes everything in the world. */
extern const struct channel_ops world_channel_ops;

/* What buf holds, "" while empty. */
const char *text_of(const struct buf *b);
/* The host's end of the sandbox's WebSocket, or NULL. */
struct conn *sandbox_socket(struct world *w);
/* Breaks it. */
void cut(struct world *w);
/* On terminal t1, subscribed and with the host's extensions known. */
void open_channel(struct world *w);
/* From the host, as output of t1. */
void send_output(struct world *w, const char *text, bool is_binary);
void type(struct world *w, const char *text);

#endif
