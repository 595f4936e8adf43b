/* SPDX-License-Identifier: MIT
 *
 * Transfers: the tree is listed, then its entries are made one after the other, folders first, then
 * files, then links. Small files, folders and links travel in groups, one command each; a large
 * file goes through file_get or file_put.
 *
 *   start → list (there: a command; here: a thread) → step → step … → on_done
 */
#include "client/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "client/fields.h"
#include "client/file.h"
#include "client/file_internal.h"
#include "client/transfer_internal.h"

/* The listing of this machine's files outlives a cancelled transfer until its thread is done. */
struct local_listing {
    uv_work_t work;
    struct transfer *transfer; /* NULL: cancelled */
    struct client *client;     /* held */
    struct entries entries;
    char *root;
    bool is_recursive;
    struct err error;
};

struct transfer {
    struct remote *remote; /* held */
    struct client *client; /* held */
    struct transfer_options o;
    void *user;
    char *local, *there; /* owned */
    struct entries entries;
    size_t next, n_group; /* the entry under way, and how many go with it */
    struct transfer_progress progress;
    int64_t before_bytes; /* done before the file under way */
    struct request *asking;
    struct local_listing *listing;
    uv_timer_t timer;
    struct buf script; /* of the group under way */
    int fd;            /* of the large file under way, or -1 */
    char *temp;        /* where it is written */
    bool is_over;
};

static void step(struct transfer *t);

/* --- the end --- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct transfer *t = handle->data;
    struct client *c = t->client;

    entries_finish(&t->entries);
    buf_finish(&t->script);
    free(t->local);
    free(t->there);
    free(t);
    client_drop(c);
}

void transfer_cancel(struct transfer *t)
{
    if (!t || t->is_over)
        return;
    t->is_over = true;
    request_cancel(steal_pointer(&t->asking));
    if (t->listing)
        steal_pointer(&t->listing)->transfer = NULL;
    if (t->fd >= 0)
        close(steal_fd(&t->fd));
    if (t->temp)
        unlink(t->temp);
    free(steal_pointer(&t->temp));
    uv_close((uv_handle_t *)&t->timer, on_timer_closed);
    /* Not in the callback: a client that ends before it would end the remote's requests first. */
    remote_release(t->remote);
}

static void end(struct transfer *t, const struct err *e)
{
    struct err told = e ? *e : (struct err){0};

    if (t->is_over)
        return;
    t->progress.path = "";
    t->o.on_done(t->user, &t->progress, e ? &told : NULL);
    transfer_cancel(t);
}

static void tell_progress(struct transfer *t)
{
    const struct entry *entry = t->next < t->entries.n ? &t->entries.all[t->next] : NULL;

    t->progress.path = entry ? entry->path : "";
    if (t->o.on_progress)
        t->o.on_progress(t->user, &t->progress);
}

static void note(struct transfer *t, const char *text)
{
    if (t->o.on_note && !t->is_over)
        t->o.on_note(t->user, text);
}

static char *local_path(const struct transfer *t, const struct entry *entry)
{
    return *entry->path ? xasprintf("%s/%s", t->local, entry->path) : xstrdup(t->local);
}

static char *remote_path(const struct transfer *t, const struct entry *entry)
{
    const char *slash = t->there[strlen(t->there) - 1] == '/' ? "" : "/";

    return *entry->path ? xasprintf("%s%s%s", t->there, slash, entry->path) : xstrdup(t->there);
}

/* n entries from t->next on are made. */
static void advance(struct transfer *t, size_t n)
{
    for (size_t i = t->next; i < t->next + n; i++) {
        t->progress.files_done++;
        if (t->entries.all[i].kind == ENTRY_FILE)
            t->progress.bytes_done += t->entries.all[i].size;
    }
    t->next += n;
    tell_progress(t);
    if (!t->is_over)
        step(t);
}

/* --- commands --- */

static void run_script(struct transfer *t, struct buf *script,
                       void (*on_answer)(struct remote_call *c, const cJSON *data,
                                         const struct err *e))
{
    t->asking = call_start(file_script(t->remote, script, on_answer, NULL, t));
}

