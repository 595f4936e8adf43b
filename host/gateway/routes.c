/* SPDX-License-Identifier: MIT
 *
 * The gateway's HTTP interface: protocol.md section 1 and the `list` extension.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/hostname.h"
#include "host/gateway/internal.h"
#include "host/gateway/keys.h"
#include "wire/names.h"

#define EXTEND_DEFAULT_MS 900000
#define PAGE_DEFAULT      100
#define PAGE_MAX          1000
#define BODY_MAX          (1024 * 1024)

/* --- who may, and under which name --- */

/* Takes as long for a wrong first byte as for a wrong last one. */
bool key_equal_slow(const char *a, const char *b)
{
    size_t n = strlen(a), n_b = strlen(b);
    unsigned char difference = n != n_b;

    for (size_t i = 0; i < n; i++)
        difference |= (unsigned char)(a[i] ^ b[n_b ? i % n_b : 0]);
    return !difference;
}

static const char *key_in(const struct http_request *r)
{
    const char *key = http_header(r, "X-ComputeSDK-API-Key");

    return key ? key : http_header(r, "X-API-Key"); /* what the events client sends */
}

struct http_identity gateway_authorise(struct http_request *r, void *user)
{
    struct gateway *g = user;
    struct http_identity who = {HTTP_OPEN, ""};
    const char *value = key_in(r);
    const struct key *key;

    if (!value)
        return who;
    if (key_equal_slow(value, g->api_key))
        return (struct http_identity){HTTP_OWNER, KEY_MAIN_NAME};
    keys_refresh(g->keys);
    key = keys_find(g->keys, value);
    if (key) {
        who.access = HTTP_OWNER;
        snprintf(who.name, sizeof who.name, "%s", key->name);
    }
    return who;
}

void gateway_key_hash(struct http_request *r, struct gateway *g, char *hash)
{
    const char *value = key_in(r);
    const struct key *key = value ? keys_find(g->keys, value) : NULL;

    snprintf(hash, KEY_HASH_CHARS + 1, "%s", key ? key->hash : "");
}

bool gateway_host_allowed(struct slice host, void *user)
{
    struct gateway *g = user;

    return host_parse(host, g->config.domain).kind == HOST_GATEWAY;
}

/* --- helpers --- */

static void reply_data(struct http_request *r, cJSON *data)
{
    cJSON *answer = cJSON_CreateObject();

    cJSON_AddTrueToObject(answer, "success");
    cJSON_AddItemToObject(answer, "data", data);
    http_reply_json(r, 200, answer);
}

static struct sandbox *find_or_404(struct http_request *r, struct gateway *g)
{
    struct slice id = http_param(r, "id");
    struct sandbox *s = sandbox_find(g, id.data, id.len);

    if (!s)
        http_reply_error(r, 404, "no such sandbox: %.*s", id.len > 64 ? 64 : (int)id.len, id.data);
    return s;
}

/* Reads the body; false: the request is answered already. */
static bool read_options(struct http_request *r, struct gateway *g, bool name_needed,
                         struct create_options *o)
{
    cJSON *body = http_body_object(r);
    struct err e;

    if (!body)
        return false;
    int result = create_options_read(o, body, http_header(r, "X-Provider"), name_needed, &e);
    const cJSON *network = cJSON_GetObjectItemCaseSensitive(body, "network");
    bool own_network = network && !cJSON_IsNull(network);
    cJSON_Delete(body);
    if (result) {
        http_reply_err(r, &e);
        return false;
    }
    limits_default(&o->lasting.limits, &g->config.limits);
    if (!own_network)
        o->lasting.private_network = g->config.private_network;
    free(o->lasting.created_by);
    o->lasting.created_by = xstrdup(http_who(r)->name);
    return true;
}

static void create_and_reply(struct http_request *r, struct gateway *g,
                             const struct create_options *o)
{
    struct err e;
    struct sandbox *s = sandbox_create(g, o, &e);

    if (s)
        sandbox_reply_when_ready(s, r);
    else
        http_reply_err(r, &e);
}

