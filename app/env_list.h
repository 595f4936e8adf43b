/* SPDX-License-Identifier: MIT
 *
 * --env NAME=VALUE, and JSON on stdout.
 */
#ifndef APP_ENV_LIST_H
#define APP_ENV_LIST_H

#include <cjson/cJSON.h>

#include "app/args.h"
#include "base/err.h"
#include "wire/sandbox.h"

/* An object of the variables, the last of each name; NULL with e when one has no "=". The caller
 * deletes it. */
cJSON *env_list_json(const struct arg_list *list, struct err *e);
/* Prints it, a newline, and deletes it. */
void json_print(cJSON *json);
/* The sandbox as --json shows it: everything but its token. */
cJSON *sandbox_public_json(const struct sandbox_info *info);

#endif
