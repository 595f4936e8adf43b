/* SPDX-License-Identifier: MIT
 *
 * A table on stdout: as wide as its cells, safe to look at whatever is in them.
 */
#ifndef APP_COLUMNS_H
#define APP_COLUMNS_H

#include <stdint.h>

#define COLUMNS_MAX 12

struct columns;

/* heads ends with NULL; the texts are borrowed. */
struct columns *columns_create(const char *const *heads);
/* The next cell, row by row; NULL and "" become "-". Control characters are replaced. */
void columns_text(struct columns *c, const char *text);
void columns_number(struct columns *c, int64_t number);
/* "5m12s" since (or, negative, until) a wall clock time in ms; 0 becomes "-". */
void columns_span(struct columns *c, int64_t ms);
/* Prints it and frees it. */
void columns_print(struct columns *c);

#endif
