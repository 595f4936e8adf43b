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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout__place__gives_the_leaf_all),
        cmocka_unit_test(layout__history__is_a_bounded_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
