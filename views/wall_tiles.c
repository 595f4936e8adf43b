/* SPDX-License-Identifier: MIT
 *
 * Tiles: made and ended by their source, attached while they are on the page, rendered a frame at
 * a time, judged anew when a fact comes or a known moment passes.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/wall_history.h"
#include "views/wall_internal.h"

struct wall_tile *wall_tile_find(struct wall *w, const char *sandbox_id, const char *terminal_id)
{
    struct wall_tile *t;

    TAILQ_FOREACH (t, &w->tiles, link)
        if (t->source && !t->gone_at_ms && strcmp(t->sandbox_id, sandbox_id) == 0 &&
            strcmp(t->terminal_id, terminal_id) == 0)
            return t;
    return NULL;
}

static void set_name(struct wall_tile *t)
{
    const struct wall_tile *other;

    t->number = 1;
    if (*t->terminal_id)
        TAILQ_FOREACH (other, &t->wall->tiles, link)
            if (other != t && strcmp(other->sandbox_id, t->sandbox_id) == 0 &&
                other->number >= t->number && *other->terminal_id)
                t->number = other->number + 1;
    views_sandbox_name(t->wall->env, t->sandbox_id, t->name, sizeof t->name - 8);
    if (t->number > 1)
        snprintf(t->name + strlen(t->name), 8, ":%u", t->number % 1000);
}

/* --- the attachment --- */

static void on_cells(void *user)
{
    struct wall_tile *t = user;

    if (*attachment_ended(t->attachment) && !t->gone_at_ms)
        wall_tile_end(t, attachment_ended(t->attachment));
    wall_tile_damage(t);
}

static bool is_shown(void *user)
{
    const struct wall_tile *t = user;

    return t->on_page && view_is_shown(t->wall->view);
}

static void on_output(void *user, const char *bytes, size_t n)
{
    wall_history_output(user, bytes, n);
}

void wall_tile_attach(struct wall_tile *t)
{
    const struct activity *a = &t->facts.a;

    if (t->attachment || !wall_tile_is_live(t) || !t->source || !t->source->remote)
        return;
    t->left_page_ms = clock_mono_ms();
    t->attachment =
        attachment_acquire(t->wall->env, t->sandbox_id, t->terminal_id, a->rows, a->cols);
    if (!attachment_drives(t->attachment))
        attachment_yield_size(t->attachment);
    t->viewer = (struct attachment_viewer){.on_change = on_cells,
                                           .is_shown = is_shown,
                                           .on_output = on_output,
                                           .user = t,
                                           .observes = true,
                                           .glances = true};
    attachment_watch(t->attachment, &t->viewer);
}

struct dropped {
    struct attachment *attachment;
};

static void nothing(struct views_env *env, void *data)
{
}

static void drop(void *data)
{
    struct dropped *d = data;

    attachment_release(d->attachment);
    free(d);
}

/* In a later turn: this may run inside a callback of what goes. */
static void detach(struct wall_tile *t)
{
    struct dropped *d;

    if (!t->attachment)
        return;
    attachment_unwatch(&t->viewer);
    d = xcalloc(1, sizeof *d);
    d->attachment = steal_pointer(&t->attachment);
    views_later(t->wall->env, nothing, d, drop);
    wall_history_gap(t);
}

/* While it is recorded, it stays attached. */
static bool is_needed(const struct wall_tile *t)
{
    const struct wall *w = t->wall;
    bool hidden = w->hidden_ms && clock_mono_ms() - w->hidden_ms >= WALL_HIDDEN_MS;

    return (t->on_page && !hidden) || (t->attachment && attachment_recorder(t->attachment));
}

void wall_tiles_attach(struct wall *w)
{
    int64_t now = clock_mono_ms();
    struct wall_tile *t;

    TAILQ_FOREACH (t, &w->tiles, link) {
        if (is_needed(t)) { // NOLINT(clang-analyzer-unix.Malloc): TAILQ_REMOVE took others out
            t->left_page_ms = now;
            wall_tile_attach(t);
        } else if (t->attachment && now - t->left_page_ms >= WALL_LINGER_MS) {
            detach(t);
        } else if (t->attachment) {
            wall_due(w, t->left_page_ms + WALL_LINGER_MS);
        }
    }
}

