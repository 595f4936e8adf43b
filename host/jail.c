/* SPDX-License-Identifier: MIT
 *
 * Builds bwrap's command line, the few files it needs, and starts it.
 *
 * The root directory belongs to whoever lives in the sandbox, so a restart must not trust it: what
 * is mounted upon is made a real directory first (root_prepare), with *at calls that follow no
 * link, and /etc is a tmpfs made afresh each time.
 */
#include "host/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "host/link.h"

#define SECCOMP_FD    8
#define FILE_FD_FIRST 9
#define FILES_MAX     8
#define ARGS_MAX      512
#define HIGH_FD       64 /* descriptors wait above this before they get their numbers */

/* bwrap's arguments, and the descriptors that its child shall have at FILE_FD_FIRST and up. */
struct command {
    const char *program; /* bwrap's path, owned */
    size_t n_args;
    char *args[ARGS_MAX + 1]; /* owned */
    size_t n_files;
    int files[FILES_MAX]; /* owned */
    int seccomp_fd;       /* owned */
    bool full;
};

/* --- arguments --- */

static void add(struct command *c, const char *arg)
{
    if (c->n_args == ARGS_MAX) {
        c->full = true;
        return;
    }
    c->args[c->n_args++] = xstrdup(arg);
}

static void add3(struct command *c, const char *a, const char *b, const char *d)
{
    add(c, a);
    add(c, b);
    add(c, d);
}

static void command_finish(struct command *c)
{
    free((char *)c->program);
    for (size_t i = 0; i < c->n_args; i++)
        free(c->args[i]);
    for (size_t i = 0; i < c->n_files; i++)
        close(c->files[i]);
    if (c->seccomp_fd >= 0)
        close(c->seccomp_fd);
}

/* A generated file of the sandbox, handed to bwrap by descriptor. */
static int add_file(struct command *c, const char *path, const struct buf *text, struct err *e)
{
    char number[16];
    int fd = memfd_create("sandpit-file", MFD_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return err_set_errno(e, errno, "memfd_create");
    n = text->len ? write(fd, text->data, text->len) : 0;
    if (n != (ssize_t)text->len || lseek(fd, 0, SEEK_SET)) {
        close(fd);
        return err_set(e, ERR_IO, "cannot write %s", path);
    }
    if (c->n_files == FILES_MAX) {
        close(fd);
        return err_set(e, ERR_INTERNAL, "too many generated files");
    }
    snprintf(number, sizeof number, "%d", FILE_FD_FIRST + (int)c->n_files);
    c->files[c->n_files++] = fd;
    add3(c, "--perms", "0644", "--file");
    add(c, number);
    add(c, path);
    return 0;
}

static char *find_program(const char *name)
{
    const char *path = getenv("PATH");
    cleanup_free char *copy =
        xstrdup(path && *path ? path : "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
    char *rest = NULL;

    for (char *dir = strtok_r(copy, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
        char *file = xasprintf("%s/%s", dir, name);

        if (dir[0] == '/' && !access(file, X_OK))
            return file;
        free(file);
    }
    return NULL;
}

/* The walls, common to sandboxes and to the trial of jail_check. */
static int add_walls(struct command *c, struct err *e)
{
    static const char *const walls[] = {
        "--unshare-user", "--disable-userns",
        "--unshare-pid",  "--unshare-ipc",
        "--unshare-uts",  "--as-pid-1",
        "--cap-drop",     "ALL",
        "--seccomp",      "8" /* SECCOMP_FD */,
        "--uid",          "1000" /* JAIL_UID */,
        "--gid",          "1000",
    };

    c->program = find_program("bwrap");
    if (!c->program) {
        int r = err_set(e, ERR_UNSUPPORTED, "bubblewrap (bwrap) is not installed");

        err_hint(e, "install it: apt-get install bubblewrap");
        return r;
    }
    add(c, "bwrap");
    for (size_t i = 0; i < ARRAY_LEN(walls); i++)
        add(c, walls[i]);
    c->seccomp_fd = jail_filter_memfd(e);
    return c->seccomp_fd < 0 ? c->seccomp_fd : 0;
}

/* /bin, /lib… as the host has them: links into /usr, or folders of their own. */
static void add_system(struct command *c)
{
    static const char *const names[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};

    add3(c, "--ro-bind", "/usr", "/usr");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct stat st;

        if (!lstat(names[i], &st) && S_ISDIR(st.st_mode))
            add3(c, "--ro-bind", names[i], names[i]);
    }
}

/* Kernel files whose owner could use them without any capability when the owner is the host's root;
 * the files at the end tell about the host. */
static void add_proc(struct command *c)
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

    add(c, "--proc");
    add(c, "/proc");
    for (size_t i = 0; i < ARRAY_LEN(read_only); i++)
        if (!access(read_only[i], F_OK))
            add3(c, "--ro-bind", read_only[i], read_only[i]);
    for (size_t i = 0; i < ARRAY_LEN(masked); i++)
        if (!access(masked[i], F_OK))
            add3(c, "--ro-bind", "/dev/null", masked[i]);
    for (size_t i = 0; i < ARRAY_LEN(for_root) && !geteuid(); i++)
        if (!access(for_root[i], F_OK))
            add3(c, "--ro-bind", "/dev/null", for_root[i]);
    add(c, "--dev");
    add(c, "/dev");
}

/* --- /etc --- */

/* No secrets in these: npmrc, gitconfig, profile.d, shadow and the like stay outside. */
static const char *const etc_from_host[] = {
    "alternatives",
    "bash_completion",
    "bash_completion.d",
    "bindresvport.blacklist",
    "ca-certificates",
    "ca-certificates.conf",
    "debian_version",
    "ethertypes",
    "fonts",
    "gai.conf",
    "groff",
    "host.conf",
    "inputrc",
    "java-*",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "less",
    "lsb-release",
    "localtime",
    "locale.alias",
    "locale.conf",
    "locale.gen",
    "login.defs",
    "lynx",
    "magic",
    "magic.mime",
    "mailcap",
    "manpath.config",
    "mime.types",
    "nanorc",
    "networks",
    "os-release",
    "perl",
    "pki",
    "profile",
    "protocols",
    "python*",
    "redhat-release",
    "resolv.conf",
    "rpc",
    "screenrc",
    "services",
    "shells",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
    "tmux.conf",
    "vim",
    "wgetrc",
    "xattr.conf",
};

static void add_etc_path(struct command *c, const char *path)
{
    char target[PATH_MAX];
    struct stat st;
    ssize_t n;

    if (lstat(path, &st))
        return;
    n = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof target - 1) : -1;
    if (n > 0) {
        target[n] = '\0';
        /* A link into what the sandbox has stays one; others are bound by what they lead to. */
        if (!strncmp(target, "/usr/", 5) || !strncmp(target, "../usr/", 7) ||
            !strncmp(target, "/etc/alternatives/", 18)) {
            add3(c, "--symlink", target, path);
            return;
        }
    }
    if (!access(path, R_OK))
        add3(c, "--ro-bind-try", path, path);
}

