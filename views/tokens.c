/* SPDX-License-Identifier: MIT
 *
 * Session tokens: who has access to a sandbox, and since when it was used.
 */
#include "views/tokens.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/token.h"
#include "tui/wrap.h"
#include "views/inquiry.h"
#include "views/links.h"
#include "views/list_view.h"
#include "views/span.h"
#include "views/token_form.h"

#define ACCESS_COLS 68

enum column { DESCRIPTION, MAY, USED, ENDS, AGE, ID, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [DESCRIPTION] = {.title = "DESCRIPTION", .min = 11, .ideal = 20, .max = 60},
    [MAY] = {.title = "MAY", .min = 5, .ideal = 10, .max = 10, .priority = 2},
    [USED] = {.title = "LAST USED", .min = 9, .ideal = 9, .max = 9, .right = true},
    [ENDS] = {.title = "ENDS IN", .min = 7, .ideal = 7, .max = 7, .priority = 1, .right = true},
    [AGE] = {.title = "AGE", .min = 6, .ideal = 6, .max = 6, .priority = 3, .right = true},
    [ID] = {.title = "ID", .min = 8, .ideal = 20, .max = 40, .priority = 4},
};

static int64_t ago(const struct resource_row *row, int64_t wall_ms, const char *none,
                   struct table_cell *out)
{
    char span[CLOCK_SPAN_SIZE];

    if (!wall_ms) {
        snprintf(out->text, sizeof out->text, "%s", none);
        out->role = ROLE_DIM;
        return 0;
    }
    int64_t change = span_age(span, row->now_ms - wall_ms);
    snprintf(out->text, sizeof out->text, "%s", span);
    return change;
}

static int64_t ends_cell(const struct resource_row *row, const struct token_info *t,
                         struct table_cell *out)
{
    char span[CLOCK_SPAN_SIZE];
    int64_t left = t->expires_ms - row->now_ms, change = 0;

    if (!t->expires_ms) {
        snprintf(out->text, sizeof out->text, "-");
    } else if (left <= 0) {
        snprintf(out->text, sizeof out->text, "ended");
        out->role = ROLE_DIM;
    } else {
        change = span_left(span, left);
        snprintf(out->text, sizeof out->text, "%s", span);
    }
    return change;
}

static int64_t cell(const struct resource_row *row, int column, struct table_cell *out)
{
    const struct token_info *t = row->item;

    switch (column) {
    case DESCRIPTION:
        row_text(out, *t->description ? t->description : "-");
        return 0;
    case MAY:
        row_text(out, !*t->scope                     ? "-"
                      : !strcmp(t->scope, "observe") ? "watch only"
                      : !strcmp(t->scope, "full")    ? "everything"
                                                     : t->scope);
        return 0;
    case USED:
        return ago(row, t->last_used_ms, "never", out);
    case ENDS:
        return ends_cell(row, t, out);
    case AGE:
        return ago(row, t->created_ms, "-", out);
    default:
        row_text(out, t->id);
        return 0;
    }
}

static int compare(const void *left, const void *right, int column)
{
    const struct token_info *a = left, *b = right;

    switch (column) {
    case DESCRIPTION:
        return strverscmp(a->description, b->description);
    case MAY:
        return strcmp(a->scope, b->scope);
    case USED:
        return compare_numbers(b->last_used_ms, a->last_used_ms);
    case ENDS:
        return compare_numbers(a->expires_ms, b->expires_ms);
    case AGE:
        return compare_numbers(b->created_ms, a->created_ms);
    default:
        return strverscmp(a->id, b->id);
    }
}

static void text(const void *item, struct buf *out)
{
    const struct token_info *t = item;

    buf_printf(out, "%s %s %s", t->description, t->scope, t->id);
}

static const char *label(const void *item)
{
    const struct token_info *t = item;

    return *t->description ? t->description : t->id;
}

/* --- verbs --- */

static struct request *send_revoke(struct remote *r, const char *id, struct job_step *step)
{
    return token_revoke(r, id, job_step_done, step);
}

static enum view_result verb_revoke(struct resource *r, const struct resource_row *row)
{
    static const struct resource_change change = {
        .done = "revoked",
        .things = "tokens",
        .title = "Revoke tokens",
        .verb = "revoke",
        .loss = "Whoever uses it is locked out at once; it cannot be brought back.",
        .send = send_revoke};

    return resource_change(r, &change);
}

static enum view_result verb_new(struct resource *r, const struct resource_row *row)
{
    struct remote *remote = resource_remote(r);

    if (remote)
        token_form_open(resource_env(r), remote);
    return VIEW_HANDLED;
}

static enum view_result verb_link(struct resource *r, const struct resource_row *row)
{
    struct remote *remote = resource_remote(r);
    char *id = remote ? xstrdup(remote_sandbox_id(remote)) : NULL;

    if (id)
        links_open(resource_env(r), &id, 1);
    free(id);
    return VIEW_HANDLED;
}

/* --- who we are --- */

static void add_wrapped(struct buf *out, const char *text)
{
    size_t n, skip;

    if (*text)
        buf_append_char(out, '\n');
    for (; (n = wrap_next(text, ACCESS_COLS, &skip)) || skip; text += n + skip)
        buf_printf(out, "%.*s\n", (int)n, text);
}

static void show_access(struct views_env *env, const char *sandbox_id,
                        const struct inquiry_answers *a)
{
    cleanup_buf struct buf out = {0};
    char name[160], iso[CLOCK_ISO_SIZE], clean[600];

    views_sandbox_name(env, sandbox_id, name, sizeof name);
    cleanup_free char *title = xasprintf("Access to %s", name);

    if (*a->why_not)
        buf_printf(&out, "It does not answer: %s\n",
                   text_sanitise(clean, sizeof clean, a->why_not, strlen(a->why_not)));
    else
        buf_printf(&out, "This program's:  %s\n",
                   text_sanitise(clean, sizeof clean, a->access, strlen(a->access)));
    if (*a->scope)
        buf_printf(&out, "It may:          %s\n",
                   strcmp(a->scope, "observe") ? "everything" : "watch only");
    if (a->access_ends_ms)
        buf_printf(&out, "It ends:         %s\n", clock_format_iso(iso, a->access_ends_ms));
    add_wrapped(&out, text_sanitise(clean, sizeof clean, a->instructions, strlen(a->instructions)));
    text_dialog_open(env, title, out.data);
}

static enum view_result verb_access(struct resource *r, const struct resource_row *row)
{
    struct remote *remote = resource_remote(r);

    if (remote)
        inquiry_start(resource_env(r), remote_sandbox_id(remote), show_access);
    return VIEW_HANDLED;
}

static const struct resource_verb verbs[] = {
    {"token-new", true, true, verb_new},
    {"token-revoke", true, false, verb_revoke},
    {"magic-link", true, true, verb_link},
    {"token-access", false, true, verb_access},
    {0},
};

static const char *const contexts[] = {"tokens", "resource", "list", "motion", NULL};
static const char *const hints[] = {"token-new",    "new",    "magic-link", "link",
                                    "token-revoke", "revoke", NULL};

const struct resource_kind tokens_kind = {
    .name = "tokens",
    .contexts = contexts,
    .listing = &token_listing,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .cell = cell,
    .compare = compare,
    .text = text,
    .label = label,
    .new_action = "token-new",
    .new_word = "makes one",
    .verbs = verbs,
    .hints = hints,
};
