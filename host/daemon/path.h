/* SPDX-License-Identifier: MIT
 *
 * Paths of the file API: what a client sent → one absolute path. Pure text.
 *
 * Relative paths count from the default working directory. "." and ".." are resolved as text, so a
 * path never leads above "/", and "/link/.." is where the link is.
 */
#ifndef HOST_DAEMON_PATH_H
#define HOST_DAEMON_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Longer ones are refused by the kernel anyway. */
#define PATH_TEXT_MAX 4095

/* An absolute path without "//", ".", ".." and a trailing "/"; the caller frees. cwd is absolute.
 */
char *path_resolve(const char *cwd, const char *path);
/* As above, and false in *inside when ".." led above cwd on the way, or path is absolute. */
char *path_resolve_below(const char *cwd, const char *path, bool *inside);
/* The path as the client gave it, made absolute and nothing more: for messages. */
char *path_absolute(const char *cwd, const char *path);
bool path_is_root(const char *resolved);
/* The last component of a resolved path; "/" for the root. */
const char *path_name(const char *resolved);

#endif
