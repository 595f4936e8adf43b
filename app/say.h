/* SPDX-License-Identifier: MIT
 *
 * Talk to people: stderr, one line, with what to do next.
 */
#ifndef APP_SAY_H
#define APP_SAY_H

#include "app/config.h"
#include "base/err.h"

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "sandpit: text" and the hint on a line of its own. */
void say_error(const struct err *e);
void say_problems(const struct config *c);

#endif