struct term *wall_tile_term(const struct wall_tile *t)
{
    if (t->wall->travel_ms)
        return t->past;
    return t->attachment ? attachment_term(t->attachment) : NULL;
}

/* --- life --- */

struct wall_tile *wall_tile_create(struct wall_source *s, const char *terminal_id)
{
    struct wall_tile *t = xcalloc(1, sizeof *t);

    t->wall = s->wall;
    t->source = s;
    t->sandbox_id = xstrdup(s->sandbox_id);
    t->terminal_id = xstrdup(terminal_id);
    t->key = xasprintf("%s\n%s", s->sandbox_id, terminal_id);
    t->facts.a = (struct activity){.terminal_id = t->terminal_id,
                                   .title = "",
                                   .command = "",
                                   .with = "",
                                   .error = "",
                                   .note = ""};
    t->dirty = true;
    t->rank = SIZE_MAX;
    set_name(t);
    TAILQ_INSERT_TAIL(&s->wall->tiles, t, link);
    s->wall->n_tiles++;
    s->wall->arrange = true;
    wall_tile_judge(t);
    return t;
}

void wall_tile_destroy(struct wall_tile *t)
{
    struct wall *w = t->wall;
    struct wall_source *source = *t->terminal_id ? t->source : NULL;

    detach(t);
    wall_forget(w, t);
    wall_history_destroy(t);
    term_destroy(t->past);
    TAILQ_REMOVE(&w->tiles, t, link);
    w->n_tiles--;
    w->n_marked -= t->marked;
    free(t->cells);
    free(t->sandbox_id);
    free(t->terminal_id);
    free(t->key);
    free(t);
    w->arrange = true;
    wall_frame_soon(w);
    if (source)
        wall_source_recount(source);
}

void wall_tile_end(struct wall_tile *t, const char *why)
{
    if (t->gone_at_ms)
        return;
    t->gone_at_ms = clock_mono_ms();
    text_sanitise(t->gone_why, sizeof t->gone_why, why, strlen(why));
    t->attention = (struct attention){0};
    wall_due(t->wall, t->gone_at_ms + WALL_GONE_MS);
    wall_tile_damage(t);
}

/* --- facts --- */

static const char *keep(struct wall_facts *f, int i, const char *text)
{
    return text_sanitise(f->text[i], sizeof f->text[i], text, strlen(text));
}

void wall_tile_facts(struct wall_tile *t, const struct activity *a)
{
    struct wall_facts *f = &t->facts;

    f->a = *a;
    t->told_ms = clock_mono_ms();
    f->a.terminal_id = t->terminal_id;
    f->a.title = keep(f, 0, a->title);
    f->a.command = keep(f, 1, a->command);
    f->a.with = keep(f, 2, a->with);
    f->a.error = keep(f, 3, a->error);
    f->a.note = keep(f, 4, a->note);
    wall_tile_judge(t);
    wall_tile_damage(t);
}

/* From a minute on, in steps. */
static void note_idle(struct wall_tile *t, int64_t now_ms)
{
    const struct activity *a = &t->facts.a;
    int64_t last = a->input_ms > a->output_ms ? a->input_ms : a->output_ms, next = 0;

    t->idle[0] = '\0';
    if (!last)
        return;
    if (now_ms - last >= 60000)
        attention_age(t->idle, last, now_ms, &next);
    else
        next = last + 60000;
    if (!t->next_ms || next < t->next_ms)
        t->next_ms = next;
}

/* "40s", by tens; "" when it is not. */
static void note_frozen(struct wall_tile *t, int64_t now_ms)
{
    int64_t left = t->facts.a.frozen_until_ms - now_ms, step = left > 60000 ? 60000 : 10000;
    int64_t shown = (left + step - 1) / step * step;

    t->frozen[0] = '\0';
    if (left <= 0)
        return;
    clock_format_span(t->frozen, shown);
    left = now_ms + left - (shown - step);
    if (!t->next_ms || left < t->next_ms)
        t->next_ms = left;
}

