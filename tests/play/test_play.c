/* SPDX-License-Identifier: MIT
 *
 * /play/ as people use it: a magic link, opened in a browser, and keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/play/stage.h"

/* A pipe from `head`, which gets its bytes as they are. What came earlier would be the line
 * editor's, and a paste in brackets. */
static void type_to_head(const char *command)
{
    cleanup_free char *line =
        xasprintf("stty raw -echo; echo ready-$((1+1)); head -c %s; stty sane\n", command);

    page_type(line);
    page_wait_screen("ready-2");
    assert_sh("for i in $(seq 400); do pgrep -x head && break; sleep 0.05; done | wc -l", "1\n");
}

static void play__link__leads_to_a_shell(void **state)
{
    cleanup_free char *cookie = NULL, *address = NULL, *console = NULL;

    page_open();
    page_type("echo typed-$((40+2))\n");
    page_wait_screen("typed-42");
    address = browser_text(&stage.browser, "return location.pathname + location.search");
    assert_string_equal(address, "/play/");
    cookie = browser_text(&stage.browser, "return document.cookie");
    assert_string_equal(cookie, ""); /* HttpOnly */
    /* Nothing that the Content-Security-Policy had to stop, no error of the page. */
    console = browser_console(&stage.browser);
    assert_string_equal(console, "[]");
}

static void play__keys__reach_the_program(void **state)
{
    page_open();
    /* Ctrl-C, Escape, arrow up as the program gets them. */
    type_to_head("5 | od -An -tx1");
    page_type("\xee\x80\x89"
              "c\xee\x80\x89"  /* Control down, c, up */
              "\xee\x80\x8c"   /* Escape */
              "\xee\x80\x93"); /* ArrowUp */
    page_wait_screen("03 1b 1b 5b 41");
}

static void play__colours__are_painted(void **state)
{
    static const char colour_of[] =
        "const cell = [...document.querySelectorAll('.xterm-rows span')].find(s => "
        "s.textContent.includes('%s')); if (!cell) return ''; const style = getComputedStyle(cell);"
        "return [style.color, style.backgroundColor, style.fontWeight].join('|');";
    static const struct {
        const char *sgr, *text, *style;
    } cases[] = {
        {"38;2;255;120;10", "rgb-text", "rgb(255, 120, 10)|rgba(0, 0, 0, 0)|400"},
        {"48;2;1;2;3", "rgb-ground", "rgb(221, 226, 234)|rgb(1, 2, 3)|400"},
        {"38;5;57", "palette-text", "rgb(95, 0, 255)|rgba(0, 0, 0, 0)|400"},
        {"1;31", "bold-red", "rgb(255, 156, 156)|rgba(0, 0, 0, 0)|700"},
    };

    page_open();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_free char *line = xasprintf("clear; printf '\\033[%sm%%s\\033[0m\\n' %.3s\"\"%s\n",
                                            cases[i].sgr, cases[i].text, cases[i].text + 3);
        cleanup_free char *script = xasprintf(colour_of, cases[i].text);

        page_type(line);
        page_wait_screen(cases[i].text);
        cleanup_free char *style = browser_text(&stage.browser, script);
        assert_string_equal(style, cases[i].style);
    }
    cleanup_free char *console = browser_console(&stage.browser);
    assert_string_equal(console, "[]");
}

/* By the daemon; the page's terminal would answer, too. */
static void play__questions__are_answered_once(void **state)
{
    page_open();
    page_type("stty -icanon -echo min 0 time 8; printf '\\033[c\\033[>c\\033[6n\\033[?25$p"
              "\\033]11;?\\a'; n=$(tr -cd '[]' | wc -c); stty sane; echo answers-$n-\n");
    page_wait_screen("answers-5-");
}

/* What stty says, against the rows and the width of the screen. */
static void check_size(int width, int height)
{
    static const char fits[] =
        "const said = [..." SCREEN
        ".matchAll(/size (\\d+) (\\d+) %d/g)].pop(); if (!said) return '';"
        "const screen = document.querySelector('.xterm-screen').getBoundingClientRect(),"
        "      room = document.querySelector('main').getBoundingClientRect(),"
        "      cell = screen.width / said[2], rows = document.querySelectorAll('.xterm-rows > "
        "div').length;"
        "return said[1] == rows && screen.bottom <= room.bottom && screen.right <= room.right && "
        "       room.bottom - screen.bottom < 60 && room.right - screen.right < 6 * cell";
    cleanup_free char *line = xasprintf("echo size $(stty size) %d\n", width);

    browser_size(&stage.browser, width, height);
    page_wait("return innerWidth <= %d", width);
    /* Asked until it is so: the size travels on its own. */
    for (int i = 0; i < 50; i++) {
        cleanup_free char *script = xasprintf(fits, width);

        page_type(line);
        page_wait("return " SCREEN ".search(/size \\d+ \\d+ %d/) >= 0", width);
        cleanup_free char *good = browser_text(&stage.browser, script);
        if (strcmp(good, "true") == 0)
            return;
        page_type("clear\n");
        page_wait("return " SCREEN ".search(/size \\d+ \\d+/) < 0");
    }
    fail_msg("the size never fitted a window of %dx%d", width, height);
}

