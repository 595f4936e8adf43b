/* SPDX-License-Identifier: MIT
 *
 * The bytes of one file into another: what overlays (inside) and snapshots (outside) share. Blocks.
 */
#ifndef HOST_FILECOPY_H
#define HOST_FILECOPY_H

#include <stdbool.h>

/* Names of files that are still being written begin so. */
#define FILE_TEMP_PREFIX ".sandpit-tmp-"

/* Fills the empty file `out` with what `in` holds now; both open at any position. Blocks are shared
 * where the file system can, holes stay holes. What grows meanwhile is copied up to the size it
 * had, what shrinks up to where it ends. 0, or -errno; -ECANCELED when is_stopped said so, which is
 * asked every few megabytes. */
int filecopy_bytes(int in, int out, bool (*is_stopped)(const void *user), const void *user);

#endif