static bool looks_same(const struct attention *a, const struct attention *b)
{
    if (a->score != b->score || a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->reasons[i].text, b->reasons[i].text) != 0)
            return false;
    return true;
}

void wall_tile_judge(struct wall_tile *t)
{
    const struct wall_source *s = t->source;
    struct attention before = t->attention;
    bool placeholder = !*t->terminal_id;
    int64_t now = clock_mono_ms();
    char idle[ATTENTION_AGE_SIZE];

    if (t->gone_at_ms)
        return;
    attention_of(&t->attention, placeholder ? NULL : &t->facts.a,
                 s && s->has_facts ? &s->facts : NULL, now);
    t->next_ms = t->attention.next_ms;
    memcpy(idle, t->idle, sizeof idle);
    note_idle(t, now);
    note_frozen(t, now);
    t->stale[0] = '\0';
    if (s && s->state == WALL_DOWN)
        attention_age(t->stale, s->since_ms, now, &t->next_ms);
    if (t->next_ms)
        wall_due(t->wall, t->next_ms);
    if (before.score != t->attention.score || t->wall->sort == WALL_BY_IDLE)
        t->wall->arrange = true;
    if (t->wall->arrange || strcmp(idle, t->idle) != 0 || *t->frozen || *t->stale ||
        !looks_same(&before, &t->attention))
        wall_tile_damage(t);
}

/* --- frames --- */

static void plan_frame(struct wall *w, int64_t at_ms)
{
    if (w->frame_at_ms && w->frame_at_ms <= at_ms)
        return;
    w->frame_at_ms = at_ms;
    tick_after(w->frame, at_ms - clock_mono_ms() > 0 ? at_ms - clock_mono_ms() : 0);
}

void wall_frame_soon(struct wall *w)
{
    int64_t now = clock_mono_ms(), at = w->last_frame_ms + w->pace_ms;

    plan_frame(w, at > now ? at : now);
}

void wall_tile_damage(struct wall_tile *t)
{
    t->dirty = true;
    if (t->on_page || t->wall->arrange || t == t->wall->selected)
        wall_frame_soon(t->wall);
}

/* --- what changes by itself --- */

void wall_due(struct wall *w, int64_t at_ms)
{
    int64_t now = clock_mono_ms();

    if (w->clock_at_ms && w->clock_at_ms <= at_ms && w->clock_at_ms > now - 1)
        return;
    w->clock_at_ms = at_ms;
    tick_after(w->clock, at_ms > now ? at_ms - now : 0);
}

/* Its host did not name it when the connection came back. */
static bool was_left_out(const struct wall_tile *t, int64_t now_ms)
{
    const struct wall_source *s = t->source;

    return s && s->state == WALL_LIVE && !s->listing && wall_tile_is_live(t) &&
           t->told_ms < s->since_ms && now_ms - s->since_ms >= WALL_SYNC_MS;
}

void wall_clock(struct wall *w)
{
    int64_t now = clock_mono_ms();
    struct wall_tile *t, *next;

    w->clock_at_ms = 0;
    for (t = TAILQ_FIRST(&w->tiles); t; t = next) {
        next = TAILQ_NEXT(t, link);
        if (was_left_out(t, now))
            wall_tile_end(t, "it ended");
        if (t->gone_at_ms && now - t->gone_at_ms >= WALL_GONE_MS)
            wall_tile_destroy(t);
        else if (t->gone_at_ms)
            wall_due(w, t->gone_at_ms + WALL_GONE_MS);
        else if (t->next_ms && t->next_ms <= now)
            wall_tile_judge(t);
        else if (t->next_ms)
            wall_due(w, t->next_ms);
    }
    if (w->rest_until_ms > now)
        wall_due(w, w->rest_until_ms);
    else if (w->arrange)
        wall_frame_soon(w);
    wall_tiles_attach(w);
}
