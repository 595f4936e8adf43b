/* SPDX-License-Identifier: MIT
 *
 * Terminals and the WebSocket, through the real daemon.
 */
#include "tests/host/daemon/world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define DEADLINE_MS 30000

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

static void delete_terminal(struct world *w, char *id)
{
    cleanup_free char *path = xasprintf("/terminals/%s", id);
    int status;

    cJSON_Delete(world_call(w, "DELETE", path, WORLD_TOKEN, NULL, &status));
    assert_int_equal(status, 204);
    cJSON_Delete(world_call(w, "DELETE", path, WORLD_TOKEN, NULL, &status));
    assert_int_equal(status, 404);
    free(id);
}

static void terminal__pty__echoes_on_both_protocols(void **state)
{
    WORLD(state)
    static const char *const protocols[] = {"json", "binary"};
    char *id = world_pty(w, "");

    for (int i = 0; i < 2; i++) {
        struct ws ws;

        ws_open(&ws, w, protocols[i]);
        ws_wait_frame(&ws, "terminal:created");
        ws_wait_frame(&ws, id);
        ws_subscribe(&ws, "terminal:", id);
        ws_input(&ws, id, "tty; echo gr\xc3\xbc\xc3\x9f-\"e\" $TERM\n");
        ws_wait(&ws, "gr\xc3\xbc\xc3\x9f-e xterm-256color");
        ws_wait(&ws, "/dev/pts/");
        ws_close(&ws);
    }
    delete_terminal(w, id);
}

static void terminal__created__is_repeated_until_subscribed(void **state)
{
    WORLD(state)
    static const int after_ms[] = {0, 5, 20, 60, 150, 400, 1000};
    int64_t begun = clock_mono_ms(), end = begun + DEADLINE_MS;
    int n, n_due = 0;
    struct ws ws;
    char *id;

    ws_open(&ws, w, "json");
    id = world_pty(w, "");
    while (ws.n_created < 5 && clock_mono_ms() < end)
        ws_read_for(&ws, 20);
    for (size_t i = 0; i < ARRAY_LEN(after_ms); i++)
        n_due += clock_mono_ms() - begun >= after_ms[i];
    assert_in_range(ws.n_created, 5, n_due);
    ws_subscribe(&ws, "terminal:", id);
    ws_input(&ws, id, "echo sub\"scribed\"\n");
    ws_wait(&ws, "subscribed");
    n = ws.n_created;
    ws_read_for(&ws, 900);
    assert_int_equal(ws.n_created, n);
    ws_close(&ws);
    delete_terminal(w, id);
}

static void terminal__subscribe__first_gets_raw_later_ones_a_snapshot(void **state)
{
    WORLD(state)
    struct ws first, second;
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\"");

    ws_open(&first, w, "json");
    ws_open(&second, w, "binary");
    ws_input(&first, id, "PS1=; echo ear\"ly\"; seq 100 140\n");
    ws_subscribe(&first, "terminal:", id);
    ws_wait(&first, "early");
    ws_wait(&first, "140");
    ws_subscribe(&second, "terminal:", id);
    ws_wait(&second, "early");
    ws_wait(&second, "140");
    assert_memory_not_equal(first.text.data, "\033c", 2);
    assert_int_equal(second.text.data[0], '\033');
    ws_close(&first);
    ws_close(&second);
    delete_terminal(w, id);
}

static void terminal__subscribe__half_a_character_is_not_sent_twice(void **state)
{
    WORLD(state)
    struct ws first, second;
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\"");

    ws_open(&first, w, "json");
    ws_open(&second, w, "json");
    ws_subscribe(&first, "terminal:", id);
    ws_input(&first, id,
             "stty -echo; printf 'ha''lf:\\342\\202'; read x; printf '\\254 wh''ole\\n'\n");
    ws_wait(&first, "half:");
    ws_subscribe(&second, "terminal:", id);
    ws_wait(&second, "half:");
    ws_input(&first, id, "\n");
    ws_wait(&second, " whole");
    assert_non_null(strstr(second.text.data, "\xe2\x82\xac whole"));
    assert_null(strstr(second.text.data, "\xef\xbf\xbd"));
    ws_close(&first);
    ws_close(&second);
    delete_terminal(w, id);
}

