/* SPDX-License-Identifier: MIT */
#include "host/sandbox_limits.h"

#include <math.h>
#include <stddef.h>
#include <sys/resource.h>

#include "base/alloc.h"

struct field {
    const char *key;
    size_t offset;
    int64_t min; /* below that nothing can run */
};

static const struct field fields[] = {
    {"memoryBytes", offsetof(struct limits, memory_bytes), 8 * 1024 * 1024},
    {"processes", offsetof(struct limits, n_processes), 8},
    {"diskBytes", offsetof(struct limits, disk_bytes), 1024 * 1024},
    {"openFiles", offsetof(struct limits, n_files), 32},
};

#define VALUE_MAX 9007199254740992.0 /* 2^53: what a JSON number says exactly */

static int64_t *value_of(struct limits *l, const struct field *field)
{
    return (int64_t *)((char *)l + field->offset);
}

int limits_from_json(struct limits *l, const cJSON *object, struct err *e)
{
    struct limits read = *l;

    if (!object || cJSON_IsNull(object))
        return 0;
    if (!cJSON_IsObject(object))
        return err_set(e, ERR_ARG, "limits must be an object");
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, fields[i].key);

        if (!item || cJSON_IsNull(item))
            continue;
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= (double)fields[i].min) ||
            item->valuedouble > VALUE_MAX || item->valuedouble != floor(item->valuedouble))
            return err_set(e, ERR_ARG, "limits: %s must be a whole number of at least %lld",
                           fields[i].key, (long long)fields[i].min);
        *value_of(&read, &fields[i]) = (int64_t)item->valuedouble;
    }
    *l = read;
    return 0;
}

void limits_default(struct limits *l, const struct limits *defaults)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (!*value_of(l, &fields[i]))
            *value_of(l, &fields[i]) = *value_of((struct limits *)defaults, &fields[i]);
}

cJSON *limits_to_json(const struct limits *l)
{
    cJSON *object = cJSON_CreateObject();

    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        int64_t value = *value_of((struct limits *)l, &fields[i]);

        if (value)
            cJSON_AddNumberToObject(object, fields[i].key, (double)value);
    }
    return object;
}

bool limits_any(const struct limits *l)
{
    return l->memory_bytes || l->n_processes || l->disk_bytes || l->n_files;
}

static const struct means_field {
    const char *key;
    size_t offset;
} means_fields[] = {
    {"memoryGroup", offsetof(struct limits_means, memory_group)},
    {"processesGroup", offsetof(struct limits_means, processes_group)},
    {"uidCounts", offsetof(struct limits_means, uid_counts)},
    {"privateNetwork", offsetof(struct limits_means, private_network)},
    {"outbound", offsetof(struct limits_means, outbound)},
};

static bool *flag_of(struct limits_means *m, const struct means_field *field)
{
    return (bool *)((char *)m + field->offset);
}

cJSON *limits_means_to_json(const struct limits_means *m)
{
    cJSON *object = cJSON_CreateObject();

    for (size_t i = 0; i < ARRAY_LEN(means_fields); i++)
        cJSON_AddBoolToObject(object, means_fields[i].key,
                              *flag_of((struct limits_means *)m, &means_fields[i]));
    return object;
}

void limits_means_from_json(struct limits_means *m, const cJSON *object)
{
    for (size_t i = 0; i < ARRAY_LEN(means_fields); i++)
        *flag_of(m, &means_fields[i]) =
            cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, means_fields[i].key));
}

cJSON *limits_in_force(const struct limits *l, const struct limits_means *m)
{
    struct limits actual = *l;
    struct rlimit given;
    cJSON *object, *by;

    if (!actual.n_processes && (m->processes_group || m->uid_counts))
        actual.n_processes = LIMITS_PROCESSES;
    if (!actual.n_files)
        actual.n_files = LIMITS_FILES;
    /* Gateway and daemon have the same; nobody inside gets more. */
    if (!getrlimit(RLIMIT_NOFILE, &given) && (rlim_t)actual.n_files > given.rlim_max)
        actual.n_files = (int64_t)given.rlim_max;
    object = limits_to_json(&actual);
    by = cJSON_AddObjectToObject(object, "by");
    cJSON_AddStringToObject(by, "memory",
                            !l->memory_bytes  ? "none"
                            : m->memory_group ? "cgroup"
                                              : "rlimit");
    cJSON_AddStringToObject(by, "processes",
                            m->processes_group ? "cgroup"
                            : m->uid_counts    ? "rlimit"
                                               : "none");
    cJSON_AddStringToObject(by, "disk", l->disk_bytes ? "file-size" : "none");
    cJSON_AddStringToObject(by, "openFiles", "rlimit");
    return object;
}
