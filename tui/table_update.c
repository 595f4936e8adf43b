/* SPDX-License-Identifier: MIT
 *
 * How a table follows its source.
 *
 * `all` holds every row in order, whether the filter shows it or not; `order` and `lines` are what
 * is shown of it. A source that can say what changed is asked only about that: a row that still
 * stands right between its neighbours costs two comparisons, others are taken out and put back by
 * binary search. Any other source is walked as a whole. While the order rests, rows that should
 * move are only noted as astray.
 */
#include <string.h>

#include "base/alloc.h"
#include "tui/table.h"
#include "tui/table_lines.h"

/* One table_update under way. */
struct round {
    struct table *t;
    struct table_entry **changed; /* owned */
    size_t n, cap;
    bool rest;    /* nothing moves */
    bool has_new; /* or rows of another group: among the changed */
    bool has_gone;
    bool relist; /* what is shown, or where, is other than before */
};

/* --- what the source says --- */

static struct table_entry *entry_get(struct round *r, const char *id)
{
    struct table *t = r->t;
    struct table_entry *entry;

    HASH_FIND_STR(t->entries, id, entry);
    if (entry)
        return entry;
    entry = xcalloc(1, sizeof *entry);
    entry->id = xstrdup(id);
    entry->is_new = true;
    entry->place = SIZE_MAX;
    HASH_ADD_KEYPTR(hh, t->entries, entry->id, strlen(entry->id), entry);
    r->has_new = r->relist = true;
    return entry;
}

static void set_group(struct round *r, struct table_entry *entry)
{
    const struct table *t = r->t;
    const char *group =
        t->grouped && t->source.group ? t->source.group(t->source.user, entry->row) : "";

    if (entry->group && strcmp(entry->group, group) == 0)
        return;
    free(entry->group);
    entry->group = xstrdup(group);
    entry->is_new = true;
    r->has_new = r->relist = true;
}

static void set_shown(struct round *r, struct table_entry *entry)
{
    const struct table_source *s = &r->t->source;
    bool shown = !s->shown || s->shown(s->user, entry->row);

    r->relist |= shown != entry->shown;
    entry->shown = shown;
}

/* Where the entry of a row number is kept. */
static struct table_entry **entry_at(struct table *t, size_t row)
{
    if (row >= t->n_by_row) {
        size_t n = row < 64 ? 64 : row * 2;

        t->by_row = xreallocarray(t->by_row, n, sizeof(struct table_entry *));
        memset(t->by_row + t->n_by_row, 0, (n - t->n_by_row) * sizeof(struct table_entry *));
        t->n_by_row = n;
    }
    return &t->by_row[row];
}

static void forget_number(struct table *t, const struct table_entry *entry)
{
    if (entry->row < t->n_by_row && t->by_row[entry->row] == entry)
        t->by_row[entry->row] = NULL;
}

static void set_gone(struct round *r, struct table_entry *entry)
{
    entry->gone = true;
    r->has_gone = r->relist = true;
}

static struct table_entry *take_row(struct round *r, size_t row)
{
    struct table *t = r->t;
    const char *id = t->source.id(t->source.user, row);
    struct table_entry **known = t->source.changes ? entry_at(t, row) : NULL;
    struct table_entry *entry = known ? *known : NULL;

    if (entry && (!id || strcmp(entry->id, id) != 0)) {
        /* The number may have been taken over while its row moved to another. */
        if (entry->row == row)
            set_gone(r, entry);
        *known = entry = NULL;
    }
    if (!id)
        return NULL;
    if (!entry)
        entry = entry_get(r, id);
    if (known && entry->row != row)
        forget_number(t, entry);
    if (known)
        *known = entry;
    entry->row = row;
    entry->gone = false;
    entry->generation = t->generation;
    set_shown(r, entry);
    set_group(r, entry);
    return entry;
}

static void note(struct round *r, struct table_entry *entry)
{
    if (entry->noted)
        return;
    entry->noted = true;
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 16;
        r->changed = xreallocarray(r->changed, r->cap, sizeof(struct table_entry *));
    }
    r->changed[r->n++] = entry;
}

static void on_change(void *user, size_t row)
{
    struct table_entry *entry = take_row(user, row);

    if (entry)
        note(user, entry);
}

static void append(struct table *t, struct table_entry *entry)
{
    if (t->n_entries == t->cap_entries) {
        t->cap_entries = t->cap_entries ? t->cap_entries * 2 : 64;
        t->all = xreallocarray(t->all, t->cap_entries, sizeof(struct table_entry *));
    }
    t->all[t->n_entries++] = entry;
}

/* --- rows that are not there any more --- */

/* The row that takes the selection over when the selected one has gone: the next that is still
 * there, else the one before. Looks at the order before the change. */
static struct table_entry *heir(const struct table *t)
{
    size_t at = t->selected->position;

