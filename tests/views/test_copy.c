/* SPDX-License-Identifier: MIT
 *
 * Copy mode on a real shell view: cursor, selection, search, mouse, buffers.
 */
#include "tests/views/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "views/copy.h"
#include "wire/base64.h"
#include "wire/names.h"

static struct stage *open_lines_in(int rows, int cols, const char *const *lines)
{
    struct stage *s = stage_open_synced(rows, cols);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->n_attached == 1);
    for (; *lines; lines++)
        stage_output(s, *lines);
    stage_output(s, "$ ");
    stage_await(s, "$");
    return s;
}

static struct stage *open_lines(const char *const *lines)
{
    return open_lines_in(12, 60, lines);
}

static struct stage *open_numbered(int n)
{
    static char text[4096];
    const char *lines[] = {text, NULL};

    text[0] = '\0';
    for (int i = 1; i <= n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "line %d\r\n", i);
    return open_lines(lines);
}

static void assert_copied(struct stage *s, const char *text)
{
    cleanup_buf struct buf osc = {0};

    buf_append_str(&osc, "\x1b]52;c;");
    base64_encode(&osc, text, strlen(text));
    buf_append_str(&osc, "\x07");
    const struct buf *written = stage_written(s);
    assert_true(written->len >= osc.len);
    assert_memory_equal(written->data + written->len - osc.len, osc.data, osc.len);
}

static void assert_cursor_at(struct stage *s, int row, int col, int line)
{
    int y, x;

    assert_true(stage_cursor(s, &y, &x));
    if (y != row || x != col)
        fail_msg("line %d: cursor at %d,%d, not %d,%d", line, y, x, row, col);
}

#define assert_cursor(s, row, col) assert_cursor_at(s, row, col, __LINE__)

static void copy__cursor__moves_like_vi(void **state)
{
    static const char *const lines[] = {"alpha beta-gamma  delta\r\n", "\r\n", "  indented\r\n",
                                        NULL};
    struct stage *s = open_lines(lines);

    stage_keys(s, "C-b [");
    assert_cursor(s, 3, 2);
    stage_keys(s, "g g");
    assert_cursor(s, 0, 0);
    stage_keys(s, "w");
    assert_cursor(s, 0, 6);
    stage_keys(s, "w w");
    assert_cursor(s, 0, 11);
    stage_keys(s, "e");
    assert_cursor(s, 0, 15);
    stage_keys(s, "$");
    assert_cursor(s, 0, 22);
    stage_keys(s, "b");
    assert_cursor(s, 0, 18);
    stage_keys(s, "j j");
    assert_cursor(s, 2, 18);
    stage_keys(s, "^");
    assert_cursor(s, 2, 2);
    stage_keys(s, "0 l h k");
    assert_cursor(s, 1, 0);
    stage_keys(s, "{");
    assert_cursor(s, 0, 0);
    stage_keys(s, "b"); /* there is no word before the first */
    assert_cursor(s, 0, 0);
    stage_keys(s, "L");
    assert_cursor(s, 10, 0);
    stage_keys(s, "$ e w");
    assert_cursor(s, 10, 59);
    stage_close(s);
}

static void copy__paragraph__goes_on_from_a_blank_edge(void **state)
{
    static const char *const lines[] = {"\r\n", "one\r\n", "\r\n", "two\r\n", "\r\n", NULL};
    struct stage *s = open_lines(lines);

    stage_keys(s, "C-b [ G"); /* the last row of the screen is blank, the first line, too */
    assert_cursor(s, 10, 0);
    stage_keys(s, "{");
    assert_cursor(s, 4, 0);
    stage_keys(s, "g g }");
    assert_cursor(s, 2, 0);
    stage_keys(s, "} }");
    assert_cursor(s, 6, 0);
    stage_keys(s, "} }"); /* and stays at the ends */
    assert_cursor(s, 10, 0);
    stage_keys(s, "g g {");
    assert_cursor(s, 0, 0);
    stage_keys(s, "2 }");
    assert_cursor(s, 4, 0);
    stage_close(s);
}

