/* SPDX-License-Identifier: MIT
 *
 * A table of checks, each of which tries what a sandbox will need rather than reading versions.
 */
#include "host/doctor.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "host/cgroup.h"
#include "host/jail.h"

#define FILES_WANTED     4096
#define INSTANCES_WANTED 512
#define WATCHES_WANTED   65536
#define FREE_WANTED      ((double)1024 * 1024 * 1024)
#define GIB              ((double)1024 * 1024 * 1024)

static const char *state_folder; /* --state, or the default */

static void set(struct finding *f, enum finding_level level, const char *fix)
{
    f->level = level;
    buf_append_str(&f->fix, fix);
}

/* --- walls --- */

/* "bubblewrap 0.8.0"; "" when it cannot be asked. */
static void read_version(char *text, size_t cap)
{
    int ends[2], status;
    ssize_t n = 0;
    pid_t pid;

    text[0] = '\0';
    if (pipe2(ends, O_CLOEXEC))
        return;
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        execlp("bwrap", "bwrap", "--version", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    if (pid > 0) {
        n = read(ends[0], text, cap - 1);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    close(ends[0]);
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

static void check_isolation(struct finding *f)
{
    char version[64];
    struct err e;

    read_version(version, sizeof version);
    if (!jail_check(&e)) {
        buf_printf(&f->text, "%s: sandboxes run with own namespaces and no capabilities",
                   *version ? version : "bubblewrap");
        return;
    }
    buf_printf(&f->text, "%s%s%s", e.text, *version ? "; " : "", version);
    set(f, FINDING_MISSING, e.hint);
}

static void check_seccomp(struct finding *f)
{
    struct err e;
    int fd = jail_filter_memfd(&e);

    if (fd >= 0) {
        close(fd);
        buf_append_str(&f->text, "system calls that a sandbox has no business with are refused");
        return;
    }
    buf_append_str(&f->text, e.text);
    set(f, FINDING_MISSING, "a kernel with CONFIG_SECCOMP_FILTER, and libseccomp 2.5, are needed");
}

static void check_identity(struct finding *f)
{
    if (geteuid()) {
        buf_printf(&f->text, "sandboxes run as this user (%u)", (unsigned)geteuid());
        return;
    }
    buf_append_str(&f->text, "sandboxes run as root without its powers");
    set(f, FINDING_NOTE,
        "a user of its own for sandpitd is one wall more; as root there are control "
        "groups without further ado");
}

/* --- limits --- */

#define GIVE_ON                                                                                    \
    "mount control groups for writing, and let a group above the gateway's own, without "          \
    "processes "                                                                                   \
    "in it, give memory and pids on (cgroup.subtree_control)"

#define DELEGATE                                                                                   \
    "run it as root, or where systemd delegates: Delegate=yes and "                                \
    "DelegateSubgroup=sandpit-gateway in its unit; systemd-run --user -p Delegate=yes"

static void check_memory(struct finding *f)
{
    const struct cgroup_support *s = cgroup_support();

    if (s->memory) {
        buf_printf(&f->text, "bounded for a whole sandbox by control groups (version %d)",
                   s->version);
        return;
    }
    buf_printf(&f->text, "bounded for each process only (RLIMIT_DATA): %s", s->why_not);
    set(f, FINDING_NOTE, geteuid() ? DELEGATE : GIVE_ON);
}

static void check_processes(struct finding *f)
{
    const struct cgroup_support *s = cgroup_support();

    if (s->processes) {
        buf_printf(&f->text, "at most %d in a sandbox, or as many as asked, by control groups",
                   LIMITS_PROCESSES);
        return;
    }
    if (geteuid()) {
        buf_printf(&f->text, "at most %d in a sandbox, or as many as asked, by RLIMIT_NPROC",
                   LIMITS_PROCESSES);
        return;
    }
    buf_printf(&f->text, "not bounded, for RLIMIT_NPROC does not hold root: %s", s->why_not);
    set(f, FINDING_NOTE, "mount the pids controller of control groups, or run it as a user");
}

static void check_disk(struct finding *f)
{
    buf_append_str(&f->text,
                   "diskBytes bounds the size of each file, not their sum (RLIMIT_FSIZE)");
    set(f, FINDING_NOTE,
        "put the state folder on a file system of its own, so that sandboxes fill "
        "only that one");
}

static void check_files(struct finding *f)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    buf_printf(&f->text, "%llu may be open at once", (unsigned long long)limit.rlim_max);
    if (limit.rlim_max < FILES_WANTED)
        set(f, FINDING_NOTE, "raise it: ulimit -n 4096, or LimitNOFILE= of a systemd unit");
}

static long long number_in(const char *path)
{
    FILE *file = fopen(path, "re");
    long long n = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%lld", &n) != 1)
        n = 0;
    fclose(file);
    return n;
}

static void check_inotify(struct finding *f)
{
    long long instances = number_in("/proc/sys/fs/inotify/max_user_instances");
    long long watches = number_in("/proc/sys/fs/inotify/max_user_watches");

    buf_printf(&f->text, "%lld sandboxes can watch files, %lld folders in all", instances, watches);
    if (instances < INSTANCES_WANTED || watches < WATCHES_WANTED)
        set(f, FINDING_NOTE,
            "for more, as root: sysctl fs.inotify.max_user_instances=1024 "
            "fs.inotify.max_user_watches=1048576");
}

/* --- the state folder --- */

static char *default_state(void)
{
    const char *state_home = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (state_home && state_home[0] == '/')
        return xasprintf("%s/sandpitd", state_home);
    return xasprintf("%s/.local/state/sandpitd", home && home[0] == '/' ? home : "");
}

/* The folder, or the nearest one above it that is there. */
static char *existing_folder(const char *path)
{
    char *folder = xstrdup(path);
    struct stat st;

    while (stat(folder, &st) && strrchr(folder, '/') > folder)
        *strrchr(folder, '/') = '\0';
    return folder;
}

static bool has_reflinks(const char *folder)
{
    cleanup_fd int from = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    cleanup_fd int to = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    return from >= 0 && to >= 0 && write(from, "x", 1) == 1 && !ioctl(to, FICLONE, from);
}

static void check_state(struct finding *f)
{
    cleanup_free char *path = state_folder ? xstrdup(state_folder) : default_state();
    cleanup_free char *folder = existing_folder(path);
    struct statvfs fs;
    double free_bytes;

    if (access(folder, W_OK | X_OK) || statvfs(folder, &fs)) {
        buf_printf(&f->text, "%s: %s", folder, strerror(errno));
        set(f, FINDING_MISSING, "choose another one with --state, or let this user write there");
        return;
    }
    free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    buf_printf(&f->text, "%s has %.1f GiB free; files are %s", path, free_bytes / GIB,
               has_reflinks(folder) ? "copied at no cost (reflinks)" : "copied byte by byte");
    if (free_bytes < FREE_WANTED)
        set(f, FINDING_NOTE, "make room, or choose another disk with --state");
}

/* --- programs --- */

/* Sandboxes see the host's /usr, so only what lies there counts. */
static bool in_sandboxes(const char *name)
{
    static const char *const folders[] = {"/usr/local/bin", "/usr/bin", "/bin"};

    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        cleanup_free char *path = xasprintf("%s/%s", folders[i], name);

        if (!access(path, X_OK))
            return true;
    }
    return false;
}

static void check_runtimes(struct finding *f)
{
    static const char *const names[] = {"python3", "node", "deno", "bun", "git"};
    struct buf here = {0}, missing = {0};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct buf *list = in_sandboxes(names[i]) ? &here : &missing;

        buf_printf(list, "%s%s", list->len ? ", " : "", names[i]);
    }
    buf_printf(&f->text, "sandboxes have %s%s%s", here.len ? here.data : "none of them",
               missing.len ? "; they lack " : "", missing.len ? missing.data : "");
    if (!in_sandboxes("python3") || !in_sandboxes("node"))
        set(f, FINDING_NOTE, "install them below /usr: apt-get install python3 nodejs");
    buf_finish(&here);
    buf_finish(&missing);
}

