/* SPDX-License-Identifier: MIT
 *
 * What is shown once and handed to somebody: the value of a new token, magic links with their QR
 * codes. Values are secrets: they live only here, are wiped when it closes, and leave the clipboard
 * after CLIPBOARD_SECRET_MS.
 */
#ifndef VIEWS_HANDOUT_H
#define VIEWS_HANDOUT_H

#include "views/state.h"

struct handout;

/* what: "the token", for the line after a copy. note: a sentence or two above the values. qr: a
 * code below the value. All are copied. */
struct handout *handout_create(const char *title, const char *what, const char *note, bool qr);
/* Call once for each, label saying whose it is. */
void handout_add(struct handout *h, const char *label, const char *value);
/* On top of everything; takes h over. */
void handout_show(struct handout *h, struct views_env *env);
/* Wipes one that was not shown. Safe with NULL. */
void handout_destroy(struct handout *h);

#endif
