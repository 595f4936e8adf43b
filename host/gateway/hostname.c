/* SPDX-License-Identifier: MIT */
#include "host/gateway/hostname.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_LEN 253

static bool all_digits(const char *text, size_t n)
{
    return n && strspn(text, "0123456789") >= n;
}

/* Copies the name without its port, in lower case. False: no host name. */
static bool take_name(char name[NAME_MAX_LEN + 1], struct slice text)
{
    size_t n = text.len;
    const char *colon = NULL;

    if (n && text.data[0] == '[') {
        const char *close = memchr(text.data, ']', n);

        if (!close)
            return false;
        colon = close + 1;
    } else {
        colon = memchr(text.data, ':', n);
    }
    if (colon && colon < text.data + n) {
        size_t n_port = (size_t)(text.data + n - colon) - 1;
        char port[6] = "";

        if (*colon != ':' || n_port > 5)
            return false;
        memcpy(port, colon + 1, n_port);
        if (n_port && !all_digits(port, n_port))
            return false;
        n = (size_t)(colon - text.data);
    }
    if (!n || n > NAME_MAX_LEN)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = text.data[i];

        name[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    name[n] = '\0';
    return strlen(name) == n;
}

static bool is_address(const char *name)
{
    struct in6_addr addr;
    char inner[64];
    size_t n = strlen(name);

    if (inet_pton(AF_INET, name, &addr) == 1)
        return true;
    if (name[0] != '[' || n < 3 || n - 2 >= sizeof inner)
        return false;
    memcpy(inner, name + 1, n - 2);
    inner[n - 2] = '\0';
    return inet_pton(AF_INET6, inner, &addr) == 1;
}

static void parse_label(struct host *host, const char *label, size_t n)
{
    const char *dash = memchr(label, '-', n);
    size_t n_id = dash ? (size_t)(dash - label) : n;
    size_t n_port = dash ? n - n_id - 1 : 0;
    int port = 0;

    if (n_id != SANDBOX_ID_LEN ||
        strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789") < SANDBOX_ID_LEN)
        return;
    if (dash && (n_port > 5 || !all_digits(dash + 1, n_port) || dash[1] == '0'))
        return;
    for (size_t i = 0; i < n_port; i++)
        port = port * 10 + (dash[1 + i] - '0');
    if (port > 65535)
        return;
    memcpy(host->id, label, n_id);
    host->port = port;
}

struct host host_parse(struct slice text, const char *domain)
{
    struct host host = {HOST_FOREIGN, "", 0};
    char name[NAME_MAX_LEN + 1];

    if (!take_name(name, text))
        return host;
    size_t n = strlen(name), n_domain = strlen(domain);
    if (!strcmp(name, "localhost") || !strcasecmp(name, domain) || is_address(name)) {
        host.kind = HOST_GATEWAY;
    } else if (n > n_domain + 1 && name[n - n_domain - 1] == '.' &&
               !strcasecmp(name + n - n_domain, domain)) {
        host.kind = HOST_SANDBOX;
        parse_label(&host, name, n - n_domain - 1);
    }
    return host;
}

bool host_domain_valid(const char *domain)
{
    size_t n = strlen(domain);

    return n && n <= 200 && domain[0] != '.' && domain[0] != '-' && domain[n - 1] != '.' &&
           !strstr(domain, "..") &&
           strspn(domain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == n;
}
