/* SPDX-License-Identifier: MIT
 *
 * The toolkit's centre: one screen, one focus, one frame scheduler on the libuv loop.
 *
 * Bytes from the terminal become keys, keys become actions through the keymap, actions go to the
 * focused overlay or leaf, then to the global handler. Whatever changes marks itself dirty
 * (view_damage); one place draws, at most 60 times a second, at once after a key.
 */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include <uv.h>

#include "base/err.h"
#include "tui/keymap.h"
#include "tui/theme.h"
#include "tui/view.h"

struct tui_config {
    const char *term;          /* TERM, or NULL for the environment's */
    struct key prefix;         /* default C-b */
    const struct theme *theme; /* borrowed; NULL: theme_default */
    struct keymap *keymap;     /* borrowed */
    bool mouse;
    /* Actions nobody on the screen took ("view-sandboxes", "quit"). */
    enum view_result (*act)(void *user, const char *action);
    /* The middle part of the status line: context, connection, clock… */
    void (*status)(void *user, struct buf *out, enum role *role);
    /* SIGTERM, SIGINT, SIGHUP (also: the terminal went away), on the loop: end the program in
     * order. NULL: the terminal is given back and the process dies of the signal. */
    void (*on_signal)(void *user, int signum);
    /* Panes, tabs or what shows in them changed. */
    void (*on_layout)(void *user);
    void *user;
};

/* The toolkit's own actions ("redraw", "suspend"), for keymap_add. It also does "back" where
 * neither overlay nor view takes it: an overlay closes, a leaf goes back in its history; and panes
 * and tabs ("pane-…", "tab-…"). When the last view is closed, config.act gets "home". */
extern const struct action_def tui_actions[];

/* Takes the terminal over (raw mode, alternate screen). Fails with a hint when there is none or
 * TERM is dumb; an unknown TERM is taken for xterm-256color, and a toast says so. text_init_locale
 * must have been called. Every exit path gives the terminal back: tui_destroy, fatal signals,
 * abort, exit, SIGTSTP. One per process. */
struct tui *tui_create(uv_loop_t *loop, const struct tui_config *config, struct err *e);
/* Closes every view and gives the terminal back at once; the memory goes when the loop has run the
 * close callbacks of the handles inside. NULL allowed. Not from within a callback of a view. */
void tui_destroy(struct tui *t);
uv_loop_t *tui_loop(struct tui *t);
const struct theme *tui_theme(const struct tui *t);
const struct keymap *tui_keymap(const struct tui *t);
struct key tui_prefix_key(const struct tui *t);
void tui_set_prefix(struct tui *t, struct key prefix);

/* --- views --- */
/* Allocates a view; data passes to it (its close frees). It is shown by tui_show or tui_overlay. */
struct view *view_create(struct tui *t, const struct view_ops *ops, void *data);
/* Shows v in the focused leaf; what was there goes on the leaf's history. */
void tui_show(struct tui *t, struct view *v);
/* Back in the focused leaf's history; false when there is nothing before. */
bool tui_back(struct tui *t);
/* Shows v in a new leaf below or to the right of the focused one, or in a new tab. False, and v is
 * still the caller's, when there is no room for it; a toast has said so. */
bool tui_split(struct tui *t, bool stacked, struct view *v);
bool tui_tab_open(struct tui *t, struct view *v);
/* Brings the tab and the leaf where v shows to the front; false when v is in no leaf, or in the
 * history of one only. */
bool tui_reveal(struct tui *t, struct view *v);
/* As tui_reveal, for one in the history, too: it comes on top of its pane. */
bool tui_raise(struct tui *t, struct view *v);
/* Where a view of a pane is. */
struct tui_place {
    size_t tab, n_tab_panes; /* from 0; panes of the tab */
    const char *tab_name;    /* given by the user; "" for none */
    bool tab_shows;
    size_t pane;  /* from 0, in the tab */
    size_t depth; /* 0: it shows; else behind so many others */
    struct view *view;
};
/* Every view of every pane: by tab, pane, and depth. */
void tui_each_place(struct tui *t, void (*visit)(void *user, const struct tui_place *place),
                    void *user);
