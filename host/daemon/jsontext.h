/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a JSON string: NUL becomes \u0000, invalid UTF-8 U+FFFD (cJSON's own strings end at
 * the first NUL and pass bad bytes on).
 */
#ifndef HOST_DAEMON_JSONTEXT_H
#define HOST_DAEMON_JSONTEXT_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "base/buf.h"

/* What stands between the quotes. */
void json_append_bytes(struct buf *out, const char *bytes, size_t n);
cJSON *json_bytes(const char *bytes, size_t n);
void json_add_bytes(cJSON *object, const char *name, const char *bytes, size_t n);

#endif
