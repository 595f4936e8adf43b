/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "base/alloc.h"
#include "tui/layout.h"

static const struct view_ops list_ops = {.name = "list"}, help_ops = {.name = "help"};

static void assert_layout(const struct layout *l, const char *expected)
{
    cleanup_buf struct buf out = {0};

    layout_dump(l, &out);
    assert_string_equal(out.data, expected);
}

static void layout__place__gives_the_leaf_all(void **state)
{
    static const struct {
        int h, w;
        const char *dump;
    } sizes[] = {{24, 80, "leaf(0,0 24x80)*"}, {1, 1, "leaf(0,0 1x1)*"}, {0, 0, "leaf(0,0 0x0)*"}};
    struct layout *l = layout_create();

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        layout_place(l, (struct rect){.h = sizes[i].h, .w = sizes[i].w});
        assert_layout(l, sizes[i].dump);
    }
    assert_null(layout_at(l, 0, 0));
    layout_place(l, (struct rect){.y = 1, .h = 2, .w = 3});
    assert_ptr_equal(layout_at(l, 2, 2), layout_focused(l));
    assert_null(layout_at(l, 0, 0));
    assert_null(layout_at(l, 3, 0));
    assert_null(layout_at(l, 1, 3));
    layout_destroy(l);
}

static void layout__history__is_a_bounded_stack(void **state)
{
    struct view views[LAYOUT_HISTORY_MAX + 1];
    struct layout *l = layout_create();
    struct leaf *leaf = layout_focused(l);

    for (size_t i = 0; i < ARRAY_LEN(views); i++)
        views[i] = (struct view){.ops = i ? &help_ops : &list_ops};
    assert_null(leaf_view(leaf));
    assert_null(leaf_push(leaf, &views[0]));
    assert_null(leaf_push(leaf, &views[1]));
    assert_layout(l, "leaf(0,0 0x0 list<help)*");
    assert_true(layout_remove(l, &views[0]));
    assert_false(layout_remove(l, &views[0]));
    assert_ptr_equal(leaf_view(leaf), &views[1]);
    for (size_t i = 2; i < LAYOUT_HISTORY_MAX + 1; i++)
        assert_null(leaf_push(leaf, &views[i]));
    assert_int_equal(leaf_depth(leaf), LAYOUT_HISTORY_MAX);
    assert_ptr_equal(leaf_push(leaf, &views[0]), &views[1]);
    assert_ptr_equal(leaf_view(leaf), &views[0]);
    assert_null(layout_next(l, leaf));
    layout_destroy(l);
}

static struct layout *create_placed(int h, int w)
{
    struct layout *l = layout_create();

    layout_place(l, (struct rect){.h = h, .w = w});
    return l;
}

static void layout__split__gives_titles_and_borders(void **state)
{
    struct layout *l = create_placed(23, 80);

    assert_non_null(layout_split(l, false));
    assert_layout(l, "leaf(1,0 22x40) leaf(1,41 22x39)*");
    assert_non_null(layout_split(l, true));
    assert_layout(l, "leaf(1,0 22x40) leaf(1,41 11x39) leaf(13,41 10x39)*");
    assert_int_equal(leaf_title(layout_focused(l)).y, 12);
    assert_int_equal(layout_count(l), 3);
    /* A title belongs to its leaf, the column to nobody. */
    assert_ptr_equal(layout_at(l, 12, 50), layout_focused(l));
    assert_null(layout_at(l, 5, 40));
    layout_destroy(l);
}

