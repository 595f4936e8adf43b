/* SPDX-License-Identifier: MIT
 *
 * JSON from elsewhere, through cJSON.
 *
 * cJSON's strings end at a NUL, so \u0000 travels through it as the byte 0xff, which the text
 * (checked to be UTF-8) cannot hold otherwise. json_restore_nul puts it back in a copy whose length
 * is known; where a NUL makes no sense, the byte is simply not UTF-8.
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "base/err.h"

/* Far below what cJSON's recursion takes. */
#define JSON_DEPTH_MAX 16

/* One whole JSON text, the caller's to delete; the caller bounds n. NULL: ERR_PROTOCOL when it is
 * not JSON in UTF-8, ERR_LIMIT when it is nested too deep. */
cJSON *json_parse(const char *text, size_t n, struct err *e);
void json_restore_nul(char *text, size_t n);

#endif
