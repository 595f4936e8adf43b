/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

static void write_line(char *out, size_t cap, const char *format, va_list args)
{
    char raw[1024];

    vsnprintf(raw, sizeof raw, format, args);
    text_sanitise(out, cap, raw, strlen(raw));
}

int err_set(struct err *e, enum err_code code, const char *format, ...)
{
    if (e) {
        va_list args;

        *e = (struct err){.code = code};
        va_start(args, format);
        write_line(e->text, sizeof e->text, format, args);
        va_end(args);
    }
    return -(int)code;
}

static enum err_code code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
        return ERR_NOT_FOUND;
    case EEXIST:
    case EADDRINUSE:
        return ERR_CONFLICT;
    case ECONNREFUSED:
        return ERR_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
        return ERR_UNREACHABLE;
    case ETIMEDOUT:
        return ERR_TIMEOUT;
    case ECONNRESET:
    case EPIPE:
        return ERR_CLOSED;
    case EACCES:
    case EPERM:
        return ERR_FORBIDDEN;
    default:
        return ERR_IO;
    }
}

int err_set_errno(struct err *e, int errnum, const char *format, ...)
{
    enum err_code code = code_of_errno(errnum);

    if (e) {
        char text[1024];
        va_list args;

        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        err_set(e, code, "%s: %s", text, strerror(errnum));
    }
    return -(int)code;
}

int err_wrap(struct err *e, const char *format, ...)
{
    if (!e)
        return -ERR_INTERNAL;

    char context[512], text[sizeof e->text];
    va_list args;

    va_start(args, format);
    write_line(context, sizeof context, format, args);
    va_end(args);
    memcpy(text, e->text, sizeof text);
    char *joined = xasprintf("%s: %s", context, text);
    text_sanitise(e->text, sizeof e->text, joined, strlen(joined));
    free(joined);
    return -(int)e->code;
}

void err_hint(struct err *e, const char *format, ...)
{
    if (!e)
        return;

    va_list args;

    va_start(args, format);
    write_line(e->hint, sizeof e->hint, format, args);
    va_end(args);
}
