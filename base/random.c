/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *out, size_t n)
{
    char *p = out;

    while (n) {
        ssize_t got = getrandom(p, n, 0);

        if (got < 0) {
            if (errno == EINTR)
                continue;
            abort();
        }
        p += got;
        n -= (size_t)got;
    }
}

char *random_name(char *out, size_t n_chars)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    for (size_t i = 0; i < n_chars;) {
        uint8_t byte;

        random_bytes(&byte, 1);
        if (byte < 252) /* 7 * 36: every character is as likely as any other */
            out[i++] = set[byte % 36];
    }
    out[n_chars] = '\0';
    return out;
}
