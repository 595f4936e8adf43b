/* SPDX-License-Identifier: MIT
 *
 * /env (protocol.md section 2, Env files). Changes go through the serial lane, one after the other,
 * so that none is lost between another one's reading and writing, whatever names the file has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "host/daemon/envfile.h"
#include "host/daemon/internal.h"
#include "host/daemon/jsoncut.h"
#include "host/daemon/jsontext.h"
#include "host/daemon/path.h"

#define ENV_FILE_MAX  ((size_t)1024 * 1024)
#define ENV_KEYS_MAX  1000 /* changed at once */
#define ENV_NAMES_MAX 10000

/* job->text keeps the file's name as the client gave it until the answer. */
static struct work_job *job_for_file(struct http_request *r, struct daemon *d,
                                     int (*run)(struct work_job *job, struct err *e))
{
    cleanup_buf struct buf file = {0};
    struct work_job *job;

    if (!http_query_get(r, "file", &file) || !file.len) {
        http_reply_error(r, 400, "the parameter file is missing");
        return NULL;
    }
    job = work_job(d, r, run);
    if (!job)
        return NULL;
    job->path = path_resolve(job->cwd, file.data);
    job->shown = buf_steal(&file);
    return job;
}

static int read_file(struct work_job *job, struct buf *text, struct err *e)
{
    int r = file_read(work_path(job), ENV_FILE_MAX, text, e);

    if (!r && !text->data)
        buf_reserve(text, 1);
    return r;
}

static struct slice as_slice(const struct buf *b)
{
    return (struct slice){b->data ? b->data : "", b->len};
}

static cJSON *reply_file(struct work_job *job, const char *message)
{
    cJSON *data = work_reply(job, message);

    json_add_bytes(data, "file", job->shown, strlen(job->shown));
    return data;
}

/* --- reading --- */

static int add_variables(cJSON *data, struct slice text, const char *file, struct err *e)
{
    cJSON *variables = cJSON_AddObjectToObject(data, "variables");
    cleanup_buf struct buf value = {0};
    struct envfile f;

    envfile_parse(&f, text);
    for (size_t i = 0; i < f.n && f.n <= ENV_NAMES_MAX; i++) {
        cleanup_free char *name = slice_dup(f.items[i].name);

        buf_clear(&value);
        envfile_value(&f, &f.items[i], &value);
        cJSON_DeleteItemFromObjectCaseSensitive(variables, name);
        json_add_bytes(variables, name, value.data ? value.data : "", value.len);
    }
    bool many = f.n > ENV_NAMES_MAX;

    envfile_finish(&f);
    return many ? file_error(e, EFBIG, file) : 0;
}

static int run_get(struct work_job *job, struct err *e)
{
    cleanup_buf struct buf text = {0};
    int r = read_file(job, &text, e);

    if (!r)
        r = add_variables(reply_file(job, "Variables"), as_slice(&text), job->shown, e);
    return r;
}

void api_env_get(struct http_request *r, void *user)
{
    struct work_job *job = job_for_file(r, user, run_get);

    if (job)
        work_start(job);
}

static int run_head(struct work_job *job, struct err *e)
{
    struct stat st;
    int r = file_stat(work_path(job), &st, e);

    return !r && S_ISDIR(st.st_mode) ? file_error(e, ENOENT, job->shown) : r;
}

void api_env_head(struct http_request *r, void *user)
{
    struct work_job *job = job_for_file(r, user, run_head);

    if (job)
        work_start(job);
}

/* --- changing --- */

static int cannot(const struct work_job *job, const char *name, struct err *e)
{
    return err_set(e, ERR_CONFLICT, "%s: a quote is never closed, so %s cannot be changed safely",
                   job->shown, name);
}

static void swap(struct buf *a, struct buf *b)
{
    struct buf keep = *a;

    *a = *b;
    *b = keep;
}

static int set_all(const struct work_job *job, const cJSON *variables, struct buf *text,
                   struct err *e)
{
    cleanup_buf struct buf next = {0};
    const cJSON *item;

    cJSON_ArrayForEach (item, variables) {
        if (!envfile_set(as_slice(text), SLICE(item->string), SLICE(item->valuestring), &next))
            return cannot(job, item->string, e);
        swap(text, &next);
        if (text->len > ENV_FILE_MAX)
            return file_error(e, EFBIG, job->shown);
    }
    return 0;
}

