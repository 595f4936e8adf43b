/* SPDX-License-Identifier: MIT
 *
 * file events → lines; the contents that came with the latest ones are kept for their details.
 *
 * Every line has a time of its own (the clock's, or a millisecond after the line before), so that a
 * line finds its content by it.
 */
#include "views/watchers_tail.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/watcher.h"
#include "views/stream_sources.h"

#define CONTENTS_MAX  256
#define CONTENT_BYTES (32 * 1024) /* of one, kept */

struct content {
    int64_t time_ms; /* of its line; 0: unused */
    size_t n_bytes;  /* as it was */
    size_t n;        /* kept */
    char *bytes;     /* owned */
};

struct watch {
    struct views_env *env;
    struct stream_sources sources;
    int64_t last_ms;
    struct content contents[CONTENTS_MAX]; /* a ring */
    size_t n_contents;
};

static void keep(struct watch *w, int64_t time_ms, const struct file_event *e)
{
    struct content *c = &w->contents[w->n_contents++ % CONTENTS_MAX];

    free(c->bytes);
    *c = (struct content){.time_ms = time_ms,
                          .n_bytes = e->n_content,
                          .n = e->n_content < CONTENT_BYTES ? e->n_content : CONTENT_BYTES};
    c->bytes = xmalloc(c->n + 1);
    memcpy(c->bytes, e->content, c->n);
}

static const char *word_of(const char *event)
{
    static const char *const words[][2] = {
        {"add", "+ file"},         {"change", "~ file"},         {"unlink", "- file"},
        {"addDir", "+ directory"}, {"unlinkDir", "- directory"},
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i][0], event) == 0)
            return words[i][1];
    return event;
}

static void on_event(void *user, const struct file_event *e)
{
    struct stream_source *s = user;
    struct watch *w = s->set->owner;
    int64_t now = clock_wall_ms();
    char size[48] = "";

    w->last_ms = now > w->last_ms ? now : w->last_ms + 1;
    if (e->content) {
        snprintf(size, sizeof size, "  %zu bytes", e->n_content);
        keep(w, w->last_ms, e);
    }
    cleanup_free char *line = xasprintf("%-11s  %s%s", word_of(e->event), e->path, size);
    stream_source_line(s, w->last_ms, line);
}

static void on_gap(void *user)
{
    stream_source_gap(user);
}

static const struct watcher_tail_ops tail_ops = {
    .on_event = on_event,
    .on_gap = on_gap,
    .on_up = stream_source_up,
    .on_down = stream_source_down,
    .on_end = stream_source_end,
};

/* --- detail --- */

static const struct content *content_of(const struct watch *w, int64_t time_ms)
{
    for (size_t i = 0; i < CONTENTS_MAX; i++)
        if (w->contents[i].time_ms == time_ms)
            return &w->contents[i];
    return NULL;
}

static void append_lines(struct buf *out, const char *text, size_t n)
{
    while (n) {
        const char *end = memchr(text, '\n', n);
        size_t len = end ? (size_t)(end - text) : n, cap = len * 3 + 8;
        cleanup_free char *clean = xmalloc(cap);

        buf_printf(out, "%s\n", text_sanitise(clean, cap, text, len));
        len += end != NULL;
        text += len;
        n -= len;
    }
}

static void detail(void *user, const struct tail_line *line, struct buf *out)
{
    const struct watch *w = user;
    const struct content *c = content_of(w, line->time_ms);

    buf_printf(out, "%s\n", line->text);
    if (!c) {
        buf_append_str(out, "\nNo content came with it, or it is too long ago.\n");
    } else if (memchr(c->bytes, '\0', c->n) ||
               !utf8_valid(c->bytes, c->n - utf8_incomplete_tail(c->bytes, c->n))) {
        buf_append_str(out, "\nIts content is no text.\n");
    } else {
        buf_append_char(out, '\n');
        append_lines(out, c->bytes, c->n);
        if (c->n < c->n_bytes)
            buf_printf(out, "\xe2\x80\xa6 %zu more bytes\n", c->n_bytes - c->n);
    }
}

/* --- the view --- */

static void close_watch(void *user)
{
    struct watch *w = user;

    for (size_t i = 0; i < w->sources.n; i++)
        watcher_tail_close(w->sources.all[i]->tail);
    stream_sources_finish(&w->sources);
    for (size_t i = 0; i < CONTENTS_MAX; i++)
        free(w->contents[i].bytes);
    free(w);
}

static void title(void *user, struct buf *out)
{
    const struct watch *w = user;

    stream_sources_title(&w->sources, out);
}

static bool blank(void *user, struct view *v, struct canvas c)
{
    return stream_sources_blank(&((const struct watch *)user)->sources, v, c);
}

static size_t sandboxes(void *user, const char **ids, size_t cap)
{
    return stream_sources_ids(&((const struct watch *)user)->sources, ids, cap);
}

static const char *const contexts[] = {"tail", "motion", NULL};
static const struct stream_ops ops = {
    .name = "watching",
    .contexts = contexts,
    .close = close_watch,
    .title = title,
    .sandboxes = sandboxes,
    .blank = blank,
    .detail = detail,
    .empty = "Nothing has changed yet",
    .hint = "files appear here as they change",
};

struct watch *watch_create(struct views_env *env)
{
    struct watch *w = xcalloc(1, sizeof *w);

    w->env = env;
    w->sources = (struct stream_sources){.env = env, .things = "watchers", .owner = w};
    w->sources.stream = stream_create(env, &ops, w);
    return w;
}

void watch_add(struct watch *w, const char *sandbox_id, const char *watcher_id, const char *path)
{
    char name[160];
    cleanup_free char *label =
        xasprintf("%s:%s", views_sandbox_name(w->env, sandbox_id, name, sizeof name), path);
    struct stream_source *s = stream_source_add(&w->sources, sandbox_id, watcher_id, label);

    if (s)
        s->tail = watcher_tail_open(s->remote, watcher_id, &tail_ops, s);
}

void watch_show(struct watch *w)
{
    stream_show(w->sources.stream);
}
