/* SPDX-License-Identifier: MIT
 *
 * The escapes of `sandpit attach`, as ssh has them: "~." right after Enter detaches, "~~" is a
 * tilde, "~?" lists them. A tilde followed by anything else is sent with it.
 */
#ifndef APP_ESCAPE_H
#define APP_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum escape_command { ESCAPE_NONE, ESCAPE_DETACH, ESCAPE_HELP };

struct escape {
    enum { ESCAPE_MIDDLE, ESCAPE_LINE_START, ESCAPE_TILDE } at;
};

#define ESCAPE_INIT ((struct escape){ESCAPE_LINE_START})

/* Appends to out what is for the program. Stops behind a command and returns it; *used says how
 * many bytes were read. */
enum escape_command escape_filter(struct escape *s, const char *bytes, size_t n, struct buf *out,
                                  size_t *used);

#endif