static void copy__select__characters_lines_and_blocks(void **state)
{
    struct stage *s = open_numbered(40);

    stage_keys(s, "C-b [ g g v j $ y");
    assert_copied(s, "line 1\nline 2");
    stage_await_gone(s, "lines back");
    stage_keys(s, "C-b [ g g l V j y");
    assert_copied(s, "line 1\nline 2");
    stage_keys(s, "C-b [ g g l C-v l l j y");
    assert_copied(s, "ine\nine");
    stage_keys(s, "C-b [ g g y"); /* nothing selected: the word */
    assert_copied(s, "line");
    stage_keys(s, "C-b ]");
    await(&s->loop, 20000, s->typed.len == 4);
    assert_memory_equal(s->typed.data, "line", 4);
    stage_close(s);
}

/* What the editor was given, by an "editor" that keeps it. */
static void assert_edited(struct stage *s, const char *file, const char *text)
{
    char read[8192];
    FILE *f;

    unlink(file);
    stage_keys(s, "E");
    await(&s->loop, 20000, access(file, R_OK) == 0 && !s->env.state->editor);
    assert_non_null(f = fopen(file, "r"));
    read[fread(read, 1, sizeof read - 1, f)] = '\0';
    fclose(f);
    unlink(file);
    assert_string_equal(read, text);
    stage_await(s, "lines back");
}

static void copy__edit__opens_the_selection_or_everything(void **state)
{
    char file[] = "/tmp/sandpit-test-edit-XXXXXX";
    cleanup_buf struct buf all = {0};
    int fd = mkstemp(file);

    assert_true(fd >= 0);
    close(fd);
    cleanup_free char *editor =
        xasprintf("cp \"$1\" %s.part && mv %s.part %s; true", file, file, file);
    assert_int_equal(setenv("EDITOR", editor, 1), 0);
    unsetenv("VISUAL");
    struct stage *s = open_numbered(40);
    for (int i = 1; i <= 40; i++)
        buf_printf(&all, "line %d\n", i);
    buf_append_str(&all, "$\n");
    stage_keys(s, "C-b [");
    assert_edited(s, file, all.data);
    stage_keys(s, "g g l V j");
    assert_edited(s, file, "line 1\nline 2\n");
    stage_keys(s, "Esc g g v e");
    assert_edited(s, file, "line\n");
    stage_close(s);
    unsetenv("EDITOR");
}

static void copy__selection__stays_with_its_text(void **state)
{
    struct stage *s = open_numbered(40);

    stage_keys(s, "C-b [ g g v $");
    stage_output(s, "later\r\nlater\r\nlater\r\n");
    stage_await(s, "+3 new");
    stage_resize(s, 12, 30);
    stage_await(s, "line 1");
    stage_keys(s, "y");
    assert_copied(s, "line 1");
    stage_close(s);
}

static void copy__new_lines__count_where_the_screen_is_not_full_too(void **state)
{
    struct stage *s = open_numbered(3);

    stage_keys(s, "C-b [");
    stage_output(s, "ls\r\n");
    stage_await(s, "+1 new");
    stage_output(s, "one\r\ntwo\r\n$ ");
    stage_await(s, "+3 new");
    /* Twelve more rows, most of them into the scrollback. */
    stage_output(s, "\r\n\n\n\n\n\n\n\n\n\n\n\nend");
    stage_await(s, "+15 new");
    stage_output(s, "\x1b[?1049h\x1b[9;1Heditor");
    stage_await_gone(s, " new");
    stage_output(s, "\x1b[?1049l");
    stage_await(s, "+15 new");
    stage_close(s);
}

/* What goes into the scrollback because the pane got smaller was there before. */
static void copy__smaller_pane__makes_no_lines_new(void **state)
{
    struct stage *s = open_numbered(40);

    stage_resize(s, 24, 60);
    stage_await(s, "line 20");
    stage_keys(s, "C-b [");
    stage_await(s, "lines back");
    stage_resize(s, 12, 60);
    stage_await_gone(s, "line 20");
    stage_output(s, "\r\n");
    stage_await(s, "+1 new");
    stage_close(s);
}

static void copy__search__counts_goes_round_and_says_what_is_wrong(void **state)
{
    struct stage *s = open_numbered(40);

    stage_keys(s, "C-b /");
    stage_type(s, "line 3\\d");
    stage_await(s, "10 hits");
    stage_keys(s, "Enter");
    stage_await(s, "10/10 hits");
    stage_await(s, "line 39");
    stage_keys(s, "n n");
    stage_await(s, "8/10 hits");
    stage_keys(s, "N N N");
    stage_await(s, "1/10 hits (round the end)");
    stage_keys(s, "/");
    stage_type(s, "(");
    stage_await(s, "missing closing parenthesis");
    stage_keys(s, "Enter"); /* stays open */
    stage_await(s, "missing closing parenthesis");
    stage_keys(s, "Esc q");
    stage_await_gone(s, "lines back");
    stage_keys(s, "C-b /");
    stage_type(s, "nowhere");
    stage_keys(s, "Enter");
    stage_await(s, "no hit");
    stage_close(s);
}

