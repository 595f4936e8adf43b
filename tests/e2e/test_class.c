/* SPDX-License-Identifier: MIT
 *
 * sandpit class against the real host: made, interrupted, made again, opened in a real browser, and
 * ended.
 */
#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/e2e/lab.h"
#include "tests/play/browser.h"
#include "tests/play/stage.h"
#include "tests/source.h"

#define SLOW_MS 90000 /* a sandbox that does not answer takes 30 s */

/* The array that the last command printed; the caller deletes it. */
static cJSON *printed(struct lab *l)
{
    cJSON *list = cJSON_Parse(l->out);

    if (!cJSON_IsArray(list))
        fail_msg("no array: %s%s", l->out, l->err);
    return list;
}

static const char *field(const cJSON *list, int i, const char *name)
{
    const char *text =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(list, i), name));

    return text ? text : "";
}

static cJSON *class_json(struct lab *l, const char *who)
{
    if (lab_run(l, "class", who, "--json", NULL))
        fail_msg("class: %s%s", l->out, l->err);
    return printed(l);
}

/* Sandboxes of the class, and whether each has one terminal. */
static int seats(struct lab *l, bool *single)
{
    cJSON *list;
    int n;

    lab_run(l, "ls", "-n", "class", "--json", NULL);
    list = printed(l);
    n = cJSON_GetArraySize(list);
    *single = true;
    for (int i = 0; i < n; i++) {
        const cJSON *terminals =
            cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(list, i), "terminals");

        *single = *single && cJSON_IsNumber(terminals) && terminals->valueint == 1;
    }
    cJSON_Delete(list);
    return n;
}

static void assert_private(struct lab *l, const char *name)
{
    cleanup_free char *path = lab_path(l, name);
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void list__hostile__is_refused_by_line(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_write(l, "names",
              "# who\nalice\n../../etc\n$(id)\nALICE, again\n-rf\n\x1b[2J\nb\xff\n,x\n");
    cleanup_free char *path = lab_path(l, "names");

    assert_int_equal(lab_run(l, "class", path, NULL), 2);
    for (int line = 3; line <= 9; line++) {
        char where[32];

        snprintf(where, sizeof where, "names:%d: ", line);
        assert_has(l->err, where);
    }
    assert_has(l->err, "stands in line 2 already");
    assert_has(l->err, "7 lines");
    assert_null(strchr(l->err, '\x1b'));
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(lab_run(l, "class", i ? "501" : "0", NULL), 2);
    assert_int_equal(lab_run(l, "class", NULL), 2);
    assert_int_equal(lab_run(l, "class", "3", "--cards", "4", NULL), 2);
    assert_int_equal(lab_run(l, "class", "3", "--limit", "memory=lots", NULL), 2);
    assert_int_equal(lab_run(l, "class", "3", "--expires", "8d", NULL), 2);
    assert_int_equal(lab_run(l, "class", "--end", NULL), 2);
    lab_do(l, "ls", "-n", "class", "--json", NULL);
    assert_string_equal(l->out, "[]");
}

static void create__killed__goes_on(void **state)
{
    struct lab *l = *state;
    struct pty *p;
    bool single;

    lab_gateway(l, NULL);
    p = lab_pty(l, 40, 120, "class", "12", NULL);
    assert_screen(p, "2/12 ");
    kill(pty_pid(p), SIGKILL);
    pty_exit_status(p, WAIT_MS);
    pty_destroy(p);
    cJSON *list = class_json(l, "12");
    cleanup_free char *id = xstrdup(field(list, 0, "sandboxId"));
    cleanup_free char *link = xstrdup(field(list, 0, "link"));
    double left_s = (double)(clock_parse_iso(field(list, 0, "expiresAt")) - clock_wall_ms()) / 1000;

    assert_int_equal(cJSON_GetArraySize(list), 12);
    assert_has(l->err, "0 failed");
    assert_string_equal(field(list, 0, "state"), "kept");
    assert_string_equal(field(list, 11, "name"), "student-12");
    assert_true(left_s > 86000 && left_s <= 86400);
    cJSON_Delete(list);
    assert_int_equal(seats(l, &single), 12);
    assert_true(single);
    list = class_json(l, "12");
    assert_has(l->err, "0 created, 12 kept, 0 failed");
    assert_string_equal(field(list, 0, "sandboxId"), id);
    assert_string_not_equal(field(list, 0, "link"), link);
    cJSON_Delete(list);
    assert_int_equal(seats(l, &single), 12);
    assert_true(single);
}

static void create__interrupted__says_how_far(void **state)
{
    struct lab *l = *state;
    struct pty *p;

    lab_gateway(l, NULL);
    p = lab_pty(l, 60, 160, "class", "40", NULL);
    assert_screen(p, "1/40 ");
    pty_send(p, "\x03");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 130);
    assert_true(pty_screen_has(p, "run it again to go on"));
    assert_true(pty_screen_has(p, "not reached"));
    pty_destroy(p);
}

