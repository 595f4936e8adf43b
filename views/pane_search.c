/* SPDX-License-Identifier: MIT
 *
 * what to look for → a search in each terminal, one after the other and a bit at a time, here: the
 * text is in memory, and so the host need not be asked → lines, into a list. Enter goes to the pane
 * with copy mode there.
 *
 * What was found is kept as text with the number of its line; when that line is another by then,
 * all is searched again rather than shown wrongly.
 */
#include "views/pane_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "views/hits.h"
#include "views/shell.h"
#include "vterm/search.h"
#include "vterm/selection.h"

#define LINES_A_STEP 2000
#define STEPS_MAX    500 /* in one terminal: one that prints for ever has no end */
#define PLACES_MAX   256
#define TEXT_MAX     1000

struct searched {
    char *sandbox_id, *terminal_id; /* owned */
    char place[24], label[HITS_CELL_SIZE];
    struct attachment *attachment; /* a reference until it is searched */
    struct search *search;         /* owned until then */
    int n_steps;
};

struct pane_search {
    struct views_env *env;
    char *pattern; /* owned */
    struct tick *tick;
    struct searched *searched; /* owned */
    size_t n_searched, n_done, n_with;
    struct hits hits;
};

static void release(struct searched *of)
{
    search_destroy(steal_pointer(&of->search));
    attachment_release(steal_pointer(&of->attachment));
}

void pane_search_destroy(struct pane_search *s)
{
    if (!s)
        return;
    tick_destroy(s->tick);
    for (size_t i = 0; i < s->n_searched; i++) {
        release(&s->searched[i]);
        free(s->searched[i].sandbox_id);
        free(s->searched[i].terminal_id);
    }
    hits_finish(&s->hits);
    free(s->searched);
    free(s->pattern);
    free(s);
}

/* --- which terminals --- */

static void add_searched(struct pane_search *s, struct attachment *a, const char *place)
{
    struct searched *of = &s->searched[s->n_searched];

    for (size_t i = 0; i < s->n_searched; i++)
        if (s->searched[i].attachment == a)
            return;
    if (s->n_searched == PLACES_MAX)
        return;
    s->n_searched++;
    of->sandbox_id = xstrdup(attachment_sandbox_id(a));
    of->terminal_id = xstrdup(attachment_id(a));
    of->attachment = attachment_ref(a);
    snprintf(of->place, sizeof of->place, "%s", place);
    terminals_label(s->env, a, of->label, sizeof of->label);
}

static void add_place(void *user, const struct tui_place *p)
{
    const struct shell *sh = shell_of_view(p->view);
    char place[24];

    snprintf(place, sizeof place, "%zu.%zu", p->tab, p->pane);
    if (sh && sh->attachment)
        add_searched(user, sh->attachment, place);
}

static struct pane_search *collect(struct views_env *env)
{
    struct pane_search *s = xcalloc(1, sizeof *s);

    s->env = env;
    s->searched = xcalloc(PLACES_MAX, sizeof *s->searched);
    tui_each_place(env->tui, add_place, s);
    for (size_t i = 0; i < env->state->n_open; i++)
        add_searched(s, env->state->open[i], "-");
    return s;
}

/* --- the list --- */

static void begin(struct views_env *env, struct pane_search *s);
static int set_pattern(struct pane_search *s, const char *pattern, struct err *e);

enum { PANE, TERMINAL, BACK, TEXT, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [PANE] = {.title = "PANE", .min = 4, .ideal = 5, .max = 8},
    [TERMINAL] = {.title = "TERMINAL", .min = 8, .ideal = 20, .max = 40, .priority = 1},
    [BACK] = {.title = "BACK", .min = 5, .ideal = 6, .max = 8, .priority = 2, .right = true},
    [TEXT] = {.title = "TEXT", .min = 12, .ideal = 40, .max = 250},
};

static void write_cells(const struct plain *p, const struct hit *h,
                        char cells[PLAIN_COLUMNS_MAX][HITS_CELL_SIZE])
{
    const struct searched *of = &p->env->state->pane_search->searched[h->of];

    snprintf(cells[PANE], HITS_CELL_SIZE, "%s", of->place);
    snprintf(cells[TERMINAL], HITS_CELL_SIZE, "%s", of->label);
}