static void copy__count__repeats_the_motion_behind_it(void **state)
{
    struct stage *s = open_numbered(40); /* lines 31 to 40 and a prompt show */

    stage_keys(s, "C-b [ 3");
    stage_await(s, "3\xc3\x97");
    stage_keys(s, "k");
    stage_await_gone(s, "\xc3\x97");
    assert_cursor(s, 7, 2);
    stage_keys(s, "5 w");
    assert_cursor(s, 9, 5);
    stage_keys(s, "1 0 k"); /* 0 is a digit behind one */
    assert_cursor(s, 0, 5);
    stage_keys(s, "4 l 0"); /* and a motion alone */
    assert_cursor(s, 0, 0);
    stage_keys(s, "1 0 j 3 b");
    assert_cursor(s, 8, 5);
    stage_keys(s, "3 Esc k"); /* Esc takes it back, and nothing else */
    assert_cursor(s, 7, 5);
    stage_keys(s, "3 Q");
    stage_await_gone(s, "\xc3\x97");
    stage_keys(s, "k");
    assert_cursor(s, 6, 5);
    stage_keys(s, "3 v k Esc k"); /* of no use to the key behind it */
    assert_cursor(s, 4, 5);
    stage_keys(s, "3 C-b");
    stage_keys(s, "m k"); /* nor behind the prefix */
    assert_cursor(s, 3, 5);
    stage_keys(s, "1 2 3 4 5 6");
    stage_await(s, " 12345\xc3\x97");
    stage_keys(s, "j");
    assert_cursor(s, 10, 5);
    stage_keys(s, "5 g g");
    assert_cursor(s, 0, 0);
    stage_await(s, "line 5");
    stage_keys(s, "7 G");
    assert_cursor(s, 2, 0);
    stage_keys(s, "2 C-f");
    stage_await(s, "line 27");
    stage_keys(s, "g g /");
    stage_type(s, "line 1");
    stage_keys(s, "Enter 3 n");
    stage_await(s, "line 13");
    stage_await(s, "5/11 hits");
    stage_keys(s, "2 N");
    stage_await(s, "3/11 hits");
    stage_keys(s, "2 q");
    stage_await_gone(s, "lines back");
    stage_keys(s, "C-b [ k");
    assert_cursor(s, 9, 2);
    stage_close(s);
}

/* The line that shows in a row, to be freed. */
static char *row_of(struct stage *s, int row)
{
    cleanup_free char *screen = stage_screen(s);
    const char *line = screen;

    while (row--)
        line = strchr(line, '\n') + 1;
    return xstrndup(line, strcspn(line, "\n"));
}

static void assert_row(struct stage *s, int row, const char *text)
{
    cleanup_free char *line = row_of(s, row);

    if (strncmp(line, text, strlen(text)) != 0)
        fail_msg("row %d is \"%s\", not \"%s\"", row, line, text);
}

