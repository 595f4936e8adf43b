/* SPDX-License-Identifier: MIT
 *
 * Panes and tabs kept from one start to the next.
 */
#include "tests/views/stage.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/private_file.h"
#include "tui/internal.h"
#include "views/layouts.h"
#include "wire/names.h"

static char dir[64], path[96];

static int make_dir(void **state)
{
    snprintf(dir, sizeof dir, "/tmp/layouts-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/layout", dir);
    return 0;
}

static int remove_dir(void **state)
{
    unlink(path);
    return rmdir(dir);
}

static void on_layout(void *user)
{
    views_layout_changed(&((struct stage *)user)->env);
}

static struct stage *open_kept(void)
{
    struct stage *s = stage_open_synced(24, 80);

    s->env.layout_file = path;
    s->env.state->layouts = layouts_create(&s->env);
    s->tui->config.on_layout = on_layout;
    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    return s;
}

static bool file_has(const char *text)
{
    struct err e;
    cleanup_free char *file = private_read(path, LAYOUTS_FILE_MAX, &e);

    return file && strstr(file, text);
}

static void write_file(const char *text)
{
    struct err e;

    assert_int_equal(private_write(path, text, strlen(text), &e), 0);
}

static void layouts__changes__are_written_soon(void **state)
{
    struct stage *s = open_kept();
    struct stat st;

    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->n_attached == 1);
    stage_keys(s, "C-b %");
    await(&s->loop, 20000, s->n_attached == 2);
    await(&s->loop, 20000,
          file_has("tab * \nsplit right 0.5000\nleaf - shell a1 t1\talice/demo\nleaf * shell a1 "
                   "t2\talice/demo\n"));
    stage_keys(s, "C-b !");
    stage_await(s, "1:alice/demo*");
    stage_keys(s, "C-b ,");
    stage_await(s, "Rename this tab");
    stage_type(s, "build");
    stage_keys(s, "Enter");
    stage_await(s, "1:build*");
    await(&s->loop, 20000,
          file_has("tab - \nleaf * shell a1 t1\talice/demo\ntab * build\nleaf * shell a1 "
                   "t2\talice/demo\n"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    stage_close(s);
}

static void layouts__restore__attaches_what_runs(void **state)
{
    struct stage *s = open_kept();

    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\"},{\"id\":"
                   "\"t2\",\"pty\":true,\"status\":\"running\"}]}";
    write_file("sandpit-layout 1\ntab - notes\nleaf * servers a1\n"
               "tab * build\nsplit right 0.2500\nleaf - shell a1 t1\nsplit down 0.5\n"
               "leaf * shell a1 t2\nleaf - shell a1 gone\n");
    assert_true(views_restore(&s->env));
    await(&s->loop, 20000, s->n_attached == 2);
    stage_output_of(s, "t1", "one");
    stage_output_of(s, "t2", "two");
    stage_await(s, "one");
    stage_await(s, "two");
    stage_await(s, "1:notes");
    stage_await(s, "2:build*");
    stage_await(s, "that terminal has ended");
    stage_await(s, "Enter opens a new one");
    stage_type(s, "x");
    await(&s->loop, 20000, s->typed.len == 1);
    assert_string_equal(s->typed_into, "t2");
    stage_keys(s, "C-b j Enter");
    await(&s->loop, 20000, !strcmp(s->last_request, "POST /terminals"));
    stage_close(s);
}

static void layouts__zoom__comes_back(void **state)
{
    struct stage *s = open_kept();

    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\"},{\"id\":"
                   "\"t2\",\"pty\":true,\"status\":\"running\"}]}";
    write_file(
        "sandpit-layout 1\ntab z \nsplit right 0.5000\nleaf * shell a1 t1\nleaf - sandboxes\n"
        "tab Z \nsplit down 0.5000\nleaf - sandboxes\nleaf * shell a1 t2\n");
    assert_true(views_restore(&s->env));
    await(&s->loop, 20000, s->n_attached == 2);
    stage_await(s, "2:alice/demo*");
    stage_await(s, "zoomed, 1 hidden");
    stage_await_gone(s, "STATUS");
    stage_keys(s, "C-b 1");
    stage_await(s, "1:alice/demo*");
    stage_await(s, "zoomed, 1 hidden");
    await(&s->loop, 20000, file_has("tab Z \nsplit right") && file_has("tab z \nsplit down"));
    stage_keys(s, "C-b z");
    stage_await_gone(s, "zoomed");
    stage_await(s, "STATUS");
    await(&s->loop, 20000, file_has("tab * \nsplit right") && file_has("tab z \nsplit down"));
    stage_close(s);
}

/* Every kind of view with what it was of and its filter: written, read, and written again. */
static void layouts__views__come_back_as_what_they_were(void **state)
{
    static const char *const panes[] = {
        "terminals a1",
        "servers",
        "watchers a1\t\tsrc",
        "commands a1",
        "overlays a1",
        "tokens a1",
        "logs a1\t\terror",
        "logs a1:web",
        "signals a1",
        "events a1\t\t!debug",
        "files a1\t/srv/a",
        "env a1\t.env.test\tDB_",
        "journal",
        "contexts",
        "snapshots",
        "templates",
        "recordings",
        "sandboxes\t\tdemo",
    };
    struct stage *s = open_kept();
    cleanup_buf struct buf text = {0};
    struct err e;

    stage_answer(s, "GET /files?path=%2Fsrv%2Fa", 200, "{\"files\":[]}");
    buf_append_str(&text, "sandpit-layout 1\n");
    for (size_t i = 0; i < ARRAY_LEN(panes); i++)
        buf_printf(&text, "tab %c \nleaf * %s\n", i ? '-' : '*', panes[i]);
    write_file(text.data);
    assert_true(views_restore(&s->env));
    stage_await(s, "1:terminals*");
    unlink(path);
    stage_keys(s, "C-b 2");
    stage_await(s, "2:servers*");
    await(&s->loop, 20000, file_has("recordings"));
    cleanup_free char *again = private_read(path, LAYOUTS_FILE_MAX, &e);
    for (size_t i = 0; i < ARRAY_LEN(panes); i++) {
        cleanup_free char *line = xasprintf("leaf * %s\n", panes[i]);

        if (!strstr(again, line))
            fail_msg("no \"%s\" in\n%s", panes[i], again);
    }
    stage_close(s);
}

static void layouts__sandbox_that_is_gone__is_said_in_its_pane(void **state)
{
    struct stage *s = open_kept();

    stage_answer(s, "GET /v1/sandboxes/gone1", 404, "{\"error\":\"no such sandbox\"}");
    write_file("sandpit-layout 1\ntab * \nsplit right 0.5\nleaf - shell gone1 t1\talice/old\n"
               "leaf * shell gone1 t2\n");
    assert_true(views_restore(&s->env));
    stage_await(s, "No shell in gone1");
    stage_await(s, "Enter shows the sandboxes");
    stage_await(s, "No shell in alice/old");
    stage_golden(s, "restored-gone-80x24");
    stage_keys(s, "x");
    stage_await_gone(s, "\xe2\x94\x82");
    stage_await(s, "No shell in alice/old");
    stage_keys(s, "Enter");
    stage_await(s, "STATUS");
    stage_close(s);
}

static void layouts__broken__is_left_out_with_a_word(void **state)
{
    static const char *const broken[] = {
        "",
        "sandpit-layout 2\n",
        "sandpit-layout 1\n",
        "sandpit-layout 1\ntab * \n",
        "sandpit-layout 1\ntab * \nsplit right 0.5\nleaf * sandboxes\n",
        "sandpit-layout 1\ntab * \nsplit right 7\nleaf * a\nleaf - b\n",
        "sandpit-layout 1\ntab * \nsplit right nan\nleaf * a\nleaf - b\n",
        "sandpit-layout 1\ntab * \nleaf * sandboxes",
        "sandpit-layout 1\ntab\nleaf * sandboxes\n",
        "sandpit-layout 1\nleaf * sandboxes\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct stage *s = open_kept();

        write_file(broken[i]);
        assert_false(views_restore(&s->env));
        assert_non_null(strstr(stage_toast(s), "The layout of last time is left out"));
        stage_await(s, "STATUS");
        stage_close(s);
    }
}

static void layouts__hostile__asks_for_nothing_odd(void **state)
{
    struct stage *s = open_kept();
    cleanup_buf struct buf deep = {0};

    buf_append_str(&deep, "sandpit-layout 1\ntab * \n");
    for (int i = 0; i < 500; i++)
        buf_append_str(&deep, "split down 0.5\nleaf - shell ../../x\n");
    buf_append_str(&deep, "leaf * sandboxes\n");
    write_file(deep.data);
    assert_false(views_restore(&s->env));
    write_file("sandpit-layout 1\ntab * \x1b[31mred\nsplit down 0.5\n"
               "leaf - shell ../../x ?a=b\nleaf * nonsense\n");
    assert_true(views_restore(&s->env));
    stage_await(s, "STATUS");
    assert_int_equal(s->n_attached, 0);
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(layouts__changes__are_written_soon, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(layouts__restore__attaches_what_runs, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(layouts__zoom__comes_back, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(layouts__views__come_back_as_what_they_were, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(layouts__sandbox_that_is_gone__is_said_in_its_pane,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(layouts__broken__is_left_out_with_a_word, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(layouts__hostile__asks_for_nothing_odd, make_dir,
                                        remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
