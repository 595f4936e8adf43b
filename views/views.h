/* SPDX-License-Identifier: MIT
 *
 * The screens of sandpit, and what the program must give them.
 *
 * The program fills a struct views_env, calls views_start, makes the toolkit (whose `act` and
 * `status` callbacks go to views_act and views_status), shows sandboxes_view_create and calls
 * views_gateway_changed from the gateway's on_change. To stop: tui_destroy (closes every view),
 * views_stop (drops terminals and requests), then gateway and client; run the loop until empty.
 */
#ifndef VIEWS_VIEWS_H
#define VIEWS_VIEWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "client/fleet.h"
#include "tui/keymap.h"
#include "tui/tui.h"
#include "vterm/predict.h"
#include "vterm/term.h"

struct views_state; /* open terminals, requests under way; views/state.h */

struct journal; /* views/journal.h */

/* A gateway that can be chosen; strings are borrowed for the call. */
struct views_context {
    const char *name, *url, *ns, *theme; /* NULL: not said */
    bool is_current, readonly;
};

/* All pointers borrowed, valid until views_stop. */
struct views_env {
    struct tui *tui; /* set once tui_create has returned */
    struct client *client;
    struct fleet *fleet;     /* the gateways whose sandboxes are listed */
    struct gateway *gateway; /* the first of them: where new ones are made */
    const char *ns;          /* the namespace the list begins with; NULL: all */
    const char *default_ns;  /* what the "new" form offers; NULL: "default" */
    bool readonly;           /* no action that changes anything */
    size_t scrollback_lines; /* of each attached terminal; 0: TERM_SCROLLBACK_DEFAULT */
    int64_t silence_ms;      /* output after that long without any is news; 0: SILENCE_DEFAULT_MS */
    int64_t broadcast_ms;    /* without a key, then broadcast ends; 0: BROADCAST_SILENCE_MS */
    int64_t echo_ms;         /* a key's in a broadcast; 0: BROADCAST_ECHO_MS */
    const char *layout_file; /* panes and tabs are kept there; NULL: not */
    const char *recordings_dir; /* NULL: nothing can be recorded */
    bool no_clipboard;          /* never write the clipboard of the user's terminal */
    struct key prefix;          /* as in struct tui_config; code KEY_NONE: C-b */
    struct journal *journal;    /* NULL: one of the views' own, gone with views_stop */
    /* Whether typing shows before the host answers; 0: while the link is slow. */
    enum predict_mode prediction;
    /* The user's terminal's, for programs that ask theirs (borrowed); NULL: not known. */
    const struct term_theme *colours;
    /* The contexts there are: calls visit for each. NULL: this program has but one. */
    void (*each_context)(void *user, void (*visit)(void *arg, const struct views_context *context),
                         void *arg);
    /* Goes over to a context in a later turn: everything here is closed and opened anew. -code with
     * e when that one cannot be used; then nothing has changed. */
    int (*switch_context)(void *user, const char *name, struct err *e);
    /* Lists the sandboxes of one more context beside those that are listed, or leaves them out
     * again. -code with e when that cannot be; then nothing has changed. NULL: as each_context. */
    int (*join_context)(void *user, const char *name, bool joins, struct err *e);
    /* The user wants to leave (asked and confirmed where that is called for). */
    void (*on_quit)(void *user);
    void *user;
    struct views_state *state; /* the views' own */
};

/* Every action of every view with its default keys, for keymap_add; ends with action NULL. */
extern const struct action_def views_actions[];

void views_start(struct views_env *env);
/* After tui_destroy. Safe when views_start was never called. */
void views_stop(struct views_env *env);
/* To be called from struct gateway_config.on_change. */
void views_gateway_changed(struct views_env *env);

/* Panes and tabs as they were last time, from env->layout_file. False: there is nothing to show
 * yet (no file, or a broken one; a toast says so). */
bool views_restore(struct views_env *env);
/* To be called from struct tui_config.on_layout. */
void views_layout_changed(struct views_env *env);

/* The program-wide actions: "quit", "back", "help", "palette", "view-sandboxes", "redraw"… What is
 * not known gives VIEW_IGNORED. */
enum view_result views_act(struct views_env *env, const char *action);
/* The middle of the status line: which gateway, and whether it is there. */
void views_status(struct views_env *env, struct buf *out, enum role *role);

/* Home: the gateway's sandboxes. */
struct view *sandboxes_view_create(struct tui *t, struct views_env *env);

enum shell_how {
    SHELL_ATTACH,  /* the terminal that is open here, else the first that runs, else a new one */
    SHELL_NEW,     /* a new terminal */
    SHELL_OBSERVE, /* the first that runs, without sending anything */
    SHELL_JOIN,    /* typing in somebody's terminal: said to all who watch, its size stays */
};
enum views_place { PLACE_HERE, PLACE_TAB, PLACE_RIGHT, PLACE_BELOW };
/* Shows a terminal of a sandbox: in the focused leaf, in a tab of its own, or beside the focused
 * leaf (when there is room; else a toast says so). terminal_id may be NULL; when given, that one
 * is meant and `how` says only whether to observe. Progress and failure appear in the view. */
void shell_view_open(struct views_env *env, const char *sandbox_id, const char *terminal_id,
                     enum shell_how how, enum views_place place);

#endif
