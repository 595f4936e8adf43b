/* SPDX-License-Identifier: MIT
 *
 * Ignore globs. A pattern without "/" is for every segment of a path, one with "/" for the path
 * from its beginning; what lies below a match matches too. "*" and "?" stay within a segment, "**"
 * stands for any number of segments, [a-z] and [!a-z] for one character; "\" takes the next one as
 * it stands. Time is bounded by the product of the lengths.
 */
#ifndef HOST_DAEMON_IGNORE_H
#define HOST_DAEMON_IGNORE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define IGNORE_PATTERNS_MAX 256
#define IGNORE_PATTERN_MAX  1024 /* bytes */

/* Zeroed memory is valid and matches nothing. */
struct ignore {
    char **patterns; /* owned */
    size_t n;
};

/* From a list of texts; NULL and null are empty. ERR_ARG for anything else. */
int ignore_read(struct ignore *ig, const cJSON *list, struct err *e);
void ignore_finish(struct ignore *ig);
/* relative: a path without a leading "/". */
bool ignore_matches(const struct ignore *ig, const char *relative);

#endif
