/* SPDX-License-Identifier: MIT
 *
 * Session tokens and magic links: what is handed out once.
 */
#include "tests/views/scenes.h"

#include <string.h>

#include "wire/names.h"

#define SECRET "tok_5eCr3t_0123456789"

static struct stage *open_tokens(int n)
{
    struct stage *s = scene_open(1);

    scene_tokens(s, n);
    stage_keys(s, "T");
    stage_await(s, n ? "LAST USED" : "No tokens");
    return s;
}

static void tokens__new__is_shown_once_and_copied_for_a_while(void **state)
{
    struct stage *s = open_tokens(0);

    stage_answer(s, "POST /auth/session_tokens", 200,
                 "{\"id\":\"tok-1\",\"token\":\"" SECRET "\",\"description\":\"laptop\"}");
    stage_keys(s, "n");
    stage_await(s, "New token");
    stage_type(s, "laptop");
    stage_keys(s, "Down Down");
    stage_type(s, "2h");
    stage_keys(s, "Enter");
    stage_await(s, SECRET);
    assert_string_equal(s->last_request, "POST /auth/session_tokens");
    assert_non_null(strstr(s->last_body, "\"expiresIn\":7200"));
    assert_non_null(strstr(s->last_body, "\"description\":\"laptop\""));
    assert_null(strstr(s->last_body, "scope"));
    stage_keys(s, "y");
    assert_non_null(strstr(stage_toast(s), "leaves the clipboard in 45 s"));
    assert_null(strstr(stage_toast(s), SECRET));
    stage_await(s, "copied");
    /* base64 of the secret */
    assert_non_null(strstr(stage_written(s)->data, "]52;c;dG9rXzVlQ3IzdF8wMTIzNDU2Nzg5\a"));
    assert_true(s->env.state->clipboard_secret);
    views_clipboard_forget(&s->env);
    assert_non_null(strstr(stage_written(s)->data, "]52;c;IA==\a"));
    assert_false(s->env.state->clipboard_secret);
    stage_keys(s, "Esc");
    stage_await_gone(s, SECRET);
    stage_close(s);
}

static void tokens__copy__of_something_else_is_left_alone(void **state)
{
    struct stage *s = open_tokens(1);

    views_copy_secret(&s->env, "a secret", SECRET);
    views_copy(&s->env, "a name", "demo");
    size_t before = stage_written(s)->len;
    views_clipboard_forget(&s->env);
    assert_int_equal(stage_written(s)->len, before);
    stage_close(s);
}

/* A host that ignores the scope would give a token for everything. */
static void tokens__watch_only__is_not_made_by_hosts_without_it(void **state)
{
    struct stage *s = open_tokens(0);

    stage_keys(s, "n Down Right Enter");
    stage_await(s, "no tokens for watching only");
    assert_int_equal(s->last_request[0], '\0');
    stage_answer(s, "GET /info", 200, "{\"extensions\":[\"observe\"]}");
    stage_answer(s, "POST /auth/session_tokens", 200,
                 "{\"id\":\"tok-1\",\"token\":\"" SECRET "\"}");
    stage_keys(s, "Enter");
    stage_await(s, SECRET);
    assert_non_null(strstr(s->last_body, "\"scope\":\"observe\""));
    stage_close(s);
}

static void tokens__revoke__asks_and_counts(void **state)
{
    struct stage *s = open_tokens(3);

    stage_keys(s, "Space Space D");
    stage_await(s, "Revoke tokens");
    stage_type(s, "2");
    stage_keys(s, "Enter");
    stage_await(s, "revoked 2 tokens");
    assert_non_null(strstr(s->last_request, "DELETE /auth/session_tokens/tok-"));
    stage_close(s);
}

static void tokens__readonly__refuses(void **state)
{
    struct stage *s = open_tokens(1);

    s->env.readonly = true;
    stage_keys(s, "D");
    stage_await(s, "read-only");
    stage_forget_toast(s);
    stage_keys(s, "n");
    stage_await(s, "read-only");
    stage_forget_toast(s);
    stage_keys(s, "m");
    stage_await(s, "read-only");
    assert_int_equal(s->last_request[0], '\0');
    stage_close(s);
}

static void tokens__hostile__text_stays_in_its_cell(void **state)
{
    struct stage *s = scene_open(1);

    stage_answer(
        s, "GET /auth/session_tokens", 200,
        "{\"tokens\":[{\"id\":\"t\",\"description\":\"a\\u001b]0;x\\u0007\\u001b[2Jb\\nc\"}]}");
    stage_keys(s, "T");
    stage_await(s, "DESCRIPTION");
    stage_await(s, "a ]0;x  [2Jb c");
    stage_close(s);
}

static void links__one__is_shown_with_its_code(void **state)
{
    struct stage *s = scene_open(1);

    stage_answer(s, "POST /auth/magic-links", 200, "{\"magic_url\":\"" SCENE_LINK "\"}");
    stage_keys(s, "m");
    stage_await(s, "Magic link");
    stage_keys(s, "Enter");
    stage_await(s, SCENE_LINK);
    stage_keys(s, "Enter");
    stage_await_gone(s, SCENE_LINK);
    stage_golden(s, "link-code-80x24");
    stage_keys(s, "Enter");
    stage_await(s, SCENE_LINK);
    stage_keys(s, "y");
    stage_await(s, "copied the link");
    assert_true(s->env.state->clipboard_secret);
    stage_keys(s, "Esc");
    stage_await_gone(s, SCENE_LINK);
    stage_close(s);
}

static void links__marked__make_one_each(void **state)
{
    struct stage *s = scene_open(1);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "b2", "class", "two", "running", 0, 3600000, 0);
    stage_await(s, "two");
    stage_answer(s, "POST /auth/magic-links", 200, "{\"magic_url\":\"" SCENE_LINK "\"}");
    stage_keys(s, "* m");
    stage_await(s, "Magic links");
    stage_keys(s, "Enter");
    stage_await(s, "1 of 2: alice/demo");
    stage_golden_sizes(s, "links-many");
    stage_keys(s, "j");
    stage_await(s, "2 of 2");
    stage_keys(s, "j Y");
    stage_await(s, "copied all of them");
    stage_close(s);
}

static void links__failure__stays_in_the_form(void **state)
{
    struct stage *s = scene_open(1);

    stage_answer(s, "POST /auth/magic-links", 403, "{\"error\":\"Access token required\"}");
    stage_keys(s, "m Enter");
    stage_await(s, "Access token required");
    stage_keys(s, "Right Enter");
    stage_await(s, "no links for watching only");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens__new__is_shown_once_and_copied_for_a_while),
        cmocka_unit_test(tokens__copy__of_something_else_is_left_alone),
        cmocka_unit_test(tokens__watch_only__is_not_made_by_hosts_without_it),
        cmocka_unit_test(tokens__revoke__asks_and_counts),
        cmocka_unit_test(tokens__readonly__refuses),
        cmocka_unit_test(tokens__hostile__text_stays_in_its_cell),
        cmocka_unit_test(links__one__is_shown_with_its_code),
        cmocka_unit_test(links__marked__make_one_each),
        cmocka_unit_test(links__failure__stays_in_the_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
