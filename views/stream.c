/* SPDX-License-Identifier: MIT */
#include "views/stream.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/dialog.h"
#include "views/editor.h"
#include "views/json_text.h"
#include "views/notice.h"
#include "views/pipe.h"

struct stream {
    struct views_env *env;
    struct view *view;
    const struct stream_ops *ops;
    void *user; /* owned through ops->close */
    struct tail tail;
    char sign[256];
    enum role sign_role;
    struct view_ops view_ops; /* named after the stream */
};

static void close_view(struct view *v)
{
    struct stream *s = v->data;

    if (s->ops->close)
        s->ops->close(s->user);
    tail_finish(&s->tail);
    free(s);
}

static void draw(struct view *v, struct canvas c)
{
    struct stream *s = v->data;
    const struct theme *theme = tui_theme(v->tui);
    int top = s->sign[0] && c.rows > 1;
    struct canvas rest = canvas_sub(c, (struct rect){top, 0, c.rows - top, c.cols});
    const char *parts[] = {s->sign};

    if (top)
        notice_parts(c, 0, theme->styles[s->sign_role], parts, 1);
    tail_draw(&s->tail, rest, theme);
    if (s->tail.n || s->tail.prompting || (s->ops->blank && s->ops->blank(s->user, v, rest)))
        return;
    if (s->ops->empty)
        notice_empty(rest, theme, s->ops->empty, s->ops->hint ? s->ops->hint : "");
}

/* --- actions --- */

static enum view_result copy(struct stream *s)
{
    cleanup_buf struct buf text = {0};

    tail_selected(&s->tail, &text);
    if (!text.len)
        return VIEW_HANDLED;
    text.data[text.len - 1] = '\0'; /* the last line's end */
    views_copy(s->env, s->tail.selecting ? "the lines" : "the line", text.data);
    s->tail.selecting = false;
    return VIEW_HANDLED;
}

static enum view_result detail(struct stream *s)
{
    const struct tail_line *line = tail_current(&s->tail);
    cleanup_buf struct buf text = {0};
    char iso[CLOCK_ISO_SIZE], title[256];

    if (!line)
        return VIEW_HANDLED;
    const char *at = strpbrk(line->text, "{[");
    cJSON *json = at ? cJSON_ParseWithOpts(at, NULL, true) : NULL;
    if (s->ops->detail) {
        s->ops->detail(s->user, line, &text);
    } else if (json) { /* it ends the line */
        buf_append(&text, line->text, (size_t)(at - line->text));
        buf_append_str(&text, at > line->text ? "\n" : "");
        json_text_pretty(&text, json);
    } else {
        buf_append(&text, line->text, line->n);
    }
    cJSON_Delete(json);
    buf_append_char(&text, '\0');
    snprintf(title, sizeof title, "%s  %s", s->tail.sources[line->source],
             clock_format_iso(iso, line->time_ms));
    text_dialog_open(s->env, title, text.data);
    return VIEW_HANDLED;
}

/* The view may be another by then. */
static void on_chosen(struct views_env *env, void *user, const char *value)
{
    struct stream *s = stream_of_view(tui_focused(env->tui));

    if (s && s->view == user && s->ops->add && strncmp(value, "sandbox:", 8) == 0)
        s->ops->add(s->user, value + 8);
}

static enum view_result add_source(struct stream *s)
{
    if (s->ops->add)
        sandbox_choice_open(s->env, "Follow another sandbox, too", "follow", on_chosen, s->view,
                            NULL);
    else
        tui_toast(s->env->tui, ROLE_WARN, "Mark several in the list instead");
    return VIEW_HANDLED;
}

static enum view_result in_editor(struct stream *s)
{
    cleanup_buf struct buf text = {0};

    tail_text(&s->tail, &text);
    if (!text.len) {
        tui_toast(s->env->tui, ROLE_WARN, "There are no lines to open");
        return VIEW_HANDLED;
    }
    cleanup_free char *name = xasprintf("%s.log", s->ops->name);
    editor_open_copy(s->env, name, text.data, text.len);
    return VIEW_HANDLED;
}

/* Those selected, or all that are kept. */
static enum view_result pipe_lines(struct stream *s)
{
    cleanup_buf struct buf text = {0};

    if (s->tail.selecting)
        tail_selected(&s->tail, &text);
    else
        tail_text(&s->tail, &text);
    if (text.len)
        pipe_form_open(s->env, &text);
    else
        tui_toast(s->env->tui, ROLE_WARN, "There are no lines to pipe");
    return VIEW_HANDLED;
}

