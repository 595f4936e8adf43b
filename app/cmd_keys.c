/* SPDX-License-Identifier: MIT
 *
 * sandpit keys: the key table as it is after keys.ini, and what conflicts in it.
 */
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/env_list.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/text.h"
#include "tui/keymap.h"

struct keys_args {
    bool json;
};

static const struct arg_def args[] = {
    {"json", 0, ARG_FLAG, offsetof(struct keys_args, json), NULL, "print a JSON array"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static void print_row(void *user, const struct action_def *def, const char *keys)
{
    const char **context = user;
    int pad = 16 - text_width(keys);

    if (!*context || strcmp(*context, def->context) != 0)
        printf("%s[%s]\n", *context ? "\n" : "", def->context);
    *context = def->context;
    printf("  %s%*s %-26s %s\n", keys, pad > 0 ? pad : 0, "", def->action, def->help);
}

static void add_json(void *user, const struct action_def *def, const char *keys)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "context", def->context);
    cJSON_AddStringToObject(object, "action", def->action);
    cJSON_AddStringToObject(object, "keys", keys);
    cJSON_AddStringToObject(object, "help", def->help);
    cJSON_AddItemToArray(user, object);
}

static void report_conflict(void *user, const char *line)
{
    say("conflict: %s", line);
}

static int run_keys(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct keys_args *a = arguments;

    if (a->json) {
        cJSON *array = cJSON_CreateArray();

        keymap_each(app->keymap, NULL, add_json, array);
        json_print(array);
    } else {
        const char *context = NULL;

        keymap_each(app->keymap, NULL, print_row, &context);
    }
    fflush(stdout);
    return keymap_conflicts(app->keymap, report_conflict, NULL) ? EXIT_FAIL : EXIT_OK;
}

const struct command cmd_keys = {
    .name = "keys",
    .usage = "",
    .summary = "Print the key table and its conflicts",
    .details = "Change it in keys.ini: a line \"action = keys\" under the [context] shown here. "
               "Fails when\ntwo actions of one context are on one key.",
    .args = args,
    .args_size = sizeof(struct keys_args),
    .leading = 1 << 20,
    .offline = true,
    .run = run_keys,
};
