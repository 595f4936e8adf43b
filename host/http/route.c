/* SPDX-License-Identifier: MIT
 *
 * Which handler a raw path belongs to.
 */
#include <string.h>

#include "host/http/internal.h"

static bool add_param(struct http_request *r, struct slice name, struct slice value)
{
    if (r->n_params == HTTP_PARAMS_MAX)
        return false;
    r->param_names[r->n_params] = name;
    r->params[r->n_params++] = value;
    return true;
}

bool route_match(const char *pattern, struct slice path, struct http_request *r)
{
    const char *p = path.data, *end = path.data + path.len;

    r->n_params = 0;
    while (*pattern) {
        if (*pattern == '*')
            return add_param(r, SLICE(pattern + 1), (struct slice){p, (size_t)(end - p)});
        if (*pattern == ':') {
            size_t n_name = strcspn(pattern + 1, "/");
            const char *slash = memchr(p, '/', (size_t)(end - p));
            size_t n = (size_t)((slash ? slash : end) - p);

            if (!n || !add_param(r, (struct slice){pattern + 1, n_name}, (struct slice){p, n}))
                return false;
            pattern += 1 + n_name;
            p += n;
            continue;
        }
        if (p == end || *p != *pattern)
            return false;
        p++;
        pattern++;
    }
    return p == end;
}

int route_find(struct http_request *r, struct buf *allow)
{
    for (const struct http_route *route = r->server->config.routes; route->method; route++) {
        if (!route_match(route->pattern, r->path, r))
            continue;
        if (!strcmp(route->method, r->method)) {
            r->route = route;
            return 0;
        }
        if (allow->len)
            buf_append_str(allow, ", ");
        buf_append_str(allow, route->method);
    }
    r->n_params = 0;
    return allow->len ? 405 : 404;
}