static void terminal__resize__tells_the_others_and_ignores_nonsense(void **state)
{
    WORLD(state)
    static const char *const nonsense[] = {"0", "-1", "65536", "1e99", "\"x\"", "null"};
    struct ws a, b;
    char *id = world_pty(w, ",\"cols\":90,\"rows\":30"), text[256];

    ws_open(&a, w, "json");
    ws_open(&b, w, "json");
    ws_subscribe(&a, "terminal:", id);
    ws_subscribe(&b, "terminal:", id);
    ws_input(&a, id, "stty size\n");
    ws_wait(&a, "30 90");
    ws_wait(&b, "30 90");
    for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
        snprintf(text, sizeof text,
                 "{\"type\":\"terminal:resize\",\"data\":{\"terminal_id\":\"%s\",\"cols\":%s,"
                 "\"rows\":20}}",
                 id, nonsense[i]);
        ws_send(&a, text);
    }
    snprintf(text, sizeof text,
             "{\"type\":\"terminal:resize\",\"data\":{\"terminal_id\":\"%s\",\"cols\":101,"
             "\"rows\":31}}",
             id);
    ws_send(&a, text);
    ws_wait_frame(&b, "terminal:resized");
    assert_non_null(strstr(b.log.data, "\"cols\":101"));
    ws_input(&a, id, "stty size\n");
    ws_wait(&a, "31 101");
    assert_null(a.log.data && strstr(a.log.data, "terminal:resized") ? "told itself" : NULL);
    ws_close(&a);
    ws_close(&b);
    delete_terminal(w, id);
}

static void send_numbered(struct ws *ws, const char *id, const char *client, int seq,
                          const char *input)
{
    cleanup_free char *text = xasprintf("{\"type\":\"terminal:input\",\"data\":{\"terminal_id\":"
                                        "\"%s\",\"client\":\"%s\",\"seq\":%d,\"input\":\"%s\"}}",
                                        id, client, seq, input);

    ws_send(ws, text);
}

static int count(const struct buf *b, const char *text)
{
    int n = 0;

    for (const char *p = b->data; p && (p = strstr(p, text)); p++)
        n++;
    return n;
}

static void terminal__input_ack__takes_each_number_once(void **state)
{
    WORLD(state)
    struct ws a, b;
    char *id = world_pty(w, "");

    ws_open(&a, w, "json");
    ws_subscribe(&a, "terminal:", id);
    send_numbered(&a, id, "me", 1, "echo on");
    send_numbered(&a, id, "me", 2, "ce$((1+1))\\n");
    ws_wait_frame(&a, "\"seq\":2");
    ws_wait(&a, "once2");
    ws_close(&a);
    /* The connection broke before the ack was seen: all is sent again. */
    ws_open(&b, w, "json");
    ws_subscribe(&b, "terminal:", id);
    send_numbered(&b, id, "me", 1, "echo on");
    send_numbered(&b, id, "me", 2, "ce$((1+1))\\n");
    send_numbered(&b, id, "me", 3, "echo th\\\"ree\\\"\\n");
    ws_wait_frame(&b, "\"seq\":3");
    ws_wait(&b, "three");
    assert_int_equal(count(&b.text, "once2"), 1);
    ws_close(&b);
    delete_terminal(w, id);
}

/* What has come of a sequence is in the snapshot, which whoever attaches gets first. */
static void terminal__subscribe__half_a_sequence_is_not_sent_twice(void **state)
{
    WORLD(state)
    struct ws first, second;
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\"");

    ws_open(&first, w, "json");
    ws_open(&second, w, "json");
    ws_subscribe(&first, "terminal:", id);
    ws_input(&first, id,
             "stty -echo; printf 'ha''lf:\\033]''0;ti'; read x; printf 'tle\\007 wh''ole\\n'\n");
    ws_wait(&first, "half:\033]0;ti");
    ws_subscribe(&second, "terminal:", id);
    ws_wait(&second, "]0;ti");
    ws_input(&first, id, "\n");
    ws_wait(&second, " whole");
    assert_int_equal(count(&second.text, "]0;ti"), 1);
    assert_non_null(strstr(second.text.data, "]0;title\a whole"));
    ws_close(&first);
    ws_close(&second);
    delete_terminal(w, id);
}

