/* SPDX-License-Identifier: MIT
 *
 * One sandbox's API and its one WebSocket (protocol.md sections 2 and 3).
 *
 * A remote is reference counted: every pane and view of a sandbox shares one, found through
 * remote_acquire. It connects on the first subscription, reconnects by itself with back-off (100
 * ms, doubling to 2 s, at once when remote_retry is called), and subscribes again; the host's
 * `snapshot` extension then brings every terminal up to date.
 *
 * Input is numbered and kept until the host acknowledges it (extension `input-ack`), so what is
 * typed around a broken connection arrives once. At most INPUT_QUEUE_MAX bytes wait; more is
 * refused and said so.
 */
#ifndef CLIENT_REMOTE_H
#define CLIENT_REMOTE_H

#include "client/gateway.h"

#define INPUT_QUEUE_MAX (2u << 20)

struct remote;
struct channel; /* one subscription */

/* Its address and token are fetched from the gateway by id when first needed. Calls under way keep
 * the remote they were made on; release every remote before its gateway's client is destroyed. */
struct remote *remote_acquire(struct gateway *g, const char *sandbox_id);
void remote_release(struct remote *r);
const char *remote_sandbox_id(const struct remote *r);
enum link_state remote_state(const struct remote *r);
const struct err *remote_error(const struct remote *r);
/* clock_mono_ms when the connection was lost; 0 while it is up. */
int64_t remote_lost_at_ms(const struct remote *r);
/* Round trip of pings and acknowledged keys, smoothed, in microseconds; -1 unknown. */
int64_t remote_round_trip_us(const struct remote *r);
/* The host says what input it has taken, so that channel_pending means that. */
bool remote_acknowledges(const struct remote *r);
void remote_retry(struct remote *r);

/* --- terminals --- */
struct terminal_info {
    const char *id, *status, *title, *command; /* borrowed for the callback; "" when not said */
    bool pty;
    int rows, cols, n_viewers; /* 0: not said */
    int64_t created_ms;
    int64_t output_ms; /* wall clock of its last output; 0: not said */
};
struct terminal_options {
    const char *shell; /* NULL: the host's choice */
    const char *cwd;
    int rows, cols;
    bool no_pty; /* one for commands (command_execute), without a screen */
};
typedef void (*terminal_cb)(void *user, const struct terminal_info *t, const struct err *e);
typedef void (*terminals_cb)(void *user, const struct terminal_info *t, size_t n,
                             const struct err *e);

struct request *terminal_create(struct remote *r, const struct terminal_options *o, terminal_cb cb,
                                void *user);
struct request *terminal_list(struct remote *r, terminals_cb cb, void *user);
struct request *terminal_get(struct remote *r, const char *id, terminal_cb cb, void *user);
struct request *terminal_destroy(struct remote *r, const char *id, gateway_done_cb cb, void *user);

/* --- the stream of one terminal --- */
struct channel_end {
    const char *reason; /* a line for people; borrowed for the callback */
    bool is_exit;       /* the shell ended by itself, with status */
    int status;         /* 0 to 255 */
};
struct channel_ops {
    /* Output, as the host framed it. Return false to stop reading the socket until channel_resume:
     * only for a receiver that cannot keep up, as it holds up the sandbox's other channels too;
     * what was read already still comes. */
    bool (*on_output)(void *user, const char *bytes, size_t n);
    /* The terminal ended (exit, DELETE, the sandbox went). */
    void (*on_destroyed)(void *user, const struct channel_end *end);
    /* Another driver changed the size. */
    void (*on_resized)(void *user, int rows, int cols);
    /* channel_pending fell: the host has taken input. */
    void (*on_taken)(void *user);
    /* remote_state or remote_error changed. */
    void (*on_state)(void *user);
};
/* ops are borrowed for the channel's life; any of them may be NULL, and any may close the channel
 * or release the remote. Open one channel per terminal and share it: the host sends the snapshot
 * once per connection. */
struct channel *channel_open(struct remote *r, const char *terminal_id,
                             const struct channel_ops *ops, void *user);
void channel_close(struct channel *c);
/* Reads on after on_output returned false. */
void channel_resume(struct channel *c);
/* Any bytes, whole characters or not: what is not UTF-8 travels as a bytes field where the host
 * acknowledges input; for other hosts an unfinished character waits for its rest. Without
 * `input-ack`, what a breaking connection had taken may be lost, but never arrives twice. Returns
 * 0, -ERR_LIMIT when too much is waiting, or -ERR_NOT_FOUND after on_destroyed (nothing was taken).
 */
int channel_input(struct channel *c, const char *bytes, size_t n, struct err *e);
void channel_resize(struct channel *c, int rows, int cols);
/* Who answers what the program asks its terminal? Hosts with the extension `answers` do that
 * themselves, with these colours (term_theme_write; a copy is kept) until others are told. NULL: no
 * longer told on new connections. */
void channel_colours(struct channel *c, const char *colours);
/* Right after channel_open: answers come from here, as long as they come from nobody else. */
void channel_offer_answers(struct channel *c);
/* They are to come from here: it was offered, or the host leaves them to its viewers. */
bool channel_answers(const struct channel *c);
/* Bytes typed that the host has not acknowledged. */
size_t channel_pending(const struct channel *c);

struct remote_info {
    const char *version, *url; /* "" when not said */
    int n_sandboxes;           /* itself and its children */
    /* Extensions (wire/names.h). */
    bool has_snapshot, has_input_ack, has_terminal_size, has_server_log, has_observe, has_stats;
    bool has_activity, has_search, has_freeze, has_notice, has_answers;
};
typedef void (*remote_info_cb)(void *user, const struct remote_info *i, const struct err *e);
struct request *remote_info(struct remote *r, remote_info_cb cb, void *user);

/* Does it answer at all? */
struct request *remote_health(struct remote *r, gateway_done_cb cb, void *user);

/* Has what it was made with come up? */
struct remote_readiness {
    bool is_ready, is_healthy;
    const cJSON *servers, *overlays; /* arrays, borrowed for the callback; or NULL */
};
typedef void (*remote_ready_cb)(void *user, const struct remote_readiness *x, const struct err *e);
struct request *remote_ready(struct remote *r, remote_ready_cb cb, void *user);

#endif
