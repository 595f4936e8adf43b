/* SPDX-License-Identifier: MIT
 *
 * sandpit stats: what a sandbox uses now.
 */
#include <stdio.h>

#include "app/columns.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "base/alloc.h"
#include "client/stats.h"

struct stats_args {
    bool json;
};

static const struct arg_def args[] = {
    {"json", 0, ARG_FLAG, offsetof(struct stats_args, json), NULL, "print JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static void print_json(const struct sandbox_stats *s)
{
    cJSON *o = cJSON_CreateObject(), *ports;

    cJSON_AddNumberToObject(o, "cpuPercent", s->cpu_percent);
    cJSON_AddNumberToObject(o, "cores", s->n_cores);
    cJSON_AddNumberToObject(o, "cpuMs", (double)s->cpu_ms);
    cJSON_AddNumberToObject(o, "memoryBytes", (double)s->memory_bytes);
    cJSON_AddNumberToObject(o, "memoryLimitBytes", (double)s->memory_limit_bytes);
    cJSON_AddNumberToObject(o, "processes", s->n_processes);
    cJSON_AddNumberToObject(o, "threads", s->n_threads);
    cJSON_AddNumberToObject(o, "diskBytes", (double)s->disk_bytes);
    cJSON_AddNumberToObject(o, "diskFreeBytes", (double)s->disk_free_bytes);
    ports = cJSON_AddArrayToObject(o, "ports");
    for (size_t i = 0; i < s->n_ports; i++)
        cJSON_AddItemToArray(ports, cJSON_CreateNumber(s->ports[i]));
    json_print(o);
}

static void add_mebibytes(struct columns *c, int64_t bytes)
{
    cleanup_free char *text = bytes ? xasprintf("%.1f MiB", (double)bytes / 1048576) : NULL;

    columns_text(c, text);
}

static void print_table(const struct sandbox_stats *s)
{
    static const char *const heads[] = {"CPU",     "MEMORY",    "LIMIT", "PROCESSES",
                                        "THREADS", "DISK FREE", "PORTS", NULL};
    struct columns *c = columns_create(heads);
    cleanup_free char *cpu = xasprintf("%.1f%%", s->cpu_percent);
    cleanup_buf struct buf ports = {0};

    for (size_t i = 0; i < s->n_ports; i++)
        buf_printf(&ports, "%s%d", i ? " " : "", s->ports[i]);
    columns_text(c, cpu);
    add_mebibytes(c, s->memory_bytes);
    add_mebibytes(c, s->memory_limit_bytes);
    columns_number(c, s->n_processes);
    columns_number(c, s->n_threads);
    add_mebibytes(c, s->disk_free_bytes);
    columns_text(c, ports.data);
    columns_print(c);
}

static void on_stats(void *user, const struct sandbox_stats *s, const struct err *e)
{
    struct errand *x = user;

    if (s)
        (x->json ? print_json : print_table)(s);
    errand_done(x, e);
}

static int run_verb(struct errand *x, const void *arguments, int n, char **words)
{
    sandbox_stats(x->remote, on_stats, x);
    return errand_wait(x);
}

static int run_stats(struct app *app, const void *arguments, int n_rest, char **rest)
{
    static const struct verb verb = {"stats", "", 0, 0, false, run_verb};
    const struct stats_args *a = arguments;

    return errand_run_one(&verb, app, a, a->json, n_rest, rest);
}

const struct command cmd_stats = {
    .name = "stats",
    .usage = "NAME",
    .summary = "Print what a sandbox uses: CPU, memory, processes, ports",
    .details = "CPU is of one core, since the last question. Not every host tells these.",
    .args = args,
    .args_size = sizeof(struct stats_args),
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1,
    .run = run_stats,
};
