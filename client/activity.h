/* SPDX-License-Identifier: MIT
 *
 * What goes on in a sandbox's terminals without attaching to them: extension `activity`
 * (wire/names.h). The host counts; who needs whom is for the reader to say (views/attention.h).
 */
#ifndef CLIENT_ACTIVITY_H
#define CLIENT_ACTIVITY_H

#include "client/remote.h"

#define ACTIVITY_TEXT_MAX 200 /* bytes of any text below; longer ones end in "…" */

/* One PTY terminal. Strings are borrowed from the feed until its next callback, "" when there is
 * nothing to say, free of control characters. Times are of clock_mono_ms, 0: never. */
struct activity {
    const char *terminal_id;
    const char *title;   /* what its program set */
    const char *command; /* the program in front; the shell's name at its prompt */
    const char *with;    /* who says they take part, comma separated */
    const char *error;   /* the last line of error text of the last failed command */
    const char *note;    /* what was said with the raised hand */
    const char *frozen_by;
    int rows, cols, n_viewers;
    uint64_t n_output_bytes;
    int64_t output_ms, input_ms, bell_ms, hand_ms; /* hand_ms 0: not raised */
    int64_t command_ms;      /* the command in front began; 0: at the prompt */
    int64_t exit_ms;         /* the last command ended */
    int64_t frozen_until_ms; /* input from guests' links is refused; 0: not */
    unsigned n_bells;        /* since the last input */
    unsigned n_commands;     /* ended, as the shell reported them (OSC 133) */
    unsigned n_failed_row;   /* failed ones at the end of that row */
    unsigned n_same_error;   /* of these, how many ended in the same `error` */
    int last_exit;           /* of the last command; meaningful with n_commands > 0 */
    bool is_integrated;      /* its shell marks prompts and commands */
};

/* The sandbox as a whole. */
struct activity_sandbox {
    int n_servers_failed;
    const char *failed_server; /* the slug of one of them */
    const char *error_signal;  /* text of the last error signal */
    int64_t error_signal_ms;
};

struct activity_feed;

/* Any may be NULL, and any may close the feed. None runs before activity_open has returned. */
struct activity_ops {
    /* One terminal, new or changed: at most twice a second for each, raised hands at once. */
    void (*on_terminal)(void *user, const struct activity *a);
    void (*on_terminal_gone)(void *user, const char *terminal_id);
    void (*on_sandbox)(void *user, const struct activity_sandbox *s);
    /* Subscribed; on_terminal follows for every terminal there is, those not named are gone. */
    void (*on_up)(void *user);
    /* Every terminal there is was named. */
    void (*on_synced)(void *user);
    void (*on_down)(void *user, const struct err *e);
    /* The sandbox is gone, or its host has no such extension (ERR_UNSUPPORTED): the last call. */
    void (*on_end)(void *user, const struct err *e);
    /* Uses the connection that somebody else keeps, and subscribes once the host has announced the
     * extension: nothing is asked that would bring nothing. */
    bool is_beside;
};

/* ops are borrowed for the feed's life. */
struct activity_feed *activity_open(struct remote *r, const struct activity_ops *ops, void *user);
/* No callback runs after this. Safe with NULL. */
void activity_close(struct activity_feed *f);

#endif
