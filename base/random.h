/* SPDX-License-Identifier: MIT
 *
 * Unpredictable bytes from the kernel, for ids, tokens and keys.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>

/* Aborts when the kernel has none, which getrandom(2) rules out after boot. */
void random_bytes(void *out, size_t n);
/* Writes n_chars characters of [a-z0-9] (5.17 bits each) and a NUL: 50 of them make 256 bits. */
char *random_name(char *out, size_t n_chars);

#endif
