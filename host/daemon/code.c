/* SPDX-License-Identifier: MIT
 *
 * POST /run/code: an interpreter with the source as its argument, both outputs in one.
 */
#include "host/daemon/code.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/daemon/internal.h"

static const struct language languages[] = {
    {"python", {"python3", "py"}, "python3", "-c"},
    {"node", {"javascript", "js", "nodejs"}, "node", "-e"},
    {"bash", {"shell"}, "bash", "-c"},
    {"sh", {NULL}, "sh", "-c"},
    {"ruby", {"rb"}, "ruby", "-e"},
};

const struct language *language_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(languages); i++) {
        if (!strcasecmp(name, languages[i].name))
            return &languages[i];
        for (size_t k = 0; k < ARRAY_LEN(languages[i].aliases) && languages[i].aliases[k]; k++)
            if (!strcasecmp(name, languages[i].aliases[k]))
                return &languages[i];
    }
    return NULL;
}

const struct language *language_detect(const char *source)
{
    static const struct {
        const char *text;
        int python; /* negative: speaks for Node */
    } signs[] = {
        {"print(", 2},     {"def ", 2},
        {"elif ", 2},      {"import ", 1},
        {"None", 1},       {"True", 1},
        {"False", 1},      {":\n", 1},
        {"__name__", 3},   {"self.", 1},
        {"console.", -4},  {"require(", -3},
        {"const ", -2},    {"let ", -2},
        {"var ", -2},      {"=>", -2},
        {"function ", -2}, {"process.", -2},
        {"===", -2},       {"from '", -3},
        {"from \"", -3},   {"async function", -2},
        {"null", -1},      {";\n", -1},
        {"`", -1},
    };
    int python = 0;

    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (strstr(source, signs[i].text))
            python += signs[i].python;
    return language_find(python < 0 ? "node" : "python");
}

/* The program in the children's PATH; NULL: not installed. */
static char *find_program(const struct daemon *d, const char *name)
{
    const char *path = environ_get(&d->environment, "PATH");
    cleanup_free char *copy = xstrdup(path ? path : "");
    char *rest = NULL;

    for (char *dir = strtok_r(copy, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
        char *file = xasprintf("%s/%s", dir, name);

        if (dir[0] == '/' && !access(file, X_OK))
            return file;
        free(file);
    }
    return NULL;
}

struct code_run {
    struct command_waiter waiter;
    struct http_request *request;
    struct command *command;
    const struct language *language;
};

static void on_code_ended(struct command *c, void *user)
{
    struct code_run *run = user;
    struct jsonflow *f = jsonflow_create();
    cJSON *data = cJSON_CreateObject();

    if (output_is_cut(&c->out.output))
        cJSON_AddBoolToObject(data, "output_truncated", true);
    cJSON_AddNumberToObject(data, "exit_code", c->exit_code);
    cJSON_AddStringToObject(data, "language", run->language->name);
    jsonflow_add_text(f, "{\"message\":\"Code executed\",\"data\":");
    jsonflow_add_open_object(f, data);
    jsonflow_add_text(f, "\"output\":\"");
    output_describe(&c->out.output, f);
    jsonflow_add_text(f, "\"}}");
    jsonflow_reply(f, run->request, 200, output_is_small(&c->out.output));
    free(run);
}

static void on_code_gone(struct http_request *r, void *user)
{
    struct code_run *run = user;

    command_unawait(run->command, &run->waiter);
    command_destroy(run->command);
    free(run);
}

static void start(struct http_request *r, struct daemon *d, const struct language *language,
                  const char *source)
{
    cleanup_free char *program = find_program(d, language->program);
    struct command_spec spec = {
        .text = source, .shell = program, .flag = language->flag, .combined = true};
    struct command *c;
    struct code_run *run;
    struct err e;

    if (!program) {
        http_reply_error(r, 400, "%s is not installed in this sandbox", language->program);
        return;
    }
    c = command_create(d, &spec, &e);
    if (c && command_start(c, &e)) {
        command_destroy(c);
        c = NULL;
    }
    if (!c) {
        http_reply_error(r, e.code == ERR_LIMIT ? 429 : 500, "%s", e.text);
        return;
    }
    run = xcalloc(1, sizeof *run);
    *run = (struct code_run){.request = r, .command = c, .language = language};
    run->waiter.on_end = on_code_ended;
    run->waiter.user = run;
    http_set_timeout(r, 24LL * 3600 * 1000);
    http_on_gone(r, on_code_gone, run);
    command_await(c, &run->waiter);
}

void api_code(struct http_request *r, void *user)
{
    cJSON *body = http_body_object(r);
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(body, "code");
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(body, "language");
    const struct language *language = NULL;

    if (!body)
        return;
    if (cJSON_IsString(code))
        language = cJSON_IsString(name) ? language_find(name->valuestring)
                                        : language_detect(code->valuestring);
    if (!cJSON_IsString(code))
        http_reply_error(r, 400, "code is missing or not a text");
    else if (!language || (name && !cJSON_IsString(name) && !cJSON_IsNull(name)))
        http_reply_error(r, 400, "unknown language");
    else
        start(r, user, language, code->valuestring);
    cJSON_Delete(body);
}
