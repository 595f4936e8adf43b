/* SPDX-License-Identifier: MIT */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *checked(void *p)
{
    if (!p) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xmalloc(size_t n_bytes)
{
    return checked(malloc(n_bytes ? n_bytes : 1));
}

void *xcalloc(size_t n, size_t n_bytes)
{
    return checked(calloc(n ? n : 1, n_bytes ? n_bytes : 1));
}

void *xreallocarray(void *p, size_t n, size_t n_bytes)
{
    return checked(reallocarray(p, n ? n : 1, n_bytes ? n_bytes : 1));
}

char *xstrdup(const char *text)
{
    return checked(strdup(text));
}

char *xstrndup(const char *text, size_t n)
{
    return checked(strndup(text, n));
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    return checked(n < 0 ? NULL : text);
}
