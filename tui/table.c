/* SPDX-License-Identifier: MIT
 *
 * Rows are entries in a hash by id, which carry what belongs to the row as a person sees it: its
 * mark and its place. table_update.c keeps them in step with the source, in order, and laid out as
 * lines with the headings of groups in between; table_draw.c draws them.
 */
#include "tui/table.h"

#include <string.h>

#include "base/alloc.h"
#include "tui/table_lines.h"

void table_init(struct table *t, const struct table_source *source)
{
    *t = (struct table){.source = *source, .invalid = true};
    t->descending = source->columns[0].descending;
}

void table_entry_free(struct table *t, struct table_entry *entry)
{
    HASH_DEL(t->entries, entry); // NOLINT(clang-analyzer-unix.Malloc): it knows no HASH_DEL
    free(entry->id);
    free(entry->group);
    free(entry);
}

void table_finish(struct table *t)
{
    struct table_entry *entry, *next;

    for (entry = t->entries; entry; entry = next) {
        next = entry->hh.next;
        table_entry_free(t, entry);
    }
    free(t->all);
    free(t->by_row);
    free(t->order);
    free(t->lines);
    *t = (struct table){0};
}

void table_touch(struct table *t, int64_t now_ms)
{
    t->frozen_until_ms = now_ms + TABLE_FREEZE_MS;
}

int64_t table_thaw_at_ms(const struct table *t)
{
    return t->thaw_wanted && !t->held ? t->frozen_until_ms : 0;
}

void table_layout(struct table *t, int rows, int cols)
{
    size_t body = rows > 1 ? (size_t)rows - 1 : 1;

    t->height = rows;
    t->width = cols;
    if (t->selected) {
        size_t line = t->selected->line;
        /* A heading right above the first row of its group is worth a line. */
        size_t from = t->grouped && body > 1 && line && !t->lines[line - 1].entry ? line - 1 : line;

        if (from < t->top)
            t->top = from;
        if (line >= t->top + body)
            t->top = line - body + 1;
    }
    if (t->n_lines <= body)
        t->top = 0;
    else if (t->top > t->n_lines - body)
        t->top = t->n_lines - body;
}

const char *table_selected(const struct table *t)
{
    return t->selected ? t->selected->id : NULL;
}

bool table_select(struct table *t, const char *id)
{
    struct table_entry *entry;

    HASH_FIND_STR(t->entries, id, entry);
    if (!entry || !entry->shown)
        return false;
    t->selected = entry;
    if (t->height)
        table_layout(t, t->height, t->width);
    return true;
}

size_t table_position(const struct table *t)
{
    return t->selected ? t->selected->position + 1 : 0;
}

static void set_mark(struct table *t, struct table_entry *entry, bool marked)
{
    t->n_marked += marked - entry->marked;
    entry->marked = marked;
}

void table_clear_marks(struct table *t)
{
    struct table_entry *entry;

    for (entry = t->entries; entry; entry = entry->hh.next)
        set_mark(t, entry, false);
    t->anchor = NULL;
}

size_t table_targets(const struct table *t, const char ***ids)
{
    struct table_entry *entry;
    size_t n = 0;

    *ids = NULL;
    if (!t->n_marked && !t->selected)
        return 0;
    *ids = xcalloc(t->n_marked ? t->n_marked : 1, sizeof **ids);
    if (!t->n_marked) {
        (*ids)[0] = t->selected->id;
        return 1;
    }
    /* In the order of the screen, then those that the filter hides. */
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->order[i]->marked)
            (*ids)[n++] = t->order[i]->id;
    for (entry = t->entries; entry; entry = entry->hh.next)
        if (entry->marked && !entry->shown)
            (*ids)[n++] = entry->id;
    return n;
}

/* --- actions --- */
static void move_to(struct table *t, size_t position)
{
    if (!t->n_rows)
        return;
    t->selected = t->order[position < t->n_rows ? position : t->n_rows - 1];
}

static void move_by(struct table *t, long by)
{
    long to = (long)table_position(t) - 1 + by;

    move_to(t, to > 0 ? (size_t)to : 0);
}

static long page(const struct table *t)
{
    return t->height > 3 ? t->height - 2 : 1;
}

