/* SPDX-License-Identifier: MIT
 *
 * docs/methods.md is the input: every row of its tables is run twice against the real host, as the
 * command it names and as the key it names, and its effect is looked for in the sandbox. What the
 * official client can do and the tables do not have is a failure (methods.txt), and so is a row
 * nobody knows how to check, or a key that is bound to something else.
 */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "tests/e2e/lab.h"
#include "tests/e2e/method_steps.h"
#include "tests/source.h"

/* Every row is run, and what fails is said at once: one run tells all. */
static unsigned n_failed;
#define row_failed(...) (n_failed++, fprintf(stderr, __VA_ARGS__), fputc('\n', stderr))

#define ROWS_MAX  200
#define CELLS_MAX 5

struct row {
    char *cells[CELLS_MAX]; /* owned, "" behind the n-th: method, view, key, action, command */
    int n;
};

struct tables {
    struct row rows[ROWS_MAX];  /* of methods */
    struct row views[ROWS_MAX]; /* view, way there */
    size_t n_rows, n_views;
    char *text; /* owned: the whole page */
};

/* --- reading --- */

/* "| a | b \| c |" into its cells, without their blanks. */
static struct row split_row(const char *line)
{
    struct row row = {0};
    struct buf cell = {0};

    for (const char *p = line + 1; *p && row.n < CELLS_MAX; p++) {
        if (p[0] == '\\' && p[1] == '|') {
            buf_append(&cell, ++p, 1);
        } else if (*p == '|') {
            const char *begin = cell.data ? cell.data : "";
            size_t n = strlen(begin);

            while (n && begin[n - 1] == ' ')
                n--;
            for (; n && *begin == ' '; n--)
                begin++;
            row.cells[row.n++] = xstrndup(begin, n);
            buf_clear(&cell);
        } else {
            buf_append(&cell, p, 1);
        }
    }
    buf_finish(&cell);
    for (int i = row.n; i < CELLS_MAX; i++)
        row.cells[i] = xstrdup("");
    return row;
}

/* "`a`, `b`" without its marks, in place; of a command only the outer ones go. */
static void unquote(char *cell)
{
    size_t n = strlen(cell);

    if (n > 1 && cell[0] == '`' && cell[n - 1] == '`') {
        memmove(cell, cell + 1, n - 2);
        cell[n - 2] = '\0';
    }
}

static void row_finish(struct row *row)
{
    for (int i = 0; i < CELLS_MAX; i++)
        free(row->cells[i]);
}

static void tables_read(struct tables *t)
{
    bool in_views = false, in_methods = false;

    *t = (struct tables){.text = source_read("docs/methods.md")};
    cleanup_free char *copy = xstrdup(t->text);
    char *rest = copy, *line;

    while ((line = strsep(&rest, "\n"))) {
        if (line[0] != '|') {
            in_views = in_methods = false;
        } else if (strstr(line, "| from the sandboxes |")) {
            in_views = true;
        } else if (strstr(line, "| method |")) {
            in_methods = true;
        } else if (line[1] != '-') {
            struct row row = split_row(line);

            assert_true(in_views != in_methods);
            assert_int_equal(row.n, in_views ? 2 : 5);
            if (in_views)
                t->views[t->n_views++] = row;
            else
                t->rows[t->n_rows++] = row;
            assert_true(t->n_rows < ROWS_MAX && t->n_views < ROWS_MAX);
        }
    }
    assert_true(t->n_rows > 50);
    for (size_t i = 0; i < t->n_rows; i++)
        for (int c = 2; c < 5; c++)
            unquote(t->rows[i].cells[c]);
}

static void tables_finish(struct tables *t)
{
    for (size_t i = 0; i < t->n_rows; i++)
        row_finish(&t->rows[i]);
    for (size_t i = 0; i < t->n_views; i++)
        row_finish(&t->views[i]);
    free(t->text);
}

static const struct method_step *step_of(const struct row *row)
{
    for (const struct method_step *s = method_steps; s->method; s++) {
        cleanup_free char *name = xasprintf("`%s`", s->method);

        if (!strncmp(row->cells[0], name, strlen(name)))
            return s;
    }
    return NULL;
}

/* --- the page is complete --- */

static void methods__page__has_every_method_of_the_client(void **state)
{
    cleanup_free char *page = source_read("docs/methods.md");
    cleanup_free char *list = source_read("tests/e2e/methods.txt");
    char *rest = list, *line;
    size_t n = 0;

    while ((line = strsep(&rest, "\n"))) {
        cleanup_free char *quoted = xasprintf("`%s`", line);

        if (!*line || *line == '#')
            continue;
        n++;
        if (!strstr(page, quoted))
            fail_msg("%s is not in docs/methods.md", line);
    }
    assert_true(n > 150);
}

