/* SPDX-License-Identifier: MIT
 *
 * Predictions against scripted hosts: what is typed, what comes back, what shows in between.
 */
#include "tests/cm.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "vterm/predict.h"

struct world {
    struct term *term;
    struct predict *predict;
    size_t pending;
    int64_t now_ms;
};

static int setup(void **state)
{
    static struct world w;
    struct term_config config = {.scrollback_lines = 100};

    w = (struct world){.now_ms = 1000, .term = term_create(5, 20, &config)};
    w.predict = predict_create(w.term, PREDICT_ON);
    predict_update(w.predict, 0, w.now_ms);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    predict_destroy(w->predict);
    term_destroy(w->term);
    return 0;
}

static void print(struct world *w, const char *text)
{
    term_feed(w->term, text, strlen(text));
}

static void update(struct world *w)
{
    predict_update(w->predict, w->pending, w->now_ms);
}

static void type(struct world *w, const char *keys)
{
    predict_sent(w->predict, keys, strlen(keys));
    w->pending += strlen(keys);
    update(w);
}

/* The host takes n bytes and prints this. */
static void answer(struct world *w, size_t n, const char *output)
{
    assert_true(n <= w->pending);
    w->pending -= n;
    update(w);
    print(w, output);
    update(w);
}

/* Long enough for its echo. */
static void settle(struct world *w)
{
    w->now_ms += 300;
    update(w);
}

static const char *row_text(struct world *w, int row)
{
    static char text[4 * TERM_SIZE_MAX];
    size_t n = 0;

    for (int col = 0; col < term_cols(w->term); col++) {
        const struct cell *guess = predict_cell(w->predict, row, col);
        const struct cell *cell = guess ? guess : term_row(w->term, row) + col;

        if (!(cell->flags & CELL_CONTINUATION))
            n += cell_text(cell, text + n);
    }
    while (n && text[n - 1] == ' ')
        n--;
    text[n] = '\0';
    return text;
}

static int cursor_col(struct world *w)
{
    int row, col;

    return predict_cursor(w->predict, &row, &col) ? col : term_cursor(w->term).col;
}

/* A prompt, and one character echoed: it has proved right. */
static void prove(struct world *w)
{
    print(w, "$ ");
    type(w, "x");
    assert_string_equal(row_text(w, 0), "$");
    answer(w, 1, "x");
    settle(w);
    assert_string_equal(row_text(w, 0), "$ x");
}

static void predict__typing__shows_once_the_host_echoed(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "y");
    assert_string_equal(row_text(w, 0), "$ xy");
    assert_int_equal(cursor_col(w), 4);
    type(w, "z");
    assert_string_equal(row_text(w, 0), "$ xyz");
    answer(w, 1, "y");
    assert_string_equal(row_text(w, 0), "$ xyz");
    settle(w);
    assert_string_equal(row_text(w, 0), "$ xyz");
    answer(w, 1, "z");
    settle(w);
    assert_int_equal(predict_row(w->predict), -1);
    assert_int_equal(cursor_col(w), 5);
    assert_int_equal(predict_wrong(w->predict), 0);
}

static void predict__first_echo__shows_what_was_typed_meanwhile(void **state)
{
    struct world *w = *state;

    print(w, "$ ");
    type(w, "abc");
    assert_string_equal(row_text(w, 0), "$");
    answer(w, 1, "a");
    assert_string_equal(row_text(w, 0), "$ abc");
}

static void predict__password__shows_nothing(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "\r");
    answer(w, 1, "\r\nPassword: ");
    settle(w);
    for (const char *c = "sesame"; *c; c++) {
        type(w, (char[]){*c, '\0'});
        assert_string_equal(row_text(w, 1), "Password:");
        assert_int_equal(cursor_col(w), 10);
        if (c[1] == 'm')
            answer(w, w->pending, "");
        w->now_ms += 40;
        update(w);
    }
    answer(w, w->pending, "");
    settle(w);
    assert_string_equal(row_text(w, 1), "Password:");
    /* What comes next has to prove itself again. */
    type(w, "\r");
    answer(w, 1, "\r\n$ ");
    settle(w);
    type(w, "l");
    assert_string_equal(row_text(w, 2), "$");
    assert_int_equal(predict_wrong(w->predict), 0);
}

static void predict__output_between__has_to_prove_itself_again(void **state)
{
    struct world *w = *state;

    prove(w);
    print(w, "\r\nPassword: ");
    settle(w);
    type(w, "s");
    assert_string_equal(row_text(w, 1), "Password:");
    settle(w);
    /* The same line, but another program's: the text before the cursor is not what was typed. */
    answer(w, 1, "\r\n$ \033[1;3Hy\033[3;4H");
    settle(w);
    type(w, "s");
    assert_string_equal(row_text(w, 2), "$");
}

