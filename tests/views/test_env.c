/* SPDX-License-Identifier: MIT
 *
 * The variables of an .env file: masked, staged, written after a look, compared.
 */
#include "tests/views/stage.h"

#include <string.h>
#include <sys/stat.h>

#include "wire/names.h"

#define SECRET "s3cr3t-value-42"

static struct stage *open_sandbox(void)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    return s;
}

static void variables(struct stage *s, int n)
{
    struct buf out = {0};

    buf_append_str(&out, "{\"file\":\".env\",\"variables\":{\"API_KEY\":\"" SECRET "\"");
    for (int i = 1; i < n; i++)
        buf_printf(&out, ",\"OPTION_%02d\":\"value %d\"", i, i);
    buf_append_str(&out, "}}");
    stage_answer(s, "GET /env?file=.env", 200, out.data);
    buf_finish(&out);
}

static struct stage *open_env(int n)
{
    struct stage *s = open_sandbox();

    if (n)
        variables(s, n);
    else
        stage_answer(s, "GET /env?file=.env", 200, "{\"file\":\".env\",\"variables\":{}}");
    stage_keys(s, "5");
    stage_await(s, n ? "API_KEY" : ".env has no variables");
    return s;
}

static void env__golden__looks_as_reviewed(void **state)
{
    static const struct {
        const char *name;
        int n;
    } cases[] = {{"env-empty", 0}, {"env-one", 1}, {"env-many", 60}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stage *s = open_env(cases[i].n);

        stage_golden_sizes(s, cases[i].name);
        stage_close(s);
    }
}

static void env__golden__trouble(void **state)
{
    struct stage *s = open_sandbox();

    stage_answer(s, "GET /env", 0, NULL);
    stage_keys(s, "5");
    stage_await(s, "reading .env");
    stage_golden_sizes(s, "env-loading");
    stage_close(s);

    s = open_sandbox();
    stage_answer(s, "GET /env", 403, "{\"error\":\"not allowed\"}");
    stage_keys(s, "5");
    stage_await(s, "not allowed");
    stage_golden_sizes(s, "env-error");
    stage_close(s);

    s = open_env(3);
    stage_host_down(s);
    stage_keys(s, "C-r");
    stage_await(s, "it does not answer");
    stage_forget_toast(s);
    stage_golden_sizes(s, "env-lost");
    stage_close(s);
}

static void env__values__are_masked_until_asked(void **state)
{
    struct stage *s = open_env(3);
    cleanup_free char *masked = stage_screen(s);

    assert_null(strstr(masked, SECRET));
    stage_keys(s, "x");
    stage_await(s, SECRET);
    stage_keys(s, "x");
    stage_await_gone(s, SECRET);
    stage_keys(s, "X");
    stage_await(s, "value 2");
    stage_keys(s, "X");
    stage_await_gone(s, "value 2");
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
    variables(s, 3);
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
    assert_null(strstr(masked, SECRET));
    stage_golden_sizes(s, "env-compare");
    stage_keys(s, "x");
    stage_await(s, SECRET);
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
        cmocka_unit_test(env__golden__looks_as_reviewed),
        cmocka_unit_test(env__golden__trouble),
        cmocka_unit_test(env__values__are_masked_until_asked),
        cmocka_unit_test(env__staged__is_shown_checked_and_written),
        cmocka_unit_test(env__changed_meanwhile__asks_again),
        cmocka_unit_test(env__leaving__does_not_lose_what_is_staged),
        cmocka_unit_test(env__compare__shows_who_differs),
        cmocka_unit_test(env__readonly__writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
