/* SPDX-License-Identifier: MIT
 *
 * The definitions of servers on disk.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/daemon/internal.h"

#define LOGS STATE_FOLDER "/servers"

static cJSON *describe(void *user)
{
    const struct servers *all = user;
    cJSON *o = cJSON_CreateObject(), *list;
    const struct server *s;

    cJSON_AddNumberToObject(o, "version", 1);
    list = cJSON_AddArrayToObject(o, "servers");
    for (s = all->by_slug; s; s = s->hh.next) {
        cJSON *item = cJSON_CreateObject();

        if (s->phase == SERVER_ENDING && s->after == AFTER_DELETE) {
            cJSON_Delete(item);
            continue;
        }
        server_spec_write(&s->spec, item, false);
        cJSON_AddNumberToObject(item, "created_ms", (double)s->created_wall_ms);
        cJSON_AddBoolToObject(item, "installed", s->installed);
        cJSON_AddBoolToObject(item, "stopped", s->stopped);
        cJSON_AddItemToArray(list, item);
    }
    return o;
}

void servers_save(struct servers *all, struct state_saved *saved)
{
    state_file_save(&all->file, saved);
}

/* --- reading; only when the daemon starts --- */

/* Overlays that were deleted since: what they had copied is there. */
static void drop_lost_depends(const struct servers *all, struct server_spec *spec)
{
    size_t n = 0;

    for (size_t i = 0; i < spec->n_depends; i++) {
        if (overlay_find(all->d, SLICE(spec->depends[i])))
            spec->depends[n++] = spec->depends[i];
        else
            free(spec->depends[i]);
    }
    spec->n_depends = n;
}

static void load_one(struct servers *all, const cJSON *item)
{
    const cJSON *created = cJSON_GetObjectItemCaseSensitive(item, "created_ms");
    struct server_spec spec;
    struct server *s;
    struct err e;
    bool known;

    if (HASH_COUNT(all->by_slug) >= SERVERS_MAX)
        return;
    if (server_spec_read(&spec, item, &e)) {
        log_warn("servers.json: %s", e.text);
        return;
    }
    if (server_find(all, spec.slug)) {
        server_spec_finish(&spec);
        return;
    }
    drop_lost_depends(all, &spec);
    known = cJSON_IsNumber(created) && created->valuedouble > 0 && created->valuedouble < 1e15;
    s = server_add(all, &spec, known ? (int64_t)created->valuedouble : clock_wall_ms());
    s->installed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "installed"));
    s->stopped = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "stopped"));
}

static bool is_log(const struct servers *all, const char *name)
{
    const struct server *s;

    for (s = all->by_slug; s; s = s->hh.next) {
        const char *own = strrchr(s->log.path, '/') + 1;
        size_t n = strlen(own);

        if (!strncmp(name, own, n) && (!name[n] || !strcmp(name + n, ".1")))
            return true;
    }
    return false;
}

/* A death between a deletion and the end of its files leaves them. */
static void sweep_logs(const struct servers *all)
{
    DIR *dir = opendir(LOGS);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (entry->d_type == DT_REG && strstr(entry->d_name, ".log") && !is_log(all, entry->d_name))
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}

void servers_load(struct servers *all)
{
    cJSON *object;
    const cJSON *item;
    struct server *s;

    state_file_init(&all->file, all->d, "servers.json", describe, all);
    object = state_file_read(&all->file);
    mkdir(LOGS, 0700);
    cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(object, "servers"))
        load_one(all, item);
    cJSON_Delete(object);
    sweep_logs(all);
    for (s = all->by_slug; s; s = s->hh.next)
        if (s->spec.autostart && !s->stopped)
            server_begin(s);
}
