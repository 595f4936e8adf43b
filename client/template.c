/* SPDX-License-Identifier: MIT */
#include "client/template.h"

#include "base/alloc.h"
#include "client/fields.h"
#include "client/gateway_ask.h"

#define TEMPLATES_MAX 10000

static void on_templates(struct gateway_question *q, const cJSON *data, const struct err *e)
{
    const cJSON *list =
        cJSON_IsArray(data) ? data : cJSON_GetObjectItemCaseSensitive(data, "templates");
    struct template_info *all = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *all);
    const cJSON *item;
    size_t n = 0;

    cJSON_ArrayForEach (item, list) {
        const char *name = field_text(item, "name");

        if (!*name || n >= TEMPLATES_MAX)
            continue;
        all[n++] = (struct template_info){
            .name = name,
            .kind = field_text(item, "kind"),
            .size = (int64_t)field_number(item, "size", -1),
            .own_system = field_bool(item, "ownSystem"),
        };
    }
    ((templates_cb)q->cb)(q->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *template_list(struct gateway *g, templates_cb cb, void *user)
{
    return gateway_ask(g, NULL, "GET", "/v1/templates", NULL, 0, on_templates, (call_cb)cb, user);
}
