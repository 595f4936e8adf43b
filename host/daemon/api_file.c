/* SPDX-License-Identifier: MIT
 *
 * /files (protocol.md section 2, Files): handlers read the request on the loop, the rest happens in
 * the pool. Bodies with contents are parsed there too: they may be large.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"
#include "host/daemon/jsoncut.h"
#include "host/daemon/jsonflow.h"
#include "host/daemon/jsontext.h"
#include "host/daemon/path.h"

#define BATCH_MAX        10000
#define BATCH_EVENTS_MAX 50 /* with more files one event stands for all */

/* --- the path of a request --- */

static void set_path(struct work_job *job, const char *path)
{
    job->path = path_resolve(job->cwd, path);
    job->shown = path_absolute(job->cwd, path);
}

static bool query_flag(const struct http_request *r, const char *name)
{
    cleanup_buf struct buf value = {0};

    return http_query_get(r, name, &value) && value.data &&
           (!strcmp(value.data, "true") || !strcmp(value.data, "1"));
}

/* A job for the file that the rest of the request's path names. */
static struct work_job *job_for_path(struct http_request *r, struct daemon *d,
                                     int (*run)(struct work_job *job, struct err *e))
{
    cleanup_buf struct buf path = {0};
    struct work_job *job;
    struct err e;

    if (http_param_decode(r, "path", &path, &e)) {
        http_reply_error(r, 400, "%s", e.text);
        return NULL;
    }
    if (!path.len) {
        http_reply_error(r, 400, "the path is missing");
        return NULL;
    }
    job = work_job(d, r, run);
    if (job)
        set_path(job, path.data);
    return job;
}

/* --- looking --- */

static int run_list(struct work_job *job, struct err *e)
{
    cJSON *data = work_reply(job, "Files"), *files;
    bool truncated = false;
    int r;

    json_add_bytes(data, "path", job->path, strlen(job->path));
    files = cJSON_AddArrayToObject(data, "files");
    r = file_list(work_path(job), files, &truncated, e);
    if (truncated)
        cJSON_AddBoolToObject(data, "truncated", true);
    return r;
}

void api_file_list(struct http_request *r, void *user)
{
    cleanup_buf struct buf path = {0};
    struct work_job *job = work_job(user, r, run_list);

    if (!job)
        return;
    http_query_get(r, "path", &path);
    set_path(job, path.len ? path.data : "/");
    work_start(job);
}

static void append_json(struct jsonflow *f, cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);

    if (!text)
        abort(); /* out of memory */
    jsonflow_add_text(f, text);
    free(text);
    cJSON_Delete(object);
}

/* As much of the file as it had when it was opened. The first piece is made here, so that what
 * cannot be read at all has its own status. */
static int get_content(struct work_job *job, struct err *e)
{
    struct jsonflow *f = jsonflow_create();
    struct stat st;
    int fd = file_open_regular(work_path(job), &st, e), r;

    job->flow = f;
    if (fd < 0)
        return fd;
    jsonflow_add_text(f, "{\"message\":\"File\",\"data\":{\"content\":\"");
    jsonflow_add_file(f, fd, st.st_size > 0 ? (uint64_t)st.st_size : FILE_SIZELESS_MAX);
    jsonflow_add_text(f, "\",\"file\":");
    append_json(f, file_info(job->path, &st));
    jsonflow_add_text(f, "}}");
    r = jsonflow_next(f, &job->text);
    if (r < 0)
        return file_error(e, -r, job->shown);
    if (!r)
        jsonflow_destroy(steal_pointer(&job->flow));
    return 0;
}

static int run_get(struct work_job *job, struct err *e)
{
    struct stat st;
    int r;

    if (job->flag)
        return get_content(job, e);
    r = file_stat(work_path(job), &st, e);
    if (!r)
        cJSON_AddItemToObject(work_reply(job, "File"), "file", file_info(job->path, &st));
    return r;
}

void api_file_get(struct http_request *r, void *user)
{
    struct daemon *d = user;
    struct work_job *job;

    if (!http_has_room(d->http)) {
        http_reply_error(r, 503, "too many large requests at once");
        return;
    }
    job = job_for_path(r, d, run_get);
    if (!job)
        return;
    job->flag = query_flag(r, "content");
    work_start(job);
}

static int run_head(struct work_job *job, struct err *e)
{
    struct stat st;

    return file_stat(work_path(job), &st, e);
}

