/* SPDX-License-Identifier: MIT
 *
 * A ring of entries. Bodies are taken apart and put together again without what is secret: all that
 * environments hold, what keys call tokens or passwords, contents of files.
 */
#include "views/journal.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

#define LEFT_OUT   "\xe2\x80\xa6"
#define URL_MAX    2048
#define BODY_MAX   8192
#define STRING_MAX 1024

struct journal {
    struct journal_entry entries[JOURNAL_ENTRIES_MAX]; /* by number, round and round */
    uint64_t n;                                        /* entries so far */
    void (*on_entry)(void *user);
    void *user;
};

struct journal *journal_create(void)
{
    return xcalloc(1, sizeof(struct journal));
}

static void entry_finish(struct journal_entry *e)
{
    free(e->method);
    free(e->url);
    free(e->body);
    free(e->result);
    free(e->context);
    *e = (struct journal_entry){0};
}

void journal_destroy(struct journal *j)
{
    for (size_t i = 0; j && i < JOURNAL_ENTRIES_MAX; i++)
        entry_finish(&j->entries[i]);
    free(j);
}

/* --- leaving out --- */

static bool matches_any(const char *key, const char *const *words)
{
    for (; key && *words; words++)
        if (strcasestr(key, *words))
            return true;
    return false;
}

static bool is_secret(const char *key)
{
    static const char *const words[] = {"token",   "secret", "passw",   "credential", "auth",
                                        "api_key", "apikey", "content", "input",      NULL};

    return matches_any(key, words);
}

static bool holds_secrets(const char *key)
{
    static const char *const words[] = {"env", "variables", "headers", NULL};

    return matches_any(key, words);
}

bool journal_holds_secret(const char *command)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-";

    for (size_t n; *command; command += n ? n : 1) {
        n = strspn(command, letters);
        cleanup_free char *name = xstrndup(command, n);
        bool names_value = *command == '-' || command[n] == '=' || command[n] == ':';

        if (n && names_value && is_secret(name))
            return true;
    }
    return false;
}

static bool strip(cJSON *json, bool hide)
{
    cJSON *item;
    bool any = false;

    cJSON_ArrayForEach (item, json) {
        bool here = hide || is_secret(item->string) || holds_secrets(item->string);

        if (cJSON_IsString(item) && *item->valuestring &&
            (here || strlen(item->valuestring) > STRING_MAX)) {
            cJSON_SetValuestring(item, LEFT_OUT);
            any = true;
        } else if (cJSON_IsNumber(item) && hide) {
            cJSON_SetNumberValue(item, 0);
            any = true;
        }
        any |= strip(item, here);
    }
    return any;
}

static char *safe_body(const struct client_report *r, bool *is_partial)
{
    if (!r->body_len)
        return xstrdup("");
    cJSON *json = cJSON_ParseWithLength(r->body, r->body_len);
    /* What goes to /env is values, whatever the keys are called. */
    *is_partial = strip(json, strstr(r->url, "/env") != NULL);
    char *text =
        json && (cJSON_IsObject(json) || cJSON_IsArray(json)) ? cJSON_PrintUnformatted(json) : NULL;
    cJSON_Delete(json);
    if (text && strlen(text) <= BODY_MAX)
        return text;
    free(text);
    *is_partial = true;
    return xasprintf("%zu bytes", r->body_len);
}

/* Without user information and without what the query says of tokens. */
static char *safe_url(const char *url)
{
    struct buf out = {0};
    const char *scheme = strstr(url, "://");
    size_t head = scheme ? (size_t)(scheme - url) + 3 : 0;
    const char *host = url + head, *at = strpbrk(host, "/?@");

    buf_append(&out, url, head);
    if (at && *at == '@')
        host = at + 1;
    size_t plain = strcspn(host, "?");
    buf_append(&out, host, plain < URL_MAX ? plain : URL_MAX);
    for (const char *p = host + plain; *p && out.len < URL_MAX;) {
        size_t n = 1 + strcspn(p + 1, "&"), name = strcspn(p, "=");
        cleanup_free char *key = xstrndup(p, name < n ? name : n);

        if (is_secret(key))
            buf_printf(&out, "%s=" LEFT_OUT, key);
        else
            buf_append(&out, p, n);
        p += n;
    }
    return buf_steal(&out);
}

/* --- entries --- */

static void add(struct journal *j, struct journal_entry entry)
{
    struct journal_entry *slot = &j->entries[j->n % JOURNAL_ENTRIES_MAX];

    entry.number = ++j->n;
    entry.at_ms = clock_wall_ms();
    entry_finish(slot);
    *slot = entry;
    if (j->on_entry)
        j->on_entry(j->user);
}

