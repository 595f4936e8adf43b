/* SPDX-License-Identifier: MIT
 *
 * Which tiles are shown, in which order, where on the page; the selection, which stays with its
 * tile; marks.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/wall_internal.h"

/* Idle times differ by less than this: their order is that of the names. */
#define IDLE_STEP_MS INT64_C(60000)

/* --- order --- */

static int by_name(const struct wall_tile *a, const struct wall_tile *b)
{
    int by = strverscmp(a->name, b->name);

    return by ? by : strcmp(a->key, b->key);
}

static int64_t idle_steps(const struct wall_tile *t)
{
    int64_t last =
        t->facts.a.input_ms > t->facts.a.output_ms ? t->facts.a.input_ms : t->facts.a.output_ms;

    return last / IDLE_STEP_MS;
}

static int compare_idle(const struct wall_tile *a, const struct wall_tile *b)
{
    int64_t x = idle_steps(a), y = idle_steps(b);

    return (x > y) - (x < y);
}

static int compare(const void *a, const void *b)
{
    const struct wall_tile *x = *(struct wall_tile *const *)a, *y = *(struct wall_tile *const *)b;
    int by = 0;

    if (x->wall->sort == WALL_BY_ATTENTION)
        by = (x->attention.score < y->attention.score) - (x->attention.score > y->attention.score);
    else if (x->wall->sort == WALL_BY_IDLE)
        by = compare_idle(x, y);
    return by ? by : by_name(x, y);
}

/* While the order rests: as they were, new ones at the end. */
static int compare_rank(const void *a, const void *b)
{
    const struct wall_tile *x = *(struct wall_tile *const *)a, *y = *(struct wall_tile *const *)b;

    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank) : by_name(x, y);
}

static bool is_listed(const struct wall *w, const struct wall_tile *t)
{
    return !w->only_needed || t->attention.score >= ATTENTION_NEEDED || t == w->selected;
}

static void collect(struct wall *w)
{
    struct wall_tile *t;

    if (w->cap_order < w->n_tiles) {
        w->cap_order = w->n_tiles * 2;
        w->order = xreallocarray(w->order, w->cap_order, sizeof(void *));
    }
    w->n_order = w->n_needed = 0;
    TAILQ_FOREACH (t, &w->tiles, link) {
        w->n_needed += t->attention.score >= ATTENTION_NEEDED;
        if (is_listed(w, t))
            w->order[w->n_order++] = t;
    }
}

static void sort(struct wall *w)
{
    bool rests = !w->resort && (w->held || w->rest_until_ms > clock_mono_ms());

    collect(w);
    if (w->n_order)
        qsort(w->order, w->n_order, sizeof(void *), rests ? compare_rank : compare);
    for (size_t i = 0; i < w->n_order; i++)
        w->order[i]->rank = i;
    /* What the rest held back is made up for afterwards. */
    w->arrange = rests && !w->held;
    if (w->arrange)
        wall_due(w, w->rest_until_ms);
    w->resort = false;
    /* Until the user chooses, it is who needs somebody most. */
    if (w->n_order && (!w->selected || !w->chosen) && w->selected != w->order[0]) {
        if (w->selected)
            w->selected->dirty = true;
        w->selected = w->order[0];
        w->selected->dirty = true;
    }
}

/* --- the page --- */

size_t wall_page_size(const struct wall *w)
{
    return (size_t)w->grid.rows * (size_t)w->grid.cols;
}

size_t wall_index(const struct wall *w)
{
    for (size_t i = 0; i < w->n_order; i++)
        if (w->order[i] == w->selected)
            return i;
    return 0;
}

static void place(struct wall *w)
{
    size_t n = wall_page_size(w), first = n ? wall_index(w) / n * n : 0;
    struct wall_tile *t;

    TAILQ_FOREACH (t, &w->tiles, link)
        t->on_page = false;
    for (size_t i = 0; i < n && first + i < w->n_order; i++) {
        struct rect r = wall_grid_place(&w->grid, i);

        t = w->order[first + i];
        t->on_page = true;
        if (r.h != t->place.h || r.w != t->place.w) {
            t->n_cells = 0;
            t->dirty = true;
        }
        t->place = r;
    }
}