void api_file_head(struct http_request *r, void *user)
{
    struct work_job *job = job_for_path(r, user, run_head);

    if (job)
        work_start(job);
}

/* --- events --- */

static void tell_written(struct work_job *job, const char *path, const struct stat *st)
{
    cJSON *data = work_event(job, "file.written");

    event_add_text(data, "path", path);
    cJSON_AddNumberToObject(data, "size", (double)st->st_size);
}

/* --- deleting --- */

static int run_delete(struct work_job *job, struct err *e)
{
    int r = file_delete(work_path(job), &job->d->work.stop, e);

    job->status = 204;
    if (!r)
        event_add_text(work_event(job, "file.deleted"), "path", job->path);
    return r;
}

void api_file_delete(struct http_request *r, void *user)
{
    struct work_job *job = job_for_path(r, user, run_delete);

    if (job)
        work_start(job);
}

/* --- writing --- */

#define WRITE_MIN_MS       35000
#define WRITE_BYTES_PER_MS ((int64_t)10 * 1024) /* of the slowest disk we wait for */

/* A job that goes through the whole body. */
static void start_write(struct http_request *r, struct daemon *d,
                        int (*run)(struct work_job *job, struct err *e))
{
    struct work_job *job = work_job(d, r, run);

    if (!job)
        return;
    http_set_timeout(r, WRITE_MIN_MS + (int64_t)http_body(r).len / WRITE_BYTES_PER_MS);
    work_start(job);
}

static int parse_body(struct work_job *job, struct json_cut *cut, struct err *e)
{
    int r = json_cut_parse(cut, http_body(job->request), e);

    if (r && e->code == ERR_LIMIT)
        e->http_status = 413;
    return r;
}

static int next_content(void *user, char *out, size_t cap, struct err *e)
{
    return json_text_decode(user, out, cap, e);
}

/* One file of a body: {path, content}. */
static int write_one(const struct json_cut *cut, const cJSON *item, struct file_path p,
                     struct stat *st, struct err *e)
{
    struct slice raw;
    bool bad;

    json_cut_content(cut, item, &raw, &bad);
    if (bad)
        return err_set(e, ERR_ARG, "content is not a text");
    return file_write(p, next_content, &raw, st, e);
}

static int run_write(struct work_job *job, struct err *e)
{
    struct json_cut cut;
    struct stat st = {0};
    const char *path;
    bool bad;
    int r = parse_body(job, &cut, e);

    if (r)
        return r;
    path = json_member_text(cut.root, "path", &bad);
    if (path) {
        set_path(job, path);
        r = write_one(&cut, cut.root, work_path(job), &st, e);
    } else {
        r = err_set(e, ERR_ARG, bad ? "path is not a text, or empty" : "path is missing");
    }
    json_cut_finish(&cut);
    if (r)
        return r;
    job->status = 201;
    tell_written(job, job->path, &st);
    cJSON_AddItemToObject(work_reply(job, "File written"), "file", file_info(job->path, &st));
    return 0;
}

void api_file_write(struct http_request *r, void *user)
{
    start_write(r, user, run_write);
}

/* --- many at once --- */

struct op {
    const cJSON *item; /* borrowed from the body */
    const char *given; /* its path, likewise */
    char *path;        /* owned; resolved */
    bool deletes;
    int order; /* in the request */
    struct stat st;
    struct err e;
    int result;
};

struct batch {
    struct op *ops; /* owned */
    int n;
};

static void batch_finish(struct batch *b)
{
    for (int i = 0; i < b->n; i++)
        free(b->ops[i].path);
    free(b->ops);
}

static int read_op(const struct work_job *job, const struct json_cut *cut, const cJSON *item,
                   struct op *op, struct err *e)
{
    const char *operation;
    struct slice raw;
    bool bad;

    op->item = item;
    op->given = json_member_text(item, "path", &bad);
    if (!op->given)
        return err_set(e, ERR_ARG, "each of files needs a path");
    operation = json_member_text(item, "operation", &bad);
    op->deletes = operation && !strcmp(operation, "delete");
    if (!operation || (!op->deletes && strcmp(operation, "write") != 0))
        return err_set(e, ERR_ARG, "operation is neither write nor delete: %s", op->given);
    json_cut_content(cut, item, &raw, &bad);
    if (bad)
        return err_set(e, ERR_ARG, "content is not a text: %s", op->given);
    op->path = path_resolve(job->cwd, op->given);
    return 0;
}