/* --- all of it --- */

static const struct {
    const char *name;
    void (*run)(struct finding *f);
} checks[] = {
    {"isolation", check_isolation},
    {"seccomp", check_seccomp},
    {"identity", check_identity},
    {"memory", check_memory},
    {"processes", check_processes},
    {"disk", check_disk},
    {"open-files", check_files},
    {"inotify", check_inotify},
    {"state", check_state},
    {"private-network", doctor_private_network},
    {"shared-network", doctor_shared_network},
    {"host-names", doctor_host_names},
    {"gateway-port", doctor_gateway_port},
    {"pubsub-port", doctor_pubsub_port},
    {"runtimes", check_runtimes},
};

static const char *const levels[] = {"ok", "note", "missing"};

static void print(const char *name, const struct finding *f)
{
    printf("%s  %s: %s\n", levels[f->level], name, f->text.len ? f->text.data : "");
    if (f->fix.len)
        printf("     %s\n", f->fix.data);
}

static cJSON *describe(const char *name, const struct finding *f)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "name", name);
    cJSON_AddStringToObject(o, "level", levels[f->level]);
    cJSON_AddStringToObject(o, "text", f->text.len ? f->text.data : "");
    if (f->fix.len)
        cJSON_AddStringToObject(o, "fix", f->fix.data);
    return o;
}

static void print_json(bool ok, cJSON *list)
{
    cJSON *o = cJSON_CreateObject();
    char *text;

    cJSON_AddBoolToObject(o, "ok", ok);
    cJSON_AddItemToObject(o, "checks", list);
    text = cJSON_Print(o);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(o);
}

static int examine(bool json)
{
    cJSON *list = cJSON_CreateArray();
    bool ok = true;

    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        struct finding f = {0};

        checks[i].run(&f);
        ok = ok && f.level != FINDING_MISSING;
        if (json)
            cJSON_AddItemToArray(list, describe(checks[i].name, &f));
        else
            print(checks[i].name, &f);
        buf_finish(&f.text);
        buf_finish(&f.fix);
    }
    if (json)
        print_json(ok, list);
    else
        cJSON_Delete(list);
    return ok ? 0 : 1;
}

int doctor_main(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"state", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    bool json = false;
    int id;

    optind = 1;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (id == 'j') {
            json = true;
        } else if (id == 's') {
            state_folder = optarg;
        } else {
            fputs("usage: sandpitd doctor [--json] [--state DIR]\n", id == 'h' ? stdout : stderr);
            return id == 'h' ? 0 : 2;
        }
    }
    if (optind == argc)
        return examine(json);
    fprintf(stderr, "sandpitd: unexpected argument \"%s\"\n", argv[optind]);
    return 2;
}