/* As vi: where a count is no repetition. */
static void copy__count__of_lines_and_edges(void **state)
{
    struct stage *s = open_numbered(40); /* lines 31 to 40 and a prompt show */

    stage_keys(s, "C-b [ 3 H");
    assert_cursor(s, 2, 2);
    stage_keys(s, "H");
    assert_cursor(s, 0, 2);
    stage_keys(s, "2 L");
    assert_cursor(s, 9, 2);
    stage_keys(s, "L");
    assert_cursor(s, 10, 2);
    stage_keys(s, "9 9 H");
    assert_cursor(s, 10, 2);
    stage_keys(s, "9 9 L");
    assert_cursor(s, 0, 2);
    stage_keys(s, "3 $");
    assert_cursor(s, 2, 6);
    stage_keys(s, "0 1 $");
    assert_cursor(s, 2, 6);
    stage_keys(s, "9 9 $");
    assert_cursor(s, 10, 0); /* where the prompt is, whose blank is no text */
    stage_keys(s, "5 M");
    assert_cursor(s, 5, 0);
    /* Half a page is so many lines from then on; the cursor goes with them. */
    stage_keys(s, "1 0 G j j");
    stage_await(s, "line 10");
    assert_cursor(s, 2, 0);
    stage_keys(s, "3 C-d");
    stage_await_gone(s, "line 12");
    stage_await(s, "line 13");
    assert_cursor(s, 2, 0);
    stage_keys(s, "C-d");
    stage_await_gone(s, "line 15");
    stage_await(s, "line 16");
    stage_keys(s, "C-u");
    stage_await(s, "line 13");
    stage_keys(s, "2 C-u");
    stage_await(s, "line 11");
    assert_cursor(s, 2, 0);
    stage_keys(s, "q C-b [ g g C-d");
    stage_await_gone(s, "line 5 ");
    stage_await(s, "line 6 ");
    assert_cursor(s, 0, 0);
    /* Pages, and a selection on the way. */
    stage_keys(s, "2 PgDn");
    stage_await(s, "line 26");
    assert_cursor(s, 0, 0);
    stage_keys(s, "2 PgUp");
    stage_await(s, "line 6 ");
    stage_keys(s, "v 3 $ y");
    assert_copied(s, "line 6\nline 7\nline 8");
    stage_close(s);
}

static void copy__search__shows_the_nearest_hit_while_it_is_typed(void **state)
{
    struct stage *s = open_numbered(300);

    stage_keys(s, "C-b [ k k ?");
    stage_type(s, "^line 12.$");
    stage_await(s, "10/10 hits");
    stage_await(s, "line 129");
    stage_type(s, "x");
    stage_await(s, "no hit");
    stage_await(s, "line 299");
    stage_keys(s, "BS");
    stage_await(s, "line 129");
    stage_keys(s, "Esc");
    stage_await(s, "line 299");
    assert_cursor(s, 8, 2); /* where it began */
    assert_row(s, 8, "line 299");
    /* Downwards a hit comes to the last row, where the pattern stands. */
    stage_keys(s, "g g j j j /");
    stage_type(s, "1[57]0");
    stage_await(s, "1/2 hits");
    stage_await(s, "line 150");
    stage_keys(s, "Enter");
    stage_await(s, "1/2 hits");
    assert_cursor(s, 10, 5);
    assert_row(s, 10, "line 150");
    stage_keys(s, "/");
    stage_type(s, "170");
    stage_await(s, "line 170");
    stage_keys(s, "Esc");
    stage_await(s, "line 150");
    assert_cursor(s, 10, 5);
    /* The last line of all. */
    stage_keys(s, "G k /");
    stage_type(s, "\\$");
    stage_await(s, "1/1 hit");
    assert_row(s, 9, "$");
    stage_keys(s, "Esc");
    stage_close(s);
}

/* Output and a search over more lines than one step looks through. */
static void copy__search__finds_the_nearest_of_many_lines(void **state)
{
    enum { N = 9000 };
    cleanup_buf struct buf text = {0};

    for (int i = 1; i <= N; i++)
        buf_printf(&text, "line %d%s\r\n", i, i % 3000 == 7 ? " here" : "");
    const char *lines[] = {text.data, NULL};
    struct stage *s = open_lines(lines);
    stage_keys(s, "C-b [ g g 0 /");
    stage_type(s, "here");
    stage_await(s, "1/3 hits");
    assert_row(s, 6, "line 7 here");
    stage_keys(s, "Enter n");
    stage_await(s, "line 3007 here");
    stage_keys(s, "?");
    stage_type(s, "here");
    stage_await(s, "line 7 here");
    stage_keys(s, "Esc");
    stage_await(s, "line 3007 here");
    stage_close(s);
}

/* Copy mode on 9,000 lines, three of which have it; the search is in its first step. */
static struct term *begin_search(struct copy *c, const char *pattern)
{
    struct term *t = term_create(12, 40, &(struct term_config){.scrollback_lines = 10000});
    cleanup_buf struct buf text = {0};

    for (int i = 1; i <= 9000; i++)
        buf_printf(&text, "line %d%s\r\n", i, i == 7 || i == 9 || i == 11 ? " here" : "");
    term_feed(t, text.data, text.len);
    copy_enter(c, t, 12, 40, 0, 0, false);
    copy_act(c, "copy-search-back", 0);
    for (; *pattern; pattern++)
        copy_key(c, (struct key){.code = (uint32_t)*pattern});
    copy_key(c, (struct key){.code = KEY_ENTER});
    assert_false(c->prompting);
    assert_true(search_progress(c->search) < 1);
    return t;
}

