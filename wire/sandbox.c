/* SPDX-License-Identifier: MIT */
#include "wire/sandbox.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "wire/names.h"

#define TEXT_MAX (64u << 10)

static const struct text_field {
    const char *key;
    size_t offset;
    const char *fallback;
    bool only_when_set; /* left out of JSON and messages when empty */
} text_fields[] = {
    {"sandboxId", offsetof(struct sandbox_info, id), "", false},
    {"namespace", offsetof(struct sandbox_info, ns), "default", false},
    {"name", offsetof(struct sandbox_info, name), "", false},
    {"status", offsetof(struct sandbox_info, status), STATUS_RUNNING, false},
    {"reason", offsetof(struct sandbox_info, reason), "", true},
    {"provider", offsetof(struct sandbox_info, provider), "", false},
    {"url", offsetof(struct sandbox_info, url), "", false},
    {"token", offsetof(struct sandbox_info, token), "", true},
};

static char **text_at(struct sandbox_info *s, const struct text_field *f)
{
    return (char **)((char *)s + f->offset);
}

static const char *text_of(const struct sandbox_info *s, const struct text_field *f)
{
    const char *text = *(char *const *)((const char *)s + f->offset);

    return text ? text : "";
}

void sandbox_info_finish(struct sandbox_info *s)
{
    for (size_t i = 0; i < ARRAY_LEN(text_fields); i++)
        free(*text_at(s, &text_fields[i]));
    free(s->metadata);
    free(s->details);
    *s = (struct sandbox_info){0};
}

void sandbox_info_copy(struct sandbox_info *to, const struct sandbox_info *from)
{
    *to = *from;
    for (size_t i = 0; i < ARRAY_LEN(text_fields); i++)
        *text_at(to, &text_fields[i]) = xstrdup(text_of(from, &text_fields[i]));
    to->metadata = xstrdup(from->metadata ? from->metadata : "");
    to->details = xstrdup(from->details ? from->details : "");
}

/* Takes the text of one field, or its fallback. */
static int take_text(struct sandbox_info *s, const struct text_field *f, const char *text, size_t n,
                     struct err *e)
{
    if (n > TEXT_MAX)
        return err_set(e, ERR_LIMIT, "sandbox with %zu bytes of %s", n, f->key);
    *text_at(s, f) = n ? slice_dup((struct slice){text, n}) : xstrdup(f->fallback);
    return 0;
}

static int check(struct sandbox_info *s, int result, struct err *e)
{
    if (!result && !s->id[0])
        result = err_set(e, ERR_PROTOCOL, "sandbox without a sandboxId");
    if (result)
        sandbox_info_finish(s);
    return result;
}

static int count_of(double number)
{
    return number >= 0 && number < 1e9 ? (int)number : -1;
}

static int64_t ms_of_text(const char *text)
{
    int64_t ms = text[0] ? clock_parse_iso(text) : 0;

    return ms > 0 ? ms : 0;
}

static int64_t ms_of_json(const cJSON *item)
{
    if (cJSON_IsNumber(item) && item->valuedouble > 0 && item->valuedouble < 9e15)
        return (int64_t)item->valuedouble;
    return cJSON_IsString(item) ? ms_of_text(item->valuestring) : 0;
}

static int count_of_json(const cJSON *item)
{
    return cJSON_IsNumber(item) ? count_of(item->valuedouble) : -1;
}

static int take_metadata(struct sandbox_info *s, char *text, struct err *e)
{
    s->metadata = text ? text : xstrdup("");
    return strlen(s->metadata) > TEXT_MAX
               ? err_set(e, ERR_LIMIT, "sandbox with %zu bytes of metadata", strlen(s->metadata))
               : 0;
}

/* What has no field of its own. Nothing here is secret, whatever a gateway calls it: tokens have a
 * field, variables are left out. */
static char *take_details(const cJSON *object)
{
    static const char *const wanted[] = {"limits",     "network",   "outbound",
                                         "directory",  "image",     "templateId",
                                         "snapshotId", "createdBy", "parent"};
    cJSON *details = cJSON_CreateObject();

    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, wanted[i]);

        if (item && !cJSON_IsNull(item))
            cJSON_AddItemToObject(details, wanted[i], cJSON_Duplicate(item, true));
    }
    char *text = details->child ? cJSON_PrintUnformatted(details) : NULL;
    cJSON_Delete(details);
    if (text && strlen(text) > TEXT_MAX)
        free(steal_pointer(&text));
    return text ? text : xstrdup("");
}

static const cJSON *text_item(const cJSON *object, const cJSON *metadata, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    /* The official client merges these two into the metadata; some gateways only have them there.
     */
    if (!cJSON_IsString(item) && (!strcmp(key, "name") || !strcmp(key, "namespace")))
        item = cJSON_GetObjectItemCaseSensitive(metadata, key);
    return cJSON_IsString(item) ? item : NULL;
}

