/* SPDX-License-Identifier: MIT
 *
 * The commands of one sandbox: those its exec terminals know, and those started here.
 */
#ifndef VIEWS_COMMANDS_MODEL_H
#define VIEWS_COMMANDS_MODEL_H

#include "views/commands_run.h"
#include "views/resource.h"

struct command_row {
    const char *id; /* of the run, else "terminal/command" */
    const char *text, *status;
    bool is_running, has_exit;
    int exit_code;
    int64_t started_ms, took_ms; /* wall clock; took 0: not said */
    const char *terminal_id, *command_id;
    struct run *run; /* started here; or NULL */
};

extern const struct resource_model commands_model; /* struct command_row */

#endif
