/* SPDX-License-Identifier: MIT
 *
 * what to look for → a request for each sandbox → hits, as they come, into a list that shows the
 * last search. Enter goes to the line.
 */
#include "views/wall_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "client/classroom.h"
#include "views/dialog.h"
#include "views/plain.h"
#include "views/shell.h"
#include "views/span.h"

struct hit {
    char *sandbox_id, *terminal_id, *text; /* owned */
    int line;
    int64_t age_ms;
};

struct asked {
    struct wall_search *search;
    char *sandbox_id;      /* owned */
    struct remote *remote; /* a reference until it is asked */
    struct request *request;
};

struct wall_search {
    struct views_env *env;
    char *pattern;       /* owned */
    struct asked *asked; /* owned */
    size_t n_asked, n_answered;
    struct hit *hits; /* owned */
    size_t n_hits, cap_hits;
    bool truncated;
    struct err error; /* the first */
};

void wall_search_destroy(struct wall_search *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_asked; i++) {
        request_cancel(s->asked[i].request);
        remote_release(s->asked[i].remote);
        free(s->asked[i].sandbox_id);
    }
    for (size_t i = 0; i < s->n_hits; i++) {
        free(s->hits[i].sandbox_id);
        free(s->hits[i].terminal_id);
        free(s->hits[i].text);
    }
    free(s->asked);
    free(s->hits);
    free(s->pattern);
    free(s);
}

/* --- the list --- */

enum { SANDBOX, AGO, LINE, TEXT, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [SANDBOX] = {.title = "SANDBOX", .min = 8, .ideal = 16, .max = 32},
    [AGO] = {.title = "AGO", .min = 4, .ideal = 4, .max = 6, .priority = 2, .right = true},
    [LINE] = {.title = "BACK", .min = 5, .ideal = 6, .max = 8, .priority = 1, .right = true},
    [TEXT] = {.title = "TEXT", .min = 12, .ideal = 60, .max = 250},
};

static void add_row(struct plain *p, const struct hit *h, size_t number)
{
    char name[160], id[32], line[16], ago[CLOCK_SPAN_SIZE] = "";
    const char *cells[N_COLUMNS] = {
        [SANDBOX] = views_sandbox_name(p->env, h->sandbox_id, name, sizeof name),
        [AGO] = ago,
        [LINE] = line,
        [TEXT] = h->text,
    };

    snprintf(id, sizeof id, "%zu", number);
    snprintf(line, sizeof line, "%d", h->line);
    if (h->age_ms >= 0)
        span_age(ago, h->age_ms);
    plain_add(p, id, ROLE_TEXT, (int64_t)number, cells);
}

static void load(struct plain *p)
{
    const struct wall_search *s = p->env->state->wall_search;

    plain_begin(p);
    for (size_t i = 0; s && i < s->n_hits; i++)
        add_row(p, &s->hits[i], i);
    if (s && s->n_answered == s->n_asked && !s->n_hits && s->error.code)
        plain_fail(p, &s->error);
    else if (s && (s->n_hits || s->n_answered == s->n_asked))
        plain_end(p);
}

static enum view_result go(struct plain *p, const char *id)
{
    const struct wall_search *s = p->env->state->wall_search;
    size_t i = strtoul(id, NULL, 10);
    struct shell_wish wish = {0};

    if (!s || i >= s->n_hits)
        return VIEW_HANDLED;
    wish.lines_back = s->hits[i].line + 1;
    shell_open_in(p->env, s->hits[i].sandbox_id, s->hits[i].terminal_id, SHELL_OBSERVE, PLACE_HERE,
                  &wish);
    return VIEW_HANDLED;
}

static const char *const contexts[] = {"hits", "list", "motion", NULL};
static const char *const hint_words[] = {"hit-open", "go there", NULL};
static const struct plain_verb verbs[] = {{"hit-open", false, false, go}, {0}};
static const struct plain_kind kind = {
    .name = "hits",
    .contexts = contexts,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .load = load,
    .empty = "Found nowhere",
    .empty_hint = "q goes back to the wall, / looks for something else",
    .open_action = "hit-open",
    .verbs = verbs,
    .hints = hint_words,
};

/* --- the search --- */

