/* SPDX-License-Identifier: MIT */
#include "host/daemon/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

/* --- environment --- */

static size_t environ_index(const struct environ_list *list, const char *name)
{
    size_t len = strlen(name), i;

    for (i = 0; i < list->n; i++)
        if (!strncmp(list->items[i], name, len) && list->items[i][len] == '=')
            break;
    return i;
}

const char *environ_get(const struct environ_list *list, const char *name)
{
    size_t i = environ_index(list, name);

    return i < list->n ? strchr(list->items[i], '=') + 1 : NULL;
}

bool environ_set(struct environ_list *list, const char *name, const char *value)
{
    size_t i;

    if (!*name || strchr(name, '='))
        return false;
    i = environ_index(list, name);
    if (i == list->n) {
        if (list->n == ENVIRON_MAX)
            return false;
        list->items = xreallocarray(list->items, list->n + 2, sizeof *list->items);
        list->items[++list->n] = NULL;
    } else {
        free(list->items[i]);
    }
    list->items[i] = xasprintf("%s=%s", name, value);
    return true;
}

void environ_copy(struct environ_list *to, const struct environ_list *from)
{
    to->n = from->n;
    to->items = xcalloc(from->n + 1, sizeof *to->items);
    for (size_t i = 0; i < from->n; i++)
        to->items[i] = xstrdup(from->items[i]);
}

void environ_finish(struct environ_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i]);
    free(list->items);
    memset(list, 0, sizeof *list);
}

/* --- starting --- */

enum stage { STAGE_FDS, STAGE_TERMINAL, STAGE_CWD, STAGE_EXEC };

struct failure {
    enum stage stage;
    int errnum;
};

static bool arrange_fds(const struct process_spec *spec, int *report)
{
    int from[4] = {spec->in, spec->out, spec->errout, *report};

    for (int i = 0; i < 4; i++)
        if ((from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 10)) < 0)
            return false;
    *report = from[3];
    for (int i = 0; i < 3; i++)
        if (dup2(from[i], i) < 0)
            return false;
    if (dup3(from[3], 3, O_CLOEXEC) < 0)
        return false;
    *report = 3;
    return !close_range(4, ~0u, 0);
}

static int enter_cwd(const struct process_spec *spec)
{
    const char *home = environ_get(spec->environment, "HOME");

    if ((!spec->directory || chdir(spec->directory)) && (!home || chdir(home)) && chdir("/"))
        return -1;
    return spec->cwd ? chdir(spec->cwd) : 0;
}

/* Of those that the daemon starts, not its own. */
static struct {
    size_t n;
    struct {
        int resource;
        struct rlimit value;
    } items[3];
    bool sizes; /* of files are limited */
} child_limits;

/* Never above what the daemon itself was given. */
static void add_limit(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit given;

    if (getrlimit((__rlimit_resource_t)resource, &given))
        return;
    if (hard > given.rlim_max)
        hard = given.rlim_max;
    child_limits.items[child_limits.n].resource = resource;
    child_limits.items[child_limits.n++].value = (struct rlimit){soft < hard ? soft : hard, hard};
}

void process_set_limits(const struct limits *limits, const struct limits_means *means)
{
    rlim_t files = (rlim_t)limits->n_files, processes = (rlim_t)limits->n_processes;
    rlim_t disk = (rlim_t)limits->disk_bytes;

    child_limits.n = 0;
    add_limit(RLIMIT_NOFILE, files ? files : LIMITS_FILES_SOFT, files ? files : LIMITS_FILES);
    /* The kernel counts per user namespace, so each sandbox has its own; it does not count root. */
    processes = processes ? processes : LIMITS_PROCESSES;
    add_limit(RLIMIT_NPROC, processes, processes);
    if (limits->memory_bytes && !means->memory_group)
        add_limit(RLIMIT_DATA, (rlim_t)limits->memory_bytes, (rlim_t)limits->memory_bytes);
    /* The daemon's own writing is the sandbox's, too. An error says more than a signal. */
    child_limits.sizes = disk != 0;
    if (disk) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){disk, disk});
    }
}

