/* SPDX-License-Identifier: MIT
 *
 * Changes of every kind that a gateway and a daemon acknowledge and must not lose.
 */
#ifndef TESTS_HOST_HOSTILE_CHANGES_H
#define TESTS_HOST_HOSTILE_CHANGES_H

#include "tests/host/hostile/guest.h"

enum change_kind {
    CHANGE_FILE,
    CHANGE_ENV,
    CHANGE_TOKEN,
    CHANGE_EVENT,
    CHANGE_SERVER,
    CHANGE_SANDBOX,
    CHANGE_KINDS
};
extern const char *const change_names[CHANGE_KINDS];

struct change {
    enum change_kind kind;
    int number;
    char *id; /* owned, where the kind has one */
};

/* Asks for it; a connection to read the answer from, or -1. */
int change_send(const struct guest *g, enum change_kind kind, int number);
/* Reads the answer and closes. True: acknowledged, *c is what there must be from now on. Else the
 * status (0: no answer) and what it said. */
bool change_finish(int fd, enum change_kind kind, int number, struct change *c, int *status,
                   char **error);
void change_assert_present(const struct guest *g, const struct change *c);

#endif
