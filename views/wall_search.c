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
#include "views/hits.h"
#include "views/shell.h"
#include "views/span.h"

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
    struct hits hits;
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
    hits_finish(&s->hits);
    free(s->asked);
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

static void write_cells(const struct plain *p, const struct hit *h,
                        char cells[PLAIN_COLUMNS_MAX][HITS_CELL_SIZE])
{
    const struct asked *of = &p->env->state->wall_search->asked[h->of];

    views_sandbox_name(p->env, of->sandbox_id, cells[SANDBOX], HITS_CELL_SIZE);
    if (h->age_ms >= 0)
        span_age(cells[AGO], h->age_ms);
}

static void load(struct plain *p)
{
    const struct wall_search *s = p->env->state->wall_search;

    hits_load(p, s ? &s->hits : NULL, LINE, TEXT, write_cells);
    if (s && s->n_answered == s->n_asked && !s->hits.n && s->error.code)
        plain_fail(p, &s->error);
    else if (s && (s->hits.n || s->n_answered == s->n_asked))
        plain_end(p);
}

static enum view_result go(struct plain *p, const char *id)
{
    const struct wall_search *s = p->env->state->wall_search;
    const struct hit *hit = s ? hits_find(&s->hits, id) : NULL;
    struct shell_wish wish = {0};

    if (!s || !hit)
        return VIEW_HANDLED;
    wish.lines_back = (int)hit->back + 1;
    shell_open_in(p->env, s->asked[hit->of].sandbox_id, hit->terminal_id, SHELL_OBSERVE, PLACE_HERE,
                  &wish);
    return VIEW_HANDLED;
}

static const struct plain_verb verbs[] = {{"hit-open", false, false, go}, {0}};
static const struct plain_kind kind = {
    HITS_KIND,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .load = load,
    .empty_hint = "q goes back to the wall, / looks for something else",
    .verbs = verbs,
};

/* --- the search --- */

static void add_hit(struct wall_search *s, const struct asked *a, const struct classroom_hit *h)
{
    hits_add(&s->hits, (struct hit){.of = (size_t)(a - s->asked),
                                    .terminal_id = xstrdup(h->terminal_id),
                                    .text = xstrdup(h->text),
                                    .back = h->line,
                                    .age_ms = h->age_ms});
}

static void say_end(const struct wall_search *s)
{
    struct tui *t = s->env->tui;
    const char *more = s->hits.truncated ? ", and there are more" : "";

    if (s->error.code && s->hits.n)
        tui_toast(t, ROLE_WARN, "%zu hits%s; not all answered: %s", s->hits.n, more, s->error.text);
    else if (s->error.code)
        views_toast_error(s->env, &s->error);
    else
        tui_toast(t, ROLE_STATUS, "%zu hit%s%s in %zu sandbox%s", s->hits.n,
                  s->hits.n == 1 ? "" : "s", more, s->n_asked, s->n_asked == 1 ? "" : "es");
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
    s->hits.truncated = s->hits.truncated || truncated;
    for (size_t i = 0; i < n && !e; i++) {
        if (s->hits.n >= WALL_HITS_MAX) {
            s->hits.truncated = true;
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
    prompt_history_add(&(*asked)->env->state->searches, form_text(f, 0));
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

    *pending = prepare(w);
    hits_ask(w->env, "Search all these terminals", &form_ops, pending);
    return VIEW_HANDLED;
}
