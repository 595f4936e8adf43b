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

#define NAME_CHARS_MAX  256
#define METADATA_MAX    (64 * 1024)
#define ENVS_MAX        1000
#define ENVS_BYTES_MAX  (256 * 1024)
#define LIFETIME_MAX_MS (100.0 * 365 * 24 * 3600 * 1000)

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

/* *out becomes the text, or the fallback when it is absent or null. */
static int read_name(const cJSON *body, const char *key, const char *fallback, char **out,
                     struct err *e)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, key);

    *out = NULL;
    if (item && !cJSON_IsNull(item)) {
        if (!cJSON_IsString(item))
            return err_set(e, ERR_ARG, "%s must be a string", key);
        const char *text = item->valuestring;
        if (!utf8_valid(text, strlen(text)) || has_controls(text))
            return err_set(e, ERR_ARG, "%s must be text without control characters", key);
        if (count_chars(text) > NAME_CHARS_MAX)
            return err_set(e, ERR_ARG, "%s is longer than %d characters", key, NAME_CHARS_MAX);
        if (*text)
            *out = xstrdup(text);
    }
    if (!*out)
        *out = xstrdup(fallback);
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
    if (!result && name_needed && !(o->name && o->name[0]))
        result = err_set(e, ERR_ARG, "name is missing or empty");
    if (!result)
        result = read_metadata(body, &o->metadata, e);
    if (!result)
        result = read_envs(body, &o->envs, e);
    if (!result)
        result = timeout_read(body, "timeout", 0, &timeout_ms, e);
    if (!result)
        o->expires_ms = expiry_after(clock_wall_ms(), timeout_ms);
    else
        create_options_finish(o);
    return result;
}
