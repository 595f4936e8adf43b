/* SPDX-License-Identifier: MIT
 *
 * inih over a text in memory, with what its own interface leaves out: the line of each value, and
 * every broken line instead of the first one.
 */
#ifndef APP_INI_LINES_H
#define APP_INI_LINES_H

#include <stddef.h>

struct ini_lines_ops {
    void (*on_value)(void *user, int line, const char *section, const char *name,
                     const char *value);
    void (*on_broken)(void *user, int line, const char *what);
};

void ini_lines_read(const char *text, size_t n, const struct ini_lines_ops *ops, void *user);

#endif
