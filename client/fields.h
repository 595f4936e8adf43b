/* SPDX-License-Identifier: MIT
 *
 * Reading JSON objects that others made: whatever is missing or of another type has a fallback. The
 * strings are borrowed from the tree. For client/ only.
 */
#ifndef CLIENT_FIELDS_H
#define CLIENT_FIELDS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "" when it is no text. */
const char *field_text(const cJSON *object, const char *key);
double field_number(const cJSON *object, const char *key, double fallback);
/* A whole number in [min, max], else fallback. */
int64_t field_int(const cJSON *object, const char *key, int64_t min, int64_t max, int64_t fallback);
bool field_bool(const cJSON *object, const char *key);
/* An ISO time as milliseconds since 1970; 0 when absent or no time. */
int64_t field_time(const cJSON *object, const char *key);
/* A count of rows, columns, ports: 1 to 65535, else 0. */
int field_count(const cJSON *object, const char *key);
/* A copy with the NULs that JSON carried put back; *n is its length. The caller frees. */
char *field_bytes(const cJSON *object, const char *key, size_t *n);

/* Adds the text unless it is NULL. */
void field_add_text(cJSON *object, const char *key, const char *text);
/* Adds a copy of the tree unless it is NULL. */
void field_add_tree(cJSON *object, const char *key, const cJSON *tree);

#endif
