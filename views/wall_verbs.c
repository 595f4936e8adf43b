/* SPDX-License-Identifier: MIT
 *
 * What is done with tiles: looked at, helped, marked ones given a command. What a class needs
 * besides (notices, freezing, presenting) is in wall_class.c.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/commands_form.h"
#include "views/dialog.h"
#include "views/recorder.h"
#include "views/wall_class.h"
#include "views/wall_internal.h"
#include "views/wall_search.h"
#include "views/wall_travel.h"

/* Recordings of one wall at once: each is a file. */
#define RECORDINGS_MAX  128
#define RECORDING_BYTES (64u << 20)

size_t wall_targets(const struct wall *w, struct wall_tile ***tiles)
{
    size_t n = 0;
    struct wall_tile *t;

    *tiles = xcalloc(w->n_marked + 1, sizeof(void *));
    TAILQ_FOREACH (t, &w->tiles, link)
        if (t->marked && n < w->n_marked)
            (*tiles)[n++] = t;
    if (!n && w->selected)
        (*tiles)[n++] = w->selected;
    return n;
}

/* --- looking and helping --- */

static enum view_result zoom(struct wall *w)
{
    const struct wall_tile *t = w->selected;

    if (!t || !t->source)
        return VIEW_HANDLED;
    if (!wall_tile_is_live(t))
        tui_toast(w->env->tui, ROLE_WARN, "There is nothing to look at: no terminal runs there");
    else
        shell_view_open(w->env, t->sandbox_id, t->terminal_id, SHELL_OBSERVE, PLACE_HERE);
    return VIEW_HANDLED;
}

static enum view_result join(struct wall *w)
{
    const struct wall_tile *t = w->selected;

    if (!t || !t->source || views_refuse_readonly(w->env))
        return VIEW_HANDLED;
    if (wall_tile_is_live(t))
        shell_view_open(w->env, t->sandbox_id, t->terminal_id, SHELL_JOIN, PLACE_HERE);
    else if (t->source->remote)
        shell_view_open(w->env, t->sandbox_id, NULL, SHELL_NEW, PLACE_HERE);
    return VIEW_HANDLED;
}

/* --- why --- */

static void say_time(struct buf *out, const char *label, int64_t at_ms)
{
    char span[CLOCK_SPAN_SIZE];

    if (at_ms)
        buf_printf(out, "%s%s ago\n", label, clock_format_span(span, clock_mono_ms() - at_ms));
}

static void say_text(struct buf *out, const char *label, const char *text)
{
    if (*text)
        buf_printf(out, "%s%s\n", label, text);
}

static void say_facts(struct buf *out, const struct activity *a)
{
    say_text(out, "program:     ", a->command);
    say_text(out, "title:       ", a->title);
    if (a->cols)
        buf_printf(out, "size:        %dx%d\n", a->cols, a->rows);
    buf_printf(out, "seen by:     %d\n", a->n_viewers);
    say_text(out, "taking part: ", a->with);
    if (a->n_commands)
        buf_printf(out, "commands:    %u, the last with exit %d\n", a->n_commands, a->last_exit);
    else if (!a->is_integrated)
        buf_append_str(out, "commands:    its shell does not tell\n");
    say_time(out, "typed:       ", a->input_ms);
    say_time(out, "printed:     ", a->output_ms);
}

static enum view_result why(struct wall *w)
{
    const struct wall_tile *t = w->selected;
    cleanup_buf struct buf text = {0};
    char says[160];

    if (!t)
        return VIEW_HANDLED;
    if (t->attention.n)
        buf_printf(&text, "attention %d%s\n", t->attention.score,
                   t->attention.score >= ATTENTION_NEEDED ? "" : ", which is not much");
    for (size_t i = 0; i < t->attention.n; i++)
        buf_printf(&text, "  %5d  %s\n", t->attention.reasons[i].weight,
                   t->attention.reasons[i].text);
    if (!t->attention.n)
        buf_append_str(&text, "Nobody is needed there now.\n");
    buf_append_char(&text, '\n');
    if (*t->terminal_id)
        say_facts(&text, &t->facts.a);
    else
        buf_printf(&text, "%s\n", wall_source_says(t->source, says, sizeof says));
    text_dialog_open(w->env, t->name, text.data);
    return VIEW_HANDLED;
}

