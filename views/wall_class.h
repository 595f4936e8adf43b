/* SPDX-License-Identifier: MIT
 *
 * What is done for a class: notices, freezing, hands, presenting.
 */
#ifndef VIEWS_WALL_CLASS_H
#define VIEWS_WALL_CLASS_H

#include "views/wall_internal.h"

/* "wall-message", "wall-freeze"…; VIEW_IGNORED: not one of them. */
enum view_result wall_class_act(struct wall *w, const char *action);
/* Who sits here, as others are told: $USER, or "the instructor". Returns out. */
#define WALL_PERSON_SIZE 64
char *wall_person(char out[WALL_PERSON_SIZE]);

#endif