static void predict__other_echo__ends_it_and_shows_the_host(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "y");
    assert_string_equal(row_text(w, 0), "$ xy");
    answer(w, 1, "*");
    settle(w);
    assert_string_equal(row_text(w, 0), "$ x*");
    assert_int_equal(predict_wrong(w->predict), 1);
    type(w, "z");
    assert_string_equal(row_text(w, 0), "$ x*");
    answer(w, 1, "*");
    settle(w);
    type(w, "z");
    assert_string_equal(row_text(w, 0), "$ x**");
}

static void predict__no_echo_any_more__goes_away_by_itself(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "y");
    assert_string_equal(row_text(w, 0), "$ xy");
    answer(w, 1, "");
    assert_true(predict_due_ms(w->predict) > w->now_ms);
    w->now_ms = predict_due_ms(w->predict);
    update(w);
    assert_string_equal(row_text(w, 0), "$ x");
    assert_int_equal(cursor_col(w), 3);
    assert_int_equal(predict_due_ms(w->predict), 0);
}

static void predict__backspace__takes_what_was_typed_and_not_the_prompt(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "yz");
    type(w, "\177");
    assert_string_equal(row_text(w, 0), "$ xy");
    assert_int_equal(cursor_col(w), 4);
    type(w, "\177\177");
    assert_string_equal(row_text(w, 0), "$");
    assert_int_equal(cursor_col(w), 2);
    type(w, "\177");
    assert_int_equal(cursor_col(w), 2);
    assert_string_equal(row_text(w, 0), "$");
    answer(w, 6, "yz\b \b\b \b\b \b\a");
    settle(w);
    assert_string_equal(row_text(w, 0), "$");
    assert_int_equal(cursor_col(w), 2);
    assert_int_equal(predict_wrong(w->predict), 0);
}

static void predict__middle_of_the_line__moves_the_rest(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "yz");
    type(w, "\033[D");
    assert_int_equal(cursor_col(w), 3); /* not every program moves by arrows */
    answer(w, 5, "yz\b");
    settle(w);
    assert_int_equal(cursor_col(w), 4);
    type(w, "\033OD");
    assert_int_equal(cursor_col(w), 3);
    type(w, "ab");
    assert_string_equal(row_text(w, 0), "$ xabyz");
    assert_int_equal(cursor_col(w), 5);
    type(w, "\177");
    assert_string_equal(row_text(w, 0), "$ xayz");
    type(w, "\033[C");
    assert_int_equal(cursor_col(w), 5);
    type(w, "\033[C\033[C");
    assert_int_equal(cursor_col(w), 6); /* there is nothing to the right of the line's end */
    answer(w, w->pending, "\b\033[1@a\033[1@b\b\033[1P\033[C\033[C");
    settle(w);
    assert_string_equal(row_text(w, 0), "$ xayz");
    assert_int_equal(cursor_col(w), 6);
    assert_int_equal(predict_wrong(w->predict), 0);
}

static void predict__wide_characters__take_two_columns(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "\xe4\xb8\xad");
    assert_string_equal(row_text(w, 0), "$ x\xe4\xb8\xad");
    assert_int_equal(cursor_col(w), 5);
    type(w, "\xc3\xa9");
    assert_string_equal(row_text(w, 0), "$ x\xe4\xb8\xad\xc3\xa9");
    type(w, "\033[D");
    answer(w, w->pending, "\xe4\xb8\xad\xc3\xa9\b");
    settle(w);
    type(w, "\033[D");
    assert_int_equal(cursor_col(w), 3);
    type(w, "b");
    assert_string_equal(row_text(w, 0), "$ xb\xe4\xb8\xad\xc3\xa9");
    answer(w, w->pending, "\b\b\033[1@b");
    settle(w);
    assert_string_equal(row_text(w, 0), "$ xb\xe4\xb8\xad\xc3\xa9");
    /* A shell removes it whole, the kernel one column of it: not predicted. */
    type(w, "\033[C\177");
    assert_string_equal(row_text(w, 0), "$ xb\xe4\xb8\xad\xc3\xa9");
    assert_int_equal(predict_wrong(w->predict), 0);
}

