/* SPDX-License-Identifier: MIT
 *
 * The lines of a tail, and moving in them.
 */
#include "tui/tail.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/tail_internal.h"

#define MERGE_MAX 2000 /* lines a late one may go back */
#define LEFT_STEP 8
#define WHEEL     3

void tail_init(struct tail *t)
{
    *t = (struct tail){.cap_bytes = TAIL_BYTES_DEFAULT, .wrap = true};
}

void tail_clear(struct tail *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->ring[(t->head + i) % t->cap]);
    t->first += t->n;
    t->n = t->head = t->bytes = 0;
    t->n_dropped = t->n_new = 0;
    t->paused = t->selecting = false;
}

void tail_finish(struct tail *t)
{
    tail_clear(t);
    free(steal_pointer(&t->ring));
    t->cap = 0;
    for (size_t i = 0; i < t->n_sources; i++)
        free(t->sources[i]);
    t->n_sources = 0;
    filter_finish(&t->keep);
    filter_finish(&t->search);
    prompt_finish(&t->prompt);
    prompt_history_finish(&t->search_history);
    prompt_history_finish(&t->keep_history);
}

uint16_t tail_source(struct tail *t, const char *name)
{
    char clean[128];

    text_sanitise(clean, sizeof clean, name, strlen(name));
    for (size_t i = 0; i < t->n_sources; i++)
        if (strcmp(t->sources[i], clean) == 0)
            return (uint16_t)i;
    if (t->n_sources == TAIL_SOURCES_MAX)
        return TAIL_SOURCES_MAX - 1;
    t->sources[t->n_sources] = xstrdup(clean);
    return (uint16_t)t->n_sources++;
}

/* --- the ring --- */

struct tail_line *tail_at(const struct tail *t, uint64_t number)
{
    return t->ring[(t->head + (size_t)(number - t->first)) % t->cap];
}

static void set_at(struct tail *t, size_t i, struct tail_line *line)
{
    t->ring[(t->head + i) % t->cap] = line;
}

static uint64_t end_of(const struct tail *t)
{
    return t->first + t->n;
}

static void grow(struct tail *t)
{
    size_t cap = t->cap ? t->cap * 2 : 256;
    struct tail_line **ring = xreallocarray(NULL, cap, sizeof(struct tail_line *));

    for (size_t i = 0; i < t->n; i++)
        ring[i] = t->ring[(t->head + i) % t->cap];
    free(t->ring);
    t->ring = ring;
    t->cap = cap;
    t->head = 0;
}

static size_t size_of(const struct tail_line *line)
{
    return sizeof *line + line->n + 1;
}

static void drop_oldest(struct tail *t)
{
    struct tail_line *line = t->ring[t->head];

    t->bytes -= size_of(line);
    free(line);
    t->head = (t->head + 1) % t->cap;
    t->n--;
    t->first++;
    t->n_dropped++;
    t->top = t->top < t->first ? t->first : t->top;
    t->cursor = t->cursor < t->first ? t->first : t->cursor;
    t->anchor = t->anchor < t->first ? t->first : t->anchor;
}

static bool passes(const struct tail *t, const struct tail_line *line)
{
    return !filter_active(&t->keep) || filter_match(&t->keep, line->text, NULL, NULL);
}

static struct tail_line *make_line(const struct tail *t, uint16_t source, int64_t time_ms,
                                   const char *text, size_t n)
{
    cleanup_buf struct buf clean = {0};

    tail_clean(&clean, text, n);
    struct tail_line *line = xmalloc(sizeof *line + clean.len + 1);
    *line = (struct tail_line){.time_ms = time_ms, .source = source, .n = (uint32_t)clean.len};
    memcpy(line->text, clean.data ? clean.data : "", clean.len);
    line->text[clean.len] = '\0';
    line->level = (uint8_t)tail_level_of(line->text);
    line->kept = passes(t, line);
    return line;
}

void tail_add(struct tail *t, uint16_t source, int64_t time_ms, const char *text, size_t n)
{
    struct tail_line *line = make_line(t, source, time_ms, text, n);
    size_t at;

    while (t->n && (t->n == TAIL_LINES_MAX || t->bytes + size_of(line) > t->cap_bytes))
        drop_oldest(t);
    if (t->n == t->cap)
        grow(t);
    at = t->n++;
    for (size_t back = 0; at > 0 && back < MERGE_MAX; back++, at--) {
        struct tail_line *before = t->ring[(t->head + at - 1) % t->cap];

        if (before->time_ms <= time_ms)
            break;
        set_at(t, at, before);
    }
    set_at(t, at, line);
    t->bytes += size_of(line);
    if (!t->paused)
        return;
    uint64_t number = t->first + at;
    t->top += t->top >= number;
    t->cursor += t->cursor >= number;
    t->anchor += t->anchor >= number;
    t->n_new += line->kept;
}

uint64_t tail_kept(const struct tail *t, uint64_t number, int step)
{
    for (; number >= t->first && number < end_of(t); number += (uint64_t)(int64_t)step)
        if (tail_at(t, number)->kept)
            return number;
    return UINT64_MAX;
}

