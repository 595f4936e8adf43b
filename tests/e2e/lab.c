/* SPDX-License-Identifier: MIT
 *
 * Processes of a lab are known by its folder: in their command lines (gateways have it in --state,
 * bwrap in the path of the root folder), or in what is mounted for them (all inside a sandbox).
 */
#include "tests/e2e/lab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "tests/source.h"

#define ARGS_MAX 24

static bool findings; /* a sanitizer reported something */

char *lab_path(const struct lab *l, const char *name)
{
    return xasprintf("%s/%s", l->dir, name);
}

void lab_env(struct lab *l, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_true(l->n_env + 1 < ARRAY_LEN(l->env));
    l->env[l->n_env++] = xstrdup(text);
}

void lab_write(struct lab *l, const char *name, const char *text)
{
    cleanup_free char *path = lab_path(l, name);

    for (char *slash = path + strlen(l->dir) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

char *lab_read(struct lab *l, const char *name)
{
    cleanup_free char *path = lab_path(l, name);

    return read_whole(path, NULL);
}

int lab_setup(void **state)
{
    static const char *const unset[] = {
        "COMPUTESDK_API_KEY",
        "COMPUTESDK_GATEWAY_URL",
        "COMPUTESDK_TRIBUTARY_URL",
        "SANDPIT_API_KEY",
        "SANDPIT_CONTEXT",
        "SANDPIT_NAMESPACE",
        "TMUX",
        "NO_COLOR",
        "XDG_RUNTIME_DIR",
        "COLORTERM",
    };
    struct lab *l = xcalloc(1, sizeof *l);
    const char *build = getenv("SANDPIT_BUILD_ROOT");

    snprintf(l->dir, sizeof l->dir, "/tmp/sandpit-e2e-XXXXXX");
    if (!mkdtemp(l->dir))
        return -1;
    l->sandpit = xasprintf("%s/app/sandpit", build ? build : "build-test");
    l->sandpitd = xasprintf("%s/host/sandpitd", build ? build : "build-test");
    for (size_t i = 0; i < ARRAY_LEN(unset); i++)
        lab_env(l, "%s", unset[i]);
    lab_env(l, "HOME=%s", l->dir);
    lab_env(l, "XDG_CONFIG_HOME=%s/config", l->dir);
    lab_env(l, "XDG_STATE_HOME=%s/state", l->dir);
    lab_env(l, "XDG_DATA_HOME=%s/data", l->dir);
    lab_env(l, "LANG=C.UTF-8");
    *state = l;
    return 0;
}

/* --- processes --- */

static bool command_line(pid_t pid, struct buf *out)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    buf_clear(out);
    out->len = fread(buf_reserve(out, 8192), 1, 8191, f);
    fclose(f);
    for (size_t i = 0; i < out->len; i++)
        if (!out->data[i])
            out->data[i] = ' ';
    out->data[out->len] = '\0';
    return out->len;
}

/* Is anything of the folder mounted for it? (The processes of this test see the whole disk.) */
static bool lives_in(pid_t pid, const char *folder)
{
    char path[64], line[4096];
    bool found = false;

    snprintf(path, sizeof path, "/proc/%d/mountinfo", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && !found && fgets(line, sizeof line, f))
        found = strstr(line, folder);
    if (f)
        fclose(f);
    return found;
}

size_t lab_inside_pids(struct lab *l, const char *id, pid_t *out, size_t cap)
{
    /* mountinfo's paths begin where the file system does, which may be above or at /tmp. */
    cleanup_free char *folder =
        xasprintf("%s/state/sandpitd/sandboxes/%s", strrchr(l->dir, '/'), id);
    DIR *proc = opendir("/proc");
    size_t n = 0;

    for (struct dirent *entry; n < cap && (entry = readdir(proc));) {
        pid_t pid = atoi(entry->d_name);

        if (pid > 0 && lives_in(pid, folder))
            out[n++] = pid;
    }
    closedir(proc);
    return n;
}

size_t lab_pids(struct lab *l, const char *text, pid_t *out, size_t cap)
{
    cleanup_buf struct buf line = {0};
    DIR *proc = opendir("/proc");
    size_t n = 0;

    for (struct dirent *entry; n < cap && (entry = readdir(proc));) {
        pid_t pid = atoi(entry->d_name);

        if (pid > 0 && pid != getpid() && command_line(pid, &line) && strstr(line.data, l->dir) &&
            strstr(line.data, text))
            out[n++] = pid;
    }
    closedir(proc);
    return n;
}

bool lab_wait(int timeout_ms, bool (*condition)(void *user), void *user)
{
    int64_t deadline = clock_mono_ms() + timeout_ms;

    while (!condition(user)) {
        if (clock_mono_ms() > deadline)
            return false;
        poll(NULL, 0, 10); /* between two looks */
    }
    return true;
}

static bool is_ended(void *user)
{
    pid_t pid = *(pid_t *)user;
    cleanup_buf struct buf line = {0};

    waitpid(pid, NULL, WNOHANG);
    return !command_line(pid, &line); /* gone, or a zombie of init */
}

/* SIGTERM first, so that the leak checker has its say. */
static void end_gateways(struct lab *l)
{
    pid_t pids[16];
    size_t n = lab_pids(l, "sandpitd gateway", pids, ARRAY_LEN(pids));

    for (size_t i = 0; i < n; i++)
        kill(pids[i], SIGTERM);
    for (size_t i = 0; i < n; i++)
        if (!lab_wait(5000, is_ended, &pids[i])) {
            fprintf(stderr, "gateway %d does not stop\n", (int)pids[i]);
            findings = true;
        }
}

static bool kill_all(void *user)
{
    struct lab *l = user;
    pid_t pids[512];
    size_t n = lab_pids(l, "", pids, ARRAY_LEN(pids));

    n += lab_inside_pids(l, "", pids + n, ARRAY_LEN(pids) - n);
    for (size_t i = 0; i < n; i++)
        kill(pids[i], SIGKILL);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    return n == 0;
}

static int look_at_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    static const char *const words[] = {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                                        "runtime error:"};
    const char *suffix = strrchr(path, '.');

    if (type == FTW_F && ((suffix && strcmp(suffix, ".log") == 0) || strstr(path, "/log"))) {
        char *text = xmalloc((size_t)st->st_size + 1);
        FILE *f = fopen(path, "r");
        size_t n = f ? fread(text, 1, (size_t)st->st_size, f) : 0;

        text[n] = '\0';
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if (strstr(text, words[i])) {
                fprintf(stderr, "%s:\n%s\n", path, text);
                findings = true;
                break;
            }
        if (f)
            fclose(f);
        free(text);
    }
    return 0;
}

