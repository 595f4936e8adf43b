/* SPDX-License-Identifier: MIT
 *
 * Builds bwrap's command line and starts it. What the sandbox finds on its disk is made by
 * jail_root.c, jail_etc.c and jail_system.c, its network by jail_network.c, its control group by
 * cgroup.c.
 */
#include "host/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/jail_internal.h"

#define HIGH_FD   64         /* descriptors wait above this before they get their numbers */
#define ETC_BYTES "16777216" /* of the sandbox's /etc and /run, in memory */
#define CLEAR_MS  1000       /* the kernel takes a moment to bury many processes */
#define SHM_BYTES 536870912  /* of its /dev/shm, in memory */

/* The walls, common to sandboxes and to the trial of jail_check. */
int jail_add_walls(struct jail_command *c, struct err *e)
{
    static const char *const walls[] = {
        "--unshare-user",
        "--disable-userns",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--as-pid-1",
        "--cap-drop",
        "ALL",
        "--seccomp",
        "9" /* JAIL_SECCOMP_FD */,
        "--uid",
        "1000" /* JAIL_UID */,
        "--gid",
        "1000",
        "--unshare-cgroup-try",
    };

    c->program = jail_find_program("bwrap");
    if (!c->program) {
        int r = err_set(e, ERR_UNSUPPORTED, "bubblewrap (bwrap) is not installed");

        err_hint(e, "install it: apt-get install bubblewrap");
        return r;
    }
    jail_add(c, "bwrap");
    for (size_t i = 0; i < ARRAY_LEN(walls); i++)
        jail_add(c, walls[i]);
    c->seccomp_fd = jail_filter_memfd(e);
    return c->seccomp_fd < 0 ? c->seccomp_fd : 0;
}

/* /bin, /lib… as the host has them: links into /usr, or folders of their own. */
static void add_system(struct jail_command *c)
{
    static const char *const names[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};

    jail_add3(c, "--ro-bind", "/usr", "/usr");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct stat st;

        if (!lstat(names[i], &st) && S_ISDIR(st.st_mode))
            jail_add3(c, "--ro-bind", names[i], names[i]);
    }
}

/* Kernel files whose owner could use them without any capability when the owner is the host's root;
 * the files at the end tell about the host. */
static void add_proc(struct jail_command *c)
{
    static const char *const read_only[] = {
        "/proc/sys",  "/proc/sysrq-trigger", "/proc/irq",  "/proc/bus",    "/proc/fs",
        "/proc/mtrr", "/proc/scsi",          "/proc/acpi", "/proc/asound", "/proc/driver"};
    static const char *const masked[] = {"/proc/kcore", "/proc/keys", "/proc/timer_list",
                                         "/proc/sched_debug", "/proc/latency_stats"};
    /* pid 1's are there for a guest who is the host's root outside: the kernel gives the files of a
     * process that is not dumpable to that root. */
    static const char *const for_root[] = {
        "/proc/kpagecount",       "/proc/kpageflags",     "/proc/kpagecgroup",
        "/proc/slabinfo",         "/proc/vmallocinfo",    "/proc/1/oom_score_adj",
        "/proc/1/oom_adj",        "/proc/1/autogroup",    "/proc/1/coredump_filter",
        "/proc/1/sched",          "/proc/1/task/1/sched", "/proc/1/task/1/oom_score_adj",
        "/proc/1/task/1/oom_adj",
    };

    jail_add(c, "--proc");
    jail_add(c, "/proc");
    for (size_t i = 0; i < ARRAY_LEN(read_only); i++)
        if (!access(read_only[i], F_OK))
            jail_add3(c, "--ro-bind", read_only[i], read_only[i]);
    for (size_t i = 0; i < ARRAY_LEN(masked); i++)
        if (!access(masked[i], F_OK))
            jail_add3(c, "--ro-bind", "/dev/null", masked[i]);
    for (size_t i = 0; i < ARRAY_LEN(for_root) && !geteuid(); i++)
        if (!access(for_root[i], F_OK))
            jail_add3(c, "--ro-bind", "/dev/null", for_root[i]);
}

