/* SPDX-License-Identifier: MIT
 *
 * Overlays: how far their copies are, making one, deleting.
 */
#include "views/overlays.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "client/overlay.h"
#include "views/list_view.h"
#include "views/pairs.h"
#include "views/remote_form.h"
#include "views/span.h"

enum column { ID, SOURCE, TARGET, STATUS, FILES, SKIPPED, STRATEGY, AGE, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [ID] = {.title = "OVERLAY", .min = 8, .ideal = 12, .max = 24, .priority = 4},
    [SOURCE] = {.title = "FROM", .min = 8, .ideal = 24, .max = 60},
    [TARGET] = {.title = "TO", .min = 6, .ideal = 16, .max = 40},
    [STATUS] = {.title = "STATUS", .min = 10, .ideal = 14, .max = 50},
    [FILES] = {.title = "COPIED", .min = 7, .ideal = 7, .max = 9, .priority = 1, .right = true},
    [SKIPPED] = {.title = "SKIPPED", .min = 7, .ideal = 7, .max = 9, .priority = 3, .right = true},
    [STRATEGY] = {.title = "HOW", .min = 5, .ideal = 5, .max = 8, .priority = 5},
    [AGE] = {.title = "SINCE", .min = 6, .ideal = 6, .max = 6, .priority = 2, .right = true},
};

static void status_cell(const struct overlay_info *o, struct table_cell *out)
{
    static const struct {
        const char *status, *text;
        enum role role;
    } signs[] = {
        {"complete", "\xe2\x97\x8f complete", ROLE_GOOD},
        {"in_progress", "\xe2\x80\xa6 copying", ROLE_WARN},
        {"pending", "\xe2\x80\xa6 waiting", ROLE_WARN},
        {"failed", "\xe2\x9c\x97 failed", ROLE_BAD},
    };
    char text[256];

    snprintf(text, sizeof text, "? %s", o->status);
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (strcmp(signs[i].status, o->status) != 0)
            continue;
        snprintf(text, sizeof text, "%s%s%s", signs[i].text, *o->error ? ": " : "", o->error);
        out->role = signs[i].role;
    }
    row_text(out, text);
}

static int64_t cell(const struct resource_row *row, int column, struct table_cell *out)
{
    const struct overlay_info *o = row->item;
    char span[CLOCK_SPAN_SIZE];
    int64_t change = 0;

    switch (column) {
    case ID:
        row_text(out, o->id);
        break;
    case SOURCE:
        row_text(out, o->source);
        break;
    case TARGET:
        row_text(out, o->target);
        break;
    case STATUS:
        status_cell(o, out);
        break;
    case FILES:
        snprintf(out->text, sizeof out->text, "%lld", (long long)o->n_files + o->n_dirs);
        break;
    case SKIPPED:
        snprintf(out->text, sizeof out->text, "%zu", o->n_skipped);
        break;
    case STRATEGY:
        row_text(out, o->strategy);
        break;
    default:
        change = o->created_ms ? span_age(span, row->now_ms - o->created_ms) : 0;
        snprintf(out->text, sizeof out->text, "%s", o->created_ms ? span : "-");
    }
    return change;
}

static int compare(const void *left, const void *right, int column)
{
    const struct overlay_info *a = left, *b = right;

    switch (column) {
    case SOURCE:
        return strcmp(a->source, b->source);
    case TARGET:
        return strcmp(a->target, b->target);
    case STATUS:
        return strcmp(a->status, b->status);
    case FILES:
        return compare_numbers(a->n_files, b->n_files);
    case SKIPPED:
        return compare_numbers((int64_t)a->n_skipped, (int64_t)b->n_skipped);
    case AGE:
        return compare_numbers(b->created_ms, a->created_ms);
    default:
        return strcmp(a->id, b->id);
    }
}

static void text(const void *item, struct buf *out)
{
    const struct overlay_info *o = item;

    buf_printf(out, "%s %s %s %s %s", o->id, o->source, o->target, o->status, o->error);
}

/* Nobody knows an overlay by its id. */
static const char *label(const void *item)
{
    return ((const struct overlay_info *)item)->target;
}

/* --- making one --- */

enum { FROM, TO, HOW, IGNORE };

static bool check_source(const char *value, char *reason, size_t cap)
{
    if (*value && *value != '/')
        snprintf(reason, cap, "begins with /");
    return !*value || *value == '/';
}

static bool check_target(const char *value, char *reason, size_t cap)
{
    if (*value == '/')
        snprintf(reason, cap, "relative: without the first /");
    return *value != '/';
}

static const char *const strategies[] = {"smart", "copy", NULL};
static const struct form_field fields[] = {
    [FROM] = {.label = "From",
              .required = true,
              .check = check_source,
              .help = "a folder of the sandbox: /opt/template"},
    [TO] = {.label = "To",
            .required = true,
            .check = check_target,
            .help = "below the sandbox's root of work: app"},
    [HOW] = {.label = "How",
             .kind = FORM_CHOICE,
             .choices = strategies,
             .help = "smart links node_modules and its like, copy copies all"},
    [IGNORE] = {.label = "Leave out", .placeholder = "nothing", .help = "patterns: *.log .git"},
};

static void on_created(void *user, const struct overlay_info *o, const struct err *e)
{
    remote_form_answered(user, e, e ? "" : o->target, "is being copied");
}

#define IGNORE_MAX 64

static struct request *send_new(struct remote_form *form, struct remote *r, const struct form *f)
{
    cleanup_free char *patterns = xstrdup(form_text(f, IGNORE));
    const char *ignore[IGNORE_MAX + 1];

    words_split(patterns, ignore, ARRAY_LEN(ignore));
    const struct overlay_options options = {.source = form_text(f, FROM),
                                            .target = form_text(f, TO),
                                            .strategy = form_text(f, HOW),
                                            .ignore = ignore[0] ? ignore : NULL};
    return overlay_create(r, &options, NULL, on_created, form);
}

static const struct remote_form_kind new_overlay = {
    .title = "New overlay",
    .verb = "copy",
    .fields = fields,
    .n_fields = ARRAY_LEN(fields),
    .given_up = "Not waited for; the host may copy it all the same",
    .send = send_new,
};

static enum view_result verb_new(struct resource *r, const struct resource_row *row)
{
    return remote_form_open_in(r, &new_overlay);
}

static struct request *send_delete(struct remote *r, const char *id, struct job_step *step)
{
    return overlay_delete(r, id, job_step_done, step);
}

static enum view_result verb_delete(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {
        .done = "deleted",
        .things = "overlays",
        .title = "Delete overlays",
        .verb = "delete",
        .loss = "What it copied is removed from the sandbox, with changes made there since.",
        .send = send_delete};

    return resource_change(r, &change);
}

static const struct resource_verb verbs[] = {
    {"overlay-new", true, true, verb_new},
    {"overlay-delete", true, false, verb_delete},
    {0},
};

static const char *const contexts[] = {"overlays", "resource", "list", "motion", NULL};
static const char *const hints[] = {"overlay-new", "new", NULL};

const struct resource_kind overlays_kind = {
    .name = "overlays",
    .contexts = contexts,
    .listing = &overlay_listing,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .cell = cell,
    .compare = compare,
    .text = text,
    .label = label,
    .new_action = "overlay-new",
    .new_word = "copies a folder",
    .verbs = verbs,
    .hints = hints,
};
