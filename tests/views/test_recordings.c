/* SPDX-License-Identifier: MIT
 *
 * Recording a terminal, the list of recordings, playing one.
 */
#include "tests/views/stage.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/private_file.h"
#include "views/player.h"
#include "views/recorder.h"
#include "wire/names.h"

static char dir[64];

static int make_dir(void **state)
{
    snprintf(dir, sizeof dir, "/tmp/recordings-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

/* The first recording's path, to free; NULL: there is none. */
static char *first_file(void)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    char *path = NULL;

    while (d && (entry = readdir(d)))
        if (!path && entry->d_name[0] != '.')
            path = xasprintf("%s/%s", dir, entry->d_name);
    if (d)
        closedir(d);
    return path;
}

static int remove_dir(void **state)
{
    char *path;

    while ((path = first_file())) {
        unlink(path);
        free(path);
    }
    return rmdir(dir);
}

static struct stage *open_shell(void)
{
    struct stage *s = stage_open_synced(24, 80);

    s->env.recordings_dir = dir;
    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->n_attached == 1);
    stage_output(s, "first shell");
    stage_await(s, "first shell");
    return s;
}

static void record__output__is_a_private_asciicast(void **state)
{
    struct stage *s = open_shell();
    struct err e = {0};
    struct stat st;

    stage_keys(s, "C-b R");
    stage_await(s, "\xe2\x97\x8f REC");
    stage_output(s, "\r\nrecorded");
    stage_await(s, "recorded");
    stage_type(s, "hunter2");
    await(&s->loop, 20000, s->typed.len == 7);
    stage_keys(s, "C-b P");
    stage_await(s, "REC paused");
    stage_output(s, "\r\nleft out\x1b[2J\x1b[H");
    stage_await_gone(s, "left out");
    stage_keys(s, "C-b P");
    stage_await_gone(s, "REC paused");
    stage_keys(s, "C-b R");
    assert_non_null(strstr(stage_toast(s), "recorded into"));
    stage_await_gone(s, "REC");
    cleanup_free char *path = first_file();
    assert_non_null(path);
    assert_non_null(strstr(path, "alice_demo-"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    cleanup_free char *text = private_read(path, 1 << 20, &e);
    assert_non_null(strstr(text, "\"version\":2"));
    assert_non_null(strstr(text, "first shell")); /* what stood there already */
    assert_non_null(strstr(text, "recorded"));
    assert_null(strstr(text, "hunter2"));
    assert_null(strstr(text, "left out"));
    stage_close(s);
}

/* Sizes close behind each other are taken as one, before what was printed behind them. */
static void record__sizes_of_others__stand_before_their_output(void **state)
{
    static const char *const sizes[][5] = {{"rows", "#10", "cols", "#61", NULL},
                                           {"rows", "#10", "cols", "#62", NULL},
                                           {"rows", "#10", "cols", "#63", NULL}};
    struct stage *s = open_shell();
    struct err e = {0};

    stage_keys(s, "C-b R");
    stage_await(s, "\xe2\x97\x8f REC");
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        stage_push(s, "a1", MSG_TERMINAL_RESIZED, "terminal:t1", sizes[i]);
    stage_output(s, "\r\nbehind it");
    stage_await(s, "behind it");
    stage_keys(s, "C-b R");
    cleanup_free char *path = first_file();
    assert_non_null(path);
    cleanup_free char *text = private_read(path, 1 << 20, &e);
    const char *size = strstr(text, "\"63x10\"");
    assert_non_null(size);
    assert_non_null(strstr(size, "behind it"));
    stage_close(s);
}

static void record__no_place__says_so(void **state)
{
    struct stage *s = open_shell();

    s->env.recordings_dir = "/proc/nowhere";
    stage_keys(s, "C-b R");
    assert_non_null(strstr(stage_toast(s), "/proc/nowhere"));
    stage_close(s);
}

static void record__disk_full__stops_and_says_so(void **state)
{
    struct stage *s = open_shell();

    stage_keys(s, "C-b R");
    cleanup_free char *path = first_file();
    assert_non_null(path);
    /* Every further write of the recorder's fails as on a full disk. */
    for (int fd = 3; fd < 256; fd++) {
        char link[64], at[256];

        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, at, sizeof at - 1);
        if (n <= 0)
            continue;
        at[n] = '\0';
        if (strcmp(at, path) != 0)
            continue;
        FILE *full = fopen("/dev/full", "w");
        assert_non_null(full);
        assert_int_equal(dup2(fileno(full), fd), fd);
        fclose(full);
    }
    stage_output(s, "more");
    await(&s->loop, 20000, strstr(stage_toast(s), "The recording stopped: No space left"));
    stage_await_gone(s, "REC");
    stage_close(s);
}

static void write_cast(const char *name, const char *text)
{
    cleanup_free char *path = xasprintf("%s/%s", dir, name);
    struct err e;

    assert_int_equal(private_write(path, text, strlen(text), &e), 0);
}

static const char cast[] = "{\"version\":2,\"width\":40,\"height\":5,\"title\":\"alice/demo\"}\n"
                           "[0.1,\"o\",\"one \"]\n"
                           "[7.0,\"o\",\"two \"]\n"
                           "[30.0,\"o\",\"needle \"]\n"
                           "[60.0,\"o\",\"last\"]\n";

static void recordings__list__plays_seeks_and_searches(void **state)
{
    struct stage *s = open_shell();

    write_cast("a.cast", cast);
    write_cast("b.cast", "not a recording\n");
    stage_keys(s, "C-b e :");
    stage_type(s, "Show the recordings");
    stage_keys(s, "Enter");
    stage_await(s, "a.cast");
    stage_await(s, "1:00");
    stage_await(s, "b.cast");
    stage_keys(s, "Enter");
    stage_await(s, "one");
    stage_keys(s, "Space");
    stage_await(s, "paused");
    stage_keys(s, "l l");
    stage_await(s, "one two");
    stage_keys(s, "h h");
    stage_await_gone(s, "two");
    stage_keys(s, "/");
    stage_type(s, "NEEDLE");
    stage_keys(s, "Enter");
    stage_await(s, "one two needle");
    stage_await(s, "0:30 / 1:00");
    stage_keys(s, "n");
    stage_await(s, "it does not show again");
    stage_keys(s, "End");
    stage_await(s, "needle last");
    stage_await(s, "end");
    stage_keys(s, "0 +");
    stage_await(s, "x2");
    stage_keys(s, "q");
    stage_await(s, "RECORDED");
    stage_close(s);
}

/* 30 rows of 100 columns; the far corner says "corner". */
static void write_large_cast(void)
{
    cleanup_buf struct buf text = {0};

    buf_append_str(&text, "{\"version\":2,\"width\":100,\"height\":30}\n[0.1,\"o\",\"top row");
    for (int y = 2; y <= 30; y++)
        buf_printf(&text, "\\r\\nrow %d", y);
    buf_append_str(&text, "\"]\n[9.0,\"o\",\"\\u001b[30;95Hcorner\"]\n"
                          "[20.0,\"o\",\"\\u001b[3;1Hneedle\\u001b[30;1Hprompt\"]\n"
                          "[30.0,\"o\",\" \"]\n");
    buf_append_char(&text, '\0');
    write_cast("large.cast", text.data);
}

static void player__larger_than_the_view__follows_the_cursor_and_what_is_found(void **state)
{
    struct stage *s = open_shell();
    struct err e;

    write_large_cast();
    cleanup_free char *path = xasprintf("%s/large.cast", dir);
    struct view *v = player_view_create(s->tui, path, 1, &e);
    assert_non_null(v);
    tui_show(s->tui, v);
    stage_await(s, "row 30");
    stage_await(s, "its size is 100x30");
    stage_await_gone(s, "top row");
    stage_keys(s, "Space l l");
    stage_await(s, "corner\n");
    stage_keys(s, "/");
    stage_type(s, "needle");
    stage_keys(s, "Enter");
    stage_await(s, "needle");
    stage_await(s, "0:20");
    stage_keys(s, "Space");
    stage_await(s, "prompt");
    stage_await_gone(s, "needle");
    stage_keys(s, "End");
    stage_await(s, " end 0:30 / 0:30");
    stage_golden(s, "player-larger-80x24");
    stage_resize(s, 40, 120);
    stage_await(s, "top row");
    stage_await_gone(s, "its size");
    stage_close(s);
}

static void recordings__delete__asks(void **state)
{
    struct stage *s = open_shell();

    write_cast("a.cast", cast);
    stage_keys(s, "C-b e :");
    stage_type(s, "Show the recordings");
    stage_keys(s, "Enter");
    stage_await(s, "a.cast");
    stage_keys(s, "D");
    stage_await(s, "removed for good");
    stage_keys(s, "y");
    stage_await(s, "No recordings yet");
    assert_null(first_file());
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(record__output__is_a_private_asciicast, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(record__sizes_of_others__stand_before_their_output,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(record__no_place__says_so, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(record__disk_full__stops_and_says_so, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(recordings__list__plays_seeks_and_searches, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(
            player__larger_than_the_view__follows_the_cursor_and_what_is_found, make_dir,
            remove_dir),
        cmocka_unit_test_setup_teardown(recordings__delete__asks, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
