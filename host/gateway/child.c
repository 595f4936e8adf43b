/* SPDX-License-Identifier: MIT
 *
 * Child sandboxes (protocol.md, TOP-LEVEL): orders come from a parent's daemon over its link, with
 * a number; the answer goes back with the same number.
 *
 * Whoever lives in the parent may ask, through its daemon: nothing of an order is used as a path on
 * the host, and a child gets no more than its parent has (token, environment, limits, network).
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/gateway/internal.h"
#include "host/gateway/sandbox.h"
#include "host/jail.h"
#include "host/link.h"
#include "wire/names.h"

#define CHILDREN_MAX       32 /* of one sandbox */
#define CHILDREN_DEPTH_MAX 3

/* An order whose answer has to wait; the parent may end meanwhile. */
struct order {
    struct gateway *gateway;
    char *parent; /* owned; id */
    double seq;
    bool is_delete;
};

/* --- which --- */

static bool is_child(const struct sandbox *s, const char *parent)
{
    return !strcmp(s->parent, parent) && s->phase != PHASE_DESTROYING && !s->doomed &&
           strcmp(s->info.status, STATUS_DESTROYING) != 0;
}

static int count(const struct sandbox *parent)
{
    const struct sandbox *s;
    int n = 0;

    for (s = parent->gateway->sandboxes; s; s = s->hh.next)
        n += is_child(s, parent->info.id);
    return n;
}

static int depth_of(const struct sandbox *s)
{
    int depth = 0;

    while (s && s->parent[0] && depth < CHILDREN_DEPTH_MAX) {
        s = sandbox_find_any(s->gateway, s->parent, strlen(s->parent));
        depth++;
    }
    return depth;
}

void child_tell_count(struct sandbox *parent)
{
    char text[64];

    if (parent->link_fd < 0)
        return;
    snprintf(text, sizeof text, "{\"op\":\"hello\",\"children\":%d}", count(parent));
    daemon_link_say(parent, text);
}

void child_end_all(struct sandbox *parent)
{
    struct sandbox *s, *next;

    HASH_ITER (hh, parent->gateway->sandboxes, s, next) {
        if (is_child(s, parent->info.id))
            sandbox_destroy(s);
    }
}

void child_end_orphans(struct gateway *g)
{
    struct sandbox *s, *next;

    HASH_ITER (hh, g->sandboxes, s, next) {
        if (s->parent[0] && !sandbox_find(g, s->parent, strlen(s->parent)))
            sandbox_destroy(s);
    }
}

/* --- answers --- */

static void say(struct sandbox *parent, cJSON *reply)
{
    char *text = cJSON_PrintUnformatted(reply);

    if (text && strlen(text) <= LINK_PACKET_MAX)
        daemon_link_say(parent, text);
    else
        log_error("sandbox %s: an answer about a child is too large", parent->info.id);
    free(text);
    cJSON_Delete(reply);
}

static cJSON *make_reply(double seq)
{
    cJSON *reply = cJSON_CreateObject();

    cJSON_AddStringToObject(reply, "op", "reply");
    cJSON_AddNumberToObject(reply, "seq", seq);
    return reply;
}

static void say_error(struct sandbox *parent, double seq, const struct err *e)
{
    cJSON *reply = make_reply(seq);

    cJSON_AddNumberToObject(reply, "code", e->code);
    cJSON_AddStringToObject(reply, "error", e->text);
    say(parent, reply);
}

static void say_done(struct sandbox *parent, double seq)
{
    cJSON *reply = make_reply(seq);

    cJSON_AddTrueToObject(reply, "done");
    say(parent, reply);
}

static cJSON *view(const struct sandbox *child)
{
    cJSON *item = cJSON_CreateObject();
    char created[CLOCK_ISO_SIZE];
    const char *directory = child->home ? child->home : child->lasting.directory;

    cJSON_AddStringToObject(item, "subdomain", child->info.id);
    cJSON_AddStringToObject(item, "directory", *directory ? directory : JAIL_HOME);
    cJSON_AddFalseToObject(item, "is_main");
    cJSON_AddStringToObject(item, "created_at", clock_format_iso(created, child->info.created_ms));
    cJSON_AddStringToObject(item, "url", child->info.url);
    cJSON_AddStringToObject(item, "status", child->info.status);
    return item;
}

/* Servers and overlays as far as they fit into a packet. */
static void say_item(struct sandbox *parent, double seq, const struct sandbox *child)
{
    const struct {
        const char *key;
        const cJSON *list;
    } lists[] = {{"servers", child->servers}, {"overlays", child->overlays}};
    cJSON *reply = make_reply(seq), *item = view(child);
    size_t room = LINK_PACKET_MAX - 8192;

    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        char *text = lists[i].list ? cJSON_PrintUnformatted(lists[i].list) : NULL;
        size_t n = text ? strlen(text) : 0;

        if (n && n < room) {
            cJSON_AddItemToObject(item, lists[i].key, cJSON_Duplicate(lists[i].list, true));
            room -= n;
        }
        free(text);
    }
    cJSON_AddItemToObject(reply, "item", item);
    say(parent, reply);
}