static void add_hit(struct wall_search *s, const struct asked *a, const struct classroom_hit *h)
{
    if (s->n_hits == s->cap_hits) {
        s->cap_hits = s->cap_hits ? s->cap_hits * 2 : 64;
        s->hits = xreallocarray(s->hits, s->cap_hits, sizeof *s->hits);
    }
    s->hits[s->n_hits++] = (struct hit){.sandbox_id = xstrdup(a->sandbox_id),
                                        .terminal_id = xstrdup(h->terminal_id),
                                        .text = xstrdup(h->text),
                                        .line = h->line,
                                        .age_ms = h->age_ms};
}

static void say_end(const struct wall_search *s)
{
    struct tui *t = s->env->tui;
    const char *more = s->truncated ? ", and there are more" : "";

    if (s->error.code && s->n_hits)
        tui_toast(t, ROLE_WARN, "%zu hits%s; not all answered: %s", s->n_hits, more, s->error.text);
    else if (s->error.code)
        views_toast_error(s->env, &s->error);
    else
        tui_toast(t, ROLE_STATUS, "%zu hit%s%s in %zu sandbox%s", s->n_hits,
                  s->n_hits == 1 ? "" : "s", more, s->n_asked, s->n_asked == 1 ? "" : "es");
}

static void on_hits(void *user, const struct classroom_hit *hits, size_t n, bool truncated,
                    const struct err *e)
{
    struct asked *a = user;
    struct wall_search *s = a->search;
    struct plain *p = plain_find(s->env, &kind);

    a->request = NULL;
    s->n_answered++;
    if (e && !s->error.code)
        s->error = *e;
    s->truncated = s->truncated || truncated;
    for (size_t i = 0; i < n && !e; i++) {
        if (s->n_hits >= WALL_HITS_MAX) {
            s->truncated = true;
            break;
        }
        add_hit(s, a, &hits[i]);
    }
    if (p)
        load(p);
    if (s->n_answered == s->n_asked)
        say_end(s);
}

static void start(struct views_env *env, void *data)
{
    struct wall_search **pending = data, *s = steal_pointer(pending);

    wall_search_destroy(env->state->wall_search);
    env->state->wall_search = s;
    for (size_t i = 0; i < s->n_asked; i++) {
        struct asked *a = &s->asked[i];

        a->request = classroom_search(a->remote, s->pattern, SEARCH_SMART, 0, on_hits, a);
        remote_release(steal_pointer(&a->remote));
    }
    plain_view_open(env, &kind);
}

static const struct form_field fields[] = {
    {.label = "Search",
     .required = true,
     .help = "a regular expression; case counts when it has an upper-case letter"},
};

static void closed(void *user)
{
    struct wall_search **pending = user;

    wall_search_destroy(*pending);
    free(pending);
}

static void submit(void *user, struct view *dialog, struct form *f)
{
    struct wall_search **pending = user, **asked = xcalloc(1, sizeof(void *));

    *asked = steal_pointer(pending);
    (*asked)->pattern = xstrdup(form_text(f, 0));
    form_dialog_done(dialog);
    views_later((*asked)->env, start, asked, closed);
}

static void abort_nothing(void *user)
{
}

static const struct form_dialog_ops form_ops = {submit, abort_nothing, closed};

static struct wall_search *prepare(struct wall *w)
{
    struct wall_search *s = xcalloc(1, sizeof *s);
    const struct wall_source *source;
    size_t n = 0;

    TAILQ_FOREACH (source, &w->sources, link)
        n += source->remote != NULL;
    s->env = w->env;
    s->asked = xcalloc(n + 1, sizeof *s->asked);
    TAILQ_FOREACH (source, &w->sources, link)
        if (source->remote && s->n_asked < n)
            s->asked[s->n_asked++] =
                (struct asked){.search = s,
                               .sandbox_id = xstrdup(source->sandbox_id),
                               .remote = fleet_remote(w->env->fleet, source->sandbox_id)};
    return s;
}

enum view_result wall_search_ask(struct wall *w)
{
    struct wall_search **pending = xcalloc(1, sizeof(void *));
    struct form form;

    *pending = prepare(w);
    form_init(&form, "Search all these terminals", "search", fields, ARRAY_LEN(fields));
    form_dialog_open(w->env, &form, &form_ops, pending);
    return VIEW_HANDLED;
}
