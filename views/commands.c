/* SPDX-License-Identifier: MIT
 *
 * Commands: what runs and what has run, its output, again, and at many places at once.
 */
#include "views/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "views/commands_form.h"
#include "views/commands_model.h"
#include "views/commands_output.h"
#include "views/list_view.h"
#include "views/matrix.h"
#include "views/span.h"

enum column { COMMAND, STATUS, TOOK, AGE, HOW, ID, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [COMMAND] = {.title = "COMMAND", .min = 10, .ideal = 32, .max = 100},
    [STATUS] = {.title = "STATUS", .min = 9, .ideal = 12, .max = 40},
    [TOOK] = {.title = "TOOK", .min = 6, .ideal = 6, .max = 8, .priority = 1, .right = true},
    [AGE] = {.title = "AGO", .min = 5, .ideal = 6, .max = 6, .priority = 2, .right = true},
    [HOW] = {.title = "HOW", .min = 10, .ideal = 10, .max = 10, .priority = 3},
    [ID] = {.title = "ID", .min = 8, .ideal = 12, .max = 40, .priority = 4},
};

static void status_cell(const struct command_row *c, struct table_cell *out)
{
    if (c->is_running) {
        snprintf(out->text, sizeof out->text, "\xe2\x97\x8f running");
        out->role = ROLE_GOOD;
    } else if (c->has_exit) {
        snprintf(out->text, sizeof out->text, "%s exit %d",
                 c->exit_code ? "\xe2\x9c\x97" : "\xe2\x9c\x93", c->exit_code);
        out->role = c->exit_code ? ROLE_BAD : ROLE_TEXT;
    } else {
        bool failed = c->run && c->run->state == RUN_FAILED;
        cleanup_free char *text =
            xasprintf("%s %s%s%s", failed ? "\xe2\x9c\x97" : "\xe2\x80\xa6", c->status,
                      failed ? ": " : "", failed ? c->run->error.text : "");
        row_text(out, text);
        out->role = failed ? ROLE_BAD : ROLE_TEXT;
    }
}

static int64_t took_cell(const struct resource_row *row, const struct command_row *c,
                         struct table_cell *out)
{
    int64_t ms = c->is_running && c->started_ms ? row->now_ms - c->started_ms : c->took_ms;
    char span[CLOCK_SPAN_SIZE];

    snprintf(out->text, sizeof out->text, "%s",
             !ms && !c->has_exit ? "-" : run_format_took(span, ms, c->is_running));
    return c->is_running ? 1000 : 0;
}

static const char *how_of(const struct command_row *c)
{
    static const char *const hows[] = {"once", "background", "code", "-"};

    return c->run ? hows[c->run->how] : hows[RUN_LOOK];
}

static int64_t cell(const struct resource_row *row, int column, struct table_cell *out)
{
    const struct command_row *c = row->item;
    char span[CLOCK_SPAN_SIZE];
    int64_t change = 0;

    switch (column) {
    case COMMAND:
        row_text(out, c->text);
        break;
    case STATUS:
        status_cell(c, out);
        break;
    case TOOK:
        change = took_cell(row, c, out);
        break;
    case AGE:
        change = c->started_ms ? span_age(span, row->now_ms - c->started_ms) : 0;
        snprintf(out->text, sizeof out->text, "%s", c->started_ms ? span : "-");
        break;
    case HOW:
        snprintf(out->text, sizeof out->text, "%s", how_of(c));
        break;
    default:
        row_text(out, *c->command_id ? c->command_id : c->id);
        break;
    }
    return change;
}

static int compare(const void *left, const void *right, int column)
{
    const struct command_row *a = left, *b = right;

    switch (column) {
    case COMMAND:
        return strverscmp(a->text, b->text);
    case STATUS:
        return a->is_running != b->is_running ? b->is_running - a->is_running
                                              : compare_numbers(a->exit_code, b->exit_code);
    case TOOK:
        return compare_numbers(a->took_ms, b->took_ms);
    case AGE:
        return compare_numbers(b->started_ms, a->started_ms);
    case HOW:
        return strcmp(how_of(a), how_of(b));
    default:
        return strverscmp(a->id, b->id);
    }
}

static void text(const void *item, struct buf *out)
{
    const struct command_row *c = item;

    buf_printf(out, "%s %s exit %d %s", c->text, c->status, c->exit_code, c->id);
}

static const char *label(const void *item)
{
    const struct command_row *c = item;

    return c->text;
}

/* --- verbs --- */

