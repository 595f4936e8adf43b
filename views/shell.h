/* SPDX-License-Identifier: MIT
 *
 * The parts of the shell view: shell.c is the view and how it gets its terminal, shell_input.c what
 * goes in, shell_draw.c what shows, shell_copy.c copy mode, shell_verbs.c the actions after
 * the prefix. Nobody else includes this.
 */
#ifndef VIEWS_SHELL_H
#define VIEWS_SHELL_H

#include "views/copy.h"
#include "views/state.h"
#include "views/terminals.h"

enum shell_phase {
    SHELL_LOOKING,  /* which terminals are there? */
    SHELL_CREATING, /* a new one */
    SHELL_LIVE,     /* attached (or it has ended) */
    SHELL_FAILED,
};

/* Whose the mouse is until its button is released. */
enum shell_press {
    PRESS_NONE,
    PRESS_OF_PROGRAM,
    PRESS_OF_USER,
    PRESS_ANSWERED, /* it did something at once: the drag and the release are nobody's */
};

#define SHELL_TYPED_MAX 256

struct shell {
    struct views_env *env;
    struct view *view;
    char *sandbox_id;   /* owned */
    char name[160];     /* of the sandbox, as long as it was known: it outlives it on the screen */
    char *terminal_id;  /* owned: the one that is meant; NULL: any */
    char *cwd, *shell;  /* owned: of a new terminal; NULL: the host's choice */
    bool cwd_inherited; /* it is that of the pane beside */
    enum shell_how how;
    enum shell_phase phase;
    int64_t since_ms;      /* of the phase */
    struct err error;      /* SHELL_FAILED */
    struct remote *remote; /* a reference while a request is under way */
    struct request *request;
    struct attachment *attachment; /* a reference; SHELL_LIVE */
    struct attachment_viewer viewer;
    bool observe;
    bool join;                           /* SHELL_JOIN */
    struct participation *participation; /* owned; while it joins */
    struct bulletin *bulletin;           /* a reference; SHELL_LIVE */
    struct company *company;             /* a reference; SHELL_LIVE */
    int message_line;                    /* where the latest message stands, from 1; 0: nowhere */
    int lines_back;                      /* copy mode begins there once it can; 0: not */
    char *find;                          /* owned: copy mode begins with it once it can, or NULL */
    struct term_anchor find_at;          /* where */
    struct copy copy;                    /* looking back */
    int64_t press_at_ms;                 /* of the mouse, for double clicks */
    int press_row, press_col, clicks;
    enum shell_press press;
    struct tick *drag; /* owned: scrolls on while the button is held past an edge; or NULL */
    int drag_row, drag_col, drag_past; /* drag_past: so many rows past it, < 0 above */
    int64_t refused_at_ms;             /* input was refused; 0: not */
    int pan_row, pan_col; /* of the terminal's screen, when it is larger than the pane */
    bool pan_held;        /* where the user left it; else where the cursor is */
    struct key typed[SHELL_TYPED_MAX]; /* before there is a terminal to take it */
    size_t n_typed;
    bool typed_lost; /* more than that */
};

/* shell.c */
/* How a new terminal is to begin; all may be NULL or "". */
struct shell_wish {
    const char *cwd, *shell;
    bool cwd_inherited; /* without it rather than not at all */
    int lines_back;     /* copy mode at the line so many above the end; 0: not */
};
/* shell_view_open with that. */
void shell_open_in(struct views_env *env, const char *sandbox_id, const char *terminal_id,
                   enum shell_how how, enum views_place place, const struct shell_wish *wish);
const char *shell_name(struct shell *sh);
/* NULL: only the id is known. */
const char *shell_known_name(struct shell *sh);
/* As long as the gateway knows none. */
void shell_call_it(struct shell *sh, const char *name);
/* Lets go of what it shows and begins with another. */
void shell_begin(struct shell *sh, const char *sandbox_id, const char *terminal_id,
                 enum shell_how how);