/* --- who answers what programs ask --- */

static void subscribe_as(struct ws *ws, const char *id, const char *answers)
{
    cleanup_free char *text = xasprintf("{\"type\":\"subscribe\",\"channel\":\"terminal:%s\","
                                        "\"data\":{\"answers\":\"%s\"}}",
                                        id, answers);

    ws_send(ws, text);
    ws_wait_frame(ws, "terminal:answers");
}

static bool was_told(struct ws *ws, const char *what)
{
    const char *last = NULL;

    for (const char *at = ws->log.data; at && (at = strstr(at, "terminal:answers")); at++)
        last = at;
    return last && strstr(last, what);
}

/* The program asks; how many answers come? by: who sees it and types. */
static void assert_answers(struct ws *by, const char *id, const char *tag, int expected)
{
    cleanup_free char *script = xasprintf("stty -icanon -echo min 0 time 4; printf '\\033[c'; "
                                          "n=$(tr -cd c | wc -c); stty sane; echo \"%s:$n:\"\n",
                                          tag);
    cleanup_free char *shown = xasprintf("%s:%d:", tag, expected);

    ws_input(by, id, script);
    ws_wait(by, shown);
}

static void send_size(struct ws *ws, const char *id, int cols)
{
    cleanup_free char *text = xasprintf("{\"type\":\"terminal:resize\",\"data\":{\"terminal_id\":"
                                        "\"%s\",\"cols\":%d,\"rows\":24}}",
                                        id, cols);

    ws_send(ws, text);
}

static void terminal__question__is_answered_beside_a_script(void **state)
{
    WORLD(state)
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\"");
    struct ws dashboard, script;

    ws_open(&dashboard, w, "json");
    ws_open(&script, w, "binary");
    ws_subscribe(&script, "terminal:", id);
    /* Alone it may be a terminal that answers. */
    assert_answers(&script, id, "alone", 0);
    subscribe_as(&dashboard, id, "host");
    assert_answers(&script, id, "both", 1);
    /* It is one. */
    ws_input(&script, id, "\033[?62c\003");
    /* What is typed before the shell has taken the C-c would be dropped with the line. */
    ws_wait(&dashboard, "^C\r\n$ ");
    assert_answers(&dashboard, id, "terminal", 0);
    ws_close(&script);
    assert_answers(&dashboard, id, "left", 1);
    ws_close(&dashboard);
    delete_terminal(w, id);
}

/* A word of a later version leaves it to the host as well. */
static void terminal__question__is_answered_whatever_was_asked_for(void **state)
{
    WORLD(state)
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\"");
    struct ws ws;

    ws_open(&ws, w, "json");
    subscribe_as(&ws, id, "sometimes");
    assert_true(was_told(&ws, "\"you\":false"));
    assert_answers(&ws, id, "asked", 1);
    ws_close(&ws);
    delete_terminal(w, id);
}

static void terminal__question__is_answered_once(void **state)
{
    WORLD(state)
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\"");
    struct ws a, b, official, first, second;

    ws_open(&a, w, "json");
    ws_open(&b, w, "json");
    subscribe_as(&a, id, "host");
    assert_answers(&a, id, "alone", 1);
    subscribe_as(&b, id, "host");
    assert_answers(&a, id, "two-a", 1);
    assert_answers(&b, id, "two-b", 1);
    /* One that offers it is the one, the next is not as long as that is there. */
    ws_open(&first, w, "json");
    subscribe_as(&first, id, "first");
    assert_true(was_told(&first, "\"you\":true"));
    ws_open(&second, w, "json");
    subscribe_as(&second, id, "first");
    assert_true(was_told(&second, "\"you\":false"));
    assert_answers(&b, id, "offered", 0);
    ws_close(&first);
    ws_wait_frame(&second, "\"you\":true");
    /* A client that knows nothing of it answers by itself, if there is a terminal behind it. */
    ws_open(&official, w, "binary");
    ws_subscribe(&official, "terminal:", id);
    ws_wait(&official, "offered:0:");
    assert_true(was_told(&second, "\"you\":true"));
    send_size(&official, id, 80);
    ws_wait_frame(&second, "\"you\":false");
    assert_answers(&b, id, "official", 0);
    ws_wait(&second, "official:0:");
    assert_true(was_told(&second, "\"you\":false"));
    ws_close(&second);
    ws_close(&official);
    ws_close(&b);
    assert_answers(&a, id, "left", 1);
    ws_close(&a);
    delete_terminal(w, id);
}

