/* SPDX-License-Identifier: MIT
 *
 * GET /stats. A reading serves everybody for STATS_AGE_MS; it is made on the thread pool, one at a
 * time (the serial lane), and the share of the CPU is that of the time since the one before.
 */
#include "host/daemon/stats.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/daemon/internal.h"

#define STATS_AGE_MS 1000

/* --- reading --- */

bool stats_add(struct stats *s, const char *stat, const char *statm, int64_t page_bytes,
               int64_t ticks_per_s)
{
    /* The command name may hold anything: what follows is behind its last bracket. */
    const char *rest = strrchr(stat, ')');
    unsigned long user, system, resident, shared;
    long children_user, children_system, threads;
    int64_t ticks;

    if (!rest ||
        sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld %*d %*d %ld",
               &user, &system, &children_user, &children_system, &threads) != 5)
        return false;
    if (sscanf(statm, "%*u %lu %lu", &resident, &shared) != 2)
        return false;
    ticks = (int64_t)user + (int64_t)system + children_user + children_system;
    s->n_processes++;
    s->n_threads += (int)threads;
    s->cpu_ms += ticks * 1000 / ticks_per_s;
    s->resident_bytes += (int64_t)resident * page_bytes;
    if (resident > shared)
        s->memory_bytes += (int64_t)(resident - shared) * page_bytes;
    return true;
}

static bool read_small(const char *pid, const char *name, char *text, size_t cap)
{
    char path[48];
    int fd;
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%.16s/%s", pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, cap - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

void stats_read(struct stats *s)
{
    int64_t page_bytes = sysconf(_SC_PAGESIZE), ticks_per_s = sysconf(_SC_CLK_TCK);
    DIR *proc = opendir("/proc");
    const struct dirent *entry;

    memset(s, 0, sizeof *s);
    while (proc && (entry = readdir(proc))) {
        char stat[1024], statm[128];

        if (isdigit((unsigned char)entry->d_name[0]) &&
            read_small(entry->d_name, "stat", stat, sizeof stat) &&
            read_small(entry->d_name, "statm", statm, sizeof statm))
            stats_add(s, stat, statm, page_bytes, ticks_per_s);
    }
    if (proc)
        closedir(proc);
}

/* --- the answer --- */

/* One reading at a time: only the serial lane touches it. */
static struct {
    struct stats stats;
    struct listeners listeners;
    struct statvfs disk;
    int64_t at_ms, wall_ms;
    double cpu_percent; /* of one core */
} last;

static void read_anew(void)
{
    struct stats before = last.stats;
    int64_t before_ms = last.at_ms;

    stats_read(&last.stats);
    listeners_finish(&last.listeners);
    listeners_read(&last.listeners);
    if (statvfs("/", &last.disk))
        memset(&last.disk, 0, sizeof last.disk);
    last.at_ms = clock_mono_ms();
    last.wall_ms = clock_wall_ms();
    last.cpu_percent =
        before_ms && last.stats.cpu_ms > before.cpu_ms
            ? 100.0 * (double)(last.stats.cpu_ms - before.cpu_ms) / (double)(last.at_ms - before_ms)
            : 0;
}

static void add_limit(cJSON *o, const char *key, int64_t value)
{
    if (value)
        cJSON_AddNumberToObject(o, key, (double)value);
    else
        cJSON_AddNullToObject(o, key);
}

static void add_ports(cJSON *data)
{
    cJSON *ports = cJSON_AddArrayToObject(data, "ports");
    int previous = 0;

    for (size_t i = 0; i < last.listeners.n; i++) {
        const struct listener *l = &last.listeners.items[i];

        if (!l->session || l->port == previous)
            continue;
        previous = l->port;
        cJSON_AddItemToArray(ports, cJSON_CreateNumber(l->port));
    }
}

static void describe(const struct daemon *d, cJSON *data)
{
    const struct limits *limits = &d->settings.limits;
    char iso[CLOCK_ISO_SIZE];
    cJSON *o;

    cJSON_AddStringToObject(data, "timestamp", clock_format_iso(iso, last.wall_ms));
    o = cJSON_AddObjectToObject(data, "cpu");
    cJSON_AddNumberToObject(o, "cores", (double)sysconf(_SC_NPROCESSORS_ONLN));
    cJSON_AddNumberToObject(o, "percent", (double)(int)(last.cpu_percent * 10 + 0.5) / 10);
    cJSON_AddNumberToObject(o, "totalMs", (double)last.stats.cpu_ms);
    o = cJSON_AddObjectToObject(data, "memory");
    cJSON_AddNumberToObject(o, "usedBytes", (double)last.stats.memory_bytes);
    cJSON_AddNumberToObject(o, "residentBytes", (double)last.stats.resident_bytes);
    add_limit(o, "limitBytes", limits->memory_bytes);
    o = cJSON_AddObjectToObject(data, "processes");
    cJSON_AddNumberToObject(o, "count", last.stats.n_processes);
    cJSON_AddNumberToObject(o, "threads", last.stats.n_threads);
    add_limit(o, "limit", limits->n_processes);
    o = cJSON_AddObjectToObject(data, "disk");
    cJSON_AddNumberToObject(o, "totalBytes",
                            (double)last.disk.f_blocks * (double)last.disk.f_frsize);
    cJSON_AddNumberToObject(o, "freeBytes",
                            (double)last.disk.f_bavail * (double)last.disk.f_frsize);
    add_ports(data);
}

static int run_stats(struct work_job *job, struct err *e)
{
    (void)e;
    if (!last.at_ms || clock_mono_ms() - last.at_ms >= STATS_AGE_MS)
        read_anew();
    describe(job->d, work_reply(job, "Usage"));
    return 0;
}

void api_stats(struct http_request *r, void *user)
{
    struct work_job *job = work_job(user, r, run_stats);

    if (!job)
        return;
    job->serial = true;
    work_start(job);
}

void stats_finish(void)
{
    listeners_finish(&last.listeners);
}
