/* SPDX-License-Identifier: MIT */
#include "wire/url.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

#define URL_SIZE_MAX 8192

static bool is_unreserved(unsigned char c)
{
    return (c < 0x80 && isalnum(c)) || c == '-' || c == '.' || c == '_' || c == '~';
}

void url_encode(struct buf *out, struct slice text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (is_unreserved(c)) {
            buf_append_char(out, (char)c);
        } else {
            char escape[3] = {'%', hex[c >> 4], hex[c & 15]};

            buf_append(out, escape, 3);
        }
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(struct buf *out, struct slice text, bool plus_is_space)
{
    size_t before = out->len;

    buf_reserve(out, text.len);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c == '%') {
            int high = i + 2 < text.len ? hex_value(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value(text.data[i + 2]) : -1;

            if (high < 0 || low < 0 || !(high | low)) {
                out->len = before;
                out->data[before] = '\0';
                return false;
            }
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        buf_append_char(out, c);
    }
    return true;
}

int url_decode(struct buf *out, struct slice text, struct err *e)
{
    if (!decode(out, text, false))
        return err_set(e, ERR_ARG, "broken %% escape in \"%.*s\"",
                       (int)(text.len < 200 ? text.len : 200), text.data);
    return 0;
}

static struct slice slice_from(const char *start, const char *end)
{
    return (struct slice){start, (size_t)(end - start)};
}

/* The part before the first c, and the rest after it (empty when there is none). */
static struct slice split(struct slice text, char c, struct slice *rest)
{
    const char *end = text.data ? text.data + text.len : NULL;
    const char *at = text.len ? memchr(text.data, c, text.len) : NULL;

    *rest = at ? slice_from(at + 1, end) : (struct slice){end, 0};
    return at ? slice_from(text.data, at) : text;
}

void url_split_target(struct slice target, struct slice *path, struct slice *query)
{
    *path = split(target, '?', query);
}

bool url_query_get(struct slice query, const char *key, struct buf *value)
{
    while (query.len) {
        struct slice coded;
        struct slice name = split(split(query, '&', &query), '=', &coded);
        struct buf plain = {0};
        bool is_it =
            decode(&plain, name, true) && slice_equal((struct slice){plain.data, plain.len}, key);

        buf_finish(&plain);
        if (is_it)
            return decode(value, coded, true);
    }
    return false;
}

static const struct scheme {
    const char *name;
    int port;
} schemes[] = {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}};

static const struct scheme *scheme_of(const char *text, const char **rest)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t n = strlen(schemes[i].name);

        if (!strncasecmp(text, schemes[i].name, n) && !strncmp(text + n, "://", 3)) {
            *rest = text + n + 3;
            return &schemes[i];
        }
    }
    return NULL;
}

static bool host_is_valid(struct slice host, bool in_brackets)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.data[i];
        bool ok = in_brackets ? isxdigit(c) || c == ':' || c == '.' || c == '%' || isalnum(c)
                              : is_unreserved(c) && c != '~';

        if (!ok)
            return false;
    }
    return host.len > 0 && host.len <= 253;
}

static int port_of(struct slice text)
{
    int port = 0;

    if (!text.len || text.len > 5)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        port = port * 10 + (text.data[i] - '0');
    }
    return port > 0 && port <= 65535 ? port : -1;
}

/* "host", "host:port", "[v6]:port" */
static bool parse_authority(struct url *u, struct slice authority, int default_port)
{
    bool in_brackets = authority.len && authority.data[0] == '[';
    struct slice host, port = {0};

    if (in_brackets) {
        const char *end = authority.data + authority.len;
        const char *close = memchr(authority.data, ']', authority.len);

        if (!close || (close + 1 < end && close[1] != ':'))
            return false;
        host = slice_from(authority.data + 1, close);
        port = close + 1 < end ? slice_from(close + 2, end) : port;
    } else {
        host = split(authority, ':', &port);
    }
    bool has_port = host.len + (in_brackets ? 2 : 0) < authority.len;

    u->port = has_port ? port_of(port) : default_port;
    if (u->port < 0 || !host_is_valid(host, in_brackets))
        return false;
    u->host = slice_dup(host);
    return true;
}

int url_parse(struct url *u, const char *text, struct err *e)
{
    const char *rest = NULL;
    const struct scheme *scheme = scheme_of(text, &rest);

    *u = (struct url){0};
    if (!scheme)
        return err_set(e, ERR_ARG,
                       "\"%.200s\" is not a URL: it must begin with http:// or https://", text);
    if (strlen(text) > URL_SIZE_MAX)
        return err_set(e, ERR_LIMIT, "URL of %zu bytes", strlen(text));
    size_t n_authority = strcspn(rest, "/?#");

    if (!parse_authority(u, (struct slice){rest, n_authority}, scheme->port))
        return err_set(e, ERR_ARG, "\"%.200s\" has no valid host and port", text);
    const char *path = rest + n_authority;
    size_t n_path = strlen(path);

    for (size_t i = 0; i < n_path; i++) {
        if ((unsigned char)path[i] <= ' ' || path[i] == 0x7f || strchr("?#", path[i])) {
            url_finish(u);
            return err_set(e, ERR_ARG, "\"%.200s\" has more than a path after the host", text);
        }
    }
    while (n_path && path[n_path - 1] == '/')
        n_path--;
    u->scheme = xstrdup(scheme->name);
    u->path = xstrndup(path, n_path);
    return 0;
}

void url_finish(struct url *u)
{
    free(u->scheme);
    free(u->host);
    free(u->path);
    *u = (struct url){0};
}

static int default_port(const char *scheme)
{
    const char *rest;
    cleanup_free char *text = xasprintf("%s://", scheme);
    const struct scheme *found = scheme_of(text, &rest);

    return found ? found->port : 0;
}

char *url_of_port(const char *url, int port, const char *scheme, struct err *e)
{
    struct url u;
    char suffix[16] = "", authority_port[16] = "", *out;

    if (url_parse(&u, url, e) < 0)
        return NULL;
    size_t label = strcspn(u.host, "."); // NOLINT(clang-analyzer-core.NonNullParamChecker): parsed

    if (port)
        snprintf(suffix, sizeof suffix, "-%d", port);
    if (u.port != default_port(u.scheme))
        snprintf(authority_port, sizeof authority_port, ":%d", u.port);
    out = xasprintf("%s://%.*s%s%s%s", scheme ? scheme : u.scheme, (int)label, u.host, suffix,
                    u.host + label, authority_port);
    url_finish(&u);
    return out;
}

bool url_host_is_localhost(const char *host)
{
    static const char name[] = "localhost";
    size_t n = strlen(host), n_name = sizeof name - 1;

    if (n && host[n - 1] == '.')
        n--;
    if (n < n_name || strncasecmp(host + n - n_name, name, n_name) != 0)
        return false;
    return n == n_name || host[n - n_name - 1] == '.';
}
