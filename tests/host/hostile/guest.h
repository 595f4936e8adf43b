/* SPDX-License-Identifier: MIT
 *
 * A sandbox behind a real gateway, as its clients see it: HTTP, WebSockets and raw bytes through
 * the one port. Everything fails the running test when it does not work within a deadline.
 */
#ifndef TESTS_HOST_HOSTILE_GUEST_H
#define TESTS_HOST_HOSTILE_GUEST_H

#include "tests/cm.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "tests/host/gateway/host.h"
#include "wire/message.h"

struct guest {
    const struct host *host; /* borrowed */
    char *id, *token;        /* owned */
    char name[80];           /* what Host says */
};

/* Raises the bound of open files for us and what we start; fails the running test
 * with less. */
void need_files(int n);

void guest_create(struct guest *g, const struct host *h, const char *options);
/* Frees; the sandbox stays. */
void guest_finish(struct guest *g);
/* The whole request with its own token, to its name or the gateway's; nothing is read. -1: nobody
 * listens. */
int guest_try_send(const struct guest *g, bool to_gateway, const char *method, const char *path,
                   const char *body);
/* The same with any token (NULL: none); somebody must listen. */
int guest_send(const struct guest *g, const char *token, const char *method, const char *path,
               const char *body);
/* Status of one request on a connection of its own; *json (may be NULL) its body. */
int guest_ask_as(const struct guest *g, const char *token, const char *method, const char *path,
                 const char *body, cJSON **json);
int guest_ask(const struct guest *g, const char *method, const char *path, const char *body,
              cJSON **json);
/* stdout of a command, the caller frees; *exit_code may be NULL. */
char *guest_sh(const struct guest *g, const char *command, int *exit_code);
/* POST /terminals {pty:true}; the id, the caller frees. */
char *guest_pty(const struct guest *g);
/* Asks for its health n times; how long the slower half of the answers took, in ms. */
int64_t guest_health_ms(const struct guest *g, int n);

/* {"command": text} */
char *command_body(const char *command);

/* --- WebSocket --- */
struct ws {
    int fd;
    struct buf in;
};
struct frame {
    int opcode;
    struct slice payload; /* until the next call */
};
/* The HTTP status: 101 when it is open. */
int ws_open(struct ws *ws, const struct guest *g, const char *token, const char *protocol);
void ws_close(struct ws *ws);
/* A frame with the first byte as it is, masked or not. */
void frame_append(struct buf *out, int first, bool masked, const void *bytes, size_t n);
void ws_send(struct ws *ws, int opcode, const void *bytes, size_t n);
void ws_say(struct ws *ws, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* 1: a frame; 0: the connection has ended; -1: the time is over. */
int ws_next(struct ws *ws, struct frame *f, int64_t end_ms);
/* Reads until a frame has the text in it. */
void ws_wait(struct ws *ws, const char *text);
/* Reads until the connection has ended. */
void ws_wait_end(struct ws *ws);
/* Sends a ping and waits for its pong: everything before it was taken. */
void ws_sync(struct ws *ws);

#endif