/* --- sandboxes --- */

/* Who has the name, or NULL. A lost sandbox gives it up: nobody can use that one any more. */
static struct sandbox *take_name(struct gateway *g, const struct create_options *o)
{
    struct sandbox *s = sandbox_find_name(g, o->ns, o->name);

    if (!s || s->phase != PHASE_LOST)
        return s;
    sandbox_destroy(s);
    return NULL;
}

static void on_create(struct http_request *r, void *user)
{
    struct gateway *g = user;
    struct create_options o;
    struct sandbox *s;

    if (!read_options(r, g, false, &o))
        return;
    s = o.name[0] ? take_name(g, &o) : NULL;
    if (s)
        http_reply_error(r, 409, "%s/%s exists already", o.ns, o.name);
    else
        create_and_reply(r, g, &o);
    create_options_finish(&o);
}

static void on_find_or_create(struct http_request *r, void *user)
{
    struct gateway *g = user;
    struct create_options o;
    struct sandbox *s;

    if (!read_options(r, g, true, &o))
        return;
    s = take_name(g, &o);
    if (s)
        sandbox_reply_when_ready(s, r);
    else
        create_and_reply(r, g, &o);
    create_options_finish(&o);
}

static void on_find(struct http_request *r, void *user)
{
    struct gateway *g = user;
    struct create_options o;
    struct sandbox *s;

    if (!read_options(r, g, true, &o))
        return;
    s = sandbox_find_name(g, o.ns, o.name);
    if (s && s->phase != PHASE_LOST)
        sandbox_reply_when_ready(s, r);
    else
        http_reply_error(r, 404, "no such sandbox: %s/%s", o.ns, o.name);
    create_options_finish(&o);
}

static void on_get(struct http_request *r, void *user)
{
    struct sandbox *s = find_or_404(r, user);

    if (s && s->phase == PHASE_RESTARTING)
        sandbox_reply_when_ready(s, r);
    else if (s)
        reply_data(r, sandbox_view(s, true));
}

static void on_delete(struct http_request *r, void *user)
{
    struct gateway *g = user;
    struct slice id = http_param(r, "id");
    struct sandbox *s = sandbox_find_any(g, id.data, id.len);

    if (!s) {
        cJSON *answer = cJSON_CreateObject();

        cJSON_AddTrueToObject(answer, "success");
        cJSON_AddStringToObject(answer, "message", "no such sandbox");
        http_reply_json(r, 200, answer);
        return;
    }
    sandbox_destroy(s);
    sandbox_reply_when_gone(s, r);
}

static void on_extend(struct http_request *r, void *user)
{
    struct sandbox *s = find_or_404(r, user);
    cJSON *body = s ? http_body_object(r) : NULL;
    double duration_ms;
    struct err e;

    if (!body)
        return;
    int result = timeout_read(body, "duration", EXTEND_DEFAULT_MS, &duration_ms, &e);
    cJSON_Delete(body);
    if (!result && !(duration_ms > 0))
        result = err_set(&e, ERR_ARG, "duration must be greater than 0");
    if (result) {
        http_reply_err(r, &e);
        return;
    }
    /* Never shorter; what has no end keeps having none. */
    int64_t expires_ms = expiry_after(clock_wall_ms(), duration_ms);
    if (s->info.expires_ms && expires_ms > s->info.expires_ms &&
        sandbox_set_expiry(s, expires_ms, &e))
        http_reply_err(r, &e);
    else
        reply_data(r, sandbox_view(s, true));
}

/* --- the list --- */

/* -1: not a number. */
static int64_t query_number(struct http_request *r, const char *key, int64_t fallback)
{
    cleanup_buf struct buf value = {0};

    if (!http_query_get(r, key, &value))
        return fallback;
    if (!value.len || value.len > 15 || strspn(value.data, "0123456789") != value.len)
        return -1;
    return strtoll(value.data, NULL, 10);
}