int sandbox_info_from_json(struct sandbox_info *s, const cJSON *object, struct err *e)
{
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
    int result = 0;

    *s = (struct sandbox_info){0};
    if (!cJSON_IsObject(object))
        return err_set(e, ERR_PROTOCOL, "sandbox is not a JSON object");
    metadata = cJSON_IsObject(metadata) ? metadata : NULL;
    for (size_t i = 0; i < ARRAY_LEN(text_fields) && !result; i++) {
        const cJSON *item = text_item(object, metadata, text_fields[i].key);
        const char *text = item ? item->valuestring : "";

        result = take_text(s, &text_fields[i], text, strlen(text), e);
    }
    if (!result)
        result = take_metadata(s, metadata ? cJSON_PrintUnformatted(metadata) : NULL, e);
    if (!result)
        s->details = take_details(object);
    s->created_ms = ms_of_json(cJSON_GetObjectItemCaseSensitive(object, "createdAt"));
    s->expires_ms = ms_of_json(cJSON_GetObjectItemCaseSensitive(object, "expiresAt"));
    s->n_terminals = count_of_json(cJSON_GetObjectItemCaseSensitive(object, "terminals"));
    s->n_viewers = count_of_json(cJSON_GetObjectItemCaseSensitive(object, "viewers"));
    return check(s, result, e);
}

static int64_t ms_of_slice(struct slice text)
{
    char iso[64];

    if (!text.len || text.len >= sizeof iso)
        return 0;
    memcpy(iso, text.data, text.len);
    iso[text.len] = '\0';
    return ms_of_text(iso);
}

/* Metadata is kept only if it is the JSON object it should be. */
static char *checked_metadata(struct slice text)
{
    if (!text.len || text.len > TEXT_MAX)
        return NULL;
    cJSON *object = cJSON_ParseWithLength(text.data, text.len);
    char *kept = cJSON_IsObject(object) ? slice_dup(text) : NULL;

    cJSON_Delete(object);
    return kept;
}

int sandbox_info_from_message(struct sandbox_info *s, const struct message *m, struct err *e)
{
    int result = 0;

    *s = (struct sandbox_info){0};
    for (size_t i = 0; i < ARRAY_LEN(text_fields) && !result; i++) {
        struct slice text = message_string(m, text_fields[i].key);

        result = take_text(s, &text_fields[i], text.data, text.len, e);
    }
    if (!result)
        result = take_metadata(s, checked_metadata(message_string(m, "metadata")), e);
    if (!result)
        s->details = xstrdup("");
    s->created_ms = ms_of_slice(message_string(m, "createdAt"));
    s->expires_ms = ms_of_slice(message_string(m, "expiresAt"));
    s->n_terminals = count_of(message_number(m, "terminals", -1));
    s->n_viewers = count_of(message_number(m, "viewers", -1));
    return check(s, result, e);
}

static void format_time(char out[CLOCK_ISO_SIZE], int64_t ms)
{
    if (ms > 0)
        clock_format_iso(out, ms);
    else
        out[0] = '\0';
}

cJSON *sandbox_info_to_json(const struct sandbox_info *s)
{
    cJSON *object = cJSON_CreateObject();
    struct sandbox_times times;

    for (size_t i = 0; i < ARRAY_LEN(text_fields); i++) {
        const char *text = text_of(s, &text_fields[i]);

        if (*text || !text_fields[i].only_when_set)
            cJSON_AddStringToObject(object, text_fields[i].key, text);
    }
    format_time(times.created, s->created_ms);
    format_time(times.expires, s->expires_ms);
    if (times.created[0])
        cJSON_AddStringToObject(object, "createdAt", times.created);
    if (times.expires[0])
        cJSON_AddStringToObject(object, "expiresAt", times.expires);
    else
        cJSON_AddNullToObject(object, "expiresAt");
    if (s->n_terminals >= 0)
        cJSON_AddNumberToObject(object, "terminals", s->n_terminals);
    if (s->n_viewers >= 0)
        cJSON_AddNumberToObject(object, "viewers", s->n_viewers);
    cJSON *metadata = s->metadata && s->metadata[0] ? cJSON_Parse(s->metadata) : NULL;

    if (metadata)
        cJSON_AddItemToObject(object, "metadata", metadata);
    return object;
}

void sandbox_info_to_message(const struct sandbox_info *s, struct message *m,
                             struct sandbox_times *times)
{
    for (size_t i = 0; i < ARRAY_LEN(text_fields); i++) {
        const char *text = text_of(s, &text_fields[i]);

        if (strcmp(text_fields[i].key, "token") != 0 && (*text || !text_fields[i].only_when_set))
            message_add_string(m, text_fields[i].key, SLICE(text));
    }
    format_time(times->created, s->created_ms);
    format_time(times->expires, s->expires_ms);
    message_add_string(m, "createdAt", SLICE(times->created));
    message_add_string(m, "expiresAt", SLICE(times->expires));
    if (s->n_terminals >= 0)
        message_add_number(m, "terminals", s->n_terminals);
    if (s->n_viewers >= 0)
        message_add_number(m, "viewers", s->n_viewers);
    if (s->metadata && s->metadata[0])
        message_add_string(m, "metadata", SLICE(s->metadata));
}
