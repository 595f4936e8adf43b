/* SPDX-License-Identifier: MIT */
#include "wire/base64.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buf *out, const void *bytes, size_t n)
{
    const uint8_t *in = bytes;
    char *to = buf_reserve(out, (n / 3 + 1) * 4);
    char *start = to;

    for (; n >= 3; n -= 3, in += 3) {
        uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

        *to++ = alphabet[v >> 18];
        *to++ = alphabet[v >> 12 & 63];
        *to++ = alphabet[v >> 6 & 63];
        *to++ = alphabet[v & 63];
    }
    if (n) {
        uint32_t v = (uint32_t)in[0] << 16 | (n == 2 ? (uint32_t)in[1] << 8 : 0);

        *to++ = alphabet[v >> 18];
        *to++ = alphabet[v >> 12 & 63];
        *to++ = n == 2 ? alphabet[v >> 6 & 63] : '=';
        *to++ = '=';
    }
    out->len += (size_t)(to - start);
    *to = '\0';
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes one group of four with n_chars (2 to 4) before its padding. False: not base64. */
static bool decode_group(const char *text, size_t n_chars, uint8_t out[3])
{
    uint32_t v = 0;

    for (size_t i = 0; i < 4; i++) {
        int digit = i < n_chars ? value_of(text[i]) : 0;

        if (digit < 0)
            return false;
        v = v << 6 | (uint32_t)digit;
    }
    out[0] = (uint8_t)(v >> 16);
    out[1] = (uint8_t)(v >> 8);
    out[2] = (uint8_t)v;
    /* Bits beyond the last byte would let one value be written in several ways. */
    return n_chars == 4 || (n_chars == 3 ? !out[2] : !out[1] && !out[2]);
}

int base64_decode(struct buf *out, const char *text, size_t n, struct err *e)
{
    size_t before = out->len, padding = 0;

    if (n % 4)
        return err_set(e, ERR_ARG, "base64: length %zu is not a multiple of 4", n);
    while (n && padding < 2 && text[n - 1 - padding] == '=')
        padding++;
    buf_reserve(out, n / 4 * 3);
    for (size_t i = 0; i < n; i += 4) {
        size_t n_chars = i + 4 == n ? 4 - padding : 4;
        uint8_t group[3];

        if (!decode_group(text + i, n_chars, group)) {
            out->len = before;
            out->data[before] = '\0';
            return err_set(e, ERR_ARG, "base64: bad group at offset %zu", i);
        }
        buf_append(out, group, n_chars - 1);
    }
    return 0;
}