static int remove_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    if (remove(path) < 0)
        fprintf(stderr, "cannot remove %s: %s\n", path, strerror(errno));
    return 0;
}

/* Those a failed assertion left behind; they would start the gateway again. */
static void end_ptys(struct lab *l)
{
    for (size_t i = 0; i < l->n_ptys; i++)
        if (waitpid(l->ptys[i], NULL, WNOHANG) == 0) {
            kill(l->ptys[i], SIGKILL);
            waitpid(l->ptys[i], NULL, 0);
        }
}

int lab_teardown(void **state)
{
    struct lab *l = *state;

    findings = false;
    end_ptys(l);
    end_gateways(l);
    lab_wait(5000, kill_all, l);
    nftw(l->dir, look_at_file, 16, FTW_PHYS);
    nftw(l->dir, remove_file, 16, FTW_PHYS | FTW_DEPTH);
    for (size_t i = 0; i < l->n_env; i++)
        free(l->env[i]);
    free(l->sandpit);
    free(l->sandpitd);
    free(l->key);
    free(l->url);
    free(l->out);
    free(l->err);
    free(l);
    return findings ? -1 : 0;
}

/* Puts the lab's changes into the environment of a child. */
static void apply_env(const struct lab *l)
{
    for (size_t i = 0; i < l->n_env; i++)
        if (strchr(l->env[i], '='))
            putenv(l->env[i]);
        else
            unsetenv(l->env[i]);
}

/* --- the gateway --- */

static bool is_answering(void *user)
{
    struct lab *l = user;
    cleanup_free char *record = lab_read(l, "state/sandpitd/gateway.json");
    const char *url = record ? strstr(record, "http://") : NULL;

    if (!url || !strchr(url, '"'))
        return false;
    free(l->url);
    l->url = xstrndup(url, strcspn(url, "\""));
    return true;
}

