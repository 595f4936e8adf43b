/* SPDX-License-Identifier: MIT */
#include "host/daemon/tail.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/* Does the sequence that begins with the ESC at s[0] end within n bytes? */
static bool escape_complete(const char *s, size_t n)
{
    size_t i = 1;

    if (n < 2)
        return false;
    if (s[1] == '[') {
        for (i = 2; i < n; i++)
            if ((unsigned char)s[i] >= 0x40 || (unsigned char)s[i] == 0x18)
                return true;
        return false;
    }
    if (strchr("]PX^_", s[1])) {
        for (i = 2; i < n; i++)
            if (s[i] == '\a' || s[i] == 0x18 || (s[i] == 0x1b && i + 1 < n && s[i + 1] == '\\'))
                return true;
        return false;
    }
    while (i < n && s[i] >= 0x20 && s[i] <= 0x2f)
        i++;
    return i < n;
}

size_t escape_incomplete_tail(const char *s, size_t n)
{
    size_t i = n;

    while (i && s[i - 1] != 0x1b)
        i--;
    if (!i)
        return 0;
    i--;
    /* An ESC at the very end may be half of the ST that ends a string which began before it. */
    if (i + 1 == n || s[i + 1] == '\\') {
        size_t k = i;

        while (k && s[k - 1] != 0x1b)
            k--;
        if (k && !escape_complete(s + k - 1, n - (k - 1)))
            return n - (k - 1);
    }
    return escape_complete(s + i, n - i) ? 0 : n - i;
}

void utf8_repair(struct buf *out, const char *s, size_t n)
{
    while (n) {
        uint32_t codepoint;
        size_t used = utf8_decode(s, n, &codepoint);
        char bytes[4];

        buf_append(out, bytes, utf8_encode(codepoint, bytes));
        s += used;
        n -= used;
    }
}
