/* SPDX-License-Identifier: MIT
 *
 * A sandbox of the wall: gateway's model → sources; its activity feed (or, from hosts without one,
 * its list of terminals) → tiles.
 *
 * The feed stays open for tiles that are not on the page: it costs a few bytes when something
 * happens, and without it nobody would be moved to the front.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/wall_internal.h"
#include "wire/names.h"

static void set_state(struct wall_source *s, enum wall_state state, const struct err *e)
{
    struct wall_tile *t;

    /* An attempt to connect that fails does not make the connection lost later. */
    if (s->state != state)
        s->since_ms = clock_mono_ms();
    s->state = state;
    s->error = e ? *e : (struct err){0};
    TAILQ_FOREACH (t, &s->wall->tiles, link) {
        if (t->source != s)
            continue;
        wall_tile_judge(t);
        wall_tile_damage(t);
    }
}

static size_t count_terminals(const struct wall_source *s)
{
    const struct wall_tile *t;
    size_t n = 0;

    TAILQ_FOREACH (t, &s->wall->tiles, link)
        n += t->source == s && *t->terminal_id;
    return n;
}

void wall_source_recount(struct wall_source *s)
{
    struct wall_tile *placeholder = wall_tile_find(s->wall, s->sandbox_id, "");
    size_t n = count_terminals(s);

    if (!n && !placeholder)
        wall_tile_create(s, "");
    else if (n && placeholder)
        wall_tile_destroy(placeholder);
    else if (placeholder)
        wall_tile_damage(placeholder);
}

static struct wall_tile *tile_of(struct wall_source *s, const char *terminal_id)
{
    struct wall_tile *t = wall_tile_find(s->wall, s->sandbox_id, terminal_id);

    return t ? t : wall_tile_create(s, terminal_id);
}

/* --- the feed --- */

static void on_terminal(void *user, const struct activity *a)
{
    struct wall_source *s = user;

    if (!*a->terminal_id)
        return;
    struct wall_tile *t = tile_of(s, a->terminal_id);
    wall_tile_facts(t, a);
    if (s->state != WALL_LIVE)
        set_state(s, WALL_LIVE, NULL);
    wall_source_recount(s);
}

static void on_terminal_gone(void *user, const char *terminal_id)
{
    struct wall_source *s = user;
    struct wall_tile *t = wall_tile_find(s->wall, s->sandbox_id, terminal_id);

    if (t && *terminal_id)
        wall_tile_end(t, "it ended");
    else
        wall_source_recount(s);
}

static void on_sandbox(void *user, const struct activity_sandbox *a)
{
    struct wall_source *s = user;
    struct wall_tile *t;

    s->facts = *a;
    s->facts.failed_server =
        text_sanitise(s->text[0], sizeof s->text[0], a->failed_server, strlen(a->failed_server));
    s->facts.error_signal =
        text_sanitise(s->text[1], sizeof s->text[1], a->error_signal, strlen(a->error_signal));
    s->has_facts = true;
    TAILQ_FOREACH (t, &s->wall->tiles, link)
        if (t->source == s)
            wall_tile_judge(t);
}

static void on_up(void *user)
{
    struct wall_source *s = user;

    set_state(s, WALL_LIVE, NULL);
    wall_due(s->wall, s->since_ms + WALL_SYNC_MS);
    wall_source_recount(s);
}

static void on_synced(void *user)
{
    struct wall_source *s = user;

    s->is_known = true;
    wall_source_recount(s);
}

static void on_down(void *user, const struct err *e)
{
    struct wall_source *s = user;

    s->is_known = false;
    set_state(s, WALL_DOWN, e);
}

static void on_listing(void *user);

static void on_end(void *user, const struct err *e)
{
    struct wall_source *s = user;

    if (e && e->code == ERR_UNSUPPORTED && !s->listing) {
        s->listing = listing_open(s->remote, &terminal_listing, on_listing, s);
        return;
    }
    set_state(s, WALL_ENDED, e);
    wall_source_recount(s);
}

static const struct activity_ops activity_ops = {
    .on_terminal = on_terminal,
    .on_terminal_gone = on_terminal_gone,
    .on_sandbox = on_sandbox,
    .on_up = on_up,
    .on_synced = on_synced,
    .on_down = on_down,
    .on_end = on_end,
};

/* --- the list, from hosts that do not count --- */

static void take_listed(struct wall_source *s, const struct terminal_info *info)
{
    struct wall_tile *t;
    struct activity a = {
        .terminal_id = info->id,
        .title = info->title,
        .command = info->command,
        .with = "",
        .error = "",
        .note = "",
        .rows = info->rows,
        .cols = info->cols,
        .n_viewers = info->n_viewers,
    };

    if (!info->pty)
        return;
    t = tile_of(s, info->id);
    a.output_ms = t->attachment ? attachment_output_at_ms(t->attachment) : 0;
    wall_tile_facts(t, &a);
}

static void on_listing(void *user)
{
    struct wall_source *s = user;
    struct wall_tile *t;

    if (listing_error(s->listing)->code) {
        set_state(s, WALL_DOWN, listing_error(s->listing));
        return;
    }
    for (size_t i = 0; i < listing_count(s->listing); i++)
        take_listed(s, listing_at(s->listing, i));
    TAILQ_FOREACH (t, &s->wall->tiles, link)
        if (t->source == s && wall_tile_is_live(t) && !listing_find(s->listing, t->terminal_id))
            wall_tile_end(t, "it ended");
    s->is_known = true;
    if (s->state != WALL_LIVE)
        set_state(s, WALL_LIVE, NULL);
    wall_source_recount(s);
}

