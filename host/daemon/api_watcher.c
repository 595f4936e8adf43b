/* SPDX-License-Identifier: MIT
 *
 * Watchers over HTTP.
 */
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/alloc.h"
#include "base/text.h"
#include "host/daemon/internal.h"
#include "host/jail.h"

static bool is_given(const cJSON *item)
{
    return item && !cJSON_IsNull(item);
}

static const char *read_ignored(const cJSON *list, struct watcher_options *o)
{
    if (ignore_read(&o->ignore, list, NULL))
        return "ignored is not a list of at most 256 globs of at most 1024 bytes each";
    o->ignored = is_given(list) ? cJSON_Duplicate(list, true) : cJSON_CreateArray();
    return NULL;
}

/* Relative paths count from where commands start. */
static const char *read_path(const char *text, struct watcher_options *o)
{
    size_t n = strlen(text);

    if (!n || n > 4000 || !utf8_valid(text, n))
        return "path is missing or no path";
    o->path = *text == '/' ? xstrdup(text) : xasprintf(JAIL_HOME "/%s", text);
    for (n = strlen(o->path); n > 1 && o->path[n - 1] == '/'; n--)
        o->path[n - 1] = '\0';
    return NULL;
}

static const char *read_options(const cJSON *body, struct watcher_options *o)
{
    const char *path = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "path"));
    const cJSON *content = cJSON_GetObjectItemCaseSensitive(body, "includeContent");
    const cJSON *encoding = cJSON_GetObjectItemCaseSensitive(body, "encoding");
    const char *wrong = read_path(path ? path : "", o);

    if (!wrong)
        wrong = read_ignored(cJSON_GetObjectItemCaseSensitive(body, "ignored"), o);
    if (!wrong && is_given(content) && !cJSON_IsBool(content))
        wrong = "includeContent is neither true nor false";
    if (!wrong && is_given(encoding) &&
        (!cJSON_IsString(encoding) || (strcmp(encoding->valuestring, "raw") != 0 &&
                                       strcmp(encoding->valuestring, "base64") != 0)))
        wrong = "encoding is neither raw nor base64";
    if (wrong)
        return wrong;
    o->include_content = cJSON_IsTrue(content);
    o->base64 = is_given(encoding) && !strcmp(encoding->valuestring, "base64");
    return NULL;
}

static void reply_watcher(struct http_request *r, int status, const char *message,
                          const struct watcher *w)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "message", message);
    cJSON_AddItemToObject(o, "data", watcher_info(w));
    http_reply_json(r, status, o);
}

static void on_ready(struct watcher *w, void *user)
{
    watcher_announce(w);
    reply_watcher(user, 201, "Watcher created", w);
}

static void on_gone(struct http_request *r, void *user)
{
    (void)r;
    watcher_destroy(user);
}

/* Finds out what path leads to; false: it was answered. */
static bool resolve(struct http_request *r, struct watcher_options *o)
{
    struct statfs fs;

    o->real = realpath(o->path, NULL);
    if (o->real && (strstr(o->path, "/.") || strstr(o->path, "//"))) {
        free(o->path); /* what is reported has no detours */
        o->path = xstrdup(o->real);
    }
    if (!o->real)
        http_reply_error(r, errno == EACCES ? 403 : 404, "Path not found: %s", o->path);
    else if (!statfs(o->real, &fs) && fs.f_type == PROC_SUPER_MAGIC)
        http_reply_error(r, 400, "the kernel does not tell what changes in %s", o->path);
    else
        return true;
    return false;
}

void api_watcher_create(struct http_request *r, void *user)
{
    struct daemon *d = user;
    cJSON *body = http_body_object(r);
    struct watcher_options options = {0};
    const char *wrong;
    struct watcher *w;
    struct err e;

    if (!body)
        return;
    wrong = read_options(body, &options);
    cJSON_Delete(body);
    if (wrong) {
        http_reply_error(r, 400, "%s", wrong);
    } else if (resolve(r, &options)) {
        w = watcher_create(&d->watchers, &options, &e);
        if (w) { /* answered when everything that is there is known */
            w->on_ready = on_ready;
            w->user = r;
            http_on_gone(r, on_gone, w);
        } else {
            http_reply_error(r, e.code == ERR_LIMIT ? 429 : 500, "%s", e.text);
        }
    }
    watcher_options_finish(&options);
}

void api_watcher_list(struct http_request *r, void *user)
{
    const struct daemon *d = user;
    cJSON *o = cJSON_CreateObject(), *data, *list;

    cJSON_AddStringToObject(o, "message", "Watchers");
    data = cJSON_AddObjectToObject(o, "data");
    list = cJSON_AddArrayToObject(data, "watchers");
    for (const struct watcher *w = d->watchers.by_id; w; w = w->hh.next)
        if (!w->on_ready)
            cJSON_AddItemToArray(list, watcher_info(w));
    http_reply_json(r, 200, o);
}

static struct watcher *find(struct http_request *r, struct daemon *d)
{
    struct watcher *w = watcher_find(&d->watchers, http_param(r, "id"));

    if (w && !w->on_ready)
        return w;
    http_reply_error(r, 404, "Watcher not found");
    return NULL;
}

void api_watcher_get(struct http_request *r, void *user)
{
    struct watcher *w = find(r, user);

    if (w)
        reply_watcher(r, 200, "Watcher", w);
}

void api_watcher_delete(struct http_request *r, void *user)
{
    struct watcher *w = find(r, user);

    if (!w)
        return;
    watcher_destroy(w);
    http_reply_empty(r, 204);
}
