/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "host/gateway/image.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/gateway/internal.h"

struct fixture {
    char folder[32]; /* holds from and to */
    char *from, *to; /* owned */
    int fd;          /* from */
    struct image_progress progress;
    atomic_bool stop;
    struct err e;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    snprintf(f->folder, sizeof f->folder, "/tmp/sandpit-image-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->from = xasprintf("%s/from", f->folder);
    f->to = xasprintf("%s/to", f->folder);
    assert_int_equal(mkdir(f->from, 0755), 0);
    f->fd = open(f->from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(f->fd >= 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    close(f->fd);
    assert_int_equal(tree_remove(f->folder, NULL), 0);
    free(f->from);
    free(f->to);
    free(f);
    return 0;
}

static int copy(struct fixture *f, bool live)
{
    const struct image_spec spec = {.from = f->from, .to = f->to, .live = live, .stop = &f->stop};

    return image_copy(&spec, &f->progress, &f->e);
}

static void copy_well(struct fixture *f)
{
    if (copy(f, true))
        fail_msg("%s", f->e.text);
}

static void write_file(int dir, const char *name, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void assert_holds(const char *folder, const char *name, const char *text)
{
    cleanup_free char *path = xasprintf("%s/%s", folder, name);
    char found[256];
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : read(fd, found, sizeof found - 1);

    if (n < 0)
        fail_msg("%s is not there", path);
    found[n] = '\0';
    assert_string_equal(found, text);
}

static struct stat stat_of(const char *folder, const char *name)
{
    cleanup_free char *path = xasprintf("%s/%s", folder, name);
    struct stat st;

    if (lstat(path, &st))
        fail_msg("%s: %s", path, strerror(errno));
    return st;
}

static bool exists(const char *folder, const char *name)
{
    cleanup_free char *path = xasprintf("%s/%s", folder, name);
    struct stat st;

    return !lstat(path, &st);
}

static void image__copy__keeps_contents_modes_times(void **state)
{
    struct fixture *f = *state;
    const struct timespec times[2] = {{1000, 5}, {2000, 7}};

    assert_int_equal(mkdirat(f->fd, "sub", 0755), 0);
    assert_int_equal(mkdirat(f->fd, "sub/empty", 0700), 0);
    write_file(f->fd, "sub/odd\nname", "in it");
    write_file(f->fd, "tool", "#!/bin/sh\n");
    write_file(f->fd, ".sandpit-tmp-abcdefabcdef", "half of it");
    assert_int_equal(fchmodat(f->fd, "tool", 04755, 0), 0);
    assert_int_equal(utimensat(f->fd, "tool", times, 0), 0);
    assert_int_equal(fchmodat(f->fd, "sub", 01777, 0), 0);
    assert_int_equal(utimensat(f->fd, "sub", times, 0), 0);
    assert_int_equal(fchmod(f->fd, 0751), 0);
    copy_well(f);
    assert_holds(f->to, "sub/odd\nname", "in it");
    assert_holds(f->to, "tool", "#!/bin/sh\n");
    assert_int_equal(stat_of(f->to, "tool").st_mode & 07777, 04755);
    assert_int_equal(stat_of(f->to, "tool").st_mtim.tv_sec, 2000);
    assert_int_equal(stat_of(f->to, "tool").st_mtim.tv_nsec, 7);
    assert_int_equal(stat_of(f->to, "sub").st_mode & 07777, 01777);
    assert_int_equal(stat_of(f->to, "sub").st_mtim.tv_sec, 2000);
    assert_true(S_ISDIR(stat_of(f->to, "sub/empty").st_mode));
    assert_int_equal(stat_of(f->to, ".").st_mode & 07777, 0751);
    assert_false(exists(f->to, ".sandpit-tmp-abcdefabcdef"));
    assert_int_equal(atomic_load(&f->progress.files), 2);
    assert_int_equal(atomic_load(&f->progress.folders), 3);
    assert_int_equal(atomic_load(&f->progress.skipped), 0);
    assert_int_equal(image_sync(f->to, &f->e), 0);
}

static void image__copy__links_as_they_are(void **state)
{
    struct fixture *f = *state;
    char target[64];
    cleanup_free char *link = xasprintf("%s/way-out", f->to);

    assert_int_equal(symlinkat("/etc", f->fd, "way-out"), 0);
    assert_int_equal(symlinkat("nowhere", f->fd, "broken"), 0);
    assert_int_equal(symlinkat(".", f->fd, "round"), 0);
    copy_well(f);
    assert_int_equal(readlink(link, target, sizeof target), 4);
    assert_memory_equal(target, "/etc", 4);
    assert_true(S_ISLNK(stat_of(f->to, "broken").st_mode));
    assert_true(S_ISLNK(stat_of(f->to, "round").st_mode));
    assert_int_equal(atomic_load(&f->progress.files), 0);
}

static void image__copy__hard_links_within_the_tree(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkdirat(f->fd, "a", 0755), 0);
    assert_int_equal(mkdirat(f->fd, "b", 0755), 0);
    write_file(f->fd, "a/one", "shared");
    assert_int_equal(linkat(f->fd, "a/one", f->fd, "b/two", 0), 0);
    assert_int_equal(linkat(f->fd, "a/one", f->fd, "three", 0), 0);
    copy_well(f);
    assert_holds(f->to, "b/two", "shared");
    assert_int_equal(stat_of(f->to, "a/one").st_ino, stat_of(f->to, "b/two").st_ino);
    assert_int_equal(stat_of(f->to, "a/one").st_ino, stat_of(f->to, "three").st_ino);
    assert_int_equal(stat_of(f->to, "a/one").st_nlink, 3);
    assert_int_not_equal(stat_of(f->to, "a/one").st_ino, stat_of(f->from, "a/one").st_ino);
}

static void image__copy__holes_stay_holes(void **state)
{
    struct fixture *f = *state;
    int fd = openat(f->fd, "holey", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const off_t size = (off_t)1 << 40;
    char found[8] = "";

    assert_int_equal(pwrite(fd, "middle", 6, size / 2), 6);
    assert_int_equal(ftruncate(fd, size), 0);
    close(fd);
    copy_well(f);
    struct stat st = stat_of(f->to, "holey");
    assert_int_equal(st.st_size, size);
    assert_true(st.st_blocks < 1024);
    cleanup_free char *path = xasprintf("%s/holey", f->to);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(fd, found, 6, size / 2), 6);
    assert_string_equal(found, "middle");
    close(fd);
}

static void image__copy__large_file_whole(void **state)
{
    struct fixture *f = *state;
    enum { SIZE = 18 * 1024 * 1024 + 17 };
    unsigned char *bytes = xmalloc(SIZE), *found = xmalloc(SIZE);
    cleanup_free char *path = xasprintf("%s/large", f->to);

    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 2654435761u >> 13);
    int fd = openat(f->fd, "large", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, bytes, SIZE), SIZE);
    close(fd);
    copy_well(f);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, found, SIZE), SIZE);
    close(fd);
    assert_memory_equal(bytes, found, SIZE);
    free(bytes);
    free(found);
}

