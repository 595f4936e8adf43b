/* SPDX-License-Identifier: MIT
 *
 * Real programs inside a sandbox of the real host, seen through sandpit. script(1) keeps what each
 * of them wrote; tmux, given these bytes, must show what sandpit's pane shows: characters, bold,
 * underline, reverse and the cursor. (Colours cross curses here; tests/vterm/test_programs.c
 * compares them.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/e2e/lab.h"
#include "tests/source.h"
#include "tests/vterm/others.h"

struct step {
    const char *keys, *awaited; /* NULL: none */
};

struct program {
    const char *name, *command;
    struct step steps[6];
    bool erases_last_column; /* with a wrap pending, which tmux takes for the column after it */
};

static const struct program programs[] = {
    {"vim.tiny",
     "vim.tiny -u NONE -N -n text",
     {{NULL, "line 1 "},
      {":set nu ruler\r", "  1 line"},
      {"onew 漢字 e\xcc\x81\033:sp\r", "漢字"},
      {"G0v$", "VISUAL"}}},
    {"nvim",
     "nvim -u NONE -i NONE -n text",
     {{NULL, "line 1 "}, {":vsplit\r", "line 2 "}, {"otyped 漢字\033G", "typed"}}},
    {"less", "less -R text", {{NULL, "line 1 "}, {"/needle\r", "needle"}, {"G", "line 300 "}}},
    {"htop", "htop -d 100", {{NULL, "Load average"}, {"t", "Load average"}}},
    {"top", "top -d 100", {{NULL, "load average"}}, .erases_last_column = true},
    {"python3",
     "python3 -q",
     {{NULL, ">>>"},
      {"for i in range(60): print(i, '漢' * i)\r\r", "59 "},
      {"'abc\001\005def'\033[D\033[D", "abcdef"}}},
    {"node", "node", {{NULL, ">"}, {"'ab' + 'cd'\r", "'abcd'"}, {"[1, 2].ma", "[1, 2].ma"}}},
    {"ncdu", "ncdu --color dark .", {{NULL, "Total disk usage"}, {"i", "isk usage"}}},
    {"fzf",
     "sh -c \"seq 1 1000 | sed s/\\$/entry漢/ | fzf --border --preview 'echo p {}'\"",
     {{NULL, "1000/1000"}, {"99", "entry"}, {"\033[A\033[A", "entry"}}},
    {"whiptail",
     "whiptail --title Install --menu Choose 16 60 4 a first b second",
     {{NULL, "Choose"}, {"\033[B\t", "second"}}},
    {"tmux",
     "tmux -S inner -f /dev/null new-session 'seq 1 200; exec cat'",
     {{NULL, "200"}, {"\002\002%", "0:"}, {"typed\r", "typed"}, {"\002\002\"", "0:"}}},
};

static const struct tolerance like_tmux = {.attrs = ATTR_BOLD | ATTR_UNDERLINE | ATTR_REVERSE,
                                           .no_colours = true};

/* What the program wrote so far, without script's first line. */
static char *typescript(const char *path, size_t *n)
{
    size_t size = 0;
    char *bytes = read_whole(path, &size);
    const char *end = bytes ? memchr(bytes, '\n', size) : NULL;

    *n = end ? (size_t)(bytes + size - end - 1) : 0;
    if (end)
        memmove(bytes, end + 1, *n);
    return bytes ? bytes : xstrdup("");
}

/* The pane: the screen without the status line below. */
static void sight_of_pane(struct pty *p, int rows, int cols, struct sight *out)
{
    size_t n;
    const char *bytes = pty_output(p, &n);

    sight_of_libvterm(bytes, n, rows + 1, cols, out);
    out->rows = rows;
}

/* True when both show the same; they may lag behind one another for a while. */
static bool compare(struct pty *p, const struct program *program, const char *path, int rows,
                    int cols, char why[256])
{
    struct tolerance tolerance = like_tmux;
    struct sight ours, theirs;
    size_t n;
    cleanup_free char *bytes = typescript(path, &n);

    tolerance.no_last_column = program->erases_last_column;
    tolerance.no_cursor = !pty_state(p).cursor_visible; /* curses leaves a hidden one anywhere */
    sight_of_pane(p, rows, cols, &ours);
    bool answered = sight_of_tmux(bytes, n, rows, cols, &theirs);
    snprintf(why, 256, "tmux did not answer");
    bool same = answered && !sight_differences(&ours, &theirs, &tolerance, why, 256);
    sight_finish(&ours);
    sight_finish(&theirs);
    return same;
}

