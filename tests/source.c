/* SPDX-License-Identifier: MIT */
#include "tests/source.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "tests/cm.h"

char *source_path(const char *name)
{
    const char *root = getenv("SANDPIT_SOURCE_ROOT");

    return xasprintf("%s/%s", root ? root : ".", name);
}

char *source_read(const char *name)
{
    cleanup_free char *path = source_path(name);
    char *text = read_whole(path, NULL);

    if (!text)
        fail_msg("cannot read %s", path);
    return text;
}

char *read_whole(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    struct buf bytes = {0};
    size_t got;

    if (!f)
        return NULL;
    while ((got = fread(buf_reserve(&bytes, 65536), 1, 65536, f)) > 0)
        bytes.len += got;
    fclose(f);
    buf_append(&bytes, "", 0);
    if (n)
        *n = bytes.len;
    return buf_steal(&bytes);
}
