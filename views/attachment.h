/* SPDX-License-Identifier: MIT
 *
 * One terminal of a sandbox, attached: its stream, its screen and scrollback.
 *
 * Found by (sandbox id, terminal id) and counted, so that any number of views cost one
 * subscription and one parse; it goes on while no view shows it.
 */
#ifndef VIEWS_ATTACHMENT_H
#define VIEWS_ATTACHMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "client/remote.h"
#include "vterm/predict.h"

#define SILENCE_DEFAULT_MS 10000

#define GLANCE_BYTES_PER_S (320u << 10)

struct recorder; /* views/recorder.h */
struct views_env;
struct attachment;

/* A view that looks at an attachment. */
struct attachment_viewer {
    void (*on_change)(void *user); /* cells, state, title: draw again */
    bool (*is_shown)(void *user);  /* on the screen now */
    bool (*has_focus)(void *user); /* where the user works; NULL: never */
    void *user;
    /* Output as it came, after the term took it; NULL: not wanted. Must not let go of it. */
    void (*on_output)(void *user, const char *bytes, size_t n);
    bool observes; /* its size does not count */
    /* One of many that are looked at in passing: it rings nobody, and when all viewers are such,
     * no more is read than GLANCE_BYTES_PER_S, so that a flood costs little. */
    bool glances;
    /* Kept by the attachment. */
    struct attachment *of;
    int rows, cols;
    LIST_ENTRY(attachment_viewer) link;
};

/* Attaches, or finds what is attached, and adds a reference. rows and cols are the size it has at
 * the host, as far as that is known. */
struct attachment *attachment_acquire(struct views_env *env, const char *sandbox_id,
                                      const char *terminal_id, int rows, int cols);
/* One that is attached, without a reference; NULL: it is not. */
struct attachment *attachment_find(struct views_env *env, const char *sandbox_id,
                                   const char *terminal_id);
struct attachment *attachment_ref(struct attachment *a);
void attachment_release(struct attachment *a);
void attachment_watch(struct attachment *a, struct attachment_viewer *v);
void attachment_unwatch(struct attachment_viewer *v);

const char *attachment_sandbox_id(const struct attachment *a);
const char *attachment_id(const struct attachment *a);
struct term *attachment_term(struct attachment *a);
struct remote *attachment_remote(const struct attachment *a);
/* "" while it runs; else why it ended. */
const char *attachment_ended(const struct attachment *a);
/* Observers send nothing: no keys, no size, no answers. An attachment begins as one. */
void attachment_drive(struct attachment *a);
/* Ends what attachment_drive began, unless a pane here still types in it. */
void attachment_undrive(struct attachment *a);
/* What it showed when it was attached is here. */
bool attachment_settled(const struct attachment *a);
bool attachment_drives(const struct attachment *a);
/* Somebody else is attached: the size stays as it is, and the answers to the program's questions
 * are theirs, until something is typed here. */
void attachment_yield_size(struct attachment *a);
bool attachment_sizes(const struct attachment *a);
/* The size of v's pane. Of several panes that of the one that was focused last counts: it is told
 * to the host once its snapshot (made for the old size) is here, and asserted again with the next
 * input after another driver changed it. */
void attachment_resize(struct attachment_viewer *v, int rows, int cols);
/* v has the focus now. */
void attachment_focus(struct attachment_viewer *v);
/* Mouse and focus leave the size as it is. False: refused, because too much waits for the host
 * already. */
bool attachment_input(struct attachment *a, const char *bytes, size_t n);
/* Bytes typed that the host has not confirmed. */
size_t attachment_pending(const struct attachment *a);
/* What went through since it is attached (clock_mono_ms). */
struct attachment_traffic {
    uint64_t output_bytes, input_bytes;
    int64_t since_ms;
};
struct attachment_traffic attachment_traffic(const struct attachment *a);
/* When it printed last, clock_mono_ms; 0: not yet. */
int64_t attachment_output_at_ms(const struct attachment *a);
/* From now on, has it printed anything? A clock would not tell what came right before. */
void attachment_await_output(struct attachment *a);
bool attachment_awaits_output(const struct attachment *a);
/* What typing will probably show, over its cells. */
const struct predict *attachment_predict(const struct attachment *a);
/* The link is slow enough for that now, and the program one that echoes by lines. */
bool attachment_predicts(const struct attachment *a);
/* The next of: while the link is slow, always, never. */
void attachment_predict_next(struct attachment *a);
/* Marked for what is typed into several (broadcast.h). */
void attachment_mark(struct attachment *a, bool on);
bool attachment_is_marked(const struct attachment *a);
/* Recording: on or off, paused or going on; toasts say what became of it. */
void attachment_record(struct attachment *a);
/* The same, into a file of at most so many bytes. */
void attachment_record_bounded(struct attachment *a, uint64_t bytes_max);
void attachment_record_pause(struct attachment *a);
/* NULL: it is not recorded. */
const struct recorder *attachment_recorder(const struct attachment *a);
/* What happened that nobody attended to, as struct view_ops.mark. */
char attachment_news(const struct attachment *a);
/* It is on the screen; with attended also where the user works. */
void attachment_seen(struct attachment *a, bool attended);

#endif
