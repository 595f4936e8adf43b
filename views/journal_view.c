/* SPDX-License-Identifier: MIT
 *
 * The journal as a list: each action as a command, with its time and how it ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/repeat.h"
#include "views/dialog.h"
#include "views/job.h"
#include "views/journal.h"
#include "views/plain.h"

static const char *const contexts[] = {"journal", "list", "motion", NULL};

static const struct table_column columns[] = {
    {.title = "TIME", .min = 8, .ideal = 8, .max = 8, .descending = true},
    {.title = "ACTION", .min = 16, .ideal = 40, .max = 120},
    {.title = "RESULT", .min = 6, .ideal = 16, .max = 80},
    {.title = "TOOK", .min = 7, .ideal = 7, .max = 9, .right = true, .priority = 1},
    {.title = "WHERE", .min = 10, .ideal = 20, .max = 60, .priority = 2},
};

/* "127.0.0.1:7780" of the address. */
static char *host_of(const struct journal_entry *e)
{
    const char *host = *e->method ? strstr(e->url, "://") : NULL;

    return host ? xstrndup(host + 3, strcspn(host + 3, "/?")) : xstrdup("");
}

static void load(struct plain *p)
{
    const struct journal *j = p->env->journal;
    const struct journal_entry *e;

    plain_begin(p);
    for (size_t i = 0; (e = journal_at(j, i)); i++) {
        cleanup_buf struct buf words = {0};
        cleanup_free char *host = host_of(e);
        char number[24], iso[CLOCK_ISO_SIZE], at[16], took[24] = "";

        clock_format_iso(iso, e->at_ms);
        snprintf(at, sizeof at, "%.8s", iso + 11);
        snprintf(number, sizeof number, "%llu", (unsigned long long)e->number);
        if (*e->method)
            snprintf(took, sizeof took, "%lld ms", (long long)e->duration_ms);
        journal_words(e, &words);
        cleanup_free char *result =
            xasprintf("%s %s", e->failed ? "\xe2\x9c\x97" : "\xe2\x9c\x93", e->result);
        plain_add(p, number, e->failed ? ROLE_BAD : ROLE_TEXT, (int64_t)e->number,
                  (const char *const[]){at, words.data, result, took, host});
    }
    plain_end(p);
}

static const struct journal_entry *entry_of(struct plain *p, const char *id)
{
    return journal_find(p->env->journal, strtoull(id, NULL, 10));
}

static enum view_result verb_copy(struct plain *p, const char *id)
{
    const struct journal_entry *e = entry_of(p, id);
    cleanup_buf struct buf text = {0};

    if (e) {
        journal_command(e, &text);
        views_copy(p->env, "the command", text.data);
    }
    return VIEW_HANDLED;
}

static enum view_result verb_describe(struct plain *p, const char *id)
{
    const struct journal_entry *e = entry_of(p, id);
    cleanup_buf struct buf text = {0};
    char iso[CLOCK_ISO_SIZE];

    if (!e)
        return VIEW_HANDLED;
    clock_format_iso(iso, e->at_ms);
    buf_printf(&text, "at:      %.10s %.8s UTC\nresult:  %s\n", iso, iso + 11, e->result);
    if (*e->method)
        buf_printf(&text, "took:    %lld ms\n", (long long)e->duration_ms);
    if (e->is_partial)
        buf_append_str(&text, "secrets and contents are left out (\xe2\x80\xa6)\n");
    buf_append_char(&text, '\n');
    journal_command(e, &text);
    text_dialog_open(p->env, "Action", text.data);
    return VIEW_HANDLED;
}

/* --- again --- */

struct again {
    char *method, *url, *body, *words; /* owned */
};

static void again_free(struct again *a)
{
    free(a->method);
    free(a->url);
    free(a->body);
    free(a->words);
    free(a);
}

static void do_again(struct views_env *env, void *user, bool yes)
{
    struct again *a = user;

    if (yes) {
        struct job *job = job_create(env, "done again:", "actions");
        struct job_step *step = job_add(job, a->words);

        job_step_request(step,
                         gateway_repeat(fleet_gateway(env->fleet, fleet_of_url(env->fleet, a->url)),
                                        a->method, a->url, a->body, job_step_done, step));
        job_start(job);
    }
    again_free(a);
}

static enum view_result verb_again(struct plain *p, const char *id)
{
    const struct journal_entry *e = entry_of(p, id);
    cleanup_buf struct buf words = {0};
    struct confirm question;

    if (!e || !*e->method || e->is_partial) {
        tui_toast(p->env->tui, ROLE_WARN,
                  e && e->is_partial ? "Part of it was secret and is not kept: do it where it began"
                                     : "That is nothing that can be done again");
        return VIEW_HANDLED;
    }
    struct again *a = xcalloc(1, sizeof *a);
    journal_words(e, &words);
    *a = (struct again){xstrdup(e->method), xstrdup(e->url), xstrdup(e->body), xstrdup(words.data)};
    confirm_init(&question, "Do it again", "do it again",
                 "It is sent as it was, whatever has changed since.");
    confirm_add(&question, words.data);
    confirm_dialog_open(p->env, &question, do_again, a);
    return VIEW_HANDLED;
}

static const struct plain_verb verbs[] = {
    {"journal-copy", false, false, verb_copy},
    {"journal-describe", false, false, verb_describe},
    {"journal-again", true, false, verb_again},
    {0},
};

static const struct plain_kind kind = {
    .name = "journal",
    .contexts = contexts,
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .newest_first = true,
    .load = load,
    .empty = "Nothing was changed yet",
    .empty_hint = "every change made from here will stand here as a command",
    .open_action = "journal-describe",
    .verbs = verbs,
    .hints = (const char *const[]){"journal-copy", "copy", "journal-again", "again", NULL},
};

static void reload(struct views_env *env, void *unused)
{
    struct plain *p = plain_find(env, &kind);

    if (p)
        load(p);
}

/* Not at once: requests end while the screen is being taken down, too. */
static void on_entry(void *user)
{
    views_later(user, reload, NULL, NULL);
}

enum view_result journal_view_show(struct views_env *env)
{
    struct plain *p = plain_find(env, &kind);

    journal_listen(env->journal, on_entry, env);
    if (!p || !tui_reveal(env->tui, p->view))
        plain_view_open(env, &kind);
    return VIEW_HANDLED;
}
