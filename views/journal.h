/* SPDX-License-Identifier: MIT
 *
 * What this program did: every request that changes something, as a command that does it again.
 * Secrets are left out when it is written down, so that none can be shown, copied or dumped.
 */
#ifndef VIEWS_JOURNAL_H
#define VIEWS_JOURNAL_H

#include "base/buf.h"
#include "client/client.h"

#define JOURNAL_ENTRIES_MAX 500 /* the oldest goes */

struct journal;

struct journal_entry {
    uint64_t number;            /* from 1 */
    int64_t at_ms, duration_ms; /* wall clock of its end */
    char *method, *url, *body;  /* owned; method "" for a note, whose text is url */
    char *result;               /* owned: "200", "409 …", why there is no answer */
    char *context;              /* owned; NULL: the first one */
    bool failed;
    bool is_partial; /* something was left out of the body */
};

struct journal *journal_create(void);
void journal_destroy(struct journal *j);
/* context: the name of that gateway's context, NULL for the one this program was started with. */
void journal_report(struct journal *j, const struct client_report *report, const char *context);
/* Something that was no request. */
void journal_note(struct journal *j, bool failed, const char *text);
size_t journal_count(const struct journal *j);
/* The newest is 0. Valid until the next entry. */
const struct journal_entry *journal_at(const struct journal *j, size_t i);
const struct journal_entry *journal_find(const struct journal *j, uint64_t number);
/* Whether a command line has a value under a name that says it is secret: API_TOKEN=…, --password …
 */
bool journal_holds_secret(const char *command);
/* A line for a shell: curl with the key in a variable. */
void journal_command(const struct journal_entry *e, struct buf *out);
/* The same as people call it: "sandpit rm sb-1", else "POST /path". */
void journal_words(const struct journal_entry *e, struct buf *out);
/* Called after each entry. One listener; NULL: none. */
void journal_listen(struct journal *j, void (*on_entry)(void *user), void *user);

#endif