void lab_gateway(struct lab *l, const char *listen)
{
    cleanup_free char *dir = lab_path(l, "state/sandpitd");
    cleanup_free char *log = lab_path(l, "state/sandpitd/gateway.log");
    cleanup_free char *record = lab_path(l, "state/sandpitd/gateway.json");

    if (access(log, F_OK) != 0)
        lab_write(l, "state/sandpitd/gateway.log", "");
    unlink(record);
    l->gateway = fork();
    if (l->gateway == 0) {
        int fd = open(log, O_WRONLY | O_APPEND);

        setsid();
        dup2(fd, 1);
        dup2(fd, 2);
        apply_env(l);
        execl(l->sandpitd, "sandpitd", "gateway", "--state", dir, "--listen",
              listen ? listen : "127.0.0.1:0", "--pubsub", "127.0.0.1:0", (char *)NULL);
        _exit(127);
    }
    assert_true(lab_wait(WAIT_MS, is_answering, l));
    free(l->key);
    l->key = lab_read(l, "state/sandpitd/api-key");
    assert_non_null(l->key);
    l->key[strcspn(l->key, "\n")] = '\0';
}

void lab_gateway_kill(struct lab *l)
{
    pid_t pids[4];
    size_t n = lab_pids(l, "sandpitd gateway", pids, ARRAY_LEN(pids));

    for (size_t i = 0; i < n; i++) {
        kill(pids[i], SIGKILL);
        assert_true(lab_wait(5000, is_ended, &pids[i]));
    }
    l->gateway = 0;
}

/* --- sandpit --- */

static void collect_args(const char **argv, const char *first, va_list args)
{
    size_t n = 0;

    argv[n++] = first;
    while (n + 1 < ARGS_MAX && (argv[n] = va_arg(args, const char *)))
        n++;
    argv[n] = NULL;
}

static void read_both(int fds[2], struct buf out[2], int64_t deadline)
{
    struct pollfd polls[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};
    int open_ends = 2;

    while (open_ends && poll(polls, 2, (int)(deadline - clock_mono_ms())) > 0)
        for (int i = 0; i < 2; i++) {
            if (!polls[i].revents)
                continue;
            ssize_t n = read(polls[i].fd, buf_reserve(&out[i], 4096), 4096);

            if (n > 0) {
                out[i].len += (size_t)n;
                out[i].data[out[i].len] = '\0';
            } else {
                polls[i].fd = -1;
                open_ends--;
            }
        }
}

static int run(struct lab *l, const char **argv)
{
    struct buf texts[2] = {{0}, {0}};
    int out[2], err[2], status = 0;

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        setsid();
        dup2(null, 0);
        dup2(out[1], 1);
        dup2(err[1], 2);
        apply_env(l);
        execv(argv[0], (char **)argv);
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    read_both((int[]){out[0], err[0]}, texts, clock_mono_ms() + WAIT_MS + 10000);
    close(out[0]);
    close(err[0]);
    kill(pid, SIGKILL); /* nothing to one that ended by itself */
    waitpid(pid, &status, 0);
    free(l->out);
    free(l->err);
    l->out = buf_steal(&texts[0]);
    l->err = buf_steal(&texts[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int lab_run(struct lab *l, ...)
{
    const char *argv[ARGS_MAX];
    va_list args;

    va_start(args, l);
    collect_args(argv, l->sandpit, args);
    va_end(args);
    return run(l, argv);
}

int lab_sh(struct lab *l, const char *script)
{
    cleanup_free char *line = xasprintf("S='%s'; cd '%s'; %s", l->sandpit, l->dir, script);
    const char *argv[] = {"/bin/sh", "-c", line, NULL};

    return run(l, argv);
}

const char *lab_do(struct lab *l, ...)
{
    const char *argv[ARGS_MAX];
    va_list args;

    va_start(args, l);
    collect_args(argv, l->sandpit, args);
    va_end(args);
    int status = run(l, argv);
    if (status)
        fail_msg("sandpit %s: status %d: %s%s", argv[1], status, l->out, l->err);
    l->out[strcspn(l->out, "\n")] = '\0';
    return l->out;
}

struct pty *lab_pty(struct lab *l, int rows, int cols, ...)
{
    const char *argv[ARGS_MAX];
    va_list args;

    va_start(args, cols);
    collect_args(argv, l->sandpit, args);
    va_end(args);
    struct pty *p = pty_start(argv, (const char *const *)l->env, rows, cols);

    if (l->n_ptys < ARRAY_LEN(l->ptys))
        l->ptys[l->n_ptys++] = pty_pid(p);
    return p;
}

long process_cpu_ms(pid_t pid)
{
    char path[64], text[1024] = "";
    unsigned long user = 0, system = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return -1;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    const char *rest = strrchr(text, ')');
    if (!rest || sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                        &system) != 2)
        return -1;
    return (long)((user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}
