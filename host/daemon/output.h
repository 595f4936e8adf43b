/* SPDX-License-Identifier: MIT
 *
 * What a stream of a command wrote, kept from its beginning: in memory while it is little, else in
 * a spool, to which it is written on the thread pool.
 *
 * At most OUTPUT_MAX bytes, or what the disk holds; where there are no spools, OUTPUT_MEMORY_MAX.
 * The rest is counted and dropped.
 */
#ifndef HOST_DAEMON_OUTPUT_H
#define HOST_DAEMON_OUTPUT_H

#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"
#include "base/spool.h"
#include "host/daemon/jsonflow.h"

#define OUTPUT_MAX        ((uint64_t)8 * 1024 * 1024 * 1024)
#define OUTPUT_SMALL      ((size_t)1024 * 1024) /* in memory, and collected for the spool */
#define OUTPUT_MEMORY_MAX ((size_t)64 * 1024 * 1024)

struct daemon;

struct output {
    struct daemon *d;    /* borrowed */
    struct spool *spool; /* held; NULL: all is in memory */
    uint64_t n_spooled;
    struct buf writing; /* on its way into the spool */
    struct buf bytes;   /* what came since */
    uint64_t n_total;   /* ever */
    bool busy, in_memory, closed;
    uv_work_t work;
    int result; /* of the work; -errno */
    void (*on_written)(struct output *o);
};

/* on_written runs on the loop whenever output_busy or output_full have become false. */
void output_init(struct output *o, struct daemon *d, void (*on_written)(struct output *o));
/* Nothing more will come. Not while it is busy. */
void output_end(struct output *o);
/* Not while it is busy. */
void output_finish(struct output *o);
void output_append(struct output *o, const char *bytes, size_t n);
/* Is something on its way to the disk? */
bool output_busy(const struct output *o);
/* Is as much waiting as may be? Then nothing should be appended until on_written. */
bool output_full(const struct output *o);
/* Is some of it lost? */
bool output_is_cut(const struct output *o);
/* All of it in memory: then it is in bytes. */
bool output_is_small(const struct output *o);
size_t output_memory(const struct output *o);
uint64_t output_disk(const struct output *o);
/* Adds what there is so far as bytes. */
void output_describe(const struct output *o, struct jsonflow *f);

#endif