static void end_search(struct copy *c, struct term *t)
{
    copy_finish(c);
    term_destroy(t);
}

/* Enter does not look through everything at once, nor do n and N. */
static void copy__search__goes_on_behind_enter(void **state)
{
    struct copy c = {0};
    struct term *t = begin_search(&c, "here");
    uint64_t at = c.cursor.line;

    while (copy_step(&c))
        assert_true(c.cursor.line == at || c.cursor.line == 10);
    assert_int_equal(c.cursor.line, 10);
    assert_false(c.not_found);
    end_search(&c, t);

    t = begin_search(&c, "here");
    copy_act(&c, "copy-next", 0);
    copy_act(&c, "copy-next", 0);
    copy_act(&c, "copy-previous", 0);
    assert_true(search_progress(c.search) < 1);
    while (copy_step(&c))
        continue;
    assert_int_equal(c.cursor.line, 8);
    end_search(&c, t);

    t = begin_search(&c, "nowhere");
    assert_false(c.not_found);
    while (copy_step(&c))
        continue;
    assert_true(c.not_found);
    copy_act(&c, "copy-next", 0);
    assert_true(c.not_found);
    end_search(&c, t);
}

static void copy__search__takes_nobody_along_who_went_elsewhere(void **state)
{
    struct copy c = {0};
    struct term *t = begin_search(&c, "here");

    copy_act(&c, "list-up", 1);
    uint64_t at = c.cursor.line;
    assert_true(search_progress(c.search) < 1);
    copy_step(&c);
    assert_int_equal(c.cursor.line, at);
    copy_act(&c, "copy-next", 2); /* none is known yet */
    assert_int_equal(c.cursor.line, at);
    while (copy_step(&c))
        continue;
    assert_int_equal(c.cursor.line, 8);
    end_search(&c, t);

    t = begin_search(&c, "here");
    at = c.cursor.line;
    assert_int_equal(copy_act(&c, "escape", 0), COPY_HANDLED);
    assert_false(copy_step(&c));
    assert_int_equal(c.cursor.line, at);
    end_search(&c, t);
}

/* What is left while a pattern is typed is left with it. */
static void copy__search__ends_with_copy_mode(void **state)
{
    struct stage *s = open_numbered(5);
    struct mouse m = {.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 1, .col = 0};

    stage_keys(s, "C-b /");
    stage_type(s, "li");
    stage_mouse(s, m);
    m.kind = MOUSE_MOVE;
    m.col = 3;
    stage_mouse(s, m);
    m.kind = MOUSE_RELEASE;
    stage_mouse(s, m);
    stage_await_gone(s, "lines back");
    stage_paste(s, "typed");
    await(&s->loop, 20000, s->typed.len == 5);
    stage_close(s);
}

static void copy__prompts__are_jumped_to(void **state)
{
    static const char *const lines[] = {
        "\x1b]133;A\x07$ one\r\n", "out 1\r\n", "out 2\r\n", "\x1b]133;A\x07$ two\r\n", "out 3\r\n",
        "\x1b]133;A\x07",          NULL};
    struct stage *s = open_lines(lines);

    stage_keys(s, "C-b [ (");
    assert_cursor(s, 3, 0);
    stage_keys(s, "(");
    assert_cursor(s, 0, 0);
    stage_keys(s, ")");
    assert_cursor(s, 3, 0);
    stage_close(s);
}

static void copy__mouse__selects_and_copies_at_once(void **state)
{
    struct stage *s = open_numbered(5);
    struct mouse m = {.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 1, .col = 0};

    stage_mouse(s, m);
    m.kind = MOUSE_MOVE;
    m.col = 3;
    stage_mouse(s, m);
    m.kind = MOUSE_RELEASE;
    stage_mouse(s, m);
    assert_copied(s, "line");
    stage_await_gone(s, "lines back");
    /* A click alone does nothing; twice takes the word. */
    m = (struct mouse){.kind = MOUSE_PRESS, .button = MOUSE_LEFT, .row = 2, .col = 5};
    for (int i = 0; i < 2; i++) {
        m.kind = MOUSE_PRESS;
        stage_mouse(s, m);
        m.kind = MOUSE_RELEASE;
        stage_mouse(s, m);
    }
    assert_copied(s, "3");
    assert_int_equal(s->typed.len, 0);
    stage_close(s);
}

