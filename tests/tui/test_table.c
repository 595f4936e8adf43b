/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tests/tui/dump.h"
#include "tui/table.h"
#include "tui/table_lines.h"

struct row {
    char id[16], ns[16], name[32];
    int n;
};

struct model {
    struct row rows[10000];
    size_t n;
    size_t cells_asked;
    const struct filter *filter;
};

static size_t row_count(void *user)
{
    return ((struct model *)user)->n;
}
static const char *row_id(void *user, size_t i)
{
    return ((struct model *)user)->rows[i].id;
}
static const char *row_group(void *user, size_t i)
{
    return ((struct model *)user)->rows[i].ns;
}
static bool row_shown(void *user, size_t i)
{
    struct model *m = user;

    return !m->filter || filter_match(m->filter, m->rows[i].name, NULL, NULL);
}
static int row_compare(void *user, size_t a, size_t b, int column)
{
    struct model *m = user;

    if (column == 1)
        return (m->rows[a].n > m->rows[b].n) - (m->rows[a].n < m->rows[b].n);
    return strcmp(m->rows[a].name, m->rows[b].name);
}
static void row_cell(void *user, size_t i, int column, struct table_cell *out)
{
    struct model *m = user;

    m->cells_asked++;
    if (column == 0)
        snprintf(out->text, sizeof out->text, "%s", m->rows[i].name);
    else if (column == 1)
        snprintf(out->text, sizeof out->text, "%d", m->rows[i].n);
    else
        snprintf(out->text, sizeof out->text, "note %s", m->rows[i].id);
}

static const struct table_column columns[] = {
    {.title = "NAME", .min = 4, .ideal = 8, .max = 24},
    {.title = "COUNT",
     .min = 5,
     .ideal = 5,
     .max = 5,
     .priority = 1,
     .right = true,
     .descending = true},
    {.title = "NOTE", .min = 6, .ideal = 20, .max = 20, .priority = 2},
};

static struct model model;
static struct table table;
static uint64_t revision;

static void add(const char *id, const char *ns, const char *name, int n)
{
    struct row *row = &model.rows[model.n++];

    snprintf(row->id, sizeof row->id, "%s", id);
    snprintf(row->ns, sizeof row->ns, "%s", ns);
    snprintf(row->name, sizeof row->name, "%s", name);
    row->n = n;
    revision++;
}

static void take(const char *id)
{
    for (size_t i = 0; i < model.n; i++) {
        if (strcmp(model.rows[i].id, id) != 0)
            continue;
        memmove(model.rows + i, model.rows + i + 1, (model.n - i - 1) * sizeof *model.rows);
        model.n--;
        revision++;
        return;
    }
}

static void start(void)
{
    static const struct table_source source = {
        .columns = columns,
        .n_columns = 3,
        .count = row_count,
        .id = row_id,
        .group = row_group,
        .shown = row_shown,
        .compare = row_compare,
        .cell = row_cell,
        .user = &model,
    };

    table_finish(&table);
    model.n = 0;
    model.filter = NULL;
    table_init(&table, &source);
    table_layout(&table, 10, 40);
}

static void update(int64_t now_ms)
{
    table_update(&table, revision, now_ms);
}

static char *draw(int rows, int cols)
{
    struct theme theme;
    struct canvas c = dump_canvas(rows, cols);

    theme_default(&theme);
    table_draw(&table, c, &theme);
    return dump_text(c);
}

static void assert_drawn(int rows, int cols, const char *expected)
{
    char *text = draw(rows, cols);

    assert_string_equal(text, expected);
    free(text);
}

static void three_rows(void)
{
    start();
    add("1", "bob", "big", 7);
    add("2", "alice", "demo", 12);
    add("3", "alice", "api", 3);
    update(0);
}

static void table__draw__fits_any_width(void **state)
{
    three_rows();
    for (int cols = 1; cols <= 300; cols++) {
        char *text = draw(5, cols);

        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
            assert_in_range(text_width(line), 0, cols);
        free(text);
    }
    assert_drawn(5, 1, "\xe2\x86\x91\n\xe2\x80\xa6\n\xe2\x80\xa6\n\xe2\x80\xa6\n\n");
    assert_drawn(5, 3, "NA\xe2\x86\x91\napi\nbig\nde\xe2\x80\xa6\n\n");
    assert_drawn(5, 20,
                 "  NAME\xe2\x86\x91    COUNT\n"
                 "\xe2\x96\xb8 api          3\n"
                 "  big          7\n"
                 "  demo        12\n\n");
    assert_drawn(5, 80,
                 "  NAME\xe2\x86\x91     COUNT  NOTE\n"
                 "\xe2\x96\xb8 api           3  note 3\n"
                 "  big           7  note 1\n"
                 "  demo         12  note 2\n\n");
}

