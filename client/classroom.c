/* SPDX-License-Identifier: MIT
 *
 * What an instructor does with the terminals of a sandbox, over HTTP; notices and taking part on
 * channel `activity`.
 */
#include "client/classroom.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "client/call.h"
#include "client/feed.h"
#include "client/fields.h"
#include "client/remote_internal.h"
#include "wire/names.h"

#define HIT_SIZE 1024 /* of the text of a hit, with its NUL; hosts send 300 bytes */

/* --- search --- */

/* A text of a host may hold anything; what is shown of it may not, and the hit stays in place. */
static void clean_hit(struct classroom_hit *hit, const char *text, size_t from, size_t to,
                      char out[HIT_SIZE])
{
    size_t n = strlen(text), at[3] = {from, to, n}, len = 0, begin = 0;

    for (int i = 0; i < 3; i++) {
        text_sanitise(out + len, HIT_SIZE - len, text + begin, at[i] - begin);
        len += strlen(out + len);
        begin = at[i];
        at[i] = len;
    }
    hit->text = out;
    hit->from = (int)at[0];
    hit->to = (int)at[1];
}

static void read_hit(const cJSON *item, struct classroom_hit *hit, char out[HIT_SIZE])
{
    const char *text = field_text(item, "text");
    int64_t len = (int64_t)strlen(text), to = field_int(item, "to", 0, len, 0);

    hit->terminal_id = field_text(item, "terminal_id");
    hit->line = (int)field_int(item, "line", 0, INT32_MAX, 0);
    hit->age_ms = field_int(item, "age", 0, INT64_C(1) << 53, -1);
    clean_hit(hit, text, (size_t)field_int(item, "from", 0, to, 0), (size_t)to, out);
}

static void on_hits(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data, "hits"), *item;
    size_t n = 0, cap = (size_t)cJSON_GetArraySize(list);
    cleanup_free struct classroom_hit *hits = NULL;
    cleanup_free char *texts = NULL;
    struct err own;

    if (!e && !cJSON_IsArray(list)) {
        call_unreadable(c, &own, "the answer holds no hits");
        e = &own;
    }
    if (cap > SEARCH_LIMIT_MAX)
        cap = SEARCH_LIMIT_MAX;
    hits = xcalloc(cap + 1, sizeof *hits);
    texts = xcalloc(cap + 1, HIT_SIZE);
    cJSON_ArrayForEach (item, list) {
        if (n == cap)
            break;
        read_hit(item, &hits[n], texts + n * HIT_SIZE);
        n++;
    }
    ((classroom_search_cb)c->cb)(c->user, e ? NULL : hits, e ? 0 : n, field_bool(data, "truncated"),
                                 e);
}

struct request *classroom_search(struct remote *r, const char *pattern, enum search_case how,
                                 int limit, classroom_search_cb cb, void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/terminals/search"), on_hits, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "pattern", pattern);
    if (how != SEARCH_SMART)
        cJSON_AddBoolToObject(body, "case", how == SEARCH_EXACT);
    if (limit)
        cJSON_AddNumberToObject(body, "limit", limit);
    call_set_body(c, body);
    return call_start(c);
}

/* --- freezing and hands --- */

static void on_frozen(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct freeze f = {
        .terminal_id = field_text(data, "terminal_id"),
        .by = field_text(data, "by"),
        .left_ms = field_int(data, "frozen_left", 0, (int64_t)FREEZE_MAX_S * 1000, 0),
    };

    ((freeze_cb)c->cb)(c->user, e ? NULL : &f, e);
}

