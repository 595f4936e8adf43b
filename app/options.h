/* SPDX-License-Identifier: MIT
 *
 * What the command line says for every command.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>

#include "app/args.h"

struct options {
    bool own_key_only; /* no option: only the key that the context itself names */
    const char *gateway, *api_key_file, *context, *ns, *view, *log; /* borrowed; NULL: not said */
    bool no_restore, readonly, version, help;
};

extern const struct arg_def options_defs[];

#endif
