/* SPDX-License-Identifier: MIT
 *
 * Servers: how they are, and starting, stopping, restarting, deleting them.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/server.h"
#include "views/list_view.h"
#include "views/logs.h"
#include "views/resource.h"
#include "views/server_form.h"
#include "views/server_status.h"
#include "views/servers.h"
#include "views/span.h"

enum column { SLUG, STATUS, HEALTH, PORT, RESTARTS, AGE, COMMAND, URL, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [SLUG] = {.title = "SERVER", .min = 6, .ideal = 14, .max = 40},
    [STATUS] = {.title = "STATUS", .min = 9, .ideal = 12, .max = 44},
    [HEALTH] = {.title = "HEALTH", .min = 6, .ideal = 9, .max = 12, .priority = 3},
    [PORT] = {.title = "PORT", .min = 5, .ideal = 5, .max = 5, .priority = 1, .right = true},
    [RESTARTS] = {.title = "RESTARTS",
                  .min = 8,
                  .ideal = 8,
                  .max = 8,
                  .priority = 4,
                  .right = true,
                  .descending = true},
    [AGE] = {.title = "SINCE", .min = 6, .ideal = 6, .max = 6, .priority = 2, .right = true},
    [COMMAND] = {.title = "COMMAND", .min = 10, .ideal = 24, .max = 60, .priority = 5},
    [URL] = {.title = "URL", .min = 36, .ideal = 36, .max = 64, .priority = 6},
};

static void status_cell(const struct server_info *s, struct table_cell *out)
{
    static const struct {
        const char *status, *sign;
        enum role role;
    } signs[] = {
        {"ready", "\xe2\x97\x8f", ROLE_GOOD},      {"running", "\xe2\x97\x8f", ROLE_GOOD},
        {"starting", "\xe2\x80\xa6", ROLE_WARN},   {"installing", "\xe2\x80\xa6", ROLE_WARN},
        {"restarting", "\xe2\x86\xbb", ROLE_WARN}, {"stopped", "\xe2\x96\xa0", ROLE_DIM},
        {"failed", "\xe2\x9c\x97", ROLE_BAD},
    };
    char text[256], why[160] = "";
    const char *sign = "?";

    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (strcmp(signs[i].status, s->status) != 0)
            continue;
        sign = signs[i].sign;
        out->role = signs[i].role;
    }
    if (strcmp(s->status, "failed") == 0 && *s->error)
        snprintf(why, sizeof why, ": %s", s->error);
    else if (s->has_exit_code && out->role != ROLE_GOOD)
        snprintf(why, sizeof why, ": exit %d", s->exit_code);
    snprintf(text, sizeof text, "%s %s%s", sign, s->status, why);
    row_text(out, text);
}

static void health_cell(const struct server_info *s, struct table_cell *out)
{
    if (!*s->health_path)
        snprintf(out->text, sizeof out->text, "-");
    else if (!s->has_health)
        snprintf(out->text, sizeof out->text, "\xe2\x80\xa6");
    else if (s->is_healthy)
        snprintf(out->text, sizeof out->text, "ok %d", s->last_health_status);
    else
        snprintf(out->text, sizeof out->text, "\xe2\x9c\x97 %d (%dx)", s->last_health_status,
                 s->n_health_failures);
    if (s->has_health && *s->health_path)
        out->role = s->is_healthy ? ROLE_GOOD : ROLE_BAD;
}

static int64_t cell(const struct resource_row *row, int column, struct table_cell *out)
{
    const struct server_info *s = row->item;
    char span[CLOCK_SPAN_SIZE];
    int64_t change = 0;

    switch (column) {
    case SLUG:
        row_text(out, s->slug);
        break;
    case STATUS:
        status_cell(s, out);
        break;
    case HEALTH:
        health_cell(s, out);
        break;
    case PORT:
        snprintf(out->text, sizeof out->text, s->port ? "%d" : "-", s->port);
        break;
    case RESTARTS:
        snprintf(out->text, sizeof out->text, "%d", s->restart_count);
        out->role = s->restart_count ? ROLE_WARN : ROLE_TEXT;
        break;
    case AGE:
        change = s->updated_ms ? span_age(span, row->now_ms - s->updated_ms) : 0;
        snprintf(out->text, sizeof out->text, "%s", s->updated_ms ? span : "-");
        break;
    case COMMAND:
        row_text(out, s->start);
        break;
    default:
        row_text(out, s->url);
        break;
    }
    return change;
}

static int compare(const void *left, const void *right, int column)
{
    const struct server_info *a = left, *b = right;

    switch (column) {
    case STATUS:
        return strcmp(a->status, b->status);
    case HEALTH:
        return compare_numbers(a->is_healthy, b->is_healthy);
    case PORT:
        return compare_numbers(a->port, b->port);
    case RESTARTS:
        return compare_numbers(a->restart_count, b->restart_count);
    case AGE:
        return compare_numbers(b->updated_ms, a->updated_ms);
    case COMMAND:
        return strcmp(a->start, b->start);
    default:
        return strverscmp(a->slug, b->slug);
    }
}

static void text(const void *item, struct buf *out)
{
    const struct server_info *s = item;

    buf_printf(out, "%s %s %s %d %s %s", s->slug, s->status, s->start, s->port, s->url, s->error);
}

/* --- verbs --- */

