/* SPDX-License-Identifier: MIT */
#include "host/daemon/notice.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "host/daemon/internal.h"
#include "wire/names.h"

/* --- telling --- */

static void make_message(const struct notice *n, struct message *m)
{
    message_init(m, MSG_NOTICE, SLICE(CHANNEL_ACTIVITY));
    message_add_string(m, "id", SLICE(n->id));
    message_add_number(m, "at", (double)n->at_ms);
    message_add_string(m, "text", SLICE(n->text));
    message_add_string(m, "from", SLICE(n->from));
    message_add_string(m, "url", SLICE(n->url));
}

void notices_sync(struct socket *s)
{
    const struct notices *all = &s->d->notices;
    int64_t now = clock_mono_ms();
    struct message m;

    for (size_t i = 0; i < all->n; i++) {
        if (now - all->items[i]->at_mono_ms > NOTICE_AGE_MS)
            continue;
        make_message(all->items[i], &m);
        socket_send_message(s, &m);
        message_finish(&m);
    }
}

/* --- keeping --- */

static void notice_free(struct notice *n)
{
    free(n->id);
    free(n->text);
    free(n->from);
    free(n->url);
    free(n);
}

static void remove_at(struct notices *all, size_t i)
{
    notice_free(all->items[i]);
    memmove(all->items + i, all->items + i + 1, (--all->n - i) * sizeof(void *));
}

void notices_finish(struct notices *all)
{
    while (all->n)
        remove_at(all, all->n - 1);
}

/* --- handlers --- */

/* Lines and tabs are text; nothing else that is not printed is. */
static bool is_plain(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if ((*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f)
            return false;
    return true;
}

static bool is_address(const char *url)
{
    for (const unsigned char *p = (const unsigned char *)url; *p; p++)
        if (*p <= 0x20 || *p == 0x7f || *p == '\\')
            return false;
    if (!strncmp(url, "http://", 7) || !strncmp(url, "https://", 8))
        return true;
    /* Relative: what a browser could read as a scheme is none of ours. */
    return url[strcspn(url, ":/?#")] != ':';
}

/* "" when it is not there, NULL when it is no text of that length. */
static const char *get_text(const cJSON *body, const char *key, size_t max)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, key);
    const char *text = cJSON_IsString(item) ? item->valuestring : "";

    if (item && !cJSON_IsString(item) && !cJSON_IsNull(item))
        return NULL;
    return strlen(text) <= max && is_plain(text) ? text : NULL;
}

static cJSON *view(const struct notice *n)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "id", n->id);
    cJSON_AddNumberToObject(o, "at", (double)n->at_ms);
    cJSON_AddStringToObject(o, "text", n->text);
    cJSON_AddStringToObject(o, "from", n->from);
    cJSON_AddStringToObject(o, "url", n->url);
    return o;
}

static void add(struct daemon *d, const char *text, const char *from, const char *url)
{
    struct notices *all = &d->notices;
    struct notice *n = xcalloc(1, sizeof *n);
    char name[ID_CHARS + 1];
    struct message m;

    random_name(name, ID_CHARS);
    n->id = xasprintf("notice-%s", name);
    n->text = xstrdup(text);
    n->from = xstrdup(from);
    n->url = xstrdup(url);
    n->at_ms = clock_wall_ms();
    n->at_mono_ms = clock_mono_ms();
    if (all->n == NOTICES_MAX)
        remove_at(all, 0);
    all->items[all->n++] = n;
    make_message(n, &m);
    sockets_publish(d, &m);
    message_finish(&m);
}

static void reply(struct http_request *r, int status, const char *message, cJSON *data)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "message", message);
    cJSON_AddItemToObject(o, "data", data);
    http_reply_json(r, status, o);
}

void api_notice_create(struct http_request *r, void *user)
{
    struct daemon *d = user;
    cJSON *body = http_body_object(r);
    const char *text = get_text(body, "text", NOTICE_TEXT_MAX);
    const char *from = get_text(body, "from", NOTICE_FROM_MAX);
    const char *url = get_text(body, "url", NOTICE_URL_MAX);

    if (!body)
        return;
    if (!text || !*text)
        http_reply_error(r, 400, "text is not a text of 1 to %d bytes", NOTICE_TEXT_MAX);
    else if (!from)
        http_reply_error(r, 400, "from is not a text of at most %d bytes", NOTICE_FROM_MAX);
    else if (!url || !is_address(url))
        http_reply_error(r, 400, "url is neither http, https nor relative");
    else {
        add(d, text, from, url);
        reply(r, 201, "Notice sent", view(d->notices.items[d->notices.n - 1]));
    }
    cJSON_Delete(body);
}

void api_notice_list(struct http_request *r, void *user)
{
    const struct notices *all = &((struct daemon *)user)->notices;
    cJSON *data = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(data, "notices");

    for (size_t i = 0; i < all->n; i++)
        cJSON_AddItemToArray(list, view(all->items[i]));
    reply(r, 200, "Notices", data);
}

void api_notice_delete(struct http_request *r, void *user)
{
    struct daemon *d = user;
    struct notices *all = &d->notices;
    struct slice id = http_param(r, "id");
    struct message m;
    size_t i = 0;

    while (i < all->n && !slice_equal(id, all->items[i]->id))
        i++;
    if (i == all->n) {
        http_reply_error(r, 404, "Notice not found");
        return;
    }
    message_init(&m, MSG_NOTICE_DELETED, SLICE(CHANNEL_ACTIVITY));
    message_add_string(&m, "id", SLICE(all->items[i]->id));
    sockets_publish(d, &m);
    message_finish(&m);
    remove_at(all, i);
    http_reply_empty(r, 204);
}
