/* SPDX-License-Identifier: MIT
 *
 * Files of the source tree that tests read and write, and any file as a whole.
 */
#ifndef TESTS_SOURCE_H
#define TESTS_SOURCE_H

#include <stddef.h>

/* Of a file of the tree, by its name there: "docs/tour.md". The caller frees. */
char *source_path(const char *name);
/* What is in it, for a test: fails when it cannot be opened. The caller frees. */
char *source_read(const char *name);
/* What is in the file, ended by a NUL that does not count in *n; n may be NULL. The caller frees.
 * NULL: it cannot be opened. */
char *read_whole(const char *path, size_t *n);

#endif