static void on_made(struct remote_call *c, const cJSON *data, const struct err *failure)
{
    struct transfer *t = c->user;
    struct err e;

    t->asking = NULL;
    if (file_script_result(data, failure, t->there, &e))
        end(t, &e);
    else
        advance(t, t->n_group);
}

/* --- to the sandbox --- */

/* What of a group the file API can carry byte for byte: texts. It takes no process there, and the
 * others take three each. */
struct batch {
    struct file_operation *all; /* owned, as are the texts in it */
    const struct entry **entries;
    size_t n;
};

static void batch_finish(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        free((char *)b->all[i].path);
        free((char *)b->all[i].text);
    }
    free(b->all);
    free(b->entries);
}

static int add_file(struct transfer *t, struct buf *script, struct batch *b,
                    const struct entry *entry, struct err *e)
{
    cleanup_free char *path = local_path(t, entry);
    struct buf bytes = {0};
    int result = local_read_whole(path, (size_t)SMALL_MAX, &bytes, e);
    const char *text = bytes.data ? bytes.data : "";

    if (!result && utf8_valid(text, bytes.len) && strlen(text) == bytes.len) {
        b->entries[b->n] = entry;
        b->all[b->n].path = remote_path(t, entry);
        b->all[b->n++].text = buf_steal(&bytes);
    } else if (!result) {
        script_add_file(script, entry, text, bytes.len);
    }
    buf_finish(&bytes);
    return result;
}

static int add_to_group(struct transfer *t, struct buf *script, struct batch *b,
                        const struct entry *entry, struct err *e)
{
    if (entry->kind == ENTRY_FOLDER)
        script_add_folder(script, entry);
    else if (entry->kind == ENTRY_LINK)
        script_add_link(script, entry);
    else
        return add_file(t, script, b, entry, e);
    return 0;
}

static void on_batch(void *user, const struct file_result *all, size_t n, const struct err *failure)
{
    struct transfer *t = user;
    struct err e;
    size_t i = 0;

    t->asking = NULL;
    while (i < n && all[i].is_done)
        i++;
    if (failure) {
        end(t, failure);
    } else if (i < n) {
        err_set(&e, ERR_IO, "%.200s: %.200s", all[i].path, all[i].error);
        end(t, &e);
    } else {
        run_script(t, &t->script, on_made);
    }
}

static void send_group(struct transfer *t)
{
    struct batch b = {.all = xcalloc(t->n_group, sizeof *b.all),
                      .entries = xcalloc(t->n_group, sizeof(void *))};
    struct err e;
    int result = 0;

    buf_finish(&t->script);
    script_begin_make(&t->script, t->there);
    for (size_t i = 0; i < t->n_group && !result; i++)
        result = add_to_group(t, &t->script, &b, &t->entries.all[t->next + i], &e);
    script_add_modes(&t->script, b.entries, b.n);
    script_end_make(&t->script);
    if (result)
        end(t, &e);
    else if (b.n)
        t->asking = file_batch(t->remote, b.all, b.n, on_batch, t);
    else
        run_script(t, &t->script, on_made);
    batch_finish(&b);
}

static long read_large(void *user, char *out, size_t cap)
{
    const struct transfer *t = user;
    ssize_t n = read(t->fd, out, cap);

    return n < 0 ? -errno : n;
}

static void on_large_progress(void *user, const struct file_progress *p)
{
    struct transfer *t = user;

    t->progress.bytes_done = t->before_bytes + p->done;
    tell_progress(t);
}

static void on_large_sent(void *user, const struct file_version *v, const struct err *e)
{
    struct transfer *t = user;

    t->asking = NULL;
    close(steal_fd(&t->fd));
    t->progress.bytes_done = t->before_bytes;
    if (e)
        end(t, e);
    else
        advance(t, 1);
}

