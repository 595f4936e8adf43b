/* SPDX-License-Identifier: MIT
 *
 * Sandboxes as rows of a table.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/sandboxes.h"
#include "views/span.h"
#include "wire/names.h"

#define LEFT_WARN_MS INT64_C(300000)
#define LEFT_BAD_MS  INT64_C(60000)

struct sandbox_text {
    uint64_t revision;
    char *text; /* owned; NULL: not asked for yet */
};

static const struct table_column columns[N_SANDBOX_COLUMNS] = {
    [COLUMN_NAME] = {.title = "NAME", .min = 6, .ideal = 16, .max = 48},
    [COLUMN_STATUS] = {.title = "STATUS", .min = 9, .ideal = 10, .max = 44},
    [COLUMN_TERMINALS] = {.title = "TERMS",
                          .min = 5,
                          .ideal = 5,
                          .max = 5,
                          .priority = 3,
                          .right = true,
                          .descending = true},
    [COLUMN_AGE] = {.title = "AGE", .min = 6, .ideal = 6, .max = 6, .priority = 1, .right = true},
    [COLUMN_LEFT] = {.title = "LEFT", .min = 6, .ideal = 6, .max = 6, .priority = 2, .right = true},
    [COLUMN_PROVIDER] = {.title = "PROVIDER", .min = 8, .ideal = 10, .max = 14, .priority = 4},
    [COLUMN_ID] = {.title = "ID", .min = 8, .ideal = 12, .max = 40, .priority = 5},
    [COLUMN_CONTEXT] = {.title = "CONTEXT", .min = 8, .ideal = 10, .max = 24, .priority = 1},
    [COLUMN_URL] = {.title = "URL", .min = 16, .ideal = 24, .max = 64, .priority = 6},
};

static const struct sandbox *at(const struct sandboxes *s, size_t row)
{
    return fleet_slot(s->env->fleet, row);
}

static size_t row_count(void *user)
{
    const struct sandboxes *s = user;

    return fleet_slots(s->env->fleet);
}

static const char *row_id(void *user, size_t row)
{
    const struct sandbox *sandbox = at(user, row);

    return sandbox && !sandbox->gone ? sandbox->info.id : NULL;
}

static bool row_changes(void *user, uint64_t since, void (*each)(void *to, size_t row), void *to)
{
    const struct sandboxes *s = user;

    return fleet_changes(s->env->fleet, since, each, to);
}

static const char *row_group(void *user, size_t row)
{
    return at(user, row)->info.ns;
}

static const char *metadata_value(void *user, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(user, key);
    static char number[32];

    if (cJSON_IsString(value))
        return value->valuestring;
    if (cJSON_IsNumber(value)) {
        snprintf(number, sizeof number, "%.15g", value->valuedouble);
        return number;
    }
    return cJSON_IsBool(value) ? cJSON_IsTrue(value) ? "true" : "false" : value ? "" : NULL;
}

static bool label_matches(const struct sandboxes *s, const struct sandbox_info *i)
{
    cJSON *metadata = *i->metadata ? cJSON_Parse(i->metadata) : NULL;
    bool hit = filter_match(&s->list.filter, "", metadata ? metadata_value : NULL, metadata);

    cJSON_Delete(metadata);
    return hit;
}

/* Made once for each change of the row, not at each letter of a filter. */
static const char *filter_text(struct sandboxes *s, size_t row, const struct sandbox *sandbox)
{
    const struct sandbox_info *i = &sandbox->info;
    char text[1024];

    if (row >= s->n_texts) {
        size_t n = row < 64 ? 64 : row * 2;

        s->texts = xreallocarray(s->texts, n, sizeof *s->texts);
        memset(s->texts + s->n_texts, 0, (n - s->n_texts) * sizeof *s->texts);
        s->n_texts = n;
    }
    struct sandbox_text *kept = &s->texts[row];

    if (kept->text && kept->revision == sandbox->revision)
        return kept->text;
    cleanup_free char *all =
        xasprintf("%s/%s %s %s %s %s", i->ns, i->name, i->status, i->provider, i->id, i->reason);
    text_sanitise(text, sizeof text, all, strlen(all));
    free(kept->text);
    kept->text = xstrdup(text);
    kept->revision = sandbox->revision;
    return kept->text;
}