static void table__groups__have_headings(void **state)
{
    three_rows();
    table.grouped = true;
    table_invalidate(&table);
    update(0);
    assert_drawn(7, 30,
                 "  NAME\xe2\x86\x91    COUNT NOTE\n"
                 "alice 2\n"
                 "\xe2\x96\xb8 api          3 note 3\n"
                 "  demo        12 note 2\n"
                 "bob 1\n"
                 "  big          7 note 1\n\n");
    /* The heading of the first row comes into sight with it. */
    table_act(&table, "list-bottom", 10);
    assert_drawn(3, 12, "  NAME\xe2\x86\x91\nbob 1\n\xe2\x96\xb8 big\n");
    table_act(&table, "list-up", 20);
    table_act(&table, "list-up", 30);
    assert_drawn(3, 12, "  NAME\xe2\x86\x91\nalice 2\n\xe2\x96\xb8 api\n");
}

static void table__selection__stays_with_the_id(void **state)
{
    three_rows();
    table_act(&table, "list-down", 0);
    assert_string_equal(table_selected(&table), "1");
    add("4", "carol", "aaa", 1);
    update(5000);
    assert_string_equal(table_selected(&table), "1");
    assert_int_equal(table_position(&table), 3);
    take("3");
    update(5001);
    assert_string_equal(table_selected(&table), "1");
    assert_int_equal(table_position(&table), 2);
    table_act(&table, "list-sort-next", 9000);
    assert_string_equal(table_selected(&table), "1");
    /* Gone: the row after it takes over. */
    table_act(&table, "list-sort-previous", 12000);
    take("1");
    update(20000);
    assert_string_equal(table_selected(&table), "2");
    take("2");
    update(20001);
    assert_string_equal(table_selected(&table), "4");
    take("4");
    update(20002);
    assert_null(table_selected(&table));
    assert_int_equal(table_position(&table), 0);
    table_act(&table, "list-down", 20003);
    add("5", "x", "new", 1);
    update(20004);
    assert_string_equal(table_selected(&table), "5");
}

