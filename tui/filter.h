/* SPDX-License-Identifier: MIT
 *
 * What is typed after `/` in a list:
 *
 *     web.*[0-9]       regular expression (PCRE2) over the row's text
 *     -f wbprd         fuzzy: the letters in this order
 *     -l key           the row has this metadata
 *     -l key=value     … with this value
 *     !…               any of them, inverted
 *
 * Case counts only when the pattern has an upper-case letter. While a pattern being typed is not
 * valid, the last valid one stays in force and `error` says what is wrong.
 */
#ifndef TUI_FILTER_H
#define TUI_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#define FILTER_TEXT_MAX 1024

enum filter_kind { FILTER_NONE, FILTER_REGEX, FILTER_FUZZY, FILTER_LABEL };

struct filter_regex;

/* Zeroed memory is an empty filter, which every row passes. */
struct filter {
    char text[FILTER_TEXT_MAX]; /* as typed */
    char error[160];            /* why text is not in force; "" when it is */
    /* What is in force. */
    enum filter_kind kind;
    bool invert;
    bool case_sensitive;
    char pattern[FILTER_TEXT_MAX]; /* fuzzy letters, or the key of a label */
    char value[FILTER_TEXT_MAX];
    bool has_value;
    struct filter_regex *regex; /* owned */
};

/* Metadata of a row: the value of key, or NULL. Valid until the next call. */
typedef const char *(*filter_label)(void *user, const char *key);

/* Returns false when text is not a valid filter (and the last one stays in force). */
bool filter_set(struct filter *f, const char *text);
void filter_finish(struct filter *f);
bool filter_active(const struct filter *f);
/* label may be NULL. A pattern that needs too many steps on this text does not match it. */
bool filter_match(const struct filter *f, const char *text, filter_label label, void *user);
/* Where the filter matches in a cell's text, for highlighting: the next hit at or after byte
 * *start; sets *start and *len (> 0). Inverted filters and labels have none. For fuzzy filters
 * every letter is a hit; *letter counts them and begins at 0. */
bool filter_span(const struct filter *f, const char *text, size_t *start, size_t *len,
                 size_t *letter);

/* Fuzzy match as in the palette: < 0 when letters do not occur in this order, else a score that is
 * higher for beginnings of words and for runs. Case is ignored unless case_sensitive. */
int fuzzy_score(const char *letters, const char *text, bool case_sensitive);

#endif