static void add_etc_from_host(struct command *c)
{
    for (size_t i = 0; i < ARRAY_LEN(etc_from_host); i++) {
        cleanup_free char *pattern = xasprintf("/etc/%s", etc_from_host[i]);
        glob_t found;

        if (glob(pattern, 0, NULL, &found))
            continue;
        for (size_t k = 0; k < found.gl_pathc && k < 16; k++)
            add_etc_path(c, found.gl_pathv[k]);
        globfree(&found);
    }
}

static const char prompt_file[] =
    "# Made by sandpitd at each start of the sandbox; put your own settings into ~/.bashrc.\n"
    "[ -z \"$PS1\" ] && return\n"
    "shopt -s checkwinsize\n"
    "PS1='\\[\\e[1;32m\\]\\h\\[\\e[0m\\]:\\[\\e[1;34m\\]\\w\\[\\e[0m\\]\\$ '\n"
    "case $TERM in xterm*) PS1=\"\\[\\e]0;\\h: \\w\\a\\]$PS1\" ;; esac\n"
    "alias ls='ls --color=auto' grep='grep --color=auto'\n"
    "[ -r /usr/share/bash-completion/bash_completion ] && ! shopt -oq posix &&\n"
    "    . /usr/share/bash-completion/bash_completion\n"
    "true\n";

static int add_etc_generated(struct command *c, const char *hostname, const char *id, struct err *e)
{
    const struct {
        const char *path;
        char *text; /* owned */
    } files[] = {
        {"/etc/passwd",
         xstrdup("root:x:0:0:root:/root:/bin/bash\n" JAIL_USER ":x:1000:1000::" JAIL_HOME
                 ":/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")},
        {"/etc/group", xstrdup("root:x:0:\ntty:x:5:\n" JAIL_USER ":x:1000:\nnogroup:x:65534:\n")},
        {"/etc/nsswitch.conf", xstrdup("passwd: files\ngroup: files\nshadow: files\n"
                                       "hosts: files dns\nnetworks: files\nprotocols: files\n"
                                       "services: files\n")},
        {"/etc/hosts",
         xasprintf("127.0.0.1 localhost %s %s.localhost\n::1 localhost ip6-localhost\n", hostname,
                   id)},
        {"/etc/hostname", xasprintf("%s\n", hostname)},
        {"/etc/bash.bashrc", xstrdup(prompt_file)},
    };
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct buf text = {0};

        buf_append_str(&text, files[i].text);
        free(files[i].text);
        if (!r)
            r = add_file(c, files[i].path, &text, e);
        buf_finish(&text);
    }
    return r;
}