static void load(struct plain *p)
{
    const struct pane_search *s = p->env->state->pane_search;

    hits_load(p, s ? &s->hits : NULL, BACK, TEXT, write_cells);
    plain_end(p);
    /* "Found nowhere" is for the end. */
    p->loaded = s && (s->hits.n || s->n_done == s->n_searched);
}

/* The text of one row; NULL: it is none any more. */
static char *row_text(struct term *t, uint64_t line)
{
    struct selection row = {0};
    cleanup_buf struct buf text = {0};

    if (line < term_scrollback_first(t) || line >= term_end(t))
        return NULL;
    selection_begin(&row, t, SELECTION_CHARACTERS, line, 0);
    selection_extend(&row, line, term_cols(t) - 1);
    selection_text(&row, TEXT_MAX, &text);
    selection_clear(&row);
    return xstrndup(text.len ? text.data : "", text.len);
}

static bool is_there(struct attachment *a, const struct hit *f)
{
    cleanup_free char *text = row_text(attachment_term(a), f->line);

    return text && strcmp(text, f->text) == 0;
}

struct sought {
    const struct attachment *attachment;
    struct view *view; /* the one least far behind */
    size_t depth;
};

static void seek(void *user, const struct tui_place *p)
{
    struct sought *sought = user;
    const struct shell *sh = shell_of_view(p->view);

    if (!sh || sh->attachment != sought->attachment || (sought->view && p->depth >= sought->depth))
        return;
    sought->view = p->view;
    sought->depth = p->depth;
}

static void show(struct views_env *env, struct attachment *a, const struct hit *f)
{
    struct sought sought = {.attachment = a};
    struct shell *sh;

    tui_each_place(env->tui, seek, &sought);
    if (!sought.view || !tui_raise(env->tui, sought.view))
        shell_open_attached(env, a);
    sh = shell_of_view(tui_focused(env->tui));
    if (sh && sh->attachment == a)
        shell_copy_find(sh, env->state->pane_search->pattern, f->line, f->col);
}

static void search_again(struct views_env *env)
{
    struct pane_search *s = collect(env);
    struct err e;

    tui_toast(env->tui, ROLE_WARN, "That line is another now: searched again");
    if (set_pattern(s, env->state->pane_search->pattern, &e) < 0)
        pane_search_destroy(s);
    else
        begin(env, s);
}

static enum view_result go(struct plain *p, const char *id)
{
    const struct pane_search *s = p->env->state->pane_search;
    const struct hit *hit = s ? hits_find(&s->hits, id) : NULL;
    struct attachment *a;

    if (!s || !hit)
        return VIEW_HANDLED;
    a = attachment_find(p->env, s->searched[hit->of].sandbox_id, s->searched[hit->of].terminal_id);
    if (!a)
        tui_toast(p->env->tui, ROLE_WARN, "That terminal is not open here any more");
    else if (is_there(a, hit))
        show(p->env, a, hit);
    else
        search_again(p->env);
    return VIEW_HANDLED;
}

static const struct plain_verb verbs[] = {{"hit-open", false, false, go}, {0}};
static const struct plain_kind kind = {
    HITS_KIND,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .load = load,
    .waits_for = "searching the terminals that are open here",
    .empty_hint = "q goes back to where you were",
    .verbs = verbs,
};

/* --- the search --- */

static void add_found(struct pane_search *s, const struct search_hit *hit)
{
    struct term *t = attachment_term(s->searched[s->n_done].attachment);
    char *text = row_text(t, hit->line);

    if (!text)
        return;
    hits_add(&s->hits, (struct hit){.of = s->n_done,
                                    .text = text,
                                    .line = hit->line,
                                    .col = hit->col,
                                    .back = (long long)(term_end(t) - 1 - hit->line),
                                    .age_ms = -1});
}

/* A line once, however often it hits; the newest first. */
static void take_found(struct pane_search *s)
{
    const struct search *search = s->searched[s->n_done].search;
    size_t before = s->hits.n, i = search_count(search);

    while (i-- > 0) {
        const struct search_hit *hit = search_hit(search, i);

        if (i && search_hit(search, i - 1)->line == hit->line)
            continue;
        if (s->hits.n - before == PANE_LINES_MAX) {
            s->hits.truncated = true;
            break;
        }
        add_found(s, hit);
    }
    s->n_with += s->hits.n > before;
}

