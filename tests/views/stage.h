/* SPDX-License-Identifier: MIT
 *
 * A stage for views: the real views and toolkit on the real client and gateway model, fed by a
 * scripted host, with memory in place of the terminal (screen_memory.h).
 */
#ifndef TESTS_VIEWS_STAGE_H
#define TESTS_VIEWS_STAGE_H

#include "tests/cm.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "tests/client/script.h"
#include "views/state.h"

#define STAGE_ANSWERS_MAX 128

/* What the host says to requests that begin with line; "POST /run/command~cksum": and whose body
 * has what follows the "~". */
struct stage_answer {
    char line[96];
    int status;
    char *data; /* owned: JSON */
};

struct stage {
    uv_loop_t loop;
    struct script script;
    struct client *client;
    struct fleet *fleet;
    struct gateway *gateway;
    struct views_env env;
    struct tui *tui;
    struct keymap *keymap;
    bool quit, client_closed;
    /* The scripted host. */
    int n_subscribed; /* to the list */
    bool hold;        /* answers to requests wait for stage_release */
    struct conn *held;
    char last_request[256], last_body[1024];
    int status;            /* of the next answers; 0: 200 */
    const char *terminals; /* JSON; NULL: those that were created here, t1, t2… */
    int n_terminals, n_attached;
    struct buf created;
    char resized[16], typed_into[16]; /* the terminal of the last resize, of the last input */
    struct conn *shell;               /* the sandbox's WebSocket once a terminal is subscribed */
    struct buf typed;                 /* input that came for terminals */
    int rows, cols;                   /* of the last resize */
    int n_colours;                    /* how often it was told the user's */
    const char *unacked;              /* the terminal whose input is taken and not acknowledged */
    int info_status;
    struct stage_answer answers[STAGE_ANSWERS_MAX];
    size_t n_answers;
    const char *cut_off; /* sandbox */
    bool hold_sockets;   /* upgrades of sandboxes' WebSockets get no answer */
    bool refuse_list;    /* upgrades of the list's WebSocket get a 401 */
};

struct stage *stage_open(int rows, int cols);
/* With the gateway connected and synced. */
struct stage *stage_open_synced(int rows, int cols);
void stage_close(struct stage *s);
void stage_resize(struct stage *s, int rows, int cols);

/* A message of the list; data is JSON without braces. age_ms and left_ms (0: none) from now. */
void stage_sandbox(struct stage *s, const char *type, const char *id, const char *ns,
                   const char *name, const char *status, int terminals, int64_t age_ms,
                   int64_t left_ms);
void stage_tell(struct stage *s, const char *type, const char *data);
/* Output of terminal t1 to its subscriber. */
void stage_output(struct stage *s, const char *bytes);
void stage_output_of(struct stage *s, const char *terminal, const char *bytes);
void stage_release(struct stage *s);
/* From now on requests whose "METHOD /path" begins with line get this; of several the longest
 * counts; "METHOD /path @ID" is for one sandbox. status 0: no answer at all. data is what is in
 * "data" of a good answer. */
void stage_answer(struct stage *s, const char *line, int status, const char *data);
/* A message on a sandbox's WebSocket; fields are names and values in turn, NULL at the
 * end; a value that begins with # is a number. */
void stage_push(struct stage *s, const char *sandbox_id, const char *type, const char *channel,
                const char *const *fields);
/* The host is gone, or back on the same port. */
void stage_host_down(struct stage *s);
void stage_host_up(struct stage *s);
/* One sandbox is cut off until another one is, or NULL: its WebSocket breaks, and those to come.
 * The next stage_output is for the other one. */
void stage_cut_off(struct stage *s, const char *sandbox_id, const char *other);

/* Keys by name, separated by blanks: "n a l i c e Enter", "C-b c". */
void stage_keys(struct stage *s, const char *names);
/* Characters as they are. */
void stage_type(struct stage *s, const char *text);
void stage_paste(struct stage *s, const char *text);
void stage_mouse(struct stage *s, struct mouse mouse);
/* The whole screen as text, a line a row. Freed by the caller. */
char *stage_screen(struct stage *s);
/* Runs the loop until the screen shows text; fails after 5 s with the screen. */
void stage_await(struct stage *s, const char *text);
void stage_await_gone(struct stage *s, const char *text);
const char *stage_toast(const struct stage *s);
void stage_forget_toast(struct stage *s);
int stage_bells(const struct stage *s);
/* When the views want to be drawn again; 0: not. */
int64_t stage_next_tick_ms(const struct stage *s);
/* What went straight to the terminal. */
const struct buf *stage_written(const struct stage *s);
bool stage_cursor(struct stage *s, int *row, int *col);

/* Compares the screen with tests/views/golden/NAME.txt; SANDPIT_UPDATE_GOLDEN=1 writes it. */
void stage_golden(struct stage *s, const char *name);
#define STAGE_SIZES 4
extern const struct stage_size {
    int cols, rows;
} stage_sizes[STAGE_SIZES];
/* NAME-80x24, NAME-120x40, NAME-200x50 and NAME-40x12; leaves it at 80x24. */
void stage_golden_sizes(struct stage *s, const char *name);

#endif