static void mouse_at(struct stage *s, enum mouse_kind kind, int row, int col)
{
    stage_mouse(s, (struct mouse){.kind = kind, .button = MOUSE_LEFT, .row = row, .col = col});
}

/* For what must not happen in that time. */
static void pass(struct stage *s, int64_t ms)
{
    for (int64_t until = clock_mono_ms() + ms; clock_mono_ms() < until;)
        uv_run(&s->loop, UV_RUN_NOWAIT);
}

/* Nothing is above this pane: its first row scrolls while the button is held in it. */
static void copy__mouse__first_row_of_the_screen_scrolls(void **state)
{
    struct stage *s = open_numbered(40);

    /* For who only passes, and along it, it is a row like others. */
    mouse_at(s, MOUSE_PRESS, 1, 3);
    mouse_at(s, MOUSE_MOVE, 0, 0);
    mouse_at(s, MOUSE_RELEASE, 0, 0);
    assert_copied(s, "line 31\nline");
    mouse_at(s, MOUSE_PRESS, 0, 0);
    mouse_at(s, MOUSE_MOVE, 0, 6);
    pass(s, 400);
    mouse_at(s, MOUSE_RELEASE, 0, 6);
    assert_copied(s, "line 31");
    mouse_at(s, MOUSE_PRESS, 1, 3);
    mouse_at(s, MOUSE_MOVE, 0, 0);
    mouse_at(s, MOUSE_MOVE, 0, 5);
    stage_await(s, "30 of 30 lines back");
    mouse_at(s, MOUSE_MOVE, 1, 0);
    mouse_at(s, MOUSE_MOVE, 11, 3);
    stage_await(s, "0 of 30 lines back");
    mouse_at(s, MOUSE_RELEASE, 11, 3);
    stage_await_gone(s, "lines back");
    /* A key ends it, too. */
    mouse_at(s, MOUSE_PRESS, 1, 3);
    mouse_at(s, MOUSE_MOVE, 0, 0);
    stage_await(s, "30 of 30 lines back");
    mouse_at(s, MOUSE_MOVE, 11, 3);
    stage_keys(s, "g g");
    pass(s, 150);
    stage_await(s, "30 of 30 lines back");
    mouse_at(s, MOUSE_RELEASE, 11, 3);
    stage_close(s);
}

static void ctrl_click(struct stage *s, int row, int col, uint8_t mods)
{
    struct mouse m = {.kind = MOUSE_PRESS,
                      .button = MOUSE_LEFT,
                      .mods = (uint8_t)(MOD_CTRL | mods),
                      .row = row,
                      .col = col};

    stage_mouse(s, m);
    m.kind = MOUSE_RELEASE;
    stage_mouse(s, m);
}

static void assert_opens(struct stage *s, int row, int col, const char *address)
{
    ctrl_click(s, row, col, 0);
    stage_await(s, "Open this link?");
    stage_await(s, address);
    stage_keys(s, "Enter");
    stage_await_gone(s, "Open this link?");
    assert_copied(s, address); /* there is no browser over ssh */
}

