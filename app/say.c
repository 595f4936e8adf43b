/* SPDX-License-Identifier: MIT
 *
 * stdout is data, stderr is talk.
 */
#include "app/say.h"

#include <stdarg.h>
#include <stdio.h>

void say(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("sandpit: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void say_error(const struct err *e)
{
    say("%s", e->text);
    if (e->hint[0])
        fprintf(stderr, "         %s\n", e->hint);
}

void say_problems(const struct config *c)
{
    for (size_t i = 0; i < c->n_problems; i++)
        say("%s", c->problems[i]);
}
