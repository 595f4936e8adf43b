/* SPDX-License-Identifier: MIT
 *
 * Several gateways: in one list, each failing for itself; gone over to; and whose key goes where.
 */
#include <signal.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/e2e/lab.h"

/* A world with a gateway of its own, known to the first one's config.ini as "other". */
static int setup(void **state)
{
    struct lab **labs = xcalloc(2, sizeof(struct lab *));

    for (int i = 0; i < 2; i++) {
        void *one;

        if (lab_setup(&one))
            return -1;
        labs[i] = one;
        lab_gateway(labs[i], NULL);
        lab_do(labs[i], "new", "class/same", NULL);
    }
    lab_do(labs[0], "new", "class/mine", NULL);
    lab_write(labs[1], "key", labs[1]->key);
    cleanup_free char *key_file = lab_path(labs[1], "key");
    cleanup_free char *config = xasprintf("[context other]\nurl = %s\napi_key_file = %s\n"
                                          "[context keyless]\nurl = %s\n",
                                          labs[1]->url, key_file, labs[1]->url);

    lab_write(labs[0], "config/sandpit/config.ini", config);
    *state = labs;
    return 0;
}

static int teardown(void **state)
{
    struct lab **labs = *state;
    int failed = 0;

    for (int i = 0; i < 2; i++) {
        void *one = labs[i];

        failed |= lab_teardown(&one);
    }
    free(labs);
    return failed;
}

static void quit(struct pty *p)
{
    pty_send(p, "\002d");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
}

static void contexts__two_in_one_list__act_on_the_right_one(void **state)
{
    struct lab **labs = *state;
    struct pty *p = lab_pty(labs[0], 24, 110, "--context", "embedded, other", NULL);

    assert_screen(p, "CONTEXT", "mine", "same", "other", "class 3", "embedded + other");
    /* The one of the other gateway, and only that. */
    pty_send(p, "/@other\r");
    assert_screen(p, "1 of 3");
    pty_send(p, "d");
    assert_screen(p, "context:", "other");
    pty_send(p, "q");
    pty_send(p, "D");
    assert_screen(p, "class/same@other");
    pty_send(p, "y");
    assert_screen(p, "No sandbox is like that");
    assert_string_equal(lab_do(labs[1], "ls", "-q", NULL), "");
    assert_int_equal(lab_run(labs[0], "ls", NULL), 0);
    assert_has(labs[0]->out, "same");
    pty_send(p, "\033");
    assert_screen(p, "class 2");
    quit(p);
}

static void contexts__one_is_lost__the_other_goes_on(void **state)
{
    struct lab **labs = *state;
    struct pty *p = lab_pty(labs[0], 24, 110, "--context", "embedded,other", NULL);

    assert_screen(p, "class 3", "other");
    lab_gateway_kill(labs[1]);
    assert_screen(p, "other: disconnected", "? running", "\xe2\x97\x8f running", "lost other");
    pty_send(p, "/mine\r");
    assert_screen(p, "1 of 3", "sandboxes 1/1");
    pty_send(p, "\r");
    assert_screen(p, "class/mine", "$");
    pty_send(p, "echo goes-$((1+1))-on\r");
    assert_screen(p, "goes-2-on");
    quit(p);
}

static void contexts__view__lists_another_beside_and_makes_a_sandbox_there(void **state)
{
    struct lab **labs = *state;
    struct pty *p = lab_pty(labs[0], 30, 110, NULL);

    assert_screen(p, "class 2");
    pty_send(p, ":view-contexts\r");
    assert_screen(p, "CONTEXT", "embedded", "keyless", "other");
    pty_send(p, "/^other\r");
    assert_screen(p, "1 of 3", "contexts 1/1");
    pty_send(p, "a");
    assert_screen(p, "other is in the list", "in use");
    pty_send(p, ":view-sandboxes\r");
    assert_screen(p, "class 3", "CONTEXT");
    pty_send(p, "n");
    assert_screen(p, "New sandbox", "Context", "embedded");
    pty_send(p, "class/new");
    pty_send(p, "\033[Z\033[Z\033[C"); /* up to the last field, and the next choice */
    assert_screen(p, "Context", "other");
    pty_send(p, "\r");
    assert_screen(p, "class 4");
    assert_true(pty_wait_gone(p, WAIT_MS, "New sandbox", NULL));
    assert_int_equal(lab_run(labs[1], "ls", NULL), 0);
    assert_has(labs[1]->out, "new");
    /* And out again. */
    pty_send(p, ":view-contexts\r");
    assert_screen(p, "keyless");
    pty_send(p, "/^other\r");
    assert_screen(p, "1 of 3", "contexts 1/1");
    pty_send(p, "a");
    assert_screen(p, "other is out of the list");
    pty_send(p, ":view-sandboxes\r");
    assert_screen(p, "class 2");
    assert_true(pty_wait_gone(p, WAIT_MS, "CONTEXT", NULL));
    quit(p);
}

/* The key of the environment was given for another address. */
static void contexts__key_of_the_environment__stays_where_it_was_given(void **state)
{
    struct lab **labs = *state;

    lab_env(labs[0], "COMPUTESDK_API_KEY=%s", labs[0]->key);
    lab_env(labs[0], "COMPUTESDK_GATEWAY_URL=%s", labs[0]->url);
    struct pty *p = lab_pty(labs[0], 24, 110, NULL);

    assert_screen(p, "class 2");
    pty_send(p, ":view-contexts\r");
    assert_screen(p, "keyless");
    pty_send(p, "/keyless\r");
    assert_screen(p, "1 of 4", "contexts 1/1");
    pty_send(p, "a");
    assert_screen(p, "context keyless has no api_key_file");
    pty_send(p, "\r");
    assert_screen(p, "context keyless has no api_key_file");
    /* One with a key of its own works beside it. */
    pty_send(p, "/");
    pty_send(p, "\025^other\r");
    assert_screen(p, "/^other", "contexts 1/1");
    pty_send(p, "a");
    assert_screen(p, "other is in the list", "in use");
    quit(p);
}

/* What travels to a gateway's sandboxes, and is written into commands, says which one is meant. */
static void contexts__journal__names_the_context(void **state)
{
    struct lab **labs = *state;
    struct pty *p = lab_pty(labs[0], 24, 110, "--context", "embedded,other", NULL);

    assert_screen(p, "class 3");
    pty_send(p, "/@other\r");
    assert_true(pty_wait_gone(p, WAIT_MS, "mine", NULL));
    pty_send(p, "Dy");
    assert_screen(p, "No sandbox is like that");
    pty_send(p, ":view-journal\r");
    assert_screen(p, "sandpit --context 'other' rm");
    quit(p);
}

#define CONTEXTS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONTEXTS_TEST(contexts__two_in_one_list__act_on_the_right_one),
        CONTEXTS_TEST(contexts__one_is_lost__the_other_goes_on),
        CONTEXTS_TEST(contexts__view__lists_another_beside_and_makes_a_sandbox_there),
        CONTEXTS_TEST(contexts__key_of_the_environment__stays_where_it_was_given),
        CONTEXTS_TEST(contexts__journal__names_the_context),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