static enum view_result verb_new(struct resource *r, const struct resource_row *row)
{
    const char *borrowed[RESOURCE_SANDBOXES_MAX];
    char *ids[RESOURCE_SANDBOXES_MAX];
    size_t n = resource_sandboxes(r, borrowed, RESOURCE_SANDBOXES_MAX);

    for (size_t i = 0; i < n; i++)
        ids[i] = xstrdup(borrowed[i]);
    commands_form_open(resource_env(r), ids, n);
    for (size_t i = 0; i < n; i++)
        free(ids[i]);
    return VIEW_HANDLED;
}

static void add_output(void *user, const struct resource_row *row)
{
    const struct command_row *c = row->item;
    struct run *run =
        c->run ? run_ref(c->run)
               : run_look(row->env, row->sandbox_id, c->terminal_id, c->command_id, c->text);

    output_add(user, run);
    run_release(run);
}

static enum view_result verb_output(struct resource *r, const struct resource_row *row)
{
    struct output *o = output_create(resource_env(r));

    resource_each_target(r, add_output, o);
    output_show(o);
    return VIEW_HANDLED;
}

struct again {
    size_t n;
    struct run *runs[RESOURCE_SANDBOXES_MAX];
};

static void add_again(void *user, const struct resource_row *row)
{
    const struct command_row *c = row->item;
    struct again *a = user;

    if (a->n == RESOURCE_SANDBOXES_MAX)
        return;
    a->runs[a->n++] = c->run ? run_again(c->run)
                             : run_start(row->env, row->sandbox_id,
                                         &(struct run_spec){.how = RUN_ONCE, .text = c->text});
}

static enum view_result verb_again(struct resource *r, const struct resource_row *row)
{
    struct again *a = xcalloc(1, sizeof *a);

    resource_each_target(r, add_again, a);
    if (a->n == 1) {
        struct output *o = output_create(resource_env(r));

        output_add(o, a->runs[0]);
        output_show(o);
    } else if (a->n) {
        matrix_open(resource_env(r), a->runs, a->n);
    }
    for (size_t i = 0; i < a->n; i++)
        run_release(a->runs[i]);
    free(a);
    return VIEW_HANDLED;
}

/* A command of the host's goes with its exec terminal, which its id begins with. */
static struct request *destroy_terminal(struct remote *r, const char *id, struct job_step *step)
{
    cleanup_free char *terminal = xstrndup(id, strcspn(id, "/"));

    return terminal_destroy(r, terminal, job_step_done, step);
}

static struct request *send_end(struct remote *r, const char *id, struct job_step *step)
{
    struct run *run = runs_find(job_step_env(step), id);

    if (run) {
        run_kill(run);
        return NULL;
    }
    return destroy_terminal(r, id, step);
}

static struct request *send_delete(struct remote *r, const char *id, struct job_step *step)
{
    struct run *run = runs_find(job_step_env(step), id);

    if (run) {
        cleanup_free char *terminal =
            run->how == RUN_BACKGROUND && run->terminal_id ? xstrdup(run->terminal_id) : NULL;

        run_kill(run);
        run_drop(run);
        return terminal ? terminal_destroy(r, terminal, job_step_done, step) : NULL;
    }
    return destroy_terminal(r, id, step);
}

static enum view_result verb_end(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {
        .done = "ended",
        .things = "commands",
        .title = "End commands",
        .verb = "end",
        .loss = "Its processes are killed; what it has done so far stays.",
        .send = send_end};

    return resource_change(r, &change);
}

static enum view_result verb_delete(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {
        .done = "deleted",
        .things = "commands",
        .title = "Delete commands",
        .verb = "delete",
        .loss = "Its output is lost; if it runs, it is killed.",
        .send = send_delete};

    return resource_change(r, &change);
}

static const struct resource_verb verbs[] = {
    {"command-new", true, true, verb_new},        {"command-output", false, false, verb_output},
    {"command-again", true, false, verb_again},   {"command-kill", true, false, verb_end},
    {"command-delete", true, false, verb_delete}, {0},
};

static const char *const contexts[] = {"commands", "resource", "list", "motion", NULL};
static const char *const hints[] = {"command-output", "output", "command-new", "run",
                                    "command-again",  "again",  NULL};

const struct resource_kind commands_kind = {
    .name = "commands",
    .contexts = contexts,
    .model = &commands_model,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .sort_column = AGE,
    .cell = cell,
    .compare = compare,
    .text = text,
    .label = label,
    .new_action = "command-new",
    .new_word = "runs one",
    .open_action = "command-output",
    .verbs = verbs,
    .hints = hints,
};