static void predict__last_column__waits_for_the_host(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "0123456789abcdefg");
    /* 19 of 20 columns: where the next goes is the program's choice. */
    assert_string_equal(row_text(w, 0), "$ x0123456789abcdef");
    assert_int_equal(cursor_col(w), 19);
    type(w, "h");
    answer(w, 18, "0123456789abcdefgh");
    settle(w);
    assert_string_equal(row_text(w, 0), "$ x0123456789abcdefg");
    assert_string_equal(row_text(w, 1), "h");
    type(w, "i");
    answer(w, 1, "i");
    settle(w);
    type(w, "j");
    assert_string_equal(row_text(w, 1), "hij");
    assert_int_equal(predict_wrong(w->predict), 0);
}

static void predict__last_row__follows_the_scroll(void **state)
{
    struct world *w = *state;

    print(w, "\033[5;1H");
    print(w, "$ ");
    type(w, "x");
    answer(w, 1, "x");
    settle(w);
    type(w, "yz");
    assert_string_equal(row_text(w, 4), "$ xyz");
    /* A job's line pushes it up before the echo is here. */
    print(w, "\r\ndone");
    update(w);
    assert_string_equal(row_text(w, 3), "$ xyz");
    assert_string_equal(row_text(w, 4), "done");
    answer(w, 2, "\r\n$ xyz");
    settle(w);
    assert_string_equal(row_text(w, 2), "$ x");
    assert_string_equal(row_text(w, 4), "$ xyz");
    assert_int_equal(predict_row(w->predict), -1);
    type(w, "\rls");
    assert_string_equal(row_text(w, 4), "$ xyz");
    answer(w, 3, "\r\nxyz: not found\r\n$ ls");
    settle(w);
    assert_string_equal(row_text(w, 4), "$ ls");
}

static void predict__while_typing__finds_its_place_again(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "\r");
    w->now_ms += 100;
    type(w, "l");
    w->now_ms += 100;
    type(w, "s");
    /* The host has Enter only: what is under way is played through from its prompt. */
    answer(w, 1, "\r\n$ ");
    settle(w);
    assert_string_equal(row_text(w, 1), "$");
    answer(w, 1, "l");
    assert_string_equal(row_text(w, 1), "$ ls");
    type(w, " ");
    type(w, "a");
    assert_string_equal(row_text(w, 1), "$ ls a");
    answer(w, 3, "s a");
    settle(w);
    assert_int_equal(predict_wrong(w->predict), 0);
}

static void predict__alternate_screen__has_none(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "y");
    assert_string_equal(row_text(w, 0), "$ xy");
    print(w, "\033[?1049h\033[H~\033[2;1H");
    update(w);
    assert_string_equal(row_text(w, 0), "~");
    answer(w, 1, "");
    settle(w);
    for (int i = 0; i < 3; i++) {
        type(w, "i");
        assert_int_equal(predict_row(w->predict), -1);
        assert_int_equal(cursor_col(w), i);
        answer(w, 1, "i");
        settle(w);
    }
    print(w, "\033[?1049l");
    update(w);
    assert_string_equal(row_text(w, 0), "$ x");
}

static void predict__resize__drops_all(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "yz");
    assert_string_equal(row_text(w, 0), "$ xyz");
    term_resize(w->term, 3, 4);
    assert_int_equal(predict_row(w->predict), -1);
    assert_int_equal(cursor_col(w), 3);
    type(w, "\177");
    update(w);
    assert_int_equal(predict_row(w->predict), -1);
    answer(w, 3, "\r\033[K$ xy");
    settle(w);
    term_resize(w->term, 5, 30);
    print(w, "\033[H\033[J\n> ");
    update(w);
    type(w, "w");
    answer(w, 1, "w");
    settle(w);
    type(w, "v");
    assert_string_equal(row_text(w, 1), "> wv");
}

static void predict__suggestion__is_typed_over(void **state)
{
    struct world *w = *state;

    /* As fish: what follows would be completed, and shows dimly. */
    print(w, "$ ");
    type(w, "m");
    answer(w, 1, "m\033[90make test\033[m\033[1;4H");
    settle(w);
    type(w, "a");
    assert_string_equal(row_text(w, 0), "$ make test");
    assert_int_equal(cursor_col(w), 4);
    type(w, "n");
    assert_string_equal(row_text(w, 0), "$ mane test");
    answer(w, 2, "an\033[K");
    settle(w);
    assert_string_equal(row_text(w, 0), "$ man");
    assert_int_equal(predict_wrong(w->predict), 0);
}

static void predict__text_on_the_right__stays(void **state)
{
    struct world *w = *state;

    /* A prompt at the right edge does not move with what is typed. */
    print(w, "$ \033[1;18H12h\033[1;3H");
    type(w, "x");
    answer(w, 1, "x");
    settle(w);
    type(w, "y");
    assert_string_equal(row_text(w, 0), "$ xy             12h");
    /* In front of text that nobody typed here it is not known what happens. */
    answer(w, 1, "y\r");
    settle(w);
    type(w, "z");
    assert_string_equal(row_text(w, 0), "$ xy             12h");
}

