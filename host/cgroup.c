/* SPDX-License-Identifier: MIT
 *
 * Where a group can be made depends on who made ours: below our own in version 1; in version 2 a
 * group with processes of its own can give no controllers to others, so it is the nearest one above
 * us that does, or lets us make it do so.
 */
#include "host/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

#define FOLDER          "sandpit"
#define POLL_MS         5
#define FREEZE_MS       2000
#define YOUNG_S         60 /* an empty group as old as this is nobody's who is about to enter it */
#define CONTROLLERS_MAX 3

enum controller { MEMORY, PIDS, FREEZER };

static const char *const names[CONTROLLERS_MAX] = {"memory", "pids", "freezer"};

/* What is found once. A base is the folder of all sandboxes' groups. */
static struct {
    pthread_once_t once;
    struct cgroup_support support;
    char *bases[CONTROLLERS_MAX]; /* NULL: not to be had; version 2: the same for all */
    bool v2[CONTROLLERS_MAX];
} found = {.once = PTHREAD_ONCE_INIT};

/* --- files --- */

static int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC), result = 0;

    if (fd < 0)
        return -errno;
    if (write(fd, text, strlen(text)) < 0)
        result = -errno;
    close(fd);
    return result;
}

static int write_value(const char *group, const char *file, const char *text)
{
    cleanup_free char *path = xasprintf("%s/%s", group, file);

    return write_text(path, text);
}

static bool read_text(const char *group, const char *file, char *text, size_t cap)
{
    cleanup_free char *path = xasprintf("%s/%s", group, file);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, cap - 1);

    text[n > 0 ? n : 0] = '\0';
    return n >= 0;
}

static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = text; (p = strstr(p, word)); p += n)
        if ((p == text || strchr(" ,\n", p[-1])) && strchr(" ,\n", p[n]))
            return true;
    return false;
}

static bool is_dir_made(const char *path)
{
    return !mkdir(path, 0755) || errno == EEXIST;
}

/* --- where we are --- */

/* Our path in the hierarchy of a controller ("" for version 2's), as /proc/self/cgroup has it. */
static char *own_path(const char *controller)
{
    FILE *f = fopen("/proc/self/cgroup", "re");
    char line[PATH_MAX + 64], *path = NULL;

    while (f && !path && fgets(line, sizeof line, f)) {
        char *list = strchr(line, ':'), *rest = list ? strchr(list + 1, ':') : NULL;

        if (!rest)
            continue;
        *rest++ = '\0';
        rest[strcspn(rest, "\n")] = '\0';
        if (*controller ? has_word(list + 1, controller) : !list[1])
            path = xstrdup(rest);
    }
    if (f)
        fclose(f);
    return path;
}

/* "…/docker/abc" below a mount whose root is "/docker" is "/abc" there. */
static char *below_mount(const char *mount, const char *root, const char *path)
{
    size_t n = strcmp(root, "/") ? strlen(root) : 0;

    if (n && (strncmp(path, root, n) != 0 || (path[n] && path[n] != '/')))
        return NULL;
    path += n;
    return xasprintf("%s%s", mount, strcmp(path, "/") ? path : "");
}

/* Our own group as a folder, or NULL. */
static char *own_group(const char *controller)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    cleanup_free char *path = own_path(controller);
    char line[2 * PATH_MAX], *group = NULL;

    while (f && path && !group && fgets(line, sizeof line, f)) {
        char root[PATH_MAX], mount[PATH_MAX], type[32], options[512];
        const char *rest = strstr(line, " - ");

        if (!rest || sscanf(line, "%*d %*d %*s %4095s %4095s", root, mount) != 2 ||
            sscanf(rest + 3, "%31s %*s %511s", type, options) != 2)
            continue;
        if (*controller ? !strcmp(type, "cgroup") && has_word(options, controller)
                        : !strcmp(type, "cgroup2"))
            group = below_mount(mount, root, path);
    }
    if (f)
        fclose(f);
    return group;
}

/* --- trying --- */

/* Makes a group below base and looks for its limit; a folder alone proves nothing. */
static bool works(const char *base, const char *file)
{
    cleanup_free char *probe = xasprintf("%s/probe-%d", base, (int)getpid());
    cleanup_free char *path = xasprintf("%s/%s", probe, file);
    bool ok = is_dir_made(base) && is_dir_made(probe);

    ok = ok && !access(path, W_OK);
    rmdir(probe);
    return ok;
}

static void try_v1(enum controller c, const char *file)
{
    cleanup_free char *own = own_group(names[c]);
    cleanup_free char *base = own ? xasprintf("%s/" FOLDER, own) : NULL;

    if (!base)
        return;
    if (works(base, file))
        found.bases[c] = xstrdup(base);
    rmdir(base);
}