void shell_show(struct shell *sh, struct attachment *a, bool observe);
/* Shows a in the focused pane, in a shell that is there or over what is. */
void shell_open_attached(struct views_env *env, struct attachment *a);
/* NULL when v is another kind of view. */
struct shell *shell_of_view(struct view *v);
/* A view in a leaf that shows a, or NULL. */
struct view *shell_showing(struct views_env *env, const struct attachment *a);
static inline struct term *shell_term(const struct shell *sh)
{
    return sh->attachment ? attachment_term(sh->attachment) : NULL;
}
static inline bool shell_ended(const struct shell *sh)
{
    return sh->attachment && *attachment_ended(sh->attachment);
}

/* The one terminal that was meant has ended; another can be had. */
static inline bool shell_missing(const struct shell *sh)
{
    return sh->phase == SHELL_FAILED && sh->terminal_id && !sh->observe &&
           sh->error.code == ERR_NOT_FOUND;
}

/* The sandbox is not there any more, as far as the gateway knows. */
static inline bool shell_sandbox_gone(const struct shell *sh)
{
    const struct sandbox *s = fleet_find_id(sh->env->fleet, sh->sandbox_id);

    return s ? s->gone : gateway_state(fleet_of(sh->env->fleet, sh->sandbox_id)) == LINK_UP;
}

/* shell_input.c */
enum view_result shell_key(struct view *v, struct key key);
enum view_result shell_paste(struct view *v, const char *text, size_t n);
enum view_result shell_mouse(struct view *v, struct mouse mouse);
void shell_focus(struct view *v, bool focused);
void shell_send(struct shell *sh, const char *bytes, size_t n);
/* What was typed while it was waited for. */
void shell_send_typed(struct shell *sh);
/* Typing that shows before the host answers: when slow, always, never; and in words what it is. */
enum view_result shell_predict(struct shell *sh);
const char *shell_prediction_words(const struct predict *p);

/* shell_draw.c */
void shell_draw(struct view *v, struct canvas c);
struct view_cursor shell_cursor(struct view *v);
void shell_title(struct view *v, struct buf *out);
void shell_hints(struct view *v, struct buf *out);

/* shell_pan.c: which part of a screen shows that is larger than the pane */
/* Before it is drawn in so many rows and columns. */
void shell_pan_place(struct shell *sh, int rows, int cols);
/* While watching: a motion that moves the part shown. VIEW_IGNORED: it moves nothing. */
enum view_result shell_pan_act(struct shell *sh, const char *action);
/* The wheel to the side. */
enum view_result shell_pan_wheel(struct shell *sh, struct mouse mouse);

/* shell_copy.c: copy mode */
void shell_copy_enter(struct shell *sh, bool by_wheel);
void shell_copy_leave(struct shell *sh);
/* By the wheel. */
void shell_copy_scroll(struct shell *sh, long lines);
/* Copy mode at a hit of that pattern, as soon as the pane shows. */
void shell_copy_find(struct shell *sh, const char *pattern, uint64_t line, int col);
void shell_copy_forget(struct shell *sh);
/* To the hit, or the line, it was opened for. */
void shell_copy_go(struct shell *sh);
/* count: typed before it in copy mode, or 0. */
enum view_result shell_copy_act(struct shell *sh, const char *action, int count);
enum view_result shell_copy_mouse(struct shell *sh, struct mouse mouse);

/* shell_link.c */
/* The address a cell belongs to, for the caller to free; NULL: none. */
char *shell_link_at(struct shell *sh, uint64_t line, int col);
/* True: that was a Ctrl-click on a link. */
bool shell_link_click(struct shell *sh, struct mouse mouse);

/* shell_verbs.c */
/* What was copied here goes to the program; toasts say why not. */
void shell_paste_copied(struct shell *sh, const char *text);
enum view_result shell_act(struct view *v, const char *action);

#endif