static void send_large(struct transfer *t, const struct entry *entry)
{
    cleanup_free char *from = local_path(t, entry), *to = remote_path(t, entry);
    struct file_put_options o = {.path = to,
                                 .source = read_large,
                                 .on_progress = on_large_progress,
                                 .total = entry->size,
                                 .mode = entry->mode};
    struct err e;

    t->fd = open(from, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (t->fd < 0) {
        err_set_errno(&e, errno, "%.300s", from);
        end(t, &e);
        return;
    }
    t->before_bytes = t->progress.bytes_done;
    t->asking = file_put(t->remote, &o, on_large_sent, t);
}

/* --- to this machine --- */

static int write_small(const char *path, const struct entry *entry, const struct buf *bytes,
                       struct err *e)
{
    cleanup_free char *temp = NULL;
    int fd = local_create(path, &temp, e), result;

    if (fd < 0)
        return -ERR_IO;
    result = local_write(fd, bytes->data ? bytes->data : "", bytes->len);
    if (result < 0) {
        close(fd);
        unlink(temp);
        return err_set_errno(e, -result, "%.300s", path);
    }
    return local_commit(fd, temp, path, entry->mode, e);
}

static int take_small(struct transfer *t, const struct entry *entry, const char **answer,
                      struct err *e)
{
    cleanup_free char *path = local_path(t, entry);
    cleanup_buf struct buf bytes = {0};
    int result = script_next_file(answer, &bytes, e);

    if (result == 1) {
        cleanup_free char *text = xasprintf("%s: could not be read", entry->path);

        note(t, text);
        return 0;
    }
    return result ? result : write_small(path, entry, &bytes, e);
}

static void on_small(struct remote_call *c, const cJSON *data, const struct err *failure)
{
    struct transfer *t = c->user;
    const char *text = field_text(data, "stdout");
    struct err e;
    int result = file_script_result(data, failure, t->there, &e);

    t->asking = NULL;
    for (size_t i = 0; i < t->n_group && !result && !t->is_over; i++)
        result = take_small(t, &t->entries.all[t->next + i], &text, &e);
    if (result)
        end(t, &e);
    else if (!t->is_over)
        advance(t, t->n_group);
}

static int write_large(void *user, const char *bytes, size_t n)
{
    return local_write(((struct transfer *)user)->fd, bytes, n);
}

static void on_large_got(void *user, const struct file_version *v, const struct err *failure)
{
    struct transfer *t = user;
    const struct entry *entry = &t->entries.all[t->next];
    cleanup_free char *path = local_path(t, entry);
    cleanup_free char *temp = steal_pointer(&t->temp);
    struct err e;
    int result;

    t->asking = NULL;
    t->progress.bytes_done = t->before_bytes;
    if (failure) {
        close(steal_fd(&t->fd));
        unlink(temp);
        end(t, failure);
        return;
    }
    result = local_commit(steal_fd(&t->fd), temp, path, entry->mode, &e);
    if (result)
        end(t, &e);
    else
        advance(t, 1);
}

static void get_large(struct transfer *t, const struct entry *entry)
{
    cleanup_free char *from = remote_path(t, entry), *to = local_path(t, entry);
    struct file_get_options o = {
        .path = from, .sink = write_large, .on_progress = on_large_progress};
    struct err e;

    t->fd = local_create(to, &t->temp, &e);
    if (t->fd < 0) {
        end(t, &e);
        return;
    }
    t->before_bytes = t->progress.bytes_done;
    t->asking = file_get(t->remote, &o, on_large_got, t);
}

static void make_here(struct transfer *t)
{
    struct err e;
    int result = 0;

    for (size_t i = 0; i < t->n_group && !result; i++) {
        const struct entry *entry = &t->entries.all[t->next + i];
        cleanup_free char *path = local_path(t, entry);

        result = entry->kind == ENTRY_FOLDER ? local_make_folder(path, entry->mode, &e)
                                             : local_make_link(path, entry->link, &e);
    }
    if (result)
        end(t, &e);
    else
        advance(t, t->n_group);
}

static void get_group(struct transfer *t)
{
    struct buf script = {0};

    if (t->entries.all[t->next].kind != ENTRY_FILE) {
        make_here(t);
        return;
    }
    script_read_files(&script, t->there, &t->entries.all[t->next], t->n_group);
    run_script(t, &script, on_small);
}

/* --- the row of entries --- */

static void on_turn(uv_timer_t *timer)
{
    struct transfer *t = timer->data;
    const struct entry *entry = &t->entries.all[t->next];

    t->n_group = 1;
    if (entry->kind != ENTRY_FILE || (entry->size <= SMALL_MAX && *entry->path))
        t->n_group = script_group(&t->entries, t->next);
    else {
        (t->o.is_upload ? send_large : get_large)(t, entry);
        return;
    }
    (t->o.is_upload ? send_group : get_group)(t);
}

/* From the loop each time: what happens here may take as long as writing 1 MiB. */
static void step(struct transfer *t)
{
    if (t->next == t->entries.n)
        end(t, NULL);
    else
        uv_timer_start(&t->timer, on_turn, 0, 0);
}

static void begin(struct transfer *t)
{
    char *line, *rest = t->entries.notes;

    while (rest && *rest && !t->is_over) {
        line = rest;
        rest += strcspn(rest, "\n");
        *rest++ = '\0';
        note(t, line);
    }
    if (t->is_over)
        return;
    t->progress.files_total = t->entries.n;
    for (size_t i = 0; i < t->entries.n; i++)
        t->progress.bytes_total +=
            t->entries.all[i].kind == ENTRY_FILE ? t->entries.all[i].size : 0;
    tell_progress(t);
    if (!t->is_over)
        step(t);
}

/* --- listing --- */

static void on_scanned(struct remote_call *c, const cJSON *data, const struct err *failure)
{
    struct transfer *t = c->user;
    const char *text = field_text(data, "stdout");
    struct err e;
    int result = file_script_result(data, failure, t->there, &e);

    t->asking = NULL;
    if (!result)
        result = script_read_scan(&t->entries, text, strlen(text), t->o.is_recursive, t->there, &e);
    if (result)
        end(t, &e);
    else
        begin(t);
}

static void on_work(uv_work_t *work)
{
    struct local_listing *l = work->data;

    l->error = (struct err){0};
    local_scan(&l->entries, l->root, l->is_recursive, &l->error);
}

static void on_worked(uv_work_t *work, int status)
{
    struct local_listing *l = work->data;
    struct transfer *t = l->transfer;
    struct client *c = l->client;

    if (t) {
        t->listing = NULL;
        t->entries = l->entries;
        l->entries = (struct entries){0};
        if (l->error.code)
            end(t, &l->error);
        else
            begin(t);
    }
    entries_finish(&l->entries);
    free(l->root);
    free(l);
    client_drop(c);
}

static void list_here(struct transfer *t)
{
    struct local_listing *l = xcalloc(1, sizeof *l);

    l->transfer = t;
    l->client = t->client;
    l->root = xstrdup(t->local);
    l->is_recursive = t->o.is_recursive;
    l->work.data = l;
    t->listing = l;
    client_hold(l->client);
    uv_queue_work(l->client->loop, &l->work, on_work, on_worked);
}

static void on_begin(uv_timer_t *timer)
{
    struct transfer *t = timer->data;
    struct buf script = {0};
    struct err e;

    if (file_check_path(t->there, &e)) {
        end(t, &e);
    } else if (t->o.is_upload) {
        list_here(t);
    } else {
        script_scan(&script, t->there);
        run_script(t, &script, on_scanned);
    }
}

struct transfer *transfer_start(struct remote *r, const struct transfer_options *o, void *user)
{
    struct transfer *t = xcalloc(1, sizeof *t);

    t->remote = r;
    t->client = r->client;
    t->o = *o;
    t->user = user;
    t->local = xstrdup(o->local);
    t->there = xstrdup(o->remote);
    t->fd = -1;
    remote_hold(r);
    client_hold(r->client);
    uv_timer_init(r->client->loop, &t->timer);
    t->timer.data = t;
    uv_timer_start(&t->timer, on_begin, 0, 0);
    return t;
}
