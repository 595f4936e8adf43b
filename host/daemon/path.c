/* SPDX-License-Identifier: MIT */
#include "host/daemon/path.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

/* Appends the components of path; false when ".." met the end of what was there: floor bytes. */
static bool walk(struct buf *out, const char *path, size_t floor)
{
    bool inside = true;

    for (const char *p = path; *p;) {
        size_t n;

        p += strspn(p, "/");
        n = strcspn(p, "/");
        if (n == 2 && !memcmp(p, "..", 2)) {
            inside = inside && out->len > floor;
            while (out->len && out->data[--out->len] != '/')
                continue;
        } else if (n && !(n == 1 && *p == '.')) {
            buf_append_char(out, '/');
            buf_append(out, p, n);
        }
        p += n;
    }
    return inside;
}

static char *finish(struct buf *out)
{
    if (!out->len)
        buf_append_char(out, '/');
    out->data[out->len] = '\0';
    return buf_steal(out);
}

char *path_resolve(const char *cwd, const char *path)
{
    struct buf out = {0};

    if (path[0] != '/')
        walk(&out, cwd, 0);
    walk(&out, path, 0);
    return finish(&out);
}

char *path_resolve_below(const char *cwd, const char *path, bool *inside)
{
    struct buf out = {0};

    walk(&out, cwd, 0);
    *inside = walk(&out, path, out.len) && path[0] != '/';
    return finish(&out);
}

char *path_absolute(const char *cwd, const char *path)
{
    size_t n = strlen(cwd);

    if (path[0] == '/')
        return xstrdup(path);
    return xasprintf("%s%s%s", cwd, n && cwd[n - 1] == '/' ? "" : "/", path);
}

bool path_is_root(const char *resolved)
{
    return !strcmp(resolved, "/");
}

const char *path_name(const char *resolved)
{
    return path_is_root(resolved) ? resolved : strrchr(resolved, '/') + 1;
}
