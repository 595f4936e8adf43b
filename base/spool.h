/* SPDX-License-Identifier: MIT
 *
 * Bytes too many for memory: a file without a name that only grows, and goes with the last who
 * holds it.
 *
 * Nobody else can open or shorten it, and every byte is written, never left a hole: so it may be
 * mapped, and a full disk is an error of spool_append and no signal later. Everything but ref and
 * unref blocks like file work. One thread appends; any may read what was there when it was told so.
 */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct spool;

/* In the file system of directory; ERR_UNSUPPORTED when that knows no files without names. */
struct spool *spool_create(const char *directory, struct err *e);
struct spool *spool_ref(struct spool *s);
/* NULL is allowed. */
void spool_unref(struct spool *s);
uint64_t spool_len(const struct spool *s);
/* All or nothing: 0 or -errno. */
int spool_append(struct spool *s, const void *bytes, size_t n);
/* Bytes read from offset at on; 0 at the end, or -errno. */
ssize_t spool_read(const struct spool *s, uint64_t at, char *out, size_t n);
/* All of it with a NUL behind, until the last unref; nothing may be appended any more. */
const char *spool_map(struct spool *s, struct err *e);

#endif