struct request *classroom_freeze(struct remote *r, const char *terminal_id, int seconds,
                                 const char *by, freeze_cb cb, void *user)
{
    struct remote_call *c = call_create(r, "POST", call_path("/terminals", terminal_id, "/freeze"),
                                        on_frozen, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddNumberToObject(body, "seconds", seconds);
    field_add_text(body, "by", by);
    call_set_body(c, body);
    return call_start(c);
}

struct request *classroom_hand(struct remote *r, const char *terminal_id, bool up, const char *note,
                               gateway_done_cb cb, void *user)
{
    struct remote_call *c = call_create(r, "POST", call_path("/terminals", terminal_id, "/hand"),
                                        call_on_done, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    cJSON_AddBoolToObject(body, "up", up);
    field_add_text(body, "note", note);
    call_set_body(c, body);
    return call_start(c);
}

/* --- notices --- */

static struct notice read_notice(const cJSON *item)
{
    return (struct notice){
        .id = field_text(item, "id"),
        .text = field_text(item, "text"),
        .from = field_text(item, "from"),
        .url = field_text(item, "url"),
        .at_ms = field_int(item, "at", 0, INT64_C(1) << 53, 0),
    };
}

static void on_notified(struct remote_call *c, const cJSON *data, const struct err *e)
{
    struct notice n = read_notice(data);
    struct err own;

    if (!e && !*n.id) {
        call_unreadable(c, &own, "the answer holds no id");
        e = &own;
    }
    ((notice_cb)c->cb)(c->user, e ? NULL : &n, e);
}

struct request *classroom_notify(struct remote *r, const struct notice *n, notice_cb cb, void *user)
{
    struct remote_call *c =
        call_create(r, "POST", xstrdup("/notices"), on_notified, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();

    field_add_text(body, "text", n->text);
    field_add_text(body, "from", n->from);
    field_add_text(body, "url", n->url);
    call_set_body(c, body);
    return call_start(c);
}

static void on_notices(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(data, "notices"), *item;
    struct notice all[NOTICES_MAX];
    size_t n = 0;
    struct err own;

    if (!e && !cJSON_IsArray(list)) {
        call_unreadable(c, &own, "the answer holds no notices");
        e = &own;
    }
    cJSON_ArrayForEach (item, list)
        if (n < NOTICES_MAX)
            all[n++] = read_notice(item);
    ((notices_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
}

struct request *classroom_notices(struct remote *r, notices_cb cb, void *user)
{
    return call_start(call_create(r, "GET", xstrdup("/notices"), on_notices, (call_cb)cb, user));
}

struct request *classroom_notice_delete(struct remote *r, const char *id, gateway_done_cb cb,
                                        void *user)
{
    return call_start(
        call_create(r, "DELETE", call_path("/notices", id, ""), call_on_done, (call_cb)cb, user));
}

struct notice_tail {
    struct feed *feed;
    const struct remote *remote; /* held by the feed */
    const struct notice_tail_ops *ops;
    void *user;
};

/* Other hosts have no such channel, or nothing on it that is for us. */
static bool has_notices(void *user)
{
    return ((const struct notice_tail *)user)->remote->has_notice;
}

/* Lines and tabs stay; the rest of it could do something to whoever shows it. */
static char *read_lines(struct slice text)
{
    char *copy = slice_dup(text);

    for (char *p = copy; *p; p++)
        if (((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f)
            *p = ' ';
    return copy;
}

static void tell_notice(const struct notice_tail *t, const struct message *m, char *id)
{
    cleanup_free char *text = read_lines(message_string(m, "text"));
    cleanup_free char *from = read_lines(message_string(m, "from"));
    cleanup_free char *url = read_lines(message_string(m, "url"));
    double at = message_number(m, "at", 0);
    struct notice n = {.id = id, .text = text, .from = from, .url = url};

    n.at_ms = at > 0 ? (int64_t)fmin(at, 9007199254740992.0) : 0;
    t->ops->on_notice(t->user, &n);
}

static void on_notice_message(void *user, const struct message *m)
{
    const struct notice_tail *t = user;
    bool is_new = slice_equal(m->type, MSG_NOTICE);

    if (!is_new && !slice_equal(m->type, MSG_NOTICE_DELETED))
        return;
    cleanup_free char *id = slice_dup(message_string(m, "id"));
    if (is_new && *id)
        tell_notice(t, m, id);
    else if (!is_new && t->ops->on_gone)
        t->ops->on_gone(t->user, id);
}

static const struct feed_ops notice_feed = {.is_wanted = has_notices,
                                            .on_message = on_notice_message};

struct notice_tail *notice_tail_open(struct remote *r, const struct notice_tail_ops *ops,
                                     void *user)
{
    struct notice_tail *t = xcalloc(1, sizeof *t);

    t->remote = r;
    t->ops = ops;
    t->user = user;
    t->feed = feed_open(r, CHANNEL_ACTIVITY, &notice_feed, t);
    return t;
}

void notice_tail_close(struct notice_tail *t)
{
    if (!t)
        return;
    feed_close(t->feed);
    free(t);
}

/* --- taking part --- */

struct participation {
    struct feed *feed;
    char *terminal_id;
    char who[PARTICIPANT_MAX + 1];
};

static void say(const struct participation *p, const char *who)
{
    struct message m;

    message_init(&m, MSG_TERMINAL_PARTICIPATE, (struct slice){0});
    message_add_string(&m, "terminal_id", SLICE(p->terminal_id));
    message_add_string(&m, "who", SLICE(who));
    feed_send(p->feed, &m);
    message_finish(&m);
}

static void on_participation_up(void *user)
{
    const struct participation *p = user;

    say(p, p->who);
}

/* The feed is there for its connections; it hears of nothing. */
static const struct feed_ops participation_feed = {.on_up = on_participation_up};

struct participation *participation_open(struct remote *r, const char *terminal_id, const char *who)
{
    struct participation *p = xcalloc(1, sizeof *p);

    p->terminal_id = xstrdup(terminal_id);
    text_sanitise(p->who, sizeof p->who, who, strlen(who));
    p->feed = feed_open(r, CHANNEL_ACTIVITY, &participation_feed, p);
    return p;
}

void participation_close(struct participation *p)
{
    if (!p)
        return;
    say(p, "");
    feed_close(p->feed);
    free(p->terminal_id);
    free(p);
}