    for (size_t i = at; i < t->n_rows; i++)
        if (!t->order[i]->gone && t->order[i]->shown)
            return t->order[i];
    for (size_t i = at; i-- > 0;)
        if (!t->order[i]->gone && t->order[i]->shown)
            return t->order[i];
    return NULL;
}

static void drop_gone(struct table *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->n_entries; i++) {
        struct table_entry *entry = t->all[i];

        if (!entry->gone) {
            entry->place = kept;
            t->all[kept++] = entry;
            continue;
        }
        t->n_marked -= entry->marked;
        forget_number(t, entry);
        if (entry == t->anchor)
            t->anchor = NULL;
        table_entry_free(t, entry);
    }
    t->n_entries = kept;
}

static void settle_gone(struct round *r)
{
    struct table *t = r->t;

    if (t->selected && (t->selected->gone || !t->selected->shown))
        t->selected = heir(t);
    if (r->has_gone)
        drop_gone(t);
}

/* --- order --- */

static int compare_groups(const struct table *t, const struct table_entry *a,
                          const struct table_entry *b)
{
    return t->grouped ? strcmp(a->group, b->group) : 0;
}

static int compare_natural(const struct table *t, const struct table_entry *a,
                           const struct table_entry *b)
{
    int by = compare_groups(t, a, b);

    if (by)
        return by;
    by = t->source.compare(t->source.user, a->row, b->row, t->sort_column);
    if (t->descending)
        by = -by;
    return by ? by : a->row < b->row ? -1 : a->row > b->row;
}

static int compare_entries(const void *pa, const void *pb, void *user)
{
    return compare_natural(user, *(struct table_entry *const *)pa,
                           *(struct table_entry *const *)pb);
}

/* While the order rests, rows keep their places and new ones queue behind those of their group. */
static int compare_resting(const void *pa, const void *pb, void *user)
{
    const struct table_entry *a = *(struct table_entry *const *)pa;
    const struct table_entry *b = *(struct table_entry *const *)pb;
    int by = compare_groups(user, a, b);

    if (by)
        return by;
    if (a->is_new != b->is_new)
        return a->is_new ? 1 : -1;
    if (!a->is_new)
        return a->place < b->place ? -1 : a->place > b->place;
    return compare_natural(user, a, b);
}

static bool is_sorted(struct table *t, int (*compare)(const void *, const void *, void *))
{
    for (size_t i = 1; i < t->n_entries; i++)
        if (compare(&t->all[i - 1], &t->all[i], t) > 0)
            return false;
    return true;
}

static bool is_between_neighbours(struct table *t, const struct table_entry *entry)
{
    size_t at = entry->place;

    return (at == 0 || compare_natural(t, t->all[at - 1], entry) <= 0) &&
           (at + 1 >= t->n_entries || compare_natural(t, entry, t->all[at + 1]) <= 0);
}

/* Old rows first: then most updates find the order right already. */
static void order_all(struct round *r)
{
    struct table *t = r->t;
    int (*compare)(const void *, const void *, void *) =
        r->rest ? compare_resting : compare_entries;

    for (size_t i = 0; i < r->n; i++)
        if (r->changed[i]->place == SIZE_MAX)
            append(t, r->changed[i]);
    if (!is_sorted(t, compare)) {
        qsort_r(t->all, t->n_entries, sizeof(struct table_entry *), compare, t);
        r->relist = true;
    }
    t->is_disordered = r->rest && !is_sorted(t, compare_entries);
}

