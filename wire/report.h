/* SPDX-License-Identifier: MIT
 *
 * Input that nobody typed: what terminals send by themselves. Told by its form, so a key that is
 * spelt like one (F3 with Shift is a cursor position) passes for it.
 */
#ifndef WIRE_REPORT_H
#define WIRE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct input_kinds {
    bool is_typed;  /* something in it is no report */
    bool is_answer; /* something in it answers a program's question; else mouse or focus */
};

/* n > 0. */
struct input_kinds input_kinds(const char *bytes, size_t n);

#endif