static void image__copy__neither_opens_nor_keeps_what_is_no_file(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    cleanup_fd int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unsigned long long skipped = 1;

    snprintf(addr.sun_path, sizeof addr.sun_path, "%s/socket", f->from);
    assert_int_equal(bind(sock, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(mkfifoat(f->fd, "fifo", 0640), 0);
    if (!mknodat(f->fd, "null", S_IFCHR | 0666, makedev(1, 3)))
        skipped++;
    copy_well(f); /* a FIFO that is opened has no other end to wait for */
    assert_true(S_ISFIFO(stat_of(f->to, "fifo").st_mode));
    assert_false(exists(f->to, "socket"));
    assert_false(exists(f->to, "null"));
    assert_int_equal(atomic_load(&f->progress.skipped), skipped);
}

static void image__copy__user_attributes(void **state)
{
    struct fixture *f = *state;
    cleanup_free char *path = xasprintf("%s/file", f->from);
    cleanup_free char *there = xasprintf("%s/file", f->to);
    char value[16] = "";

    write_file(f->fd, "file", "x");
    if (setxattr(path, "user.colour", "blue", 4, 0))
        return; /* not on this file system */
    copy_well(f);
    assert_int_equal(getxattr(there, "user.colour", value, sizeof value), 4);
    assert_memory_equal(value, "blue", 4);
}

/* Deeper than any path may be. */
static void image__copy__deep(void **state)
{
    struct fixture *f = *state;
    int at = dup(f->fd), n = 0;
    enum { DEPTH = 350 };

    for (int i = 0; i < DEPTH; i++) {
        assert_int_equal(mkdirat(at, "a-longer-name", 0755), 0);
        int next = openat(at, "a-longer-name", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(at);
        at = next;
    }
    write_file(at, "bottom", "reached");
    close(at);
    copy_well(f);
    at = open(f->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int next; (next = openat(at, "a-longer-name", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0;
         n++) {
        close(at);
        at = next;
    }
    assert_int_equal(n, DEPTH);
    assert_int_equal(faccessat(at, "bottom", F_OK, 0), 0);
    close(at);
}

static void image__copy__too_deep_is_an_error(void **state)
{
    struct fixture *f = *state;
    int at = dup(f->fd);

    for (int i = 0; i < IMAGE_DEPTH_MAX + 1; i++) {
        assert_int_equal(mkdirat(at, "d", 0755), 0);
        int next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(at);
        at = next;
    }
    close(at);
    assert_int_equal(copy(f, true), -ERR_LIMIT);
    assert_non_null(strstr(f->e.text, "more than 1024 folders in one another"));
    assert_false(exists(f->to, "."));
}

/* As an ordinary user, whom modes bind: root's own tests would prove nothing. */
static void in_child_as_user(struct fixture *f, void (*run)(struct fixture *f))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (!geteuid() && (setgid(65534) || setuid(65534)))
            _exit(3);
        run(f);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status)
        fail_msg("status %x", (unsigned)status);
}

static void expect(bool condition, int status)
{
    if (!condition)
        _exit(status);
}

static void copy_unreadable(struct fixture *f)
{
    struct stat st;

    expect(!mkdir(f->from, 0755), 9);
    f->fd = open(f->from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    expect(f->fd >= 0, 10);
    expect(!mkdirat(f->fd, "closed", 0755) && !mkdirat(f->fd, "closed/inner", 0755), 11);
    int fd = openat(f->fd, "closed/inner/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0);
    expect(fd >= 0 && write(fd, "text", 4) == 4 && !close(fd), 12);
    expect(!fchmodat(f->fd, "closed/inner", 0, 0) && !fchmodat(f->fd, "closed", 0, 0), 13);
    expect(!fchmod(f->fd, 0), 14);
    if (copy(f, false)) {
        fprintf(stderr, "# %s\n", f->e.text);
        _exit(15);
    }
    expect(!fstat(f->fd, &st) && (st.st_mode & 07777) == 0, 16); /* as it was */
    int to = open(f->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    expect(to >= 0, 17);
    expect(!fstatat(to, "closed", &st, 0) && (st.st_mode & 07777) == 0, 18);
    expect(!fchmodat(to, "closed", 0700, 0), 19);
    expect(!fstatat(to, "closed/inner", &st, 0) && (st.st_mode & 07777) == 0, 20);
    expect(!fchmodat(to, "closed/inner", 0700, 0), 21);
    expect(!fstatat(to, "closed/inner/file", &st, 0) && st.st_size == 4, 22);
    expect((st.st_mode & 07777) == 0, 23);
    expect(!fchmod(f->fd, 0755) && !fstatat(f->fd, "closed", &st, 0), 24);
    expect((st.st_mode & 07777) == 0, 25);
}

static void image__copy__what_its_owner_may_not_read(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(chmod(f->folder, 0777), 0);
    close(f->fd);
    assert_int_equal(rmdir(f->from), 0);
    f->fd = -1;
    in_child_as_user(f, copy_unreadable);
}

struct churn {
    int fd;
    atomic_bool stop;
};

/* What a hostile sandbox does while it is copied: folders become links, files become FIFOs. */
static void *churn(void *user)
{
    struct churn *c = user;

    while (!atomic_load(&c->stop)) {
        renameat(c->fd, "dir", c->fd, "dir.away");
        symlinkat("/etc", c->fd, "dir");
        unlinkat(c->fd, "dir", 0);
        renameat(c->fd, "dir.away", c->fd, "dir");
        unlinkat(c->fd, "file", 0);
        mkfifoat(c->fd, "file", 0600);
        unlinkat(c->fd, "file", 0);
        close(openat(c->fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        symlinkat("/etc/passwd", c->fd, "fresh");
        unlinkat(c->fd, "fresh", 0);
    }
    return NULL;
}

static void image__copy__while_it_changes(void **state)
{
    struct fixture *f = *state;
    struct churn c = {.fd = f->fd};
    pthread_t thread;

    assert_int_equal(mkdirat(f->fd, "dir", 0755), 0);
    for (int i = 0; i < 50; i++) {
        cleanup_free char *name = xasprintf("dir/%d", i);

        assert_int_equal(mkdirat(f->fd, name, 0755), 0);
    }
    write_file(f->fd, "stays", "here");
    assert_int_equal(pthread_create(&thread, NULL, churn, &c), 0);
    for (int i = 0; i < 25; i++) {
        int r = copy(f, true);

        if (r) {
            atomic_store(&c.stop, true);
            pthread_join(thread, NULL);
            fail_msg("%s", f->e.text);
        }
        assert_holds(f->to, "stays", "here");
        if (exists(f->to, "dir") && S_ISDIR(stat_of(f->to, "dir").st_mode))
            assert_false(exists(f->to, "dir/passwd"));
        assert_int_equal(tree_remove(f->to, &f->e), 0);
    }
    atomic_store(&c.stop, true);
    pthread_join(thread, NULL);
}

static void image__copy__stopped_leaves_nothing(void **state)
{
    struct fixture *f = *state;

    write_file(f->fd, "file", "x");
    atomic_store(&f->stop, true);
    assert_int_equal(copy(f, true), -ERR_CANCELLED);
    assert_false(exists(f->to, "."));
}

static void image__copy__existing_place_is_not_touched(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkdir(f->to, 0700), 0);
    assert_int_equal(copy(f, true), -ERR_CONFLICT);
    assert_true(exists(f->to, "."));
}

static void image__copy__missing_source(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(rmdir(f->from), 0);
    assert_int_equal(copy(f, true), -ERR_NOT_FOUND);
    assert_false(exists(f->to, "."));
}

/* A file system that is full: the error says so, and what was copied is gone. */
static void image__copy__disk_full(void **state)
{
    struct fixture *f = *state;
    cleanup_free char *small = xasprintf("%s/small", f->folder);

    for (int i = 0; i < 8; i++) {
        cleanup_free char *name = xasprintf("file-%d", i);
        int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        static char bytes[256 * 1024];

        memset(bytes, 'x', sizeof bytes);
        assert_int_equal(write(fd, bytes, sizeof bytes), (ssize_t)sizeof bytes);
        close(fd);
    }
    assert_int_equal(mkdir(small, 0700), 0);
    if (mount("none", small, "tmpfs", 0, "size=1m"))
        return; /* only root can */
    free(f->to);
    f->to = xasprintf("%s/to", small);
    const struct image_spec spec = {.from = f->from, .to = f->to, .live = true, .stop = &f->stop};
    int r = image_copy(&spec, &f->progress, &f->e);
    bool left = exists(f->to, ".");
    assert_int_equal(umount(small), 0);
    assert_int_equal(r, -ERR_LIMIT);
    assert_int_equal(f->e.http_status, 507);
    assert_non_null(strstr(f->e.text, "no space left"));
    assert_false(left);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(image__copy__keeps_contents_modes_times),
        CASE(image__copy__links_as_they_are),
        CASE(image__copy__hard_links_within_the_tree),
        CASE(image__copy__holes_stay_holes),
        CASE(image__copy__large_file_whole),
        CASE(image__copy__neither_opens_nor_keeps_what_is_no_file),
        CASE(image__copy__user_attributes),
        CASE(image__copy__deep),
        CASE(image__copy__too_deep_is_an_error),
        CASE(image__copy__what_its_owner_may_not_read),
        CASE(image__copy__while_it_changes),
        CASE(image__copy__stopped_leaves_nothing),
        CASE(image__copy__existing_place_is_not_touched),
        CASE(image__copy__missing_source),
        CASE(image__copy__disk_full),
    };
#undef CASE

    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
