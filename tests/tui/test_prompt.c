/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/tui/dump.h"
#include "tui/prompt.h"

/* Presses the keys named in script, separated by blanks. */
static enum prompt_result press(struct prompt *p, const char *script)
{
    enum prompt_result last = PROMPT_IGNORED;
    char *copy = xstrdup(script), *rest = copy, *name;

    while ((name = strsep(&rest, " "))) {
        struct key key;

        assert_true(key_parse(name, &key));
        last = prompt_key(p, key);
    }
    free(copy);
    return last;
}

static void prompt__keys__edit_as_readline_does(void **state)
{
    static const struct {
        const char *script, *text;
        size_t cursor;
    } cases[] = {
        {"a b c", "abc", 3},
        {"a b Left c", "acb", 2},
        {"a b C-a c", "cab", 1},
        {"a b Home c End d", "cabd", 4},
        {"a Space b C-w", "a ", 2},
        {"a b Space c d M-b C-k", "ab ", 3},
        {"a b Space c d C-u", "", 0},
        {"a b Space c d C-w C-a C-y", "cdab ", 2},
        {"a b C-b C-d", "a", 1},
        {"a b BS BS BS", "", 0},
        {"a b Space c M-b M-b M-d", " c", 0},
        {"a b C-t", "ba", 2},
        {"a Space b C-Left C-Left x", "xa b", 1},
        {"a . b M-BS", "a.", 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct prompt p = {0};

        press(&p, cases[i].script);
        assert_string_equal(prompt_text(&p), cases[i].text);
        assert_int_equal(p.cursor, cases[i].cursor);
        prompt_finish(&p);
    }
}

static void prompt__cursor__moves_over_whole_characters(void **state)
{
    struct prompt p = {0};

    prompt_set(&p, "e\xcc\x81\xe6\xbc\xa2"); /* e with a combining acute, a wide one */
    press(&p, "Left");
    assert_int_equal(p.cursor, 3);
    press(&p, "Left");
    assert_int_equal(p.cursor, 0);
    press(&p, "Del");
    assert_string_equal(prompt_text(&p), "\xe6\xbc\xa2");
    press(&p, "End BS");
    assert_string_equal(prompt_text(&p), "");
    prompt_finish(&p);
}

static void prompt__paste__cleans_and_bounds(void **state)
{
    struct prompt p = {0};
    char *big = xmalloc(2 * PROMPT_MAX_BYTES);

    prompt_paste(&p, "a\nb\x1b[31mc\r\n", 11);
    assert_string_equal(prompt_text(&p), "a b [31mc");
    memset(big, 'x', 2 * PROMPT_MAX_BYTES);
    prompt_paste(&p, big, 2 * PROMPT_MAX_BYTES);
    /* What does not fit is not taken, and what was typed stays. */
    assert_string_equal(prompt_text(&p), "a b [31mc");
    prompt_set(&p, "");
    prompt_paste(&p, "\xff\xfe", 2);
    assert_true(utf8_valid(prompt_text(&p), p.text.len));
    free(big);
    prompt_finish(&p);
}

static void prompt__history__keeps_the_draft(void **state)
{
    struct prompt_history h = {0};
    struct prompt p = {.history = &h};

    prompt_history_add(&h, "one");
    prompt_history_add(&h, "two");
    prompt_history_add(&h, "two");
    prompt_history_add(&h, "  ");
    assert_int_equal(h.n, 2);
    press(&p, "d r Up");
    assert_string_equal(prompt_text(&p), "two");
    press(&p, "Up Up");
    assert_string_equal(prompt_text(&p), "one");
    press(&p, "Down Down Down");
    assert_string_equal(prompt_text(&p), "dr");
    for (int i = 0; i < PROMPT_HISTORY_MAX + 5; i++) {
        char line[16];

        snprintf(line, sizeof line, "%d", i);
        prompt_history_add(&h, line);
    }
    assert_int_equal(h.n, PROMPT_HISTORY_MAX);
    assert_string_equal(h.lines[0], "5");
    prompt_finish(&p);
    prompt_history_finish(&h);
}

static bool complete(void *user, const char *text, size_t start, size_t end, unsigned turn,
                     struct buf *out)
{
    static const char *const words[] = {"alpha", "alto"};

    if (strncmp(text + start, "al", end - start) != 0)
        return false;
    buf_append_str(out, words[turn % 2]);
    return true;
}

static void prompt__tab__completes_the_word_and_goes_on(void **state)
{
    struct prompt p = {.complete = complete};

    press(&p, "x Space a Tab");
    assert_string_equal(prompt_text(&p), "x alpha");
    press(&p, "Tab");
    assert_string_equal(prompt_text(&p), "x alto");
    press(&p, "z Tab");
    assert_string_equal(prompt_text(&p), "x altoz");
    prompt_finish(&p);
}

static void prompt__draw__scrolls_to_the_cursor(void **state)
{
    static const int widths[] = {1, 2, 3, 20};
    static const char *const shown[] = {"\n", "j\n", "ij\n", "abcdefghij\n"};

    for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
        struct prompt p = {0};
        struct canvas c = dump_canvas(1, widths[i]);

        prompt_set(&p, "abcdefghij");
        int at = prompt_draw(&p, c, 0, 0, widths[i], (struct style){0});
        assert_in_range(at, 0, widths[i] - 1);
        char *text = dump_text(c);
        assert_string_equal(text, shown[i]);
        free(text);
        prompt_finish(&p);
    }
}

static void prompt__keys__say_what_they_meant(void **state)
{
    struct prompt p = {0};

    assert_int_equal(press(&p, "Enter"), PROMPT_ACCEPT);
    assert_int_equal(press(&p, "Esc"), PROMPT_CANCEL);
    assert_int_equal(press(&p, "F5"), PROMPT_IGNORED);
    assert_int_equal(press(&p, "Up"), PROMPT_IGNORED);
    assert_int_equal(press(&p, "Left"), PROMPT_MOVED);
    prompt_finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompt__keys__edit_as_readline_does),
        cmocka_unit_test(prompt__cursor__moves_over_whole_characters),
        cmocka_unit_test(prompt__paste__cleans_and_bounds),
        cmocka_unit_test(prompt__history__keeps_the_draft),
        cmocka_unit_test(prompt__tab__completes_the_word_and_goes_on),
        cmocka_unit_test(prompt__draw__scrolls_to_the_cursor),
        cmocka_unit_test(prompt__keys__say_what_they_meant),
    };
    text_init_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