static void export__files__are_private_and_safe(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    lab_write(l, "names", "alice,<script>alert(1)</script> \"q\"\nbob\t=1+1\n");
    assert_int_equal(lab_sh(l, "umask 0; $S class names --html p.html --csv l.csv"
                               " --limit memory=256M --env CLASS=c1 --observe-link"),
                     0);
    cleanup_free char *html = lab_read(l, "p.html");
    cleanup_free char *csv = lab_read(l, "l.csv");

    assert_private(l, "p.html");
    assert_private(l, "l.csv");
    assert_has(html, "&lt;script&gt;alert(1)&lt;/script&gt; &quot;q&quot;");
    assert_null(strstr(html, "<script"));
    assert_has(html, "<svg ");
    assert_has(csv, "\"<script>alert(1)</script> \"\"q\"\"\"");
    assert_has(csv, "\"'=1+1\"");
    assert_has(l->out, "TO WATCH");
    assert_string_equal(lab_do(l, "exec", "class/bob", "echo $CLASS", NULL), "c1");
}

static void link__opened_in_a_browser__is_the_students_terminal(void **state)
{
    struct lab *l = *state;
    struct browser browser = {0};

    lab_gateway(l, NULL);
    browser_start(&browser, l->dir);
    cJSON *list = class_json(l, "1");
    bool single;

    browser_open(&browser, field(list, 0, "link"));
    browser_wait(&browser, "return " SCREEN ".includes('$')");
    browser_type_into(&browser, ".xterm-helper-textarea", "echo by-$((6*7)) | tee typed\n");
    browser_wait(&browser, "return " SCREEN ".includes('by-42')");
    browser_stop(&browser);
    cJSON_Delete(list);
    assert_string_equal(lab_do(l, "exec", "class/student-1", "cat typed", NULL), "by-42");
    assert_int_equal(seats(l, &single), 1);
    assert_true(single);
}

static void end__unreachable__is_never_destroyed(void **state)
{
    struct lab *l = *state;
    struct pty *p;
    pid_t pids[64];
    bool single;

    lab_gateway(l, NULL);
    cJSON *list = class_json(l, "3");

    lab_do(l, "exec", "class/student-1", "mkdir d; head -c 300000 /dev/urandom >d/big", NULL);
    cleanup_free char *sum =
        xstrdup(lab_do(l, "exec", "class/student-1", "sha256sum <d/big", NULL));
    lab_write(l, "data/sandpit/recordings/class_student-1-20260102-030405.cast", "{}\n");
    lab_write(l, "data/sandpit/recordings/class_student-10-20260102-030405.cast", "{}\n");
    size_t n = lab_inside_pids(l, field(list, 1, "sandboxId"), pids, ARRAY_LEN(pids));
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++)
        kill(pids[i], SIGSTOP);
    cleanup_free char *output = lab_path(l, "work");
    p = lab_pty(l, 40, 160, "class", "--end", "--output", output, NULL);
    assert_true(pty_wait_screen(p, SLOW_MS, "Type 2:", NULL));
    pty_send(p, "2\r");
    assert_int_equal(pty_exit_status(p, SLOW_MS), 1);
    assert_true(pty_screen_has(p, "failed"));
    pty_destroy(p);
    for (size_t i = 0; i < n; i++)
        kill(pids[i], SIGCONT);
    assert_int_equal(seats(l, &single), 1);
    lab_do(l, "exec", "class/student-2", "true", NULL);
    assert_int_equal(lab_sh(l, "tar -xOzf work/student-1-*.tar.gz ./files/d/big | sha256sum"), 0);
    l->out[strcspn(l->out, "\n")] = '\0';
    assert_string_equal(l->out, sum);
    assert_int_equal(lab_sh(l, "ls work | wc -l; tar -tzf work/student-1-*.tar.gz | grep -c cast"),
                     0);
    assert_string_equal(l->out, "2\n1\n");
    assert_int_equal(lab_run(l, "class", "--end", "3", "-y", "--output", output, NULL), 0);
    assert_has(l->err, "student-1: there is no such sandbox");
    assert_int_equal(seats(l, &single), 0);
    cJSON_Delete(list);
}

/* What was recorded is the instructor's: students get copies of what is of their sandbox, which
 * another class's with the same names is not. */
