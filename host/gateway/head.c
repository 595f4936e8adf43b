/* SPDX-License-Identifier: MIT
 *
 * The first head of a connection, while it is still only peeked at: where is its Host, and is it
 * well-formed?
 *
 * libmicrohttpd answers a malformed head with a page of HTML, some with two answers at once, and
 * takes others (NUL and bare CR in them) for something they do not say. API clients expect JSON, so
 * such a head is answered here and goes nowhere. Later heads on the same connection are for
 * libmicrohttpd alone.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "host/gateway/internal.h"

/* Headers, cookies and query arguments; libmicrohttpd has room for that many. */
#define ITEMS_MAX  1000
#define LENGTH_MAX 18 /* digits */

int head_find_host(const char *bytes, size_t n, struct slice *host)
{
    const char *line = bytes, *end = bytes + n, *newline;

    /* A method, in capitals: TLS and other noise is known by its first byte. */
    if (n && (bytes[0] < 'A' || bytes[0] > 'Z'))
        return -1;
    for (bool first = true; (newline = memchr(line, '\n', (size_t)(end - line)));
         first = false, line = newline + 1) {
        const char *stop = newline > line && newline[-1] == '\r' ? newline - 1 : newline;

        if (stop == line)
            return -1; /* the head has ended */
        if (first || stop - line < 5 || strncasecmp(line, "Host:", 5) != 0)
            continue;
        for (line += 5; line < stop && (*line == ' ' || *line == '\t'); line++)
            continue;
        while (stop > line && (stop[-1] == ' ' || stop[-1] == '\t'))
            stop--;
        *host = (struct slice){line, (size_t)(stop - line)};
        return stop > line ? 1 : -1;
    }
    return 0;
}

static bool is_token(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if (!isalnum(c) && (!c || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return n > 0;
}

static bool has_control(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static size_t count(const char *text, size_t n, char c)
{
    size_t found = 0;

    for (size_t i = 0; i < n; i++)
        found += text[i] == c;
    return found;
}

static int refuse(struct head_verdict *verdict, int status, const char *reason)
{
    *verdict = (struct head_verdict){status, reason};
    return -1;
}

static int check_request_line(const char *line, size_t n, size_t *n_items,
                              struct head_verdict *verdict)
{
    const char *end = line + n, *target = memchr(line, ' ', n), *version;

    if (!target || !is_token(line, (size_t)(target - line)))
        return refuse(verdict, 400, "the request line does not begin with a method");
    target++;
    version = memchr(target, ' ', (size_t)(end - target));
    if (!version || version == target)
        return refuse(verdict, 400, "the request line is not METHOD PATH HTTP/1.1");
    *n_items += count(target, (size_t)(version - target), '&');
    if (has_control(target, (size_t)(version - target)) ||
        memchr(target, '\t', (size_t)(version - target)))
        return refuse(verdict, 400, "the path has control characters");
    version++;
    if (end - version != 8 || strncmp(version, "HTTP/", 5) != 0 ||
        !isdigit((unsigned char)version[5]) || version[6] != '.' ||
        !isdigit((unsigned char)version[7]))
        return refuse(verdict, 400, "the request line does not end with an HTTP version");
    return version[5] == '1' ? 0 : refuse(verdict, 505, "only HTTP/1.1 is spoken here");
}

static int check_length(const char *value, size_t n, struct head_verdict *verdict)
{
    while (n && (*value == ' ' || *value == '\t')) {
        value++;
        n--;
    }
    while (n && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        n--;
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)value[i]))
            n = 0;
    }
    if (!n)
        return refuse(verdict, 400, "Content-Length is no number");
    return n <= LENGTH_MAX ? 0 : refuse(verdict, 413, "Content-Length is too large");
}

static int check_header(const char *line, size_t n, size_t *n_items, struct head_verdict *verdict)
{
    const char *colon = memchr(line, ':', n);
    size_t n_name, n_value;

    if (!colon || !is_token(line, (size_t)(colon - line)))
        return refuse(verdict, 400, "a header is not NAME: VALUE");
    n_name = (size_t)(colon - line);
    n_value = n - n_name - 1;
    if (has_control(colon + 1, n_value))
        return refuse(verdict, 400, "a header has control characters");
    *n_items += 1;
    if (n_name == 6 && !strncasecmp(line, "Cookie", 6))
        *n_items += count(colon, n_value, ';') + count(colon, n_value, ',');
    if (n_name == 14 && !strncasecmp(line, "Content-Length", 14))
        return check_length(colon + 1, n_value, verdict);
    return 0;
}

int head_check(const char *bytes, size_t n, struct head_verdict *verdict)
{
    const char *line = bytes, *end = bytes + n, *newline;
    size_t n_items = 0;

    for (bool first = true; (newline = memchr(line, '\n', (size_t)(end - line)));
         first = false, line = newline + 1) {
        const char *stop = newline > line && newline[-1] == '\r' ? newline - 1 : newline;
        size_t n_line = (size_t)(stop - line);
        int result;

        if (first)
            result = check_request_line(line, n_line, &n_items, verdict);
        else if (!n_line)
            return 1;
        else
            result = check_header(line, n_line, &n_items, verdict);
        if (result)
            return result;
        if (n_items > ITEMS_MAX)
            return refuse(verdict, 431, "too many headers, cookies or query arguments");
    }
    return 0;
}

const char *head_status_line(int status)
{
    static const struct {
        int status;
        const char *line;
    } lines[] = {
        {413, "413 Content Too Large"},
        {431, "431 Request Header Fields Too Large"},
        {505, "505 HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        if (lines[i].status == status)
            return lines[i].line;
    }
    return "400 Bad Request";
}