static void table__selection__stays_on_its_line_when_rows_arrive_above(void **state)
{
    start();
    for (int i = 0; i < 50; i++) {
        char name[16];

        snprintf(name, sizeof name, "m%02d", i);
        add(name, "a", name, i);
    }
    update(0);
    for (int i = 0; i < 30; i++)
        table_act(&table, "list-down", 0);
    char *before = draw(10, 20);
    for (int i = 0; i < 5; i++) {
        char name[16];

        snprintf(name, sizeof name, "a%02d", i);
        add(name, "a", name, i);
    }
    update(5000);
    char *after = draw(10, 20);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void table__freeze__keeps_the_order_after_a_key(void **state)
{
    three_rows();
    table_act(&table, "list-down", 1000);
    add("4", "x", "aaa", 1);
    update(1500);
    assert_drawn(6, 12, "  NAME\xe2\x86\x91\n  api\n\xe2\x96\xb8 big\n  demo\n  aaa\n\n");
    assert_int_equal(table_thaw_at_ms(&table), 3000);
    update(2999);
    assert_drawn(6, 12, "  NAME\xe2\x86\x91\n  api\n\xe2\x96\xb8 big\n  demo\n  aaa\n\n");
    update(3000);
    assert_drawn(6, 12, "  NAME\xe2\x86\x91\n  aaa\n  api\n\xe2\x96\xb8 big\n  demo\n\n");
    assert_int_equal(table_thaw_at_ms(&table), 0);
    /* Sorting is asked for, so it happens at once. */
    table_act(&table, "list-sort-invert", 4000);
    assert_drawn(6, 12, "  NAME\xe2\x86\x93\n  demo\n\xe2\x96\xb8 big\n  api\n  aaa\n\n");
    /* Z holds it for good. */
    table_act(&table, "list-hold", 4001);
    add("5", "x", "zzz", 1);
    update(90000);
    assert_drawn(7, 12, "  NAME\xe2\x86\x93\n  demo\n\xe2\x96\xb8 big\n  api\n  aaa\n  zzz\n\n");
    table_act(&table, "list-hold", 90001);
    assert_drawn(7, 12, "  NAME\xe2\x86\x93\n  zzz\n  demo\n\xe2\x96\xb8 big\n  api\n  aaa\n\n");
}

static void table__marks__follow_ids_and_count(void **state)
{
    const char **ids;

    three_rows();
    assert_int_equal(table_targets(&table, &ids), 1);
    assert_string_equal(ids[0], "3");
    free(ids);
    table_act(&table, "list-mark", 0);
    table_act(&table, "list-mark", 0);
    assert_int_equal(table.n_marked, 2);
    assert_drawn(5, 12, "  NAME\xe2\x86\x91\n *api\n *big\n\xe2\x96\xb8 demo\n\n");
    take("3");
    update(1);
    assert_int_equal(table.n_marked, 1);
    assert_int_equal(table_targets(&table, &ids), 1);
    assert_string_equal(ids[0], "1");
    free(ids);
    table_act(&table, "list-mark-all", 2);
    assert_int_equal(table.n_marked, 2);
    table_act(&table, "list-mark-clear", 3);
    assert_int_equal(table.n_marked, 0);
    table_act(&table, "list-top", 4);
    table_act(&table, "list-mark", 5);
    table_act(&table, "list-bottom", 6);
    table_act(&table, "list-mark-range", 7);
    assert_int_equal(table.n_marked, 2);
}

static void table__filter__hides_and_highlights(void **state)
{
    struct filter f = {0};
    struct theme theme;

    three_rows();
    assert_true(filter_set(&f, "m"));
    model.filter = table.filter = &f;
    table_invalidate(&table);
    update(0);
    assert_int_equal(table.n_rows, 1);
    assert_int_equal(table.n_all, 3);
    assert_string_equal(table_selected(&table), "2");
    struct canvas c = dump_canvas(3, 20);
    theme_default(&theme);
    table_draw(&table, c, &theme);
    struct cell *row = c.cells + 20;
    assert_false(style_equal(row[4].style, row[3].style));
    assert_true(style_equal(row[2].style, row[3].style));
    free(c.cells);
    table.filter = NULL;
    filter_finish(&f);
}

static void table__ten_thousand_rows__format_only_what_shows(void **state)
{
    start();
    for (int i = 0; i < 10000; i++) {
        char id[16];

        snprintf(id, sizeof id, "%d", (i * 7919) % 10000);
        add(id, "ns", id, i);
    }
    int64_t began = clock_mono_ms();
    update(0);
    for (int i = 0; i < 100; i++) {
        table_act(&table, "list-page-down", i);
        update(i);
    }
    model.cells_asked = 0;
    char *text = draw(50, 80);
    free(text);
    assert_in_range(model.cells_asked, 1, 49 * 3 * 2);
    /* Far above what it takes even with sanitizers: catches a quadratic mistake. */
    assert_true(clock_mono_ms() - began < 5000);
    assert_int_equal(table.n_rows, 10000);
}

/* --- a source that says what changed, beside one that is walked --- */

#define SLOTS 40

struct slots {
    struct slot {
        bool used, hidden;
        char id[16], ns[4];
        int n;
        uint64_t changed;
    } rows[SLOTS];
    uint64_t revision, forgotten;
    size_t rows_asked;
    unsigned seed;
};

static unsigned roll(struct slots *s, unsigned n)
{
    return (unsigned)rand_r(&s->seed) % n;
}

static size_t slot_count(void *user)
{
    return SLOTS;
}
static const char *slot_id(void *user, size_t i)
{
    struct slots *s = user;

    s->rows_asked++;
    return s->rows[i].used ? s->rows[i].id : NULL;
}
static const char *slot_group(void *user, size_t i)
{
    return ((struct slots *)user)->rows[i].ns;
}
static bool slot_shown(void *user, size_t i)
{
    return !((struct slots *)user)->rows[i].hidden;
}
static int slot_compare(void *user, size_t a, size_t b, int column)
{
    const struct slot *x = &((struct slots *)user)->rows[a], *y = &((struct slots *)user)->rows[b];

    assert_true(x->used && y->used);
    return x->n != y->n ? x->n - y->n : strcmp(x->id, y->id);
}
static void slot_cell(void *user, size_t i, int column, struct table_cell *out)
{
    snprintf(out->text, sizeof out->text, "%s", ((struct slots *)user)->rows[i].id);
}
static bool slot_changes(void *user, uint64_t since, void (*each)(void *to, size_t row), void *to)
{
    struct slots *s = user;

    if (since < s->forgotten)
        return false;
    for (size_t i = 0; i < SLOTS; i++)
        if (s->rows[i].changed > since)
            each(to, i);
    return true;
}

static void start_slots(struct table *t, struct slots *s, bool says_changes)
{
    const struct table_source source = {
        .columns = columns,
        .n_columns = 2,
        .count = slot_count,
        .id = slot_id,
        .group = slot_group,
        .shown = slot_shown,
        .compare = slot_compare,
        .cell = slot_cell,
        .changes = says_changes ? slot_changes : NULL,
        .user = s,
    };

    table_init(t, &source);
    t->grouped = true;
    table_layout(t, 20, 40);
}

/* Ids are few, so that one comes back under another number. */
static void change_slot(struct slots *s)
{
    struct slot *row = &s->rows[roll(s, SLOTS)];

    row->changed = ++s->revision;
    if (row->used && roll(s, 4) == 0) {
        row->used = false;
        return;
    }
    if (!row->used) {
        snprintf(row->id, sizeof row->id, "%u", roll(s, 2 * SLOTS));
        for (size_t i = 0; i < SLOTS; i++)
            if (s->rows[i].used && strcmp(s->rows[i].id, row->id) == 0)
                return;
    }
    row->used = true;
    row->hidden = roll(s, 5) == 0;
    row->n = (int)roll(s, 8);
    snprintf(row->ns, sizeof row->ns, "%u", roll(s, 12) ? 0 : roll(s, 3));
    if (roll(s, 100) == 0)
        s->forgotten = s->revision;
}

static void assert_same_rows(const struct table *a, const struct table *b)
{
    assert_int_equal(a->n_rows, b->n_rows);
    assert_int_equal(a->n_all, b->n_all);
    assert_int_equal(a->n_marked, b->n_marked);
    assert_int_equal(a->n_lines, b->n_lines);
    for (size_t i = 0; i < a->n_rows; i++) {
        assert_string_equal(a->order[i]->id, b->order[i]->id);
    }
    assert_int_equal(a->selected == NULL, b->selected == NULL);
    if (a->selected)
        assert_string_equal(table_selected(a), table_selected(b));
}

static void table__changes__lead_where_a_walk_leads(void **state)
{
    static struct slots slots;
    static const char *const keys[] = {"list-down", "list-page-down", "list-up",  "list-mark",
                                       "list-top",  "list-bottom",    "list-hold"};
    struct table walked, told;

    for (unsigned seed = 1; seed <= 60; seed++) {
        slots = (struct slots){.seed = seed};
        start_slots(&walked, &slots, false);
        start_slots(&told, &slots, true);
        for (int64_t now = 0; now < 300000; now += 500) {
            for (unsigned i = roll(&slots, 4); i > 0; i--)
                change_slot(&slots);
            if (roll(&slots, 12) == 0) {
                const char *key = keys[roll(&slots, ARRAY_LEN(keys))];

                table_act(&walked, key, now);
                table_act(&told, key, now);
            }
            if (roll(&slots, 30) == 0) {
                for (size_t i = 0; i < SLOTS; i++)
                    slots.rows[i].hidden = roll(&slots, 3) == 0;
                table_refilter(&walked);
                table_refilter(&told);
            }
            table_update(&walked, slots.revision, now);
            table_update(&told, slots.revision, now);
            assert_same_rows(&walked, &told);
            /* Told, it may look once too often; never too rarely. */
            if (table_thaw_at_ms(&walked))
                assert_int_equal(table_thaw_at_ms(&walked), table_thaw_at_ms(&told));
        }
        table_finish(&walked);
        table_finish(&told);
    }
}

static void table__changes__ask_only_for_what_changed(void **state)
{
    static struct slots slots = {.seed = 1};
    struct table t;

    start_slots(&t, &slots, true);
    for (int i = 0; i < 200; i++)
        change_slot(&slots);
    slots.forgotten = 0;
    table_update(&t, slots.revision, 0);
    slots.rows_asked = 0;
    change_slot(&slots);
    table_update(&t, slots.revision, 0);
    assert_int_equal(slots.rows_asked, 1);
    table_refilter(&t);
    table_update(&t, slots.revision, 0);
    assert_int_equal(slots.rows_asked, 1);
    table_finish(&t);
}

static void table__mouse__selects_and_scrolls(void **state)
{
    three_rows();
    struct mouse click = {.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 2};

    assert_int_equal(table_mouse(&table, click, 0), 1);
    assert_string_equal(table_selected(&table), "1");
    assert_int_equal(table_mouse(&table, click, 0), 2);
    click.row = 9;
    assert_int_equal(table_mouse(&table, click, 0), 0);
    struct mouse wheel = {.kind = MOUSE_WHEEL, .button = MOUSE_WHEEL_DOWN};
    assert_int_equal(table_mouse(&table, wheel, 0), 1);
    assert_string_equal(table_selected(&table), "2");
}

static int finish(void **state)
{
    table_finish(&table);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table__draw__fits_any_width),
        cmocka_unit_test(table__groups__have_headings),
        cmocka_unit_test(table__selection__stays_with_the_id),
        cmocka_unit_test(table__selection__stays_on_its_line_when_rows_arrive_above),
        cmocka_unit_test(table__freeze__keeps_the_order_after_a_key),
        cmocka_unit_test(table__marks__follow_ids_and_count),
        cmocka_unit_test(table__filter__hides_and_highlights),
        cmocka_unit_test(table__ten_thousand_rows__format_only_what_shows),
        cmocka_unit_test(table__changes__lead_where_a_walk_leads),
        cmocka_unit_test(table__changes__ask_only_for_what_changed),
        cmocka_unit_test(table__mouse__selects_and_scrolls),
    };
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, finish);
}
