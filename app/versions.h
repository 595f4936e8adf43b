/* SPDX-License-Identifier: MIT
 *
 * Versions of this program and of what it is built on.
 */
#ifndef APP_VERSIONS_H
#define APP_VERSIONS_H

#include <stddef.h>

struct version {
    const char *name;
    char text[80];
};

#define VERSIONS_MAX 12
/* Fills out with the program first; returns how many. */
size_t versions_get(struct version out[VERSIONS_MAX]);
void versions_print(void);

#endif
