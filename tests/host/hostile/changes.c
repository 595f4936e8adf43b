/* SPDX-License-Identifier: MIT */
#include "tests/host/hostile/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

const char *const change_names[CHANGE_KINDS] = {"file",  "env",    "token",
                                                "event", "server", "sandbox"};

static const struct {
    bool at_gateway;
    const char *path, *body; /* with the number, twice in the body */
} requests[CHANGE_KINDS] = {
    [CHANGE_FILE] = {false, "/files", "{\"path\":\"/home/user/f%d\",\"content\":\"%05000d\"}"},
    [CHANGE_ENV] = {false, "/env?file=.env", "{\"variables\":{\"V%d\":\"%0500d\"}}"},
    [CHANGE_TOKEN] = {false, "/auth/session_tokens",
                      "{\"description\":\"%d %0200d\",\"expiresIn\":86400}"},
    [CHANGE_EVENT] = {true, "/events", "{\"type\":\"e%d\",\"data\":{\"x\":\"%03000d\"}}"},
    [CHANGE_SERVER] = {false, "/servers",
                       "{\"slug\":\"s%d\",\"start\":\"true\",\"autostart\":false,"
                       "\"environment\":{\"A\":\"%01000d\"}}"},
    [CHANGE_SANDBOX] = {true, "/v1/sandboxes",
                        "{\"name\":\"n%d\",\"metadata\":{\"x\":\"%0100d\"}}"},
};

int change_send(const struct guest *g, enum change_kind kind, int number)
{
    cleanup_buf struct buf body = {0};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_printf(&body, requests[kind].body, number, number);
#pragma GCC diagnostic pop
    return guest_try_send(g, requests[kind].at_gateway, "POST", requests[kind].path, body.data);
}

bool change_finish(int fd, enum change_kind kind, int number, struct change *c, int *status,
                   char **error)
{
    cJSON *json = NULL;

    *c = (struct change){kind, number, NULL};
    *status = fd < 0 ? 0 : read_reply(fd, &json);
    if (fd >= 0)
        close(fd);
    bool done = *status >= 200 && *status < 300;
    *error = done ? NULL : xstrdup(text_in(json, "error"));
    if (done && kind == CHANGE_TOKEN)
        c->id = xstrdup(cJSON_GetObjectItem(json, "id")->valuestring);
    if (done && kind == CHANGE_SANDBOX)
        c->id = xstrdup(text_in(json, "sandboxId"));
    cJSON_Delete(json);
    return done;
}

static const cJSON *data_item(const cJSON *json, const char *name)
{
    return cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), name);
}

/* Is what was read what was written? */
static bool same(const cJSON *json, const struct change *c)
{
    cleanup_free char *content = xasprintf("%05000d", c->number);
    cleanup_free char *value = xasprintf("%0500d", c->number);
    cleanup_free char *name = xasprintf("V%d", c->number);
    const cJSON *variable = cJSON_GetObjectItem(data_item(json, "variables"), name);
    const cJSON *count = data_item(json, "count");

    switch (c->kind) {
    case CHANGE_FILE:
        return !strcmp(text_in(json, "content"), content);
    case CHANGE_ENV:
        return cJSON_IsString(variable) && !strcmp(variable->valuestring, value);
    case CHANGE_EVENT:
        return count && count->valueint == 1;
    case CHANGE_SANDBOX:
        return !strcmp(text_in(json, "status"), "running");
    default:
        return true;
    }
}

static char *path_of(const struct guest *g, const struct change *c)
{
    switch (c->kind) {
    case CHANGE_FILE:
        return xasprintf("/files//home/user/f%d?content=true", c->number);
    case CHANGE_ENV:
        return xasprintf("/env?file=.env");
    case CHANGE_TOKEN:
        return xasprintf("/auth/session_tokens/%s", c->id);
    case CHANGE_EVENT:
        return xasprintf("/events/%s?type=e%d", g->id, c->number);
    case CHANGE_SERVER:
        return xasprintf("/servers/s%d", c->number);
    default:
        return xasprintf("/v1/sandboxes/%s", c->id);
    }
}

void change_assert_present(const struct guest *g, const struct change *c)
{
    cleanup_free char *path = path_of(g, c);
    cJSON *json = NULL;
    int status = requests[c->kind].at_gateway ? host_ask(g->host, "GET", path, NULL, &json)
                                              : guest_ask(g, "GET", path, NULL, &json);

    if (status != 200 || !same(json, c))
        fail_msg("%s %d was acknowledged and is lost: %d", change_names[c->kind], c->number,
                 status);
    cJSON_Delete(json);
}
