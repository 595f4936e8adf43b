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
    const struct theme *theme; /* borrowed */
    struct keymap *keymap;     /* borrowed */
    bool mouse;
    /* Actions nobody on the screen took ("view-sandboxes", "quit"). */
    enum view_result (*act)(void *user, const char *action);
    /* The middle part of the status line: context, connection, clock… */
    void (*status)(void *user, struct buf *out, enum role *role);
    void *user;
};

/* Takes the terminal over (raw mode, alternate screen). Fails with a hint when there is none, when
 * TERM is dumb or unknown. Every exit path gives the terminal back: tui_destroy, fatal signals,
 * abort, SIGTSTP. */
struct tui *tui_create(uv_loop_t *loop, const struct tui_config *config, struct err *e);
void tui_destroy(struct tui *t);
uv_loop_t *tui_loop(struct tui *t);
const struct theme *tui_theme(const struct tui *t);
const struct keymap *tui_keymap(const struct tui *t);

/* --- views --- */
/* Allocates a view; data passes to it (its close frees). It is shown by tui_show or tui_overlay. */
struct view *view_create(struct tui *t, const struct view_ops *ops, void *data);
/* Shows v in the focused leaf; what was there goes on the leaf's history. */
void tui_show(struct tui *t, struct view *v);
/* Back in the focused leaf's history; false when there is nothing before. */
bool tui_back(struct tui *t);
/* Puts v on top of everything, focused; overlays stack. */
void tui_overlay(struct tui *t, struct view *v);
/* Closes a view wherever it is, on the next turn. */
void tui_close(struct tui *t, struct view *v);
/* The focused leaf's view (not the overlay). */
struct view *tui_focused(struct tui *t);
/* Marks v to be updated and drawn. Cheap; call as often as things change. */
void view_damage(struct view *v);
/* After a key of the user's: draw before the next poll instead of at the next frame. */
void tui_draw_soon(struct tui *t);
void tui_redraw_all(struct tui *t);
/* Runs an action as if its key had been pressed (palette, help, mouse). */
void tui_act(struct tui *t, const char *action);
/* A message for some seconds; errors stay longer. Newer ones replace older. */
void tui_toast(struct tui *t, enum role role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Asks for the terminal's own screen while `during` runs (suspend, $EDITOR). */
void tui_suspend(struct tui *t);
/* Bytes straight to the terminal between two frames (OSC 52…). */
void tui_write(struct tui *t, const char *bytes, size_t n);

#endif