/* --- moving --- */

static void follow(struct tail *t)
{
    t->paused = t->selecting = false;
    t->n_new = 0;
}

static void pause_here(struct tail *t)
{
    if (t->paused || !t->n)
        return;
    uint64_t last = tail_kept(t, end_of(t) - 1, -1);
    if (last == UINT64_MAX)
        return;
    t->paused = true;
    t->cursor = t->anchor = last;
    t->top = UINT64_MAX; /* the cursor at the bottom, where it was */
    t->n_new = 0;
    if (t->height > 0)
        tail_reveal(t);
}

/* By n kept lines; past the last one it follows again, unless something is being selected. */
static void move(struct tail *t, int64_t n)
{
    if (!t->paused && n >= 0)
        return;
    pause_here(t);
    if (!t->paused)
        return;
    int step = n < 0 ? -1 : 1;
    for (; n; n -= step) {
        uint64_t next = tail_kept(t, t->cursor + (uint64_t)(int64_t)step, step);

        if (next == UINT64_MAX) {
            if (step > 0 && !t->selecting)
                follow(t);
            return;
        }
        t->cursor = next;
    }
}

static void to_top(struct tail *t)
{
    uint64_t first = t->n ? tail_kept(t, t->first, 1) : UINT64_MAX;

    pause_here(t);
    if (t->paused && first != UINT64_MAX)
        t->cursor = first;
}

static void to_bottom(struct tail *t)
{
    if (t->selecting)
        t->cursor = tail_kept(t, end_of(t) - 1, -1);
    else
        follow(t);
}

static bool is_error(const struct tail *t, const struct tail_line *line)
{
    return line->level == TAIL_ERROR;
}

static bool is_hit(const struct tail *t, const struct tail_line *line)
{
    return filter_match(&t->search, line->text, NULL, NULL);
}

/* To the next line in a direction that it holds for; false when there is none. */
static bool seek(struct tail *t, int step,
                 bool (*holds)(const struct tail *t, const struct tail_line *line))
{
    bool was_paused = t->paused;

    pause_here(t);
    if (!t->paused)
        return false;
    /* While it follows, its last line has not been looked at yet. */
    uint64_t at = was_paused || step > 0 ? t->cursor + (uint64_t)(int64_t)step : t->cursor;
    for (; (at = tail_kept(t, at, step)) != UINT64_MAX; at += (uint64_t)(int64_t)step) {
        if (holds(t, tail_at(t, at))) {
            t->cursor = at;
            return true;
        }
    }
    if (!was_paused)
        follow(t);
    return false;
}

/* --- filter and search --- */

static void apply_keep(struct tail *t)
{
    filter_set(&t->keep, prompt_text(&t->prompt));
    for (size_t i = 0; i < t->n; i++) {
        struct tail_line *line = t->ring[(t->head + i) % t->cap];

        line->kept = passes(t, line);
    }
    if (!t->paused)
        return;
    uint64_t near = tail_kept(t, t->cursor, -1);
    near = near == UINT64_MAX ? tail_kept(t, t->cursor, 1) : near;
    if (near == UINT64_MAX)
        follow(t);
    else
        t->cursor = near;
}

void tail_set_keep(struct tail *t, const char *text)
{
    prompt_set(&t->prompt, text);
    apply_keep(t);
}

static void apply(struct tail *t)
{
    if (t->prompting == TAIL_KEEP)
        apply_keep(t);
    else
        filter_set(&t->search, prompt_text(&t->prompt));
}

static void begin_prompt(struct tail *t, enum tail_prompt prompting)
{
    t->prompting = prompting;
    t->prompt.history = prompting == TAIL_KEEP ? &t->keep_history : &t->search_history;
    prompt_set(&t->prompt, prompting == TAIL_KEEP ? t->keep.text : "");
}

static void end_prompt(struct tail *t, bool keep)
{
    enum tail_prompt prompting = t->prompting;

    if (!keep) {
        prompt_set(&t->prompt, "");
        apply(t);
    } else {
        prompt_history_add(t->prompt.history, prompt_text(&t->prompt));
    }
    t->prompting = TAIL_NO_PROMPT;
    if (keep && prompting == TAIL_SEARCH && filter_active(&t->search))
        seek(t, -1, is_hit);
}

static enum view_result prompt_answer(struct tail *t, enum prompt_result result)
{
    if (result == PROMPT_CHANGED)
        apply(t);
    else if (result == PROMPT_CANCEL)
        end_prompt(t, false);
    else if (result == PROMPT_ACCEPT && !(t->prompting == TAIL_KEEP ? t->keep : t->search).error[0])
        end_prompt(t, true);
    return VIEW_HANDLED;
}

bool tail_grabs_keys(const struct tail *t)
{
    return t->prompting != TAIL_NO_PROMPT;
}

enum view_result tail_key(struct tail *t, struct key key)
{
    return t->prompting ? prompt_answer(t, prompt_key(&t->prompt, key)) : VIEW_IGNORED;
}

