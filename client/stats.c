/* SPDX-License-Identifier: MIT
 *
 * GET /stats.
 */
#include "client/stats.h"

#include "base/alloc.h"
#include "client/call.h"
#include "client/fields.h"

#define BYTES_MAX (INT64_C(1) << 53)

static void read_ports(struct sandbox_stats *s, const cJSON *list)
{
    const cJSON *item;

    cJSON_ArrayForEach (item, list) {
        if (s->n_ports < STATS_PORTS_MAX && cJSON_IsNumber(item) && item->valuedouble >= 1 &&
            item->valuedouble <= 65535)
            s->ports[s->n_ports++] = item->valueint;
    }
}

static void on_stats(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *cpu = cJSON_GetObjectItemCaseSensitive(data, "cpu");
    const cJSON *memory = cJSON_GetObjectItemCaseSensitive(data, "memory");
    const cJSON *processes = cJSON_GetObjectItemCaseSensitive(data, "processes");
    const cJSON *disk = cJSON_GetObjectItemCaseSensitive(data, "disk");
    struct sandbox_stats s = {
        .cpu_percent = field_number(cpu, "percent", 0),
        .n_cores = (int)field_int(cpu, "cores", 0, 65535, 0),
        .cpu_ms = field_int(cpu, "totalMs", 0, BYTES_MAX, 0),
        .memory_bytes = field_int(memory, "usedBytes", 0, BYTES_MAX, 0),
        .memory_limit_bytes = field_int(memory, "limitBytes", 0, BYTES_MAX, 0),
        .n_processes = (int)field_int(processes, "count", 0, 1 << 30, 0),
        .n_threads = (int)field_int(processes, "threads", 0, 1 << 30, 0),
        .max_processes = (int)field_int(processes, "limit", 0, 1 << 30, 0),
        .disk_bytes = field_int(disk, "totalBytes", 0, BYTES_MAX, 0),
        .disk_free_bytes = field_int(disk, "freeBytes", 0, BYTES_MAX, 0),
    };
    struct err own;

    if (!e && !cJSON_IsObject(cpu)) {
        call_unreadable(c, &own, "the answer holds no numbers");
        e = &own;
    }
    read_ports(&s, cJSON_GetObjectItemCaseSensitive(data, "ports"));
    ((stats_cb)c->cb)(c->user, e ? NULL : &s, e);
}

struct request *sandbox_stats(struct remote *r, stats_cb cb, void *user)
{
    return call_start(call_create(r, "GET", xstrdup("/stats"), on_stats, (call_cb)cb, user));
}
