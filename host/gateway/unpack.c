/* SPDX-License-Identifier: MIT
 *
 * us → keeper → tar. The keeper is there for tar's exit status: the gateway waits for any child it
 * gets, and would take that of tar for one more bwrap that has ended. Each dies with its parent.
 */
#include "host/gateway/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/image.h"

#define POLL_MS      100  /* how late a stop is noticed */
#define KILL_MS      5000 /* then we go on without them */
#define LINE_MAX_LEN 300
#define REPORT_FD    3
#define HIGH_FD      16
#define CAPS         64

static const struct archive_kind kinds[] = {
    {".tar", NULL},      {".tar.gz", "--gzip"},  {".tgz", "--gzip"},
    {".tar.xz", "--xz"}, {".tar.zst", "--zstd"}, {".tar.bz2", "--bzip2"},
};

const struct archive_kind *archive_kind_of(const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t k = strlen(kinds[i].suffix);

        if (n > k && !strcmp(name + n - k, kinds[i].suffix))
            return &kinds[i];
    }
    return NULL;
}

struct tar {
    const char *args[24];
    int archive, folder, said[2], report[2]; /* descriptors */
    int pidfd;                               /* of the keeper */
    pid_t self;
    char line[LINE_MAX_LEN], best[LINE_MAX_LEN]; /* of what it says; best: why */
    size_t n_line;
};

/* --- in the child --- */

static _Noreturn void run_tar(const struct tar *t)
{
    static char *const environment[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin",
                                        (char *)"LC_ALL=C", NULL};

    close(REPORT_FD);
    execve("/usr/bin/tar", (char *const *)t->args, environment);
    execve("/bin/tar", (char *const *)t->args, environment);
    dprintf(2, "tar: %s\n", strerror(errno));
    _exit(127);
}

static bool die_with(pid_t parent)
{
    return !prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == parent;
}

static bool arrange(const struct tar *t)
{
    int from[] = {t->archive, open("/dev/null", O_WRONLY | O_CLOEXEC), t->said[1], t->report[1]};

    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        if ((from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, HIGH_FD)) < 0)
            return false;
    if (t->folder >= 0 && fchdir(t->folder))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        if (dup2(from[i], (int)i) < 0)
            return false;
    return !close_range(REPORT_FD + 1, ~0u, 0);
}

