/* SPDX-License-Identifier: MIT */
#include "views/stream_sources.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

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
    s->remote = remote_acquire(set->env->gateway, sandbox_id);
    s->number = tail_source(stream_tail(set->stream), label);
    set->all[set->n++] = s;
    return s;
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

void stream_sources_sign(struct stream_sources *set)
{
    size_t n_down = 0;
    const char *lost = set->lost ? set->lost : "connection lost, trying again";
    char text[160];

    for (size_t i = 0; i < set->n; i++)
        n_down += set->all[i]->down;
    if (!n_down) {
        stream_sign(set->stream, ROLE_WARN, set->sign);
        return;
    }
    if (set->n > 1)
        snprintf(text, sizeof text, "\xe2\x9c\x97 %zu of %zu %s: %s", n_down, set->n, set->things,
                 lost);
    else
        snprintf(text, sizeof text, "\xe2\x9c\x97 %s", lost);
    stream_sign(set->stream, ROLE_STATUS_ALERT, text);
}

void stream_source_line(struct stream_source *s, int64_t time_ms, const char *text)
{
    tail_add(stream_tail(s->set->stream), s->number, time_ms, text, strlen(text));
    stream_changed(s->set->stream);
}

void stream_source_up(void *user)
{
    struct stream_source *s = user;

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
    stream_sources_sign(s->set);
}

void stream_source_end(void *user, const struct err *e)
{
    struct stream_source *s = user;
    cleanup_free char *text = xasprintf("nothing more comes: %s", e ? e->text : "it is gone");

    s->down = false;
    s->over = true;
    stream_remark(s->set->stream, s->number, text);
    stream_sources_sign(s->set);
}