/* Where an entry goes among the first n of all: behind its equals. */
static size_t place_for(struct table *t, size_t n, const struct table_entry *entry, bool rest)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int by = rest ? compare_groups(t, t->all[middle], entry)
                      : compare_natural(t, t->all[middle], entry);

        if (by <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Those among the changed that move are taken out, sorted, and put back. */
static void put_back(struct round *r)
{
    struct table *t = r->t;
    size_t kept = 0, n = 0;

    for (size_t i = 0; i < t->n_entries; i++)
        if (!t->all[i]->moving)
            t->all[kept++] = t->all[i];
    t->n_entries = kept;
    for (size_t i = 0; i < r->n; i++) {
        struct table_entry *entry = r->changed[i];

        if (!entry->moving)
            continue;
        r->changed[i] = r->changed[n];
        r->changed[n++] = entry;
        append(t, entry); /* for the room */
    }
    if (n > 1)
        qsort_r(r->changed, n, sizeof(struct table_entry *), compare_entries, t);
    for (; n > 0; n--) {
        struct table_entry *entry = r->changed[n - 1];
        size_t at = place_for(t, kept, entry, r->rest);

        memmove(t->all + at + n, t->all + at, (kept - at) * sizeof(struct table_entry *));
        t->all[at + n - 1] = entry;
        entry->moving = false;
        kept = at;
    }
    r->relist = true;
}

static void order_changed(struct round *r)
{
    struct table *t = r->t;
    bool move = r->has_new;

    for (size_t i = 0; i < r->n && !move; i++)
        move = !is_between_neighbours(t, r->changed[i]);
    if (!move && !t->has_astray)
        return;
    for (size_t i = 0; i < r->n; i++) {
        struct table_entry *entry = r->changed[i];

        /* One that stands right beside another that moves need not stand right afterwards. */
        entry->moving = r->rest ? entry->is_new : move;
        entry->astray = r->rest;
    }
    t->has_astray |= r->rest;
    if (move && (!r->rest || r->has_new))
        put_back(r);
}

/* The freeze is over: what was noted moves now. */
static void gather_astray(struct round *r)
{
    struct table *t = r->t;

    if (!t->has_astray || r->rest)
        return;
    for (size_t i = 0; i < t->n_entries; i++) {
        if (t->all[i]->astray)
            note(r, t->all[i]);
        t->all[i]->astray = false;
    }
    t->has_astray = false;
    r->has_new = true;
}

/* --- lines --- */

static void append_line(struct table *t, struct table_line line)
{
    if (t->n_lines == t->cap_lines) {
        t->cap_lines = t->cap_lines ? t->cap_lines * 2 : 64;
        t->lines = xreallocarray(t->lines, t->cap_lines, sizeof *t->lines);
    }
    t->lines[t->n_lines++] = line;
}

static void append_row(struct table *t, struct table_entry *entry, size_t *heading)
{
    bool begins = t->n_rows == 0 || strcmp(t->order[t->n_rows - 1]->group, entry->group) != 0;

    if (t->n_rows == t->cap_rows) {
        t->cap_rows = t->cap_rows ? t->cap_rows * 2 : 64;
        t->order = xreallocarray(t->order, t->cap_rows, sizeof(struct table_entry *));
    }
    if (t->grouped && begins) {
        *heading = t->n_lines;
        append_line(t, (struct table_line){.group = entry->group});
    }
    if (t->grouped)
        t->lines[*heading].n_rows++;
    entry->position = t->n_rows;
    entry->line = t->n_lines;
    t->order[t->n_rows++] = entry;
    append_line(t, (struct table_line){.entry = entry});
}

static void build_lines(struct table *t)
{
    size_t heading = 0;

    t->n_lines = t->n_rows = 0;
    for (size_t i = 0; i < t->n_entries; i++) {
        t->all[i]->place = i;
        t->all[i]->is_new = false;
        if (t->all[i]->shown)
            append_row(t, t->all[i], &heading);
    }
}

/* Keeps the selected row on its line of the screen, unless the list stands at its top. */
static void keep_place(struct table *t, size_t old_line)
{
    if (!t->selected || t->top == 0)
        return;
    size_t shown_at = old_line - t->top;
    t->top = t->selected->line > shown_at ? t->selected->line - shown_at : 0;
}

/* --- the whole --- */

static void follow_all(struct round *r)
{
    struct table *t = r->t;
    size_t n = t->source.count(t->source.user);

    t->generation++;
    r->relist = true;
    for (size_t row = 0; row < n; row++)
        on_change(r, row);
    for (size_t i = 0; i < t->n_entries; i++)
        if (t->all[i]->generation != t->generation)
            set_gone(r, t->all[i]);
    settle_gone(r);
    order_all(r);
    if (!r->rest) {
        for (size_t i = 0; i < t->n_entries; i++)
            t->all[i]->astray = false;
        t->has_astray = false;
    }
}

static bool follow_changes(struct round *r)
{
    struct table *t = r->t;

    if (t->invalid || t->is_disordered || !t->source.changes)
        return false;
    if (!t->source.changes(t->source.user, t->revision, on_change, r))
        return false;
    for (size_t i = 0; t->refilter && i < t->n_entries; i++)
        if (!t->all[i]->gone)
            set_shown(r, t->all[i]);
    settle_gone(r);
    gather_astray(r);
    order_changed(r);
    return true;
}

void table_update(struct table *t, uint64_t revision, int64_t now_ms)
{
    bool frozen = t->held || now_ms < t->frozen_until_ms;
    bool thaws = t->thaw_wanted && !frozen;
    struct round r = {.t = t, .rest = frozen && !t->resort};

    if (!t->invalid && !t->refilter && !thaws && revision == t->revision)
        return;
    size_t old_line = t->selected ? t->selected->line : 0;
    if (!follow_changes(&r))
        follow_all(&r);
    if (r.relist)
        build_lines(t);
    for (size_t i = 0; i < r.n; i++)
        r.changed[i]->noted = false;
    free(r.changed);
    t->n_all = t->n_entries;
    t->thaw_wanted = t->is_disordered || t->has_astray;
    if (!t->selected && t->n_rows)
        t->selected = t->order[0];
    keep_place(t, old_line);
    t->revision = revision;
    t->invalid = t->refilter = t->resort = false;
    if (t->height)
        table_layout(t, t->height, t->width);
}

void table_invalidate(struct table *t)
{
    t->invalid = t->resort = true;
}

void table_refilter(struct table *t)
{
    t->refilter = t->resort = true;
    t->invalid |= !t->source.changes;
}
