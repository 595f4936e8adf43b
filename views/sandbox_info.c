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
#include "views/inquiry.h"
#include "views/json_text.h"
#include "views/sandboxes.h"
#include "wire/names.h"

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

static void add_size(struct buf *out, double bytes)
{
    static const char *const units[] = {"", " KiB", " MiB", " GiB", " TiB"};
    size_t u = 0;

    for (; bytes >= 1024 && u + 1 < ARRAY_LEN(units); u++)
        bytes /= 1024;
    buf_printf(out, "%.4g%s", bytes, units[u]);
}

/* Each limit with the means that hold it, so that nobody takes a wish for a wall. */
static void add_limits(struct buf *out, const cJSON *limits)
{
    static const struct {
        const char *key, *label, *by;
        bool bytes;
    } known[] = {
        {"memoryBytes", "memory", "memory", true},
        {"processes", "processes", "processes", false},
        {"diskBytes", "disk", "disk", true},
        {"openFiles", "open files", "openFiles", false},
    };
    const cJSON *by = cJSON_GetObjectItemCaseSensitive(limits, "by");

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(limits, known[i].key);
        const cJSON *means = cJSON_GetObjectItemCaseSensitive(by, known[i].by);
        cleanup_buf struct buf line = {0};

        if (!cJSON_IsNumber(value) || value->valuedouble <= 0)
            continue;
        if (known[i].bytes)
            add_size(&line, value->valuedouble);
        else
            buf_printf(&line, "%.0f", value->valuedouble);
        if (cJSON_IsString(means))
            buf_printf(&line, " (by %s)", means->valuestring);
        add(out, known[i].label, line.data);
    }
}

static void add_details(struct buf *out, const char *text)
{
    static const struct {
        const char *key, *label;
    } known[] = {
        {"image", "image"},         {"templateId", "template"}, {"snapshotId", "snapshot"},
        {"directory", "directory"}, {"parent", "parent"},       {"createdBy", "created by"},
    };
    cJSON *details = *text ? cJSON_Parse(text) : NULL;
    const cJSON *network = cJSON_GetObjectItemCaseSensitive(details, "network");
    const cJSON *outbound = cJSON_GetObjectItemCaseSensitive(details, "outbound");

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(details, known[i].key);

        if (cJSON_IsString(item))
            add(out, known[i].label, item->valuestring);
    }
    if (cJSON_IsString(network)) {
        cleanup_free char *line = xasprintf("%s%s", network->valuestring,
                                            cJSON_IsFalse(outbound) ? ", no way outside" : "");
        add(out, "network", line);
    }
    add_limits(out, cJSON_GetObjectItemCaseSensitive(details, "limits"));
    cJSON_Delete(details);
}

/* What it said itself. */
static void add_answers(struct buf *out, const struct inquiry_answers *a)
{
    char line[120];

    if (*a->why_not) {
        cleanup_free char *why = xasprintf("no: %s", a->why_not);

        add(out, "answers", why);
    } else {
        add(out, "answers", "yes");
    }
    if (*a->version) {
        snprintf(line, sizeof line, "%s%s, %d server%s, %d overlay%s", a->is_ready ? "yes" : "no",
                 a->is_healthy ? "" : ", not healthy", a->n_servers, a->n_servers == 1 ? "" : "s",
                 a->n_overlays, a->n_overlays == 1 ? "" : "s");
        add(out, "ready", line);
        snprintf(line, sizeof line, "%d", a->n_sandboxes > 0 ? a->n_sandboxes - 1 : 0);
        add(out, "children", line);
    }
    add(out, "version", a->version);
    add(out, "access", a->access);
}

static void show_text(struct sandboxes *s, const struct sandbox *selected,
                      const struct inquiry_answers *answers)
{
    const struct sandbox_info *i = &selected->info;
    bool stale = gateway_state(fleet_of(s->env->fleet, i->id)) != LINK_UP;
    struct table_cell status = {.role = ROLE_TEXT};
    cleanup_buf struct buf text = {0};
    char name[160], number[32];

    sandbox_status_text(selected, stale, &status);
    add(&text, "id", i->id);
    if (fleet_size(s->env->fleet) > 1)
        add(&text, "context", fleet_name_of(s->env->fleet, i->id));
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
    if (answers)
        add_answers(&text, answers);
    add_details(&text, i->details);
    add_metadata(&text, i->metadata);
    add_time(&text, "confirmed", clock_wall_ms() - (clock_mono_ms() - selected->confirmed_ms),
             false);
    text_dialog_open(s->env, views_sandbox_name(s->env, i->id, name, sizeof name), text.data);
}

static void show_json(struct sandboxes *s, const struct sandbox *selected)
{
    cJSON *object = sandbox_info_to_json(&selected->info);
    cJSON *details = *selected->info.details ? cJSON_Parse(selected->info.details) : NULL;
    cleanup_buf struct buf text = {0};
    char name[160];

    while (details && details->child) {
        cJSON *item = cJSON_DetachItemViaPointer(details, details->child);

        cJSON_AddItemToObject(object, item->string, item);
    }
    cJSON_Delete(details);
    json_text_pretty(&text, object);
    cJSON_Delete(object);
    text_dialog_open(s->env, views_sandbox_name(s->env, selected->info.id, name, sizeof name),
                     text.data ? text.data : "");
}

/* The list may have gone meanwhile: whoever left it does not want to read this. */
static void show_answered(struct views_env *env, const char *sandbox_id,
                          const struct inquiry_answers *a)
{
    struct sandboxes *s = sandboxes_of_view(tui_focused(env->tui));
    const struct sandbox *sandbox = fleet_find_id(env->fleet, sandbox_id);

    if (s && sandbox)
        show_text(s, sandbox, a);
}

static void on_answer(void *user, const struct sandbox_info *info, const struct err *e)
{
    struct sandboxes *s = user;
    const struct sandbox *sandbox = fleet_find_id(s->env->fleet, s->asking_id);

    s->asking = NULL;
    if (!sandbox)
        tui_toast(s->env->tui, ROLE_WARN, "That sandbox is gone already");
    else if (s->asking_json)
        show_json(s, sandbox);
    else
        inquiry_start(s->env, s->asking_id, show_answered);
}

/* The list carries the least; the rest is asked for when somebody wants to see it. What cannot be
 * had now is left out. */
static enum view_result show(struct sandboxes *s, const struct sandbox *selected, bool json)
{
    const struct sandbox_info *i = &selected->info;
    struct gateway *g = fleet_of(s->env->fleet, i->id);
    bool answers =
        gateway_state(g) == LINK_UP && (!*i->status || strcmp(i->status, STATUS_RUNNING) == 0);

    s->asking_json = json;
    if (!answers) {
        if (json)
            show_json(s, selected);
        else
            show_text(s, selected, NULL);
        return VIEW_HANDLED;
    }
    request_cancel(s->asking);
    free(s->asking_id);
    s->asking_id = xstrdup(i->id);
    s->asking = gateway_get(g, i->id, on_answer, s);
    return VIEW_HANDLED;
}

enum view_result sandbox_describe(struct sandboxes *s, const struct sandbox *selected)
{
    return show(s, selected, false);
}

enum view_result sandbox_json(struct sandboxes *s, const struct sandbox *selected)
{
    return show(s, selected, true);
}
