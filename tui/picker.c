/* SPDX-License-Identifier: MIT
 *
 * Items keep the order in which they were added until something is typed; then the best fuzzy match
 * comes first. Small: the choices a person looks through, not the rows of a list.
 */
#include "tui/picker.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/filter.h"

#define PICKER_COLS      72
#define PICKER_MOST_COLS 100
#define PICKER_MARGIN    16 /* columns left beside a wider one */

void picker_init(struct picker *p, const char *title, const char *verb)
{
    *p = (struct picker){.title = xstrdup(title), .verb = verb, .page = 10};
}

void picker_clear(struct picker *p)
{
    for (size_t i = 0; i < p->n_items; i++) {
        struct picker_item *item = &p->items[i];

        free(item->label);
        free(item->keys);
        free(item->detail);
        free(item->group);
        free(item->value);
    }
    p->n_items = p->n_shown = p->selected = 0;
}

void picker_finish(struct picker *p)
{
    picker_clear(p);
    free(p->items);
    free(p->order);
    free(p->title);
    prompt_finish(&p->prompt);
    *p = (struct picker){0};
}

static int by_score(const void *pa, const void *pb, void *user)
{
    const struct picker_item *items = user;
    size_t a = *(const size_t *)pa, b = *(const size_t *)pb;

    if (items[a].score != items[b].score)
        return items[a].score > items[b].score ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void search(struct picker *p)
{
    const char *typed = prompt_text(&p->prompt);

    p->n_shown = 0;
    for (size_t i = 0; i < p->n_items; i++) {
        struct picker_item *item = &p->items[i];
        int label = fuzzy_score(typed, item->label, false);
        int value = fuzzy_score(typed, item->value, false);
        /* "D" finds what D does; a whole key is meant more than a letter in a sentence. */
        int key = *typed && strcmp(typed, item->keys) == 0 ? 1000 : -1;

        item->score = label > value ? label : value;
        item->score = key > item->score ? key : item->score;
        if (item->score >= 0)
            p->order[p->n_shown++] = i;
    }
    if (*typed)
        qsort_r(p->order, p->n_shown, sizeof *p->order, by_score, p->items);
    p->selected = p->top = 0;
}

void picker_add(struct picker *p, const char *group, const char *label, const char *keys,
                const char *detail, const char *value)
{
    if (p->n_items == p->cap_items) {
        p->cap_items = p->cap_items ? p->cap_items * 2 : 32;
        p->items = xreallocarray(p->items, p->cap_items, sizeof *p->items);
        p->order = xreallocarray(p->order, p->cap_items, sizeof *p->order);
    }
    p->items[p->n_items++] = (struct picker_item){
        .group = xstrdup(group ? group : ""),
        .label = xstrdup(label ? label : ""),
        .keys = xstrdup(keys ? keys : ""),
        .detail = xstrdup(detail ? detail : ""),
        .value = xstrdup(value ? value : ""),
    };
    if (*prompt_text(&p->prompt))
        search(p);
    else
        p->order[p->n_shown++] = p->n_items - 1;
}

void picker_select(struct picker *p, const char *value)
{
    for (size_t i = 0; i < p->n_shown; i++)
        if (strcmp(p->items[p->order[i]].value, value) == 0)
            p->selected = i;
}

const char *picker_value(const struct picker *p)
{
    return p->n_shown ? p->items[p->order[p->selected]].value : NULL;
}

static enum picker_result select_by(struct picker *p, long by)
{
    long to = (long)p->selected + by, last = (long)p->n_shown - 1;

    to = to > last ? last : to;
    p->selected = to > 0 ? (size_t)to : 0;
    return PICKER_HANDLED;
}

enum picker_result picker_key(struct picker *p, struct key key)
{
    static const struct {
        struct key key;
        int by; /* a page counts 1000 */
    } motions[] = {
        {{KEY_DOWN}, 1},        {{KEY_UP}, -1}, {{'n', MOD_CTRL}, 1},       {{'p', MOD_CTRL}, -1},
        {{'j', MOD_CTRL}, 1},   {{KEY_TAB}, 1}, {{KEY_TAB, MOD_SHIFT}, -1}, {{KEY_PAGE_DOWN}, 1000},
        {{KEY_PAGE_UP}, -1000},
    };

    for (size_t i = 0; i < ARRAY_LEN(motions); i++)
        if (key_equal(motions[i].key, key))
            return select_by(p, motions[i].by == 1000    ? p->page
                                : motions[i].by == -1000 ? -p->page
                                                         : motions[i].by);
    switch (prompt_key(&p->prompt, key)) {
    case PROMPT_ACCEPT:
        return p->n_shown ? PICKER_ACCEPT : PICKER_HANDLED;
    case PROMPT_CANCEL:
        return PICKER_CANCEL;
    case PROMPT_CHANGED:
        search(p);
        return PICKER_HANDLED;
    case PROMPT_MOVED:
        return PICKER_HANDLED;
    default:
        return PICKER_IGNORED;
    }
}

enum picker_result picker_paste(struct picker *p, const char *text, size_t n)
{
    prompt_paste(&p->prompt, text, n);
    search(p);
    return PICKER_HANDLED;
}

enum picker_result picker_mouse(struct picker *p, struct mouse mouse)
{
    int by = mouse_wheel(mouse);

    return by ? select_by(p, by) : PICKER_IGNORED;
}

static int key_width(const struct picker *p)
{
    int w = 0;

    for (size_t i = 0; i < p->n_items; i++) {
        int one = text_width(p->items[i].keys);

        w = one > w ? one : w;
    }
    return w < 18 ? w : 18;
}

/* Keys, label and detail of the widest item, with the frame and the gaps between them. */
static int widest_item(const struct picker *p)
{
    int keys_w = key_width(p), w = 0;

    for (size_t i = 0; i < p->n_items; i++) {
        int one = text_width(p->items[i].label) + text_width(p->items[i].detail);

        w = one > w ? one : w;
    }
    return w + keys_w + 10;
}

struct rect picker_place(const struct picker *p, int rows, int cols)
{
    int wanted = widest_item(p), spared = cols - PICKER_MARGIN;
    struct rect r = {.y = -1, .x = -1, .h = (int)p->n_items + 4};

    wanted = wanted < spared ? wanted : spared;
    wanted = wanted < PICKER_MOST_COLS ? wanted : PICKER_MOST_COLS;
    wanted = wanted > PICKER_COLS ? wanted : PICKER_COLS;
    r.w = wanted < cols ? wanted : cols;
    int headings = 0;

    for (size_t i = 0; i < p->n_items; i++)
        headings +=
            *p->items[i].group && (i == 0 || strcmp(p->items[i - 1].group, p->items[i].group) != 0);
    r.h += headings;
    if (rows > 16 && r.h > rows - 4)
        r.h = rows - 4;
    r.h = r.h < rows ? r.h : rows;
    return r;
}

/* --- drawing --- */
static bool heading_above(const struct picker *p, size_t i)
{
    const char *group = p->items[p->order[i]].group;

    if (*prompt_text(&p->prompt) || !*group)
        return false;
    return i == 0 || strcmp(p->items[p->order[i - 1]].group, group) != 0;
}

/* Lines from item `from` to item `to`, both included. */
static int lines_between(const struct picker *p, size_t from, size_t to)
{
    int n = 0;

    for (size_t i = from; i <= to; i++)
        n += 1 + heading_above(p, i);
    return n;
}

static void scroll(struct picker *p, int rows)
{
    if (p->selected < p->top)
        p->top = p->selected;
    while (p->top < p->selected && lines_between(p, p->top, p->selected) > rows)
        p->top++;
    while (p->top > 0 && lines_between(p, p->top - 1, p->n_shown - 1) <= rows)
        p->top--;
}

static void draw_item(const struct picker *p, struct canvas c, int y, size_t i, int keys_w,
                      const struct theme *theme)
{
    const struct picker_item *item = &p->items[p->order[i]];
    int x = 2, right = c.cols;
    int detail_w = text_width(item->detail);

    if (keys_w && p->keys_first && c.cols >= keys_w + 12) {
        canvas_label(c, y, x, keys_w, theme->styles[ROLE_KEY], item->keys);
        x += keys_w + 2;
    } else if (keys_w && !p->keys_first && c.cols >= keys_w + 20) {
        int w = text_width(item->keys);

        right -= keys_w;
        canvas_label(c, y, w < keys_w ? right + keys_w - w : right, w < keys_w ? w : keys_w,
                     theme->styles[ROLE_KEY], item->keys);
        right -= 2;
    }
    int label_w = text_width(item->label);
    if (detail_w && x + label_w + 2 + detail_w <= right)
        canvas_text(c, y, right - detail_w, detail_w, theme->styles[ROLE_DIM], item->detail);
    canvas_label(c, y, x, label_w < right - x ? label_w : right - x, theme->styles[ROLE_DIALOG],
                 item->label);
    if (i == p->selected) {
        canvas_text(c, y, 0, 1, theme->styles[ROLE_SELECTED], "\xe2\x96\xb8");
        canvas_restyle(c, (struct rect){y, 0, 1, c.cols}, theme->styles[ROLE_SELECTED]);
    }
}

static void draw_items(struct picker *p, struct canvas c, const struct theme *theme)
{
    int keys_w = key_width(p), y = 0;

    if (!p->n_shown) {
        canvas_label(c, 0, 2, c.cols - 2, theme->styles[ROLE_DIM], "Nothing like that here");
        return;
    }
    scroll(p, c.rows);
    for (size_t i = p->top; i < p->n_shown && y < c.rows; i++) {
        if (heading_above(p, i) && (c.rows > 2 || i != p->selected))
            canvas_label(c, y++, 0, c.cols, theme->styles[ROLE_TITLE], p->items[p->order[i]].group);
        if (y < c.rows)
            draw_item(p, c, y++, i, keys_w, theme);
    }
}

void picker_draw(struct picker *p, struct canvas c, const struct theme *theme)
{
    bool framed = c.rows >= 5 && c.cols >= 16;
    struct rect whole = {0, 0, c.rows, c.cols};
    struct canvas in = c;
    char position[48];

    canvas_fill(c, whole, theme->styles[ROLE_DIALOG]);
    if (framed) {
        canvas_frame(c, whole, theme->styles[ROLE_BORDER_FOCUS], p->title);
        in = canvas_sub(c, (struct rect){1, 2, c.rows - 2, c.cols - 4});
        snprintf(position, sizeof position, " %zu/%zu  Enter %s ", p->n_shown ? p->selected + 1 : 0,
                 p->n_shown, p->verb);
        if (text_width(position) < c.cols - 4)
            canvas_text(c, c.rows - 1, c.cols - 2 - text_width(position), -1,
                        theme->styles[ROLE_DIM], position);
    }
    canvas_text(in, 0, 0, 1, theme->styles[ROLE_KEY], ":");
    int at = prompt_draw(&p->prompt, in, 0, 2, in.cols - 2, theme->styles[ROLE_INPUT]);
    p->cursor = (struct view_cursor){true, framed, at + (framed ? 2 : 0), 2};
    p->page = in.rows > 2 ? in.rows - 2 : 1;
    draw_items(p, canvas_sub(in, (struct rect){1, 0, in.rows - 1, in.cols}), theme);
}
