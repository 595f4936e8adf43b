/* SPDX-License-Identifier: MIT
 *
 * The variables of an .env file: masked, staged, written after a look, compared.
 */
#include "tests/views/scenes.h"

#include <string.h>
#include <sys/stat.h>

#include "wire/names.h"

static struct stage *open_env(int n)
{
    struct stage *s = scene_open(1);

    scene_env(s, n);
    stage_keys(s, "5");
    stage_await(s, n ? "API_KEY" : ".env has no variables");
    return s;
}

static void env__values__are_masked_until_asked(void **state)
{
    struct stage *s = open_env(3);
    cleanup_free char *masked = stage_screen(s);

    assert_null(strstr(masked, SCENE_SECRET));
    stage_keys(s, "x");
    stage_await(s, SCENE_SECRET);
    stage_keys(s, "x");
    stage_await_gone(s, SCENE_SECRET);
    stage_keys(s, "X");
    stage_await(s, "value 2");
    stage_keys(s, "X");
    stage_await_gone(s, "value 2");
    stage_close(s);
}

/* One view each, a tab each; the first shows. */
static void env__marks__open_a_tab_each(void **state)
{
    struct stage *s = scene_open_class(3);

    stage_answer(s, "GET /env?file=.env @a1", 200, "{\"variables\":{\"OF_FIRST\":\"1\"}}");
    stage_answer(s, "GET /env?file=.env @b2", 200, "{\"variables\":{\"OF_SECOND\":\"2\"}}");
    stage_answer(s, "GET /env?file=.env @c3", 200, "{\"variables\":{\"OF_THIRD\":\"3\"}}");
    stage_keys(s, "*");
    stage_await(s, "3 marked");
    stage_keys(s, "5");
    stage_await(s, "3 opened, a tab each");
    stage_await(s, "OF_FIRST");
    stage_keys(s, "C-b n");
    stage_await(s, "OF_SECOND");
    stage_keys(s, "C-b n");
    stage_await(s, "OF_THIRD");
    /* With nothing to go back to, the pane goes and not the program. */
    stage_keys(s, "q");
    stage_await(s, "OF_SECOND");
    stage_keys(s, "q q");
    stage_await(s, "student-3");
    stage_keys(s, "q");
    stage_await(s, "Quit sandpit?");
    stage_close(s);
}

/* In a list of what several have, the row says whose. */
static void env__row__is_of_its_own_sandbox(void **state)
{
    struct stage *s = scene_open_class(3);

    stage_answer(s, "GET /servers @c3", 200,
                 "{\"servers\":[{\"slug\":\"web\",\"command\":\"x\",\"status\":\"ready\"}]}");
    stage_answer(s, "GET /env?file=.env @c3", 200, "{\"variables\":{\"OF_THIRD\":\"3\"}}");
    stage_keys(s, "* 2");
    stage_await(s, "web");
    stage_keys(s, "5");
    stage_await(s, "OF_THIRD");
    stage_await(s, "env class/student-3");
    stage_keys(s, "q");
    stage_await(s, "SERVER");
    stage_close(s);
}

static void env__staged__is_shown_checked_and_written(void **state)
{
    struct stage *s = open_env(3);

    stage_answer(s, "POST /env", 200, "{\"file\":\".env\",\"keys\":[\"NEW\"]}");
    stage_answer(s, "DELETE /env", 200, "{\"keys\":[\"OPTION_01\"]}");
    stage_keys(s, "a");
    stage_type(s, "NEW");
    stage_keys(s, "Tab");
    stage_type(s, "fresh");
    stage_keys(s, "Enter");
    stage_await(s, "+ add");
    stage_keys(s, "g g j D");
    stage_await(s, "2 staged");
    stage_golden_sizes(s, "env-staged");
    assert_string_equal(s->last_request, "");
    stage_keys(s, "w");
    stage_await(s, "Write .env");
    cleanup_free char *masked = stage_screen(s);
    assert_null(strstr(masked, "fresh"));
    stage_golden_sizes(s, "env-write");
    stage_keys(s, "x");
    stage_await(s, "NEW=fresh");
    stage_keys(s, "Enter");
    stage_await(s, "wrote 2 variables");
    assert_non_null(strstr(s->last_request, "DELETE /env"));
    stage_close(s);
}

static void env__changed_meanwhile__asks_again(void **state)
{
    struct stage *s = open_env(1);

    stage_keys(s, "a");
    stage_type(s, "NEW");
    stage_keys(s, "Enter w");
    stage_await(s, "Write .env");
    scene_env(s, 3);
    stage_keys(s, "Enter");
    stage_await(s, "changed meanwhile");
    stage_await(s, "Write .env");
    assert_string_equal(s->last_request, "");
    stage_keys(s, "Esc");
    stage_await(s, "OPTION_02");
    stage_keys(s, "u");
    stage_await_gone(s, "staged");
    stage_close(s);
}

static void env__leaving__does_not_lose_what_is_staged(void **state)
{
    struct stage *s = open_env(2);

    stage_keys(s, "D");
    stage_await(s, "- remove");
    stage_keys(s, "Esc");
    stage_await(s, "Leave without writing");
    stage_keys(s, "n");
    stage_await(s, "- remove");
    stage_close(s);
}

static void env__compare__shows_who_differs(void **state)
{
    struct stage *s = open_env(3);

    stage_answer(s, "GET /env?file=.env.prod", 200,
                 "{\"variables\":{\"API_KEY\":\"other\",\"OPTION_01\":\"value 1\",\"EXTRA\":"
                 "\"1\"}}");
    stage_keys(s, "=");
    stage_await(s, "Compare with");
    stage_keys(s, "Tab");
    stage_keys(s, "C-e");
    stage_type(s, ".prod");
    stage_keys(s, "Enter");
    stage_await(s, "alice/demo .env.prod");
    cleanup_free char *masked = stage_screen(s);
    assert_null(strstr(masked, SCENE_SECRET));
    stage_golden_sizes(s, "env-compare");
    stage_keys(s, "x");
    stage_await(s, SCENE_SECRET);
    stage_close(s);
}

static void env__readonly__writes_nothing(void **state)
{
    struct stage *s = open_env(2);

    s->env.readonly = true;
    stage_keys(s, "D");
    stage_await(s, "read-only");
    stage_await_gone(s, "staged");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(env__values__are_masked_until_asked),
        cmocka_unit_test(env__marks__open_a_tab_each),
        cmocka_unit_test(env__row__is_of_its_own_sandbox),
        cmocka_unit_test(env__staged__is_shown_checked_and_written),
        cmocka_unit_test(env__changed_meanwhile__asks_again),
        cmocka_unit_test(env__leaving__does_not_lose_what_is_staged),
        cmocka_unit_test(env__compare__shows_who_differs),
        cmocka_unit_test(env__readonly__writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
