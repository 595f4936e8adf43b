/* SPDX-License-Identifier: MIT
 *
 * Real programs, driven under a pty; what our terminal shows for their bytes is compared with what
 * libvterm and tmux show for the same ones. docs/decisions.md lists the differences allowed.
 */
#include "tests/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/pty.h"
#include "tests/vterm/others.h"

#define WAIT_MS 20000

struct step {
    const char *keys, *awaited; /* NULL: none */
};

struct program {
    const char *name;
    const char *argv[16]; /* "FILE" is a text of 300 lines, "FOLDER" a folder */
    struct step steps[10];
    bool erases_last_column; /* with a wrap pending, which tmux takes for the column after it */
};

static char folder[] = "/tmp/sandpit-programs-XXXXXX";
static char *file;

static const struct program programs[] = {
    {"vim",
     {"vim.tiny", "-u", "NONE", "-N", "-n", "FILE", NULL},
     {{NULL, "line 1 "},
      {"\006", NULL},
      {":set nu ruler hls\r", " line "},
      {"/needle\r", "needle"},
      {"Onew text 漢字 e\xcc\x81 end\033", "new text"},
      {"yyP3dd5x:sp\r", "text"},
      {"\027wG", "line 300 "},
      {"gg0v$", "VISUAL"}}},
    {"nvim",
     {"nvim", "-u", "NONE", "-i", "NONE", "-n", "FILE", NULL},
     {{NULL, "line 1 "},
      {":set nu cursorline termguicolors\r", "  1 line"},
      {":vsplit\r", "line 2 "},
      {"/needle\r", "needle"},
      {"otyped 漢字\033", "typed"},
      {":only\r", "typed"},
      {"gg:set list\r", "line 1 "}}},
    {"less",
     {"less", "-R", "FILE", NULL},
     {{NULL, "line 1 "},
      {" ", NULL},
      {"/needle\r", "needle"},
      {"G", "line 300 "},
      {"kkk", "line 29"},
      {"?漢\r", "漢"}}},
    {"htop",
     {"htop", "-d", "50", NULL},
     {{NULL, "Load average"}, {"t", "Load average"}, {"\033OP", "htop"}}},
    {"top",
     {"top", "-d", "50", NULL},
     {{NULL, "load average"}, {"1", "load average"}},
     .erases_last_column = true},
    {"python3",
     {"python3", "-q", NULL},
     {{NULL, ">>>"},
      {"print('x' * 300)\r", "xxx"},
      {"for i in range(60): print(i, '漢' * i)\r\r", "59 "},
      {"'abc\001\005def'\033[D\033[D", "abcdef"},
      {"\r", "'abcdef'"}}},
    {"node",
     {"node", NULL},
     {{NULL, ">"}, {"[...Array(30).keys()].map(x => 'v' + x)\r", "'v29'"}, {"proc", "process"}}},
    {"ncdu",
     {"ncdu", "--color", "dark", "FOLDER", NULL},
     {{NULL, "Total disk usage"}, {"i", "isk usage"}, {"i", NULL}, {"?", "ncdu"}}},
    {"fzf",
     {"sh", "-c", "seq 1 1000 | sed 's/$/ entry 漢/' | fzf --multi --border --preview 'echo p {}'",
      NULL},
     {{NULL, "1000/1000"}, {"99", "entry"}, {"\t", ">"}}},
    {"whiptail",
     {"whiptail", "--title", "Install", "--menu", "Choose one of these", "16", "60", "4", "a",
      "the first", NULL},
     {{NULL, "Choose"}, {"\t", "Choose"}}},
    {"nano",
     {"nano", "-I", "-l", "-m", "FILE", NULL},
     {{NULL, "line 2 "},
      {"typed 漢字", "typed"},
      {"\027needle\r", "needle"},
      {"\026\026", NULL},
      {"\007", "nano"}}},
    {"mc",
     {"mc", "-x", "--nosubshell", "/usr/bin", "/etc", NULL},
     {{NULL, "/etc"}, {"\t\033[B\033[B", "/etc"}, {"\033[20~", "Left"}}},
    {"dialog",
     {"dialog", "--title", "Pick", "--checklist", "Some of these", "12", "50", "3", "a 漢", "first",
      "on", NULL},
     {{NULL, "Some of"}, {" \t", "Some of"}}},
    {"tmux",
     {"sh", "-c",
      "exec tmux -S FOLDER/inner -f /dev/null new-session 'seq 1 200; exec cat' \\; split-window "
      "-h "
      "'seq 1 50 | sed s/$/漢字漢字漢字漢字漢字漢字漢字/; exec cat' \\; split-window 'exec cat'",
      NULL},
     {{NULL, "200"},
      {"typed", "typed"},
      {"\002\"", "typed"},
      {"\002[", "[0/"},
      {"q", NULL},
      {"\002z", "*Z"}}},
};