static void methods__rows__are_all_known(void **state)
{
    struct tables t;
    size_t n_steps = 0;

    tables_read(&t);
    for (size_t i = 0; i < t.n_rows; i++)
        if (!step_of(&t.rows[i]))
            fail_msg("nobody knows how to run %s", t.rows[i].cells[0]);
    for (const struct method_step *s = method_steps; s->method; s++)
        n_steps++;
    assert_int_equal(n_steps, t.n_rows);
    tables_finish(&t);
}

static bool is_bound(const cJSON *keys, const struct row *row)
{
    const char *key = !strncmp(row->cells[2], "C-b ", 4) ? row->cells[2] + 4 : row->cells[2];
    const cJSON *item;

    cJSON_ArrayForEach (item, keys) {
        const char *all = cJSON_GetStringValue(cJSON_GetObjectItem(item, "keys"));
        cleanup_free char *padded = xasprintf(" %s ", all);
        cleanup_free char *wanted = xasprintf(" %s ", key);

        if (!strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(item, "action")), row->cells[3]) &&
            strstr(padded, wanted) &&
            (!strcmp(row->cells[3], "resource-describe") ||
             !strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(item, "context")), row->cells[1])))
            return true;
    }
    return false;
}

static void methods__keys__are_bound_to_what_the_page_says(void **state)
{
    struct lab *l = *state;
    struct tables t;

    tables_read(&t);
    assert_int_equal(lab_run(l, "keys", "--json", NULL), 0);
    cJSON *keys = cJSON_Parse(l->out);

    assert_non_null(keys);
    for (size_t i = 0; i < t.n_rows; i++)
        if (!is_bound(keys, &t.rows[i]))
            fail_msg("%s: %s in %s is not %s", t.rows[i].cells[0], t.rows[i].cells[2],
                     t.rows[i].cells[1], t.rows[i].cells[3]);
    cJSON_Delete(keys);
    tables_finish(&t);
}

/* --- commands --- */

#define PROLOGUE                                                                                   \
    "set -e; : >out; : >talk; sandpit() { \"$S\" \"$@\"; }; OUT=out; "                             \
    "until_in() { while ! grep -q -e \"$1\" \"$2\"; do sleep 0.02; done; }; "

/* ID as a word of its own becomes "$ID". */
static void append_command(struct buf *out, const char *command)
{
    for (const char *p = command; *p; p++) {
        bool is_id =
            !strncmp(p, "ID", 2) && !isalnum((unsigned char)p[2]) && p > command && p[-1] == ' ';

        if (is_id)
            buf_append_str(out, "\"$ID\"");
        else
            buf_append(out, p, 1);
        p += is_id;
    }
}

static void run_command(struct lab *l, const struct row *row, const struct method_step *s)
{
    cleanup_buf struct buf script = {0};

    buf_append_str(&script, PROLOGUE);
    if (s->before)
        buf_printf(&script, "ID=$(%s)\n[ \"$ID\" ]\n", s->before);
    append_command(&script, row->cells[4]);
    if (s->begun) {
        /* $! would be the function's shell otherwise. */
        buf_printf(&script, " >out 2>talk & P=$!; until_in '%s' talk; %s\nuntil_in '%s' out\n",
                   s->begun, s->meanwhile, s->until);
        buf_append_str(&script, "kill $(ps -o pid= --ppid $P) $P; wait || :\n");
    } else {
        buf_append_str(&script, " >out\n");
    }
    buf_append_str(&script, s->after ? s->after : "grep -q . $OUT");
    if (lab_sh(l, script.data) != 0) {
        cleanup_free char *out = lab_read(l, "out");

        row_failed("%s: %s\n--- output:\n%s\n--- %s%s\n--- script: %s", row->cells[0],
                   row->cells[4], out ? out : "", l->out, l->err, script.data);
    }
}

/* It wants a terminal, so it gets one. */
static void run_attach(struct lab *l)
{
    struct pty *p = lab_pty(l, 24, 80, "attach", "alice/demo", NULL);

    assert_screen(p, "$");
    pty_send(p, "echo seen-$((40+2))\r");
    assert_screen(p, "seen-42");
    pty_send(p, "\r~.");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
}

static void methods__commands__do_what_the_page_says(void **state)
{
    struct lab *l = *state;
    struct tables t;

    n_failed = 0;
    tables_read(&t);
    lab_gateway(l, NULL);
    for (size_t i = 0; i < t.n_rows; i++) {
        const struct method_step *s = step_of(&t.rows[i]);
        int64_t begun_ms = clock_mono_ms();

        assert_non_null(s);
        if (strstr(t.rows[i].cells[4], "sandpit attach"))
            run_attach(l);
        else
            run_command(l, &t.rows[i], s);
        if (getenv("METHODS_TIMES"))
            fprintf(stderr, "%5d ms  %s\n", (int)(clock_mono_ms() - begun_ms), t.rows[i].cells[4]);
    }
    tables_finish(&t);
    assert_int_equal(n_failed, 0);
}

/* --- keys --- */

