/* SPDX-License-Identifier: MIT
 *
 * Magic links: each opens one sandbox in a browser, once.
 */
#ifndef VIEWS_LINKS_H
#define VIEWS_LINKS_H

#include "views/state.h"

#define LINKS_MAX 64 /* made at once */

/* Asks what they may do and makes one for each sandbox; ids are copied. */
void links_open(struct views_env *env, char *const *ids, size_t n);

#endif
