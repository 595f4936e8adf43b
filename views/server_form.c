/* SPDX-License-Identifier: MIT
 *
 * Starting a server: a form with every option of protocol.md.
 */
#include "views/server_form.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "client/server.h"
#include "views/pairs.h"

enum server_field {
    SLUG,
    START,
    INSTALL,
    PATH,
    PORT,
    STRICT,
    ENVIRONMENT,
    ENV_FILE,
    AUTOSTART,
    POLICY,
    MAX_RESTARTS,
    RESTART_DELAY,
    STOP_TIMEOUT,
    HEALTH_PATH,
    HEALTH_INTERVAL,
    N_FIELDS
};

static bool check_slug(const char *value, char *reason, size_t cap)
{
    for (const char *p = value; *p; p++) {
        if (isalnum((unsigned char)*p) || strchr("-_.", *p))
            continue;
        snprintf(reason, cap, "letters, digits, - _ . only");
        return false;
    }
    return true;
}

static bool check_health(const char *value, char *reason, size_t cap)
{
    if (!*value || *value == '/')
        return true;
    snprintf(reason, cap, "begins with /");
    return false;
}

static const char *const yes_no[] = {"no", "yes", NULL};
static const char *const no_yes[] = {"yes", "no", NULL};
static const char *const policies[] = {"never", "on-failure", "always", NULL};

static const struct form_field fields[N_FIELDS] = {
    [SLUG] = {.label = "Name",
              .required = true,
              .check = check_slug,
              .help = "unique in the sandbox: web"},
    [START] = {.label = "Command", .required = true, .help = "run by sh; PORT is set for it"},
    [INSTALL] = {.label = "Install", .placeholder = "nothing", .help = "run before it, to its end"},
    [PATH] = {.label = "Directory", .placeholder = "the home", .help = "where it runs"},
    [PORT] = {.label = "Port",
              .placeholder = "found out",
              .kind = FORM_NUMBER,
              .min = 1,
              .max = 65535,
              .help = "told to it as PORT; the next free one if it is taken"},
    [STRICT] = {.label = "Only that port",
                .kind = FORM_CHOICE,
                .choices = yes_no,
                .help = "fail rather than take another"},
    [ENVIRONMENT] = {.label = "Environment",
                     .placeholder = "none",
                     .check = pairs_check,
                     .help = "NAME=value NAME=value"},
    [ENV_FILE] = {.label = "Env file",
                  .placeholder = "none",
                  .help = "below its directory; Environment wins"},
    [AUTOSTART] = {.label = "Autostart",
                   .kind = FORM_CHOICE,
                   .choices = no_yes,
                   .help = "again when the sandbox comes back"},
    [POLICY] = {.label = "Restart",
                .kind = FORM_CHOICE,
                .choices = policies,
                .help = "when it ends by itself"},
    [MAX_RESTARTS] = {.label = "At most",
                      .placeholder = "no limit",
                      .kind = FORM_NUMBER,
                      .min = 0,
                      .max = 1000000,
                      .help = "restarts"},
    [RESTART_DELAY] = {.label = "Delay",
                       .placeholder = "the host's",
                       .kind = FORM_DURATION,
                       .help = "before a restart: 2s"},
    [STOP_TIMEOUT] = {.label = "Stop timeout",
                      .placeholder = "the host's",
                      .kind = FORM_DURATION,
                      .help = "from asking it to end to killing it"},
    [HEALTH_PATH] = {.label = "Health path",
                     .placeholder = "no check",
                     .check = check_health,
                     .help = "ready when GET of it answers 2xx: /health"},
    [HEALTH_INTERVAL] = {.label = "Health every",
                         .placeholder = "the host's",
                         .kind = FORM_DURATION},
};

static void on_started(void *user, const struct server_info *s, const struct err *e)
{
    cleanup_free char *done = e ? NULL : xasprintf("is %s", s->status);

    if (!e && strcmp(s->status, "failed") == 0)
        remote_form_failed(user, s->slug, "failed; its log (Enter) says why");
    else
        remote_form_answered(user, e, e ? "" : s->slug, done);
}

static const char *text_of(const struct form *f, enum server_field field)
{
    const char *text = form_text(f, field);

    return *text ? text : NULL;
}

static int64_t duration_of(const struct form *f, enum server_field field)
{
    return *form_text(f, field) ? form_number(f, field) : -1;
}

static struct request *send_new(struct remote_form *form, struct remote *r, const struct form *f)
{
    char reason[8];
    cJSON *environment = pairs_parse(form_text(f, ENVIRONMENT), reason, sizeof reason);
    struct server_options options = {
        .slug = form_text(f, SLUG),
        .start = form_text(f, START),
        .install = text_of(f, INSTALL),
        .path = text_of(f, PATH),
        .env_file = text_of(f, ENV_FILE),
        .environment = environment && environment->child ? environment : NULL,
        .port = (int)form_number(f, PORT),
        .strict_port = strcmp(form_text(f, STRICT), "yes") == 0,
        .no_autostart = strcmp(form_text(f, AUTOSTART), "no") == 0,
        .restart_policy = form_text(f, POLICY),
        .max_restarts = (int)form_number(f, MAX_RESTARTS),
        .restart_delay_ms = duration_of(f, RESTART_DELAY),
        .stop_timeout_ms = duration_of(f, STOP_TIMEOUT),
        .health = {.path = text_of(f, HEALTH_PATH), .interval_ms = form_number(f, HEALTH_INTERVAL)},
    };

    struct request *request = server_start(r, &options, on_started, form);
    cJSON_Delete(environment);
    return request;
}

const struct remote_form_kind server_form = {
    .title = "New server",
    .verb = "start",
    .fields = fields,
    .n_fields = N_FIELDS,
    .given_up = "Not waited for; the host may start it all the same",
    .send = send_new,
};
