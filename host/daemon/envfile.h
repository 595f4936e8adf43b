/* SPDX-License-Identifier: MIT
 *
 * .env files as text. Pure.
 *
 * A line is [export] NAME = VALUE; blank lines, comments and what is no assignment are kept and
 * mean nothing. Spaces and tabs around "=" and the value do not count. A value is plain (ends at
 * the line's end or before " #"), in single quotes (as it stands), or in double quotes (\n \r \t
 * \\ \" \$ \` are escapes, a backslash before anything else is itself); quoted ones may span lines
 * and be followed by a comment. A quote that is never closed makes the value plain. Of several
 * lines with a name the last counts. Changes touch the bytes of the value (or the lines removed)
 * and nothing else; new lines end as the file's first line does (LF or CRLF).
 */
#ifndef HOST_DAEMON_ENVFILE_H
#define HOST_DAEMON_ENVFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "wire/message.h"

struct envfile_item {
    struct slice name;
    size_t line, line_end;   /* offsets: the whole assignment, line_end behind its newline */
    size_t value, value_end; /* the value as written, quotes included */
};

struct envfile {
    struct slice text;          /* borrowed */
    struct envfile_item *items; /* owned; in the file's order */
    size_t n;
};

/* Letters, digits and "_", "." or "-", not beginning with a digit, "." or "-". */
bool envfile_name_valid(struct slice name);

void envfile_parse(struct envfile *f, struct slice text);
void envfile_finish(struct envfile *f);
/* The assignment that counts; NULL when there is none. */
const struct envfile_item *envfile_find(const struct envfile *f, struct slice name);
/* Appends the value without its quotes and escapes. */
void envfile_value(const struct envfile *f, const struct envfile_item *item, struct buf *out);

/* Fills out with text in which name is value: in every line with that name, or in a new one. False:
 * impossible without changing what another line means (after a quote that is never closed). */
bool envfile_set(struct slice text, struct slice name, struct slice value, struct buf *out);
/* Fills out with text without the lines of name. How many there were; negative: as above. */
int envfile_remove(struct slice text, struct slice name, struct buf *out);

#endif
