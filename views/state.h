/* SPDX-License-Identifier: MIT
 *
 * What the views share for the life of a program: who wants to hear of the gateway, the terminals
 * that are open, what is to be done after this turn.
 */
#ifndef VIEWS_STATE_H
#define VIEWS_STATE_H

#include <sys/queue.h>

#include "tui/prompt.h"
#include "views/attachment.h"
#include "views/tick.h"
#include "views/views.h"

struct gateway_listener {
    void (*on_change)(void *user);
    void *user;
    LIST_ENTRY(gateway_listener) link;
};

struct job; /* one request and what becomes of it; views/job.h */
struct later;
struct file_wait;
struct inquiry;
struct editor;
struct bulletins;
struct pane_search;
struct company;

#define OPEN_MAX    64 /* terminals attached at once */
#define BUFFERS_MAX 20 /* texts copied here, for pasting; the oldest goes */

struct copied {
    char *text; /* owned */
    size_t len;
    unsigned id;   /* no other has had it */
    int64_t at_ms; /* clock_mono_ms */
};

struct views_state {
    LIST_HEAD(listener_list, gateway_listener)
    listeners;
    /* Terminals open here, in the order of their numbers. */
    struct attachment *open[OPEN_MAX]; /* a reference each */
    size_t n_open;
    struct attachment *attachments; /* uthash: all, attachment.c */
    LIST_HEAD(job_list, job)
    jobs;
    TAILQ_HEAD(later_list, later)
    later;
    struct tick *later_tick;
    int64_t cancel_at_ms;               /* the last C-c */
    int64_t typed_ms;                   /* the last key for a program; 0: none yet */
    const struct remote *typed_remote;  /* its sandbox; never followed */
    struct view *sandboxes;             /* the home view while it lives, or NULL */
    bool quitting;                      /* the question is on the screen */
    struct journal *own_journal;        /* env->journal if it is the views' own, or NULL */
    struct copied buffers[BUFFERS_MAX]; /* the latest is the last */
    size_t n_buffers;
    unsigned last_buffer_id;
    struct tick *clipboard_tick; /* takes a secret away again */
    bool clipboard_secret;       /* what was put on the clipboard last is one */
    const char *secret;          /* the text of buffers that is; or NULL */
    LIST_HEAD(file_wait_list, file_wait)
    waits;                           /* file_wait.c */
    struct inquiry *inquiry;         /* what a sandbox is asked; inquiry.c */
    struct editor *editor;           /* while it has the terminal; editor.c */
    struct runs *runs;               /* commands started here; commands_run.c */
    struct broadcast *broadcast;     /* owned */
    struct layouts *layouts;         /* owned; NULL: not kept */
    struct guest_trust *guest_trust; /* uthash: what was answered, guest_copy.c */
    struct prompt_history commands;  /* typed into the form, none with a secret */
    struct prompt_history pipes;     /* typed after `|`, likewise */
    struct prompt_history searches;  /* of all panes, of the wall */
    struct bulletins *bulletins;     /* owned; messages to sandboxes, bulletin.c */
    struct company *companies;       /* uthash: who takes part where, company.c */
    struct wall_search *wall_search; /* owned: the last one; wall_search.c */
    struct pane_search *pane_search; /* owned: the last one; pane_search.c */
    bool guest_asking;               /* a program's wish for the clipboard is being asked about */
};

void views_listen(struct views_env *env, struct gateway_listener *l);
void views_unlisten(struct gateway_listener *l);

/* Runs run(data) in a later turn of the loop, when overlays that close now are gone. drop(data)
 * runs afterwards, or alone when the program stops before. */
void views_later(struct views_env *env, void (*run)(struct views_env *env, void *data), void *data,
                 void (*drop)(void *data));

/* "alice/demo", or the id of a sandbox without a name, or of one that is not known any more; clean.
 * Returns out. */
char *views_sandbox_name(const struct views_env *env, const char *id, char *out, size_t cap);
/* Says why not and returns true in a read-only context. */
bool views_refuse_readonly(struct views_env *env);
/* Puts text on the clipboard of the user's terminal (OSC 52) and into the list of buffers, and says
 * so. */
void views_copy(struct views_env *env, const char *what, const char *text);
/* A program of a sandbox wants this on the clipboard: asks first, in a later turn; views_copy when
 * the user agrees. */
void views_guest_copies(struct views_env *env, const char *sandbox_id, const char *bytes, size_t n);
void views_guest_trust_free(struct views_state *s);
/* What was copied last, or NULL; valid until the next copy. */
const char *views_buffer(const struct views_env *env);
/* NULL: it is gone. */
const struct copied *views_buffer_find(const struct views_env *env, unsigned id);
/* Forgets it; what the clipboard has stays there. */
void views_buffer_drop(struct views_env *env, unsigned id);
void views_buffers_free(struct views_state *s);
/* As views_copy, for CLIPBOARD_SECRET_MS at most: then, and when the program ends, the clipboard is
 * blank again unless something else was copied here. */
#define CLIPBOARD_SECRET_MS 45000
void views_copy_secret(struct views_env *env, const char *what, const char *text);
/* Takes the secret away now, if there is one. */
void views_clipboard_forget(struct views_env *env);
/* Nothing but http and https is one that views_browse opens. */
bool views_is_web(const char *url);
/* Opens an http or https URL in the user's browser; copies it where there is none. */
void views_browse(struct views_env *env, const char *url);
/* An error as a toast: its text and hint. */
void views_toast_error(struct views_env *env, const struct err *e);

/* views/panes.c */
enum view_result pane_split_right(struct views_env *env);
enum view_result pane_split_down(struct views_env *env);
enum view_result pane_tab(struct views_env *env);
enum view_result pane_rename_tab(struct views_env *env);

/* views/open.c: "view-…" of what sandboxes have; false when it is none of them. */
bool views_open(struct views_env *env, const char *action);
/* The one sandbox the user is looking at, to free; NULL when it is none or several. */
char *views_subject(struct views_env *env);
/* All of them, as copies to free, at most cap; 0: nothing in particular. Returns how many. */
size_t views_subjects(struct views_env *env, char **ids, size_t cap);
/* The same; a toast says so when it is none. */
size_t views_targets(struct views_env *env, char **ids, size_t cap);

/* Views of the program itself: contexts.c, journal_view.c, snapshots.c. */
enum view_result contexts_view_show(struct views_env *env);
enum view_result journal_view_show(struct views_env *env);
enum view_result snapshots_view_show(struct views_env *env);
/* Somebody made or deleted one; for views_later. */
void snapshots_view_reload(struct views_env *env, void *unused);
enum view_result templates_view_show(struct views_env *env);
/* Asks for a name, and copies the sandbox's files. */
void snapshot_form_open(struct views_env *env, const char *sandbox_id);

/* Overlays of views/help.c. */
void help_open(struct views_env *env);
void palette_open(struct views_env *env);
void sandbox_chooser_open(struct views_env *env);
/* A choice of the sandboxes there are; accept gets "sandbox:<id>". As picker_dialog_open. */
void sandbox_choice_open(struct views_env *env, const char *title, const char *verb,
                         void (*accept)(struct views_env *env, void *user, const char *value),
                         void *user, void (*drop)(void *user));

#endif
