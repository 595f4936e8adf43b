/* SPDX-License-Identifier: MIT
 *
 * The walls, tried from inside: a shell script stands in for the daemon as pid 1 and reports to its
 * log descriptor. Needs bwrap and user namespaces; says so and skips without them.
 */
#include "tests/cm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "host/jail.h"

struct world {
    char dir[64];
    char *root, *script;
};

static int open_world(void **state)
{
    static struct world w;
    struct err e;
    const char *tmp = "/tmp/sandpit-jail-XXXXXX";

    if (jail_check(&e)) {
        print_message("# no jails here: %s (%s)\n", e.text, e.hint);
        return 0;
    }
    snprintf(w.dir, sizeof w.dir, "%s", tmp);
    if (!mkdtemp(w.dir) || chmod(w.dir, 0755))
        return -1;
    w.root = xasprintf("%s/root", w.dir);
    w.script = xasprintf("%s/script", w.dir);
    *state = &w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    char *const argv[] = {(char *)"rm", (char *)"-rf", w ? w->dir : NULL, NULL};
    pid_t pid;

    if (!w)
        return 0;
    pid = fork();
    if (pid == 0) {
        execvp("rm", argv);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    jail_clear("testbox");
    jail_clear("x");
    free(w->root);
    free(w->script);
    return 0;
}

static void write_script(const struct world *w, const char *text)
{
    FILE *f = fopen(w->script, "w");

    assert_non_null(f);
    fprintf(f, "#!/bin/sh\nexport PATH=/usr/bin:/bin\n%s\n", text);
    fclose(f);
    assert_int_equal(chmod(w->script, 0755), 0);
}

/* Runs a program as pid 1 of a jail; returns what it wrote to descriptor 5. The caller frees. */
static char *start(struct world *w, const char *program, bool own_system)
{
    struct buf out = {0};
    int log = memfd_create("log", MFD_CLOEXEC), extra = open("/etc/passwd", O_RDONLY);
    int settings = memfd_create("settings", MFD_CLOEXEC), pair[2], status;
    struct err e;
    pid_t pid;
    ssize_t n;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    pid = jail_start(&(struct jail_spec){.root = w->root,
                                         .program = program,
                                         .own_system = own_system,
                                         .hostname = "test-box",
                                         .id = "testbox",
                                         .listen_fd = pair[0],
                                         .settings_fd = settings,
                                         .log_fd = log},
                     &e);
    if (pid < 0)
        fail_msg("%s (%s)", e.text, e.hint);
    alarm(30);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    alarm(0);
    assert_int_equal(lseek(log, 0, SEEK_SET), 0);
    while ((n = read(log, buf_reserve(&out, 4096), 4096)) > 0)
        out.len += (size_t)n;
    buf_append_str(&out, "");
    close(log);
    close(extra);
    close(settings);
    close(pair[0]);
    close(pair[1]);
    return buf_steal(&out);
}

/* The same with a shell script. */
static char *inside(struct world *w, const char *text)
{
    write_script(w, text);
    return start(w, w->script, false);
}

static void assert_says(void **state, const char *script, const char *expected)
{
    struct world *w = *state;
    char *said;

    if (!w) {
        skip();
        return;
    }
    said = inside(w, script);
    assert_string_equal(said, expected);
    free(said);
}

static void jail__start__is_an_own_world(void **state)
{
    assert_says(
        state,
        "echo $$ $(hostname) $(id -u) $(id -un) $(pwd)\n"
        "ls /dev/pts; test -c /dev/ptmx && test -w /dev/shm && echo dev\n"
        "touch /x /tmp/y /home/user/z /workspace/w && echo writable\n"
        "touch /usr/x 2>/dev/null || echo usr\n"
        "getent hosts localhost | grep -c localhost\n"
        "ls / | grep -vx -e lib32 -e libx32 | tr '\\n' ' '",
        "1 test-box 1000 user /\nptmx\ndev\nwritable\nusr\n1\n"
        "bin dev etc home lib lib64 mnt opt proc root run sbin srv tmp usr var workspace x ");
}

static void jail__start__passes_only_its_descriptors(void **state)
{
    /* ls itself opens 8, as the first free number. */
    assert_says(state, "sh -c 'ls /proc/self/fd' | tr '\\n' ' '", "0 1 2 3 4 5 6 7 8 ");
}

static void jail__start__leaves_no_privilege(void **state)
{
    assert_says(state, "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/1/status | tr -s '\\t\\n' ' '",
                "CapInh: 0000000000000000 CapPrm: 0000000000000000 CapEff: 0000000000000000 "
                "CapBnd: 0000000000000000 CapAmb: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 ");
}

static void jail__escape__host_is_out_of_sight(void **state)
{
    struct world *w = *state;
    char *script;

    if (!w) {
        skip();
        return;
    }
    script = xasprintf("ls %s 2>/dev/null && echo state folder\n"
                       "test -e /etc/shadow && echo shadow\n"
                       "test -e %s && echo script\n"
                       "test -r /sys/kernel && echo sys\n"
                       "ls -A /root\n"
                       "ls -d /proc/[0-9]* | wc -l | { read n; [ $n -lt 8 ] && echo few; }\n",
                       w->dir, w->script);
    assert_says(state, script, "few\n");
    free(script);
}

static void jail__escape__namespaces_and_mounts_are_refused(void **state)
{
    assert_says(state,
                "unshare -U true 2>/dev/null && echo userns\n"
                "unshare -m true 2>/dev/null && echo mountns\n"
                "mount -t tmpfs x /mnt 2>/dev/null && echo mount\n"
                "umount /usr 2>/dev/null && echo umount\n"
                "mount -o remount,rw /usr 2>/dev/null && echo remount\n"
                "mknod /tmp/null c 1 3 2>/dev/null && echo mknod\n"
                "chroot / true 2>/dev/null && echo chroot\n"
                "echo done",
                "done\n");
}

static void jail__escape__kernel_settings_are_read_only(void **state)
{
    assert_says(state,
                "for f in kernel/core_pattern kernel/modprobe vm/overcommit_memory; do\n"
                "  v=$(cat /proc/sys/$f 2>/dev/null) && (echo \"$v\" >/proc/sys/$f) 2>/dev/null && "
                "echo $f\n"
                "done\n"
                "(echo h >/proc/sysrq-trigger) 2>/dev/null && echo sysrq\n"
                "echo done",
                "done\n");
}

static void jail__escape__kernel_memory_is_not_told(void **state)
{
    assert_says(state,
                "for f in kcore kpagecount kpageflags kpagecgroup slabinfo vmallocinfo; do\n"
                "  test \"$(head -c 8 /proc/$f 2>/dev/null | wc -c)\" = 0 || echo $f\n"
                "done\n"
                "echo done",
                "done\n");
}

static pid_t child_of(pid_t pid)
{
    cleanup_free char *path = xasprintf("/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "r");
    int child = 0;

    if (f && fscanf(f, "%d", &child) != 1)
        child = 0;
    if (f)
        fclose(f);
    return child;
}

static void jail__kill__takes_pid_1_with_it(void **state)
{
    struct world *w = *state;
    int log = memfd_create("log", MFD_CLOEXEC), status;
    struct stat st = {0};
    struct err e;

    if (!w) {
        skip();
        return;
    }
    write_script(w, "trap '' TERM HUP\necho up\nexec sleep 1000");
    pid_t pid = jail_start(&(struct jail_spec){.root = w->root,
                                               .program = w->script,
                                               .hostname = "x",
                                               .id = "x",
                                               .listen_fd = -1,
                                               .settings_fd = -1,
                                               .log_fd = log},
                           &e);
    assert_true(pid > 0);
    for (int i = 0; i < 2000 && !st.st_size; i++) {
        poll(NULL, 0, 5);
        assert_int_equal(fstat(log, &st), 0);
    }
    assert_true(st.st_size > 0);
    cleanup_fd int inner = pidfd_open(child_of(pid), 0);
    assert_true(inner >= 0);
    jail_kill(pid);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(poll(&(struct pollfd){inner, POLLIN, 0}, 1, 10000), 1);
    close(log);
}

static void jail__filter__spares_pid_1_and_normal_programs(void **state)
{
    assert_says(state,
                "prlimit --pid 1 --nofile=10:10 2>/dev/null && echo prlimit\n"
                "renice -n 5 -p 1 >/dev/null 2>&1 && echo renice\n"
                "taskset -p 1 1 >/dev/null 2>&1 && echo taskset\n"
                "(ulimit -n 100 && ulimit -n)\n"
                "nice -n 3 nice\n"
                "python3 -c 'import threading, os; t = threading.Thread(target=lambda: "
                "print(\"py\", flush=True)); t.start(); t.join()'\n"
                "python3 -c 'import fcntl, termios, os\n"
                "m, s = os.openpty()\n"
                "try: fcntl.ioctl(s, termios.TIOCSTI, b\"x\"); print(\"sti\")\n"
                "except OSError as e: print(e.errno)'\n",
                "100\n3\npy\n1\n");
}

static void jail__start__does_not_follow_the_links_of_its_root(void **state)
{
    struct world *w = *state;
    char *etc, *outside, *passwd, *said;

    if (!w) {
        skip();
        return;
    }
    said = inside(w, "true");
    free(said);
    etc = xasprintf("%s/etc", w->root);
    outside = xasprintf("%s/outside", w->dir);
    passwd = xasprintf("%s/passwd", outside);
    assert_int_equal(mkdir(outside, 0755), 0);
    assert_int_equal(rmdir(etc), 0);
    assert_int_equal(symlink(outside, etc), 0);
    assert_says(state, "id -un", "user\n");
    assert_int_not_equal(access(passwd, F_OK), 0);
    free(etc);
    free(outside);
    free(passwd);
}

/* What this program does when it is the daemon of a root without any other program. */
static int report_from_inside(void)
{
    static const char *const files[] = {"/usr/bin", "/lib", "/bin", "/etc/os-release", "/marker"};
    static const char *const texts[] = {"/etc/passwd", "/etc/group", "/etc/hostname"};
    char line[256];

    printf("%d %s\n", (int)getpid(), getenv("LD_LIBRARY_PATH") ? "LD_LIBRARY_PATH" : "clean");
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (!access(files[i], F_OK))
            puts(files[i]);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        FILE *f = fopen(texts[i], "r");

        while (f && fgets(line, sizeof line, f))
            fputs(line, stdout);
        if (f)
            fclose(f);
    }
    puts(fopen("/run/sandpit/sandpitd", "a") ? "the daemon can be changed" : "done");
    fflush(stdout);
    _exit(0);
}

/* The trap: names in its /etc that lead out. */
static void make_own_root(const char *root, const char *outside)
{
    cleanup_free char *etc = xasprintf("%s/etc", root), *hosts = xasprintf("%s/etc/hosts", root);
    cleanup_free char *passwd = xasprintf("%s/etc/passwd", root);
    cleanup_free char *marker = xasprintf("%s/marker", root);
    FILE *f;

    assert_int_equal(mkdir(root, 0755), 0);
    assert_int_equal(mkdir(etc, 0755), 0);
    assert_int_equal(symlink(outside, hosts), 0);
    f = fopen(passwd, "w");
    assert_non_null(f);
    fputs("admin:x:0:0::/root:/bin/sh", f); /* no end of line */
    fclose(f);
    f = fopen(marker, "w");
    assert_non_null(f);
    fclose(f);
}

static void jail__own_system__shows_nothing_of_the_host(void **state)
{
    struct world *w = *state, own;

    if (!w) {
        skip();
        return;
    }
    cleanup_free char *root = xasprintf("%s/own", w->dir);
    cleanup_free char *outside = xasprintf("%s/must-not-be", w->dir);
    cleanup_free char *self = realpath("/proc/self/exe", NULL);

    own = (struct world){.root = root};
    make_own_root(root, outside);
    for (int i = 0; i < 2; i++) { /* and again, as after a restart */
        cleanup_free char *said = start(&own, self, true);

        assert_string_equal(said, "1 clean\n/marker\nadmin:x:0:0::/root:/bin/sh\n"
                                  "user:x:1000:1000::/home/user:/bin/sh\nuser:x:1000:\n"
                                  "test-box\ndone\n");
    }
    assert_int_not_equal(access(outside, F_OK), 0);
}

static void jail__start__bounds_what_lies_in_memory(void **state)
{
    assert_says(state,
                "df -k --output=size /dev/shm /etc | tr -s ' ' '\\n' | grep -v size\n"
                "touch /dev/x 2>/dev/null && echo dev\n"
                "(echo x >/dev/null) && touch /dev/shm/x && echo ok",
                "1K-blocks\n524288\n16384\nok\n");
}

static void jail__start__says_why_it_cannot(void **state)
{
    struct jail_spec spec = {.root = "/proc/nonexistent/root",
                             .program = "/bin/sh",
                             .hostname = "x",
                             .id = "x",
                             .listen_fd = -1,
                             .settings_fd = -1,
                             .log_fd = -1};
    cleanup_free char *path = xstrdup(getenv("PATH"));
    struct world *w = *state;
    struct err e = {0};

    assert_true(jail_start(&spec, &e) < 0);
    assert_non_null(strstr(e.text, "/proc/nonexistent/root"));
    if (!w) {
        skip();
        return;
    }
    setenv("PATH", "/proc/nowhere", 1);
    spec.root = w->root;
    assert_int_equal(jail_start(&spec, &e), -ERR_UNSUPPORTED);
    setenv("PATH", path, 1);
    assert_non_null(strstr(e.hint, "apt-get install bubblewrap"));
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "daemon"))
        return report_from_inside();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jail__start__is_an_own_world),
        cmocka_unit_test(jail__start__passes_only_its_descriptors),
        cmocka_unit_test(jail__start__leaves_no_privilege),
        cmocka_unit_test(jail__escape__host_is_out_of_sight),
        cmocka_unit_test(jail__escape__namespaces_and_mounts_are_refused),
        cmocka_unit_test(jail__escape__kernel_settings_are_read_only),
        cmocka_unit_test(jail__escape__kernel_memory_is_not_told),
        cmocka_unit_test(jail__kill__takes_pid_1_with_it),
        cmocka_unit_test(jail__filter__spares_pid_1_and_normal_programs),
        cmocka_unit_test(jail__start__does_not_follow_the_links_of_its_root),
        cmocka_unit_test(jail__own_system__shows_nothing_of_the_host),
        cmocka_unit_test(jail__start__bounds_what_lies_in_memory),
        cmocka_unit_test(jail__start__says_why_it_cannot),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
