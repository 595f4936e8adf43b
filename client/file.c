/* SPDX-License-Identifier: MIT
 *
 * The host's file API.
 */
#include "client/file.h"

#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/fields.h"
#include "client/file_internal.h"

#define FILES_MAX     100000
#define DELETE_MAX_MS 120000

/* "/files" and the path, whose "/" stay: an absolute one makes "/files//abs" (protocol.md). */
static char *file_path(const char *path, const char *rest)
{
    struct buf out = {0};

    buf_append_str(&out, "/files/");
    while (*path) {
        size_t n = strcspn(path, "/");

        url_encode(&out, (struct slice){path, n});
        path += n;
        if (*path) {
            buf_append_char(&out, '/');
            path++;
        }
    }
    buf_append_str(&out, rest);
    return buf_steal(&out);
}

static bool read_file_info(struct file_info *f, const cJSON *json)
{
    *f = (struct file_info){
        .name = field_text(json, "name"),
        .path = field_text(json, "path"),
        .size = field_int(json, "size", 0, INT64_C(1) << 53, 0),
        .modified_ms = field_time(json, "modified_at"),
        .is_dir = field_bool(json, "is_dir"),
    };
    return f->name[0] || f->path[0];
}

/* --- looking --- */

static void on_files(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data, "files"), *item;
    struct file_info *all = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *all);
    struct err own;
    size_t n = 0;

    if (!e && !cJSON_IsArray(list)) {
        call_unreadable(c, &own, "the answer holds no files");
        e = &own;
    }
    cJSON_ArrayForEach (item, list) {
        if (n < FILES_MAX && read_file_info(&all[n], item) && all[n].name[0])
            n++;
    }
    ((files_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *file_list(struct remote *r, const char *path, files_cb cb, void *user)
{
    struct buf target = {0};

    buf_append_str(&target, "/files?path=");
    url_encode(&target, SLICE(path));
    return call_start(call_create(r, "GET", buf_steal(&target), on_files, (call_cb)cb, user));
}

static void on_file(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *file = cJSON_GetObjectItemCaseSensitive(data, "file");
    struct file_info f;
    struct err own;

    /* Some hosts give the file's fields without a frame. */
    if (!e && !read_file_info(&f, cJSON_IsObject(file) ? file : data)) {
        call_unreadable(c, &own, "the answer holds no file");
        e = &own;
    }
    ((file_cb)c->cb)(c->user, e ? NULL : &f, e);
}

struct request *file_stat(struct remote *r, const char *path, file_cb cb, void *user)
{
    return call_start(call_create(r, "GET", file_path(path, ""), on_file, (call_cb)cb, user));
}

/* Asked with GET: curl would wait for the body of a HEAD made as a custom request. */
static void on_exists(struct remote_call *c, const cJSON *data, const struct err *e)
{
    bool is_answer = !e || e->http_status == 404;

    ((file_exists_cb)c->cb)(c->user, !e, is_answer ? NULL : e);
}

struct request *file_exists(struct remote *r, const char *path, file_exists_cb cb, void *user)
{
    return call_start(call_create(r, "GET", file_path(path, ""), on_exists, (call_cb)cb, user));
}

static void on_text(struct remote_call *c, const cJSON *data, const struct err *e)
{
    size_t n;
    cleanup_free char *text = field_bytes(data, "content", &n);
    struct err own;

    if (!e && !cJSON_IsString(cJSON_GetObjectItemCaseSensitive(data, "content"))) {
        call_unreadable(c, &own, "the answer holds no content");
        e = &own;
    }
    ((file_text_cb)c->cb)(c->user, e ? NULL : text, e ? 0 : n, e);
}

struct request *file_read(struct remote *r, const char *path, file_text_cb cb, void *user)
{
    return call_start(
        call_create(r, "GET", file_path(path, "?content=true"), on_text, (call_cb)cb, user));
}

/* --- changing --- */

struct request *file_write(struct remote *r, const char *path, const char *text, file_cb cb,
                           void *user)
{
    struct remote_call *c = call_create(r, "POST", xstrdup("/files"), on_file, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "path", path);
    cJSON_AddStringToObject(body, "content", text);
    call_set_body(c, body);
    return call_start(c);
}

struct request *file_delete(struct remote *r, const char *path, gateway_done_cb cb, void *user)
{
    struct remote_call *c =
        call_create(r, "DELETE", file_path(path, ""), call_on_done, (call_cb)cb, user);

    c->timeout_ms = DELETE_MAX_MS;
    return call_start(c);
}

static void on_batch(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data, "results"), *item;
    struct file_result *all = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *all);
    struct err own;
    size_t n = 0;

    if (!e && !cJSON_IsArray(list)) {
        call_unreadable(c, &own, "the answer holds no results");
        e = &own;
    }
    cJSON_ArrayForEach (item, list) {
        if (n < FILES_MAX)
            all[n++] = (struct file_result){field_text(item, "path"), field_text(item, "error"),
                                            field_bool(item, "success")};
    }
    ((file_batch_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *file_batch(struct remote *r, const struct file_operation *all, size_t n,
                           file_batch_cb cb, void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/files/batch"), on_batch, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(body, "files");

    for (size_t i = 0; i < n; i++) {
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "path", all[i].path);
        cJSON_AddStringToObject(item, "operation", all[i].text ? "write" : "delete");
        field_add_text(item, "content", all[i].text);
        cJSON_AddItemToArray(list, item);
    }
    call_set_body(c, body);
    return call_start(c);
}