enum view_result tail_paste(struct tail *t, const char *text, size_t n)
{
    return t->prompting ? prompt_answer(t, prompt_paste(&t->prompt, text, n)) : VIEW_IGNORED;
}

enum view_result tail_mouse(struct tail *t, struct mouse mouse)
{
    int by = mouse_wheel(mouse);

    if (!by)
        return VIEW_IGNORED;
    move(t, by * WHEEL);
    return VIEW_HANDLED;
}

/* --- actions --- */

static enum view_result escape(struct tail *t)
{
    if (t->selecting) {
        t->selecting = false;
    } else if (filter_active(&t->search)) {
        filter_set(&t->search, "");
    } else if (filter_active(&t->keep)) {
        prompt_set(&t->prompt, "");
        apply_keep(t);
    } else if (t->paused) {
        follow(t);
    } else {
        return VIEW_IGNORED;
    }
    return VIEW_HANDLED;
}

static void toggle_select(struct tail *t)
{
    pause_here(t);
    t->selecting = t->paused && !t->selecting;
    t->anchor = t->cursor;
}

static bool motion(struct tail *t, const char *action)
{
    const int page = t->height > 1 ? t->height - 1 : 1;
    const struct {
        const char *action;
        int64_t by;
    } motions[] = {
        {"list-down", 1},
        {"list-up", -1},
        {"list-half-down", page / 2 + 1},
        {"list-half-up", -(page / 2 + 1)},
        {"list-page-down", page},
        {"list-page-up", -page},
    };

    for (size_t i = 0; i < ARRAY_LEN(motions); i++) {
        if (strcmp(motions[i].action, action) == 0) {
            move(t, motions[i].by);
            return true;
        }
    }
    return false;
}

enum view_result tail_act(struct tail *t, const char *action)
{
    if (motion(t, action))
        return VIEW_HANDLED;
    if (strcmp(action, "escape") == 0)
        return escape(t);
    if (strcmp(action, "list-top") == 0)
        to_top(t);
    else if (strcmp(action, "list-bottom") == 0)
        to_bottom(t);
    else if (strcmp(action, "tail-search") == 0)
        begin_prompt(t, TAIL_SEARCH);
    else if (strcmp(action, "tail-keep") == 0)
        begin_prompt(t, TAIL_KEEP);
    else if (strcmp(action, "tail-next") == 0)
        seek(t, 1, is_hit);
    else if (strcmp(action, "tail-previous") == 0)
        seek(t, -1, is_hit);
    else if (strcmp(action, "tail-next-error") == 0)
        seek(t, 1, is_error);
    else if (strcmp(action, "tail-previous-error") == 0)
        seek(t, -1, is_error);
    else if (strcmp(action, "tail-wrap") == 0)
        t->wrap = !t->wrap;
    else if (strcmp(action, "tail-times") == 0)
        t->times = !t->times;
    else if (strcmp(action, "tail-pretty") == 0)
        t->pretty = !t->pretty;
    else if (strcmp(action, "tail-select") == 0)
        toggle_select(t);
    else if (strcmp(action, "tail-right") == 0)
        t->left += LEFT_STEP;
    else if (strcmp(action, "tail-left") == 0)
        t->left = t->left > LEFT_STEP ? t->left - LEFT_STEP : 0;
    else if (strcmp(action, "tail-clear") == 0)
        tail_clear(t);
    else
        return VIEW_IGNORED;
    return VIEW_HANDLED;
}

/* --- taking out --- */

const struct tail_line *tail_current(const struct tail *t)
{
    uint64_t at = !t->n ? UINT64_MAX : t->paused ? t->cursor : tail_kept(t, end_of(t) - 1, -1);

    return at == UINT64_MAX ? NULL : tail_at(t, at);
}

static void append_lines(const struct tail *t, uint64_t from, uint64_t to, struct buf *out)
{
    for (; (from = tail_kept(t, from, 1)) != UINT64_MAX && from <= to; from++) {
        tail_shown(t, tail_at(t, from), out);
        buf_append_char(out, '\n');
    }
}

void tail_selected(const struct tail *t, struct buf *out)
{
    if (!t->n)
        return;
    uint64_t at = t->paused ? t->cursor : tail_kept(t, end_of(t) - 1, -1);
    if (at == UINT64_MAX)
        return;
    uint64_t other = t->selecting ? t->anchor : at;
    append_lines(t, at < other ? at : other, at < other ? other : at, out);
}

void tail_text(const struct tail *t, struct buf *out)
{
    if (t->n)
        append_lines(t, t->first, end_of(t) - 1, out);
}

void tail_title(const struct tail *t, struct buf *out)
{
    buf_printf(out, " %zu line%s", t->n, t->n == 1 ? "" : "s");
    if (t->n_dropped)
        buf_printf(out, " (%llu older dropped)", (unsigned long long)t->n_dropped);
    if (t->selecting)
        buf_append_str(out, " selecting");
    if (t->paused)
        buf_printf(out, " \xe2\x80\x96 +%llu new", (unsigned long long)t->n_new);
}
