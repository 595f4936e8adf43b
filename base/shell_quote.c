/* SPDX-License-Identifier: MIT
 *
 * Single quotes, with each ' as '\''.
 */
#include "base/shell_quote.h"

#include <string.h>

void shell_quote(struct buf *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:@%+,";

    if (*text && !text[strspn(text, plain)]) {
        buf_append_str(out, text);
        return;
    }
    buf_append_char(out, '\'');
    for (; *text; text++)
        if (*text == '\'')
            buf_append_str(out, "'\\''");
        else
            buf_append_char(out, *text);
    buf_append_char(out, '\'');
}

void shell_quote_all(struct buf *out, int n, char **words)
{
    for (int i = 0; i < n; i++) {
        if (i)
            buf_append_char(out, ' ');
        shell_quote(out, words[i]);
    }
}