static cJSON *reply_keys(struct work_job *job, const char *message)
{
    return cJSON_AddArrayToObject(reply_file(job, message), "keys");
}

/* Without its variables. */
static int write_back(struct work_job *job, const struct buf *text, struct err *e)
{
    int r = file_write_bytes(work_path(job), as_slice(text).data, text->len, e);
    cJSON *data = r ? NULL : work_event(job, "file.written");

    if (data) {
        event_add_text(data, "path", job->path);
        cJSON_AddNumberToObject(data, "size", (double)text->len);
    }
    return r;
}

static int run_update(struct work_job *job, struct err *e)
{
    const cJSON *variables = cJSON_GetObjectItemCaseSensitive(job->body, "variables"), *item;
    cleanup_buf struct buf text = {0};
    cJSON *keys;
    int r = read_file(job, &text, e);

    if (r && e->code != ERR_NOT_FOUND)
        return r;
    r = set_all(job, variables, &text, e);
    if (!r)
        r = write_back(job, &text, e);
    if (r)
        return r;
    keys = reply_keys(job, "Variables updated");
    cJSON_ArrayForEach (item, variables) {
        cJSON_AddItemToArray(keys, cJSON_CreateString(item->string));
    }
    return 0;
}

static int run_remove(struct work_job *job, struct err *e)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(job->body, "keys"), *item;
    cleanup_buf struct buf text = {0}, next = {0};
    cJSON *keys;
    int r = read_file(job, &text, e);

    if (r)
        return r;
    keys = reply_keys(job, "Variables removed");
    cJSON_ArrayForEach (item, names) {
        int n = envfile_remove(as_slice(&text), SLICE(item->valuestring), &next);

        if (n < 0)
            return cannot(job, item->valuestring, e);
        if (!n)
            continue;
        swap(&text, &next);
        cJSON_AddItemToArray(keys, cJSON_CreateString(item->valuestring));
    }
    if (!cJSON_GetArraySize(keys))
        return 0;
    return write_back(job, &text, e);
}

/* NULL, or what is wrong. */
static const char *check_variables(const cJSON *body)
{
    const cJSON *variables = cJSON_GetObjectItemCaseSensitive(body, "variables"), *item;
    int n = 0;

    if (!cJSON_IsObject(variables))
        return "variables is not an object";
    cJSON_ArrayForEach (item, variables) {
        if (!cJSON_IsString(item))
            return "a value is not a text";
        if (!envfile_name_valid(SLICE(item->string)) || strpbrk(item->string, ".-"))
            return "a name is not made of letters, digits and _";
        if (++n > ENV_KEYS_MAX)
            return "too many variables at once";
    }
    return NULL;
}

static const char *check_keys(const cJSON *body)
{
    const cJSON *keys = cJSON_GetObjectItemCaseSensitive(body, "keys"), *item;
    int n = 0;

    if (!cJSON_IsArray(keys))
        return "keys is not a list";
    cJSON_ArrayForEach (item, keys) {
        if (!cJSON_IsString(item))
            return "a key is not a text";
        if (++n > ENV_KEYS_MAX)
            return "too many keys at once";
    }
    return NULL;
}

static void change(struct http_request *r, struct daemon *d,
                   const char *(*check)(const cJSON *body),
                   int (*run)(struct work_job *job, struct err *e))
{
    struct work_job *job = job_for_file(r, d, run);
    const char *wrong;

    if (!job)
        return;
    job->serial = true;
    job->body = json_has_nul(http_body(r)) ? NULL : http_body_object(r);
    if (!job->body) {
        if (json_has_nul(http_body(r)))
            http_reply_error(r, 400, "no text may contain NUL");
        work_job_free(job);
        return;
    }
    wrong = check(job->body);
    if (wrong) {
        http_reply_error(r, 400, "%s", wrong);
        work_job_free(job);
        return;
    }
    work_start(job);
}

void api_env_update(struct http_request *r, void *user)
{
    change(r, user, check_variables, run_update);
}

void api_env_remove(struct http_request *r, void *user)
{
    change(r, user, check_keys, run_remove);
}