static void terminal__question__is_answered_while_only_observers_look(void **state)
{
    WORLD(state)
    int status;
    cJSON *reply = world_call(w, "POST", "/auth/session_tokens", WORLD_TOKEN,
                              "{\"scope\":\"observe\"}", &status);
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\"");
    struct ws observer, owner;

    ws_open_as(&observer, w, cJSON_GetStringValue(cJSON_GetObjectItem(reply, "token")), "json");
    ws_subscribe(&observer, "terminal:", id);
    ws_open(&owner, w, "json");
    subscribe_as(&owner, id, "host");
    assert_answers(&owner, id, "seen", 1);
    ws_wait(&observer, "seen:1:");
    ws_close(&owner);
    ws_close(&observer);
    cJSON_Delete(reply);
    delete_terminal(w, id);
}

/* More answers than may wait as input; the socket that types there types elsewhere, too. */
static void terminal__question__of_one_that_does_not_read_holds_nobody_up(void **state)
{
    WORLD(state)
    char *asks = world_pty(w, ",\"shell\":\"/bin/sh\""), *calm = world_pty(w, "");
    struct ws ws;

    ws_open(&ws, w, "json");
    subscribe_as(&ws, asks, "host");
    subscribe_as(&ws, calm, "host");
    ws_input(&ws, asks,
             "stty raw -echo; q=$(printf '\\033[c'); yes \"$q\" | head -n 400000; "
             "echo all\"asked\"; sleep 1000\n");
    ws_wait(&ws, "allasked");
    ws_input(&ws, asks, "x");
    ws_input(&ws, calm, "echo cal\"m\"\n");
    ws_wait(&ws, "calm\r\n");
    ws_close(&ws);
    delete_terminal(w, asks);
    delete_terminal(w, calm);
}

static void terminal__colours__are_those_it_was_told(void **state)
{
    WORLD(state)
    char *id = world_pty(w, ",\"shell\":\"/bin/sh\""), colours[115], text[400];
    struct ws ws;

    ws_open(&ws, w, "json");
    subscribe_as(&ws, id, "host");
    for (size_t i = 0; i + 6 < sizeof colours; i += 6)
        snprintf(colours + i, 7, "%s", i == 6 ? "fdf6e3" : "002b36");
    for (int i = 0; i < 2; i++) {
        /* The second is none, and changes nothing. */
        snprintf(text, sizeof text,
                 "{\"type\":\"terminal:colours\",\"data\":{\"terminal_id\":\"%s\","
                 "\"colours\":\"%s\"}}",
                 id, i ? "ffffff" : colours);
        ws_send(&ws, text);
    }
    ws_input(&ws, id,
             "stty -icanon -echo min 0 time 4; printf '\\033]11;?\\a'; "
             "n=$(tr -d '\\033\\a'); stty sane; echo \"[$n]\"\n");
    ws_wait(&ws, "[]11;rgb:fdfd/f6f6/e3e3");
    ws_close(&ws);
    delete_terminal(w, id);
}

