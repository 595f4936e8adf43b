/* SPDX-License-Identifier: MIT
 *
 * What a client may ask for in a new sandbox: everything is checked, unknown fields are ignored.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/gateway/internal.h"
#include "host/gateway/snapshot.h"

#define NAME_CHARS_MAX  256
#define METADATA_MAX    (64 * 1024)
#define ENVS_MAX        1000
#define ENVS_BYTES_MAX  (256 * 1024)
#define SETUP_MAX       64 /* servers, and overlays */
#define SETUP_BYTES_MAX (512 * 1024)
#define LIFETIME_MAX_MS (100.0 * 365 * 24 * 3600 * 1000)

void lasting_finish(struct lasting *l)
{
    free(l->directory);
    free(l->template_id);
    free(l->snapshot_id);
    free(l->created_by);
    *l = (struct lasting){0};
}

static char *text_or_empty(const char *text)
{
    return xstrdup(text ? text : "");
}

void lasting_copy(struct lasting *to, const struct lasting *from)
{
    *to = *from;
    to->directory = text_or_empty(from->directory);
    to->template_id = text_or_empty(from->template_id);
    to->snapshot_id = text_or_empty(from->snapshot_id);
    to->created_by = text_or_empty(from->created_by);
}

char *lasting_to_text(const struct lasting *l)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "directory", l->directory);
    cJSON_AddItemToObject(object, "limits", limits_to_json(&l->limits));
    cJSON_AddStringToObject(object, "network", l->private_network ? "private" : "shared");
    cJSON_AddBoolToObject(object, "ownSystem", l->own_system);
    cJSON_AddStringToObject(object, "templateId", l->template_id);
    cJSON_AddStringToObject(object, "snapshotId", l->snapshot_id);
    cJSON_AddStringToObject(object, "createdBy", l->created_by);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

static bool is_text(const cJSON *object, const char *key, const char *text)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

    return value && !strcmp(value, text);
}

static char *copy_member(const cJSON *object, const char *key)
{
    return text_or_empty(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key)));
}

void lasting_from_text(struct lasting *l, const char *text)
{
    cJSON *object = cJSON_Parse(text);

    *l = (struct lasting){.directory = copy_member(object, "directory"),
                          .template_id = copy_member(object, "templateId"),
                          .snapshot_id = copy_member(object, "snapshotId"),
                          .created_by = copy_member(object, "createdBy")};
    limits_from_json(&l->limits, cJSON_GetObjectItemCaseSensitive(object, "limits"), NULL);
    l->private_network = is_text(object, "network", "private");
    l->own_system = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "ownSystem"));
    cJSON_Delete(object);
}

void create_options_finish(struct create_options *o)
{
    free(o->ns);
    free(o->name);
    free(o->provider);
    free(o->metadata);
    free(o->envs);
    free(o->servers);
    free(o->overlays);
    free(o->template_id);
    free(o->snapshot_id);
    free(o->parent);
    free(o->token);
    lasting_finish(&o->lasting);
    *o = (struct create_options){0};
}

static size_t count_chars(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static bool has_controls(const char *text)
{
    for (size_t n = strlen(text); n;) {
        uint32_t c;
        size_t used = utf8_decode(text, n, &c);

        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return true;
        text += used;
        n -= used;
    }
    return false;
}

/* *out becomes the text, or the fallback when it is absent, null or refused. */
static int read_name(const cJSON *body, const char *key, const char *fallback, char **out,
                     struct err *e)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, key);

    *out = xstrdup(fallback);
    if (!item || cJSON_IsNull(item))
        return 0;
    if (!cJSON_IsString(item))
        return err_set(e, ERR_ARG, "%s must be a string", key);
    const char *text = item->valuestring;
    if (!utf8_valid(text, strlen(text)) || has_controls(text))
        return err_set(e, ERR_ARG, "%s must be text without control characters", key);
    if (count_chars(text) > NAME_CHARS_MAX)
        return err_set(e, ERR_ARG, "%s is longer than %d characters", key, NAME_CHARS_MAX);
    if (*text) {
        free(*out);
        *out = xstrdup(text);
    }
    return 0;
}

static int read_metadata(const cJSON *body, char **out, struct err *e)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, "metadata");

    if (!item || cJSON_IsNull(item)) {
        *out = xstrdup("");
        return 0;
    }
    if (!cJSON_IsObject(item))
        return err_set(e, ERR_ARG, "metadata must be an object");
    *out = cJSON_PrintUnformatted(item);
    if (!*out || strlen(*out) > METADATA_MAX)
        return err_set(e, ERR_ARG, "metadata is larger than %d bytes", METADATA_MAX);
    return 0;
}

static bool env_name_valid(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name; name++) {
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    }
    return true;
}

static int read_envs(const cJSON *body, char **out, struct err *e)
{
    const cJSON *envs = cJSON_GetObjectItemCaseSensitive(body, "envs"), *item;
    size_t n_bytes = 0;

    if (!envs || cJSON_IsNull(envs)) {
        *out = xstrdup("{}");
        return 0;
    }
    if (!cJSON_IsObject(envs))
        return err_set(e, ERR_ARG, "envs must be an object");
    if (cJSON_GetArraySize(envs) > ENVS_MAX)
        return err_set(e, ERR_ARG, "envs has more than %d entries", ENVS_MAX);
    cJSON_ArrayForEach (item, envs) {
        if (!env_name_valid(item->string))
            return err_set(e, ERR_ARG, "envs: \"%.64s\" is no name of a variable", item->string);
        if (!cJSON_IsString(item))
            return err_set(e, ERR_ARG, "envs: %.64s must be a string", item->string);
        n_bytes += strlen(item->string) + strlen(item->valuestring);
    }
    if (n_bytes > ENVS_BYTES_MAX)
        return err_set(e, ERR_ARG, "envs is larger than %d bytes", ENVS_BYTES_MAX);
    *out = cJSON_PrintUnformatted(envs);
    return 0;
}

