/* SPDX-License-Identifier: MIT
 *
 * JSON bodies with large texts: the values of "content" stay where they are in the body, and are
 * decoded from there piece by piece. So a file is in memory once on its way to the disk, and may
 * contain NUL, which cJSON's strings cannot.
 */
#ifndef HOST_DAEMON_JSONCUT_H
#define HOST_DAEMON_JSONCUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "wire/message.h"

struct json_cut {
    cJSON *root;         /* owned; an object */
    struct slice *texts; /* owned; raw JSON text between the quotes, borrowed from the body */
    size_t n_texts;
};

/* Parses body, which must stay until json_cut_finish. ERR_ARG: no JSON object, or one with a NUL
 * outside the contents; ERR_LIMIT: more than 4 MiB beside them. */
int json_cut_parse(struct json_cut *cut, struct slice body, struct err *e);
void json_cut_finish(struct json_cut *cut);
/* The text of an object's "content"; false when it is absent (or null: *raw is empty) or, with *bad
 * set, no text. */
bool json_cut_content(const struct json_cut *cut, const cJSON *object, struct slice *raw,
                      bool *bad);

/* Decodes up to cap bytes (at least 4) of the raw text, which moves on; 0 at its end, ERR_ARG for a
 * broken escape or a control character. Lone surrogates become U+FFFD. */
int json_text_decode(struct slice *raw, char *out, size_t cap, struct err *e);

/* Does any text in it contain NUL? cJSON would end that text there. */
bool json_has_nul(struct slice body);

/* A member that is a text without NUL, not empty; NULL when absent, with *bad set when it is
 * something else. */
const char *json_member_text(const cJSON *object, const char *name, bool *bad);

#endif
