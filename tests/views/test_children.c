/* SPDX-License-Identifier: MIT
 *
 * Sandboxes inside a sandbox; what a sandbox says when it is asked how it is; small verbs of the
 * lists.
 */
#include "tests/views/scenes.h"

#include <string.h>

#include "wire/names.h"

static struct stage *open_sandbox(void)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    return s;
}

static struct stage *open_children(int n)
{
    struct stage *s = open_sandbox();

    scene_children(s, n);
    stage_keys(s, "K");
    stage_await(s, n ? "c000" : "No child sandboxes");
    return s;
}

static void children__new__says_what_was_made(void **state)
{
    struct stage *s = open_children(0);

    stage_answer(s, "POST /sandboxes", 200,
                 "{\"subdomain\":\"c9\",\"directory\":\"/x\",\"is_main\":false}");
    stage_keys(s, "n");
    stage_await(s, "New child sandbox");
    stage_type(s, "/x");
    stage_keys(s, "Enter");
    stage_await_gone(s, "New child sandbox");
    assert_string_equal(s->last_body, "{\"directory\":\"/x\"}");
    assert_non_null(strstr(stage_toast(s), "made c9"));
    stage_close(s);
}

static void children__delete__asks(void **state)
{
    struct stage *s = open_children(1);

    stage_answer(s, "DELETE /sandboxes/c000", 204, NULL);
    stage_keys(s, "D");
    stage_await(s, "Their files are lost");
    stage_keys(s, "y");
    await(&s->loop, 20000, strstr(stage_toast(s), "deleted"));
    stage_keys(s, "C");
    assert_non_null(strstr(stage_toast(s), "copied the URL"));
    stage_close(s);
}

static void children__readonly__changes_nothing(void **state)
{
    static const char *const keys[] = {"n", "D"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct stage *s = open_children(1);

        s->env.readonly = true;
        stage_keys(s, keys[i]);
        assert_non_null(strstr(stage_toast(s), "read-only"));
        stage_close(s);
    }
}

/* --- how it is --- */

static void answer_all(struct stage *s)
{
    stage_answer(s, "GET /health", 200, "{\"status\":\"ok\"}");
    stage_answer(s, "GET /ready", 200,
                 "{\"ready\":true,\"healthy\":false,\"servers\":[{\"slug\":\"web\"}],"
                 "\"overlays\":[]}");
    stage_answer(s, "GET /info @a1", 200, "{\"version\":\"9.8.7\",\"sandbox_count\":3}");
    stage_answer(s, "GET /auth/status", 200,
                 "{\"authenticated\":true,\"token_type\":\"access_token\"}");
    stage_answer(s, "GET /auth/info", 200, "{\"instructions\":\"Send it as Bearer\\u001b[31m\"}");
}

static void describe__asks_the_sandbox(void **state)
{
    struct stage *s = open_sandbox();

    answer_all(s);
    stage_keys(s, "d");
    stage_await(s, "answers:     yes");
    stage_await(s, "ready:       yes, not healthy, 1 server, 0 overlays");
    stage_await(s, "version:     9.8.7");
    stage_await(s, "access:      access_token");
    stage_close(s);
}

static void describe__silent_sandbox__says_so_soon(void **state)
{
    struct stage *s = open_sandbox();

    stage_answer(s, "GET /health", 0, NULL);
    stage_keys(s, "d");
    stage_await(s, "answers:     no: not within 2 s");
    stage_close(s);
}

/* The answer comes to nobody. */
static void describe__view_gone__is_dropped(void **state)
{
    struct stage *s = open_sandbox();

    stage_answer(s, "GET /health", 0, NULL);
    stage_keys(s, "d d");
    stage_close(s);
}

static void tokens__access__says_whose_token_it_is(void **state)
{
    struct stage *s = open_sandbox();

    answer_all(s);
    stage_answer(s, "GET /auth/session_tokens", 200, "{\"tokens\":[]}");
    stage_keys(s, "T");
    stage_await(s, "No tokens");
    stage_keys(s, "i");
    stage_await(s, "Access to alice/demo");
    stage_await(s, "This program's:  access_token");
    stage_await(s, "Send it as Bearer");
    stage_close(s);
}

/* --- small verbs --- */

static void servers__status__is_told_to_the_host(void **state)
{
    struct stage *s = open_sandbox();

    stage_answer(s, "GET /servers", 200,
                 "{\"servers\":[{\"slug\":\"web\",\"status\":\"running\",\"start\":\"run\"}]}");
    stage_answer(s, "PATCH /servers/web/status", 200, "{}");
    stage_keys(s, "2");
    stage_await(s, "running");
    stage_keys(s, "u");
    stage_await(s, "Status of web");
    stage_keys(s, "Left Enter");
    stage_await_gone(s, "Status of web");
    assert_string_equal(s->last_body, "{\"status\":\"failed\"}");
    stage_close(s);
}

static void sandboxes__port__copies_its_url(void **state)
{
    struct stage *s = open_sandbox();

    stage_keys(s, "p");
    stage_await(s, "URL of a port");
    stage_keys(s, "C-u");
    stage_type(s, "70000");
    stage_keys(s, "Enter");
    stage_await(s, "URL of a port");
    stage_keys(s, "C-u");
    stage_type(s, "8080");
    stage_keys(s, "Enter");
    stage_await_gone(s, "URL of a port");
    assert_non_null(strstr(views_buffer(&s->env), "-8080."));
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children__new__says_what_was_made),
        cmocka_unit_test(children__delete__asks),
        cmocka_unit_test(children__readonly__changes_nothing),
        cmocka_unit_test(describe__asks_the_sandbox),
        cmocka_unit_test(describe__silent_sandbox__says_so_soon),
        cmocka_unit_test(describe__view_gone__is_dropped),
        cmocka_unit_test(tokens__access__says_whose_token_it_is),
        cmocka_unit_test(servers__status__is_told_to_the_host),
        cmocka_unit_test(sandboxes__port__copies_its_url),
    };
    return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