static const char *bytes_of(const char *key)
{
    return !strcmp(key, "Enter") ? "\r" : key;
}

/* The keys of a cell, typed: "`4` `O`", "C-b w". */
static void type_keys(struct pty *p, const char *cell)
{
    cleanup_free char *copy = xstrdup(cell);
    char *save = NULL;

    for (char *key = strtok_r(copy, " `", &save); key; key = strtok_r(NULL, " `", &save))
        pty_send(p, !strcmp(key, "C-b") ? "\002" : bytes_of(key));
}

static bool run_until(struct lab *l, struct pty *p, const struct key_step *step)
{
    cleanup_free char *script = xasprintf(PROLOGUE "%s", step->run);
    int64_t deadline_ms = clock_mono_ms() + WAIT_MS;

    do {
        if (lab_sh(l, script) != 0) {
            row_failed("%s: %s%s", step->run, l->out, l->err);
            return false;
        }
        pty_wait_quiet(p, 50, 500);
    } while (step->until && !pty_screen_has(p, step->until) && clock_mono_ms() < deadline_ms);
    return !step->until || pty_wait_screen(p, 0, step->until, NULL);
}

static bool type_steps(struct lab *l, struct pty *p, const struct key_step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (steps[i].wait && !pty_wait_screen(p, WAIT_MS, steps[i].wait, NULL))
            return false;
        if (steps[i].type) {
            cleanup_buf struct buf text = {0};

            for (const char *c = steps[i].type; *c; c++)
                if (*c == '@')
                    buf_append_str(&text, l->dir);
                else
                    buf_append(&text, c, 1);
            pty_send(p, text.data);
        }
        if (steps[i].run && !run_until(l, p, &steps[i]))
            return false;
    }
    return true;
}

static const char *way_to(const struct tables *t, const char *view)
{
    for (size_t i = 0; i < t->n_views; i++)
        if (!strcmp(t->views[i].cells[0], view))
            return t->views[i].cells[1];
    fail_msg("the page does not say how to get to %s", view);
    return "";
}

static void expect_effect(struct lab *l, const struct row *row, const char *script)
{
    cleanup_free char *line = xasprintf(PROLOGUE "set +e; for i in $(seq 1 60); do (set -e; %s) "
                                                 ">/dev/null && exit 0; sleep 0.05; done; exit 1",
                                        script);

    if (lab_sh(l, line) != 0)
        row_failed("%s: %s has not done it: %s\n%s%s", row->cells[0], row->cells[2], script, l->out,
                   l->err);
}

static void press(struct lab *l, const struct tables *t, const struct row *row,
                  const struct method_step *s)
{
    if (s->key_before) {
        cleanup_free char *script = xasprintf(PROLOGUE "%s", s->key_before);

        if (lab_sh(l, script) != 0)
            row_failed("%s: %s%s", s->key_before, l->out, l->err);
    }
    struct pty *p = lab_pty(l, 30, 100, "--no-restore", NULL);
    const char *way = way_to(t, row->cells[1]);
    bool good = pty_wait_screen(p, WAIT_MS, *way || !s->there ? "running" : s->there, NULL);

    if (good && *way)
        type_keys(p, way);
    good = good && (!s->there || pty_wait_screen(p, WAIT_MS, s->there, NULL)) &&
           type_steps(l, p, s->first, sizeof s->first / sizeof *s->first);
    if (good)
        type_keys(p, row->cells[2]);
    good = good && type_steps(l, p, s->then, KEYS_MAX) &&
           (!s->gone || pty_wait_gone(p, WAIT_MS, s->gone, NULL));
    if (!good)
        row_failed("%s: %s in %s", row->cells[0], row->cells[2], row->cells[1]);
    if (s->key_after)
        expect_effect(l, row, s->key_after);
    pty_destroy(p);
}

static void methods__keys__do_what_the_page_says(void **state)
{
    struct lab *l = *state;
    struct tables t;

    n_failed = 0;
    tables_read(&t);
    lab_gateway(l, NULL);
    for (size_t i = 0; i < t.n_rows; i++) {
        const struct method_step *s = step_of(&t.rows[i]);
        int64_t begun_ms = clock_mono_ms();

        assert_non_null(s);
        press(l, &t, &t.rows[i], s);
        if (getenv("METHODS_TIMES"))
            fprintf(stderr, "%5d ms  %s %s\n", (int)(clock_mono_ms() - begun_ms),
                    t.rows[i].cells[0], t.rows[i].cells[2]);
    }
    tables_finish(&t);
    assert_int_equal(n_failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods__page__has_every_method_of_the_client),
        cmocka_unit_test(methods__rows__are_all_known),
        LAB_TEST(methods__keys__are_bound_to_what_the_page_says),
        LAB_TEST(methods__commands__do_what_the_page_says),
        LAB_TEST(methods__keys__do_what_the_page_says),
    };
    return cmocka_run_group_tests_name("methods", tests, NULL, NULL);
}
