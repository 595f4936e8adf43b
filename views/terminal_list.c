/* SPDX-License-Identifier: MIT
 *
 * The terminals that run in sandboxes, whoever opened them: attach, watch, open another, end.
 */
#include "views/terminal_list.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/broadcast.h"
#include "views/span.h"
#include "views/terminal_form.h"
#include "views/terminals.h"

enum column { TITLE, COMMAND, SIZE, AGE, LAST, VIEWERS, HERE, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [TITLE] = {.title = "TITLE", .min = 8, .ideal = 24, .max = 60},
    [COMMAND] = {.title = "COMMAND", .min = 7, .ideal = 8, .max = 24, .priority = 5},
    [SIZE] = {.title = "SIZE", .min = 6, .ideal = 7, .max = 9, .priority = 4, .right = true},
    [AGE] = {.title = "AGE", .min = 6, .ideal = 6, .max = 6, .priority = 3, .right = true},
    [LAST] = {.title = "OUTPUT", .min = 6, .ideal = 6, .max = 6, .priority = 1, .right = true},
    [VIEWERS] = {.title = "VIEWERS",
                 .min = 7,
                 .ideal = 7,
                 .max = 7,
                 .priority = 2,
                 .right = true,
                 .descending = true},
    [HERE] = {.title = "HERE", .min = 11, .ideal = 14, .max = 20, .priority = 1},
};

static const char *title_of(const void *item)
{
    const struct terminal_info *t = item;

    return *t->title ? t->title : *t->command ? t->command : t->id;
}

/* Without its folder: "bash". */
static const char *command_of(const struct terminal_info *t)
{
    const char *slash = strrchr(t->command, '/');

    return slash && !strchr(t->command, ' ') ? slash + 1 : t->command;
}

static bool is_terminal(const void *item)
{
    return ((const struct terminal_info *)item)->pty;
}

static int64_t age_cell(int64_t age_ms, bool known, struct table_cell *out)
{
    char span[CLOCK_SPAN_SIZE];
    int64_t change = known ? span_age(span, age_ms) : 0;

    snprintf(out->text, sizeof out->text, "%s", known ? span : "-");
    return change;
}

/* Of one that is attached here we know better than the last answer. */
static int64_t last_cell(const struct resource_row *row, const struct attachment *a,
                         struct table_cell *out)
{
    const struct terminal_info *t = row->item;

    if (a && attachment_output_at_ms(a))
        return age_cell(clock_mono_ms() - attachment_output_at_ms(a), true, out);
    return age_cell(row->now_ms - t->output_ms, t->output_ms > 0, out);
}

static void here_cell(struct views_env *env, const struct attachment *a, struct table_cell *out)
{
    if (!a)
        return;
    snprintf(out->text, sizeof out->text, "%s%s",
             broadcast_reaches(env, a) ? "\xe2\x87\xb6 broadcast"
             : attachment_is_marked(a) ? "\xe2\x97\x86 marked"
             : attachment_drives(a)    ? "\xe2\x96\xb8 open"
                                       : "\xe2\x96\xb8 watched",
             attachment_recorder(a) ? " \xe2\x97\x8f REC" : "");
    out->role = broadcast_reaches(env, a) ? ROLE_WARN : ROLE_GOOD;
}

static int64_t cell(const struct resource_row *row, int column, struct table_cell *out)
{
    const struct terminal_info *t = row->item;
    const struct attachment *a = attachment_find(row->env, row->sandbox_id, row->id);

    switch (column) {
    case TITLE:
        row_text(out, title_of(t));
        return 0;
    case COMMAND:
        row_text(out, command_of(t));
        return 0;
    case SIZE:
        snprintf(out->text, sizeof out->text, t->cols ? "%dx%d" : "-", t->cols, t->rows);
        return 0;
    case AGE:
        return age_cell(row->now_ms - t->created_ms, t->created_ms > 0, out);
    case LAST:
        return last_cell(row, a, out);
    case VIEWERS:
        snprintf(out->text, sizeof out->text, "%d", t->n_viewers);
        return 0;
    default:
        here_cell(row->env, a, out);
        return 0;
    }
}

static int numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare(const void *left, const void *right, int column)
{
    const struct terminal_info *a = left, *b = right;

    switch (column) {
    case TITLE:
        return strverscmp(title_of(a), title_of(b));
    case COMMAND:
        return strcmp(command_of(a), command_of(b));
    case SIZE:
        return numbers((int64_t)a->rows * a->cols, (int64_t)b->rows * b->cols);
    case LAST:
        return numbers(b->output_ms, a->output_ms);
    case VIEWERS:
        return numbers(a->n_viewers, b->n_viewers);
    default:
        return numbers(b->created_ms, a->created_ms);
    }
}

static void text(const void *item, struct buf *out)
{
    const struct terminal_info *t = item;

    buf_printf(out, "%s %s %s %dx%d", t->title, t->command, t->id, t->cols, t->rows);
}

/* --- verbs --- */

static enum view_result open_row(struct resource *r, const struct resource_row *row, bool observe)
{
    struct views_env *env = resource_env(r);
    /* The row may go while the view that it opens is made. */
    cleanup_free char *sandbox = xstrdup(row->sandbox_id), *id = xstrdup(row->id);

    shell_view_open(env, sandbox, id, observe || env->readonly ? SHELL_OBSERVE : SHELL_ATTACH,
                    PLACE_HERE);
    return VIEW_HANDLED;
}

static enum view_result verb_attach(struct resource *r, const struct resource_row *row)
{
    return open_row(r, row, false);
}

static enum view_result verb_observe(struct resource *r, const struct resource_row *row)
{
    return open_row(r, row, true);
}

static enum view_result verb_new(struct resource *r, const struct resource_row *row)
{
    struct remote *remote = resource_remote(r);

    if (remote)
        terminal_form_open(resource_env(r), remote);
    return VIEW_HANDLED;
}

static struct request *send_kill(struct remote *r, const char *id, struct job_step *step)
{
    return terminal_destroy(r, id, job_step_done, step);
}

static enum view_result verb_kill(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {.done = "ended",
                                                  .things = "terminals",
                                                  .title = "End terminals",
                                                  .verb = "end",
                                                  .loss = "What runs in it is killed.",
                                                  .send = send_kill};

    return resource_change(r, &change);
}

static const struct resource_verb verbs[] = {
    {"terminal-attach", false, false, verb_attach},
    {"terminal-observe", false, false, verb_observe},
    {"terminal-new", true, true, verb_new},
    {"terminal-kill", true, false, verb_kill},
    {0},
};

static const char *const contexts[] = {"terminals", "resource", "list", "motion", NULL};
static const char *const hints[] = {"terminal-attach", "attach",       "terminal-observe",
                                    "watch",           "terminal-new", "new",
                                    "terminal-kill",   "end",          NULL};

const struct resource_kind terminals_kind = {
    .name = "terminals",
    .contexts = contexts,
    .listing = &terminal_listing,
    .wanted = is_terminal,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .sort_column = AGE,
    .cell = cell,
    .compare = compare,
    .text = text,
    .label = title_of,
    .new_action = "terminal-new",
    .new_word = "opens one",
    .open_action = "terminal-attach",
    .verbs = verbs,
    .hints = hints,
};
