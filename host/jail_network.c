/* SPDX-License-Identifier: MIT
 *
 * A network of the sandbox's own, and its way out through slirp4netns.
 *
 * bwrap makes the network namespace, writes the number of its child to JAIL_INFO_FD and waits for a
 * byte on JAIL_BLOCK_FD. A helper, forked before bwrap, reads the number, opens the namespaces and
 * becomes slirp4netns, whose "ready" is the byte bwrap waits for: the daemon never sees a network
 * that is half there. It watches a pipe that the daemon alone holds open and so ends with it,
 * whatever ended it; the gateway may come and go meanwhile. Where slirp4netns fails, its end of the
 * block pipe closes and the sandbox starts without a way out.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/jail_internal.h"

/* Descriptors of the helper and of slirp4netns. */
#define INFO_FD     3
#define READY_FD    4
#define EXIT_FD     5
#define USER_FD     6
#define NET_FD      7
#define HIGH_FD     64
#define LOOPBACK_MS 5000 /* for bwrap, to bring lo up */

struct helper {
    char *program; /* owned */
    int info, ready, exit, log, null;
};

/* --- the helper: between fork and exec, so nothing that is not async-signal-safe --- */

/* {"child-pid": 123, …}; bwrap closes its end right after. */
static long read_child(int fd)
{
    char text[512];
    size_t n = 0;
    const char *p;
    ssize_t got;
    long pid = 0;

    while (n < sizeof text - 1 && (got = read(fd, text + n, sizeof text - 1 - n)) != 0) {
        if (got < 0 && errno != EINTR)
            return 0;
        n += got > 0 ? (size_t)got : 0;
    }
    text[n] = '\0';
    p = strstr(text, "\"child-pid\"");
    p = p ? strpbrk(p, "0123456789") : NULL;
    for (; p && *p >= '0' && *p <= '9' && pid < 100000000; p++)
        pid = 10 * pid + (*p - '0');
    return pid;
}

static int open_proc(long pid, const char *after, size_t n_after)
{
    static const char before[] = "/proc/";
    char digits[16], path[64];
    size_t n = 0, len = sizeof before - 1;

    memcpy(path, before, len);
    do
        digits[n++] = (char)('0' + pid % 10);
    while ((pid /= 10));
    while (n)
        path[len++] = digits[--n];
    memcpy(path + len, after, n_after + 1);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* bwrap gives lo its address and then ends when the kernel has done so already, as it does when
 * somebody else brings lo up: slirp4netns would, so it waits for bwrap. */
static void wait_for_loopback(long pid)
{
    static const char routes[] = "/net/fib_trie", address[] = "127.0.0.1";
    char text[4096];

    for (int ms = 0; ms < LOOPBACK_MS; ms++) {
        int fd = open_proc(pid, routes, sizeof routes - 1);
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);

        close(fd);
        if (n < 0 || memmem(text, (size_t)n, address, sizeof address - 1))
            return;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static bool place(int from, int to)
{
    return from >= 0 && dup2(from, to) >= 0 && !fcntl(to, F_SETFD, 0);
}

static bool arrange(struct helper *h)
{
    int *const all[] = {&h->info, &h->ready, &h->exit, &h->log, &h->null};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if ((*all[i] = fcntl(*all[i], F_DUPFD_CLOEXEC, HIGH_FD)) < 0)
            return false;
    return place(h->null, 0) && place(h->log, 1) && place(h->log, 2) && place(h->info, INFO_FD) &&
           place(h->ready, READY_FD) && place(h->exit, EXIT_FD) && !close_range(6, ~0u, 0);
}

static _Noreturn void run_helper(struct helper *h)
{
    static char *const environment[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    /* --enable-sandbox leaves it an empty file system. An ordinary user's would need a user 0 in
     * the sandbox, so there it goes without. No API socket is asked for. */
    char *const args[] = {(char *)"slirp4netns",
                          (char *)"--configure",
                          (char *)"--mtu=65520",
                          (char *)"--disable-host-loopback",
                          (char *)"--enable-seccomp",
                          (char *)"--ready-fd=4" /* READY_FD */,
                          (char *)"--exit-fd=5" /* EXIT_FD */,
                          (char *)"--netns-type=path",
                          (char *)"--userns-path=/proc/self/fd/6" /* USER_FD */,
                          (char *)"/proc/self/fd/7" /* NET_FD */,
                          (char *)"tap0",
                          geteuid() ? NULL : (char *)"--enable-sandbox",
                          NULL};
    static const char space[] = "/ns/net";
    sigset_t none;
    long pid;
    int net;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (!arrange(h) || (pid = read_child(INFO_FD)) <= 1)
        _exit(1);
    close(INFO_FD);
    wait_for_loopback(pid);
    net = open_proc(pid, space, sizeof space - 1);
    /* The user namespace that owns it, which is not the one the child lives in later. */
    if (net >= 0 && place(net, NET_FD) && place(ioctl(NET_FD, NS_GET_USERNS), USER_FD) &&
        !close_range(8, ~0u, 0))
        execve(h->program, args, environment);
    _exit(1);
}

/* --- the gateway's side --- */

static void fork_helper(struct helper *h)
{
    sigset_t all, before;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); /* no handler of ours shall run in the child */
    if (fork() == 0)
        run_helper(h);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void close_all(int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(steal_fd(&fds[i]));
}

int jail_network_begin(struct jail_network *n, int log_fd, struct err *e)
{
    enum { INFO, BLOCK = 2, ALIVE = 4 };
    int ends[] = {-1, -1, -1, -1, -1, -1};
    cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    cleanup_free char *program = jail_network_helper(NULL);
    struct helper h = {.program = program, .null = null, .log = log_fd >= 0 ? log_fd : null};

    if (!program)
        return 0;
    for (int i = INFO; i <= ALIVE; i += 2) {
        if (pipe2(ends + i, O_CLOEXEC)) {
            int r = err_set_errno(e, errno, "pipe");

            close_all(ends, ARRAY_LEN(ends));
            return r;
        }
    }
    h.info = steal_fd(&ends[INFO]);
    h.ready = steal_fd(&ends[BLOCK + 1]);
    h.exit = steal_fd(&ends[ALIVE]);
    fork_helper(&h);
    close_all((int[]){h.info, h.ready, h.exit}, 3);
    *n = (struct jail_network){true, ends[INFO + 1], ends[BLOCK], ends[ALIVE + 1]};
    return 0;
}

void jail_network_finish(struct jail_network *n)
{
    close_all((int[]){n->info, n->block, n->alive}, 3);
    n->info = n->block = n->alive = -1;
}

const char *jail_no_way_out(void)
{
    const char *why;

    free(jail_network_helper(&why));
    return why;
}

char *jail_network_helper(const char **why_not)
{
    char *program = jail_find_program("slirp4netns");
    const char *why = NULL;

    if (!program)
        why = "slirp4netns is not installed";
    else if (access("/dev/net/tun", R_OK | W_OK))
        why = "/dev/net/tun cannot be opened";
    if (why)
        free(steal_pointer(&program));
    if (why_not)
        *why_not = why;
    return program;
}