static void end__recordings__stay_where_they_are(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    cJSON_Delete(class_json(l, "2"));
    lab_write(l, "data/sandpit/recordings/class_student-1-20260102-030405.cast", "by hand\n");
    lab_write(l, "data/sandpit/recordings/class_student-2-20260102-030405-2.cast", "wall\n");
    lab_write(l, "data/sandpit/recordings/class_student-1-20250102-030405.cast", "last year\n");
    lab_write(l, "data/sandpit/recordings/class_student-2.cast", "renamed\n");
    lab_write(l, "data/sandpit/recordings/mine-20260102-030405.cast", "mine\n");
    assert_int_equal(lab_sh(l, "cd data/sandpit/recordings; touch -d '1 hour ago' *2025*"), 0);
    assert_int_equal(lab_sh(l, "ls data/sandpit/recordings; cat data/sandpit/recordings/*"), 0);
    cleanup_free char *before = xstrdup(l->out);
    cleanup_free char *output = lab_path(l, "work");

    assert_int_equal(lab_run(l, "class", "--end", "-y", "--output", output, NULL), 0);
    assert_has(l->err, "2 recordings were copied into the archives; what you recorded stays in /");
    assert_has(l->err, "1 recording of earlier sandboxes with these names is kept, in no archive");
    assert_has(l->err, "data/sandpit/recordings");
    assert_int_equal(lab_sh(l, "ls data/sandpit/recordings; cat data/sandpit/recordings/*"), 0);
    assert_string_equal(l->out, before);
    assert_int_equal(lab_sh(l, "for i in 1 2; do tar -xOzf work/student-$i-*.tar.gz --wildcards"
                               " '*.cast'; done"),
                     0);
    assert_string_equal(l->out, "by hand\nwall\n");
}

static void end__wrong_count_or_keep__destroys_nothing(void **state)
{
    struct lab *l = *state;
    struct pty *p;
    bool single;

    lab_gateway(l, NULL);
    lab_do(l, "new", "elsewhere", NULL);
    cJSON_Delete(class_json(l, "2"));
    cleanup_free char *output = lab_path(l, "work");

    lab_do(l, "exec", "class/student-1", "touch \"$(printf 'a\\377')\"; echo x >kept", NULL);
    assert_int_equal(lab_run(l, "class", "--end", "--keep", "--output", output, NULL), 1);
    assert_has(l->out, "incomplete");
    lab_do(l, "exec", "class/student-1", "rm a*; mkdir d; echo y >d/f; chmod 0 d", NULL);
    assert_int_equal(lab_run(l, "class", "--end", "--keep", "--output", output, NULL), 1);
    assert_has(l->out, "incomplete");
    assert_int_equal(lab_sh(l, "tar -xOzf work/student-1-*.tar.gz ./left-out.txt"), 0);
    assert_string_equal(l->out, "./d: its owner may not read it\n");
    p = lab_pty(l, 40, 160, "class", "--end", "--output", output, NULL);
    assert_screen(p, "Type 1:");
    pty_send(p, "y\r");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 1);
    pty_destroy(p);
    assert_int_equal(seats(l, &single), 2);
    assert_int_equal(lab_run(l, "class", "--end", "-y", "--output", output, NULL), 1);
    assert_int_equal(seats(l, &single), 1);
    lab_do(l, "exec", "class/student-1", "cat kept", NULL);
    lab_do(l, "exec", "elsewhere", "true", NULL);
}

static void end__killed__goes_on(void **state)
{
    struct lab *l = *state;
    struct pty *p;
    bool single;

    lab_gateway(l, NULL);
    cJSON_Delete(class_json(l, "3"));
    cleanup_free char *output = lab_path(l, "work");

    for (int i = 1; i <= 3; i++) {
        cleanup_free char *name = xasprintf("class/student-%d", i);

        lab_do(l, "exec", name, "for i in 1 2 3 4 5 6; do head -c 200000 /dev/zero >f$i; done",
               NULL);
    }
    p = lab_pty(l, 40, 160, "class", "--end", "-y", "--output", output, NULL);
    assert_screen(p, "1/3 ");
    kill(pty_pid(p), SIGKILL);
    pty_exit_status(p, WAIT_MS);
    pty_destroy(p);
    assert_int_equal(seats(l, &single), 3);
    assert_int_equal(lab_run(l, "class", "--end", "-y", "--output", output, NULL), 0);
    assert_int_equal(seats(l, &single), 0);
    assert_int_equal(lab_sh(l, "ls work | grep -vc '^student-[123]-[a-z0-9]*.tar.gz$';"
                               "for f in work/*; do tar -tzf $f | grep -c '/f[1-6]$'; done"),
                     0);
    assert_string_equal(l->out, "0\n6\n6\n6\n");
}

/* --- docs/classroom.md --- */

