/* SPDX-License-Identifier: MIT
 *
 * Who takes part in a terminal and what runs there, as the title of its pane says.
 */
#include "tests/views/two_shells.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "wire/names.h"

static struct stage *open_shell(void)
{
    struct stage *s = stage_open_synced(24, 100);

    stage_answer(s, "GET /info", 200,
                 "{\"extensions\":[\"list\",\"snapshot\",\"terminal-size\",\"input-ack\","
                 "\"activity\"],\"version\":\"1\"}");
    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    stage_keys(s, "Enter");
    two_shells_await(s, 2, "t1", "first shell");
    return s;
}

/* age: of the command, as a field: "#-1" at the prompt. */
static void tell_command(struct stage *s, const char *terminal, const char *with,
                         const char *command, const char *age)
{
    const char *fields[] = {"terminal_id", terminal,   "with",        with,         "rows",
                            "#24",         "cols",     "#80",         "output_age", "#0",
                            "input_age",   "#0",       "command",     command,      "hand_age",
                            "#-1",         "bell_age", "#-1",         "exit_age",   "#-1",
                            "command_age", age,        "frozen_left", "#0",         NULL};

    stage_push(s, "a1", MSG_TERMINAL_ACTIVITY, CHANNEL_ACTIVITY, fields);
}

static void tell(struct stage *s, const char *terminal, const char *with)
{
    tell_command(s, terminal, with, "bash", "#-1");
}

static void company__command__stands_in_the_title_while_it_runs(void **state)
{
    struct stage *s = open_shell();

    tell_command(s, "t1", "", "sleep", "#0");
    tell_command(s, "t1", "", "sleep", "#100");
    stage_await(s, "alice/demo \xe2\x96\xb8sleep ");
    tell_command(s, "t1", "ann", "vim", "#5000");
    stage_await(s, "alice/demo \xe2\x87\x84 ann takes part \xe2\x96\xb8vim ");
    stage_keys(s, "C-b i");
    stage_await(s, "runs:        vim");
    stage_await(s, "takes part:  ann");
    stage_keys(s, "Esc");
    stage_await_gone(s, "runs:");
    stage_output(s, "\x1b]0;notes - VIM\x07"); /* it says so itself */
    stage_await_gone(s, "\xe2\x96\xb8vim");
    stage_await(s, "notes - VIM");
    stage_output(s, "\x1b]0;ann@demo: ~\x07");
    stage_await(s, "\xe2\x96\xb8vim ann@demo");
    tell_command(s, "t1", "", "em", "#9000"); /* "demo" does not say so */
    stage_await(s, "\xe2\x96\xb8"
                   "em ann@demo");
    tell_command(s, "t1", "", "tmux: client", "#9000");
    stage_await(s, "\xe2\x96\xb8tmux ann@demo");
    tell_command(s, "t1", "", "zsh", "#9000"); /* a shell in the shell */
    stage_await_gone(s, "\xe2\x96\xb8");
    tell_command(s, "t1", "", "make", "#9000");
    stage_await(s, "\xe2\x96\xb8make");
    tell(s, "t1", "");
    stage_await_gone(s, "\xe2\x96\xb8");
    stage_close(s);
}

static void company__command__stands_in_the_tree(void **state)
{
    struct stage *s = open_shell();

    stage_keys(s, "C-b %");
    two_shells_await(s, 3, "t2", "second shell");
    tell_command(s, "t1", "", "make", "#5000");
    tell_command(s, "t2", "", "vim", "#5000");
    stage_output_of(s, "t1", "\x1b]0;ann@demo: ~\x07");
    stage_output_of(s, "t2", "\x1b]0;notes - VIM\x07"); /* it says so itself */
    stage_await(s, "notes - VIM");
    stage_keys(s, "C-b w");
    stage_await(s, "Tabs and panes");
    stage_await(s, "alice/demo  \xe2\x96\xb8make  ann@demo: ~");
    stage_await(s, "alice/demo  notes - VIM");
    stage_type(s, "make");
    stage_await(s, "1/1");
    stage_close(s);
}

/* One that ends at once is not worth a look. */
static void company__short_command__never_shows(void **state)
{
    struct stage *s = open_shell();

    tell_command(s, "t1", "", "ls", "#0");
    tell_command(s, "t1", "ann", "ls", "#10");
    stage_await(s, "ann takes part");
    char *screen = stage_screen(s);
    assert_null(strstr(screen, "\xe2\x96\xb8ls"));
    free(screen);
    tell(s, "t1", "");
    tell_command(s, "t9", "", "sleep", "#5000");
    tell_command(s, "t1", "bob", "bash", "#-1");
    stage_await(s, "bob takes part");
    stage_await_gone(s, "\xe2\x96\xb8");
    stage_close(s);
}

static void company__others__stand_in_the_title_while_they_are_there(void **state)
{
    struct stage *s = open_shell();

    tell(s, "t9", "somebody elsewhere");
    tell(s, "t1", "ann");
    stage_await(s, "\xe2\x87\x84 ann takes part");
    tell(s, "t1", "ann, bob");
    stage_await(s, "\xe2\x87\x84 ann, bob take part");
    stage_await_gone(s, "elsewhere");
    tell(s, "t1", "");
    stage_await_gone(s, "take part");
    stage_close(s);
}

static void company__terminal_gone__is_forgotten(void **state)
{
    static const char *const fields[] = {"terminal_id", "t1", NULL};
    struct stage *s = open_shell();

    tell(s, "t1", "ann");
    stage_await(s, "ann takes part");
    stage_push(s, "a1", MSG_TERMINAL_DESTROYED, CHANNEL_ACTIVITY, fields);
    stage_await_gone(s, "ann takes part");
    stage_close(s);
}

static void company__hostile_name__is_made_harmless(void **state)
{
    struct stage *s = open_shell();
    char *large = xmalloc(100001);

    memset(large, 'x', 100000);
    large[100000] = '\0';
    tell(s, "t1", ",,a\x1b]0;b\x07\xc2\x9b, ,\xe2\x80\xae,");
    stage_await(s, "\xe2\x87\x84 a ]0;b");
    tell(s, "t1", large);
    stage_await(s, "\xe2\x87\x84 xxx");
    for (int i = 0; i < 1000; i++) {
        char id[16];

        snprintf(id, sizeof id, "h%d", i);
        tell(s, id, "ann");
    }
    tell(s, "t1", "bob");
    stage_await(s, "\xe2\x87\x84 bob takes part");
    stage_close(s);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(company__others__stand_in_the_title_while_they_are_there),
        cmocka_unit_test(company__command__stands_in_the_title_while_it_runs),
        cmocka_unit_test(company__command__stands_in_the_tree),
        cmocka_unit_test(company__short_command__never_shows),
        cmocka_unit_test(company__terminal_gone__is_forgotten),
        cmocka_unit_test(company__hostile_name__is_made_harmless),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
