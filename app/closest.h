/* SPDX-License-Identifier: MIT
 *
 * What somebody may have meant by a name that does not exist.
 */
#ifndef APP_CLOSEST_H
#define APP_CLOSEST_H

#include <stddef.h>

#include "wire/sandbox.h"

/* Edits (insert, delete, replace a byte, swap two neighbours) from a to b, at most max + 1. */
int edit_distance(const char *a, const char *b, int max);
/* "NS/NAME" of the sandbox that is nearest to `name` in `ns`; the same name in another namespace
 * counts as very near. NULL when nothing is near. The caller frees. */
char *closest_sandbox(const struct sandbox_info *all, size_t n, const char *ns, const char *name);

#endif