/* What is another on every run becomes a word; the students come in any order. */
#define SAME                                                                                       \
    "sed -E 's/ml_[a-z0-9]+/SECRET/; s/[a-z0-9]{12}\\.localhost:[0-9]+/HOST/; "                    \
    "s/^[a-z0-9]{12}$/ID/; s@[0-9]+/([0-9]+) @N/\\1 @; s/[0-9]+h[0-9]+m/SPAN/' | sort"

/* The text between two marks behind `from`; *next gets where it ends. NULL: there is none. The
 * caller frees. */
static char *between(const char *from, const char *begin, const char *end, const char **next)
{
    const char *at = strstr(from, begin), *stop = at ? strstr(at + strlen(begin), end) : NULL;

    if (!stop)
        return NULL;
    *next = stop;
    return xstrndup(at + strlen(begin), (size_t)(stop - at) - strlen(begin));
}

static void run_and_compare(struct lab *l, const char *command, const char *expected)
{
    cleanup_free char *script = xasprintf(
        "mkdir -p bin; ln -sf \"$S\" bin/sandpit; PATH=$PWD/bin:$PATH; { %s; } >said 2>&1 || "
        "{ cat said; exit 1; }; <said " SAME " >said.same; <page " SAME " >page.same; "
        "diff page.same said.same",
        command);

    lab_write(l, "page", expected);
    if (lab_sh(l, script))
        fail_msg("%s\n%s%s", command, l->out, l->err);
}

static void watch_the_wall(struct lab *l)
{
    struct pty *p = lab_pty(l, 28, 100, "--namespace", "class", "--view", "wall", NULL);

    assert_true(pty_wait_screen(p, WAIT_MS, "alice", "bob", "Zoë", "wall 3", NULL));
    pty_hangup(p);
    pty_exit_status(p, WAIT_MS);
    pty_destroy(p);
}

/* On a terminal, where it asks. */
static void end_the_class(struct lab *l, const char *expected)
{
    cleanup_free char *output = lab_path(l, "class-work");
    struct pty *p = lab_pty(l, 40, 120, "class", "--end", "--output", output, NULL);

    assert_screen(p, "Type 3:");
    for (const char *at = expected; *at; at += strcspn(at, "\n") + 1) {
        cleanup_free char *line = xstrndup(at, strcspn(at, "\n"));

        assert_true(pty_screen_has(p, strchr(line, ' ') + 1 + 4)); /* behind "1/3 " */
    }
    pty_send(p, "3\r");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
}

static void docs__classroom__runs_as_written(void **state)
{
    struct lab *l = *state;
    const char *at = "";
    bool single;
    int n_commands = 0;

    lab_gateway(l, NULL);
    cleanup_free char *page = source_read("docs/classroom.md");
    cleanup_free char *names = between(page, "```names\n", "```", &at);
    bool has_wall = lab_sh(l, "$S keys | grep -q view-wall") == 0;

    assert_non_null(names);
    lab_write(l, "names.txt", names);
    lab_write(l, "exercises/hello.py", "print('hello')\n");
    for (char *block; (block = between(at, "```console\n", "```", &at)); free(block)) {
        for (const char *line = block; line && !strncmp(line, "$ ", 2);) {
            cleanup_free char *command = xstrndup(line + 2, strcspn(line + 2, "\n"));
            const char *said = line + strcspn(line, "\n") + 1, *end = said;

            while (*end && strncmp(end, "$ ", 2) != 0)
                end += strcspn(end, "\n") + 1;
            cleanup_free char *expected = xstrndup(said, (size_t)(end - said));

            if (!strcmp(command, "sandpit --namespace class --view wall"))
                has_wall ? watch_the_wall(l) : (void)0;
            else if (!strcmp(command, "sandpit class --end"))
                end_the_class(l, expected);
            else
                run_and_compare(l, command, expected);
            n_commands++;
            line = *end ? end : NULL;
        }
        at += 3;
    }
    assert_int_equal(n_commands, 6);
    assert_int_equal(seats(l, &single), 0);
    lab_do(l, "exec", "model", "cat exercises/hello.py", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(list__hostile__is_refused_by_line),
        LAB_TEST(create__killed__goes_on),
        LAB_TEST(create__interrupted__says_how_far),
        LAB_TEST(export__files__are_private_and_safe),
        LAB_TEST(link__opened_in_a_browser__is_the_students_terminal),
        LAB_TEST(end__unreachable__is_never_destroyed),
        LAB_TEST(end__recordings__stay_where_they_are),
        LAB_TEST(end__wrong_count_or_keep__destroys_nothing),
        LAB_TEST(end__killed__goes_on),
        LAB_TEST(docs__classroom__runs_as_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
