/* SPDX-License-Identifier: MIT
 *
 * Reading files byte for byte: each piece is a command, `dd | base64`, that also says the file's
 * size and time, so that a change is noticed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/fields.h"
#include "client/file_internal.h"

struct get {
    char *path; /* owned */
    struct file_get_options o;
    struct file_version version;
    int64_t done, total;
    bool is_known;
    /* Of file_load. */
    struct buf loaded;
    file_load_cb on_load;
    void *user;
};

static void get_free(void *state)
{
    struct get *g = state;

    free(g->path);
    buf_finish(&g->loaded);
    free(g);
}

static void get_script(const struct get *g, struct buf *script)
{
    file_set_variable(script, "f", g->path);
    buf_printf(script,
               "[ -e \"$f\" ] || exit %d; [ -f \"$f\" ] || exit %d; [ -r \"$f\" ] || exit %d; "
               "stat -Lc '%%s %%Y %%a' -- \"$f\" || exit; ",
               FILE_EXIT_NONE, FILE_EXIT_KIND, FILE_EXIT_DENIED);
    if (g->o.max_bytes) /* reading all of it for nothing may take long */
        buf_printf(script, "[ \"$(stat -Lc %%s -- \"$f\")\" -le %lld ] || exit 0; ",
                   (long long)g->o.max_bytes);
    if (g->on_load)
        buf_append_str(script, "cksum <\"$f\" || exit; ");
    buf_printf(script, "dd if=\"$f\" bs=%u skip=%lld count=1 2>/dev/null | base64",
               FILE_PIECE_BYTES, (long long)(g->done / FILE_PIECE_BYTES));
}

/* "size time mode": what it is, and that it is what it was. */
static int take_stat(struct get *g, const char *line, struct err *e)
{
    long long size = -1, modified_s = 0;
    unsigned mode = 0;

    if (sscanf(line, "%lld %lld %o", &size, &modified_s, &mode) < 3 || size < 0)
        return err_set(e, ERR_PROTOCOL, "%.200s: the sandbox's stat says something else", g->path);
    if (g->is_known && (g->total != size || g->version.modified_s != modified_s))
        return err_set(e, ERR_CONFLICT, "%.200s: changed while it was read", g->path);
    g->is_known = true;
    g->total = size;
    g->version.modified_s = modified_s;
    g->version.mode = (int)(mode & 07777);
    return 0;
}

static int take_check(struct get *g, const char **text, struct err *e)
{
    size_t n = strcspn(*text, "\n");
    char check[sizeof g->version.check];

    if (!g->on_load)
        return 0;
    snprintf(check, sizeof check, "%.*s", (int)n, *text);
    if (g->version.check[0] && strcmp(g->version.check, check) != 0)
        return err_set(e, ERR_CONFLICT, "%.200s: changed while it was read", g->path);
    memcpy(g->version.check, check, sizeof check);
    *text += n + ((*text)[n] == '\n');
    return 0;
}

static int check_length(const struct get *g, size_t n_piece, struct err *e)
{
    int64_t end = g->done + (int64_t)n_piece;

    if (g->o.max_bytes && (end > g->o.max_bytes || g->total > g->o.max_bytes))
        return err_set(e, ERR_LIMIT, "%.200s is longer than %lld bytes", g->path,
                       (long long)g->o.max_bytes);
    /* Files of /proc say 0 and are longer. */
    if (g->total && (end > g->total || (n_piece < FILE_PIECE_BYTES && end < g->total)))
        return err_set(e, ERR_CONFLICT, "%.200s: changed while it was read", g->path);
    return 0;
}

static int take_piece(struct remote_call *c, const cJSON *data, size_t *n_piece, struct err *e)
{
    struct get *g = c->state;
    const char *text = field_text(data, "stdout");
    cleanup_buf struct buf bytes = {0};
    int result = take_stat(g, text, e);

    text += strcspn(text, "\n");
    text += *text == '\n';
    if (!result)
        result = take_check(g, &text, e);
    if (!result && (file_decode(&bytes, text, strlen(text), NULL) || bytes.len > FILE_PIECE_BYTES))
        result = err_set(e, ERR_PROTOCOL, "%.200s: the sandbox's base64 is none", g->path);
    if (!result)
        result = check_length(g, bytes.len, e);
    if (result)
        return result;
    *n_piece = bytes.len;
    g->done += (int64_t)bytes.len;
    result = bytes.len ? g->o.sink(c->user, bytes.data, bytes.len) : 0;
    return result < 0 ? err_set_errno(e, -result, "%.200s", g->path) : 0;
}

static void on_piece(struct remote_call *c, const cJSON *data, const struct err *failure)
{
    struct get *g = c->state;
    size_t n_piece = 0;
    struct err e;
    int result = file_script_result(data, failure, g->path, &e);

    if (!result)
        result = take_piece(c, data, &n_piece, &e);
    if (c->request.is_over)
        return;
    if (!result && g->o.on_progress)
        g->o.on_progress(c->user, &(struct file_progress){g->done, g->total ? g->total : -1});
    if (c->request.is_over)
        return;
    if (!result && n_piece == FILE_PIECE_BYTES && (!g->total || g->done < g->total)) {
        struct buf script = {0};

        get_script(g, &script);
        file_call_script(c, &script, on_piece);
        return;
    }
    ((file_done_cb)c->cb)(c->user, result ? NULL : &g->version, result ? &e : NULL);
}

static struct request *get_start(struct remote *r, struct get *g, file_done_cb cb, void *user)
{
    struct buf script = {0};
    struct err e;
    bool good = !file_check_path(g->path, &e);

    get_script(g, &script);
    struct remote_call *c = file_script(r, &script, on_piece, (call_cb)cb, user);

    c->state = g;
    c->on_free = get_free;
    return good ? call_start(c) : call_fail(c, &e);
}

struct request *file_get(struct remote *r, const struct file_get_options *o, file_done_cb cb,
                         void *user)
{
    struct get *g = xcalloc(1, sizeof *g);

    g->path = xstrdup(o->path);
    g->o = *o;
    g->o.path = g->path;
    return get_start(r, g, cb, user);
}

/* --- into memory --- */

static int load_sink(void *user, const char *bytes, size_t n)
{
    buf_append(&((struct get *)user)->loaded, bytes, n);
    return 0;
}

static void on_loaded(void *user, const struct file_version *v, const struct err *e)
{
    struct get *g = user;

    g->on_load(g->user,
               e                ? NULL
               : g->loaded.data ? g->loaded.data
                                : "",
               e ? 0 : g->loaded.len, v, e);
}

struct request *file_load(struct remote *r, const char *path, file_load_cb cb, void *user)
{
    struct get *g = xcalloc(1, sizeof *g);

    g->path = xstrdup(path);
    g->o = (struct file_get_options){
        .path = g->path, .sink = load_sink, .max_bytes = (int64_t)FILE_LOAD_MAX};
    g->on_load = cb;
    g->user = user;
    return get_start(r, g, on_loaded, g);
}
