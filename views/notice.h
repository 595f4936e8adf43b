/* SPDX-License-Identifier: MIT
 *
 * Lines about a view rather than in it: why it is empty, whether it can be trusted.
 */
#ifndef VIEWS_NOTICE_H
#define VIEWS_NOTICE_H

#include "tui/canvas.h"
#include "tui/tui.h"

/* Centred from row y on, in as many rows as it needs; returns how many. */
int notice_centred(struct canvas c, int y, struct style style, const char *text);
/* Row y filled with parts in the order of their weight; what does not fit any more is left out. */
void notice_parts(struct canvas c, int y, struct style style, const char *const *parts, size_t n);
/* A title with a line below it, a third down: an empty view says what to press. */
void notice_empty(struct canvas c, const struct theme *theme, const char *title, const char *hint);
/* An error's text and hint (or which key asks again), wrapped, a third down. */
void notice_error(struct view *v, struct canvas c, const struct err *e);
/* None of the rows is like the filter: how to get rid of it. */
void notice_filtered(struct view *v, struct canvas c);
/* "it does not answer", or that it answers with an error. */
const char *notice_trouble(const struct err *e);
/* Row 0 of c: it does not answer, for how long (confirmed_ms of clock_mono_ms), why, what to do. */
void notice_stale(struct view *v, struct canvas c, const struct err *e, int64_t confirmed_ms);
/* What is waited for since asked_ms (clock_mono_ms), and that Esc cancels it; nothing while that is
 * so short that it would only flicker. */
void notice_waiting(struct view *v, struct canvas c, int64_t asked_ms, const char *what);
/* Appends "KEY word" for a hint line; nothing when the action has no key. */
void notice_hint(const struct view *v, struct buf *out, const char *context, const char *action,
                 const char *word);
/* The action's key, or ":" when it has none. Returns out. */
char *notice_key(const struct view *v, const char *context, const char *action, char *out,
                 size_t cap);

#endif
