/* SPDX-License-Identifier: MIT
 *
 * "A=1 B=two": variables typed in one field of a form.
 */
#ifndef VIEWS_PAIRS_H
#define VIEWS_PAIRS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* An object of texts, for the caller to delete; NULL with a reason when a word is no NAME=value. */
cJSON *pairs_parse(const char *text, char *reason, size_t cap);
/* For struct form_field. */
bool pairs_check(const char *value, char *reason, size_t cap);

#endif