static bool row_matches(struct sandboxes *s, size_t row, const struct sandbox *sandbox)
{
    if (s->list.filter.kind == FILTER_LABEL)
        return label_matches(s, &sandbox->info);
    return filter_match(&s->list.filter, filter_text(s, row, sandbox), NULL, NULL);
}

static bool row_shown(void *user, size_t row)
{
    struct sandboxes *s = user;
    const struct sandbox *sandbox = at(s, row);

    if (s->only_ns && strcmp(sandbox->info.ns, s->only_ns) != 0)
        return false;
    return !filter_active(&s->list.filter) || row_matches(s, row, sandbox);
}

static const char *context_of(const struct sandboxes *s, const struct sandbox_info *i)
{
    return fleet_name_of(s->env->fleet, i->id);
}

size_t sandbox_rows_shown(const struct sandboxes *s, char **ids, size_t cap)
{
    size_t n = 0;

    for (size_t row = 0; row < row_count((void *)s) && n < cap; row++)
        if (row_shown((void *)s, row))
            ids[n++] = xstrdup(at(s, row)->info.id);
    return n;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* No end is later than any end. */
static int64_t end_of(const struct sandbox_info *i)
{
    return i->expires_ms ? i->expires_ms : INT64_MAX;
}

static int compare_names(const struct sandbox_info *a, const struct sandbox_info *b)
{
    int by = strcmp(a->ns, b->ns);

    /* Those without a name come last, by id. */
    if (!by)
        by = (*a->name == '\0') - (*b->name == '\0');
    if (!by)
        by = strverscmp(a->name, b->name);
    return by ? by : strcmp(a->id, b->id);
}

static int row_compare(void *user, size_t row_a, size_t row_b, int column)
{
    const struct sandbox_info *a = &at(user, row_a)->info, *b = &at(user, row_b)->info;
    int by = 0;

    switch (column) {
    case COLUMN_STATUS:
        by = strcmp(a->status, b->status);
        break;
    case COLUMN_TERMINALS:
        by = compare_numbers(a->n_terminals, b->n_terminals);
        break;
    case COLUMN_AGE:
        by = compare_numbers(b->created_ms, a->created_ms);
        break;
    case COLUMN_LEFT:
        by = compare_numbers(end_of(a), end_of(b));
        break;
    case COLUMN_PROVIDER:
        by = strcmp(a->provider, b->provider);
        break;
    case COLUMN_ID:
        by = strcmp(a->id, b->id);
        break;
    case COLUMN_URL:
        by = strcmp(a->url, b->url);
        break;
    case COLUMN_CONTEXT:
        by = strcmp(context_of(user, a), context_of(user, b));
        break;
    default:
        break;
    }
    return by ? by : compare_names(a, b);
}

static void put(struct table_cell *out, const char *text)
{
    text_sanitise(out->text, sizeof out->text, text, strlen(text));
}

static void until(struct sandboxes *s, int64_t ms)
{
    if (!s->change_ms || ms < s->change_ms)
        s->change_ms = ms;
}

void sandbox_status_text(const struct sandbox *sandbox, bool stale, struct table_cell *out)
{
    static const struct {
        const char *status, *sign;
        enum role role;
    } known[] = {
        {STATUS_RUNNING, "\xe2\x97\x8f", ROLE_GOOD},
        {STATUS_CREATING, "\xe2\x97\x8c", ROLE_WARN},
        {STATUS_DESTROYING, "\xe2\x97\x8c", ROLE_WARN},
        {STATUS_RESTARTING, "\xe2\x97\x8c", ROLE_WARN},
        {STATUS_LOST, "\xe2\x9c\x97", ROLE_BAD},
    };
    const struct sandbox_info *i = &sandbox->info;
    const char *sign = "\xc2\xb7", *status = *i->status ? i->status : STATUS_RUNNING;

    for (size_t k = 0; k < ARRAY_LEN(known); k++) {
        if (strcmp(status, known[k].status) != 0)
            continue;
        sign = known[k].sign;
        out->role = known[k].role;
    }
    if (stale) {
        sign = "?";
        out->role = ROLE_STALE;
    }
    cleanup_free char *text =
        xasprintf("%s %s%s%s", sign, status, *i->reason ? ": " : "", i->reason);
    put(out, text);
}

static void cell_name(struct sandboxes *s, const struct sandbox *sandbox, struct table_cell *out)
{
    const struct sandbox_info *i = &sandbox->info;
    const char *name = *i->name ? i->name : i->id;

    if (s->list.table.grouped && s->list.table.source.group) {
        put(out, name);
    } else {
        cleanup_free char *full = xasprintf("%s/%s", i->ns, name);
        put(out, full);
    }
}

static void cell_age(struct sandboxes *s, const struct sandbox *sandbox, struct table_cell *out)
{
    if (sandbox->info.created_ms)
        until(s, span_age(out->text, s->now_ms - sandbox->info.created_ms));
    else
        put(out, "-");
}

static void cell_left(struct sandboxes *s, const struct sandbox *sandbox, struct table_cell *out)
{
    int64_t left = sandbox->info.expires_ms - s->now_ms;

    out->role = ROLE_DIM;
    if (!sandbox->info.expires_ms) {
        put(out, "-");
        return;
    }
    if (left > 0)
        until(s, span_left(out->text, left));
    else
        put(out, "over");
    if (left < LEFT_WARN_MS)
        out->role = left < LEFT_BAD_MS ? ROLE_BAD : ROLE_WARN;
    else
        out->role = ROLE_TEXT;
}

static void row_cell(void *user, size_t row, int column, struct table_cell *out)
{
    struct sandboxes *s = user;
    const struct sandbox *sandbox = at(s, row);
    const struct sandbox_info *i = &sandbox->info;
    bool stale = gateway_state(fleet_of(s->env->fleet, i->id)) != LINK_UP;

    switch (column) {
    case COLUMN_NAME:
        cell_name(s, sandbox, out);
        break;
    case COLUMN_STATUS:
        sandbox_status_text(sandbox, stale, out);
        break;
    case COLUMN_TERMINALS:
        if (i->n_terminals >= 0)
            snprintf(out->text, sizeof out->text, "%d", i->n_terminals);
        else
            put(out, "-");
        out->role = i->n_terminals > 0 ? ROLE_TEXT : ROLE_DIM;
        break;
    case COLUMN_AGE:
        cell_age(s, sandbox, out);
        break;
    case COLUMN_LEFT:
        cell_left(s, sandbox, out);
        break;
    default:
        put(out, column == COLUMN_PROVIDER  ? i->provider
                 : column == COLUMN_CONTEXT ? context_of(s, i)
                 : column == COLUMN_ID      ? i->id
                                            : i->url);
        out->role = ROLE_DIM;
    }
    if (stale && out->role == ROLE_TEXT)
        out->role = ROLE_STALE;
}

struct table_source sandbox_rows_source(struct sandboxes *s)
{
    return (struct table_source){
        .columns = columns,
        .n_columns = N_SANDBOX_COLUMNS,
        .count = row_count,
        .id = row_id,
        .group = row_group,
        .shown = row_shown,
        .compare = row_compare,
        .cell = row_cell,
        .changes = row_changes,
        .user = s,
    };
}

void sandbox_rows_finish(struct sandboxes *s)
{
    for (size_t i = 0; i < s->n_texts; i++)
        free(s->texts[i].text);
    free(steal_pointer(&s->texts));
    s->n_texts = 0;
}

const struct sandbox *sandbox_rows_selected(const struct sandboxes *s)
{
    const char *id = table_selected(&s->list.table);
    const struct sandbox *sandbox = id ? fleet_find_id(s->env->fleet, id) : NULL;

    return sandbox && !sandbox->gone ? sandbox : NULL;
}
