/* SPDX-License-Identifier: MIT
 *
 * What a gateway or a sandbox said, printed so that no terminal obeys it.
 */
#ifndef APP_FOREIGN_H
#define APP_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Longest text that is printed as one; the rest is an ellipsis. */
#define FOREIGN_MAX 4096

/* A text as a line on stdout, wherever that goes: controls become spaces. */
void foreign_print(const char *text);
/* JSON as a line on stdout: the same JSON, with \u escapes for what a terminal could obey. */
void foreign_print_json(const char *json);

/* Bytes of a file or a log that come in pieces. Zeroed at first. */
struct foreign_stream {
    char tail[4]; /* the beginning of a character */
    size_t n_tail;
    int within;      /* which part of an escape sequence comes next */
    bool is_at_turn; /* a carriage return was the last */
};

/* As they are; on a terminal without escape sequences and controls other than newline and tab. */
void foreign_write(struct foreign_stream *s, FILE *to, const char *bytes, size_t n);

#endif
