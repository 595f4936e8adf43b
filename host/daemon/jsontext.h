/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a JSON string: NUL becomes \u0000, invalid UTF-8 U+FFFD (cJSON's own strings end at
 * the first NUL and pass bad bytes on).
 */
#ifndef HOST_DAEMON_JSONTEXT_H
#define HOST_DAEMON_JSONTEXT_H

#include <cjson/cJSON.h>
#include <stddef.h>

void json_add_bytes(cJSON *object, const char *name, const char *bytes, size_t n);

#endif
