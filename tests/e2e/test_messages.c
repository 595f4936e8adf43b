/* SPDX-License-Identifier: MIT
 *
 * A message from the wall to a sandbox, seen by somebody else who has a pane of it open.
 */
#include "tests/e2e/desk.h"

static void say(struct pty *wall, const char *text)
{
    pty_send(wall, "M");
    assert_screen(wall, "Message", "Link");
    pty_send(wall, text);
    pty_send(wall, "\r");
    assert_screen(wall, "told class/bob");
}

static void message__sent_read_and_taken_back(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_env(l, "USER=ann");
    struct pty *desk = desk_open(l, 24, 100, "class/bob");
    struct pty *wall =
        lab_pty(l, 24, 100, "--no-restore", "--namespace", "class", "--view", "wall", NULL);

    assert_screen(wall, "wall 1", "bob", "$");
    say(wall, "Five minutes left");
    assert_screen(desk, "\xc2\xbb ann ", "Five minutes left", "C-b M reads", "1 message");
    pty_send(wall, "u");
    assert_screen(wall, "Take back which message?", "Five minutes left");
    pty_send(wall, "\r");
    assert_screen(wall, "took it back from class/bob");
    assert_true(pty_wait_gone(desk, WAIT_MS, "\xc2\xbb", NULL));
    say(wall, "Look at the board");
    assert_screen(desk, "Look at the board");
    desk_run(desk, "stty size", "23 100");
    pty_send(desk, PREFIX "M");
    assert_screen(desk, "Messages to class/bob", "Look at the board");
    pty_send(desk, "\033");
    assert_true(pty_wait_gone(desk, WAIT_MS, "\xc2\xbb", "Messages to", NULL));
    desk_leave(wall);
    desk_leave(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(message__sent_read_and_taken_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
