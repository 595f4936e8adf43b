/* SPDX-License-Identifier: MIT
 *
 * Panes and tabs kept from one start to the next: splits, names, what each pane shows. The remote
 * shells run on meanwhile.
 *
 * The file is written LAYOUTS_SETTLE_MS after the last change, as a whole. One that is broken is
 * left out with a word.
 */
#ifndef VIEWS_LAYOUTS_H
#define VIEWS_LAYOUTS_H

#include "views/state.h"

#define LAYOUTS_SETTLE_MS 300
#define LAYOUTS_FILE_MAX  65536

struct layouts;

/* NULL when env->layout_file is. */
struct layouts *layouts_create(struct views_env *env);
void layouts_destroy(struct layouts *l);
/* Something changed that is kept. */
void layouts_changed(struct views_env *env);
/* Writes it now, if it changed: the program is about to end. */
void layouts_save(struct views_env *env);

#endif