static void terminal__flood__ctrl_c_and_other_echoes_stay_quick(void **state)
{
    WORLD(state)
    struct ws ws;
    char *flood = world_pty(w, ""), *calm = world_pty(w, "");
    int64_t start;

    ws_open(&ws, w, "binary");
    ws_subscribe(&ws, "terminal:", flood);
    ws_subscribe(&ws, "terminal:", calm);
    ws_input(&ws, flood, "yes\n");
    ws_wait(&ws, "y\r\ny\r\ny\r\ny\r\n");
    ws_read_for(&ws, 300);
    start = clock_mono_ms();
    ws_input(&ws, calm, "echo cal\"m\"\n");
    ws_wait(&ws, "calm\r\n");
    assert_in_range(clock_mono_ms() - start, 0, 2000);
    start = clock_mono_ms();
    ws_input(&ws, flood, "\003");
    ws_wait(&ws, "^C");
    print_message("# prompt after %d ms\n", (int)(clock_mono_ms() - start));
    assert_in_range(clock_mono_ms() - start, 0, 2000);
    ws_close(&ws);
    delete_terminal(w, flood);
    delete_terminal(w, calm);
}

static void terminal__flood__a_viewer_that_does_not_read_does_not_block_another(void **state)
{
    WORLD(state)
    struct ws stuck, live;
    char *id = world_pty(w, "");

    ws_open(&stuck, w, "binary");
    ws_open(&live, w, "binary");
    ws_subscribe(&stuck, "terminal:", id);
    ws_subscribe(&live, "terminal:", id);
    ws_input(&live, id, "head -c 30000000 /dev/zero | tr '\\0' x; echo fini\"shed\"\n");
    ws_wait(&live, "finished");
    ws_input(&live, id, "echo and-\"on\"\n");
    ws_wait(&live, "and-on");
    /* It reads again: a snapshot brings it up to date. */
    ws_wait(&stuck, "and-on");
    ws_close(&stuck);
    ws_close(&live);
    delete_terminal(w, id);
}

static void terminal__exit__flushes_then_says_destroyed(void **state)
{
    WORLD(state)
    struct ws a, b;
    char *id = world_pty(w, "");

    ws_open(&a, w, "json");
    ws_open(&b, w, "json");
    ws_subscribe(&a, "terminal:", id);
    ws_input(&a, id, "echo last\"words\"; exit 3\n");
    ws_wait_frame(&a, "terminal:destroyed");
    assert_non_null(strstr(a.text.data, "lastwords"));
    ws_wait_frame(&b, "terminal:destroyed");
    ws_close(&a);
    ws_close(&b);
    free(id);
}

static void wait_for_count(struct world *w, const char *pattern, const char *expected)
{
    int64_t end = clock_mono_ms() + 10000;
    cleanup_free char *command = xasprintf("pgrep -fc '%s' || true", pattern);

    for (;;) {
        char *out = world_sh(w, command);
        bool same = !strcmp(out, expected);

        free(out);
        if (same)
            return;
        if (clock_mono_ms() > end)
            fail_msg("%s: not %s", pattern, expected);
        poll(NULL, 0, 20);
    }
}

static void terminal__delete__ends_the_whole_session(void **state)
{
    WORLD(state)
    struct ws ws;
    char *id = world_pty(w, "");

    ws_open(&ws, w, "json");
    ws_subscribe(&ws, "terminal:", id);
    ws_input(&ws, id,
             "(trap '' HUP TERM; sleep 4321) & set -m; sleep 4322 & trap '' HUP; sleep 4323\n");
    wait_for_count(w, "^sleep 432[123]", "3\n");
    delete_terminal(w, id);
    ws_wait_frame(&ws, "terminal:destroyed");
    wait_for_count(w, "^sleep 432[123]", "0\n");
    ws_close(&ws);
}

static void terminal__input__a_large_paste_arrives_whole(void **state)
{
    WORLD(state)
    struct ws ws;
    struct buf paste = {0};
    char *id = world_pty(w, "");

    ws_open(&ws, w, "json");
    ws_subscribe(&ws, "terminal:", id);
    ws_input(&ws, id, "stty -echo -icanon min 1; echo go-\"now\"; head -c 3000000 | md5sum\n");
    ws_wait(&ws, "go-now");
    for (int i = 0; i < 5000; i++)
        buf_append_str(&paste, "abcdefghi\n");
    for (int i = 0; i < 60; i++)
        ws_input(&ws, id, paste.data);
    buf_finish(&paste);
    ws_wait(&ws, "  -");
    char *sum = world_sh(w, "yes abcdefghi | head -c 3000000 | md5sum | cut -c 1-32 | tr -d '\\n'");
    ws_wait(&ws, sum);
    free(sum);
    ws_close(&ws);
    delete_terminal(w, id);
}