/* --- the root directory --- */

/* Makes name below dirfd a real directory, whatever is there; returns it opened, or -errno. */
static int real_dir(int dirfd, const char *name, mode_t mode, bool replace)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd;

    if (!mkdirat(dirfd, name, 0755)) {
        fd = openat(dirfd, name, flags);
        if (fd >= 0 && fchmod(fd, mode)) {
            close(fd);
            return -errno;
        }
        return fd < 0 ? -errno : fd;
    }
    if (errno != EEXIST)
        return -errno;
    fd = openat(dirfd, name, flags);
    if (fd >= 0)
        return fd;
    if (!replace || (errno != ELOOP && errno != ENOTDIR))
        return -errno;
    if (unlinkat(dirfd, name, 0))
        return -errno;
    return real_dir(dirfd, name, mode, false);
}

/* The links of a merged /usr, as on the host. What else stands there is in the way. */
static int system_link(int root, const char *name, struct err *e)
{
    cleanup_free char *host = xasprintf("/%s", name);
    char target[64], present[64];
    ssize_t n = readlink(host, target, sizeof target - 1), m;
    struct stat st;

    if (n < 0) {
        int fd = lstat(host, &st) ? -1 : real_dir(root, name, 0755, true);

        if (fd >= 0)
            close(fd);
        return 0;
    }
    target[n] = '\0';
    m = readlinkat(root, name, present, sizeof present);
    if (m == n && !memcmp(present, target, (size_t)n))
        return 0;
    unlinkat(root, name, 0);
    if (symlinkat(target, root, name))
        return err_set_errno(e, errno, "/%s inside", name);
    return 0;
}

struct inner_dir {
    const char *path; /* at most two components */
    mode_t mode;
    bool mounted; /* something is mounted on it: it must be what it seems */
};

static const struct inner_dir inner_dirs[] = {
    {"usr", 0755, true},       {"etc", 0755, true},        {"proc", 0755, true},
    {"dev", 0755, true},       {"tmp", 01777, false},      {"var", 0755, false},
    {"var/tmp", 01777, false}, {"run", 0755, false},       {"root", 0755, false},
    {"home", 0755, false},     {"home/user", 0755, false}, {"workspace", 0755, false},
    {"opt", 0755, false},      {"srv", 0755, false},       {"mnt", 0755, false},
};

