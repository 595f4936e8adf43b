/* SPDX-License-Identifier: MIT
 *
 * Something that is waited for, with its progress: after 200 ms a dialog says how far it is, and
 * Esc cancels it. At the program's end what still runs is cancelled.
 */
#ifndef VIEWS_FILE_WAIT_H
#define VIEWS_FILE_WAIT_H

#include "views/state.h"

struct file_wait;

/* cancel(user) ends the work and frees user; it runs once, instead of file_wait_end, and the wait
 * is gone then. what is cleaned and copied. */
struct file_wait *file_wait_begin(struct views_env *env, void (*cancel)(void *user), void *user,
                                  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* note: the file under way; NULL: none. total <= 0: not known. */
void file_wait_progress(struct file_wait *w, const char *note, int64_t done, int64_t total);
/* It is over; safe with NULL. */
void file_wait_end(struct file_wait *w);
/* For views_stop. */
void file_waits_cancel(struct views_env *env);

#endif