/* --- creating and deleting --- */

static void on_waited(struct sandbox *child, void *user, const struct err *e)
{
    struct order *order = user;
    struct sandbox *parent = sandbox_find(order->gateway, order->parent, strlen(order->parent));

    if (parent && parent->link_fd >= 0) {
        child_tell_count(parent);
        if (e) {
            say_error(parent, order->seq, e);
        } else {
            if (!order->is_delete)
                say_item(parent, order->seq, child);
            say_done(parent, order->seq);
        }
    }
    free(order->parent);
    free(order);
}

static void await(struct sandbox *parent, struct sandbox *child, double seq, bool is_delete)
{
    struct order *order = xcalloc(1, sizeof *order);

    order->gateway = parent->gateway;
    order->parent = xstrdup(parent->info.id);
    order->seq = seq;
    order->is_delete = is_delete;
    sandbox_await(child, is_delete, on_waited, order);
}

/* Only what a child may be asked to be; the rest is its parent's. */
static int read_options(const struct sandbox *parent, const cJSON *options,
                        struct create_options *o, struct err *e)
{
    static const char *const keys[] = {"directory", "overlays", "servers"};
    cJSON *body = cJSON_CreateObject();

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(options, keys[i]);

        if (item)
            cJSON_AddItemToObject(body, keys[i], cJSON_Duplicate(item, true));
    }
    int result = create_options_read(o, body, parent->info.provider, false, e);
    cJSON_Delete(body);
    if (result)
        return result;
    free(o->ns);
    free(o->envs);
    o->ns = xstrdup(parent->info.ns);
    o->envs = xstrdup(parent->envs);
    o->parent = xstrdup(parent->info.id);
    o->token = xstrdup(parent->info.token);
    o->lasting.limits = parent->lasting.limits;
    o->lasting.private_network = parent->lasting.private_network;
    return 0;
}

static struct sandbox *create(struct sandbox *parent, const cJSON *options, struct err *e)
{
    struct create_options o = {0};
    struct sandbox *child = NULL;

    if (depth_of(parent) >= CHILDREN_DEPTH_MAX)
        err_set(e, ERR_FORBIDDEN, "children may be nested %d deep and no deeper",
                CHILDREN_DEPTH_MAX);
    else if (count(parent) >= CHILDREN_MAX)
        err_set(e, ERR_LIMIT, "this sandbox has %d children, which is the most", CHILDREN_MAX);
    else if (!read_options(parent, options, &o, e))
        child = sandbox_create(parent->gateway, &o, e);
    create_options_finish(&o);
    return child;
}

static void take_create(struct sandbox *parent, double seq, const cJSON *packet)
{
    struct err e;
    struct sandbox *child = create(parent, cJSON_GetObjectItemCaseSensitive(packet, "options"), &e);

    if (child)
        await(parent, child, seq, false);
    else
        say_error(parent, seq, &e);
}

static struct sandbox *find(struct sandbox *parent, const cJSON *packet, struct err *e)
{
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(packet, "subdomain"));
    struct sandbox *s = id ? sandbox_find(parent->gateway, id, strlen(id)) : NULL;

    if (s && is_child(s, parent->info.id))
        return s;
    err_set(e, ERR_NOT_FOUND, "Sandbox not found: %.64s", id ? id : "");
    return NULL;
}

static void take_delete(struct sandbox *parent, double seq, const cJSON *packet)
{
    struct err e;
    struct sandbox *child = find(parent, packet, &e);

    if (!child) {
        say_error(parent, seq, &e);
        return;
    }
    child->keep_files = !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(packet, "delete_files"));
    await(parent, child, seq, true);
    sandbox_destroy(child);
}

static void take_get(struct sandbox *parent, double seq, const cJSON *packet)
{
    struct err e;
    struct sandbox *child = find(parent, packet, &e);

    if (!child) {
        say_error(parent, seq, &e);
        return;
    }
    say_item(parent, seq, child);
    say_done(parent, seq);
}

static void take_list(struct sandbox *parent, double seq, const cJSON *packet)
{
    const struct sandbox *s;

    (void)packet;
    for (s = parent->gateway->sandboxes; s; s = s->hh.next) {
        if (is_child(s, parent->info.id))
            say_item(parent, seq, s);
    }
    say_done(parent, seq);
}

void child_take(struct sandbox *s, const cJSON *packet)
{
    static const struct {
        const char *what;
        void (*take)(struct sandbox *parent, double seq, const cJSON *packet);
    } orders[] = {
        {"create", take_create}, {"list", take_list}, {"get", take_get}, {"delete", take_delete}};
    const char *what = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(packet, "what"));
    const cJSON *seq = cJSON_GetObjectItemCaseSensitive(packet, "seq");

    if (!what || !cJSON_IsNumber(seq) || s->phase != PHASE_RUNNING || s->gateway->stopping)
        return;
    for (size_t i = 0; i < ARRAY_LEN(orders); i++)
        if (!strcmp(what, orders[i].what))
            orders[i].take(s, seq->valuedouble, packet);
}