static void on_server(void *user, const struct server_info *s, const struct err *e)
{
    job_step_done(user, e);
}

static struct request *send_stop(struct remote *r, const char *slug, struct job_step *step)
{
    return server_stop(r, slug, on_server, step);
}

static struct request *send_restart(struct remote *r, const char *slug, struct job_step *step)
{
    return server_restart(r, slug, on_server, step);
}

static struct request *send_delete(struct remote *r, const char *slug, struct job_step *step)
{
    return server_delete(r, slug, job_step_done, step);
}

static enum view_result verb_stop(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {
        .done = "stopped",
        .things = "servers",
        .title = "Stop servers",
        .verb = "stop",
        .loss = "Its processes are asked to end, then killed; it can be started again.",
        .send = send_stop};

    return resource_change(r, &change);
}

static enum view_result verb_restart(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {
        .done = "restarted",
        .things = "servers",
        .title = "Restart servers",
        .verb = "restart",
        .loss = "Who is connected to it is cut off for a moment.",
        .harmless = true,
        .send = send_restart};

    return resource_change(r, &change);
}

/* A stopped one begins again by a restart. */
static enum view_result verb_start(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {
        .done = "started", .things = "servers", .send = send_restart};

    return resource_change(r, &change);
}

static enum view_result verb_delete(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {
        .done = "deleted",
        .things = "servers",
        .title = "Delete servers",
        .verb = "delete",
        .loss = "It is stopped; its definition and its logs are lost.",
        .send = send_delete};

    return resource_change(r, &change);
}

static enum view_result verb_new(struct resource *r, const struct resource_row *row)
{
    return remote_form_open_in(r, &server_form);
}

static void add_source(void *user, const struct resource_row *row)
{
    logs_add(user, row->sandbox_id, row->id);
}

static enum view_result verb_logs(struct resource *r, const struct resource_row *row)
{
    struct logs *logs = logs_create(resource_env(r));

    resource_each_target(r, add_source, logs);
    logs_show(logs);
    return VIEW_HANDLED;
}

static enum view_result verb_copy_url(struct resource *r, const struct resource_row *row)
{
    const struct server_info *s = row->item;

    if (*s->url)
        views_copy(resource_env(r), "the URL", s->url);
    else
        tui_toast(resource_env(r)->tui, ROLE_WARN, "It has no port yet, so no URL");
    return VIEW_HANDLED;
}

static enum view_result verb_status(struct resource *r, const struct resource_row *row)
{
    server_status_open(resource_env(r), row->remote, row->item);
    return VIEW_HANDLED;
}

static const struct resource_verb verbs[] = {
    {"server-start-new", true, true, verb_new},
    {"server-logs", false, false, verb_logs},
    {"server-restart", true, false, verb_restart},
    {"server-start", true, false, verb_start},
    {"server-stop", true, false, verb_stop},
    {"server-delete", true, false, verb_delete},
    {"server-copy-url", false, false, verb_copy_url},
    {"server-status", true, false, verb_status},
    {0},
};

static const char *const contexts[] = {"servers", "resource", "list", "motion", NULL};
static const char *const hints[] = {"server-logs",
                                    "logs",
                                    "server-start-new",
                                    "new",
                                    "server-restart",
                                    "restart",
                                    "server-stop",
                                    "stop",
                                    "server-delete",
                                    "delete",
                                    NULL};

const struct resource_kind servers_kind = {
    .name = "servers",
    .contexts = contexts,
    .listing = &server_listing,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .cell = cell,
    .compare = compare,
    .text = text,
    .new_action = "server-start-new",
    .new_word = "starts one",
    .open_action = "server-logs",
    .verbs = verbs,
    .hints = hints,
};
