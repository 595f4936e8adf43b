/* SPDX-License-Identifier: MIT
 *
 * Writing files byte for byte.
 *
 * What is small is one command with the bytes in a here-document. Else each piece goes as base64
 * text into a file beside the target (file API) and from there, decoded, to the end of a temporary
 * file (command). At last the temporary file is given its mode and renamed, if the target still is
 * what it was taken for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "client/fields.h"
#include "client/file_internal.h"
#include "wire/base64.h"

/* Of a script with the bytes inside: one argument of execve(2) is 128 KiB. */
#define INLINE_MAX ((size_t)72 << 10)

struct put {
    char *path, *temp, *piece; /* owned */
    struct file_put_options o;
    struct file_version expected, version;
    bool has_expected, has_temp, is_done;
    int64_t done;
    struct buf next; /* of the source, not sent yet */
    bool is_at_end;
    struct remote *remote; /* borrowed from the call */
    /* Of file_save. */
    struct buf saved;
    size_t saved_at;
    file_done_cb on_save;
    void *user;
};

static void on_removed(struct remote_call *c, const cJSON *data, const struct err *e)
{
}

/* What was begun and is not wanted any more; once more a while later, since the host may still be
 * at the leg that was cancelled. */
static void put_clean(const struct put *p)
{
    struct buf script = {0};

    if (!p->has_temp || p->is_done || p->remote->is_gone)
        return;
    file_set_variable(&script, "t", p->temp);
    file_set_variable(&script, "p", p->piece);
    buf_append_str(&script, "rm -f -- \"$t\" \"$p\"; "
                            "(sleep 2; rm -f -- \"$t\" \"$p\") </dev/null >/dev/null 2>&1 &");
    call_start(file_script(p->remote, &script, on_removed, NULL, NULL));
}

static void put_free(void *state)
{
    struct put *p = state;

    put_clean(p);
    free(p->path);
    free(p->temp);
    free(p->piece);
    buf_finish(&p->next);
    buf_finish(&p->saved);
    free(p);
}

/* Fills `next` up to a piece. */
static int read_source(struct remote_call *c, struct err *e)
{
    struct put *p = c->state;

    while (!p->is_at_end && p->next.len < FILE_PIECE_BYTES) {
        size_t room = FILE_PIECE_BYTES - p->next.len;
        long n = p->o.source(c->user, buf_reserve(&p->next, room), room);

        if (n < 0)
            return err_set_errno(e, (int)-n, "%.200s", p->path);
        p->next.len += (size_t)n;
        p->is_at_end = !n;
    }
    if (p->o.max_bytes && p->done + (int64_t)p->next.len > p->o.max_bytes)
        return err_set(e, ERR_LIMIT, "%.200s: more than %lld bytes", p->path,
                       (long long)p->o.max_bytes);
    return 0;
}

/* --- scripts --- */

/* Before anything is written; t is the temporary file, f the target (of a link: where it leads). */
static void script_begin(const struct put *p, struct buf *script)
{
    file_set_variable(script, "f", p->path);
    file_set_variable(script, "t", p->temp);
    buf_printf(script,
               "u=$(umask); umask 077; [ ! -L \"$f\" ] || f=$(readlink -f -- \"$f\") || exit; "
               "[ ! -e \"$f\" ] || [ -f \"$f\" ] || exit %d; ",
               FILE_EXIT_KIND);
}

/* Gives the temporary file its mode and its name, and says what the file is then. */
static void script_end(const struct put *p, struct buf *script)
{
    if (p->has_expected && p->expected.check[0]) {
        file_set_variable(script, "v", p->expected.check);
        buf_printf(script, "[ \"$(cksum <\"$f\")\" = \"$v\" ] || { rm -f -- \"$t\"; exit %d; }; ",
                   FILE_EXIT_CONFLICT);
    } else if (p->has_expected) {
        buf_printf(script, "[ ! -e \"$f\" ] || { rm -f -- \"$t\"; exit %d; }; ",
                   FILE_EXIT_CONFLICT);
    }
    if (p->o.mode >= 0)
        buf_printf(script, "m=%o; ", (unsigned)p->o.mode & 07777);
    else
        buf_append_str(script, "m=$(stat -c %a -- \"$f\" 2>/dev/null) || "
                               "m=$(printf %o $((0666 & ~u))); ");
    buf_append_str(script, "[ -z \"$m\" ] || chmod \"$m\" \"$t\" || exit; "
                           "mv -f -- \"$t\" \"$f\" || { rm -f -- \"$t\"; exit 1; }; "
                           "cksum <\"$f\"; stat -c '%Y %a' -- \"$f\"");
}

static void take_version(struct put *p, const char *text)
{
    size_t n = strcspn(text, "\n");
    long long modified_s = 0;
    unsigned mode = 0;

    snprintf(p->version.check, sizeof p->version.check, "%.*s", (int)n, text);
    p->version.mode = -1;
    if (text[n] && sscanf(text + n + 1, "%lld %o", &modified_s, &mode) == 2) {
        p->version.modified_s = modified_s;
        p->version.mode = (int)(mode & 07777);
    }
}

/* --- legs --- */

static void put_end(struct remote_call *c, const struct err *e)
{
    struct put *p = c->state;

    p->is_done = !e;
    ((file_done_cb)c->cb)(c->user, e ? NULL : &p->version, e);
}

static void put_progress(struct remote_call *c)
{
    const struct put *p = c->state;

    if (p->o.on_progress)
        p->o.on_progress(c->user, &(struct file_progress){p->done, p->o.total});
}

