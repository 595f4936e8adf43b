/* SPDX-License-Identifier: MIT
 *
 * Durations as people type them.
 */
#ifndef APP_DURATION_H
#define APP_DURATION_H

#include <stdint.h>

#include "base/err.h"

/* "90" (seconds), "45s", "90m", "2h", "1d12h", "500ms"; at most ten years. Returns milliseconds
 * (> 0) or a negative code. */
int64_t duration_parse(const char *text, struct err *e);
/* How long a magic link may wait for whoever opens it: at most 7 days. Returns seconds (> 0) or a
 * negative code. */
int64_t duration_parse_link(const char *text, struct err *e);

#endif
