/* SPDX-License-Identifier: MIT
 *
 * The time shown → a terminal for each tile of the page, a few in a turn → drawn as live ones are.
 * While looking back the tiles go on being kept, so nothing of the present is lost.
 */
#include "views/wall_travel.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/wall_history.h"

#define STEP_MS      INT64_C(5000)
#define LONG_STEP_MS INT64_C(60000)
#define SEEK_MS      8 /* of a loop turn, spent on taking tiles back */

static void forget(struct wall *w)
{
    struct wall_tile *t;

    TAILQ_FOREACH (t, &w->tiles, link) {
        term_destroy(steal_pointer(&t->past));
        t->past_ms = 0;
        t->dirty = true;
    }
}

void wall_travel_seek(struct wall *w)
{
    int64_t begun = clock_mono_ms();
    struct wall_tile *t;
    bool changed = false;

    if (!w->travel_ms)
        return;
    TAILQ_FOREACH (t, &w->tiles, link) {
        if (!t->on_page || t->past_ms == w->travel_ms)
            continue;
        if (clock_mono_ms() - begun >= SEEK_MS) {
            tick_after(w->seek, 0);
            break;
        }
        term_destroy(t->past);
        t->past = wall_history_at(t, w->travel_ms);
        t->past_ms = w->travel_ms;
        t->dirty = changed = true;
    }
    if (changed)
        wall_frame_soon(w);
}

void wall_travel_end(struct wall *w)
{
    w->travel_ms = 0;
    forget(w);
    view_damage(w->view);
}

static void go(struct wall *w, int64_t by_ms)
{
    int64_t now = clock_mono_ms(), first = wall_history_first_ms(w);
    int64_t to = (w->travel_ms ? w->travel_ms : now) + by_ms;

    if (!first) {
        tui_toast(w->env->tui, ROLE_WARN, "Nothing has been kept yet to go back to");
        return;
    }
    if (to >= now) {
        wall_travel_end(w);
        return;
    }
    w->travel_ms = to > first ? to : first;
    wall_travel_seek(w);
    view_damage(w->view);
}

static void toggle(struct wall *w)
{
    if (w->travel_ms)
        wall_travel_end(w);
    else
        go(w, -STEP_MS);
}

static void back(struct wall *w)
{
    go(w, -STEP_MS);
}

static void forward(struct wall *w)
{
    if (w->travel_ms)
        go(w, STEP_MS);
}

static void far_back(struct wall *w)
{
    go(w, -LONG_STEP_MS);
}

static void far_forward(struct wall *w)
{
    if (w->travel_ms)
        go(w, LONG_STEP_MS);
}

bool wall_travel_act(struct wall *w, const char *action)
{
    static const struct {
        const char *action;
        void (*run)(struct wall *w);
    } verbs[] = {
        {"wall-travel", toggle},           {"wall-back", back},
        {"wall-forward", forward},         {"wall-far-back", far_back},
        {"wall-far-forward", far_forward},
    };

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].action, action) == 0) {
            verbs[i].run(w);
            return true;
        }
    }
    return false;
}

void wall_travel_draw(const struct wall *w, struct canvas c)
{
    const struct style style = tui_theme(w->view->tui)->styles[ROLE_STATUS_ALERT];
    int64_t now = clock_mono_ms(), first = wall_history_first_ms(w);
    char iso[CLOCK_ISO_SIZE], span[CLOCK_SPAN_SIZE];
    cleanup_free char *says =
        xasprintf(" \xe2\x97\x80 %.8s UTC, %s ago ",
                  clock_format_iso(iso, clock_wall_ms() - (now - w->travel_ms)) + 11,
                  clock_format_span(span, now - w->travel_ms));
    const char *keys = " [ ] 5 s  { } 1 m  T live ";
    int x = text_width(says), keys_w = c.cols > 60 ? text_width(keys) : 0;
    int width = c.cols - x - keys_w;

    canvas_fill(c, (struct rect){0, 0, 1, c.cols}, style);
    canvas_text(c, 0, 0, c.cols, style, says);
    canvas_text(c, 0, c.cols - keys_w, keys_w, style, keys);
    if (width < 3 || now <= first)
        return;
    int at = (int)((w->travel_ms - first) * (width - 1) / (now - first));
    for (int i = 0; i < width; i++)
        canvas_text(c, 0, x + i, 1, style, i == at ? "\xe2\x97\x8f" : "\xe2\x94\x80");
}