void wall_arrange(struct wall *w, int height, int width)
{
    if (w->arrange || w->resort)
        sort(w);
    w->grid = wall_grid_make(w->n_order, height, width, w->size);
    place(w);
    wall_tiles_attach(w);
}

void wall_select(struct wall *w, struct wall_tile *t)
{
    w->chosen = true;
    if (w->selected)
        w->selected->dirty = true;
    w->selected = t;
    if (t)
        t->dirty = true;
    view_damage(w->view);
}

static void set_mark(struct wall *w, struct wall_tile *t, bool on)
{
    if (t->marked == on)
        return;
    t->marked = on;
    t->dirty = true;
    w->n_marked = on ? w->n_marked + 1 : w->n_marked - 1;
}

/* Another tile of the same sandbox takes its place: a first terminal that of the notice that there
 * is none. */
static struct wall_tile *find_heir(struct wall *w, const struct wall_tile *t)
{
    struct wall_tile *other;

    TAILQ_FOREACH (other, &w->tiles, link)
        if (other != t && t->source && other->source == t->source && !other->gone_at_ms)
            return other;
    return NULL;
}

void wall_forget(struct wall *w, struct wall_tile *t)
{
    size_t i = wall_index(w);
    struct wall_tile *heir = find_heir(w, t);

    if (w->anchor == t)
        w->anchor = heir;
    if (heir) {
        heir->rank = t->rank;
        set_mark(w, heir, heir->marked || t->marked);
    }
    if (w->selected == t) {
        struct wall_tile *next = i + 1 < w->n_order ? w->order[i + 1] : NULL;

        next = next ? next : i > 0 ? w->order[i - 1] : NULL;
        w->selected = heir ? heir : next == t ? NULL : next;
    }
    for (i = 0; i < w->n_order; i++) {
        if (w->order[i] != t)
            continue;
        memmove(&w->order[i], &w->order[i + 1], (w->n_order - i - 1) * sizeof(void *));
        w->n_order--;
        return;
    }
}

/* --- motions --- */

static void go(struct wall *w, long by)
{
    long to = (long)wall_index(w) + by, last = (long)w->n_order - 1;

    if (!w->n_order)
        return;
    wall_select(w, w->order[to < 0 ? 0 : to > last ? last : to]);
}

static void left(struct wall *w)
{
    go(w, -1);
}

static void right(struct wall *w)
{
    go(w, 1);
}

static void down(struct wall *w)
{
    if (wall_index(w) + (size_t)w->grid.cols < w->n_order)
        go(w, w->grid.cols);
}

static void up(struct wall *w)
{
    if (wall_index(w) >= (size_t)w->grid.cols)
        go(w, -w->grid.cols);
}

static void page_down(struct wall *w)
{
    go(w, (long)wall_page_size(w));
}

static void page_up(struct wall *w)
{
    go(w, -(long)wall_page_size(w));
}

static void top(struct wall *w)
{
    go(w, -(long)w->n_order);
}

static void bottom(struct wall *w)
{
    go(w, (long)w->n_order);
}

