/* SPDX-License-Identifier: MIT
 *
 * Files kept for the user: private, and never half written.
 */
#ifndef BASE_PRIVATE_FILE_H
#define BASE_PRIVATE_FILE_H

#include <stddef.h>

#include "base/err.h"

/* A folder and its parents, the new ones with mode 0700. */
int private_make_dir(const char *path, struct err *e);
/* Replaces path (mode 0600) as a whole, by a rename; makes its folder. */
int private_write(const char *path, const char *bytes, size_t n, struct err *e);
/* A file of at most cap bytes as text, to free; NULL: absent (e untouched), or unreadable (e set).
 */
char *private_read(const char *path, size_t cap, struct err *e);

#endif
