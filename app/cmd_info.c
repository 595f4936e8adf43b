/* SPDX-License-Identifier: MIT
 *
 * sandpit info: every path, the context, the gateway, the versions. Starts nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/embedded.h"
#include "app/env_list.h"
#include "app/versions.h"
#include "base/alloc.h"
#include "base/text.h"

#define PROBE_MS 2000

struct info_args {
    bool json;
};

static const struct arg_def args[] = {
    {"json", 0, ARG_FLAG, offsetof(struct info_args, json), NULL, "print a JSON object"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, name, text);
    else
        cJSON_AddNullToObject(object, name);
}

static cJSON *paths_json(const struct app *app)
{
    const struct paths *p = &app->paths;
    cleanup_free char *gateway_log = xasprintf("%s/gateway.log", p->host_state_dir);
    cJSON *json = cJSON_CreateObject();

    add_text(json, "config", p->config_file);
    add_text(json, "keys", p->keys_file);
    add_text(json, "themes", p->themes_dir);
    add_text(json, "state", p->state_dir);
    add_text(json, "recordings", p->recordings_dir);
    add_text(json, "runtime", p->runtime_dir);
    add_text(json, "gatewayState", p->host_state_dir);
    add_text(json, "gatewayLog", gateway_log);
    add_text(json, "sandpit", p->program);
    add_text(json, "sandpitd", p->sandpitd);
    add_text(json, "log", app->options.log);
    return json;
}

static cJSON *context_json(const struct app *app)
{
    const struct context *c = &app->context;
    cJSON *json = cJSON_CreateObject();

    if (app->context_error.code) {
        add_text(json, "error", app->context_error.text);
        return json;
    }
    add_text(json, "name", c->name);
    add_text(json, "chosenBy", c->origin);
    add_text(json, "namespace", c->ns);
    add_text(json, "provider", c->provider_name);
    cJSON_AddBoolToObject(json, "readonly", c->readonly);
    return json;
}

static cJSON *gateway_json(const struct app *app)
{
    struct embedded_record record = {0};
    const char *url = app->context.url;
    cJSON *json = cJSON_CreateObject();
    struct err e = {0};

    if (app->context.embedded && embedded_record_read(&record, app->paths.host_state_dir))
        url = record.url;
    add_text(json, "url", url);
    cJSON_AddBoolToObject(json, "embedded", app->context.embedded);
    if (!url) {
        add_text(json, "status", "not running; started when needed");
    } else if (embedded_probe(url, PROBE_MS, &e) == 0) {
        add_text(json, "status", "running");
    } else {
        cleanup_free char *text =
            xasprintf("%s: %s", app->context.embedded ? "not running" : "no answer", e.text);
        add_text(json, "status", text);
    }
    if (record.version)
        add_text(json, "version", record.version);
    embedded_record_finish(&record);
    return json;
}

static cJSON *versions_json(void)
{
    struct version all[VERSIONS_MAX];
    size_t n = versions_get(all);
    cJSON *json = cJSON_CreateObject();

    for (size_t i = 0; i < n; i++)
        add_text(json, all[i].name, all[i].text);
    return json;
}

static cJSON *problems_json(const struct app *app)
{
    cJSON *json = cJSON_CreateArray();

    for (size_t i = 0; i < app->config.n_problems; i++)
        cJSON_AddItemToArray(json, cJSON_CreateString(app->config.problems[i]));
    return json;
}

static void print_section(const cJSON *section)
{
    const cJSON *item;

    if (!cJSON_IsObject(section))
        return;
    printf("%s\n", section->string);
    for (item = section->child; item; item = item->next) {
        const char *text = cJSON_IsString(item) ? item->valuestring
                           : cJSON_IsBool(item) ? (cJSON_IsTrue(item) ? "yes" : "no")
                                                : "-";
        char safe[1024];
        bool is_path = text[0] == '/' && strcmp(section->string, "paths") == 0;

        printf("  %-22s %s%s\n", item->string, text_sanitise(safe, sizeof safe, text, strlen(text)),
               is_path && access(text, F_OK) != 0 ? "  (absent)" : "");
    }
}

static int run_info(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct info_args *a = arguments;
    cJSON *json = cJSON_CreateObject();
    const cJSON *section;

    cJSON_AddItemToObject(json, "paths", paths_json(app));
    cJSON_AddItemToObject(json, "context", context_json(app));
    cJSON_AddItemToObject(json, "gateway", gateway_json(app));
    cJSON_AddItemToObject(json, "versions", versions_json());
    cJSON_AddItemToObject(json, "problems", problems_json(app));
    if (a->json) {
        json_print(json);
        return EXIT_OK;
    }
    for (section = json->child; section; section = section->next)
        print_section(section);
    cJSON_Delete(json);
    return EXIT_OK;
}

const struct command cmd_info = {
    .name = "info",
    .usage = "",
    .summary = "Print paths, context, gateway and versions",
    .details = "Starts nothing: an embedded gateway that does not run is said to be so.",
    .args = args,
    .args_size = sizeof(struct info_args),
    .leading = 1 << 20,
    .offline = true,
    .run = run_info,
};
