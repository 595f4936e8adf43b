/* SPDX-License-Identifier: MIT
 *
 * Sandboxes inside sandboxes: where they are, making one, deleting.
 */
#include "views/children.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/child.h"
#include "views/span.h"

enum column { SUBDOMAIN, MAIN, DIRECTORY, AGE, URL, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [SUBDOMAIN] = {.title = "SUBDOMAIN", .min = 9, .ideal = 16, .max = 40},
    [MAIN] = {.title = "IS", .min = 5, .ideal = 6, .max = 6, .priority = 1},
    [DIRECTORY] = {.title = "DIRECTORY", .min = 10, .ideal = 24, .max = 60},
    [AGE] = {.title = "AGE", .min = 6, .ideal = 6, .max = 6, .priority = 2, .right = true},
    [URL] = {.title = "URL", .min = 16, .ideal = 34, .max = 64, .priority = 3},
};

static int64_t cell(const struct resource_row *row, int column, struct table_cell *out)
{
    const struct child_info *c = row->item;
    char span[CLOCK_SPAN_SIZE];
    int64_t change = 0;

    switch (column) {
    case SUBDOMAIN:
        row_text(out, c->subdomain);
        break;
    case MAIN:
        row_text(out, c->is_main ? "parent" : "child");
        break;
    case DIRECTORY:
        row_text(out, c->directory);
        break;
    case AGE:
        change = c->created_ms ? span_age(span, row->now_ms - c->created_ms) : 0;
        snprintf(out->text, sizeof out->text, "%s", c->created_ms ? span : "-");
        break;
    default:
        row_text(out, c->url);
    }
    return change;
}

static int compare(const void *left, const void *right, int column)
{
    const struct child_info *a = left, *b = right;

    switch (column) {
    case MAIN:
        return b->is_main - a->is_main;
    case DIRECTORY:
        return strcmp(a->directory, b->directory);
    case AGE:
        return (b->created_ms > a->created_ms) - (b->created_ms < a->created_ms);
    default:
        return strcmp(a->subdomain, b->subdomain);
    }
}

static void text(const void *item, struct buf *out)
{
    const struct child_info *c = item;

    buf_printf(out, "%s %s %s", c->subdomain, c->directory, c->url);
}

/* --- making one --- */

struct new_child {
    struct views_env *env;
    struct remote *remote;
    struct view *dialog;
    struct request *request;
};

static const struct form_field fields[] = {
    {.label = "Directory", .placeholder = "the host's choice", .help = "where its work is"},
};

static void closed(void *user)
{
    struct new_child *n = user;

    request_cancel(n->request);
    remote_release(n->remote);
    free(n);
}

static void abort_request(void *user)
{
    struct new_child *n = user;

    request_cancel(steal_pointer(&n->request));
    tui_toast(n->env->tui, ROLE_WARN, "Not waited for; if it was made, the list has it");
}

static void on_created(void *user, const struct child_info *c, const struct err *e)
{
    struct new_child *n = user;

    n->request = NULL;
    if (e) {
        form_dialog_fail(n->dialog, e);
        return;
    }
    tui_toast(n->env->tui, ROLE_GOOD, "\xe2\x9c\x93 made %s", c->subdomain);
    form_dialog_done(n->dialog);
}

static void submit(void *user, struct view *dialog, struct form *form)
{
    struct new_child *n = user;
    const char *directory = form_text(form, 0);

    n->dialog = dialog;
    form_dialog_busy(dialog);
    n->request =
        child_create(n->remote, &(struct child_options){.directory = *directory ? directory : NULL},
                     on_created, n);
}

static const struct form_dialog_ops form_ops = {submit, abort_request, closed};

static enum view_result verb_new(struct resource *r, const struct resource_row *row)
{
    struct remote *remote = resource_remote(r);
    struct new_child *n;
    struct form form;

    if (!remote)
        return VIEW_HANDLED;
    n = xcalloc(1, sizeof *n);
    n->env = resource_env(r);
    n->remote = fleet_remote(n->env->fleet, remote_sandbox_id(remote));
    form_init(&form, "New child sandbox", "create", fields, ARRAY_LEN(fields));
    form_dialog_open(n->env, &form, &form_ops, n);
    return VIEW_HANDLED;
}

/* --- deleting, copying --- */

static struct request *send_delete(struct remote *r, const char *id, struct job_step *step)
{
    return child_delete(r, id, true, job_step_done, step);
}

static enum view_result verb_delete(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {
        .done = "deleted",
        .things = "child sandboxes",
        .title = "Delete child sandboxes",
        .verb = "delete",
        .loss = "Their files are lost and everything that runs in them ends.",
        .send = send_delete};

    return resource_change(r, &change);
}

static enum view_result verb_copy_url(struct resource *r, const struct resource_row *row)
{
    const struct child_info *c = row->item;

    views_copy(resource_env(r), "the URL", c->url);
    return VIEW_HANDLED;
}

static const struct resource_verb verbs[] = {
    {"child-new", true, true, verb_new},
    {"child-delete", true, false, verb_delete},
    {"child-copy-url", false, false, verb_copy_url},
    {0},
};

static const char *const contexts[] = {"children", "resource", "list", "motion", NULL};
static const char *const hints[] = {"child-new", "new", NULL};

const struct resource_kind children_kind = {
    .name = "child sandboxes",
    .contexts = contexts,
    .listing = &child_listing,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .cell = cell,
    .compare = compare,
    .text = text,
    .new_action = "child-new",
    .new_word = "makes one",
    .verbs = verbs,
    .hints = hints,
};
