/* SPDX-License-Identifier: MIT */
#include "host/daemon/setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/daemon/internal.h"
#include "host/daemon/path.h"

#define TELL_DELAY_MS 50
#define PACKET_ROOM   ((size_t)LINK_PACKET_MAX - 4096) /* the rest is for its frame */

/* --- the directory --- */

static const char *home_of(const struct daemon *d)
{
    const char *home = environ_get(&d->environment, "HOME");

    return home && home[0] == '/' ? home : "/";
}

const char *setup_directory(const struct daemon *d)
{
    return d->setup.directory ? d->setup.directory : home_of(d);
}

static void refuse(struct daemon *d, const char *text)
{
    free(d->setup.refusal);
    d->setup.refusal = xstrdup(text);
    log_warn("setup: %s", text);
}

static int make_directory(const char *path, const char *shown, struct err *e)
{
    cleanup_free char *inside = xasprintf("%s/x", path_is_root(path) ? "" : path);
    struct stat st;
    int parent;

    if (!file_stat((struct file_path){path, shown}, &st, NULL))
        return S_ISDIR(st.st_mode) ? 0 : err_set(e, ERR_ARG, "directory %s is none", shown);
    parent = file_open_parent(inside, true);
    if (parent < 0)
        return err_set_errno(e, -parent, "directory %s cannot be made", shown);
    close(parent);
    return 0;
}

void setup_init(struct daemon *d)
{
    cleanup_free char *path = NULL;
    struct err e;

    uv_timer_init(d->loop, &d->setup.timer);
    d->setup.timer.data = d;
    if (!d->settings.directory[0])
        return;
    path = path_resolve(home_of(d), d->settings.directory);
    if (!make_directory(path, d->settings.directory, &e))
        d->setup.directory = steal_pointer(&path);
    else if (d->settings.first)
        refuse(d, e.text);
    else
        log_warn("setup: %s", e.text); /* they may do with it what they like; the home it is */
}

/* --- overlays and servers --- */

static int make_overlays(struct daemon *d, const cJSON *list, struct err *e)
{
    const cJSON *item;
    int i = 0;

    cJSON_ArrayForEach (item, list) {
        if (!overlay_create(d, item, e))
            return err_wrap(e, "overlays[%d]", i);
        i++;
    }
    return 0;
}

static int check_slugs(const cJSON *list, struct err *e)
{
    for (const cJSON *a = list->child; a; a = a->next) {
        const char *slug = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(a, "slug"));

        for (const cJSON *b = a->next; slug && b; b = b->next) {
            const char *other = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(b, "slug"));

            if (other && !strcmp(slug, other))
                return err_set(e, ERR_ARG, "server %s is there twice", slug);
        }
    }
    return 0;
}

/* What a server runs may come with an overlay, whose id nobody could know who wrote the payload. */
static void wait_for_overlays(struct daemon *d, cJSON *server)
{
    cJSON *ids;
    const struct overlay *o;
    int room = DEPENDS_MAX -
               cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(server, "overlays")) -
               !!cJSON_GetObjectItemCaseSensitive(server, "overlay");

    if (cJSON_GetObjectItemCaseSensitive(server, "depends_on"))
        return;
    ids = cJSON_AddArrayToObject(server, "depends_on");
    TAILQ_FOREACH (o, &d->overlays.list, entry)
        if (room-- > 0)
            cJSON_AddItemToArray(ids, cJSON_CreateString(o->id));
}

static int make_servers(struct daemon *d, cJSON *list, bool after_overlays, struct err *e)
{
    cJSON *item;
    int r = check_slugs(list, e);

    if (r)
        return r;
    cJSON_ArrayForEach (item, list)
        if (after_overlays)
            wait_for_overlays(d, item);
    return servers_setup(&d->servers, list, e);
}

void setup_begin(struct daemon *d)
{
    cJSON *overlays = cJSON_Parse(d->settings.overlays);
    cJSON *servers = cJSON_Parse(d->settings.servers);
    struct err e;
    int r = d->setup.refusal ? -1 : make_overlays(d, overlays, &e);

    if (!r && servers)
        r = make_servers(d, servers, overlays != NULL, &e);
    if (r && !d->setup.refusal)
        refuse(d, e.text);
    cJSON_Delete(overlays);
    cJSON_Delete(servers);
}

/* --- telling --- */

static void on_changed(uv_timer_t *timer)
{
    struct daemon *d = timer->data;

    link_server_setup(&d->links);
}

void setup_changed(struct daemon *d)
{
    if (!d->stopping && !uv_is_active((uv_handle_t *)&d->setup.timer))
        uv_timer_start(&d->setup.timer, on_changed, TELL_DELAY_MS, 0);
}

static cJSON *add_packet(struct daemon *d, cJSON *packets)
{
    cJSON *packet = cJSON_CreateObject();

    cJSON_AddStringToObject(packet, "op", "setup");
    cJSON_AddBoolToObject(packet, "first", !packets->child);
    cJSON_AddStringToObject(packet, "directory", setup_directory(d));
    cJSON_AddArrayToObject(packet, "servers");
    cJSON_AddArrayToObject(packet, "overlays");
    cJSON_AddItemToArray(packets, packet);
    return packet;
}

static size_t size_of(const cJSON *item)
{
    char *text = cJSON_PrintUnformatted(item);
    size_t n = text ? strlen(text) : 0;

    free(text);
    return n;
}

cJSON *setup_packets(struct daemon *d)
{
    static const char *const kinds[] = {"servers", "overlays"};
    cJSON *packets = cJSON_CreateArray(), *state = cJSON_CreateObject(), *item;
    cJSON *packet = add_packet(d, packets);
    size_t n_bytes = 0;
    bool healthy;

    servers_ready(&d->servers, state, &healthy);
    overlays_describe(d, state);
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        cJSON *list = cJSON_GetObjectItemCaseSensitive(state, kinds[k]);

        while ((item = cJSON_DetachItemFromArray(list, 0))) {
            size_t n = size_of(item);

            if (n > PACKET_ROOM) { /* paths like that lead nowhere */
                cJSON_Delete(item);
                continue;
            }
            if (n_bytes + n > PACKET_ROOM) {
                packet = add_packet(d, packets);
                n_bytes = 0;
            }
            n_bytes += n + 1;
            cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(packet, kinds[k]), item);
        }
    }
    cJSON_Delete(state);
    return packets;
}

void setup_finish(struct daemon *d)
{
    uv_close((uv_handle_t *)&d->setup.timer, NULL);
    free(d->setup.directory);
    free(d->setup.refusal);
}