static void play__window__gives_the_size(void **state)
{
    page_open();
    check_size(1000, 700);
    check_size(640, 500);
    check_size(1300, 900);
}

static void play__phone__fits_its_width(void **state)
{
    page_open();
    browser_size(&stage.browser, 500, 800); /* as narrow as Chromium's windows get */
    page_wait("return innerWidth <= 500");
    page_wait(
        "return document.documentElement.scrollWidth <= innerWidth && "
        "document.querySelector('.xterm-screen').getBoundingClientRect().right <= innerWidth");
    page_type("echo narrow-$((1+1))\n");
    page_wait_screen("narrow-2");
}

static void play__clipboard__copies_and_pastes(void **state)
{
    static const char *const copy[] = {"\xee\x80\x89", "\xee\x80\x88", "C"};
    static const char *const paste_keys[] = {"\xee\x80\x89", "\xee\x80\x88", "V"};
    cJSON *at;

    page_open();
    page_type("clear; echo copy-word\"\"$((1+1))\n");
    page_wait_screen("copy-word2");
    at = browser_run(&stage.browser,
                     "const row = [...document.querySelectorAll('.xterm-rows > div')].find(r => "
                     "r.textContent.startsWith('copy-word2')).getBoundingClientRect();"
                     "return {x: row.left + 12, y: row.top + row.height / 2}");
    browser_double_click(&stage.browser, cJSON_GetObjectItem(at, "x")->valueint,
                         cJSON_GetObjectItem(at, "y")->valueint);
    cJSON_Delete(at);
    browser_press(&stage.browser, copy, ARRAY_LEN(copy));
    page_type("echo pasted-");
    browser_press(&stage.browser, paste_keys, ARRAY_LEN(paste_keys));
    page_wait_screen("echo pasted-copy-word2");
}

static void play__paste__lines_wait_for_enter(void **state)
{
    page_open();
    page_paste("'echo a-$((1+1))\\necho b-$((2+2))\\necho c-$((3+3))'");
    page_wait_screen("echo c-$((3+3))");
    /* Bracketed: the shell has the lines, and has run none. */
    assert_int_equal(page_count("a-2"), 0);
    page_type("\n");
    page_wait_screen("a-2");
    page_wait_screen("b-4");
    page_wait_screen("c-6");
}

static void play__paste__large_text_arrives_whole(void **state)
{
    page_open();
    type_to_head("200000 | md5sum");
    page_paste("Array.from({length: 20000}, (_, i) => String(i).padStart(9, '0') + ' ').join('')");
    cleanup_free char *expected =
        stage_sh("for i in $(seq 0 19999); do printf '%09d ' $i; done | md5sum");
    expected[32] = '\0';
    page_wait_screen(expected);
}

static void play__reload__finds_the_shell_again(void **state)
{
    cleanup_free char *before = NULL, *after = NULL;

    page_open();
    page_type("kept=here-$((3*3)); printf '\\033[1;35mpainted\\033[0m\\n'; echo first-$kept\n");
    page_wait_screen("first-here-9");
    before = page_terminal();
    browser_reload(&stage.browser);
    page_wait_screen("first-here-9");
    after = page_terminal();
    assert_string_equal(before, after);
    page_type("echo again-$kept\n");
    page_wait_screen("again-here-9");
    cJSON *list = stage_ask("GET", "/terminals", NULL);
    assert_int_equal(
        cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(list, "data"), "terminals")), 1);
    cJSON_Delete(list);
}

static int viewers_of(const char *id)
{
    cleanup_free char *path = xasprintf("/terminals/%s", id);
    cJSON *json = stage_ask("GET", path, NULL);
    int n = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "viewers")->valueint;

    cJSON_Delete(json);
    return n;
}

static bool is_left(void *user)
{
    return viewers_of(user) == 0;
}

static void play__tab__takes_over_a_shell_that_was_left(void **state)
{
    cleanup_free char *play_url = xasprintf("%s/play/", stage.url);
    cleanup_free char *first = NULL, *second = NULL, *third = NULL;

    page_open();
    first = page_terminal();
    browser_open_tab(&stage.browser);
    browser_open(&stage.browser, play_url);
    page_wait_prompt();
    second = page_terminal();
    assert_string_not_equal(first, second);
    browser_close_tab(&stage.browser);
    assert_true(lab_wait(WAIT_MS, is_left, second));
    browser_open_tab(&stage.browser);
    browser_open(&stage.browser, play_url);
    page_wait_prompt();
    third = page_terminal();
    browser_close_tab(&stage.browser);
    assert_string_equal(second, third);
}

