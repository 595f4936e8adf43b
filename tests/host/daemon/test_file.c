/* SPDX-License-Identifier: MIT
 *
 * Writing, deleting and copying files, in a folder of the test's own; a full disk is a small tmpfs.
 */
#include "tests/cm.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/daemon/copy.h"
#include "host/daemon/file.h"
#include "host/daemon/jsonflow.h"

static char root[] = "/tmp/sandpit-test-file-XXXXXX";
static atomic_bool never;

static struct file_path in(const char *name)
{
    static char paths[4][4096];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s%s%s", root, *name ? "/" : "", name);
    return (struct file_path){path, path};
}

static void write_text(const char *name, const char *text)
{
    struct err e;

    if (file_write_bytes(in(name), text, strlen(text), &e))
        fail_msg("%s", e.text);
}

static void check_text(const char *name, const char *expected)
{
    cleanup_buf struct buf text = {0};

    assert_int_equal(file_read(in(name), 1 << 20, &text, NULL), 0);
    assert_string_equal(text.data, expected);
}

static int count(const char *name)
{
    DIR *dir = opendir(in(name).path);
    int n = -2;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static bool exists(const char *name)
{
    struct stat st;

    return !lstat(in(name).path, &st);
}

static void delete (const char *name)
{
    struct err e;

    if (file_delete(in(name), &never, &e))
        fail_msg("%s", e.text);
}

static int setup(void **state)
{
    return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
    delete ("");
    return 0;
}

static void file__write__makes_parents_and_keeps_the_mode(void **state)
{
    struct stat st;

    write_text("a/b/c.sh", "one");
    assert_int_equal(chmod(in("a/b/c.sh").path, 0750), 0);
    write_text("a/b/c.sh", "two");
    check_text("a/b/c.sh", "two");
    assert_int_equal(stat(in("a/b/c.sh").path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_int_equal(count("a/b"), 1);
}

static void file__write__goes_through_links(void **state)
{
    write_text("links/dir/target", "old");
    assert_int_equal(symlink("dir/target", in("links/one").path), 0);
    assert_int_equal(symlink("../links/one", in("links/two").path), 0);
    assert_int_equal(symlink("dir/new", in("links/dangling").path), 0);
    assert_int_equal(symlink("loop", in("links/loop").path), 0);
    write_text("links/two", "new");
    check_text("links/dir/target", "new");
    write_text("links/dangling", "made");
    check_text("links/dir/new", "made");
    assert_true(file_write_bytes(in("links/loop"), "x", 1, NULL) < 0);
}

static int check_status(int r, const struct err *e)
{
    assert_true(r < 0);
    return e->http_status;
}

static void file__write__refuses_what_is_no_file(void **state)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct err e;

    write_text("odd/plain", "x");
    assert_int_equal(mkfifo(in("odd/fifo").path, 0600), 0);
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", in("odd/socket").path);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    close(fd);
    assert_int_equal(check_status(file_write_bytes(in("odd"), "x", 1, &e), &e), 400);
    assert_int_equal(check_status(file_write_bytes(in("odd/fifo"), "x", 1, &e), &e), 400);
    assert_int_equal(check_status(file_write_bytes(in("odd/socket"), "x", 1, &e), &e), 400);
    assert_int_equal(check_status(file_write_bytes(in("odd/plain/x"), "x", 1, &e), &e), 400);
    assert_true(file_write_bytes((struct file_path){"/proc/self/fd/1", "x"}, "x", 1, &e) < 0);
    assert_true(file_write_bytes((struct file_path){"/", "/"}, "x", 1, &e) < 0);
    check_text("odd/plain", "x");
    assert_int_equal(count("odd"), 3);
}

static void file__read__refuses_what_is_no_file(void **state)
{
    static const char *const paths[] = {"/dev/zero",          "/dev/null",       "/tmp",
                                        "/proc/self/environ", "/proc/self/fd/0", "/proc/1/cmdline"};
    struct stat st;
    struct err e;

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        int r = file_open_regular((struct file_path){paths[i], paths[i]}, &st, &e);

        assert_in_range(check_status(r, &e), 400, 499);
    }
    assert_int_equal(mkfifo(in("fifo").path, 0600), 0);
    assert_int_equal(check_status(file_open_regular(in("fifo"), &st, &e), &e), 400);
    assert_int_equal(check_status(file_open_regular(in("none"), &st, &e), &e), 404);
    delete ("fifo");
}

static int broken_source(void *user, char *out, size_t cap, struct err *e)
{
    int *pieces = user;

    memset(out, 'x', cap);
    return --*pieces ? (int)cap : err_set(e, ERR_ARG, "broken");
}

static void file__write__a_broken_source_leaves_the_old_file(void **state)
{
    struct stat st;
    int pieces = 3;

    write_text("whole/file", "old");
    assert_true(file_write(in("whole/file"), broken_source, &pieces, &st, NULL) < 0);
    check_text("whole/file", "old");
    assert_int_equal(count("whole"), 1);
}

static bool say(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool said = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    close(fd);
    return said;
}

static bool own_namespaces(void)
{
    cleanup_free char *uid = xasprintf("0 %u 1", (unsigned)geteuid());
    cleanup_free char *gid = xasprintf("0 %u 1", (unsigned)getegid());

    return !unshare(CLONE_NEWUSER | CLONE_NEWNS) && say("/proc/self/uid_map", uid) &&
           say("/proc/self/setgroups", "deny") && say("/proc/self/gid_map", gid);
}

/* In namespaces of its own: 0 as it should be, 77 not possible here, else the line. */
static int on_a_full_disk(void)
{
    struct stat st;
    struct err e;
    int pieces = 100;

    if (!own_namespaces() || mkdir(in("full").path, 0700) ||
        mount("none", in("full").path, "tmpfs", 0, "size=256k"))
        return 77;
    if (file_write_bytes(in("full/file"), "old", 3, &e))
        return __LINE__ % 64;
    if (file_write(in("full/file"), broken_source, &pieces, &st, &e) >= 0 || e.http_status != 507)
        return __LINE__ % 64;
    if (stat(in("full/file").path, &st) || st.st_size != 3 || count("full") != 1)
        return __LINE__ % 64;
    return 0;
}

static void file__write__a_full_disk_is_said_and_leaves_the_old_file(void **state)
{
    pid_t pid = fork();
    int status;

    if (!pid)
        _exit(on_a_full_disk());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void file__delete__a_tree_deeper_than_any_path(void **state)
{
    int fd;

    write_text("deep/file", "x");
    fd = open(in("deep").path, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 1500; i++) {
        int next;

        assert_int_equal(mkdirat(fd, "level", 0755), 0);
        next = openat(fd, "level", O_RDONLY | O_DIRECTORY);
        close(openat(next, "file", O_CREAT | O_WRONLY, 0644));
        close(fd);
        fd = next;
    }
    close(fd);
    delete ("deep");
    assert_false(exists("deep"));
}

static void file__delete__links_not_their_targets(void **state)
{
    write_text("keep/file", "kept");
    write_text("gone/file", "x");
    assert_int_equal(symlink("../keep", in("gone/link").path), 0);
    assert_int_equal(symlink("keep", in("link").path), 0);
    delete ("gone");
    delete ("link");
    check_text("keep/file", "kept");
    assert_false(exists("gone"));
    assert_false(exists("link"));
}

static void file__delete__never_the_root_or_a_mount(void **state)
{
    struct err e;

    assert_int_equal(check_status(file_delete((struct file_path){"/", "/"}, &never, &e), &e), 403);
    assert_int_equal(
        check_status(file_delete((struct file_path){"/proc", "/proc"}, &never, &e), &e), 403);
    assert_int_equal(check_status(file_delete(in("none/x"), &never, &e), &e), 404);
    assert_int_equal(check_status(file_delete(in("keep/file/x"), &never, &e), &e), 404);
}

static void file__delete__gives_up_when_told(void **state)
{
    atomic_bool stop = true;
    struct err e;

    write_text("stays/file", "x");
    assert_int_equal(check_status(file_delete(in("stays"), &stop, &e), &e), 503);
    check_text("stays/file", "x");
}

static void read_json(const char *name, size_t n, struct buf *out)
{
    struct jsonflow *f = jsonflow_create();
    int r = 1;

    buf_clear(out);
    jsonflow_add_text(f, "\"");
    jsonflow_add_file(f, open(in(name).path, O_RDONLY | O_CLOEXEC), n);
    jsonflow_add_text(f, "\"");
    while (r > 0)
        r = jsonflow_next(f, out);
    assert_int_equal(r, 0);
    jsonflow_destroy(f);
}

static void jsonflow__file__any_bytes_over_the_piece_border(void **state)
{
    cleanup_buf struct buf out = {0};
    static const char wide[] = {'\xe6', '\xbc', '\xa2'};
    cleanup_free char *text = xmalloc(JSONFLOW_PIECE + 2);

    memset(text, 'a', JSONFLOW_PIECE + 2);
    memcpy(text + JSONFLOW_PIECE - 1, wide, sizeof wide);
    assert_int_equal(file_write_bytes(in("border"), text, JSONFLOW_PIECE + 2, NULL), 0);
    read_json("border", 1 << 20, &out);
    assert_int_equal(out.len, JSONFLOW_PIECE + 4);
    assert_memory_equal(out.data + out.len - 5, "a\xe6\xbc\xa2\"", 5);
    read_json("border", JSONFLOW_PIECE + 1, &out);
    assert_memory_equal(out.data + out.len - 5, "a\xef\xbf\xbd\"", 5);
    assert_int_equal(file_write_bytes(in("border"), "\0\n\x1f\xff\xe6\xbc", 6, NULL), 0);
    read_json("border", 1 << 20, &out);
    assert_string_equal(out.data, "\"\\u0000\\n\\u001f\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void jsonflow__parts__one_text(void **state)
{
    struct jsonflow *f = jsonflow_create();
    struct spool *s = spool_create(root, NULL);
    cleanup_buf struct buf out = {0};

    if (!s)
        skip();
    assert_int_equal(spool_append(s, "x\xe6\xbc_", 4), 0);
    jsonflow_add_open_object(f, cJSON_CreateObject());
    jsonflow_add_text(f, "\"a\":\"");
    jsonflow_add_spool(f, s, 3);
    spool_unref(s);
    jsonflow_add_bytes(f, "", 0);
    jsonflow_add_bytes(f, "\xa2\xe6", 2);
    jsonflow_add_text(f, "\"}");
    assert_int_equal(jsonflow_next(f, &out), 0);
    assert_string_equal(out.data, "{\"a\":\"x\xe6\xbc\xa2\xef\xbf\xbd\"}");
    jsonflow_destroy(f);
}

static int copy(const char *source, const char *target, bool smart, struct copy_stats *stats)
{
    static const struct ignore nothing;
    atomic_bool stop = false;
    struct copy_spec spec = {in(source).path, in(target).path, smart, &nothing, &stop, &stop};
    struct err e;

    copy_stats_init(stats);
    return copy_tree(&spec, stats, &e);
}

static void copy__tree__links_modes_and_what_is_in_the_way(void **state)
{
    struct copy_stats stats;
    struct stat st;

    write_text("tpl/a", "A");
    write_text("tpl/sub/run", "R");
    write_text("tpl/node_modules/dep/x", "dep");
    assert_int_equal(chmod(in("tpl/sub/run").path, 0755), 0);
    assert_int_equal(symlink("../a", in("tpl/sub/link").path), 0);
    assert_int_equal(mkfifo(in("tpl/fifo").path, 0600), 0);
    write_text("copy/a", "mine");
    write_text("copy/own", "own");
    assert_int_equal(copy("tpl", "copy", true, &stats), 0);
    assert_int_equal(stats.files, 3);
    assert_int_equal(stats.dirs, 1);
    assert_int_equal(stats.linked, 1);
    assert_int_equal(stats.n_skipped, 1);
    assert_string_equal(stats.skipped[0], "fifo");
    copy_stats_finish(&stats);
    check_text("copy/a", "A");
    check_text("copy/own", "own");
    check_text("copy/sub/link", "A");
    check_text("copy/node_modules/dep/x", "dep");
    assert_int_equal(lstat(in("copy/node_modules").path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(in("copy/sub/run").path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    /* The real folder replaces the link and leaves the template alone. */
    assert_int_equal(copy("tpl", "copy", false, &stats), 0);
    copy_stats_finish(&stats);
    write_text("copy/node_modules/dep/x", "changed");
    check_text("tpl/node_modules/dep/x", "dep");
}

static void copy__tree__into_itself_ends(void **state)
{
    struct copy_stats stats;

    write_text("self/a", "A");
    write_text("self/sub/b", "B");
    assert_int_equal(copy("self", "self/sub/in", false, &stats), 0);
    assert_int_equal(stats.n_skipped, 1);
    assert_string_equal(stats.skipped[0], "sub/in");
    copy_stats_finish(&stats);
    check_text("self/sub/in/sub/b", "B");
    assert_false(exists("self/sub/in/sub/in"));
    assert_true(copy("self", "self", false, &stats) < 0);
    copy_stats_finish(&stats);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(file__write__makes_parents_and_keeps_the_mode),
        cmocka_unit_test(file__write__goes_through_links),
        cmocka_unit_test(file__write__refuses_what_is_no_file),
        cmocka_unit_test(file__read__refuses_what_is_no_file),
        cmocka_unit_test(file__write__a_broken_source_leaves_the_old_file),
        cmocka_unit_test(file__write__a_full_disk_is_said_and_leaves_the_old_file),
        cmocka_unit_test(file__delete__a_tree_deeper_than_any_path),
        cmocka_unit_test(file__delete__links_not_their_targets),
        cmocka_unit_test(file__delete__never_the_root_or_a_mount),
        cmocka_unit_test(file__delete__gives_up_when_told),
        cmocka_unit_test(jsonflow__file__any_bytes_over_the_piece_border),
        cmocka_unit_test(jsonflow__parts__one_text),
        cmocka_unit_test(copy__tree__links_modes_and_what_is_in_the_way),
        cmocka_unit_test(copy__tree__into_itself_ends),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