void journal_report(struct journal *j, const struct client_report *r, const char *context)
{
    struct journal_entry e = {
        .duration_ms = r->duration_ms,
        .method = xstrdup(r->method),
        .url = safe_url(r->url),
        .context = context ? xstrdup(context) : NULL,
        .failed = r->error || r->is_cancelled || r->status < 200 || r->status > 299,
    };

    e.body = safe_body(r, &e.is_partial);
    if (r->error)
        e.result = xstrdup(r->error->text);
    else if (r->is_cancelled)
        e.result = xstrdup("cancelled; it may have happened");
    else
        e.result = xasprintf("%d%s", r->status, e.failed ? " refused" : "");
    add(j, e);
}

void journal_note(struct journal *j, bool failed, const char *text)
{
    add(j, (struct journal_entry){.method = xstrdup(""),
                                  .url = xstrdup(text),
                                  .body = xstrdup(""),
                                  .result = xstrdup(failed ? "broken" : "done"),
                                  .failed = failed});
}

size_t journal_count(const struct journal *j)
{
    return j->n < JOURNAL_ENTRIES_MAX ? (size_t)j->n : JOURNAL_ENTRIES_MAX;
}

const struct journal_entry *journal_at(const struct journal *j, size_t i)
{
    return i < journal_count(j) ? &j->entries[(j->n - 1 - i) % JOURNAL_ENTRIES_MAX] : NULL;
}

const struct journal_entry *journal_find(const struct journal *j, uint64_t number)
{
    return number && number <= j->n ? journal_at(j, (size_t)(j->n - number)) : NULL;
}

void journal_listen(struct journal *j, void (*on_entry)(void *user), void *user)
{
    j->on_entry = on_entry;
    j->user = user;
}

/* --- as text --- */

/* In single quotes for a shell; nothing in it can end them. */
static void quote(struct buf *out, const char *text)
{
    buf_append_char(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_append_str(out, "'\\''");
        else if ((unsigned char)*text >= ' ' && *text != 0x7f)
            buf_append_char(out, *text);
    }
    buf_append_char(out, '\'');
}

static const char *path_of(const struct journal_entry *e)
{
    const char *host = strstr(e->url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;

    return path ? path : "/";
}

void journal_command(const struct journal_entry *e, struct buf *out)
{
    bool gateway = strncmp(path_of(e), "/v1/", 4) == 0;

    if (!*e->method) {
        buf_printf(out, "# %s", e->url);
        return;
    }
    buf_printf(out, "curl -X %s -H \"%s\" ", e->method,
               gateway ? "X-API-Key: $COMPUTESDK_API_KEY" : "Authorization: Bearer $TOKEN");
    if (*e->body) {
        buf_append_str(out, "-H 'Content-Type: application/json' -d ");
        quote(out, e->body);
        buf_append_char(out, ' ');
    }
    quote(out, e->url);
}

static void say_sandpit(const struct journal_entry *e, struct buf *out)
{
    buf_append_str(out, "sandpit ");
    if (!e->context)
        return;
    buf_append_str(out, "--context ");
    quote(out, e->context);
    buf_append_char(out, ' ');
}

static void say_new(const struct journal_entry *e, struct buf *out)
{
    cJSON *body = cJSON_Parse(e->body);
    const cJSON *ns = cJSON_GetObjectItemCaseSensitive(body, "namespace");
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(body, "name");

    say_sandpit(e, out);
    buf_append_str(out, "new");
    if (cJSON_IsString(name))
        buf_printf(out, " %s/%s", cJSON_IsString(ns) ? ns->valuestring : "default",
                   name->valuestring);
    cJSON_Delete(body);
}

void journal_words(const struct journal_entry *e, struct buf *out)
{
    static const char sandboxes[] = "/v1/sandboxes";
    const char *path = path_of(e), *rest;

    if (!*e->method) {
        buf_append_str(out, e->url);
        return;
    }
    rest = strncmp(path, sandboxes, sizeof sandboxes - 1) == 0 ? path + sizeof sandboxes - 1 : NULL;
    if (rest && strcmp(e->method, "POST") == 0 && (!*rest || strcmp(rest, "/find-or-create") == 0))
        say_new(e, out);
    else if (rest && strcmp(e->method, "DELETE") == 0 && *rest == '/' && !strchr(rest + 1, '/')) {
        say_sandpit(e, out);
        buf_printf(out, "rm %s", rest + 1);
    } else
        buf_printf(out, "%s %s", e->method, path);
}
