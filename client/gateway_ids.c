/* SPDX-License-Identifier: MIT
 *
 * What a sandbox is called here and by its gateway. "@" and "%" of a gateway's own ids are coded as
 * in URLs, so that only a label follows an "@" and nobody's id can be taken for another gateway's.
 */
#include <string.h>

#include "base/alloc.h"
#include "client/fleet.h"
#include "client/gateway_internal.h"
#include "wire/url.h"

static void code(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '@' || *text == '%')
            url_encode(out, (struct slice){text, 1});
        else
            buf_append_char(out, *text);
    }
}

char *fleet_label(const char *name)
{
    struct buf out = {0};

    url_encode(&out, SLICE(name));
    return out.data ? buf_steal(&out) : xstrdup("");
}

char *gateway_id_here(const struct gateway *g, const char *id)
{
    struct buf out = {0};

    code(&out, id);
    if (g->label)
        buf_printf(&out, "@%s", g->label);
    return out.data ? buf_steal(&out) : xstrdup("");
}

char *gateway_id_there(const struct gateway *g, const char *id)
{
    const char *at = strrchr(id, '@');
    struct buf out = {0};

    if (g->label ? !at || strcmp(at + 1, g->label) != 0 : at != NULL)
        return NULL;
    if (url_decode(&out, (struct slice){id, at ? (size_t)(at - id) : strlen(id)}, NULL)) {
        buf_finish(&out);
        return NULL;
    }
    return out.data ? buf_steal(&out) : xstrdup("");
}

void gateway_take_in(const struct gateway *g, struct sandbox_info *info)
{
    char *id = gateway_id_here(g, info->id);

    free(info->id);
    info->id = id;
}
