/* SPDX-License-Identifier: MIT
 *
 * A three-state filter over typed bytes.
 */
#include "app/escape.h"

static enum escape_command after_tilde(struct escape *s, char c, struct buf *out)
{
    s->at = c == '\r' || c == '\n' ? ESCAPE_LINE_START : ESCAPE_MIDDLE;
    switch (c) {
    case '.':
        return ESCAPE_DETACH;
    case '?':
        s->at = ESCAPE_LINE_START;
        return ESCAPE_HELP;
    case '~':
        buf_append_char(out, c);
        return ESCAPE_NONE;
    default:
        buf_append_char(out, '~');
        buf_append_char(out, c);
        return ESCAPE_NONE;
    }
}

enum escape_command escape_filter(struct escape *s, const char *bytes, size_t n, struct buf *out,
                                  size_t *used)
{
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];

        if (s->at == ESCAPE_TILDE) {
            enum escape_command command = after_tilde(s, c, out);

            if (command != ESCAPE_NONE) {
                *used = i + 1;
                return command;
            }
        } else if (s->at == ESCAPE_LINE_START && c == '~') {
            s->at = ESCAPE_TILDE;
        } else {
            s->at = c == '\r' || c == '\n' ? ESCAPE_LINE_START : ESCAPE_MIDDLE;
            buf_append_char(out, c);
        }
    }
    *used = n;
    return ESCAPE_NONE;
}