/* The heaviest after the selected one in the order of scores; from the last, the first again. */
static void next_needed(struct wall *w)
{
    struct wall_tile *best = NULL, *first = NULL;
    const struct wall_tile *from = w->selected;
    int score = from ? from->attention.score : 0;
    struct wall_tile *t;

    TAILQ_FOREACH (t, &w->tiles, link) {
        bool after = from && (t->attention.score < score ||
                              (t->attention.score == score && by_name(t, from) > 0));

        if (t == from || t->attention.score < ATTENTION_NEEDED)
            continue;
        if (!first || t->attention.score > first->attention.score ||
            (t->attention.score == first->attention.score && by_name(t, first) < 0))
            first = t;
        if (after && (!best || t->attention.score > best->attention.score ||
                      (t->attention.score == best->attention.score && by_name(t, best) < 0)))
            best = t;
    }
    best = best && score >= ATTENTION_NEEDED ? best : first;
    if (best)
        wall_select(w, best);
    else
        tui_toast(w->env->tui, ROLE_GOOD, "\xe2\x9c\x93 Nobody%s needs somebody now",
                  score >= ATTENTION_NEEDED ? " else" : "");
}

/* --- marks --- */

static void mark(struct wall *w)
{
    if (!w->selected)
        return;
    set_mark(w, w->selected, !w->selected->marked);
    w->anchor = w->selected;
    go(w, 1);
}

static void mark_range(struct wall *w)
{
    size_t to = wall_index(w), from = to;

    for (size_t i = 0; i < w->n_order; i++)
        if (w->order[i] == w->anchor)
            from = i;
    for (size_t i = from < to ? from : to; i < w->n_order && i <= (from < to ? to : from); i++)
        set_mark(w, w->order[i], true);
}

static void mark_all(struct wall *w)
{
    for (size_t i = 0; i < w->n_order; i++)
        set_mark(w, w->order[i], true);
}

static void mark_clear(struct wall *w)
{
    struct wall_tile *t;

    TAILQ_FOREACH (t, &w->tiles, link)
        set_mark(w, t, false);
}

/* --- how they are shown --- */

static void sort_next(struct wall *w)
{
    static const char *const names[] = {"who needs somebody", "idle time", "name"};

    w->sort = (w->sort + 1) % WALL_SORTS;
    w->resort = true;
    tui_toast(w->env->tui, ROLE_STATUS, "Sorted by %s", names[w->sort]);
}

static void toggle_needed(struct wall *w)
{
    w->only_needed = !w->only_needed;
    w->resort = true;
}

static void toggle_hold(struct wall *w)
{
    w->held = !w->held;
    w->arrange = true;
}

static void larger(struct wall *w)
{
    w->size = wall_size_step(&w->grid, w->size, 1);
}

static void smaller(struct wall *w)
{
    w->size = wall_size_step(&w->grid, w->size, -1);
}

static void fit(struct wall *w)
{
    w->size = WALL_FIT;
}

static void change_look(struct wall *w)
{
    static const char *const names[] = {"as they fit", "text around the cursor",
                                        "whole screens, small"};
    struct wall_tile *t;

    w->look = (w->look + 1) % WALL_LOOKS;
    TAILQ_FOREACH (t, &w->tiles, link)
        t->dirty = true;
    tui_toast(w->env->tui, ROLE_STATUS, "Tiles: %s", names[w->look]);
}

bool wall_order_act(struct wall *w, const char *action)
{
    static const struct {
        const char *action;
        void (*run)(struct wall *w);
    } verbs[] = {
        {"wall-left", left},
        {"wall-right", right},
        {"list-down", down},
        {"list-up", up},
        {"list-half-down", page_down},
        {"list-half-up", page_up},
        {"list-page-down", page_down},
        {"list-page-up", page_up},
        {"list-top", top},
        {"list-bottom", bottom},
        {"wall-next", next_needed},
        {"wall-mark", mark},
        {"wall-mark-range", mark_range},
        {"wall-mark-all", mark_all},
        {"wall-mark-clear", mark_clear},
        {"wall-sort", sort_next},
        {"wall-needed", toggle_needed},
        {"wall-hold", toggle_hold},
        {"wall-larger", larger},
        {"wall-smaller", smaller},
        {"wall-fit", fit},
        {"wall-look", change_look},
    };

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].action, action) != 0)
            continue;
        w->rest_until_ms = clock_mono_ms() + WALL_REST_MS;
        verbs[i].run(w);
        return true;
    }
    return false;
}
