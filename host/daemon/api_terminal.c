/* SPDX-License-Identifier: MIT
 *
 * Terminals over HTTP.
 */
#include <string.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"
#include "host/daemon/session.h"
#include "vterm/term.h"

static bool get_text(const cJSON *body, const char *name, const char **text)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, name);

    *text = cJSON_IsString(item) && *item->valuestring ? item->valuestring : NULL;
    return !item || cJSON_IsString(item) || cJSON_IsNull(item);
}

static bool get_size(const cJSON *body, const char *name, int *size)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, name);
    double n = cJSON_IsNumber(item) ? item->valuedouble : 0;

    if (item && !cJSON_IsNull(item) && !(n >= 1 && n <= 65535))
        return false;
    *size = (int)(n > TERM_SIZE_MAX ? TERM_SIZE_MAX : n);
    return true;
}

static const char *read_options(const cJSON *body, struct terminal_options *o)
{
    const char *encoding;

    if (!get_text(body, "shell", &o->shell) || (o->shell && o->shell[0] != '/'))
        return "shell is not an absolute path";
    if (!get_text(body, "cwd", &o->cwd))
        return "cwd is not a text";
    if (!get_text(body, "encoding", &encoding) ||
        (encoding && strcmp(encoding, "raw") != 0 && strcmp(encoding, "base64") != 0))
        return "encoding is neither raw nor base64";
    if (!get_size(body, "cols", &o->cols) || !get_size(body, "rows", &o->rows))
        return "cols and rows are numbers from 1 to 65535";
    o->base64 = encoding && !strcmp(encoding, "base64");
    return NULL;
}

static void reply_terminal(struct http_request *r, int status, const char *message,
                           const struct terminal *t)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "message", message);
    cJSON_AddItemToObject(o, "data", terminal_info(t));
    http_reply_json(r, status, o);
}

static void create(struct http_request *r, struct daemon *d, const cJSON *body)
{
    const cJSON *pty = cJSON_GetObjectItemCaseSensitive(body, "pty");
    struct terminal_options options = {0};
    const char *wrong = read_options(body, &options);
    struct terminal *t;
    struct err e;

    if (pty && !cJSON_IsBool(pty) && !cJSON_IsNull(pty))
        wrong = "pty is not true or false";
    if (wrong) {
        http_reply_error(r, 400, "%s", wrong);
        return;
    }
    t = cJSON_IsTrue(pty) ? terminal_create_pty(d, &options, &e)
                          : terminal_create_exec(d, false, &e);
    if (t)
        reply_terminal(r, 201, "Terminal created", t);
    else
        http_reply_error(r,
                         e.code == ERR_LIMIT       ? 429
                         : e.code == ERR_NOT_FOUND ? 400
                                                   : 500,
                         "%s", e.text);
}

/* A frozen terminal would mean little if its guest could just take another one. */
static bool is_frozen(struct http_request *r, struct daemon *d)
{
    const struct terminal *t;

    if (http_who(r)->access >= HTTP_OWNER)
        return false;
    for (t = d->terminals.by_id; t; t = t->hh.next) {
        cleanup_free char *why = NULL;

        if (!t->session || !activity_frozen_left(t->session))
            continue;
        why = activity_frozen_text(t->session);
        http_reply_error(r, 403, "%s", why);
        return true;
    }
    return false;
}

void api_terminal_create(struct http_request *r, void *user)
{
    cJSON *body = is_frozen(r, user) ? NULL : http_body_object(r);

    if (body)
        create(r, user, body);
    cJSON_Delete(body);
}

void api_terminal_list(struct http_request *r, void *user)
{
    const struct daemon *d = user;
    cJSON *o = cJSON_CreateObject(), *data, *list;

    cJSON_AddStringToObject(o, "message", "Terminals");
    data = cJSON_AddObjectToObject(o, "data");
    list = cJSON_AddArrayToObject(data, "terminals");
    for (const struct terminal *t = d->terminals.by_id; t; t = t->hh.next)
        cJSON_AddItemToArray(list, terminal_info(t));
    cJSON_AddNumberToObject(data, "count", cJSON_GetArraySize(list));
    http_reply_json(r, 200, o);
}

static struct terminal *find(struct http_request *r, struct daemon *d)
{
    struct terminal *t = terminal_find(&d->terminals, http_param(r, "id"));

    if (!t)
        http_reply_error(r, 404, "Terminal not found");
    return t;
}

void api_terminal_get(struct http_request *r, void *user)
{
    struct terminal *t = find(r, user);

    if (t)
        reply_terminal(r, 200, "Terminal", t);
}

void api_terminal_delete(struct http_request *r, void *user)
{
    struct terminal *t = find(r, user);

    if (!t || is_frozen(r, user))
        return;
    terminal_destroy(t);
    http_reply_empty(r, 204);
}
