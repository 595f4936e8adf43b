/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/text.h"
#include "tests/tui/dump.h"
#include "tui/palette.h"

static const struct action_def defs[] = {
    {"list", "D", "sandbox-delete", "Delete the sandbox"},
    {"list", "", "view-sandboxes", "Show the list of sandboxes"},
    {0},
};
static const struct help_context contexts[] = {{"list", "Here"}, {0}};

static void palette__draw__shows_verbs_with_keys_and_objects(void **state)
{
    struct keymap *keymap = keymap_create();
    struct picker picker;
    struct theme theme;
    struct canvas c = dump_canvas(7, 50);

    keymap_add(keymap, defs);
    palette_init(&picker, keymap, contexts, "C-b");
    picker_add(&picker, NULL, "alice/demo", NULL, "running", "sandbox:1");
    theme_default(&theme);
    picker_draw(&picker, c, &theme);
    char *text = dump_text(c);
    assert_string_equal(text, "┌─ Go to or do ──────────────────────────────────┐\n"
                              "│ :                                              │\n"
                              "│ ▸ Delete the sandbox         sandbox-delete  D │\n"
                              "│   Show the list of sandboxes                   │\n"
                              "│   alice/demo                        running    │\n"
                              "│                                                │\n"
                              "└──────────────────────────────── 1/3  Enter go ─┘\n");
    free(text);
    picker_paste(&picker, "demo", 4);
    assert_string_equal(picker_value(&picker), "sandbox:1");
    picker_finish(&picker);
    keymap_destroy(keymap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(palette__draw__shows_verbs_with_keys_and_objects),
    };
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
