/* SPDX-License-Identifier: MIT
 *
 * stdout is data, stderr is talk.
 */
#include "app/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void say(const char *format, ...)
{
    char text[8192], safe[4096];
    va_list args;

    fflush(stdout);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* Much of it is what a gateway or a sandbox said. */
    fprintf(stderr, "sandpit: %s\n", text_sanitise(safe, sizeof safe, text, strlen(text)));
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
