/* SPDX-License-Identifier: MIT
 *
 * What the parts of a remote share: its link (remote.c), its channels (channel.c), feeds (feed.c)
 * and calls (call.c).
 */
#ifndef CLIENT_REMOTE_INTERNAL_H
#define CLIENT_REMOTE_INTERNAL_H

#include <sys/queue.h>

#include "client/gateway_internal.h"
#include "client/remote.h"

/* Input not acknowledged for so long makes the link suspect; so long it then has to answer. */
#define ACK_PATIENCE_MS 3000
#define ACK_PROBE_MS    5000

struct chunk {
    TAILQ_ENTRY(chunk) link;
    struct buf bytes;
    uint64_t seq; /* 0 until sent the first time */
    int64_t sent_ns;
    bool is_sent; /* on this connection */
};

struct channel {
    LIST_ENTRY(channel) link;
    struct remote *remote;
    char *terminal_id;
    char *name;      /* of the channel on the wire */
    char client[40]; /* who numbers this input; a reopened channel counts from 1 again */
    const struct channel_ops *ops; /* borrowed */
    void *user;
    TAILQ_HEAD(chunk_list, chunk)
    input;
    size_t pending_bytes;
    uint64_t last_seq;
    int rows, cols; /* 0: this channel never set a size */
    char *colours;  /* NULL: not told */
    bool subscribe_due, resize_due, colours_due;
    bool offers_answers, answers;
    bool is_answered; /* the host said on this connection who answers */
    bool is_destroyed, is_paused;
    uint64_t stamp;  /* of the last walk that came by */
    bool is_checked; /* being looked for in the host's list of terminals */
};

struct farewell {
    STAILQ_ENTRY(farewell) link;
    char channel[];
};

struct remote {
    LIST_ENTRY(remote) link;
    struct gateway *gateway;
    struct client *client;
    unsigned refs;
    unsigned n_timers;
    char *id;
    char *url, *token; /* NULL until the gateway said them */
    enum link_state state;
    struct err error;
    int64_t lost_at_ms, backoff_ms, round_trip_us;
    bool ask_gateway; /* before the next attempt: does the sandbox still exist? */
    bool is_gone;
    struct request *asking;
    struct request *info, *check; /* own calls on a new connection */
    struct socket *socket;
    uv_timer_t retry;
    uv_timer_t ack;
    LIST_HEAD(channel_list, channel)
    channels;
    LIST_HEAD(feed_list, feed)
    feeds;
    uint64_t channel_stamp, feed_stamp;
    /* Of channels that are closed here; the socket was full. */
    STAILQ_HEAD(farewell_list, farewell)
    farewells;
    LIST_HEAD(listing_model_list, listing_model)
    listings;
    TAILQ_HEAD(remote_call_list, remote_call)
    waiting;                            /* for the token */
    bool is_info_known, is_info_broken; /* broken: it failed, nothing is known of it */
    bool has_input_ack, has_server_log, has_activity, has_notice, has_answers;
    char client_name[17];
    unsigned n_channels_made;
};

void remote_hold(struct remote *r);
/* Connects if it has channels and no link. */
void remote_connect(struct remote *r);
/* Asks the gateway for the address and token; then on to the waiting calls and the link. */
void remote_ask(struct remote *r);
/* For a channel opened after the end. */
void remote_tell_gone_soon(struct remote *r);
void remote_forget_token(struct remote *r, const char *token);
/* What /info says (NULL: the host has no extensions). Input that was sent to a host without
 * acknowledgements is done with. */
void remote_know(struct remote *r, const struct remote_info *info);
/* False: no socket, or its queue is full. */
bool remote_send(struct remote *r, const struct message *m);
/* Now, or as soon as the queue has room. */
void remote_unsubscribe(struct remote *r, const char *channel);
/* Of a connection that is gone. */
void remote_forget_farewells(struct remote *r);
void remote_note_round_trip(struct remote *r, int64_t sample_us);

/* --- channel.c --- */
void channels_state_changed(struct remote *r);
void channels_destroyed(struct remote *r, const char *reason);
/* A new connection: all is to be said again. */
void channels_restart(struct remote *r);
/* Says what is due, the unsubscriptions first: what is opened again comes behind. */
void channels_pump(struct remote *r);
void channels_take(struct remote *r, const char *bytes, size_t n, bool is_binary);
void channels_drop_sent(struct remote *r);
int64_t channels_oldest_sent_ns(const struct remote *r);
/* Marks the channels of now; later ends the marked ones that are not among the terminals. */
void channels_mark(struct remote *r);
void channels_end_missing(struct remote *r, const struct terminal_info *t, size_t n);

/* --- feed.c --- */
void feeds_take(struct remote *r, const struct message *m);
void feeds_down(struct remote *r, const struct err *e);
void feeds_gone(struct remote *r, const struct err *e);
/* It is known now what the host can do. */
void feeds_known(struct remote *r);
/* Says the subscriptions that are due. */
void feeds_pump(struct remote *r);

/* --- call.c --- */
struct remote_call;
/* The token is known, or e says why not. */
void calls_go_on(struct remote *r, const struct err *e);

#endif
