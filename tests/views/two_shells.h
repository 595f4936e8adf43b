/* SPDX-License-Identifier: MIT
 *
 * A stage with two shells of alice/demo side by side, t1 and t2; t2 has the focus.
 */
#ifndef TESTS_VIEWS_TWO_SHELLS_H
#define TESTS_VIEWS_TWO_SHELLS_H

#include "tests/views/stage.h"

struct stage *two_shells_open(int rows, int cols);
/* Until n terminals are attached; then this one prints output, which shows. */
void two_shells_await(struct stage *s, int n, const char *terminal, const char *output);
void two_shells_end(struct stage *s, const char *terminal, const char *reason);

#endif
