/* SPDX-License-Identifier: MIT
 *
 * UTF-8, display width, and making text that is not ours safe to show.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Selects a UTF-8 character type for the process: the environment's if it is one, else C.UTF-8.
 * Call once at the start of a program; display widths depend on it. */
void text_init_locale(void);

/* Decodes one code point of s[0..n), n >= 1. Returns the bytes used (>= 1); an invalid or truncated
 * sequence yields U+FFFD and uses its maximal valid prefix (Unicode 15, 3.9, "substitution of
 * maximal subparts"). */
size_t utf8_decode(const char *s, size_t n, uint32_t *codepoint);
/* Writes 1 to 4 bytes, returns how many; surrogates and values past U+10FFFF become U+FFFD. */
size_t utf8_encode(uint32_t codepoint, char out[4]);
/* How many bytes at the end of s[0..n) begin a sequence that more bytes could complete: 0 to 3. */
size_t utf8_incomplete_tail(const char *s, size_t n);
bool utf8_valid(const char *s, size_t n);
/* Appends s with every invalid sequence replaced by U+FFFD. */
void utf8_repair(struct buf *out, const char *s, size_t n);

/* Columns a code point takes: 0, 1 or 2; control characters 0. */
int text_codepoint_width(uint32_t codepoint);
/* Columns of a NUL-terminated UTF-8 text. */
int text_width(const char *text);
/* Bytes of the longest prefix of text that takes at most `cols` columns. */
size_t text_prefix(const char *text, int cols);

/* Controls, line separators, what turns the direction of writing, and what cannot be seen but
 * makes two names look alike. */
bool text_is_unsafe(uint32_t codepoint);
/* Copies text to out (cap >= 1, NUL-terminated) as one line that cannot do anything to a terminal:
 * C0, DEL, C1, Unicode's line separators, bidirectional controls and what cannot be seen
 * (zero-width space, tags) become a space, invalid bytes U+FFFD, and a text too long is cut between
 * characters and ends in "…". Returns out. */
char *text_sanitise(char *out, size_t cap, const char *text, size_t n);

#endif
