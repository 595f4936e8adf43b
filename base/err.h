/* SPDX-License-Identifier: MIT
 *
 * A reason for a failure, as a value.
 *
 * A function that can fail for a reason returns a negative enum err_code and takes a `struct err *`
 * last. It writes it only on failure. NULL is allowed and means the caller does not want the
 * reason. Callers add context on the way up with err_wrap, so that the text reads from the general
 * to the particular: "create alice/demo: gateway 127.0.0.1:7780: connection refused".
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_code {
    ERR_NONE = 0,
    ERR_ARG,         /* the caller's or user's input is wrong */
    ERR_IO,          /* a system call failed */
    ERR_NOT_FOUND,   /* 404; no such file, sandbox, terminal */
    ERR_CONFLICT,    /* 409; exists already, or in use */
    ERR_AUTH,        /* 401; key or token missing, wrong, expired */
    ERR_FORBIDDEN,   /* 403; known, but not allowed */
    ERR_REFUSED,     /* nobody listens there */
    ERR_UNREACHABLE, /* no route, network down */
    ERR_DNS,         /* the name does not resolve */
    ERR_TLS,         /* certificate or handshake */
    ERR_TIMEOUT,     /* the deadline passed */
    ERR_CLOSED,      /* the connection or the peer went away */
    ERR_LIMIT,       /* a bound of ours was reached */
    ERR_PROTOCOL,    /* the peer sent something we cannot read */
    ERR_HTTP,        /* any other HTTP status that is not a success */
    ERR_UNSUPPORTED, /* not offered by this host or build */
    ERR_CANCELLED,   /* by the caller */
    ERR_INTERNAL,    /* our own mistake, survived */
};

struct err {
    enum err_code code;
    int http_status; /* 0 when no HTTP answer was involved */
    char text[512];  /* one line, no control characters, UTF-8, no trailing full stop */
    char hint[256];  /* what the user can do, or empty */
};

/* Sets code and text, clears hint and status. Returns -code, so `return err_set(...)` works. */
int err_set(struct err *e, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* ERR_IO (or the closest code) with ": strerror(errnum)" appended. */
int err_set_errno(struct err *e, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "context: " in front of the text. Returns -e->code, or -ERR_INTERNAL when e is NULL. */
int err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
void err_hint(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
