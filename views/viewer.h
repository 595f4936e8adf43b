/* SPDX-License-Identifier: MIT
 *
 * A file's contents as a view, and what became of a text as an overlay.
 */
#ifndef VIEWS_VIEWER_H
#define VIEWS_VIEWER_H

#include "client/remote.h"
#include "tui/diff.h"
#include "views/state.h"

/* Reads the file and shows it in the focused leaf; at once "reading…". */
void viewer_view_open(struct views_env *env, const char *sandbox_id, const char *path,
                      int64_t size);
/* Shows a text that is here, and above it note, unless "". text is taken over; is_cut: there was
 * more of it. Both strings are cleaned and copied. */
void viewer_text_open(struct views_env *env, const char *title, const char *note, struct buf *text,
                      bool is_cut);
/* The sandbox the view's file is of; NULL: another kind of view, or a text that is here. */
const char *viewer_sandbox(const struct view *v);

/* clear is taken over and shown when masked is NULL, or after `x` (30 s); masked, when given, is
 * taken over too. verb NULL: to look at only; else Enter says yes. done (or NULL) runs once, in a
 * later turn. title is copied. */
void diff_dialog_open(struct views_env *env, const char *title, struct diff *clear,
                      struct diff *masked, const char *verb,
                      void (*done)(struct views_env *env, void *user, bool yes), void *user);

#endif