static void check(struct pty *p, const struct program *program, const char *path, int rows,
                  int cols, int step)
{
    int64_t until = clock_mono_ms() + WAIT_MS;
    char why[256];

    for (;;) {
        pty_wait_quiet(p, 150, 2000);
        if (compare(p, program, path, rows, cols, why))
            return;
        if (clock_mono_ms() > until)
            fail_msg("%s at %dx%d, step %d: %s\n%s", program->name, cols, rows, step, why,
                     pty_screen_text(p));
    }
}

/* The folder in which the sandbox's shells start, as the host sees it. */
static char *home_of(struct lab *l, const char *sandbox)
{
    cleanup_free char *id = xstrdup(lab_do(l, "new", sandbox, NULL));
    cleanup_free char *home = xstrdup(lab_do(l, "exec", sandbox, "--", "pwd", NULL));

    return xasprintf("%s/state/sandpitd/sandboxes/%s/root%s", l->dir, id, home);
}

static void write_files(const char *home, const struct program *program)
{
    cleanup_free char *text = xasprintf("%s/text", home), *run = xasprintf("%s/run", home);
    FILE *f = fopen(text, "w");

    assert_non_null(f);
    for (int i = 1; i <= 300; i++)
        fprintf(f, "line %d \tmore text%s%s\n", i, i % 50 == 45 ? " needle" : "",
                i % 7 ? ""
                      : " and a very long line with wide 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字"
                        "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 to wrap");
    fclose(f);
    f = fopen(run, "w");
    assert_non_null(f);
    fprintf(f, "%s\n", program->command);
    fclose(f);
}

static void run(struct lab *l, const struct program *program, const char *sandbox, int rows,
                int cols)
{
    cleanup_free char *home = home_of(l, sandbox), *path = xasprintf("%s/typescript", home);

    write_files(home, program);
    struct pty *p = lab_pty(l, rows + 1, cols, "shell", sandbox, NULL);

    assert_screen(p, "$");
    pty_send(p, "clear; LC_ALL=C.UTF-8 COLORTERM= script -q -f -c '. ./run' typescript\r");
    for (int i = 0; i < 6 && (program->steps[i].keys || program->steps[i].awaited); i++) {
        const struct step *step = &program->steps[i];

        if (step->keys)
            pty_send(p, step->keys);
        if (step->awaited)
            assert_screen(p, step->awaited);
        check(p, program, path, rows, cols, i);
    }
    pty_destroy(p);
}

static void drive(struct lab *l, size_t i)
{
    const struct program *program = &programs[i];
    cleanup_free char *file = xasprintf("/usr/bin/%s", program->name);

    if (access(file, X_OK) != 0)
        skip();
    lab_gateway(l, NULL);
    run(l, program, "alice/small", 24, 80);
    run(l, program, "alice/large", 50, 200);
}

/* cmocka gives the state to the setup, which makes it the lab. */
#define PROGRAM(number, name)                                                                      \
    static void program__##name##__shows_what_tmux_shows(void **state)                             \
    {                                                                                              \
        drive(*state, number);                                                                     \
    }
PROGRAM(0, vim)
PROGRAM(1, neovim)
PROGRAM(2, less)
PROGRAM(3, htop)
PROGRAM(4, top)
PROGRAM(5, python)
PROGRAM(6, node)
PROGRAM(7, ncdu)
PROGRAM(8, fzf)
PROGRAM(9, installer)
PROGRAM(10, tmux)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(program__vim__shows_what_tmux_shows),
        LAB_TEST(program__neovim__shows_what_tmux_shows),
        LAB_TEST(program__less__shows_what_tmux_shows),
        LAB_TEST(program__htop__shows_what_tmux_shows),
        LAB_TEST(program__top__shows_what_tmux_shows),
        LAB_TEST(program__python__shows_what_tmux_shows),
        LAB_TEST(program__node__shows_what_tmux_shows),
        LAB_TEST(program__ncdu__shows_what_tmux_shows),
        LAB_TEST(program__fzf__shows_what_tmux_shows),
        LAB_TEST(program__installer__shows_what_tmux_shows),
        LAB_TEST(program__tmux__shows_what_tmux_shows),
    };

    others_main(argc, argv);
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
