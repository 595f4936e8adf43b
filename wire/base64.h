/* SPDX-License-Identifier: MIT
 *
 * Base64 with padding (RFC 4648, section 4).
 */
#ifndef WIRE_BASE64_H
#define WIRE_BASE64_H

#include "base/buf.h"
#include "base/err.h"

void base64_encode(struct buf *out, const void *bytes, size_t n);
/* Strict: characters outside the alphabet, missing padding and stray bits give ERR_ARG, with
 * nothing appended. */
int base64_decode(struct buf *out, const char *text, size_t n, struct err *e);

#endif