static enum view_result act(struct view *v, const char *action)
{
    struct stream *s = v->data;
    enum view_result result = s->ops->act ? s->ops->act(s->user, action) : VIEW_IGNORED;

    if (result != VIEW_IGNORED)
        return result;
    if (strcmp(action, "tail-copy") == 0)
        return copy(s);
    if (strcmp(action, "tail-edit") == 0)
        return in_editor(s);
    if (strcmp(action, "tail-pipe") == 0)
        return pipe_lines(s);
    if (strcmp(action, "tail-detail") == 0)
        return detail(s);
    if (strcmp(action, "tail-add") == 0)
        return add_source(s);
    return tail_act(&s->tail, action);
}

static enum view_result on_key(struct view *v, struct key key)
{
    return tail_key(&((struct stream *)v->data)->tail, key);
}

static enum view_result on_paste(struct view *v, const char *text, size_t n)
{
    return tail_paste(&((struct stream *)v->data)->tail, text, n);
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    return tail_mouse(&((struct stream *)v->data)->tail, mouse);
}

static bool grabs_keys(struct view *v)
{
    return tail_grabs_keys(&((struct stream *)v->data)->tail);
}

static struct view_cursor cursor(struct view *v)
{
    return tail_cursor(&((struct stream *)v->data)->tail, v->rows);
}

static void title(struct view *v, struct buf *out)
{
    struct stream *s = v->data;

    buf_append_str(out, s->ops->name);
    if (s->ops->title)
        s->ops->title(s->user, out);
    tail_title(&s->tail, out);
}

static void hints(struct view *v, struct buf *out)
{
    const struct stream *s = v->data;

    if (s->tail.prompting) {
        buf_append_str(out, "Enter keep  Esc clear");
        return;
    }
    if (s->tail.paused)
        notice_hint(v, out, "motion", "list-bottom", "follow");
    notice_hint(v, out, "global", "help", "help");
    for (const char *const *h = s->ops->hints; h && *h; h += 2)
        notice_hint(v, out, s->ops->contexts[0], h[0], h[1]);
    notice_hint(v, out, "tail", "tail-search", "search");
    notice_hint(v, out, "tail", "tail-keep", "only");
}

struct stream *stream_create(struct views_env *env, const struct stream_ops *ops, void *user)
{
    struct stream *s = xcalloc(1, sizeof *s);

    s->env = env;
    s->ops = ops;
    s->user = user;
    s->view_ops = (struct view_ops){
        .name = ops->name,
        .contexts = ops->contexts,
        .close = close_view,
        .draw = draw,
        .act = act,
        .key = on_key,
        .paste = on_paste,
        .mouse = on_mouse,
        .title = title,
        .hints = hints,
        .cursor = cursor,
        .grabs_keys = grabs_keys,
    };
    tail_init(&s->tail);
    s->view = view_create(env->tui, &s->view_ops, s);
    return s;
}

void stream_show(struct stream *s)
{
    tui_show(s->env->tui, s->view);
}

struct stream *stream_of_view(struct view *v)
{
    return v && v->ops->act == act ? v->data : NULL;
}

void *stream_user(const struct stream *s)
{
    return s->user;
}

size_t stream_sandboxes(const struct stream *s, const char **ids, size_t cap)
{
    return s->ops->sandboxes ? s->ops->sandboxes(s->user, ids, cap) : 0;
}

struct tail *stream_tail(struct stream *s)
{
    return &s->tail;
}

struct view *stream_view(struct stream *s)
{
    return s->view;
}

void stream_changed(struct stream *s)
{
    view_damage(s->view);
}

void stream_line(struct stream *s, uint16_t source, const char *text, size_t n)
{
    tail_add(&s->tail, source, clock_wall_ms(), text, n);
    view_damage(s->view);
}

void stream_remark(struct stream *s, uint16_t source, const char *text)
{
    cleanup_free char *line = xasprintf("\xe2\x80\x94 %s \xe2\x80\x94", text);

    stream_line(s, source, line, strlen(line));
}

void stream_sign(struct stream *s, enum role role, const char *text)
{
    s->sign_role = role;
    text_sanitise(s->sign, sizeof s->sign, text ? text : "", text ? strlen(text) : 0);
    view_damage(s->view);
}
