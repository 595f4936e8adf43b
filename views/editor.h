/* SPDX-License-Identifier: MIT
 *
 * A text in the user's own editor: $VISUAL, $EDITOR, or vi.
 *
 * The text lies in a file that only the user can read, in a folder of its own below
 * $XDG_RUNTIME_DIR (or $TMPDIR, /tmp), and is removed when the editor has ended, whatever way. The
 * loop goes on meanwhile; nothing is drawn.
 */
#ifndef VIEWS_EDITOR_H
#define VIEWS_EDITOR_H

#include "views/state.h"

#define EDITOR_BYTES_MAX ((size_t)10 << 20)

/* What became of the text, borrowed; or e. Runs once, in a later turn, with the screen back; not
 * when the program stops, then only drop runs. */
typedef void (*editor_done)(struct views_env *env, void *user, const char *bytes, size_t n,
                            const struct err *e);

/* name is what the file should be called (editors tell by it what it is); made harmless. drop frees
 * user and runs last; may be NULL. Fails through done. */
void editor_open(struct views_env *env, const char *name, const char *bytes, size_t n,
                 editor_done done, void *user, void (*drop)(void *user));
/* To read: what is changed there is not taken back. */
void editor_open_copy(struct views_env *env, const char *name, const char *bytes, size_t n);
/* For views_stop: ends the editor and removes the file. */
void editor_stop(struct views_env *env);

#endif