/* What the others do not have or do in their own way: docs/decisions.md. */
static const struct tolerance like_libvterm = {.attrs = ATTR_BOLD | ATTR_UNDERLINE | ATTR_ITALIC |
                                                        ATTR_REVERSE | ATTR_BLINK};
static const struct tolerance like_tmux = {.attrs = ATTR_BOLD | ATTR_DIM | ATTR_UNDERLINE |
                                                    ATTR_ITALIC | ATTR_REVERSE | ATTR_BLINK |
                                                    ATTR_CONCEAL | ATTR_STRIKE};

static void write_text(void)
{
    FILE *f = fopen(file, "w");

    assert_non_null(f);
    for (int i = 1; i <= 300; i++)
        fprintf(f, "line %d \033[3%dmcolour\033[0m\tmore text%s%s\n", i, i % 8,
                i % 50 == 45 ? " needle" : "",
                i % 7 ? ""
                      : " and a very long line with wide 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字"
                        "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 to wrap");
    fclose(f);
}

static char *with_paths(const char *arg)
{
    const char *at = strstr(arg, "FOLDER");

    if (strcmp(arg, "FILE") == 0)
        return xstrdup(file);
    if (!at)
        return xstrdup(arg);
    return xasprintf("%.*s%s%s", (int)(at - arg), arg, folder, at + 6);
}

static void compare(struct pty *p, const struct program *program, int step, int rows, int cols)
{
    struct term *t = term_create(rows, cols, &(struct term_config){.scrollback_lines = 1000});
    struct sight ours, theirs;
    struct tolerance tmux = like_tmux;
    char why[256];
    size_t n;
    const char *bytes = pty_output(p, &n);

    term_feed(t, bytes, n);
    sight_of_term(t, &ours);
    sight_of_libvterm(bytes, n, rows, cols, &theirs);
    if (sight_differences(&ours, &theirs, &like_libvterm, why, sizeof why))
        fail_msg("%s at %dx%d, step %d, libvterm: %s", program->name, cols, rows, step, why);
    sight_finish(&theirs);
    tmux.no_last_column = program->erases_last_column;
    if (!sight_of_tmux(bytes, n, rows, cols, &theirs))
        fail_msg("tmux did not answer");
    if (sight_differences(&ours, &theirs, &tmux, why, sizeof why))
        fail_msg("%s at %dx%d, step %d, tmux: %s", program->name, cols, rows, step, why);
    sight_finish(&theirs);
    sight_finish(&ours);
    term_destroy(t);
}

static void run(const struct program *program, int rows, int cols)
{
    static const char *const env[] = {"LC_ALL=C.UTF-8", "HOME=/nonexistent", "COLORTERM=truecolor",
                                      "ASAN_OPTIONS", NULL};
    const char *argv[16] = {0};

    for (size_t i = 0; program->argv[i]; i++)
        argv[i] = with_paths(program->argv[i]);
    struct pty *p = pty_start(argv, env, rows, cols);
    for (int i = 0; i < 10 && (program->steps[i].keys || program->steps[i].awaited); i++) {
        const struct step *step = &program->steps[i];

        if (step->keys)
            pty_send(p, step->keys);
        if (step->awaited)
            assert_true(pty_wait_screen(p, WAIT_MS, step->awaited, NULL));
        pty_wait_quiet(p, 100, 2000);
        compare(p, program, i, rows, cols);
    }
    pty_destroy(p);
    for (size_t i = 0; argv[i]; i++)
        free((char *)argv[i]);
}

static bool is_installed(const char *name)
{
    cleanup_free char *command = xasprintf("/usr/bin/%s", name);

    return access(command, X_OK) == 0;
}

static void program__screen__is_as_elsewhere(void **state)
{
    const struct program *program = *state;

    if (!is_installed(program->argv[0]))
        skip();
    run(program, 24, 80);
    run(program, 50, 200);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[ARRAY_LEN(programs)];
    char *names[ARRAY_LEN(programs)];

    others_main(argc, argv);
    if (!mkdtemp(folder))
        return 1;
    file = xasprintf("%s/text", folder);
    for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
        names[i] = xasprintf("program__screen__of_%s_is_as_elsewhere", programs[i].name);
        tests[i] = (struct CMUnitTest){names[i], program__screen__is_as_elsewhere, NULL, NULL,
                                       (void *)&programs[i]};
    }
    write_text();
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        free(names[i]);
    unlink(file);
    cleanup_free char *inner = xasprintf("%s/inner", folder);
    unlink(inner);
    rmdir(folder);
    free(file);
    return failed;
}
