/* SPDX-License-Identifier: MIT
 *
 * Extension `activity` (wire/names.h): what goes on in the terminals, for those who do not watch
 * them. The daemon counts and tells, it judges nothing.
 *
 * Facts come from the terminal's output (struct term, OSC 133 of the shells that shell.h sets up,
 * OSC 7717 of the program `hand`), from input and from the API. All of it is the guests' own word:
 * hints, never a reason to do something for them.
 *
 *   output, input, marks ─▶ struct facts of a session ─▶ touched ─▶ timer ─▶ sockets with the
 *                                                                   channel, unless they are full
 * A terminal that was touched is told at most every 500 ms, every 100 ms when a hand was raised or
 * a command began or ended. A socket that is full misses it and gets all facts anew once drained.
 * Nothing runs while nobody has the channel or nothing changes.
 */
#ifndef HOST_DAEMON_ACTIVITY_H
#define HOST_DAEMON_ACTIVITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "vterm/term.h"

#define FACT_TEXT_MAX    200  /* bytes of a text told */
#define PARTICIPANT_MAX  64   /* bytes of a name */
#define PARTICIPANTS_MAX 16   /* terminals that one connection takes part in */
#define NOTE_MAX         1000 /* of what is said with a hand, before it is cut */
#define FREEZE_MAX_S     3600

struct daemon;
struct session;
struct socket;

/* Of one session. Zeroed memory is valid. Times of clock_mono_ms, 0: never. */
struct facts {
    uint64_t n_output_bytes;
    int64_t output_ms, input_ms, bell_ms, exit_ms;
    int64_t hand_ms;    /* 0: not raised */
    int64_t command_ms; /* 0: at the prompt */
    int64_t frozen_until_ms;
    unsigned n_bells, n_commands, n_failed_row, n_same_error;
    int last_exit;
    pid_t group; /* in front, of a shell that marks nothing */
    bool integrated;
    char error[FACT_TEXT_MAX + 1], note[FACT_TEXT_MAX + 1], frozen_by[PARTICIPANT_MAX + 1];
    struct term_anchor output_at; /* where the output of the command in front began */
    int64_t told_ms, due_ms;      /* due 0: nothing to tell */
};

struct activity {
    struct daemon *d;
    uv_timer_t timer;
    unsigned n_watchers; /* sockets with the channel */
    char error_signal[FACT_TEXT_MAX + 1];
    int64_t error_signal_ms;
    int64_t told_ms, due_ms; /* of sandbox:activity */
};

void activity_init(struct activity *a, struct daemon *d);
void activity_stop(struct activity *a);

/* --- what happened --- */
void activity_output(struct session *s, size_t n);
void activity_input(struct session *s, size_t n);
void activity_bell(struct session *s);
/* The callback on_said of its term. */
void activity_said(struct session *s, int osc, const char *text, size_t n);
/* note may be NULL. */
void activity_hand(struct session *s, bool up, const char *note);
/* 0 thaws. by may be NULL. */
void activity_freeze(struct session *s, int64_t ms, const char *by);
/* Milliseconds that input of session tokens is still refused. */
int64_t activity_frozen_left(const struct session *s);
/* Who froze it and for how long, in words; the caller frees. */
char *activity_frozen_text(const struct session *s);
/* Something else of it changed: viewers, size, who takes part. */
void activity_changed(struct session *s);
/* Servers or error signals did; text NULL: no signal. */
void activity_sandbox_changed(struct daemon *d, const char *error_signal);
/* The terminal is gone: told to those with the channel. */
void activity_gone(struct daemon *d, const char *terminal_id);

/* All facts to a socket that has just subscribed, or could take nothing for a while. */
void activity_sync(struct socket *s);

#endif
