/* SPDX-License-Identifier: MIT
 *
 * Words for a POSIX shell.
 */
#ifndef BASE_SHELL_QUOTE_H
#define BASE_SHELL_QUOTE_H

#include "base/buf.h"

/* Appends text as one word: bare when nothing in it means anything to a shell. */
void shell_quote(struct buf *out, const char *text);
void shell_quote_all(struct buf *out, int n, char **words);

#endif
