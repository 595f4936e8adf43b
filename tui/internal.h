/* SPDX-License-Identifier: MIT
 *
 * The state that tui.c (frames, signals, life), view.c (views, focus), dispatch.c (events to
 * actions) and status.c (what the toolkit itself draws) share. Nobody else includes this.
 */
#ifndef TUI_INTERNAL_H
#define TUI_INTERNAL_H

#include <sys/queue.h>

#include "tui/input.h"
#include "tui/layout.h"
#include "tui/screen.h"
#include "tui/tui.h"

#define TUI_MIN_ROWS      5
#define TUI_MIN_COLS      20
#define TUI_OVERLAYS_MAX  16
#define TUI_ACTIONS_MAX   16 /* queued by tui_act and not yet run */
#define TUI_SEQUENCE_KEYS 2
#define TUI_TABS_MAX      20

enum tui_signal {
    SIGNAL_WINCH,
    SIGNAL_TERM,
    SIGNAL_HUP,
    SIGNAL_INT,
    SIGNAL_TSTP,
    SIGNAL_CONT,
    N_SIGNALS
};

/* What view_create allocates: the public part first. */
struct view_node {
    struct view view;
    struct rect rect;   /* where it was placed last, on the screen */
    int64_t tick_at_ms; /* monotonic; 0: none */
    bool closing;
    TAILQ_ENTRY(view_node) all;
};
TAILQ_HEAD(view_list, view_node);

struct tab {
    struct layout *layout; /* owned */
    char name[64];         /* given by the user; "" for none */
    int x, w;              /* of its label in the status line */
};

struct tui {
    uv_loop_t *loop; /* borrowed */
    struct tui_config config;
    struct screen *screen; /* owned */
    struct input *input;   /* owned */
    struct tab tabs[TUI_TABS_MAX];
    size_t n_tabs, tab, last_tab;
    uint32_t tabs_drawn;                     /* a bit each */
    struct layout *layout;                   /* borrowed: of the tab that shows */
    struct border *dragged;                  /* borrowed from the layout; by the mouse */
    struct view *pressed;                    /* the mouse is its until the buttons are released */
    unsigned buttons_held;                   /* on it; a bit each */
    struct view_list views;                  /* every view there is */
    struct view *overlays[TUI_OVERLAYS_MAX]; /* the last one is on top */
    size_t n_overlays;
    struct view *focus; /* who was told last that it has the focus */

    struct cell *base;  /* owned: leaves and status line */
    struct cell *cells; /* owned: base with overlays, toast and hints on it */
    int64_t last_frame_ms, entered_ms, links_forgotten_ms;
    int64_t typed_ms, large_ms; /* the last key, the last large frame; 0: none yet */
    int64_t echo_ms;            /* the last frame with a change where keys go, beside others */
    const struct view *piece;   /* drawn last of a frame in pieces; never followed */
    size_t n_late;              /* dirty views that the last piece left */
    int rows, cols;

    char *actions[TUI_ACTIONS_MAX]; /* owned: tui_act's, to be run on the next turn */
    size_t n_actions;
    size_t n_pending;

    uv_poll_t poll;
    uv_timer_t frame, escape, tick, toast_timer, pending_timer, numbers_timer;
    uv_signal_t signals[N_SIGNALS];
    int n_open; /* handles whose close callback has not run */
    int escape_ms;

    struct key pending[TUI_SEQUENCE_KEYS]; /* the beginning of a sequence */
    enum role toast_role;
    int64_t toast_at_ms, bell_at_ms;
    struct theme own_theme; /* when the configuration names none, or the terminal has no colours */
    char toast[512];        /* empty: none */

    bool terminal_focused;
    bool base_stale;   /* every leaf must be drawn */
    bool titles_stale; /* what is around them, that is */
    bool dirty;        /* a frame is due */
    bool soon;         /* at once, that is */
    bool polling_write, gone;
    bool away; /* somebody else has the terminal: nothing is read or written */
    bool prefix_typed, hint_shown, numbers_shown;
    bool locked; /* the prefix key is the program's, too */
    int lock_w;  /* columns of the sign that says so, at the left of the status line */
};

/* tui.c */
/* Has the frame timer's turn run before the next poll, without drawing for that alone. */
void tui_wake(struct tui *t);
void tui_schedule(struct tui *t, bool soon);

/* frame.c */
/* Draws what is dirty for screen_flush; t->n_late says how much is left for the next frame. */
void frame_draw(struct tui *t);
/* Tells the views that show their sizes; the next frame would do so, too, but later than a key. */
void frame_sizes(struct tui *t);

/* view.c */
/* The view that gets keys: the top overlay, else the focused leaf's; NULL when there is none. */
struct view *tui_target(const struct tui *t);
bool tui_is_overlay(const struct tui *t, const struct view *v);
/* Whoever gets keys now is told; everything is drawn again. */
void tui_refocus(struct tui *t);
void views_free_closed(struct tui *t);
void views_free_all(struct tui *t);
void tui_apply(struct tui *t, struct view *v, enum view_result result);
static inline struct view_node *view_node_of(const struct view *v)
{
    return (struct view_node *)v;
}

/* dispatch.c */
void dispatch_lock(struct tui *t, bool on);
void tui_toast_seen(struct tui *t);
void dispatch_event(void *tui, const struct input_event *event);
void dispatch_action(struct tui *t, const char *action);
void dispatch_forget_keys(struct tui *t);
/* What a key does now: pending keys timed out, or the hints are due. */
void dispatch_on_timer(struct tui *t);

/* panes.c */
void panes_init(struct tui *t);
void panes_finish(struct tui *t);
/* Gives the tab that shows its rectangle. */
void panes_place(struct tui *t);
/* The leaf that holds v, and its tab; NULL when none does. */
struct leaf *panes_find(const struct tui *t, const struct view *v, size_t *tab);
/* Takes v out of its leaf; what is empty then closes. */
void panes_drop(struct tui *t, const struct view *v);
/* True when the action is one of panes or tabs. */
bool panes_act(struct tui *t, const char *action);
/* True when it was for a border, a title or a tab. */
bool panes_mouse(struct tui *t, struct mouse mouse);
void panes_show_numbers(struct tui *t, bool on);
/* True when numbers were shown and the key was for them. */
bool panes_number_key(struct tui *t, struct key key);
/* Titles and borders. */
void panes_draw(struct tui *t, struct canvas whole);
void panes_draw_numbers(struct tui *t, struct canvas whole);
/* The tabs, in the status line from column x; returns the column after them, x without tabs. */
int panes_draw_tabs(struct tui *t, struct canvas c, int x);

/* status.c */
void status_draw_line(struct tui *t, struct canvas c);
void status_draw_toast(struct tui *t, struct canvas c);
void status_draw_hints(struct tui *t, struct canvas c);
void status_draw_too_small(struct tui *t, struct canvas c);

#endif