/* Read-only but for its devices, so that nobody fills memory by way of it. */
static void add_dev(struct jail_command *c, const struct limits *limits)
{
    int64_t bytes = SHM_BYTES;
    cleanup_free char *size = NULL;

    if (limits->memory_bytes && limits->memory_bytes < bytes)
        bytes = limits->memory_bytes;
    size = xasprintf("%lld", (long long)bytes);
    jail_add(c, "--dev");
    jail_add(c, "/dev");
    jail_add3(c, "--perms", "1777", "--size");
    jail_add3(c, size, "--tmpfs", "/dev/shm");
    jail_add(c, "--remount-ro");
    jail_add(c, "/dev");
}

/* --- starting --- */

/* Puts each descriptor at its number and closes all others. Async-signal-safe. */
static bool arrange(const struct jail_command *c, const struct jail_descriptors *d, int report)
{
    int from[JAIL_FILE_FD + JAIL_FILES_MAX + 1];
    int n = JAIL_FILE_FD + (int)c->n_files;

    from[0] = d->in;
    from[1] = from[2] = d->out;
    for (int i = 0; i <= LINK_LAST_FD - LINK_FD; i++)
        from[LINK_FD + i] = d->low[i];
    from[JAIL_SECCOMP_FD] = c->seccomp_fd;
    from[JAIL_INFO_FD] = c->info_fd;
    from[JAIL_BLOCK_FD] = c->block_fd;
    for (size_t i = 0; i < c->n_files; i++)
        from[JAIL_FILE_FD + i] = c->files[i];
    from[n] = report;
    for (int i = 0; i <= n; i++)
        if (from[i] >= 0 && (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, HIGH_FD)) < 0)
            return false;
    for (int i = 0; i <= n; i++) {
        if (from[i] < 0)
            close(i);
        else if (dup2(from[i], i) < 0)
            return false;
    }
    fcntl(n, F_SETFD, FD_CLOEXEC);
    return !close_range((unsigned)n + 1, ~0u, 0);
}

static void reset_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_bwrap(struct jail_command *c, const struct jail_descriptors *d,
                                int report)
{
    static char *const environment[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin",
                                        (char *)"LANG=C.UTF-8", NULL};
    int errnum;

    reset_signals();
    setsid();
    errnum = c->group ? -cgroup_join(c->group) : 0;
    if (!errnum && arrange(c, d, report)) {
        report = JAIL_FILE_FD + (int)c->n_files;
        execve(c->program, c->args, environment);
    }
    errnum = errnum ? errnum : errno;
    if (write(report, &errnum, sizeof errnum) < 0)
        _exit(126);
    _exit(127);
}

pid_t jail_spawn(struct jail_command *c, const struct jail_descriptors *d, struct err *e)
{
    int report[2], errnum;
    pid_t pid;
    ssize_t n;

    if (c->full)
        return err_set(e, ERR_LIMIT, "too many arguments for bwrap");
    c->args[c->n_args] = NULL;
    if (pipe2(report, O_CLOEXEC))
        return err_set_errno(e, errno, "pipe");
    pid = fork();
    if (pid == 0)
        run_bwrap(c, d, report[1]);
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        return err_set_errno(e, errno, "fork");
    }
    do
        n = read(report[0], &errnum, sizeof errnum);
    while (n < 0 && errno == EINTR);
    close(report[0]);
    if (n == sizeof errnum) {
        waitpid(pid, NULL, 0);
        return err_set_errno(e, errnum, "cannot start %s", c->program);
    }
    return pid;
}

/* Host names are at most 63 bytes of letters, digits and hyphens between them (RFC 1123); what else
 * a name has becomes a hyphen, so that the prompt still says which sandbox it is. */
static void clean_hostname(char out[64], const char *name)
{
    size_t n = 0;

    for (const char *p = name ? name : ""; *p && n < 63; p++) {
        bool ok = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');

        if (ok)
            out[n++] = *p;
        else if (n && out[n - 1] != '-')
            out[n++] = '-';
    }
    while (n && out[n - 1] == '-')
        n--;
    out[n] = '\0';
    if (!n)
        memcpy(out, "sandbox", sizeof "sandbox");
}

