/* SPDX-License-Identifier: MIT
 *
 * Where a stream of terminal output may be cut.
 */
#ifndef HOST_DAEMON_TAIL_H
#define HOST_DAEMON_TAIL_H

#include <stddef.h>

#include "base/buf.h"

/* How many bytes at the end of s[0..n) begin an escape sequence (ESC…, CSI, OSC, DCS…) that is not
 * complete: a viewer that starts from a snapshot must get them first, or it shows the rest as text.
 * 0 when the stream is not inside one. */
size_t escape_incomplete_tail(const char *s, size_t n);

/* Appends s with every invalid UTF-8 sequence replaced by U+FFFD. */
void utf8_repair(struct buf *out, const char *s, size_t n);

#endif
