/* SPDX-License-Identifier: MIT
 *
 * A tail as a view: what logs, events, signals and watched files have in common. The owner adds
 * lines to its tail and says how the stream is; everything else is here.
 */
#ifndef VIEWS_STREAM_H
#define VIEWS_STREAM_H

#include "tui/tail.h"
#include "views/state.h"

struct stream;

/* Any but name and contexts may be NULL. */
struct stream_ops {
    const char *name;            /* "logs" */
    const char *const *contexts; /* of the keymap: own, "tail", "motion", NULL */
    void (*close)(void *user);   /* frees user */
    /* What it is of: " of web in alice/demo". */
    void (*title)(void *user, struct buf *out);
    /* Before the tail's own actions. */
    enum view_result (*act)(void *user, const char *action);
    /* Ids of the sandboxes it is of, borrowed; returns how many. */
    size_t (*sandboxes)(void *user, const char **ids, size_t cap);
    /* Follows this sandbox, too. */
    void (*add)(void *user, const char *sandbox_id);
    /* An empty one says this, with what to do. */
    const char *empty, *hint;
    /* Draws what stands there as long as no line has come, when empty is not the truth yet. False:
     * it is. */
    bool (*blank)(void *user, struct view *v, struct canvas c);
    /* Keys of its own worth a hint, in the first of its contexts: action, word, …, NULL. */
    const char *const *hints;
    /* All of a line, for people; NULL: its text. */
    void (*detail)(void *user, const struct tail_line *line, struct buf *out);
};

/* Not shown yet. ops are borrowed, user passes to it. */
struct stream *stream_create(struct views_env *env, const struct stream_ops *ops, void *user);
void stream_show(struct stream *s);
struct tail *stream_tail(struct stream *s);
/* One line without its end, now. */
void stream_line(struct stream *s, uint16_t source, const char *text, size_t n);
/* A line of ours among the others, dim: "… 3 s of it are missing". */
void stream_remark(struct stream *s, uint16_t source, const char *text);
/* A sign above the lines while it holds; NULL or "": none. */
void stream_sign(struct stream *s, enum role role, const char *text);
/* NULL when v is another kind of view. */
struct stream *stream_of_view(struct view *v);
void *stream_user(const struct stream *s);
size_t stream_sandboxes(const struct stream *s, const char **ids, size_t cap);
/* Lines came. */
void stream_changed(struct stream *s);
/* Who feeds it now; views made from its rows take it over. */
struct view *stream_view(struct stream *s);

#endif
