/* SPDX-License-Identifier: MIT
 *
 * What people type into one field of a form: NAME=value lists, words and sizes.
 */
#ifndef VIEWS_PAIRS_H
#define VIEWS_PAIRS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "A=1 B='two words'" as an object of texts, the last of each name; blanks separate, ' and "
 * protect. The caller deletes it. NULL with a reason of less than cap bytes. */
cJSON *pairs_parse(const char *text, char *reason, size_t cap);
/* A form_field.check of the same. */
bool pairs_check(const char *text, char *reason, size_t cap);
/* The words of text, cut in place, into out with a NULL behind them: at most cap - 1. */
void words_split(char *text, const char **out, size_t cap);
/* "512m", "2g", "1.5g", "4096": bytes, > 0. False: not a size. */
bool size_parse(const char *text, int64_t *bytes);
bool size_check(const char *text, char *reason, size_t cap);

#endif
