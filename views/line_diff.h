/* SPDX-License-Identifier: MIT
 *
 * What is different between two texts, line by line.
 */
#ifndef VIEWS_LINE_DIFF_H
#define VIEWS_LINE_DIFF_H

#include <stddef.h>

#include "base/buf.h"

#define LINE_DIFF_MAX 2000 /* lines that differ, of each; beyond that the rest is left out */

/* Appends "- " lines of a, "+ " lines of b, and up to `context` lines that both have around them,
 * each clean. Nothing when they are the same. */
void line_diff(struct buf *out, const char *a, size_t n_a, const char *b, size_t n_b,
               size_t context);

#endif
