/* SPDX-License-Identifier: MIT
 *
 * The toolkit's dialogs as overlays: form, question, choice, text.
 *
 * Each takes its widget over (moved from the caller's variable) and frees it when it closes.
 */
#ifndef VIEWS_DIALOG_H
#define VIEWS_DIALOG_H

#include "tui/confirm.h"
#include "tui/form.h"
#include "tui/picker.h"
#include "views/state.h"

struct form_dialog_ops {
    /* Every field is valid: send the request and call form_dialog_busy. */
    void (*submit)(void *user, struct view *dialog, struct form *form);
    /* Esc while busy: cancel the request. The form stays. */
    void (*abort)(void *user);
    /* The dialog is gone (for whatever reason): cancel the request, free user. Runs once. */
    void (*closed)(void *user);
};
/* ops are borrowed for the dialog's life. */
struct view *form_dialog_open(struct views_env *env, struct form *form,
                              const struct form_dialog_ops *ops, void *user);
void form_dialog_busy(struct view *dialog);
void form_dialog_fail(struct view *dialog, const struct err *e);
/* The request went well: close it. */
void form_dialog_done(struct view *dialog);

/* done runs once, in a later turn, with the answer; false when the dialog went in another way. */
void confirm_dialog_open(struct views_env *env, struct confirm *question,
                         void (*done)(struct views_env *env, void *user, bool yes), void *user);

/* accept runs in a later turn, when the overlay is gone, with the chosen value. drop frees user and
 * runs once, last; or NULL. */
void picker_dialog_open(struct views_env *env, struct picker *picker,
                        void (*accept)(struct views_env *env, void *user, const char *value),
                        void *user, void (*drop)(void *user));

/* Lines to read; text is copied. `y` copies it. */
void text_dialog_open(struct views_env *env, const char *title, const char *text);
/* As that, with what write appends now and anew each second. closed frees user and runs once. */
void text_dialog_live(struct views_env *env, const char *title,
                      void (*write)(void *user, struct buf *out), void (*closed)(void *user),
                      void *user);

#endif