static void on_renamed(struct remote_call *c, const cJSON *data, const struct err *failure)
{
    struct put *p = c->state;
    struct err e;

    if (file_script_result(data, failure, p->path, &e)) {
        put_end(c, &e);
        return;
    }
    take_version(p, field_text(data, "stdout"));
    p->done += (int64_t)p->next.len; /* of the one that went inside the script */
    put_progress(c);
    if (!c->request.is_over)
        put_end(c, NULL);
}

static void send_inline(struct remote_call *c)
{
    struct put *p = c->state;
    struct buf script = {0};

    script_begin(p, &script);
    buf_append_str(
        &script,
        "(umask $u; mkdir -p -- \"$(dirname -- \"$f\")\") || exit; base64 -d >\"$t\" <<'E' "
        "|| { rm -f -- \"$t\"; exit 1; }\n");
    base64_encode(&script, p->next.data ? p->next.data : "", p->next.len);
    buf_append_str(&script, "\nE\n");
    script_end(p, &script);
    file_call_script(c, &script, on_renamed);
}

static void send_piece(struct remote_call *c);

static void on_appended(struct remote_call *c, const cJSON *data, const struct err *failure)
{
    struct put *p = c->state;
    struct err e;

    if (file_script_result(data, failure, p->path, &e)) {
        put_end(c, &e);
        return;
    }
    p->done += (int64_t)p->next.len;
    buf_clear(&p->next);
    put_progress(c);
    if (c->request.is_over)
        return;
    if (read_source(c, &e)) {
        put_end(c, &e);
    } else if (p->next.len) {
        send_piece(c);
    } else {
        struct buf script = {0};

        script_begin(p, &script);
        script_end(p, &script);
        file_call_script(c, &script, on_renamed);
    }
}

static void on_piece(struct remote_call *c, const cJSON *data, const struct err *failure)
{
    struct put *p = c->state;
    struct buf script = {0};

    if (failure) {
        put_end(c, failure);
        return;
    }
    script_begin(p, &script);
    file_set_variable(&script, "p", p->piece);
    buf_printf(&script, "base64 -d <\"$p\" >%s\"$t\" || exit; rm -f -- \"$p\"", p->done ? ">" : "");
    file_call_script(c, &script, on_appended);
}

static void send_piece(struct remote_call *c)
{
    struct put *p = c->state;
    cleanup_buf struct buf text = {0};
    cJSON *body = cJSON_CreateObject();

    p->has_temp = true;
    base64_encode(&text, p->next.data, p->next.len);
    cJSON_AddStringToObject(body, "path", p->piece);
    cJSON_AddStringToObject(body, "content", text.data);
    call_again(c, "POST", xstrdup("/files"), body, on_piece);
}

/* The first leg asks nothing of importance: the source is read when the sandbox is known to answer.
 */
static void on_begun(struct remote_call *c, const cJSON *data, const struct err *failure)
{
    struct put *p = c->state;
    struct err e;
    int result = file_script_result(data, failure, p->path, &e);

    if (!result)
        result = read_source(c, &e);
    if (result)
        put_end(c, &e);
    else if (p->is_at_end && p->next.len <= INLINE_MAX)
        send_inline(c);
    else
        send_piece(c);
}

static struct put *put_create(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct put *p = xcalloc(1, sizeof *p);
    char name[17];

    random_name(name, 16);
    p->path = xstrdup(path);
    p->temp = xasprintf("%.*s/" FILE_TEMP "%s", slash ? (int)(slash - path) : 0, path, name);
    p->piece = xasprintf("%s.b64", p->temp);
    return p;
}

static struct request *put_start(struct remote *r, struct put *p, file_done_cb cb, void *user)
{
    struct buf script = {0};
    struct err e;
    bool good = !file_check_path(p->path, &e);

    script_begin(p, &script);
    buf_append_str(&script, ":");
    struct remote_call *c = file_script(r, &script, on_begun, (call_cb)cb, user);

    p->remote = r;
    c->state = p;
    c->on_free = put_free;
    return good ? call_start(c) : call_fail(c, &e);
}

struct request *file_put(struct remote *r, const struct file_put_options *o, file_done_cb cb,
                         void *user)
{
    struct put *p = put_create(o->path);

    p->o = *o;
    if (o->expected) {
        p->expected = *o->expected;
        p->has_expected = true;
    }
    return put_start(r, p, cb, user);
}

/* --- from memory --- */

static long save_source(void *user, char *out, size_t cap)
{
    struct put *p = user;
    size_t n = p->saved.len - p->saved_at;

    n = n < cap ? n : cap;
    if (n)
        memcpy(out, p->saved.data + p->saved_at, n);
    p->saved_at += n;
    return (long)n;
}

static void on_saved(void *user, const struct file_version *v, const struct err *e)
{
    struct put *p = user;

    p->on_save(p->user, v, e);
}

struct request *file_save(struct remote *r, const char *path, const char *bytes, size_t n,
                          const struct file_version *expected, file_done_cb cb, void *user)
{
    struct put *p = put_create(path);

    p->o = (struct file_put_options){.source = save_source, .total = (int64_t)n, .mode = -1};
    if (expected) {
        p->expected = *expected;
        p->has_expected = true;
    }
    buf_append(&p->saved, bytes, n);
    p->on_save = cb;
    p->user = user;
    return put_start(r, p, on_saved, p);
}