static void link__ctrl_click__shows_and_opens_it(void **state)
{
    const char *lines[] = {"see http://box-3000.localhost:7780/a(b), or (https://x.org/y).\r\n",
                           "\033]8;;https://real.org/?q\033\\docs\033]8;;\033\\ http\r\n",
                           "\033]8;;file:///etc/passwd\033\\file\033]8;;\033\\\r\n",
                           "01234567890123456789012345678901234567890123456789",
                           " http://long.org/path\r\n",
                           NULL};

    assert_int_equal(setenv("SSH_TTY", "/dev/pts/0", 1), 0);
    struct stage *s = open_lines(lines);
    assert_opens(s, 0, 4, "http://box-3000.localhost:7780/a(b)");
    assert_opens(s, 0, 38, "http://box-3000.localhost:7780/a(b)");
    assert_opens(s, 0, 45, "https://x.org/y");
    assert_opens(s, 2, 2, "https://real.org/?q");
    /* A wrapped one, from its second row. */
    assert_opens(s, 5, 3, "http://long.org/path");
    ctrl_click(s, 3, 1, 0);
    assert_non_null(strstr(stage_toast(s), "Only http and https are opened, not file:"));
    ctrl_click(s, 0, 41, 0);
    ctrl_click(s, 2, 6, 0);
    stage_await_gone(s, "Open this link?");
    /* A program that wants the mouse has it, but with Shift. */
    stage_output(s, "\033[?1000;1006h\033[9;1Hmouse");
    stage_await(s, "mouse");
    ctrl_click(s, 0, 4, 0);
    await(&s->loop, 20000, s->typed.len == strlen("\033[<16;5;1M\033[<16;5;1m"));
    ctrl_click(s, 0, 4, MOD_SHIFT);
    stage_await(s, "http://box-3000.localhost:7780/a(b)");
    stage_await(s, "Open this link?");
    stage_keys(s, "n");
    stage_await_gone(s, "Open this link?");
    assert_int_equal(s->typed.len, strlen("\033[<16;5;1M\033[<16;5;1m"));
    stage_close(s);
    unsetenv("SSH_TTY");
}

/* Each of its bytes may begin an address or end one: looked at once, not once for every other. */
static void link__hostile_lines__are_read_at_once(void **state)
{
    enum { ROWS = 40, COLS = 500, N_TEXT = 33 * COLS, N_HTTP = 1200 };
    static char text[N_TEXT + 1];
    const char *lines[] = {text, "\r\nhttp://last.org/.\r\n", NULL};

    memset(text, ')', N_TEXT);
    for (int i = 0; i < 7 * N_HTTP; i++)
        text[i] = "http://"[i % 7];
    struct stage *s = open_lines_in(ROWS, COLS, lines);
    stage_await(s, "http://last.org/");
    ctrl_click(s, 31, 3, 0); /* a bracket: of no address */
    ctrl_click(s, 33, 16, 0);
    assert_null(strstr(stage_toast(s), "Only http and https"));
    ctrl_click(s, 3, 3, 0); /* too long for a browser */
    assert_non_null(strstr(stage_toast(s), "Only http and https are opened"));
    ctrl_click(s, 33, 15, 0);
    stage_await(s, "Open this link?");
    stage_await(s, "http://last.org/ ");
    stage_keys(s, "n");
    stage_await_gone(s, "Open this link?");
    stage_close(s);
}

static void copy__end__of_the_terminal_is_survived(void **state)
{
    struct stage *s = open_numbered(40);

    stage_keys(s, "C-b [ g g v j /");
    stage_type(s, "line");
    stage_tell(s, MSG_SANDBOX_DELETED, "\"sandboxId\":\"a1\"");
    stage_await(s, "line 1");
    stage_keys(s, "Esc Esc q");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy__cursor__moves_like_vi),
        cmocka_unit_test(copy__paragraph__goes_on_from_a_blank_edge),
        cmocka_unit_test(copy__select__characters_lines_and_blocks),
        cmocka_unit_test(copy__edit__opens_the_selection_or_everything),
        cmocka_unit_test(copy__selection__stays_with_its_text),
        cmocka_unit_test(copy__new_lines__count_where_the_screen_is_not_full_too),
        cmocka_unit_test(copy__smaller_pane__makes_no_lines_new),
        cmocka_unit_test(copy__search__counts_goes_round_and_says_what_is_wrong),
        cmocka_unit_test(copy__count__repeats_the_motion_behind_it),
        cmocka_unit_test(copy__count__of_lines_and_edges),
        cmocka_unit_test(copy__search__shows_the_nearest_hit_while_it_is_typed),
        cmocka_unit_test(copy__search__finds_the_nearest_of_many_lines),
        cmocka_unit_test(copy__search__goes_on_behind_enter),
        cmocka_unit_test(copy__search__takes_nobody_along_who_went_elsewhere),
        cmocka_unit_test(copy__search__ends_with_copy_mode),
        cmocka_unit_test(copy__prompts__are_jumped_to),
        cmocka_unit_test(copy__mouse__selects_and_copies_at_once),
        cmocka_unit_test(copy__mouse__first_row_of_the_screen_scrolls),
        cmocka_unit_test(link__ctrl_click__shows_and_opens_it),
        cmocka_unit_test(link__hostile_lines__are_read_at_once),
        cmocka_unit_test(copy__end__of_the_terminal_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
