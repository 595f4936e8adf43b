/* SPDX-License-Identifier: MIT
 *
 * JSON that is not ours as clean text to read.
 */
#ifndef VIEWS_JSON_TEXT_H
#define VIEWS_JSON_TEXT_H

#include <cjson/cJSON.h>

#include "base/buf.h"

/* Indented, a clean line each. NULL gives nothing. Values whose key says that they are secret
 * (token, secret, password, key, environment) are masked. */
void json_text_pretty(struct buf *out, const cJSON *json);
/* "label:   value" a line, for people: "restart_count" as "restart count", nested ones after the
 * name of what holds them, names that people gave (metadata, environment) as they are, times with
 * how long ago they were. Masked likewise. */
void json_text_fields(struct buf *out, const cJSON *json);

#endif
