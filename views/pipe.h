/* SPDX-License-Identifier: MIT
 *
 * Lines through a command of this machine: asked for, run by $SHELL, its output shown.
 */
#ifndef VIEWS_PIPE_H
#define VIEWS_PIPE_H

#include "views/state.h"

#define PIPE_OUTPUT_MAX ((size_t)1 << 20) /* what writes more is ended, and that is said */

/* Opens the form. The command reads the text, which is taken over, and has no terminal; Esc ends
 * it with all that it started. */
void pipe_form_open(struct views_env *env, struct buf *text);

#endif
