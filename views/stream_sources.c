/* SPDX-License-Identifier: MIT */
#include "views/stream_sources.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/notice.h"

#define PROGRESS_AFTER_MS 200

static void on_slow(void *user)
{
    struct stream_sources *set = user;

    set->is_slow = true;
    stream_sources_sign(set);
}

struct stream_source *stream_source_add(struct stream_sources *set, const char *sandbox_id,
                                        const char *id, const char *label)
{
    struct stream_source *s;

    if (set->n == STREAM_SOURCES_MAX) {
        tui_toast(set->env->tui, ROLE_WARN, "At most %d %s are followed at once",
                  STREAM_SOURCES_MAX, set->things);
        return NULL;
    }
    s = xcalloc(1, sizeof *s);
    s->set = set;
    s->sandbox_id = xstrdup(sandbox_id);
    s->id = xstrdup(id);
    s->remote = fleet_remote(set->env->fleet, sandbox_id);
    s->number = tail_source(stream_tail(set->stream), label);
    set->all[set->n++] = s;
    if (!set->slow)
        set->begun_ms = clock_mono_ms();
    if (!set->slow)
        set->slow = tick_create(tui_loop(set->env->tui), on_slow, set);
    tick_after(set->slow, PROGRESS_AFTER_MS);
    return s;
}

bool stream_sources_has(const struct stream_sources *set, const char *sandbox_id)
{
    for (size_t i = 0; i < set->n; i++)
        if (strcmp(set->all[i]->sandbox_id, sandbox_id) == 0)
            return true;
    return false;
}

void stream_sources_finish(struct stream_sources *set)
{
    for (size_t i = 0; i < set->n; i++) {
        struct stream_source *s = set->all[i];

        request_cancel(s->request);
        remote_release(s->remote);
        free(s->sandbox_id);
        free(s->id);
        free(s);
    }
    set->n = 0;
    tick_destroy(steal_pointer(&set->slow));
}

void stream_sources_title(const struct stream_sources *set, struct buf *out)
{
    char name[160];

    if (set->n != 1) {
        buf_printf(out, " of %zu %s", set->n, set->things);
        return;
    }
    buf_printf(out, " %s",
               views_sandbox_name(set->env, set->all[0]->sandbox_id, name, sizeof name));
}

size_t stream_sources_ids(const struct stream_sources *set, const char **ids, size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n && n < cap; i++) {
        bool known = false;

        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(ids[k], set->all[i]->sandbox_id) == 0;
        if (!known)
            ids[n++] = set->all[i]->sandbox_id;
    }
    return n;
}

/* How many are down and how many have not answered yet; *why: of the first that is down. */
static void count_ends(const struct stream_sources *set, size_t *n_down, size_t *n_waiting,
                       const char **why)
{
    *n_down = *n_waiting = 0;
    *why = "";
    for (size_t i = 0; i < set->n; i++) {
        const struct stream_source *s = set->all[i];

        if (s->down && !(*n_down)++)
            *why = s->why;
        *n_waiting += !s->up && !s->down && !s->over;
    }
}

void stream_sources_sign(struct stream_sources *set)
{
    const char *lost = set->lost ? set->lost : "connection lost, trying again", *why;
    size_t n_down, n_waiting, n = set->n;
    char text[320], of[64] = "";

    count_ends(set, &n_down, &n_waiting, &why);
    n_waiting = set->is_slow ? n_waiting : 0;
    if (n > 1)
        snprintf(of, sizeof of, "%zu of %zu %s: ", n_down ? n_down : n_waiting, n, set->things);
    if (n_down)
        snprintf(text, sizeof text, "\xe2\x9c\x97 %s%s%s%s", of, lost, *why ? ": " : "", why);
    else
        snprintf(text, sizeof text, "\xe2\x80\xa6 %sconnecting", of);
    if (n_down || (n_waiting && n_waiting < n))
        stream_sign(set->stream, n_down ? ROLE_STATUS_ALERT : ROLE_DIM, text);
    else
        stream_sign(set->stream, ROLE_WARN, set->sign);
}

bool stream_sources_blank(const struct stream_sources *set, struct view *v, struct canvas c)
{
    size_t n_down, n_waiting;
    char name[160], text[256];
    const char *why;

    count_ends(set, &n_down, &n_waiting, &why);
    if (!n_waiting || n_waiting < set->n)
        return false;
    if (set->n == 1)
        snprintf(text, sizeof text, "connecting to %s",
                 views_sandbox_name(set->env, set->all[0]->sandbox_id, name, sizeof name));
    else
        snprintf(text, sizeof text, "connecting to %zu %s", set->n, set->things);
    notice_waiting(v, c, set->begun_ms, text);
    return true;
}

void stream_source_line(struct stream_source *s, int64_t time_ms, const char *text)
{
    tail_add(stream_tail(s->set->stream), s->number, time_ms, text, strlen(text));
    stream_changed(s->set->stream);
}

void stream_source_up(void *user)
{
    struct stream_source *s = user;

    s->up = true;
    s->down = false;
    stream_sources_sign(s->set);
}

void stream_source_gap(void *user)
{
    struct stream_source *s = user;

    stream_remark(s->set->stream, s->number, "the connection was lost: some may be missing here");
    stream_source_up(s);
}

void stream_source_down(void *user, const struct err *e)
{
    struct stream_source *s = user;

    s->down = true;
    snprintf(s->why, sizeof s->why, "%.120s", e ? e->text : "");
    stream_sources_sign(s->set);
}

void stream_source_end(void *user, const struct err *e)
{
    struct stream_source *s = user;
    cleanup_free char *text = xasprintf("nothing more comes: %s%s%s", e ? e->text : "it is gone",
                                        e && *e->hint ? "; " : "", e ? e->hint : "");

    s->down = false;
    s->over = true;
    stream_remark(s->set->stream, s->number, text);
    stream_sources_sign(s->set);
}