/* Arrays of objects; what is in them is the daemon's to check. */
static int read_array(const cJSON *body, const char *key, char **out, struct err *e)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(body, key), *item;

    if (!array || cJSON_IsNull(array) || (cJSON_IsArray(array) && !array->child)) {
        *out = xstrdup("");
        return 0;
    }
    if (!cJSON_IsArray(array))
        return err_set(e, ERR_ARG, "%s must be an array", key);
    if (cJSON_GetArraySize(array) > SETUP_MAX)
        return err_set(e, ERR_ARG, "%s has more than %d entries", key, SETUP_MAX);
    cJSON_ArrayForEach (item, array) {
        if (!cJSON_IsObject(item))
            return err_set(e, ERR_ARG, "%s holds something that is no object", key);
    }
    *out = cJSON_PrintUnformatted(array);
    if (!*out || strlen(*out) > SETUP_BYTES_MAX)
        return err_set(e, ERR_ARG, "%s is larger than %d bytes", key, SETUP_BYTES_MAX);
    return 0;
}

static int read_network(const cJSON *body, bool *private_network, struct err *e)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, "network");

    if (!item || cJSON_IsNull(item))
        return 0;
    if (!is_text(body, "network", "shared") && !is_text(body, "network", "private"))
        return err_set(e, ERR_ARG, "network must be \"shared\" or \"private\"");
    *private_network = is_text(body, "network", "private");
    return 0;
}

static int read_lasting(const cJSON *body, struct lasting *l, struct err *e)
{
    int result = read_name(body, "directory", "", &l->directory, e);

    if (!result)
        result = limits_from_json(&l->limits, cJSON_GetObjectItemCaseSensitive(body, "limits"), e);
    return result ? result : read_network(body, &l->private_network, e);
}

static int read_origin(const cJSON *body, struct create_options *o, struct err *e)
{
    int result = read_name(body, "templateId", "", &o->template_id, e);

    if (!result)
        result = read_name(body, "snapshotId", "", &o->snapshot_id, e);
    if (!result && o->template_id[0] && o->snapshot_id[0])
        result = err_set(e, ERR_ARG, "templateId and snapshotId exclude each other");
    return result;
}

int timeout_read(const cJSON *body, const char *key, double fallback, double *timeout_ms,
                 struct err *e)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, key);

    *timeout_ms = fallback;
    if (!item || cJSON_IsNull(item))
        return 0;
    if (!cJSON_IsNumber(item) || isnan(item->valuedouble))
        return err_set(e, ERR_ARG, "%s must be a number of milliseconds", key);
    *timeout_ms = item->valuedouble;
    return 0;
}

int64_t expiry_after(int64_t now_ms, double timeout_ms)
{
    if (!(timeout_ms > 0))
        return 0;
    /* 1e20 and infinity mean "very long", and a time must still fit a calendar. */
    return now_ms + (int64_t)ceil(fmin(timeout_ms, LIFETIME_MAX_MS));
}

static char *read_provider(const char *header)
{
    size_t n = header ? strspn(header, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-_.")
                      : 0;

    return n && n <= 64 && !header[n] ? xstrdup(header) : xstrdup("computesdk");
}

int create_options_read(struct create_options *o, const cJSON *body, const char *provider,
                        bool name_needed, struct err *e)
{
    double timeout_ms;
    int result;

    *o = (struct create_options){.provider = read_provider(provider)};
    result = read_name(body, "namespace", "default", &o->ns, e);
    if (!result)
        result = read_name(body, "name", "", &o->name, e);
    if (!result && name_needed && !o->name[0])
        result = err_set(e, ERR_ARG, "name is missing or empty");
    if (!result)
        result = read_metadata(body, &o->metadata, e);
    if (!result)
        result = read_envs(body, &o->envs, e);
    if (!result)
        result = read_array(body, "servers", &o->servers, e);
    if (!result)
        result = read_array(body, "overlays", &o->overlays, e);
    if (!result)
        result = read_origin(body, o, e);
    if (!result)
        result = read_lasting(body, &o->lasting, e);
    if (!result) {
        o->lasting.template_id = xstrdup(o->template_id);
        o->lasting.snapshot_id = xstrdup(o->snapshot_id);
    }
    if (!result)
        result = timeout_read(body, "timeout", 0, &timeout_ms, e);
    if (!result)
        o->expires_ms = expiry_after(clock_wall_ms(), timeout_ms);
    else
        create_options_finish(o);
    return result;
}

int snapshot_options_read(struct snapshot_options *o, const cJSON *body, struct err *e)
{
    int result;

    *o = (struct snapshot_options){0};
    result = read_name(body, "sandboxId", "", &o->sandbox, e);
    if (!result && !o->sandbox[0])
        result = err_set(e, ERR_ARG, "sandboxId is missing or empty");
    if (!result)
        result = read_name(body, "name", "", &o->name, e);
    return result ? result : read_metadata(body, &o->metadata, e);
}

void snapshot_options_finish(struct snapshot_options *o)
{
    free(o->sandbox);
    free(o->name);
    free(o->metadata);
    *o = (struct snapshot_options){0};
}
