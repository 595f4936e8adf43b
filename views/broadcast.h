/* SPDX-License-Identifier: MIT
 *
 * Typing into several terminals at once: into those that are marked, while it is on and a marked
 * one has the focus.
 *
 * It goes off by itself: after 60 s without a key, when a target asks for a password, stops
 * echoing or does not answer (what was typed or pasted after the key that was not echoed goes
 * nowhere), when it takes no more keys, when fewer than two targets are left. A target whose
 * connection is lost holds nobody up: it gets what was typed when it is back, and until then it is
 * said how many are lost. Only terminals driven here can be marked.
 */
#ifndef VIEWS_BROADCAST_H
#define VIEWS_BROADCAST_H

#include "views/state.h"

#define BROADCAST_SILENCE_MS 60000
#define BROADCAST_ECHO_MS    1000
#define BROADCAST_ANSWER_MS  5000 /* for one whose host has not taken the key yet */
#define BROADCAST_HELD_MAX   256  /* keys that wait for an echo; more are refused */
#define BROADCAST_ASK_ABOVE  5

struct broadcast;

struct broadcast *broadcast_create(struct views_env *env);
void broadcast_destroy(struct broadcast *b);

/* Marks or unmarks. */
void broadcast_mark(struct views_env *env, struct attachment *a);
/* On or off; asks first for more than BROADCAST_ASK_ABOVE. */
void broadcast_toggle(struct views_env *env);
size_t broadcast_count(const struct views_env *env);
/* "3", "3, 1 lost", with the noun after the count. */
#define BROADCAST_COUNT_SIZE 80
const char *broadcast_count_text(const struct views_env *env, const char *noun,
                                 char out[BROADCAST_COUNT_SIZE]);
/* What is typed into a goes to others too. */
bool broadcast_reaches(const struct views_env *env, const struct attachment *a);
/* A key or a paste typed into a: sent to every target in the form its program expects. False: it is
 * not sent to all, as attachment_input; a key then to none. A paste that comes too early is left
 * out, and said so. Call only while broadcast_reaches. */
bool broadcast_key(struct views_env *env, struct key key);
bool broadcast_paste(struct views_env *env, const char *text, size_t n);
/* A terminal printed something. */
void broadcast_printed(struct views_env *env);
/* The connection of a marked one is lost or back. */
void broadcast_link_changed(struct views_env *env);
/* a has ended, or is let go. */
void broadcast_lost(struct views_env *env, struct attachment *a);

#endif
