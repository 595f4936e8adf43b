/* SPDX-License-Identifier: MIT
 *
 * The wall as a view: its life, its frames, what it says of itself.
 */
#include "views/wall_internal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/layouts.h"
#include "views/notice.h"
#include "views/wall_travel.h"

static const char *const contexts[] = {"wall", "motion", NULL};

static const struct view_ops ops;

/* --- life --- */

static void on_gateway(void *user)
{
    struct wall *w = user;

    wall_sources_update(w);
    wall_frame_soon(w);
}

static void on_frame(void *user)
{
    struct wall *w = user;

    w->frame_at_ms = 0;
    if (view_is_shown(w->view)) {
        view_damage(w->view);
        return;
    }
    w->last_frame_ms = clock_mono_ms();
    if (!w->hidden_ms)
        w->hidden_ms = w->last_frame_ms;
    if (w->last_frame_ms < w->hidden_ms + WALL_HIDDEN_MS)
        wall_due(w, w->hidden_ms + WALL_HIDDEN_MS);
}

static void on_clock(void *user)
{
    wall_clock(user);
}

static void on_seek(void *user)
{
    wall_travel_seek(user);
}

static void close_view(struct view *v)
{
    struct wall *w = v->data;
    struct wall_tile *t;

    views_unlisten(&w->listener);
    wall_sources_destroy(w);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it loses track in TAILQ_REMOVE */
    while ((t = TAILQ_FIRST(&w->tiles)))
        wall_tile_destroy(t);
    tick_destroy(w->frame);
    tick_destroy(w->clock);
    tick_destroy(w->seek);
    for (size_t i = 0; i < w->n_ids; i++)
        free(w->ids[i]);
    free(w->ids);
    free(w->order);
    free(w);
}

static struct wall *create(struct views_env *env, char *const *ids, size_t n)
{
    struct wall *w = xcalloc(1, sizeof *w);
    uv_loop_t *loop = client_loop(env->client);

    w->env = env;
    w->n_ids = n < WALL_SANDBOXES_MAX ? n : WALL_SANDBOXES_MAX;
    w->ids = n ? xcalloc(w->n_ids, sizeof *w->ids) : NULL;
    for (size_t i = 0; i < w->n_ids; i++)
        w->ids[i] = xstrdup(ids[i]);
    w->size = WALL_FIT;
    w->pace_ms = WALL_FRAME_MS;
    w->resort = true;
    TAILQ_INIT(&w->sources);
    TAILQ_INIT(&w->tiles);
    w->frame = tick_create(loop, on_frame, w);
    w->clock = tick_create(loop, on_clock, w);
    w->seek = tick_create(loop, on_seek, w);
    w->listener = (struct gateway_listener){.on_change = on_gateway, .user = w};
    views_listen(env, &w->listener);
    w->view = view_create(env->tui, &ops, w);
    return w;
}

void wall_open(struct views_env *env, char *const *ids, size_t n)
{
    struct wall *w = create(env, ids, n);

    tui_show(env->tui, w->view);
    wall_sources_update(w);
    layouts_changed(env);
}

struct wall *wall_of_view(struct view *v)
{
    return v && v->ops == &ops ? v->data : NULL;
}

size_t wall_fixed(const struct wall *w, const char **ids, size_t cap)
{
    size_t n = w->n_ids < cap ? w->n_ids : cap;

    for (size_t i = 0; i < n; i++)
        ids[i] = w->ids[i];
    return n;
}

size_t wall_sandboxes(struct view *v, const char **ids, size_t cap)
{
    const struct wall *w = wall_of_view(v);
    struct wall_tile **tiles = NULL;
    size_t n_tiles = w ? wall_targets(w, &tiles) : 0, n = 0;

    for (size_t i = 0; i < n_tiles && n < cap; i++) {
        size_t k = 0;

        while (k < n && strcmp(ids[k], tiles[i]->sandbox_id) != 0)
            k++;
        if (k == n && tiles[i]->source)
            ids[n++] = tiles[i]->sandbox_id;
    }
    free(tiles);
    return n;
}

/* --- frames --- */

/* What the terminal must read sets how soon the next frame comes. */
static void pace(struct wall *w, size_t n_changed)
{
    int64_t ms = (int64_t)n_changed * 1000 / WALL_CELLS_PER_S;

    ms = ms < WALL_FRAME_MAX_MS ? ms : WALL_FRAME_MAX_MS;
    w->pace_ms = ms > WALL_FRAME_MS ? ms : WALL_FRAME_MS;
    w->last_frame_ms = clock_mono_ms();
}