/* The views that show in leaves of all tabs, in order; first with NULL, NULL at the end. */
struct view *tui_each_shown(struct tui *t, const struct view *after);
/* Every tab as lines of text; describe appends what a view is, one line without its end. */
void tui_layout_save(struct tui *t, struct buf *out,
                     void (*describe)(void *user, struct view *v, struct buf *out), void *user);
/* Makes those tabs after the ones that are there; an empty one before them goes. make shows, in the
 * focused leaf, what a line describes; the text may be anyone's. False: it is broken, and nothing
 * was done. */
bool tui_layout_restore(struct tui *t, const char *text, void (*make)(void *user, const char *what),
                        void *user);
/* "" gives the tab back the name of what is in it. */
void tui_tab_rename(struct tui *t, const char *name);
/* Puts v on top of everything, focused; overlays stack. */
void tui_overlay(struct tui *t, struct view *v);
/* Takes a view from wherever it is; its close runs on the next turn. NULL allowed. */
void tui_close(struct tui *t, struct view *v);
/* The focused leaf's view (not the overlay). */
struct view *tui_focused(struct tui *t);
/* On the screen now: an overlay, or on top of a leaf of the tab that shows. */
bool view_is_shown(const struct view *v);
/* The room a view in a leaf has, also before it was drawn; both 0 when it is in none. */
void view_room(const struct view *v, int *rows, int *cols);
/* Whether v is in a leaf with nothing above it on the screen, no title either. */
bool view_is_topmost(const struct view *v);
/* Marks v to be updated and drawn. Cheap; call as often as things change. */
void view_damage(struct view *v);
/* Asks for v to be damaged once after delay_ms at the latest; of several requests the nearest
 * counts. For what changes by itself (ages): ask, in update or draw, for when it will next look
 * different. */
void view_tick(struct view *v, int64_t delay_ms);
/* What config.status prints has changed. */
void tui_status_changed(struct tui *t);
/* What panes' titles print has changed. */
void tui_titles_changed(struct tui *t);
/* How much a sign of struct view_ops.mark matters: 0 not at all. */
size_t tui_news_rank(char sign);
/* After a key of the user's: what is damaged is drawn before the next poll instead of at the next
 * frame. Keys and actions that a view handled do that by themselves; an echo that came from afar
 * needs it. */
void tui_draw_soon(struct tui *t);
void tui_redraw_all(struct tui *t);
/* Runs an action as if its key had been pressed (palette, help, mouse), on the next turn: a view
 * that calls this and returns VIEW_CLOSE lets it happen to what lies below. */
void tui_act(struct tui *t, const char *action);
/* A message for 3 seconds; of ROLE_ERROR, ROLE_BAD, ROLE_STATUS_ALERT for 8. Newer replaces older;
 * a key ends one that was there long enough to be read, unless it is an error. */
void tui_toast(struct tui *t, enum role role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Gives the terminal back and stops the job (C-z); returns after SIGCONT with all drawn again. */
void tui_suspend(struct tui *t);
/* The same in two steps, for somebody else's turn with the terminal ($EDITOR). In between nothing
 * is read, drawn or written, and C-c and C-z are not for this program. */
void tui_leave(struct tui *t);
void tui_enter(struct tui *t);
/* Bytes straight to the terminal between two frames (OSC 52…); dropped beyond 4 MiB not taken. */
void tui_write(struct tui *t, const char *bytes, size_t n);
/* The number by which a cell's style.link names a link and an underline's colour to the screen; 0
 * where the terminal shows neither. For use within draw. */
uint16_t tui_link(struct tui *t, const char *uri, colour underline);
/* Not more often than a person can hear. */
void tui_bell(struct tui *t);

#endif