static void terminal__create__refuses_bad_options(void **state)
{
    WORLD(state)
    static const char *const bad[] = {
        "{\"pty\":1}",
        "{\"pty\":true,\"shell\":\"bash\"}",
        "{\"pty\":true,\"shell\":\"/no/such/shell\"}",
        "{\"pty\":true,\"cwd\":\"/no/such/dir\"}",
        "{\"pty\":true,\"encoding\":\"utf7\"}",
        "{\"pty\":true,\"cols\":0}",
        "{\"pty\":true,\"rows\":\"x\"}",
        "{",
        "[]",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int status;
        cJSON *reply = world_call(w, "POST", "/terminals", WORLD_TOKEN, bad[i], &status);

        if (status != 400)
            fail_msg("%s: %d", bad[i], status);
        assert_true(cJSON_IsString(cJSON_GetObjectItem(reply, "error")));
        cJSON_Delete(reply);
    }
}

static void socket__message__garbage_is_survived(void **state)
{
    WORLD(state)
    static const char *const garbage[] = {
        "",
        "{",
        "[]",
        "7",
        "{\"type\":7}",
        "{\"type\":\"terminal:input\"}",
        "{\"type\":\"terminal:input\",\"data\":{\"terminal_id\":\"nope\",\"input\":\"x\"}}",
        "{\"type\":\"subscribe\"}",
        "{\"type\":\"subscribe\",\"channel\":\"terminal:nope\"}",
        "{\"type\":\"unsubscribe\",\"channel\":\"terminal:nope\"}",
        "{\"type\":\"command:start\",\"data\":{\"cmd_id\":\"nope\"}}",
    };
    struct ws ws;
    char *id = world_pty(w, "");

    ws_open(&ws, w, "json");
    for (size_t i = 0; i < ARRAY_LEN(garbage); i++)
        ws_send(&ws, garbage[i]);
    ws_wait_frame(&ws, "terminal:error");
    ws_subscribe(&ws, "terminal:", id);
    ws_input(&ws, id, "echo ali\"ve\"\n");
    ws_wait(&ws, "alive");
    ws_close(&ws);
    delete_terminal(w, id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal__pty__echoes_on_both_protocols),
        cmocka_unit_test(terminal__created__is_repeated_until_subscribed),
        cmocka_unit_test(terminal__subscribe__first_gets_raw_later_ones_a_snapshot),
        cmocka_unit_test(terminal__subscribe__half_a_character_is_not_sent_twice),
        cmocka_unit_test(terminal__subscribe__half_a_sequence_is_not_sent_twice),
        cmocka_unit_test(terminal__resize__tells_the_others_and_ignores_nonsense),
        cmocka_unit_test(terminal__input_ack__takes_each_number_once),
        cmocka_unit_test(terminal__question__is_answered_once),
        cmocka_unit_test(terminal__question__is_answered_beside_a_script),
        cmocka_unit_test(terminal__question__is_answered_whatever_was_asked_for),
        cmocka_unit_test(terminal__question__is_answered_while_only_observers_look),
        cmocka_unit_test(terminal__question__of_one_that_does_not_read_holds_nobody_up),
        cmocka_unit_test(terminal__colours__are_those_it_was_told),
        cmocka_unit_test(terminal__flood__ctrl_c_and_other_echoes_stay_quick),
        cmocka_unit_test(terminal__flood__a_viewer_that_does_not_read_does_not_block_another),
        cmocka_unit_test(terminal__exit__flushes_then_says_destroyed),
        cmocka_unit_test(terminal__delete__ends_the_whole_session),
        cmocka_unit_test(terminal__input__a_large_paste_arrives_whole),
        cmocka_unit_test(terminal__create__refuses_bad_options),
        cmocka_unit_test(socket__message__garbage_is_survived),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