static void layout__split__is_refused_without_room(void **state)
{
    static const struct {
        int h, w;
        bool stacked, fits;
    } cases[] = {
        {6, 20, true, true},   {5, 20, true, false}, {3, 21, false, true}, {3, 20, false, false},
        {2, 21, false, false}, {0, 0, true, false},  {1, 1, false, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct layout *l = create_placed(cases[i].h, cases[i].w);

        assert_int_equal(layout_split(l, cases[i].stacked) != NULL, cases[i].fits);
        assert_int_equal(layout_count(l), cases[i].fits ? 2 : 1);
        layout_destroy(l);
    }
}

static void layout__place__tiny_areas_stay_inside(void **state)
{
    struct layout *l = create_placed(40, 100);

    layout_split(l, false);
    layout_split(l, true);
    layout_split(l, false);
    for (int h = 0; h < 8; h++) {
        for (int w = 0; w < 30; w++) {
            layout_place(l, (struct rect){.y = 1, .x = 2, .h = h, .w = w});
            for (struct leaf *leaf = layout_next(l, NULL); leaf; leaf = layout_next(l, leaf)) {
                struct rect r = leaf_rect(leaf), t = leaf_title(leaf);

                assert_true(r.h >= 0 && r.w >= 0 && (r.h == 0) == (r.w == 0));
                assert_true(r.h == 0 ||
                            (r.y >= 1 && r.y + r.h <= 1 + h && r.x >= 2 && r.x + r.w <= 2 + w));
                assert_true(t.h == 0 || t.y < 1 + h);
            }
        }
    }
    layout_destroy(l);
}

static void layout__close__gives_the_room_back(void **state)
{
    struct layout *l = create_placed(23, 80);
    struct leaf *first = layout_focused(l);

    assert_false(layout_close(l, first));
    struct leaf *second = layout_split(l, false);
    struct leaf *third = layout_split(l, true);
    assert_true(layout_close(l, third));
    assert_ptr_equal(layout_focused(l), second);
    assert_layout(l, "leaf(1,0 22x40) leaf(1,41 22x39)*");
    assert_true(layout_close(l, first));
    assert_layout(l, "leaf(0,0 23x80)*");
    layout_destroy(l);
}

static void layout__beside__prefers_who_had_the_focus(void **state)
{
    struct layout *l = create_placed(23, 80);
    struct leaf *left = layout_focused(l);
    struct leaf *above = layout_split(l, false);
    struct leaf *below = layout_split(l, true);

    assert_ptr_equal(layout_beside(l, SIDE_UP), above);
    assert_ptr_equal(layout_beside(l, SIDE_LEFT), left);
    assert_null(layout_beside(l, SIDE_DOWN));
    assert_null(layout_beside(l, SIDE_RIGHT));
    layout_focus(l, left);
    assert_ptr_equal(layout_beside(l, SIDE_RIGHT), below);
    layout_focus(l, above);
    layout_focus(l, left);
    assert_ptr_equal(layout_beside(l, SIDE_RIGHT), above);
    assert_ptr_equal(layout_last(l), above);
    layout_destroy(l);
}

static void layout__zoom__hides_the_others_until_the_focus_moves(void **state)
{
    struct layout *l = create_placed(23, 80);
    struct leaf *first = layout_focused(l);

    assert_false(layout_zoom(l));
    layout_split(l, false);
    assert_true(layout_zoom(l));
    assert_layout(l, "leaf(0,0 0x0) leaf(0,0 23x80)*");
    assert_true(layout_is_zoomed(l));
    layout_focus(l, first);
    assert_false(layout_is_zoomed(l));
    assert_layout(l, "leaf(1,0 22x40)* leaf(1,41 22x39)");
    layout_destroy(l);
}

static void layout__borders__are_pushed_and_dragged(void **state)
{
    struct layout *l = create_placed(23, 81);

    layout_split(l, false);
    layout_push_border(l, SIDE_LEFT, 10);
    assert_layout(l, "leaf(1,0 22x30) leaf(1,31 22x50)*");
    layout_push_border(l, SIDE_RIGHT, 500);
    assert_layout(l, "leaf(1,0 22x70) leaf(1,71 22x10)*");
    layout_push_border(l, SIDE_UP, 1); /* none there */
    struct border *border = layout_border_at(l, 5, 70);
    assert_non_null(border);
    assert_null(layout_border_at(l, 5, 69));
    layout_drag(l, border, 5, 40);
    assert_layout(l, "leaf(1,0 22x40) leaf(1,41 22x40)*");
    layout_split(l, true);
    border = layout_border_at(l, 12, 60);
    assert_non_null(border);
    layout_drag(l, border, 5, 60);
    assert_layout(l, "leaf(1,0 22x40) leaf(1,41 4x40) leaf(6,41 17x40)*");
    layout_destroy(l);
}

static void layout__arrange__goes_through_five_ways(void **state)
{
    static const char *const expected[] = {
        "leaf(1,0 22x26) leaf(1,27 22x26) leaf(1,54 22x26)*",
        "leaf(1,0 7x80) leaf(9,0 7x80) leaf(17,0 6x80)*",
        "leaf(1,0 22x47) leaf(1,48 11x32) leaf(13,48 10x32)*",
        "leaf(1,0 13x80) leaf(15,0 8x40) leaf(15,41 8x39)*",
        "leaf(1,0 11x40) leaf(1,41 11x39) leaf(13,0 10x80)*",
    };
    struct layout *l = create_placed(23, 80);

    layout_split(l, false);
    layout_split(l, false);
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        layout_arrange(l);
        assert_layout(l, expected[i]);
    }
    layout_destroy(l);
}

static void layout__swap__moves_views_and_focus(void **state)
{
    struct view list = {.ops = &list_ops}, help = {.ops = &help_ops};
    struct layout *l = create_placed(23, 80);
    struct leaf *first = layout_focused(l);

    leaf_push(first, &list);
    struct leaf *second = layout_split(l, false);
    leaf_push(second, &help);
    layout_swap(l, first, second);
    assert_layout(l, "leaf(1,0 22x40 help)* leaf(1,41 22x39 list)");
    assert_ptr_equal(layout_find(l, &list), second);
    layout_destroy(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout__split__gives_titles_and_borders),
        cmocka_unit_test(layout__split__is_refused_without_room),
        cmocka_unit_test(layout__place__tiny_areas_stay_inside),
        cmocka_unit_test(layout__close__gives_the_room_back),
        cmocka_unit_test(layout__beside__prefers_who_had_the_focus),
        cmocka_unit_test(layout__zoom__hides_the_others_until_the_focus_moves),
        cmocka_unit_test(layout__borders__are_pushed_and_dragged),
        cmocka_unit_test(layout__arrange__goes_through_five_ways),
        cmocka_unit_test(layout__swap__moves_views_and_focus),
        cmocka_unit_test(layout__place__gives_the_leaf_all),
        cmocka_unit_test(layout__history__is_a_bounded_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
