/* SPDX-License-Identifier: MIT
 *
 * /play/ in a class: notices, who types along, frozen input, the raised hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/play/stage.h"

#define SHOWN(id) "document.getElementById('" id "').checkVisibility()"
#define TEXT(id)  "document.getElementById('" id "').innerText"

/* The terminal of the page, for the API. */
static cJSON *ask_terminal(const char *what, const char *body)
{
    cleanup_free char *id = page_terminal(), *path = xasprintf("/terminals/%s/%s", id, what);

    return stage_ask("POST", path, body);
}

static void click(const char *selector)
{
    cleanup_free char *script = xasprintf("document.querySelector('%s').click()", selector);

    cJSON_Delete(browser_run(&stage.browser, script));
}

static void expect_quiet_console(void)
{
    cleanup_free char *console = browser_console(&stage.browser);

    assert_string_equal(console, "[]");
}

static const char off_the_line[] =
    "const main = document.querySelector('main').getBoundingClientRect(), middle = main.top + "
    "main.height / 2, box = document.getElementById('notices').getBoundingClientRect(), top = "
    "document.querySelector('.xterm-cursor').getBoundingClientRect().top;"
    "return %s && (top < box.top || top > box.bottom)";

/* Text and address are others' words: they stay text, and lead to pages only. */
static void play__notice__is_shown_until_dismissed(void **state)
{
    page_open();
    cJSON_Delete(stage_ask("POST", "/notices",
                           "{\"text\":\"<b>Pause</b> until ten\",\"from\":\"Ann\",\"url\":"
                           "\"https://example.org/x\"}"));
    page_wait("return " SHOWN("notices") " && " TEXT(
        "notices") ".includes('Ann: <b>Pause</b> until ten')");
    page_wait("const a = document.querySelector('#notices a'); return a.href === "
              "'https://example.org/x' && a.target === '_blank' && a.rel.includes('noopener')");
    /* It keeps off the line that is typed in. */
    page_type("echo under-$((1+1))\n");
    page_wait_screen("under-2");
    page_wait(off_the_line, "top < middle");
    page_type("clear; seq 200\n");
    page_wait(off_the_line, "top > middle");
    click("#notices button");
    page_wait("return !" SHOWN("notices"));
    /* A late page gets it again, and this one does not. */
    browser_reload(&stage.browser);
    page_wait("return " SHOWN("notices") " && " TEXT("notices") ".includes('until ten')");
    click("#notices button");
    proxy_cut(stage.proxy);
    page_wait("return document.body.dataset.state === 'waiting'");
    proxy_mend(stage.proxy);
    page_wait("return document.body.dataset.state === 'open'");
    page_type("echo after-$((2+2))\n");
    page_wait_screen("after-4");
    page_wait("return !" SHOWN("notices"));
    expect_quiet_console();
}

static void play__notice__goes_when_it_is_taken_back(void **state)
{
    cJSON *notice;
    cleanup_free char *path = NULL;

    page_open();
    notice = stage_ask("POST", "/notices", "{\"text\":\"wrong\"}");
    path = xasprintf("/notices/%s", stage_text(notice, "id"));
    cJSON_Delete(notice);
    page_wait("return " SHOWN("notices"));
    cJSON_Delete(stage_ask("DELETE", path, NULL));
    page_wait("return !" SHOWN("notices"));
}

static void play__hand__goes_up_with_a_note_and_down(void **state)
{
    page_open();
    page_wait("return " SHOWN("hand") " && " TEXT("hand") ".includes('Raise')");
    click("#hand");
    page_wait("return document.activeElement.id === 'note'");
    browser_type_into(&stage.browser, "#note", "my loop never ends\n");
    page_wait("return " TEXT(
        "hand") ".includes('Lower') && document.getElementById('hand').ariaPressed === 'true' && "
                "!" SHOWN("ask"));
    /* The keyboard is the shell's again; it knows of the hand, and can lower it. */
    page_type("hand down\n");
    page_wait("return " TEXT("hand") ".includes('Raise')");
    page_type("clear; hand from inside\n");
    page_wait("return " TEXT("hand") ".includes('Lower')");
    cJSON_Delete(ask_terminal("hand", "{\"up\":false}"));
    page_wait("return " TEXT("hand") ".includes('Raise')");
    expect_quiet_console();
}