static int read_batch(const struct work_job *job, const struct json_cut *cut, struct batch *b,
                      struct err *e)
{
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(cut->root, "files"), *item;
    int n = cJSON_IsArray(files) ? cJSON_GetArraySize(files) : -1, r = 0;

    if (n < 0)
        return err_set(e, ERR_ARG, "files is not a list");
    if (n > BATCH_MAX)
        return err_set(e, ERR_ARG, "more than %d files at once", BATCH_MAX);
    b->ops = xcalloc((size_t)n + 1, sizeof *b->ops);
    cJSON_ArrayForEach (item, files) {
        b->ops[b->n].order = b->n;
        r = read_op(job, cut, item, &b->ops[b->n++], e);
        if (r)
            break;
    }
    return r;
}

static int by_path(const void *a, const void *b)
{
    const struct op *x = a, *y = b;
    int r = strcmp(x->path, y->path);

    return r ? r : x->order - y->order;
}

static int by_order(const void *a, const void *b)
{
    return ((const struct op *)a)->order - ((const struct op *)b)->order;
}

static void sort(struct batch *b, int (*compare)(const void *a, const void *b))
{
    if (b->n)
        qsort(b->ops, (size_t)b->n, sizeof *b->ops, compare);
}

/* The last one for each path stays. */
static void drop_doubles(struct batch *b)
{
    int n = 0;

    sort(b, by_path);
    for (int i = 0; i < b->n; i++) {
        if (i + 1 < b->n && !strcmp(b->ops[i].path, b->ops[i + 1].path))
            free(b->ops[i].path);
        else
            b->ops[n++] = b->ops[i];
    }
    b->n = n;
}

static void run_op(const struct work_job *job, const struct json_cut *cut, struct op *op)
{
    cleanup_free char *shown = path_absolute(job->cwd, op->given);
    struct file_path p = {op->path, shown};

    if (op->deletes)
        op->result = file_delete(p, &job->d->work.stop, &op->e);
    else
        op->result = write_one(cut, op->item, p, &op->st, &op->e);
}

static void report(struct work_job *job, const struct batch *b)
{
    cJSON *results = cJSON_AddArrayToObject(work_reply(job, "Batch done"), "results");

    for (int i = 0; i < b->n; i++) {
        const struct op *op = &b->ops[i];
        cJSON *o = cJSON_CreateObject();

        json_add_bytes(o, "path", op->given, strlen(op->given));
        cJSON_AddBoolToObject(o, "success", !op->result);
        if (op->result) {
            json_add_bytes(o, "error", op->e.text, strlen(op->e.text));
            job->status = 207;
        } else if (!op->deletes) {
            cJSON_AddItemToObject(o, "file", file_info(op->path, &op->st));
        }
        cJSON_AddItemToArray(results, o);
    }
}

/* Each, or of many how many. */
static void tell_batch(struct work_job *job, const struct batch *b)
{
    int n_written = 0, n_deleted = 0;
    cJSON *data;

    for (int i = 0; i < b->n; i++) {
        const struct op *op = &b->ops[i];

        if (op->result)
            continue;
        n_written += !op->deletes;
        n_deleted += op->deletes;
        if (b->n > BATCH_EVENTS_MAX)
            continue;
        if (op->deletes)
            event_add_text(work_event(job, "file.deleted"), "path", op->path);
        else
            tell_written(job, op->path, &op->st);
    }
    if (b->n <= BATCH_EVENTS_MAX)
        return;
    data = work_event(job, "file.batch");
    cJSON_AddNumberToObject(data, "written", n_written);
    cJSON_AddNumberToObject(data, "deleted", n_deleted);
}

/* In the order they were asked for: what is deleted and then written anew is there. */
static int run_batch(struct work_job *job, struct err *e)
{
    struct json_cut cut;
    struct batch b = {0};
    int r = parse_body(job, &cut, e);

    if (r)
        return r;
    r = read_batch(job, &cut, &b, e);
    if (!r) {
        drop_doubles(&b);
        sort(&b, by_order);
        for (int i = 0; i < b.n; i++)
            run_op(job, &cut, &b.ops[i]);
        sort(&b, by_path);
        report(job, &b);
        tell_batch(job, &b);
    }
    batch_finish(&b);
    json_cut_finish(&cut);
    return r;
}

void api_file_batch(struct http_request *r, void *user)
{
    start_write(r, user, run_batch);
}
