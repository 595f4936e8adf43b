/* SPDX-License-Identifier: MIT */
#include "views/event_form.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/event.h"
#include "views/dialog.h"
#include "views/job.h"

enum { TYPE, DATA, N_FIELDS };

struct storing {
    struct views_env *env;
    char **ids; /* owned */
    size_t n;
};

static bool check_object(const char *value, char *reason, size_t cap)
{
    cJSON *json = *value ? cJSON_ParseWithOpts(value, NULL, true) : NULL;
    bool good = !*value || cJSON_IsObject(json);

    cJSON_Delete(json);
    if (!good)
        snprintf(reason, cap, "a JSON object: {\"version\": 7}");
    return good;
}

static const struct form_field fields[N_FIELDS] = {
    [TYPE] = {.label = "Type", .required = true, .help = "a word of yours: deploy.done"},
    [DATA] = {.label = "Data",
              .placeholder = "none",
              .check = check_object,
              .help = "a JSON object: {\"version\": 7}"},
};

static void on_stored(void *user, const struct event_info *event, const struct err *e)
{
    job_step_done(user, e);
}

static void submit(void *user, struct view *dialog, struct form *f)
{
    struct storing *s = user;
    cJSON *data = *form_text(f, DATA) ? cJSON_Parse(form_text(f, DATA)) : NULL;
    struct job *job = job_create(s->env, "stored an event of", "sandboxes");

    for (size_t i = 0; i < s->n; i++) {
        char name[160];
        struct remote *r = fleet_remote(s->env->fleet, s->ids[i]);
        struct job_step *step =
            job_add(job, views_sandbox_name(s->env, s->ids[i], name, sizeof name));

        job_step_request(step, event_store(r, form_text(f, TYPE), data, on_stored, step));
        remote_release(r);
    }
    cJSON_Delete(data);
    job_start(job);
    form_dialog_done(dialog);
}

static void abort_nothing(void *user)
{
}

static void closed(void *user)
{
    struct storing *s = user;

    for (size_t i = 0; i < s->n; i++)
        free(s->ids[i]);
    free(s->ids);
    free(s);
}

static const struct form_dialog_ops ops = {submit, abort_nothing, closed};

void event_form_open(struct views_env *env, const char *const *ids, size_t n)
{
    struct storing *s = xcalloc(1, sizeof *s);
    struct form form;

    s->env = env;
    s->n = n;
    s->ids = xcalloc(n ? n : 1, sizeof *s->ids);
    for (size_t i = 0; i < n; i++)
        s->ids[i] = xstrdup(ids[i]);
    form_init(&form, n > 1 ? "Event of all these sandboxes" : "Event", "store", fields, N_FIELDS);
    form_dialog_open(env, &form, &ops, s);
}
