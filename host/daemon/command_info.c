/* SPDX-License-Identifier: MIT
 *
 * Commands as JSON.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/daemon/internal.h"
#include "host/daemon/jsontext.h"
#include "wire/names.h"

static const char *status_name(const struct command *c)
{
    if (c->state == COMMAND_FINISHED)
        return c->exit_code ? "failed" : "completed";
    return c->state == COMMAND_RUNNING ? "running" : "pending";
}

cJSON *command_info(const struct command *c)
{
    cJSON *info = cJSON_CreateObject();
    char iso[CLOCK_ISO_SIZE];

    if (c->terminal) {
        cJSON_AddStringToObject(info, "cmd_id", c->id);
        cJSON_AddStringToObject(info, "terminal_id", c->terminal->id);
    }
    json_add_bytes(info, "command", c->text, strlen(c->text));
    cJSON_AddStringToObject(info, "status", status_name(c));
    cJSON_AddBoolToObject(info, "pty", false);
    cJSON_AddStringToObject(info, "started_at", clock_format_iso(iso, c->started_wall_ms));
    if (c->streaming) {
        cleanup_free char *channel = xasprintf(CHANNEL_COMMAND_PREFIX "%s", c->id);

        cJSON_AddStringToObject(info, "channel", channel);
    }
    if (c->state == COMMAND_FINISHED) {
        cJSON_AddNumberToObject(info, "exit_code", c->exit_code);
        cJSON_AddNumberToObject(info, "duration_ms", (double)c->duration_ms);
        cJSON_AddStringToObject(info, "finished_at", clock_format_iso(iso, c->finished_wall_ms));
    }
    if (output_is_cut(&c->out.output))
        cJSON_AddBoolToObject(info, "stdout_truncated", true);
    if (output_is_cut(&c->err.output))
        cJSON_AddBoolToObject(info, "stderr_truncated", true);
    return info;
}

void command_reply(const struct command *c, struct http_request *r, const char *message)
{
    struct jsonflow *f = jsonflow_create();
    cJSON *envelope = cJSON_CreateObject();

    cJSON_AddStringToObject(envelope, "message", message);
    jsonflow_add_open_object(f, envelope);
    jsonflow_add_text(f, "\"data\":");
    jsonflow_add_open_object(f, command_info(c));
    jsonflow_add_text(f, "\"stdout\":\"");
    output_describe(&c->out.output, f);
    jsonflow_add_text(f, "\",\"stderr\":\"");
    output_describe(&c->err.output, f);
    jsonflow_add_text(f, "\"}}");
    jsonflow_reply(f, r, 200, output_is_small(&c->out.output) && output_is_small(&c->err.output));
}