/* What a list is narrowed to; "": anything but what was not asked for. */
struct filter {
    struct buf ns, name, status, metadata, parent; /* NULL: not asked for */
    char *key, *value;                             /* of metadata, in its buffer */
};

static void filter_finish(struct filter *f)
{
    struct buf *const all[] = {&f->ns, &f->name, &f->status, &f->metadata, &f->parent};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        buf_finish(all[i]);
}

/* NULL, or what is wrong. */
static const char *filter_read(struct filter *f, struct http_request *r)
{
    const struct {
        const char *key;
        struct buf *text;
    } all[] = {{"namespace", &f->ns},
               {"name", &f->name},
               {"status", &f->status},
               {"metadata", &f->metadata},
               {"parent", &f->parent}};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (http_query_get(r, all[i].key, all[i].text))
            buf_append_str(all[i].text, "");
    if (!f->metadata.data)
        return NULL;
    f->key = f->metadata.data;
    f->value = strchr(f->key, '=');
    if (!f->value)
        return "metadata is not KEY=VALUE";
    *f->value++ = '\0';
    return NULL;
}

static bool metadata_is(const char *text, const char *key, const char *value)
{
    cJSON *metadata = *text ? cJSON_Parse(text) : NULL;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(metadata, key);
    cleanup_free char *printed =
        !item || cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);
    const char *found = item && cJSON_IsString(item) ? item->valuestring : printed;
    bool is = found && !strcmp(found, value);

    cJSON_Delete(metadata);
    return is;
}

static bool filter_passes(const struct filter *f, const struct sandbox *s)
{
    return (!f->ns.data || !strcmp(s->info.ns, f->ns.data)) &&
           (!f->name.data || !strncmp(s->info.name, f->name.data, strlen(f->name.data))) &&
           (!f->status.data || !strcmp(s->info.status, f->status.data)) &&
           (!f->parent.data || !strcmp(s->parent, f->parent.data)) &&
           (!f->key || metadata_is(s->info.metadata, f->key, f->value));
}

/* The cursor is the place in order of creation, so what ends between two pages moves nothing. */
static cJSON *make_page(struct gateway *g, int64_t after, int64_t limit, const struct filter *f)
{
    cJSON *data = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(data, "sandboxes");
    struct sandbox *s, *next;
    int64_t n = 0, last = 0;

    HASH_ITER (hh, g->sandboxes, s, next) {
        if (s->seq <= after || s->phase == PHASE_DESTROYING || s->doomed || !filter_passes(f, s))
            continue;
        if (n++ == limit) {
            char cursor[32];

            snprintf(cursor, sizeof cursor, "%lld", (long long)last);
            cJSON_AddStringToObject(data, "next_cursor", cursor);
            return data;
        }
        last = s->seq;
        cJSON_AddItemToArray(list, sandbox_view(s, false));
    }
    cJSON_AddNullToObject(data, "next_cursor");
    return data;
}

static void on_list(struct http_request *r, void *user)
{
    int64_t limit = query_number(r, "limit", PAGE_DEFAULT), after = query_number(r, "cursor", 0);
    struct filter f = {0};
    const char *wrong = filter_read(&f, r);

    if (limit < 1 || limit > PAGE_MAX)
        http_reply_error(r, 400, "limit must be a number from 1 to %d", PAGE_MAX);
    else if (after < 0)
        http_reply_error(r, 400, "cursor is none of ours");
    else if (wrong)
        http_reply_error(r, 400, "%s", wrong);
    else
        reply_data(r, make_page(user, after, limit, &f));
    filter_finish(&f);
}

/* --- about the gateway --- */

static void on_health(struct http_request *r, void *user)
{
    char now[CLOCK_ISO_SIZE];
    cJSON *answer = cJSON_CreateObject();

    (void)user;
    cJSON_AddStringToObject(answer, "status", "ok");
    cJSON_AddStringToObject(answer, "timestamp", clock_format_iso(now, clock_wall_ms()));
    http_reply_json(r, 200, answer);
}