/* When memory runs out, they go before the daemon. */
static void offer_to_oom_killer(void)
{
    static const char score[] = "500";
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, score, sizeof score - 1) < 0) {
        /* It is no worse than before. */
    }
    close(fd);
}

static void limit_child(void)
{
    for (size_t i = 0; i < child_limits.n; i++)
        setrlimit((__rlimit_resource_t)child_limits.items[i].resource,
                  &child_limits.items[i].value);
    if (child_limits.sizes)
        signal(SIGXFSZ, SIG_IGN);
    offer_to_oom_killer();
}

static _Noreturn void run_child(const struct process_spec *spec, int report)
{
    struct failure failure = {STAGE_FDS, 0};
    sigset_t none;
    bool ok;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    limit_child();
    ok = arrange_fds(spec, &report);
    if (ok && spec->terminal) {
        failure.stage = STAGE_TERMINAL;
        ok = !ioctl(0, TIOCSCTTY, 0);
    }
    if (ok) {
        failure.stage = STAGE_CWD;
        ok = !enter_cwd(spec);
    }
    if (ok) {
        failure.stage = STAGE_EXEC;
        execve(spec->argv[0], (char *const *)spec->argv, spec->environment->items);
    }
    failure.errnum = errno;
    if (write(report, &failure, sizeof failure) < 0)
        _exit(126);
    _exit(127);
}

static int describe(const struct failure *f, const struct process_spec *spec, struct err *e)
{
    if (f->stage == STAGE_CWD && spec->cwd) {
        if (f->errnum == ENOENT || f->errnum == ENOTDIR)
            return err_set(e, ERR_NOT_FOUND, "Directory not found: %s", spec->cwd);
        return err_set_errno(e, f->errnum, "cannot enter %s", spec->cwd);
    }
    if (f->stage == STAGE_EXEC) {
        if (f->errnum == ENOENT || f->errnum == EACCES || f->errnum == ENOTDIR)
            return err_set(e, ERR_NOT_FOUND, "cannot run %s: %s", spec->argv[0],
                           strerror(f->errnum));
        return err_set_errno(e, f->errnum, "cannot run %s", spec->argv[0]);
    }
    return err_set_errno(e, f->errnum, "cannot start a process");
}

pid_t process_start(const struct process_spec *spec, struct err *e)
{
    struct failure failure;
    int report[2];
    ssize_t n;
    pid_t pid;

    if (pipe2(report, O_CLOEXEC))
        return err_set_errno(e, errno, "pipe");
    pid = fork();
    if (pid == 0)
        run_child(spec, report[1]);
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        return err_set_errno(e, errno, "fork");
    }
    do
        n = read(report[0], &failure, sizeof failure);
    while (n < 0 && errno == EINTR);
    close(report[0]);
    /* The failed child is reaped with all others. */
    return n == sizeof failure ? describe(&failure, spec, e) : pid;
}

/* --- ending --- */

pid_t process_session(const char *pid)
{
    char path[32], stat[512];
    const char *p;
    int fd, session = -1;
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%.16s/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    n = read(fd, stat, sizeof stat - 1);
    close(fd);
    if (n <= 0)
        return -1;
    stat[n] = '\0';
    /* The command name may hold anything: what follows is behind its last bracket. */
    p = strrchr(stat, ')');
    if (!p || sscanf(p + 1, " %*c %*d %*d %d", &session) != 1)
        return -1;
    return session;
}

int process_signal_session(pid_t sid, int signum)
{
    DIR *proc;
    const struct dirent *entry;
    int n = 0;

    if (sid <= 1)
        return 0;
    proc = opendir("/proc");
    if (!proc)
        return 0;
    while ((entry = readdir(proc))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (pid <= 1 || process_session(entry->d_name) != sid)
            continue;
        kill(pid, signum);
        n++;
    }
    closedir(proc);
    if (n)
        kill(-sid, signum);
    return n;
}

int process_exit_code(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

const char *process_default_shell(const struct environ_list *environment)
{
    const char *shell = environ_get(environment, "SHELL");

    if (shell && shell[0] == '/' && !access(shell, X_OK))
        return shell;
    return access("/bin/bash", X_OK) ? "/bin/sh" : "/bin/bash";
}