static int add_disk(struct jail_command *c, const struct jail_spec *spec, const char *hostname,
                    const struct jail_etc *etc, struct err *e)
{
    int r;

    jail_add3(c, "--bind", spec->root, "/");
    if (!spec->own_system)
        add_system(c);
    add_proc(c);
    add_dev(c, &spec->limits);
    jail_add3(c, "--perms", "0755", "--size");
    jail_add3(c, ETC_BYTES, "--tmpfs", spec->own_system ? "/run" : "/etc");
    if (spec->own_system)
        return jail_add_own_daemon(c, spec, e);
    r = jail_add_etc(c, hostname, etc, e);
    if (!r)
        r = jail_add_shell(c, JAIL_DIR, e);
    jail_add3(c, "--ro-bind", spec->program, JAIL_PROGRAM);
    jail_add3(c, "--chdir", "/", "--");
    jail_add(c, JAIL_PROGRAM);
    jail_add(c, "daemon");
    return r;
}

static void add_network(struct jail_command *c, const struct jail_network *network)
{
    cleanup_free char *info = xasprintf("%d", JAIL_INFO_FD);
    cleanup_free char *block = xasprintf("%d", JAIL_BLOCK_FD);

    jail_add(c, "--unshare-net");
    if (!network->outbound)
        return;
    c->info_fd = network->info;
    c->block_fd = network->block;
    jail_add(c, "--info-fd");
    jail_add3(c, info, "--block-fd", block);
}

static int build(struct jail_command *c, const struct jail_spec *spec,
                 const struct jail_network *network, struct err *e)
{
    char hostname[64];
    struct jail_etc etc;
    int r = jail_add_walls(c, e);

    if (r)
        return r;
    clean_hostname(hostname, spec->hostname);
    jail_add(c, "--hostname");
    jail_add(c, hostname);
    if (spec->private_network)
        add_network(c, network);
    etc = jail_etc_texts(spec, hostname, network->outbound);
    r = spec->own_system ? jail_system_prepare(spec, hostname, &etc, e) : 0;
    if (!r)
        r = add_disk(c, spec, hostname, &etc, e);
    jail_etc_finish(&etc);
    return r;
}

static pid_t build_and_spawn(const struct jail_spec *spec, struct cgroup *group,
                             const struct jail_network *network, struct err *e)
{
    struct jail_command c = JAIL_COMMAND_NONE;
    cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int log = spec->log_fd >= 0 ? spec->log_fd : null;
    struct jail_descriptors d = {
        .in = null,
        .out = log,
        .low = {spec->listen_fd, spec->settings_fd, log, spec->store_fd > 0 ? spec->store_fd : null,
                spec->store_wal_fd > 0 ? spec->store_wal_fd : null, network->alive},
    };
    pid_t r = build(&c, spec, network, e);

    c.group = group;
    if (!r)
        r = jail_spawn(&c, &d, e);
    jail_command_finish(&c);
    return r;
}

pid_t jail_start(const struct jail_spec *spec, struct err *e)
{
    struct jail_network network = {.info = -1, .block = -1, .alive = -1};
    struct cgroup group;
    pid_t r = jail_root_prepare(spec, e);

    if (!r)
        r = cgroup_create(&group, spec->id, &spec->limits, e);
    if (r)
        return r;
    if (spec->private_network)
        r = jail_network_begin(&network, spec->log_fd, e);
    if (!r)
        r = build_and_spawn(spec, &group, &network, e);
    jail_network_finish(&network);
    cgroup_finish(&group);
    if (r < 0)
        cgroup_remove(spec->id, 0);
    return r;
}

struct limits_means jail_means(bool private_network)
{
    cleanup_free char *helper = private_network ? jail_network_helper(NULL) : NULL;

    return (struct limits_means){
        .memory_group = cgroup_support()->memory,
        .processes_group = cgroup_support()->processes,
        .uid_counts = geteuid() != 0,
        .private_network = private_network,
        .outbound = !private_network || helper,
    };
}

void jail_clear(const char *id)
{
    cgroup_remove(id, CLEAR_MS);
}

void jail_kill(pid_t pid)
{
    char path[64];
    int child;
    FILE *children;

    /* Stopped, it reaps nothing, so its child's number stays its child's. */
    kill(pid, SIGSTOP);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    children = fopen(path, "re");
    while (children && fscanf(children, "%d", &child) == 1)
        kill(child, SIGKILL);
    if (children)
        fclose(children);
    kill(pid, SIGKILL);
}