/* --- which sandboxes --- */

static void disconnect(struct wall_source *s)
{
    s->is_known = false;
    activity_close(steal_pointer(&s->feed));
    listing_close(steal_pointer(&s->listing));
    remote_release(steal_pointer(&s->remote));
}

static struct wall_source *find_source(const struct wall *w, const char *id)
{
    struct wall_source *s;

    TAILQ_FOREACH (s, &w->sources, link)
        if (strcmp(s->sandbox_id, id) == 0)
            return s;
    return NULL;
}

static struct wall_source *create_source(struct wall *w, const char *id)
{
    struct wall_source *s = xcalloc(1, sizeof *s);

    s->wall = w;
    s->sandbox_id = xstrdup(id);
    s->since_ms = clock_mono_ms();
    TAILQ_INSERT_TAIL(&w->sources, s, link);
    return s;
}

/* Its tiles stay a while, without it. */
static void destroy_source(struct wall_source *s, const char *why)
{
    struct wall_tile *t, *next;

    for (t = TAILQ_FIRST(&s->wall->tiles); t; t = next) {
        next = TAILQ_NEXT(t, link);
        if (t->source != s)
            continue;
        t->source = NULL;
        if (why)
            wall_tile_end(t, why);
    }
    disconnect(s);
    TAILQ_REMOVE(&s->wall->sources, s, link);
    free(s->sandbox_id);
    free(s);
}

void wall_sources_destroy(struct wall *w)
{
    struct wall_source *s;

    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it loses track in TAILQ_REMOVE */
    while ((s = TAILQ_FIRST(&w->sources)))
        destroy_source(s, NULL);
}

static bool runs(const struct sandbox *sandbox)
{
    return !sandbox->gone && strcmp(sandbox->info.status, STATUS_LOST) != 0 &&
           strcmp(sandbox->info.status, STATUS_CREATING) != 0;
}

static void end_tiles(struct wall_source *s)
{
    struct wall_tile *t;
    char says[160];

    wall_source_says(s, says, sizeof says);
    TAILQ_FOREACH (t, &s->wall->tiles, link)
        if (t->source == s && *t->terminal_id)
            wall_tile_end(t, says);
}

/* Connected as long as it runs. */
static void follow(struct wall_source *s, const struct sandbox *sandbox)
{
    if (runs(sandbox) == (s->remote != NULL)) {
        /* Why it does not run may have changed. */
        if (!s->remote)
            wall_source_recount(s);
        return;
    }
    if (s->remote) {
        disconnect(s);
        set_state(s, WALL_ENDED, NULL);
        end_tiles(s);
    } else {
        set_state(s, WALL_LOOKING, NULL);
        s->remote = fleet_remote(s->wall->env->fleet, s->sandbox_id);
        s->feed = activity_open(s->remote, &activity_ops, s);
    }
    wall_source_recount(s);
}

static bool is_meant(const struct wall *w, const struct sandbox *sandbox)
{
    if (!w->ids)
        return !w->env->ns || strcmp(w->env->ns, sandbox->info.ns) == 0;
    for (size_t i = 0; i < w->n_ids; i++)
        if (strcmp(w->ids[i], sandbox->info.id) == 0)
            return true;
    return false;
}

void wall_sources_update(struct wall *w)
{
    const struct fleet *f = w->env->fleet;
    struct wall_source *s, *next;
    const char *ns = NULL;
    size_t n = 0;

    w->one_ns = true;

    TAILQ_FOREACH (s, &w->sources, link)
        s->wanted = false;
    w->n_left_out = 0;
    for (size_t i = 0; i < fleet_count(f); i++) {
        const struct sandbox *sandbox = fleet_at(f, i);

        if (sandbox->gone || !is_meant(w, sandbox))
            continue;
        if (++n > WALL_SANDBOXES_MAX) {
            w->n_left_out++;
            continue;
        }
        s = find_source(w, sandbox->info.id);
        s = s ? s : create_source(w, sandbox->info.id);
        s->wanted = true;
        ns = ns ? ns : sandbox->info.ns;
        w->one_ns = w->one_ns && strcmp(ns, sandbox->info.ns) == 0;
        follow(s, sandbox);
    }
    for (s = TAILQ_FIRST(&w->sources); s; s = next) {
        next = TAILQ_NEXT(s, link);
        if (!s->wanted && gateway_state(fleet_of(f, s->sandbox_id)) == LINK_UP)
            destroy_source(s, "the sandbox is gone");
    }
    w->arrange = true;
}

char *wall_source_says(const struct wall_source *s, char *out, size_t cap)
{
    const struct sandbox *sandbox = s ? fleet_find_id(s->wall->env->fleet, s->sandbox_id) : NULL;
    const char *status = sandbox ? sandbox->info.status : "gone";
    cleanup_free char *text = NULL;

    if (!sandbox || sandbox->gone)
        text = xstrdup("\xe2\x96\xa0 the sandbox is gone");
    else if (!s->remote)
        text = xasprintf("\xe2\x9c\x97 %s%s%s", status, *sandbox->info.reason ? ": " : "",
                         sandbox->info.reason);
    else if (s->state == WALL_LOOKING || (s->state == WALL_LIVE && !s->is_known))
        text = xstrdup("\xe2\x80\xa6 connecting");
    else if (s->state == WALL_LIVE)
        text = xstrdup("no terminal runs there; i opens one");
    else
        text = xasprintf("\xe2\x9c\x97 no connection: %s", s->error.text);
    return text_sanitise(out, cap, text, strlen(text));
}
