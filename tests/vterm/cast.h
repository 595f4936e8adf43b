/* SPDX-License-Identifier: MIT
 *
 * A recording in memory, for tests: what is written can be read back.
 */
#ifndef TESTS_VTERM_CAST_H
#define TESTS_VTERM_CAST_H

#include <string.h>

#include "vterm/recording.h"
#include "vterm/replay.h"

static inline void cast_on_write(void *user, const char *bytes, size_t n)
{
    buf_append(user, bytes, n);
}

static inline long cast_read(void *user, uint64_t offset, char *out, size_t n)
{
    const struct buf *file = user;

    if (offset >= file->len)
        return 0;
    if (n > file->len - offset)
        n = file->len - (size_t)offset;
    /* As files do, less than asked for now and then. */
    if (n > 1000)
        n = n * 2 / 3;
    memcpy(out, file->data + offset, n);
    return (long)n;
}

static inline struct recording *cast_record(struct buf *file, int rows, int cols)
{
    struct recording_config config = {
        .rows = rows, .cols = cols, .wall_ms = 1700000000123, .on_write = cast_on_write};

    config.user = file;
    return recording_create(&config, 0);
}

static inline struct replay *cast_replay(struct buf *file, struct err *e)
{
    struct replay_source source = {.read = cast_read, .user = file, .size = file->len};

    return replay_create(&source, 1000, e);
}

#endif