/* --- commands, recordings --- */

static enum view_result run_command(struct wall *w)
{
    const char *ids[WALL_SANDBOXES_MAX];
    char *copies[WALL_SANDBOXES_MAX];
    size_t n = wall_sandboxes(w->view, ids, WALL_SANDBOXES_MAX);

    for (size_t i = 0; i < n; i++)
        copies[i] = xstrdup(ids[i]);
    commands_form_open(w->env, copies, n);
    for (size_t i = 0; i < n; i++)
        free(copies[i]);
    return VIEW_HANDLED;
}

static size_t count_recorded(const struct wall *w)
{
    const struct wall_tile *t;
    size_t n = 0;

    TAILQ_FOREACH (t, &w->tiles, link)
        n += t->attachment && attachment_recorder(t->attachment);
    return n;
}

/* All on, unless all of them are on already. */
static enum view_result record(struct wall *w)
{
    struct wall_tile **tiles;
    size_t n = wall_targets(w, &tiles), n_on = 0, n_live = 0, n_all = count_recorded(w);

    for (size_t i = 0; i < n; i++) {
        wall_tile_attach(tiles[i]);
        n_live += tiles[i]->attachment != NULL;
        n_on += tiles[i]->attachment && attachment_recorder(tiles[i]->attachment);
    }
    bool stop = n_live && n_on == n_live;
    size_t n_done = 0;
    for (size_t i = 0; i < n; i++) {
        struct attachment *a = tiles[i]->attachment;

        if (!a || (attachment_recorder(a) != NULL) != stop)
            continue;
        if (!stop && n_all >= RECORDINGS_MAX)
            break;
        attachment_record_bounded(a, RECORDING_BYTES);
        if ((attachment_recorder(a) != NULL) == stop)
            break;
        n_all += !stop;
        n_done++;
        wall_tile_damage(tiles[i]);
    }
    free(tiles);
    if (!n_live)
        tui_toast(w->env->tui, ROLE_WARN, "There is nothing to record: no terminal runs there");
    else if (n > 1 && n_done)
        tui_toast(w->env->tui, ROLE_STATUS,
                  stop ? "\xe2\x9c\x93 %zu recordings ended"
                       : "\xe2\x97\x8f recording %zu terminals",
                  n_done);
    return VIEW_HANDLED;
}

/* --- the table of them --- */

static enum view_result clear_or_leave(struct wall *w)
{
    if (w->travel_ms) {
        wall_travel_end(w);
        return VIEW_HANDLED;
    }
    if (w->only_needed) {
        wall_order_act(w, "wall-needed");
        return VIEW_HANDLED;
    }
    return VIEW_IGNORED;
}

static enum view_result refresh(struct wall *w)
{
    struct wall_source *s;

    TAILQ_FOREACH (s, &w->sources, link)
        if (s->remote)
            remote_retry(s->remote);
    return VIEW_IGNORED;
}

enum view_result wall_act(struct view *v, const char *action)
{
    static const struct {
        const char *action;
        enum view_result (*run)(struct wall *w);
    } verbs[] = {
        {"wall-zoom", zoom},        {"wall-join", join},     {"wall-why", why},
        {"wall-run", run_command},  {"wall-record", record}, {"wall-search", wall_search_ask},
        {"escape", clear_or_leave}, {"refresh", refresh},
    };
    struct wall *w = v->data;

    if (wall_order_act(w, action) || wall_travel_act(w, action))
        return VIEW_HANDLED;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].action, action) == 0)
            return verbs[i].run(w);
    return wall_class_act(w, action);
}
