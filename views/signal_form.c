/* SPDX-License-Identifier: MIT
 *
 * Sending a signal by hand: to try what listens, or from a program that cannot.
 */
#include "views/signal_form.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/signals.h"
#include "views/dialog.h"
#include "views/job.h"

enum { SIGNAL, PORT, URL, MESSAGE, N_FIELDS };
enum { PORT_OPEN, PORT_CLOSE, SERVER_READY, ERROR };

struct emission {
    struct views_env *env;
    char **ids; /* owned */
    size_t n;
};

static const char *const signals[] = {"port opened", "port closed", "server ready", "error", NULL};
static const struct form_field fields[N_FIELDS] = {
    [SIGNAL] = {.label = "Signal", .kind = FORM_CHOICE, .choices = signals},
    [PORT] = {.label = "Port",
              .kind = FORM_NUMBER,
              .min = 1,
              .max = 65535,
              .help = "needed for all but errors"},
    [URL] = {.label = "URL", .placeholder = "that of the port", .help = "where it is reached"},
    [MESSAGE] = {.label = "Message", .help = "of an error: what went wrong"},
};

static int signal_of(const struct form *f)
{
    for (int i = 0; signals[i]; i++)
        if (strcmp(signals[i], form_text(f, SIGNAL)) == 0)
            return i;
    return PORT_OPEN;
}

static bool is_complete(struct view *dialog, const struct form *f, int signal)
{
    struct err e;

    if (signal == ERROR ? *form_text(f, MESSAGE) : *form_text(f, PORT))
        return true;
    err_set(&e, ERR_ARG, signal == ERROR ? "an error needs a message" : "this signal needs a port");
    form_dialog_fail(dialog, &e);
    return false;
}

static struct request *send_signal(struct remote *r, const struct form *f, int signal,
                                   struct job_step *step)
{
    const char *url = *form_text(f, URL) ? form_text(f, URL) : NULL;
    int port = (int)form_number(f, PORT);

    if (signal == ERROR)
        return signal_emit_error(r, form_text(f, MESSAGE), job_step_done, step);
    if (signal == SERVER_READY)
        return signal_emit_ready(r, port, url, job_step_done, step);
    return signal_emit_port(r, port, signal == PORT_OPEN, url, job_step_done, step);
}

static void submit(void *user, struct view *dialog, struct form *f)
{
    struct emission *m = user;
    int signal = signal_of(f);

    if (!is_complete(dialog, f, signal))
        return;
    struct job *job = job_create(m->env, "signalled", "sandboxes");
    for (size_t i = 0; i < m->n; i++) {
        char name[160];
        struct remote *r = fleet_remote(m->env->fleet, m->ids[i]);
        struct job_step *step =
            job_add(job, views_sandbox_name(m->env, m->ids[i], name, sizeof name));

        job_step_request(step, send_signal(r, f, signal, step));
        remote_release(r);
    }
    job_start(job);
    form_dialog_done(dialog);
}

static void abort_nothing(void *user)
{
}

static void closed(void *user)
{
    struct emission *m = user;

    for (size_t i = 0; i < m->n; i++)
        free(m->ids[i]);
    free(m->ids);
    free(m);
}

static const struct form_dialog_ops ops = {submit, abort_nothing, closed};

void signal_form_open(struct views_env *env, const char *const *ids, size_t n)
{
    struct emission *m = xcalloc(1, sizeof *m);
    struct form form;

    m->env = env;
    m->n = n;
    m->ids = xcalloc(n ? n : 1, sizeof *m->ids);
    for (size_t i = 0; i < n; i++)
        m->ids[i] = xstrdup(ids[i]);
    form_init(&form, n > 1 ? "Signal in all of these sandboxes" : "Signal", "send", fields,
              N_FIELDS);
    form_dialog_open(env, &form, &ops, m);
}