static void do_down(struct table *t)
{
    move_by(t, 1);
}
static void do_up(struct table *t)
{
    move_by(t, -1);
}
static void do_half_down(struct table *t)
{
    move_by(t, page(t) / 2 + 1);
}
static void do_half_up(struct table *t)
{
    move_by(t, -(page(t) / 2 + 1));
}
static void do_page_down(struct table *t)
{
    move_by(t, page(t));
}
static void do_page_up(struct table *t)
{
    move_by(t, -page(t));
}
static void do_top(struct table *t)
{
    move_to(t, 0);
    t->top = 0;
}
static void do_bottom(struct table *t)
{
    move_to(t, SIZE_MAX);
}
static void sort_by(struct table *t, int step)
{
    int n = t->source.n_columns;

    /* Only columns that can be seen: others would sort by nothing visible. */
    for (int i = 0; i < n; i++) {
        t->sort_column = (t->sort_column + step + n) % n;
        if (t->widths[t->sort_column] > 0 || !t->width)
            break;
    }
    t->descending = t->source.columns[t->sort_column].descending;
    table_invalidate(t);
}
static void do_sort_next(struct table *t)
{
    sort_by(t, 1);
}
static void do_sort_previous(struct table *t)
{
    sort_by(t, -1);
}
static void do_sort_invert(struct table *t)
{
    t->descending = !t->descending;
    table_invalidate(t);
}
static void do_hold(struct table *t)
{
    t->held = !t->held;
    if (!t->held)
        table_invalidate(t);
}
static void do_mark(struct table *t)
{
    if (!t->selected)
        return;
    set_mark(t, t->selected, !t->selected->marked);
    t->anchor = t->selected;
    move_by(t, 1);
}
static void do_mark_range(struct table *t)
{
    if (!t->selected)
        return;
    size_t from = t->selected->position, to = from;

    if (t->anchor && t->anchor->shown)
        to = t->anchor->position;
    for (size_t i = from < to ? from : to; i <= (from < to ? to : from); i++)
        set_mark(t, t->order[i], true);
    t->anchor = t->selected;
}
static void do_mark_all(struct table *t)
{
    for (size_t i = 0; i < t->n_rows; i++)
        set_mark(t, t->order[i], true);
}

static const struct {
    const char *action;
    void (*run)(struct table *t);
} table_actions[] = {
    {"list-down", do_down},
    {"list-up", do_up},
    {"list-half-down", do_half_down},
    {"list-half-up", do_half_up},
    {"list-page-down", do_page_down},
    {"list-page-up", do_page_up},
    {"list-top", do_top},
    {"list-bottom", do_bottom},
    {"list-sort-next", do_sort_next},
    {"list-sort-previous", do_sort_previous},
    {"list-sort-invert", do_sort_invert},
    {"list-hold", do_hold},
    {"list-mark", do_mark},
    {"list-mark-range", do_mark_range},
    {"list-mark-all", do_mark_all},
    {"list-mark-clear", table_clear_marks},
};

bool table_act(struct table *t, const char *action, int64_t now_ms)
{
    for (size_t i = 0; i < ARRAY_LEN(table_actions); i++) {
        if (strcmp(table_actions[i].action, action) != 0)
            continue;
        table_touch(t, now_ms);
        table_actions[i].run(t);
        if (t->invalid)
            table_update(t, t->revision, now_ms);
        else if (t->height)
            table_layout(t, t->height, t->width);
        return true;
    }
    return false;
}

static int click(struct table *t, int row)
{
    size_t line = t->top + (size_t)row - 1;

    if (row < 1 || line >= t->n_lines || !t->lines[line].entry)
        return 0;
    if (t->selected == t->lines[line].entry)
        return 2;
    t->selected = t->lines[line].entry;
    return 1;
}

int table_mouse(struct table *t, struct mouse mouse, int64_t now_ms)
{
    if (mouse.kind == MOUSE_PRESS && mouse.button == MOUSE_LEFT) {
        table_touch(t, now_ms);
        return click(t, mouse.row);
    }
    int by = mouse_wheel(mouse);
    return by ? table_act(t, by > 0 ? "list-down" : "list-up", now_ms) : 0;
}