static _Noreturn void run_keeper(const struct tar *t)
{
    sigset_t none;
    pid_t self, pid;
    int status;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (!die_with(t->self) || !arrange(t))
        _exit(126);
    for (unsigned long i = 0; i < CAPS; i++) /* fails where there are none to lose */
        prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    self = getpid();
    pid = _Fork();
    if (pid == 0) {
        if (!die_with(self))
            _exit(126);
        run_tar(t);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    _exit(pid > 0 && write(REPORT_FD, &status, sizeof status) == sizeof status ? 0 : 126);
}

/* --- what tar says --- */

/* The first complaint is the reason; after it come its consequences. */
static void end_line(struct tar *t)
{
    t->line[t->n_line] = '\0';
    t->n_line = 0;
    if (!t->best[0] && !strstr(t->line, "emoving leading") && !strstr(t->line, "gnoring unknown"))
        memcpy(t->best, t->line, sizeof t->best);
}

/* False at the end: all that could write have ended. */
static bool listen_to(struct tar *t)
{
    char text[4096];
    ssize_t n = read(t->said[0], text, sizeof text);

    for (ssize_t i = 0; i < n; i++) {
        if (text[i] == '\n')
            end_line(t);
        else if (t->n_line < sizeof t->line - 1)
            t->line[t->n_line++] = text[i];
    }
    return n > 0 || (n < 0 && errno == EINTR);
}

/* --- in the gateway --- */

static void prepare_args(struct tar *t, const struct archive_kind *kind, bool extract)
{
    static const char *const options[] = {"--no-same-owner",           "--preserve-permissions",
                                          "--delay-directory-restore", "--anchored",
                                          "--warning=no-timestamp",    "--exclude=dev/*",
                                          "--exclude=./dev/*",         "--exclude=/dev/*"};
    size_t n = 0;

    t->args[n++] = "tar";
    t->args[n++] = extract ? "--extract" : "--list";
    t->args[n++] = "--file=-";
    if (kind->option)
        t->args[n++] = kind->option;
    for (size_t i = 0; extract && i < ARRAY_LEN(options); i++)
        t->args[n++] = options[i];
    t->args[n] = NULL;
}

static int start(struct tar *t, struct err *e)
{
    pid_t pid;

    t->self = getpid();
    if (pipe2(t->said, O_CLOEXEC) || pipe2(t->report, O_CLOEXEC))
        return image_fail(e, errno, "archive");
    pid = fork();
    if (pid == 0)
        run_keeper(t);
    if (pid < 0)
        return err_set_errno(e, errno, "start tar");
    t->pidfd = pidfd_open(pid, 0);
    close(steal_fd(&t->said[1]));
    close(steal_fd(&t->report[1]));
    return 0;
}

/* Until nobody is left who could write into the folder. */
static void end_all(struct tar *t)
{
    int64_t end_ms = clock_mono_ms() + KILL_MS;
    struct pollfd p = {t->said[0], POLLIN, 0};

    if (t->pidfd >= 0)
        pidfd_send_signal(t->pidfd, SIGKILL, NULL, 0);
    while (clock_mono_ms() < end_ms && (poll(&p, 1, POLL_MS) <= 0 || listen_to(t)))
        continue;
}

static int follow(struct tar *t, const atomic_bool *stop, struct err *e)
{
    int64_t end_ms = clock_mono_ms() + UNPACK_TIMEOUT_MS;
    struct pollfd p = {t->said[0], POLLIN, 0};
    bool stopped = false, late = false;

    do {
        stopped = stop && atomic_load(stop);
        late = clock_mono_ms() > end_ms;
    } while (!stopped && !late && (poll(&p, 1, POLL_MS) <= 0 || listen_to(t)));
    if (!stopped && !late)
        return 0;
    end_all(t);
    return stopped ? err_set(e, ERR_CANCELLED, "stopped")
                   : err_set(e, ERR_TIMEOUT, "tar took longer than %d minutes",
                             UNPACK_TIMEOUT_MS / 60000);
}

static int judge(struct tar *t, struct err *e)
{
    int status;

    if (t->n_line)
        end_line(t);
    if (read(t->report[0], &status, sizeof status) != sizeof status)
        return err_set(e, ERR_IO, "tar was ended: %s",
                       t->best[0] ? t->best : "it is not known why");
    if (!status)
        return 0;
    if (strstr(t->best, strerror(ENOSPC)) || strstr(t->best, "No space left"))
        return image_fail(e, ENOSPC, "archive");
    if (WIFSIGNALED(status))
        return err_set(e, ERR_IO, "tar was ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == 127)
        return err_set(e, ERR_UNSUPPORTED, "tar is not installed: %s", t->best);
    return err_set(e, ERR_IO, "%s", t->best[0] ? t->best : "tar failed without a word");
}

static void finish(struct tar *t)
{
    const int fds[] = {t->said[0], t->said[1], t->report[0], t->report[1], t->pidfd, t->folder};

    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

int unpack(int archive, const struct archive_kind *kind, const char *folder,
           const atomic_bool *stop, struct err *e)
{
    struct tar t = {
        .archive = archive, .folder = -1, .said = {-1, -1}, .report = {-1, -1}, .pidfd = -1};
    int r = 0;

    prepare_args(&t, kind, folder);
    if (folder) {
        t.folder = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (t.folder < 0)
            r = err_set_errno(e, errno, "%s", folder);
    }
    if (!r)
        r = start(&t, e);
    if (!r)
        r = follow(&t, stop, e);
    if (!r)
        r = judge(&t, e);
    finish(&t);
    return r;
}
