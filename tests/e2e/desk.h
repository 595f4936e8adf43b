/* SPDX-License-Identifier: MIT
 *
 * The dashboard with shells in panes, driven as a user does. Every function fails the test when
 * what it waits for does not come.
 */
#ifndef TESTS_E2E_DESK_H
#define TESTS_E2E_DESK_H

#include "tests/e2e/lab.h"

#define PREFIX "\002"

/* The dashboard in a shell of the sandbox, which is made if need be. */
struct pty *desk_open(struct lab *l, int rows, int cols, const char *sandbox);
/* Detaches, and the terminal is as it was before. */
void desk_leave(struct pty *p);
/* What a command prints in a line, in the shell that has the keys; tag (a letter or two, not used
 * before on this screen) tells its answer from others. */
void desk_ask(struct pty *p, const char *tag, const char *command, char *out, size_t n);
/* Types a command whose output shows the text, which the command itself must not. */
void desk_run(struct pty *p, const char *command, const char *shown);
/* Prefix and keys; then `n` panes stand there, each with its title, which holds "name: " of the
 * shell. */
void desk_split(struct pty *p, const char *key, int n);
/* Panes whose title stands there. */
int desk_panes(struct pty *p);
/* The screen without the status line, horizontal lines and round trips: what must be the same after
 * a restart. The caller frees. */
char *desk_picture(struct pty *p);

#endif