static void update(struct view *v, int rows, int cols)
{
    struct wall *w = v->data;
    int64_t now = clock_mono_ms();
    bool due = now - w->last_frame_ms >= w->pace_ms;
    size_t n_changed = 0, n_rendered = 0;
    struct wall_tile *t;

    w->hidden_ms = 0;
    wall_arrange(w, rows - wall_footer_rows(w, rows), cols);
    wall_travel_seek(w);
    TAILQ_FOREACH (t, &w->tiles, link) {
        if (!t->on_page || !t->dirty)
            continue;
        /* A key is answered at once; what only prints waits for its frame. */
        if (due || !t->n_cells || w->rest_until_ms > now) {
            n_changed += wall_tile_render(t);
            n_rendered++;
        } else {
            wall_frame_soon(w);
        }
    }
    if (n_rendered)
        pace(w, n_changed);
}

static void draw(struct view *v, struct canvas c)
{
    wall_draw(v->data, c);
}

static void resize(struct view *v, int rows, int cols)
{
    struct wall *w = v->data;

    w->arrange = true;
}

/* --- the mouse --- */

static struct wall_tile *tile_at(struct wall *w, int y, int x)
{
    size_t n = wall_page_size(w), first = n ? wall_index(w) / n * n : 0;
    long i = n ? wall_grid_at(&w->grid, y, x) : -1;

    return i >= 0 && first + (size_t)i < w->n_order ? w->order[first + (size_t)i] : NULL;
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    struct wall *w = v->data;
    int by = mouse_wheel(mouse);

    if (by) {
        wall_order_act(w, by < 0 ? "list-page-up" : "list-page-down");
        return VIEW_HANDLED;
    }
    struct wall_tile *t = tile_at(w, mouse.row, mouse.col);
    if (mouse.kind != MOUSE_PRESS || mouse.button != MOUSE_LEFT || !t)
        return VIEW_IGNORED;
    if (t == w->selected)
        return wall_act(v, "wall-zoom");
    w->rest_until_ms = clock_mono_ms() + WALL_REST_MS;
    wall_select(w, t);
    return VIEW_HANDLED;
}

/* --- what it says of itself --- */

static void title(struct view *v, struct buf *out)
{
    const struct wall *w = v->data;
    static const char *const sorted[] = {"", " by idle time", " by name"};
    size_t n = wall_page_size(w);

    buf_printf(out, "wall %zu%s", w->n_tiles, sorted[w->sort]);
    if (w->travel_ms)
        buf_append_str(out, " \xe2\x97\x80 LOOKING BACK");
    if (w->n_needed)
        buf_printf(out, " %zu need%s somebody", w->n_needed, w->n_needed == 1 ? "s" : "");
    if (w->only_needed)
        buf_append_str(out, " only those");
    if (w->n_marked)
        buf_printf(out, " *%zu marked", w->n_marked);
    if (w->held)
        buf_append_str(out, " \xe2\x80\x96 held");
    if (n && w->n_order > n)
        buf_printf(out, " page %zu/%zu", wall_index(w) / n + 1, (w->n_order + n - 1) / n);
    if (w->n_left_out)
        buf_printf(out, " %zu left out", w->n_left_out);
}

static void hints(struct view *v, struct buf *out)
{
    struct wall *w = v->data;

    notice_hint(v, out, "global", "help", "help");
    if (w->travel_ms) {
        notice_hint(v, out, "wall", "wall-travel", "live");
        return;
    }
    if (!w->n_order)
        return;
    bool is_live = w->selected && wall_tile_is_live(w->selected);
    if (is_live)
        notice_hint(v, out, "wall", "wall-zoom", "look");
    if (is_live && !w->env->readonly)
        notice_hint(v, out, "wall", "wall-join", "take part");
    if (w->n_needed)
        notice_hint(v, out, "wall", "wall-next", "next");
    notice_hint(v, out, "wall", "wall-search", "search");
    if (!w->env->readonly)
        notice_hint(v, out, "wall", "wall-run", "run");
    notice_hint(v, out, "wall", "wall-sort", "sort");
}

static bool alarmed(struct view *v)
{
    return ((struct wall *)v->data)->travel_ms != 0;
}

static const struct view_ops ops = {
    .name = "wall",
    .contexts = contexts,
    .close = close_view,
    .update = update,
    .draw = draw,
    .act = wall_act,
    .mouse = on_mouse,
    .resize = resize,
    .title = title,
    .hints = hints,
    .alarmed = alarmed,
};