static void say_end(const struct pane_search *s)
{
    if (!s->hits.n)
        tui_toast(s->env->tui, ROLE_STATUS, "Found in none of %zu terminal%s", s->n_searched,
                  s->n_searched == 1 ? "" : "s");
    else
        tui_toast(s->env->tui, ROLE_STATUS, "%zu line%s%s in %zu of %zu terminal%s", s->hits.n,
                  s->hits.n == 1 ? "" : "s", s->hits.truncated ? ", and there are more," : "",
                  s->n_with, s->n_searched, s->n_searched == 1 ? "" : "s");
}

static void on_tick(void *user)
{
    struct pane_search *s = user;
    struct searched *of = &s->searched[s->n_done];
    struct plain *p = plain_find(s->env, &kind);

    if (search_step(of->search, LINES_A_STEP) && ++of->n_steps < STEPS_MAX) {
        tick_after(s->tick, 0);
        return;
    }
    take_found(s);
    release(of);
    s->n_done++;
    if (s->n_done < s->n_searched)
        tick_after(s->tick, 0);
    if (p)
        load(p);
    if (s->n_done == s->n_searched)
        say_end(s);
}

static int set_pattern(struct pane_search *s, const char *pattern, struct err *e)
{
    int rc = 0;

    s->pattern = xstrdup(pattern);
    for (size_t i = 0; i < s->n_searched && !rc; i++) {
        s->searched[i].search = search_create(attachment_term(s->searched[i].attachment));
        rc = search_set(s->searched[i].search, pattern, e);
    }
    return rc;
}

struct hidden {
    struct view *view; /* a list that something was shown over, or NULL */
};

static void seek_hidden(void *user, const struct tui_place *p)
{
    struct hidden *hidden = user;

    if (p->depth && p->view->ops->contexts == hits_contexts)
        hidden->view = p->view;
}

static void open_list(struct views_env *env)
{
    struct hidden hidden = {0};

    /* After a jump within a pane the list is behind it: one is enough. */
    tui_each_place(env->tui, seek_hidden, &hidden);
    plain_view_open(env, &kind);
    tui_close(env->tui, hidden.view);
}

/* Takes s over. */
static void begin(struct views_env *env, struct pane_search *s)
{
    struct plain *p = plain_find(env, &kind);

    pane_search_destroy(env->state->pane_search);
    env->state->pane_search = s;
    s->tick = tick_create(client_loop(env->client), on_tick, s);
    if (s->n_searched)
        tick_after(s->tick, 0);
    if (!p || !tui_reveal(env->tui, p->view))
        open_list(env);
    else
        load(p);
}

/* --- what to look for --- */

static void start(struct views_env *env, void *data)
{
    struct pane_search **pending = data;

    begin(env, steal_pointer(pending));
}

static void drop(void *data)
{
    struct pane_search **pending = data;

    pane_search_destroy(*pending);
    free(pending);
}

static void submit(void *user, struct view *dialog, struct form *f)
{
    struct views_env *env = user;
    struct pane_search *s = collect(env), **pending;
    struct err e = {0};

    if (set_pattern(s, form_text(f, 0), &e) < 0) {
        pane_search_destroy(s);
        form_dialog_fail(dialog, &e);
        return;
    }
    prompt_history_add(&env->state->searches, form_text(f, 0));
    pending = xcalloc(1, sizeof(void *));
    *pending = s;
    form_dialog_done(dialog);
    views_later(env, start, pending, drop);
}

static void nothing(void *user)
{
}

static const struct form_dialog_ops form_ops = {submit, nothing, nothing};
enum view_result pane_search_ask(struct views_env *env)
{
    struct pane_search *s = collect(env);

    if (s->n_searched) {
        hits_ask(env, "Search all panes", &form_ops, env);
    } else {
        tui_toast(env->tui, ROLE_WARN, "No terminal is open here; Enter on a sandbox opens one");
    }
    pane_search_destroy(s);
    return VIEW_HANDLED;
}
