/* SPDX-License-Identifier: MIT
 *
 * All that is known of a sandbox, for people and as JSON. Tokens stay masked.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/dialog.h"
#include "views/sandboxes.h"

static void add(struct buf *out, const char *label, const char *value)
{
    char clean[1024];

    if (*value)
        buf_printf(out, "%s:  %*s%s\n", label, 10 - (int)strlen(label), "",
                   text_sanitise(clean, sizeof clean, value, strlen(value)));
}

static void add_time(struct buf *out, const char *label, int64_t wall_ms, bool ahead)
{
    char iso[CLOCK_ISO_SIZE], span[CLOCK_SPAN_SIZE], line[80];
    int64_t by = ahead ? wall_ms - clock_wall_ms() : clock_wall_ms() - wall_ms;

    clock_format_iso(iso, wall_ms);
    clock_format_span(span, by);
    snprintf(line, sizeof line, "%.10s %.8s UTC (%s%s%s)", iso, iso + 11, ahead ? "in " : "", span,
             ahead ? "" : " ago");
    add(out, label, line);
}

static void add_metadata(struct buf *out, const char *text)
{
    cJSON *metadata = cJSON_Parse(text);
    const cJSON *item;

    cJSON_ArrayForEach (item, metadata) {
        cleanup_free char *json = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);
        cleanup_free char *line = xasprintf("%s = %s", item->string ? item->string : "",
                                            json                   ? json
                                            : cJSON_IsString(item) ? item->valuestring
                                                                   : "");
        add(out, "metadata", line);
    }
    cJSON_Delete(metadata);
}

enum view_result sandbox_describe(struct sandboxes *s, const struct sandbox *selected)
{
    const struct sandbox_info *i = &selected->info;
    bool stale = gateway_state(s->env->gateway) != LINK_UP;
    struct table_cell status = {.role = ROLE_TEXT};
    cleanup_buf struct buf text = {0};
    char name[160], number[32];

    sandbox_status_text(selected, stale, &status);
    add(&text, "id", i->id);
    add(&text, "namespace", i->ns);
    add(&text, "name", *i->name ? i->name : "none");
    add(&text, "status", status.text);
    add(&text, "provider", i->provider);
    add(&text, "url", i->url);
    if (i->created_ms)
        add_time(&text, "created", i->created_ms, false);
    if (i->expires_ms)
        add_time(&text, "ends", i->expires_ms, true);
    else
        add(&text, "ends", "never");
    if (i->n_terminals >= 0) {
        snprintf(number, sizeof number, "%d", i->n_terminals);
        add(&text, "terminals", number);
    }
    if (i->n_viewers > 0) {
        snprintf(number, sizeof number, "%d", i->n_viewers);
        add(&text, "viewers", number);
    }
    add_metadata(&text, i->metadata);
    add_time(&text, "confirmed", clock_wall_ms() - (clock_mono_ms() - selected->confirmed_ms),
             false);
    text_dialog_open(s->env, views_sandbox_name(s->env, i->id, name, sizeof name), text.data);
    return VIEW_HANDLED;
}

/* Line by line, so that a hostile string cannot leave its line. */
static void sanitise_lines(struct buf *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        size_t cap = n * 3 + 8;
        cleanup_free char *clean = xmalloc(cap);

        text_sanitise(clean, cap, text, n);
        /* cJSON indents with tabs, which text_sanitise makes one space. */
        for (const char *p = clean; p < clean + n && *p == ' '; p++)
            buf_append_char(out, ' ');
        buf_printf(out, "%s\n", clean);
        text += n + (text[n] == '\n');
    }
}

enum view_result sandbox_json(struct sandboxes *s, const struct sandbox *selected)
{
    cJSON *object = sandbox_info_to_json(&selected->info);
    cleanup_buf struct buf text = {0};
    char name[160];

    if (cJSON_GetObjectItemCaseSensitive(object, "token"))
        cJSON_ReplaceItemInObjectCaseSensitive(object, "token",
                                               cJSON_CreateString("\xe2\x80\xa2\xe2"
                                                                  "\x80\xa2\xe2\x80"
                                                                  "\xa2\xe2\x80\xa2"));
    cleanup_free char *json = cJSON_Print(object);
    cJSON_Delete(object);
    sanitise_lines(&text, json ? json : "");
    text_dialog_open(s->env, views_sandbox_name(s->env, selected->info.id, name, sizeof name),
                     text.data ? text.data : "");
    return VIEW_HANDLED;
}
