/* SPDX-License-Identifier: MIT
 *
 * A growing byte buffer. Zeroed memory is a valid empty buffer.
 *
 * data is always followed by a NUL that len does not count (NULL only while nothing was appended).
 * Appending never fails (base/alloc.h); who fills a buffer from outside bounds it first.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
    char *data; /* owned */
    size_t len;
    size_t cap;
};

void buf_finish(struct buf *b);
/* Empties it and keeps the memory. */
void buf_clear(struct buf *b);
/* Makes room for n more bytes and returns where they go; add to b->len what was written. */
char *buf_reserve(struct buf *b, size_t n);
void buf_append(struct buf *b, const void *bytes, size_t n);
void buf_append_str(struct buf *b, const char *text);
void buf_append_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));
/* Drops n bytes from the front (moves the rest: for small remainders, not for queues). */
void buf_consume(struct buf *b, size_t n);
/* Hands over the bytes as a NUL-terminated string (never NULL) and leaves b empty. */
char *buf_steal(struct buf *b);

#define cleanup_buf __attribute__((cleanup(buf_finish)))

#endif
