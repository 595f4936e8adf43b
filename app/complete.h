/* SPDX-License-Identifier: MIT
 *
 * What can stand where in a command line of sandpit, for the shells' completion. It is read off the
 * tables that parse the command line; names are asked from the gateway, which is never started for
 * that and not waited for long.
 */
#ifndef APP_COMPLETE_H
#define APP_COMPLETE_H

#include "app/command.h"

#define COMPLETE_FILES ":files" /* stands for the files here; the shell knows them */

/* Prints what words[n - 1], which may be empty, can become: a line each, a TAB and a few words
 * about it behind some. words[0] is what follows "sandpit". Names that a shell would have to quote
 * are left out. Silent when something is not there. */
void complete_words(struct app *app, int n, char **words);

/* --- between complete.c and complete_names.c --- */

struct completing {
    struct app *app;               /* borrowed */
    const struct command *command; /* NULL: not given yet */
    const char *verb;              /* or NULL */
    const char *sandbox;           /* as given; or NULL */
    const char *prefix;            /* what stands before the current word in the same one: "--x=" */
    const char *current;
};

/* Prints it when it begins with what is there. about may be NULL. */
void complete_offer(const struct completing *c, const char *word, const char *about);
/* Of a word of the usage ("NAME", "SERVER", "ID"): false when these are not names of something. */
bool complete_names(struct completing *c, const char *word);

#endif
