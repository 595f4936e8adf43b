/* SPDX-License-Identifier: MIT
 *
 * What a sandbox may use at most: {"memoryBytes","processes","diskBytes","openFiles"}, each a whole
 * number greater than 0, or absent or null: no limit of its own.
 */
#ifndef HOST_SANDBOX_LIMITS_H
#define HOST_SANDBOX_LIMITS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

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

#endif
