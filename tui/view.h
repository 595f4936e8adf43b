/* SPDX-License-Identifier: MIT
 *
 * What a view is to the toolkit: a leaf of the tiling tree, or an overlay (dialog, prompt, help) on
 * top of it. A view turns the model into lines in update, writes cells in draw, and answers actions
 * and keys with what it wants done. It neither paints the screen nor blocks.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/key.h"
#include "tui/canvas.h"
#include "tui/theme.h"

struct tui;
struct view;

enum view_result {
    VIEW_IGNORED, /* not mine: ask the next context */
    VIEW_HANDLED, /* done; redraw me */
    VIEW_TAKEN,   /* done; nothing of mine looks different */
    VIEW_CLOSE,   /* done; close me (the toolkit shows what was below or before) */
};

struct view_cursor {
    bool visible;
    int row, col; /* in the view's canvas */
    int shape;    /* enum cursor_shape of vterm/term.h */
};

struct view_ops {
    const char *name; /* "sandboxes" */
    const char *const
        *contexts; /* keymap contexts, innermost first, NULL-terminated, without "global" */
    void (*close)(struct view *v); /* frees v->data */
    /* Model → lines; called before draw when the view is dirty. */
    void (*update)(struct view *v, int rows, int cols);
    /* The canvas comes empty, in the theme's text style. Called whenever v or what lies on it
     * changed; an overlay's at every frame. */
    void (*draw)(struct view *v, struct canvas c);
    /* A named action from the keymap or the palette. */
    enum view_result (*act)(struct view *v, const char *action);
    /* A key that no binding took, or every key when grabs_keys (a focused terminal, a text prompt).
     */
    enum view_result (*key)(struct view *v, struct key key);
    /* Any bytes, not NUL-terminated; a paste of more than 1 MiB comes in several pieces. */
    enum view_result (*paste)(struct view *v, const char *text, size_t n);
    /* Relative to the view. Who got a press gets the moves and the release that follow, too, which
     * can be outside of it, and nobody else does. */
    enum view_result (*mouse)(struct view *v, struct mouse mouse);
    /* v became or ceased to be who gets keys, or the terminal's window did while v is. */
    void (*focus)(struct view *v, bool focused);
    void (*resize)(struct view *v, int rows, int cols);
    void (*title)(struct view *v, struct buf *out); /* left part of the status line */
    void (*hints)(struct view *v, struct buf *out); /* right part: keys that matter now, as text */
    /* It is in a mode with a way back, the first of its hints: that one goes before tabs and title.
     */
    bool (*must_leave)(struct view *v);
    struct view_cursor (*cursor)(struct view *v);
    /* What happened in it while nobody looked, the lesser first: 0 nothing, '#' it printed, '+' it
     * printed after a silence, '?' its connection is lost, 'x' it ended, '!' it rang. Its tab's
     * label ends in that while another tab shows; '+' and '!' its title says in words, what lasts
     * title() is to say itself. */
    char (*mark)(struct view *v);
    /* Its title and borders are drawn as an alert: what is typed here does more than it seems. */
    bool (*alarmed)(struct view *v);
    /* Keys go to key() first, and what it ignores to the keymap; of a leaf the tui keeps the prefix
     * key for itself, of an overlay nothing. */
    bool (*grabs_keys)(struct view *v);
    /* An overlay's wish for its place: h and w, y and x < 0 for centred; clipped to rows x cols.
     * NULL: three quarters of the screen. */
    struct rect (*place)(struct view *v, int rows, int cols);
};

struct view {
    const struct view_ops *ops;
    struct tui *tui; /* borrowed */
    void *data;      /* the view's own */
    /* Kept by the toolkit. */
    bool dirty;
    int rows, cols;
};

#endif
