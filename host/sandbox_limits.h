/* SPDX-License-Identifier: MIT
 *
 * What a sandbox may use at most: {"memoryBytes","processes","diskBytes","openFiles"}, each a whole
 * number greater than 0, or absent or null: no limit of its own.
 *
 * Control groups hold memory and processes of the whole sandbox where they are to be had; else, and
 * for the others, each process gets resource limits, which hold one process (memory, the size of a
 * file, open files) or one user of one sandbox (processes; not root's).
 */
#ifndef HOST_SANDBOX_LIMITS_H
#define HOST_SANDBOX_LIMITS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* What a sandbox has that nobody asked a limit for: a fork bomb must not take the machine's process
 * numbers. The soft limit of open files is what old programs stand that walk through all of them.
 */
#define LIMITS_PROCESSES  4096
#define LIMITS_FILES      1048576
#define LIMITS_FILES_SOFT 1024

struct limits {
    int64_t memory_bytes; /* 0: none, as with all */
    int64_t n_processes;  /* processes and threads */
    int64_t disk_bytes;   /* of the root directory */
    int64_t n_files;      /* open at once in one process */
};

/* NULL and null mean no limits. What object does not name keeps the value it has in l, so defaults
 * can stand there before. l is untouched on failure (ERR_ARG). */
int limits_from_json(struct limits *l, const cJSON *object, struct err *e);
/* What l does not limit, it limits as defaults does. */
void limits_default(struct limits *l, const struct limits *defaults);
/* Only those that are set; {} when none is. */
cJSON *limits_to_json(const struct limits *l);
bool limits_any(const struct limits *l);

/* What there is to keep a sandbox within its walls; host/jail.h finds out. */
struct limits_means {
    bool memory_group, processes_group;
    bool uid_counts;      /* not root: RLIMIT_NPROC holds */
    bool private_network; /* asked for, and so it is */
    bool outbound;        /* there is a way out of it */
};

cJSON *limits_means_to_json(const struct limits_means *m);
/* What is missing or of another kind is false. */
void limits_means_from_json(struct limits_means *m, const cJSON *object);

/* {"memoryBytes",…,"by":{"memory":"cgroup"|"rlimit"|"none","processes":…,"disk":"file-size"|"none",
 * "openFiles":…}}: what is in force, also what nobody asked for. */
cJSON *limits_in_force(const struct limits *l, const struct limits_means *m);

#endif