static void predict__unknown_key__hides_what_follows(void **state)
{
    static const char *const keys[] = {"\t", "\033[A", "\033b", "\003", "\001", "\033[1;5D"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct world *w = *state;

        prove(w);
        type(w, keys[i]);
        type(w, "y");
        assert_string_equal(row_text(w, 0), "$ x");
        teardown(state);
        setup(state);
    }
}

static void predict__line_cleared__is_not_wrong(void **state)
{
    struct world *w = *state;

    prove(w);
    type(w, "yz");
    type(w, "\025");
    assert_string_equal(row_text(w, 0), "$ xyz");
    answer(w, 3, "yz\r$ \033[K");
    settle(w);
    assert_string_equal(row_text(w, 0), "$");
    assert_int_equal(predict_wrong(w->predict), 0);
}

static void predict__paste__is_not_predicted(void **state)
{
    struct world *w = *state;
    char text[3000];

    prove(w);
    memset(text, 'p', sizeof text);
    text[sizeof text - 1] = '\0';
    for (size_t n = 100; n < sizeof text; n = n * 2 + 1) {
        type(w, text + sizeof text - 1 - n);
        type(w, "q");
        assert_string_equal(row_text(w, 0), "$ x");
    }
    answer(w, w->pending, "\r\n$ ");
    settle(w);
    type(w, "y");
    answer(w, 1, "y");
    settle(w);
    type(w, "z");
    assert_string_equal(row_text(w, 1), "$ yz");
}

static void predict__automatic__follows_the_round_trip(void **state)
{
    static const struct {
        int64_t us;
        bool on;
    } steps[] = {{-1, false},   {19000, false}, {30000, false}, {30001, true},
                 {25000, true}, {20000, true},  {19999, false}, {25000, false}};
    struct world *w = *state;

    predict_set_mode(w->predict, PREDICT_AUTO);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        predict_set_round_trip(w->predict, steps[i].us);
        assert_int_equal(predict_is_on(w->predict), steps[i].on);
    }
    predict_set_mode(w->predict, PREDICT_OFF);
    predict_set_round_trip(w->predict, 500000);
    assert_false(predict_is_on(w->predict));
    type(w, "x");
    answer(w, 1, "x");
    settle(w);
    type(w, "y");
    assert_int_equal(predict_row(w->predict), -1);
}

static void predict__slow_link__underlines_what_is_not_confirmed(void **state)
{
    struct world *w = *state;

    prove(w);
    predict_set_round_trip(w->predict, 60000);
    type(w, "y");
    assert_false(predict_cell(w->predict, 0, 3)->style.attrs & ATTR_UNDERLINE);
    predict_set_round_trip(w->predict, 100000);
    type(w, "z");
    assert_true(predict_cell(w->predict, 0, 4)->style.attrs & ATTR_UNDERLINE);
    answer(w, 2, "yz");
    settle(w);
    assert_int_equal(predict_row(w->predict), -1);
}

#define PREDICT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PREDICT_TEST(predict__typing__shows_once_the_host_echoed),
        PREDICT_TEST(predict__first_echo__shows_what_was_typed_meanwhile),
        PREDICT_TEST(predict__password__shows_nothing),
        PREDICT_TEST(predict__output_between__has_to_prove_itself_again),
        PREDICT_TEST(predict__other_echo__ends_it_and_shows_the_host),
        PREDICT_TEST(predict__no_echo_any_more__goes_away_by_itself),
        PREDICT_TEST(predict__backspace__takes_what_was_typed_and_not_the_prompt),
        PREDICT_TEST(predict__middle_of_the_line__moves_the_rest),
        PREDICT_TEST(predict__wide_characters__take_two_columns),
        PREDICT_TEST(predict__last_column__waits_for_the_host),
        PREDICT_TEST(predict__last_row__follows_the_scroll),
        PREDICT_TEST(predict__while_typing__finds_its_place_again),
        PREDICT_TEST(predict__alternate_screen__has_none),
        PREDICT_TEST(predict__resize__drops_all),
        PREDICT_TEST(predict__suggestion__is_typed_over),
        PREDICT_TEST(predict__text_on_the_right__stays),
        PREDICT_TEST(predict__unknown_key__hides_what_follows),
        PREDICT_TEST(predict__line_cleared__is_not_wrong),
        PREDICT_TEST(predict__paste__is_not_predicted),
        PREDICT_TEST(predict__automatic__follows_the_round_trip),
        PREDICT_TEST(predict__slow_link__underlines_what_is_not_confirmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