/* What a group's children get to use. */
static bool enable(const char *group)
{
    char text[256];

    write_value(group, "cgroup.subtree_control", "+memory");
    write_value(group, "cgroup.subtree_control", "+pids");
    return read_text(group, "cgroup.subtree_control", text, sizeof text) &&
           has_word(text, "memory") && has_word(text, "pids");
}

/* Our own group, with us in it, cannot give any on. To move out of it would make it one that
 * systemd cannot start a service in again, so a delegated service has us in a group below its own.
 */
static char *base_v2(const char *own)
{
    cleanup_free char *group = xstrdup(own);

    for (int depth = 0; depth < 16; depth++) {
        cleanup_free char *base = xasprintf("%s/" FOLDER, group);
        char *slash = strrchr(group, '/');

        if (is_dir_made(base)) {
            if (enable(group) && enable(base) && works(base, "memory.max"))
                return steal_pointer(&base);
            rmdir(base);
        }
        *slash = '\0';
        if (strlen(group) <= strlen("/sys/fs/cgroup") - 1)
            break;
    }
    return NULL;
}

static void try_v2(void)
{
    cleanup_free char *own = own_group("");
    cleanup_free char *base = own ? base_v2(own) : NULL;

    for (int c = 0; c < CONTROLLERS_MAX && base; c++) {
        if (found.bases[c])
            continue;
        found.bases[c] = xstrdup(base);
        found.v2[c] = true;
    }
}

static void explain(struct cgroup_support *s)
{
    if (s->memory && s->processes)
        return;
    if (access("/sys/fs/cgroup", F_OK))
        snprintf(s->why_not, sizeof s->why_not, "/sys/fs/cgroup is not mounted");
    else
        snprintf(s->why_not, sizeof s->why_not, "no group%s can be made below the gateway's own%s",
                 s->version ? (s->memory ? " for processes" : " for memory") : "",
                 geteuid() ? ": it is not delegated to this user" : "");
}

static void look(void)
{
    struct cgroup_support *s = &found.support;

    try_v1(MEMORY, "memory.limit_in_bytes");
    try_v1(PIDS, "pids.max");
    try_v1(FREEZER, "freezer.state");
    if (!found.bases[MEMORY] || !found.bases[PIDS])
        try_v2();
    s->memory = found.bases[MEMORY];
    s->processes = found.bases[PIDS];
    s->freezer = found.bases[FREEZER];
    for (int c = 0; c < CONTROLLERS_MAX; c++)
        if (found.bases[c])
            s->version = found.v2[c] ? 2 : 1;
    explain(s);
}

const struct cgroup_support *cgroup_support(void)
{
    pthread_once(&found.once, look);
    return &found.support;
}

/* --- one sandbox's --- */

/* NULL: none, or it is the same folder as that of an earlier controller. */
static char *group_of(enum controller c, const char *id)
{
    cgroup_support();
    for (int earlier = 0; earlier < (int)c; earlier++)
        if (found.bases[c] && found.v2[c] && found.bases[earlier] && found.v2[earlier])
            return NULL;
    return found.bases[c] && *id && !strchr(id, '/') && id[0] != '.'
               ? xasprintf("%s/%s", found.bases[c], id)
               : NULL;
}

static int limit_memory(const char *id, int64_t bytes)
{
    cleanup_free char *group = xasprintf("%s/%s", found.bases[MEMORY], id);
    char text[32];
    int result;

    snprintf(text, sizeof text, "%lld", (long long)bytes);
    if (found.v2[MEMORY]) {
        write_value(group, "memory.swap.max", "0");
        return write_value(group, "memory.max", text);
    }
    /* Memory with swap is never below memory alone; kernels without swap accounting lack it. */
    write_value(group, "memory.memsw.limit_in_bytes", "-1");
    result = write_value(group, "memory.limit_in_bytes", text);
    write_value(group, "memory.memsw.limit_in_bytes", text);
    return result;
}

static int limit_processes(const char *id, int64_t n)
{
    cleanup_free char *group = xasprintf("%s/%s", found.bases[PIDS], id);
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)(n ? n : LIMITS_PROCESSES));
    return write_value(group, "pids.max", text);
}

/* Another gateway may remove the folder it leaves empty at any time. */
static bool make_group(enum controller c, const char *path)
{
    bool ok = is_dir_made(path);

    for (int i = 0; i < 3 && !ok && errno == ENOENT; i++)
        ok = is_dir_made(found.bases[c]) && is_dir_made(path);
    return ok;
}