static void play__cut__what_was_typed_arrives_once(void **state)
{
    cleanup_free char *size = NULL;

    page_open();
    size = stage_sh("stty size < /dev/pts/0");
    page_type("cat > /tmp/got\n");
    for (int i = 0; i < 3; i++) {
        cleanup_free char *last = xasprintf("after %d", i);
        cleanup_free char *line = xasprintf("before %d\n", i);

        page_type(line);
        proxy_cut(stage.proxy); /* perhaps with the keys under way, perhaps with their answers */
        page_wait("return !document.getElementById('notice').hidden && "
                  "/trying again in \\d+ s/.test(document.getElementById('notice').textContent)");
        cleanup_free char *during = xasprintf("during %d\n", i);
        page_type(during);
        proxy_mend(stage.proxy);
        page_wait("return document.body.dataset.state === 'open'");
        cleanup_free char *after = xasprintf("%s\n", last);
        page_type(after);
        page_wait_screen(last);
        page_wait("return document.getElementById('notice').hidden");
    }
    page_type("\xee\x80\x89"
              "d\xee\x80\x89");
    page_wait_prompt();
    assert_sh("cat /tmp/got", "before 0\nduring 0\nafter 0\nbefore 1\nduring 1\nafter 1\n"
                              "before 2\nduring 2\nafter 2\n");
    /* The words about it take no row of the terminal. */
    assert_sh("stty size < /dev/pts/0", size);
}

static void play__cut__too_much_is_refused_visibly(void **state)
{
    page_open();
    proxy_cut(stage.proxy);
    page_wait("return document.body.dataset.state === 'waiting'");
    page_paste("'x'.repeat(256 * 1024 + 1)");
    page_wait("return /Not sent/.test(document.getElementById('notice').textContent)");
    proxy_mend(stage.proxy);
    page_wait("return document.body.dataset.state === 'open'");
    page_type("echo only-$((5+5))\n");
    page_wait_screen("only-10");
    assert_int_equal(page_count("xxxx"), 0);
}

static void play__gateway_killed__the_shell_goes_on(void **state)
{
    cleanup_free char *address = xasprintf("127.0.0.2:%d", proxy_port(stage.proxy));

    page_open();
    page_type("kept=same-$((6*7)); echo $kept\n");
    page_wait_screen("same-42");
    lab_gateway_kill(stage.lab);
    page_type("echo alone-$kept\n"); /* the connection is the daemon's */
    page_wait_screen("alone-same-42");
    proxy_cut(stage.proxy);
    proxy_mend(stage.proxy);
    page_wait("return document.body.dataset.state === 'waiting'");
    page_type("echo late-$kept\n");
    lab_gateway(stage.lab, address);
    page_wait_screen("late-same-42");
    assert_int_equal(page_count("late-same-42"), 1);
}

static void play__exit__offers_a_new_shell(void **state)
{
    cleanup_free char *before = NULL, *after = NULL;

    page_open();
    before = page_terminal();
    page_type("exit\n");
    page_wait("return !document.getElementById('card').hidden && "
              "document.getElementById('card').innerText.includes('The shell has ended')");
    browser_type_into(&stage.browser, "#card-button", "\n");
    page_wait("return document.getElementById('card').hidden");
    page_wait_prompt();
    page_type("echo fresh-$((4+4))\n");
    page_wait_screen("fresh-8");
    after = page_terminal();
    assert_string_not_equal(before, after);
}

static void play__title__is_the_programs(void **state)
{
    page_open();
    page_type("PS1='$ '; PROMPT_COMMAND=; printf '\\033]2;<b>lesson %d</b>\\007' 7\n");
    page_wait("return document.title.startsWith('<b>lesson 7</b>')");
    page_wait("return document.getElementById('title').textContent === '<b>lesson 7</b>'");
}

static void play__flood__ends_with_the_prompt(void **state)
{
    page_open();
    page_type("seq 1 700000; echo flood-$((8+1))\n");
    page_wait_screen("flood-9");
    page_wait_screen("700000");
    page_type("echo still-$((8+2))\n");
    page_wait_screen("still-10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(play__link__leads_to_a_shell),
        STAGE_CASE(play__keys__reach_the_program),
        STAGE_CASE(play__colours__are_painted),
        STAGE_CASE(play__questions__are_answered_once),
        STAGE_CASE(play__window__gives_the_size),
        STAGE_CASE(play__phone__fits_its_width),
        STAGE_CASE(play__clipboard__copies_and_pastes),
        STAGE_CASE(play__paste__lines_wait_for_enter),
        STAGE_CASE(play__paste__large_text_arrives_whole),
        STAGE_CASE(play__reload__finds_the_shell_again),
        STAGE_CASE(play__tab__takes_over_a_shell_that_was_left),
        STAGE_CASE(play__cut__what_was_typed_arrives_once),
        STAGE_CASE(play__cut__too_much_is_refused_visibly),
        STAGE_CASE(play__gateway_killed__the_shell_goes_on),
        STAGE_CASE(play__exit__offers_a_new_shell),
        STAGE_CASE(play__title__is_the_programs),
        STAGE_CASE(play__flood__ends_with_the_prompt),
    };

    return cmocka_run_group_tests(tests, stage_begin, stage_end);
}
