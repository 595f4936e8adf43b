/* SPDX-License-Identifier: MIT
 *
 * Times. Monotonic for durations and deadlines, wall for what people and JSON read.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Milliseconds and nanoseconds since an arbitrary start; never goes back. */
int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);
/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall_ms(void);

#define CLOCK_ISO_SIZE  sizeof("2026-01-02T03:04:05.678Z")
#define CLOCK_SPAN_SIZE 16
/* RFC 3339 in UTC with milliseconds. Returns out. */
char *clock_format_iso(char out[CLOCK_ISO_SIZE], int64_t wall_ms);
/* Parses what clock_format_iso writes, and any RFC 3339 time with an offset. Returns milliseconds
 * since the epoch, or -1. */
int64_t clock_parse_iso(const char *text);
/* A duration in one or two units as people read it in a column: "14s", "3m20s", "2h05m", "9d4h".
 * Negative counts as 0. Returns out. */
char *clock_format_span(char out[CLOCK_SPAN_SIZE], int64_t ms);

#endif