static void play__hand__can_be_left_down(void **state)
{
    page_open();
    click("#hand");
    page_wait("return document.activeElement.id === 'note'");
    browser_type_into(&stage.browser, "#note", "never mind\xee\x80\x8c"); /* Escape */
    page_wait("return !" SHOWN("ask") " && " TEXT("hand") ".includes('Raise')");
    page_type("echo typed-$((1+1))\n");
    page_wait_screen("typed-2");
}

static void play__frozen__says_so_and_takes_no_input(void **state)
{
    page_open();
    page_type("clear\n");
    cJSON_Delete(ask_terminal("freeze", "{\"seconds\":90,\"by\":\"Ann\"}"));
    page_wait("return " SHOWN("frozen") " && /^Input is frozen by Ann. 1:[0-3]\\d$/.test(" TEXT(
        "frozen") ")");
    page_type("echo for\"\"bidden\n");
    /* The owner's passes. */
    cJSON_Delete(ask_terminal("freeze", "{\"seconds\":0}"));
    page_wait("return !" SHOWN("frozen"));
    page_type("echo allowed-$((1+1))\n");
    page_wait_screen("allowed-2");
    assert_int_equal(page_count("for"), 0);
    /* It ends by itself, too. */
    cJSON_Delete(ask_terminal("freeze", "{\"seconds\":1}"));
    page_wait("return " SHOWN("frozen"));
    page_wait("return !" SHOWN("frozen"));
    page_type("echo again-$((1+1))\n");
    page_wait_screen("again-2");
    expect_quiet_console();
}

/* Who takes part says so on a socket of the access token: here the page's own browser does, as
 * another program would. */
static void play__company__is_named_while_it_lasts(void **state)
{
    cleanup_free char *id = NULL, *script = NULL;

    page_open();
    id = page_terminal();
    script = xasprintf(
        "window.helper = new WebSocket(location.origin.replace('http', 'ws') + "
        "'/ws?protocol=json&token=%s'); helper.onopen = () => helper.send(JSON.stringify({type: "
        "'terminal:participate', data: {terminal_id: '%s', who: '<i>Ann'}}));",
        stage.token, id);
    cJSON_Delete(browser_run(&stage.browser, script));
    page_wait("return " SHOWN("company") " && " TEXT("company") " === '<i>Ann is typing with you'");
    cJSON_Delete(browser_run(&stage.browser, "helper.close()"));
    page_wait("return !" SHOWN("company"));
}

static void play__observer__sees_all_and_has_no_hand(void **state)
{
    cleanup_free char *link = NULL, *path = NULL;
    cJSON *terminal = stage_ask("POST", "/terminals", "{\"pty\":true}");

    path = xasprintf("/terminals/%s/freeze", stage_text(terminal, "id"));
    cJSON_Delete(terminal);
    cJSON_Delete(stage_ask("POST", path, "{\"seconds\":60,\"by\":\"Ann\"}"));
    cJSON_Delete(stage_ask("POST", "/notices", "{\"text\":\"Pause\"}"));
    link = stage_link("{\"scope\":\"observe\"}");
    browser_open(&stage.browser, link);
    page_wait_screen("$");
    page_wait("return " SHOWN("notices") " && " SHOWN("frozen") " && !" SHOWN("hand"));
}

static void play__phone__the_hand_fits(void **state)
{
    page_open();
    browser_size(&stage.browser, 500, 800);
    page_wait("return innerWidth <= 500");
    click("#hand");
    page_wait("const box = document.getElementById('ask').getBoundingClientRect();"
              "return " SHOWN("ask") " && box.left >= 0 && box.right <= innerWidth && "
                                     "document.documentElement.scrollWidth <= innerWidth");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(play__notice__is_shown_until_dismissed),
        STAGE_CASE(play__notice__goes_when_it_is_taken_back),
        STAGE_CASE(play__hand__goes_up_with_a_note_and_down),
        STAGE_CASE(play__hand__can_be_left_down),
        STAGE_CASE(play__frozen__says_so_and_takes_no_input),
        STAGE_CASE(play__company__is_named_while_it_lasts),
        STAGE_CASE(play__observer__sees_all_and_has_no_hand),
        STAGE_CASE(play__phone__the_hand_fits),
    };

    return cmocka_run_group_tests(tests, stage_begin, stage_end);
}
