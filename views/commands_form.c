/* SPDX-License-Identifier: MIT
 *
 * What is to be run, and how: once with its output followed, in the background, or as code.
 */
#include "views/commands_form.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "views/commands_output.h"
#include "views/dialog.h"
#include "views/journal.h"
#include "views/matrix.h"
#include "views/pairs.h"

enum { TEXT, HOW, CWD, VARIABLES, TIMEOUT, LANGUAGE, ORDER, N_FIELDS };

struct command_form {
    struct views_env *env;
    char **ids; /* owned */
    size_t n;
    char title[64];
};

static const char *const ways[] = {"once", "in the background", "as code", NULL};
static const char *const languages[] = {"found out", "python", "node", "bash", "sh", "ruby", NULL};
static const char *const orders[] = {"all at once", "one first, then the rest", NULL};
static const struct form_field fields[N_FIELDS] = {
    [TEXT] = {.label = "Run",
              .required = true,
              .help = "a command line for sh, or code; Up: those before"},
    [HOW] = {.label = "How",
             .kind = FORM_CHOICE,
             .choices = ways,
             .help = "once: its output is followed; it ends with its timeout"},
    [CWD] = {.label = "Directory", .placeholder = "the home", .help = "where it runs"},
    [VARIABLES] = {.label = "Environment",
                   .placeholder = "none",
                   .check = pairs_check,
                   .help = "NAME=value NAME=value"},
    [TIMEOUT] = {.label = "Timeout",
                 .placeholder = "none",
                 .kind = FORM_DURATION,
                 .min = 1000,
                 .help = "it is ended after that: 90s, 10m"},
    [LANGUAGE] = {.label = "Language",
                  .kind = FORM_CHOICE,
                  .choices = languages,
                  .help = "of code"},
    /* Left out where it runs in one sandbox. */
    [ORDER] = {.label = "Order",
               .kind = FORM_CHOICE,
               .choices = orders,
               .help = "one first: asks before it goes on with the rest"},
};

static enum run_how way_of(const struct form *f)
{
    if (strcmp(form_text(f, HOW), ways[RUN_BACKGROUND]) == 0)
        return RUN_BACKGROUND;
    return strcmp(form_text(f, HOW), ways[RUN_CODE]) == 0 ? RUN_CODE : RUN_ONCE;
}

static void show_one(struct views_env *env, struct run *run)
{
    struct output *o = output_create(env);

    output_add(o, run);
    output_show(o);
}

/* The dialog has gone by then, so that views open below nothing. */
struct started {
    size_t n;
    char **rest; /* owned: sandboxes in which it runs later; NULL: none */
    size_t n_rest;
    struct run *runs[];
};

static void show(struct views_env *env, void *data)
{
    struct started *s = data;

    if (s->n_rest)
        matrix_open_first(env, s->runs[0], s->rest, s->n_rest);
    else if (s->n == 1)
        show_one(env, s->runs[0]);
    else
        matrix_open(env, s->runs, s->n);
}

static void drop_started(void *data)
{
    struct started *s = data;

    for (size_t i = 0; i < s->n; i++)
        run_release(s->runs[i]);
    for (size_t i = 0; i < s->n_rest; i++)
        free(s->rest[i]);
    free(s->rest);
    free(s);
}

static void submit(void *user, struct view *dialog, struct form *f)
{
    struct command_form *c = user;
    char reason[8];
    cJSON *variables = pairs_parse(form_text(f, VARIABLES), reason, sizeof reason);
    struct run_spec spec = {
        .how = way_of(f),
        .text = form_text(f, TEXT),
        .cwd = *form_text(f, CWD) ? form_text(f, CWD) : NULL,
        .variables = variables && variables->child ? variables : NULL,
        .timeout_ms = form_number(f, TIMEOUT),
        .language = strcmp(form_text(f, LANGUAGE), languages[0]) ? form_text(f, LANGUAGE) : NULL};
    if (!journal_holds_secret(spec.text))
        prompt_history_add(&c->env->state->commands, spec.text);
    struct started *s = xcalloc(1, sizeof *s + c->n * sizeof(struct run *));

    bool one_first = c->n > 1 && strcmp(form_text(f, ORDER), orders[1]) == 0;

    s->rest = one_first ? xcalloc(c->n, sizeof *s->rest) : NULL;
    for (size_t i = 0; i < c->n; i++) {
        if (one_first && i)
            s->rest[s->n_rest++] = xstrdup(c->ids[i]);
        else
            s->runs[s->n++] = run_start(c->env, c->ids[i], &spec);
    }
    cJSON_Delete(variables);
    form_dialog_done(dialog);
    views_later(c->env, show, s, drop_started);
}

static void abort_nothing(void *user)
{
}

static void closed(void *user)
{
    struct command_form *c = user;

    for (size_t i = 0; i < c->n; i++)
        free(c->ids[i]);
    free(c->ids);
    free(c);
}

static const struct form_dialog_ops ops = {submit, abort_nothing, closed};

void commands_form_open(struct views_env *env, char *const *ids, size_t n)
{
    struct command_form *c;
    struct form form;
    char name[160];

    if (!n || views_refuse_readonly(env))
        return;
    c = xcalloc(1, sizeof *c);
    c->env = env;
    c->n = n;
    c->ids = xcalloc(n, sizeof *c->ids);
    for (size_t i = 0; i < n; i++)
        c->ids[i] = xstrdup(ids[i]);
    if (n > 1)
        snprintf(c->title, sizeof c->title, "Run in %zu sandboxes", n);
    else
        snprintf(c->title, sizeof c->title, "Run in %.48s",
                 views_sandbox_name(env, ids[0], name, sizeof name));
    form_init(&form, c->title, "run", fields, n > 1 ? N_FIELDS : ORDER);
    form.states[TEXT].prompt.history = &env->state->commands;
    form_dialog_open(env, &form, &ops, c);
}