static int make_inner_dir(int root, const struct inner_dir *d, struct err *e)
{
    const char *slash = strchr(d->path, '/');
    cleanup_fd int parent = -1;
    int fd;

    if (slash) {
        cleanup_free char *first = xstrndup(d->path, (size_t)(slash - d->path));

        parent = openat(root, first, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (parent < 0)
            return 0;
    }
    fd = real_dir(slash ? parent : root, slash ? slash + 1 : d->path, d->mode, d->mounted);
    if (fd >= 0)
        close(fd);
    else if (d->mounted)
        return err_set_errno(e, -fd, "/%s inside", d->path);
    return 0;
}

static int root_prepare(const char *path, struct err *e)
{
    static const char *const links[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};
    cleanup_fd int root = -1;
    int r = 0;

    if (mkdir(path, 0755) && errno != EEXIST)
        return err_set_errno(e, errno, "%s", path);
    root = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (root < 0)
        return err_set_errno(e, errno, "%s", path);
    for (size_t i = 0; i < ARRAY_LEN(inner_dirs) && !r; i++)
        r = make_inner_dir(root, &inner_dirs[i], e);
    for (size_t i = 0; i < ARRAY_LEN(links) && !r; i++)
        r = system_link(root, links[i], e);
    return r ? err_wrap(e, "%s", path) : 0;
}

/* --- starting --- */

struct descriptors {
    int in, out; /* becomes stdin; stdout and stderr */
    int low[5];  /* become 3, 4…; -1 closed */
};

/* Puts each descriptor at its number and closes all others. Async-signal-safe. */
static bool arrange(const struct command *c, const struct descriptors *d, int report)
{
    int from[FILE_FD_FIRST + FILES_MAX + 1];
    int n = FILE_FD_FIRST + (int)c->n_files;

    from[0] = d->in;
    from[1] = from[2] = d->out;
    for (int i = 0; i <= LINK_LAST_FD - LINK_FD; i++)
        from[LINK_FD + i] = d->low[i];
    from[SECCOMP_FD] = c->seccomp_fd;
    for (size_t i = 0; i < c->n_files; i++)
        from[FILE_FD_FIRST + i] = c->files[i];
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

static _Noreturn void run_bwrap(struct command *c, const struct descriptors *d, int report)
{
    static char *const environment[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin",
                                        (char *)"LANG=C.UTF-8", NULL};
    int errnum;

    reset_signals();
    setsid();
    if (arrange(c, d, report)) {
        report = FILE_FD_FIRST + (int)c->n_files;
        execve(c->program, c->args, environment);
    }
    errnum = errno;
    if (write(report, &errnum, sizeof errnum) < 0)
        _exit(126);
    _exit(127);
}

static pid_t start(struct command *c, const struct descriptors *d, struct err *e)
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

static int build(struct command *c, const struct jail_spec *spec, struct err *e)
{
    char hostname[64];
    int r = add_walls(c, e);

    if (r)
        return r;
    clean_hostname(hostname, spec->hostname);
    add(c, "--hostname");
    add(c, hostname);
    add3(c, "--bind", spec->root, "/");
    add_system(c);
    add_proc(c);
    add3(c, "--perms", "0755", "--tmpfs");
    add(c, "/etc");
    add_etc_from_host(c);
    r = add_etc_generated(c, hostname, spec->id, e);
    add(c, "--symlink");
    add(c, "/proc/self/mounts");
    add(c, "/etc/mtab");
    add3(c, "--ro-bind", spec->program, JAIL_PROGRAM);
    add3(c, "--chdir", "/", "--");
    add(c, JAIL_PROGRAM);
    add(c, "daemon");
    return r;
}

pid_t jail_start(const struct jail_spec *spec, struct err *e)
{
    struct command c = {.seccomp_fd = -1};
    cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct descriptors d = {
        .in = null,
        .out = spec->log_fd >= 0 ? spec->log_fd : null,
        .low = {spec->listen_fd, spec->settings_fd, spec->log_fd >= 0 ? spec->log_fd : null,
                spec->store_fd > 0 ? spec->store_fd : null,
                spec->store_wal_fd > 0 ? spec->store_wal_fd : null},
    };
    int r = root_prepare(spec->root, e);

    if (!r)
        r = build(&c, spec, e);
    if (!r)
        r = start(&c, &d, e);
    command_finish(&c);
    return r;
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

/* --- trial --- */

static bool file_says(const char *path, const char *text)
{
    char found[16] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    if (read(fd, found, sizeof found - 1) < 0)
        found[0] = '\0';
    close(fd);
    found[strcspn(found, "\n")] = '\0';
    return !strcmp(found, text);
}

static void hint_why(struct err *e)
{
    if (file_says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
        err_hint(e, "Ubuntu's AppArmor forbids user namespaces: install apparmor-profiles and "
                    "load its bwrap-userns-restrict profile, or run as root: "
                    "sysctl kernel.apparmor_restrict_unprivileged_userns=0");
    else if (file_says("/proc/sys/kernel/unprivileged_userns_clone", "0"))
        err_hint(e, "run as root: sysctl kernel.unprivileged_userns_clone=1");
    else if (file_says("/proc/sys/user/max_user_namespaces", "0"))
        err_hint(e, "run as root: sysctl user.max_user_namespaces=15000");
    else
        err_hint(e, "user namespaces must be allowed (inside a container: by its runtime, too)");
}

static int trial_result(int output, pid_t pid, struct err *e)
{
    char said[256];
    size_t n = 0;
    ssize_t got;
    int status = 0, r;

    while (n < sizeof said - 1 && (got = read(output, said + n, sizeof said - 1 - n)) != 0) {
        if (got < 0 && errno != EINTR)
            break;
        n += got > 0 ? (size_t)got : 0;
    }
    said[n] = '\0';
    said[strcspn(said, "\n")] = '\0';
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    r = err_set(e, ERR_UNSUPPORTED, "%s", *said ? said : "bwrap failed without a word");
    hint_why(e);
    return r;
}

int jail_check(struct err *e)
{
    struct command c = {.seccomp_fd = -1};
    cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int output[2], r = add_walls(&c, e);
    pid_t pid;

    if (!r && pipe2(output, O_CLOEXEC))
        r = err_set_errno(e, errno, "pipe");
    if (!r) {
        struct descriptors d = {.in = null, .out = output[1], .low = {-1, -1, -1, -1, -1}};

        add3(&c, "--ro-bind", "/", "/");
        add3(&c, "--proc", "/proc", "--");
        add(&c, "true");
        pid = start(&c, &d, e);
        close(output[1]);
        r = pid < 0 ? pid : trial_result(output[0], pid, e);
        close(output[0]);
    }
    command_finish(&c);
    return r;
}
