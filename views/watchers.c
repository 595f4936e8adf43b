/* SPDX-License-Identifier: MIT
 *
 * Watchers: which paths are watched; Enter follows what changes there.
 */
#include "views/watchers.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "client/watcher.h"
#include "views/list_view.h"
#include "views/pairs.h"
#include "views/remote_form.h"
#include "views/watchers_tail.h"

enum column { PATH, STATUS, CONTENT, IGNORED, ID, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [PATH] = {.title = "PATH", .min = 10, .ideal = 30, .max = 80},
    [STATUS] = {.title = "STATUS", .min = 8, .ideal = 10, .max = 20},
    [CONTENT] = {.title = "CONTENT", .min = 7, .ideal = 7, .max = 7, .priority = 1},
    [IGNORED] = {.title = "IGNORES", .min = 7, .ideal = 7, .max = 7, .priority = 2, .right = true},
    [ID] = {.title = "ID", .min = 8, .ideal = 20, .max = 40, .priority = 3},
};

static int64_t cell(const struct resource_row *row, int column, struct table_cell *out)
{
    const struct watcher_info *w = row->item;
    bool active = !strcmp(w->status, "active");

    switch (column) {
    case PATH:
        row_text(out, w->path);
        break;
    case STATUS: {
        cleanup_free char *text =
            xasprintf("%s %s", active ? "\xe2\x97\x8f" : "\xe2\x96\xa0", w->status);
        row_text(out, text);
        out->role = active ? ROLE_GOOD : ROLE_WARN;
        break;
    }
    case CONTENT:
        row_text(out, w->include_content ? "sent" : "-");
        break;
    case IGNORED:
        snprintf(out->text, sizeof out->text, "%zu", w->n_ignored);
        break;
    default:
        row_text(out, w->id);
        break;
    }
    return 0;
}

static int compare(const void *left, const void *right, int column)
{
    const struct watcher_info *a = left, *b = right;

    switch (column) {
    case PATH:
        return strverscmp(a->path, b->path);
    case STATUS:
        return strcmp(a->status, b->status);
    case CONTENT:
        return compare_numbers(a->include_content, b->include_content);
    case IGNORED:
        return compare_numbers(a->n_ignored, b->n_ignored);
    default:
        return strverscmp(a->id, b->id);
    }
}

static void text(const void *item, struct buf *out)
{
    const struct watcher_info *w = item;

    buf_printf(out, "%s %s %s", w->path, w->status, w->id);
}

/* --- new --- */
enum { NEW_PATH, NEW_CONTENT, NEW_IGNORED, N_FIELDS };

#define GLOBS_MAX 64

static const char *const no_yes[] = {"no", "yes", NULL};
static const struct form_field fields[N_FIELDS] = {
    [NEW_PATH] = {.label = "Path",
                  .placeholder = "the home",
                  .help = "a directory and all below it, or a file"},
    [NEW_CONTENT] = {.label = "Content",
                     .kind = FORM_CHOICE,
                     .choices = no_yes,
                     .help = "send what is in a file when it changes"},
    [NEW_IGNORED] = {.label = "Ignore",
                     .placeholder = "nothing",
                     .help = "globs: node_modules *.log .git"},
};

static void on_watcher(void *user, const struct watcher_info *w, const struct err *e)
{
    remote_form_answered(user, e, e ? "" : w->path, "is watched; Enter follows it");
}

static struct request *send_new(struct remote_form *form, struct remote *r, const struct form *f)
{
    cleanup_free char *copy = xstrdup(form_text(f, NEW_IGNORED));
    const char *globs[GLOBS_MAX + 1], *path = form_text(f, NEW_PATH);

    words_split(copy, globs, ARRAY_LEN(globs));
    return watcher_create(
        r,
        &(struct watcher_options){.path = *path ? path : ".",
                                  .include_content = !strcmp(form_text(f, NEW_CONTENT), "yes"),
                                  .ignored = globs},
        on_watcher, form);
}

static const struct remote_form_kind new_watcher = {
    .title = "New watcher",
    .verb = "watch",
    .fields = fields,
    .n_fields = N_FIELDS,
    .given_up = "Not waited for; the host may make it all the same",
    .send = send_new,
};

static enum view_result verb_new(struct resource *r, const struct resource_row *row)
{
    return remote_form_open_in(r, &new_watcher);
}

static const char *label(const void *item)
{
    const struct watcher_info *w = item;

    return w->path;
}

/* --- verbs --- */

static void add_source(void *user, const struct resource_row *row)
{
    const struct watcher_info *w = row->item;

    watch_add(user, row->sandbox_id, row->id, w->path);
}

static enum view_result verb_follow(struct resource *r, const struct resource_row *row)
{
    struct watch *w = watch_create(resource_env(r));

    resource_each_target(r, add_source, w);
    watch_show(w);
    return VIEW_HANDLED;
}

static struct request *send_delete(struct remote *r, const char *id, struct job_step *step)
{
    return watcher_destroy(r, id, job_step_done, step);
}

static enum view_result verb_delete(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {
        .done = "deleted",
        .things = "watchers",
        .title = "Delete watchers",
        .verb = "delete",
        .loss = "Nobody hears of changes there any more; the files stay.",
        .send = send_delete};

    return resource_change(r, &change);
}

static const struct resource_verb verbs[] = {
    {"watcher-new", true, true, verb_new},
    {"watcher-follow", false, false, verb_follow},
    {"watcher-delete", true, false, verb_delete},
    {0},
};

static const char *const contexts[] = {"watchers", "resource", "list", "motion", NULL};
static const char *const hints[] = {"watcher-follow", "follow", "watcher-new", "new",
                                    "watcher-delete", "delete", NULL};

const struct resource_kind watchers_kind = {
    .name = "watchers",
    .contexts = contexts,
    .listing = &watcher_listing,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .cell = cell,
    .compare = compare,
    .text = text,
    .label = label,
    .new_action = "watcher-new",
    .new_word = "watches a path",
    .open_action = "watcher-follow",
    .verbs = verbs,
    .hints = hints,
};