static int open_group(struct cgroup *group, const char *id, struct err *e)
{
    for (int c = 0; c < CONTROLLERS_MAX; c++) {
        cleanup_free char *path = group_of(c, id);
        cleanup_free char *procs = path ? xasprintf("%s/cgroup.procs", path) : NULL;

        if (!path)
            continue;
        if (!make_group(c, path))
            return err_set_errno(e, errno, "control group %s", path);
        group->procs[c] = open(procs, O_WRONLY | O_CLOEXEC);
        if (group->procs[c] < 0)
            return err_set_errno(e, errno, "%s", procs);
    }
    return 0;
}

int cgroup_create(struct cgroup *group, const char *id, const struct limits *limits, struct err *e)
{
    const struct cgroup_support *s = cgroup_support();
    int result;

    for (int c = 0; c < CONTROLLERS_MAX; c++)
        group->procs[c] = -1;
    if (open_group(group, id, e)) {
        cgroup_finish(group);
        if (limits_any(limits))
            return -e->code;
        cgroup_remove(id, 0);
        return 0;
    }
    result = s->memory && limits->memory_bytes ? limit_memory(id, limits->memory_bytes) : 0;
    if (!result && s->processes)
        result = limit_processes(id, limits->n_processes);
    if (!result)
        return 0;
    cgroup_finish(group);
    cgroup_remove(id, 0);
    return err_set_errno(e, -result, "control group of %s: its limits", id);
}

int cgroup_join(const struct cgroup *group)
{
    for (int c = 0; c < CONTROLLERS_MAX; c++)
        if (group->procs[c] >= 0 && write(group->procs[c], "0", 1) < 0)
            return -errno;
    return 0;
}

void cgroup_finish(struct cgroup *group)
{
    for (int c = 0; c < CONTROLLERS_MAX; c++) {
        if (group->procs[c] >= 0)
            close(group->procs[c]);
        group->procs[c] = -1;
    }
}

static void wait_a_moment(void)
{
    nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
}

/* The last one turns off the light. What version 2's gives on would be lost with it. */
static void remove_base(enum controller c)
{
    if (!found.v2[c])
        rmdir(found.bases[c]);
}

int cgroup_remove(const char *id, int wait_ms)
{
    int left = 0;

    for (int c = 0; c < CONTROLLERS_MAX; c++) {
        cleanup_free char *path = group_of(c, id);
        int result;

        if (!path)
            continue;
        while ((result = rmdir(path)) && errno == EBUSY && wait_ms > 0) {
            wait_a_moment();
            wait_ms -= POLL_MS;
        }
        if (result && errno != ENOENT)
            left = -errno;
        remove_base(c);
    }
    return left;
}

static void sweep_base(const char *base)
{
    DIR *dir = opendir(base);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        struct stat st;

        if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, 0) ||
            !S_ISDIR(st.st_mode) || time(NULL) - st.st_mtime < YOUNG_S)
            continue;
        unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR); /* EBUSY where somebody lives */
    }
    if (dir)
        closedir(dir);
}

void cgroup_sweep(void)
{
    cgroup_support();
    for (int c = 0; c < CONTROLLERS_MAX; c++)
        if (found.bases[c]) {
            sweep_base(found.bases[c]);
            remove_base(c);
        }
}

/* --- standing still --- */

static bool is_frozen(const char *group)
{
    char text[256];

    if (found.v2[FREEZER])
        return read_text(group, "cgroup.events", text, sizeof text) && strstr(text, "frozen 1");
    return read_text(group, "freezer.state", text, sizeof text) && !strncmp(text, "FROZEN", 6);
}

static int set_frozen(const char *id, bool frozen, char **group, struct err *e)
{
    const char *file, *text;
    int result;

    cgroup_support();
    if (!found.bases[FREEZER])
        return err_set(e, ERR_UNSUPPORTED, "there is no freezer for control groups here");
    file = found.v2[FREEZER] ? "cgroup.freeze" : "freezer.state";
    text = found.v2[FREEZER] ? (frozen ? "1" : "0") : (frozen ? "FROZEN" : "THAWED");
    *group = xasprintf("%s/%s", found.bases[FREEZER], id);
    result = write_value(*group, file, text);
    return result ? err_set_errno(e, -result, "%s/%s", *group, file) : 0;
}

int cgroup_freeze(const char *id, struct err *e)
{
    cleanup_free char *group = NULL;
    cleanup_free char *again = NULL;
    int result = set_frozen(id, true, &group, e);

    for (int ms = 0; !result && !is_frozen(group); ms += POLL_MS) {
        if (ms >= FREEZE_MS) {
            result = err_set(e, ERR_TIMEOUT, "the processes of %s do not stand still", id);
            set_frozen(id, false, &again, NULL);
        }
        wait_a_moment();
    }
    return result;
}

int cgroup_thaw(const char *id, struct err *e)
{
    cleanup_free char *group = NULL;

    return set_frozen(id, false, &group, e);
}
