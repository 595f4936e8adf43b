/* SPDX-License-Identifier: MIT
 *
 * What attachment.c and the files attachment_*.c share.
 */
#ifndef VIEWS_ATTACHMENT_INTERNAL_H
#define VIEWS_ATTACHMENT_INTERNAL_H

#include <uthash.h>

#include "views/attachment.h"
#include "views/recorder.h"
#include "views/state.h"

struct attachment {
    char *key; /* "sandbox\nterminal", owned */
    char *sandbox_id, *terminal_id;
    int refs;
    struct views_env *env;
    struct remote *remote;   /* a reference */
    struct channel *channel; /* owned */
    struct term *term;       /* owned */
    char ended[256];
    bool drives;
    bool sizes; /* the size is this pane's to set: nobody else was there, or typed last */
    bool tells_colours;
    int rows, cols;                  /* of the pane that sizes; 0: not set */
    struct attachment_viewer *sizer; /* borrowed: the one that was focused last; NULL: none */
    int64_t typed_at_ms, resized_at_ms;
    struct {
        int rows, cols;    /* 0: none waits */
        struct buf behind; /* output that came after it */
        struct tick *tick; /* owned */
        int64_t resized_at_ms;
    } next;       /* size, see attachment_size.c */
    bool settled; /* the size may be told */
    int64_t first_output_ms;
    bool was_cut, catches_up; /* the connection was lost; its snapshot comes */
    struct {
        uint64_t screen;
        int64_t output_at_ms;
    } before_cut;
    struct tick *settle;       /* owned, as is the next */
    struct tick *frame;        /* ends the wait for a frame painted in pieces */
    bool activity, woke, rang; /* unseen; woke: printed after a silence */
    bool end_seen, loss_seen;  /* that it ended, that its connection is lost */
    struct predict *predict;   /* owned, as is the next */
    struct tick *judge;        /* of what was predicted and never came */
    struct tick *glance;       /* reads on; owned */
    double read_until_ms;      /* what was read pays for the time until then */
    bool marked;
    struct recorder *recorder; /* owned; NULL: not recorded */
    int64_t output_at_ms;
    bool awaits_output;
    struct attachment_traffic traffic;
    LIST_HEAD(viewer_list, attachment_viewer)
    viewers; /* who was focused last comes first */
    UT_hash_handle hh;
};

/* attachment.c */
/* False: not to read on. */
bool attachment_take_output(struct attachment *a, const char *bytes, size_t n);

/* attachment_size.c */
/* Or will have it in a moment. */
bool attachment_has_size(const struct attachment *a, int rows, int cols);
/* The size that is set here. */
void attachment_set_size(struct attachment *a, int rows, int cols);
/* Another's. False: it waits until attachment_size_now. */
bool attachment_take_size(struct attachment *a, int rows, int cols);
/* False: nothing is to be waited for. */
bool attachment_hold_output(struct attachment *a, const char *bytes, size_t n);
/* The size that waits and the output behind it. False: none waits. */
bool attachment_size_now(struct attachment *a);

/* attachment_read.c */
bool attachment_only_glanced_at(const struct attachment *a);
/* Whether to read on after n bytes of output; if not, attachment_on_glance does in a while. */
bool attachment_read_on(struct attachment *a, size_t n);
void attachment_on_glance(void *user);

/* attachment_record.c */
void attachment_take_record(struct attachment *a, const char *bytes, size_t n);
/* Says where it is. Nothing when it is not recorded. */
void attachment_end_recording(struct attachment *a);

#endif
