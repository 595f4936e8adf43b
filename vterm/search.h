/* SPDX-License-Identifier: MIT
 *
 * A search with a Perl-compatible pattern over a terminal's scrollback and screen, a bit at a time:
 * search_step does a bounded piece of work, newest lines first, so 100,000 lines never hold the
 * loop up. It follows the terminal as it goes on: call it again after output.
 *
 * A line of the text is searched as one, however many screen lines it wraps over (up to 256 of
 * them; longer ones in pieces). A pattern without capitals ignores case. Patterns run with limits:
 * a line on which one gives up has no hit there (search_gave_up).
 */
#ifndef VTERM_SEARCH_H
#define VTERM_SEARCH_H

#include "base/err.h"
#include "vterm/term.h"

#define SEARCH_HITS_MAX    100000 /* the oldest beyond are not kept */
#define SEARCH_PATTERN_MAX 4096

struct search;

/* From line:col up to before end_line:end_col; never empty. */
struct search_hit {
    uint64_t line, end_line;
    int col, end_col;
};

/* Borrows the terminal, which must outlive it. */
struct search *search_create(const struct term *t);
void search_destroy(struct search *s);
/* Begins anew with a pattern; "" finds nothing. ERR_ARG: it is no pattern, the reason says why and
 * where; nothing is found then. */
int search_set(struct search *s, const char *pattern, struct err *e);

/* Looks through about `lines` lines. False: all is searched, until the terminal changes. */
bool search_step(struct search *s, size_t lines);
/* Part of the lines that was looked through, 0 to 1. */
double search_progress(const struct search *s);
bool search_gave_up(const struct search *s);

/* Hits so far, oldest first; valid until the next step. */
size_t search_count(const struct search *s);
const struct search_hit *search_hit(const struct search *s, size_t i);
/* The first hit that ends on the line or later (search_count: none): for highlighting rows. */
size_t search_from(const struct search *s, uint64_t line);
/* The nearest hit after (before) a place, going round at the end. False: there is no hit. */
bool search_next(const struct search *s, uint64_t line, int col, bool backward, size_t *found,
                 bool *went_round);

#endif