static void on_ready(struct http_request *r, void *user)
{
    cJSON *answer = cJSON_CreateObject();

    (void)user;
    cJSON_AddTrueToObject(answer, "ready");
    http_reply_json(r, 200, answer);
}

static void add_counts(struct gateway *g, cJSON *data)
{
    cJSON *counts = cJSON_AddObjectToObject(data, "sandboxes");
    const struct sandbox *s;

    for (s = g->sandboxes; s; s = s->hh.next) {
        cJSON *item = cJSON_GetObjectItemCaseSensitive(counts, s->info.status);

        if (item)
            cJSON_SetNumberValue(item, item->valuedouble + 1);
        else
            cJSON_AddNumberToObject(counts, s->info.status, 1);
    }
}

static void on_info(struct http_request *r, void *user)
{
    struct gateway *g = user;
    cJSON *answer = cJSON_CreateObject(), *data;
    int64_t uptime_s = (clock_mono_ms() - g->started_ms) / 1000;

    cJSON_AddStringToObject(answer, "message", "sandpitd gateway");
    data = cJSON_AddObjectToObject(answer, "data");
    cJSON_AddStringToObject(data, "version", SANDPIT_VERSION);
    cJSON_AddNumberToObject(data, "sandbox_count", HASH_COUNT(g->sandboxes));
    cJSON_AddNumberToObject(data, "pubsub_port", g->pubsub_port);
    add_counts(g, data);
    cJSON_AddNumberToObject(data, "uptime_seconds", (double)uptime_s);
    cJSON_AddItemToObject(data, "limits", limits_to_json(&g->config.limits));
    cJSON_AddStringToObject(data, "network", g->config.private_network ? "private" : "shared");
    cJSON_AddStringToObject(data, "isolation", "bubblewrap");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(data, "extensions"), cJSON_CreateString(EXT_LIST));
    http_reply_json(r, 200, answer);
}

const struct http_route gateway_routes[] = {
    {"GET", "/health", HTTP_OPEN, on_health, 0, 0},
    {"GET", "/ready", HTTP_OPEN, on_ready, 0, 0},
    {"GET", "/info", HTTP_READ, on_info, 0, 0},
    {"POST", "/v1/sandboxes", HTTP_WRITE, on_create, BODY_MAX, 0},
    {"GET", "/v1/sandboxes", HTTP_READ, on_list, 0, 0},
    {"POST", "/v1/sandboxes/find-or-create", HTTP_WRITE, on_find_or_create, BODY_MAX, 0},
    {"POST", "/v1/sandboxes/find", HTTP_READ, on_find, BODY_MAX, 0},
    {"GET", "/v1/sandboxes/:id", HTTP_READ, on_get, 0, 0},
    {"DELETE", "/v1/sandboxes/:id", HTTP_WRITE, on_delete, 0, 0},
    {"POST", "/v1/sandboxes/:id/extend", HTTP_WRITE, on_extend, BODY_MAX, 0},
    {"POST", "/v1/snapshots", HTTP_WRITE, snapshots_on_create, BODY_MAX, 0},
    {"GET", "/v1/snapshots", HTTP_READ, snapshots_on_list, 0, 0},
    {"DELETE", "/v1/snapshots/:id", HTTP_WRITE, snapshots_on_delete, 0, 0},
    {"GET", "/v1/templates", HTTP_READ, templates_on_list, 0, 0},
    {"GET", "/v1/ws", HTTP_READ, feed_open, 0, 0},
    {"POST", "/events", HTTP_OPEN, events_on_store, EVENT_DATA_MAX + 4096, 0},
    {"GET", "/events/:id", HTTP_READ, events_on_find, 0, 0},
    {NULL, NULL, HTTP_OPEN, NULL, 0, 0},
};
