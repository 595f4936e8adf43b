/* SPDX-License-Identifier: MIT
 *
 * What a guest might try: runs inside a sandbox, prints the name of each attempt that worked where
 * none may, and "done". Every attempt has a process of its own, so that those which end it (a
 * killing filter) do not hide the others.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

#define NS_FLAGS                                                                                   \
    {                                                                                              \
        CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS,        \
            CLONE_NEWCGROUP                                                                        \
    }

/* --- pid 1 --- */

static bool ptrace_attach(void)
{
    return !ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

static bool ptrace_seize(void)
{
    return !ptrace(PTRACE_SEIZE, 1, NULL, NULL);
}

static bool vm_read(void)
{
    char byte;
    struct iovec here = {&byte, 1};

    /* Where an executable may be, and the stack: any of them would do. */
    for (size_t at = 0x400000; at < 0x800000; at += 4096) {
        struct iovec there = {(void *)at, 1};

        if (process_vm_readv(1, &here, 1, &there, 1, 0) == 1)
            return true;
        if (errno == EPERM)
            return false;
    }
    return false;
}

static bool vm_write(void)
{
    char byte = 0;
    struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};

    return process_vm_writev(1, &here, 1, &there, 1, 0) == 1 || errno == EFAULT;
}

static bool take_descriptor(void)
{
    int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

    for (int fd = 0; fd < 64; fd++) {
        if (syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0)
            return true;
    }
    return false;
}

static bool advise_memory(void)
{
    int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);
    struct iovec range = {(void *)0x400000, 4096};

    return syscall(SYS_process_madvise, pidfd, &range, 1, 21 /* MADV_PAGEOUT */, 0) >= 0;
}

static bool compare(void)
{
    return syscall(SYS_kcmp, 1, getpid(), 0, 0, 0) >= 0;
}

static bool move_memory(void)
{
    unsigned long nodes = 1;

    return syscall(SYS_migrate_pages, 1, 64, &nodes, &nodes) >= 0;
}

static bool limit(void)
{
    struct rlimit none = {0, 0};

    return !prlimit(1, RLIMIT_NOFILE, &none, NULL) ||
           !syscall(SYS_prlimit64, 0x100000001UL, RLIMIT_CPU, &none, NULL);
}

static bool renice(void)
{
    return !setpriority(PRIO_PROCESS, 1, 19) || !setpriority(PRIO_PGRP, 1, 19) ||
           !setpriority(PRIO_USER, 0, 19);
}

static bool pin(void)
{
    cpu_set_t cpus;
    struct sched_param param = {0};

    CPU_ZERO(&cpus);
    CPU_SET(0, &cpus);
    return !sched_setaffinity(1, sizeof cpus, &cpus) ||
           !sched_setscheduler(1, SCHED_IDLE, &param) || !sched_setparam(1, &param);
}

static bool delay_io(void)
{
    return !syscall(SYS_ioprio_set, 1, 1, 3 << 13) || !syscall(SYS_ioprio_set, 2, 1, 3 << 13) ||
           !syscall(SYS_ioprio_set, 3, 0, 3 << 13);
}

/* Whether they had an effect is seen by whether the daemon still answers. */
static bool signal_all(void)
{
    int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

    for (int i = 1; i <= 64; i++) {
        kill(1, i);
        syscall(SYS_pidfd_send_signal, pidfd, i, NULL, 0);
        syscall(SYS_tgkill, 1, 1, i);
    }
    return false;
}

static bool has_entries(int fd)
{
    char entries[1024];

    /* More than "." and "..", 24 bytes each. */
    return syscall(SYS_getdents64, fd, entries, sizeof entries) > 48;
}

static bool proc_read(void)
{
    static const char *const names[] = {
        "mem",        "environ",    "maps",           "smaps",   "stack",
        "io",         "auxv",       "pagemap",        "fd/0",    "fd/3",
        "fd/4",       "fd/6",       "cwd/.",          "exe",     "root/etc/passwd",
        "ns/net",     "task/1/mem", "task/1/environ", "syscall", "personality",
        "map_files/."};
    char path[64], byte;
    bool worked = false;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "/proc/1/%s", names[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd >= 0 && (!strncmp(names[i], "ns/", 3) || has_entries(fd) ||
                        read(fd, &byte, 1) == 1 || errno == EIO)) {
            printf("%s: ", path);
            worked = true;
        }
    }
    return worked;
}

static bool proc_write(void)
{
    static const char *const names[] = {"mem",
                                        "clear_refs",
                                        "oom_score_adj",
                                        "oom_adj",
                                        "coredump_filter",
                                        "autogroup",
                                        "timerslack_ns",
                                        "uid_map",
                                        "gid_map",
                                        "setgroups",
                                        "task/1/oom_score_adj",
                                        "task/1/sched",
                                        "comm",
                                        "attr/current",
                                        "attr/exec",
                                        "sched",
                                        "task/1/comm",
                                        "loginuid",
                                        "projid_map"};
    char path[64];
    bool worked = false;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "/proc/1/%s", names[i]);
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        /* comm has mode 0666; what is written to another's is refused. */
        if (fd >= 0 && write(fd, "0", 1) == 1) {
            printf("%s: ", path);
            worked = true;
        }
    }
    return worked;
}

static bool proc_link(void)
{
    static const char *const names[] = {"cwd", "root", "exe", "fd/0", "fd/3", "ns/mnt"};
    char path[64], text[64];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "/proc/1/%s", names[i]);
        if (readlink(path, text, sizeof text) > 0)
            return true;
    }
    return false;
}

/* --- namespaces, mounts, privileges --- */

static bool unshare_any(void)
{
    static const int flags[] = NS_FLAGS;

    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        if (!unshare(flags[i]) || !unshare(flags[i] | CLONE_NEWUSER))
            return true;
    }
    return false;
}

static bool clone_any(void)
{
    static const int flags[] = NS_FLAGS;

    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        struct clone_args args = {.flags = (unsigned)flags[i] | CLONE_NEWUSER,
                                  .exit_signal = SIGCHLD};
        long pid = syscall(SYS_clone, (unsigned)flags[i] | SIGCHLD, NULL, NULL, NULL, NULL);

        if (pid == 0)
            _exit(0);
        if (pid > 0)
            return true;
        pid = syscall(SYS_clone3, &args, sizeof args);
        if (pid == 0)
            _exit(0);
        if (pid > 0)
            return true;
    }
    return false;
}

static bool enter(void)
{
    static const char *const names[] = {"user", "mnt", "pid", "net"};
    char path[64];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd >= 0 && !setns(fd, 0))
            return true;
    }
    return false;
}

static bool mount_any(void)
{
    return !mount("x", "/mnt", "tmpfs", 0, NULL) || !mount("/", "/mnt", NULL, MS_BIND, NULL) ||
           !mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL) ||
           !mount("proc", "/mnt", "proc", 0, NULL) || !umount2("/usr", MNT_DETACH) ||
           !umount2("/proc", MNT_DETACH) || syscall(SYS_open_tree, AT_FDCWD, "/", 1) >= 0 ||
           syscall(SYS_fsopen, "tmpfs", 0) >= 0;
}

static bool change_root(void)
{
    return !chroot("/tmp") || !syscall(SYS_pivot_root, "/tmp", "/tmp");
}

static bool become_root(void)
{
    return !setuid(0) || !setgid(0) || !setresuid(0, 0, 0) || !seteuid(0) ||
           !prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) || prctl(PR_CAPBSET_READ, 21) == 1;
}

static bool make_device(void)
{
    return !mknod("/tmp/mem", S_IFCHR | 0666, makedev(1, 1)) ||
           !mknod("/tmp/disk", S_IFBLK | 0666, makedev(8, 0));
}

static bool open_device(void)
{
    static const char *const names[] = {
        "/dev/mem",  "/dev/kmem", "/dev/port",    "/dev/kmsg",  "/dev/sda",         "/dev/vda",
        "/dev/fuse", "/dev/kvm",  "/dev/net/tun", "/dev/loop0", "/dev/loop-control"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (open(names[i], O_RDONLY | O_CLOEXEC) >= 0)
            return true;
    }
    return false;
}

static bool set_setuid(void)
{
    struct stat st;

    /* Without effect inside, and on the host only for who looks into the sandbox's folder. */
    int fd = open("/tmp/setuid", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

    fchmod(fd, 06755);
    return fstat(fd, &st) == 0 && (st.st_mode & S_ISUID) && st.st_uid == 0;
}

/* --- kernel settings --- */

static bool write_settings(void)
{
    static const char *const names[] = {"/proc/sys/kernel/core_pattern",
                                        "/proc/sys/kernel/modprobe",
                                        "/proc/sys/kernel/hostname",
                                        "/proc/sys/fs/binfmt_misc/register",
                                        "/proc/sys/net/ipv4/ip_forward",
                                        "/proc/sys/vm/drop_caches",
                                        "/proc/sys/kernel/yama/ptrace_scope",
                                        "/proc/sys/kernel/ns_last_pid",
                                        "/proc/sys/user/max_user_namespaces",
                                        "/proc/sysrq-trigger",
                                        "/sys/fs/cgroup/cgroup.procs",
                                        "/sys/fs/cgroup/memory/tasks",
                                        "/sys/fs/cgroup/release_agent",
                                        "/sys/kernel/uevent_helper",
                                        "/sys/power/state"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (open(names[i], O_WRONLY | O_CLOEXEC) >= 0) {
            printf("%s: ", names[i]);
            return true;
        }
    }
    return false;
}

static bool write_system(void)
{
    static const char *const names[] = {"/usr/bin/env", "/usr/x",      "/bin/x",
                                        "/lib/x",       "/etc/passwd", "/proc/1/root/x"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        /* What is the sandbox's own /etc may change; what is the machine's must not. */
        if (!strncmp(names[i], "/etc", 4))
            continue;
        if (open(names[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644) >= 0)
            return true;
    }
    return !chmod("/usr/bin/env", 0777) || !rename("/usr/bin/env", "/tmp/env") ||
           !link("/usr/bin/env", "/tmp/env");
}

/* --- kernel doors --- */

static bool keys(void)
{
    return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1) >= 0 ||
           syscall(SYS_add_key, "user", "k", "v", 1, KEY_SPEC_USER_KEYRING) >= 0 ||
           syscall(SYS_request_key, "user", "k", NULL, 0) >= 0 || errno == ENOKEY;
}

static bool kernel_programs(void)
{
    union bpf_attr map = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    struct perf_event_attr event = {.size = sizeof event, .exclude_kernel = 1};

    return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map) >= 0 ||
           syscall(SYS_perf_event_open, &event, 0, -1, -1, 0) >= 0;
}

static bool rings(void)
{
    char params[120] = {0};

    return syscall(SYS_io_uring_setup, 1, params) >= 0 ||
           syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY) >= 0 ||
           syscall(SYS_fanotify_init, 0, 0) >= 0;
}

static bool load_kernel(void)
{
    return !syscall(SYS_kexec_load, 0, 0, NULL, 0) || !syscall(SYS_init_module, "", 0, "") ||
           !syscall(SYS_delete_module, "x", 0) || !syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0);
}

static bool open_by_handle(void)
{
    struct {
        struct file_handle handle;
        char bytes[128];
    } h = {.handle = {.handle_bytes = 128}};
    int mount_id;

    if (name_to_handle_at(AT_FDCWD, "/tmp", &h.handle, &mount_id, 0))
        return false;
    return open_by_handle_at(AT_FDCWD, &h.handle, O_RDONLY) >= 0;
}

static bool raw_sockets(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0x0300) >= 0 || socket(AF_INET, SOCK_RAW, 255) >= 0;
}

/* The 32-bit and the x32 doors have other numbers; a filter that forgot them lets all through. */
static bool other_numbers(void)
{
#ifdef __x86_64__
    long pid;

    if (syscall(0x40000000 | SYS_getpid) == getpid())
        return true;
    __asm__ volatile("int $0x80" : "=a"(pid) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    return pid == getpid();
#else
    return false;
#endif
}

static bool type_for_others(void)
{
    unsigned long request = TIOCSTI;
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char subcode = 3;

    return !ioctl(fd, TIOCSTI, "x") || !syscall(SYS_ioctl, fd, request | 1UL << 32, "x") ||
           !ioctl(fd, TIOCLINUX, &subcode);
}

static const struct {
    const char *name;
    bool (*try)(void);
} attempts[] = {
    {"ptrace attach", ptrace_attach},
    {"ptrace seize", ptrace_seize},
    {"process_vm_readv", vm_read},
    {"process_vm_writev", vm_write},
    {"pidfd_getfd", take_descriptor},
    {"process_madvise", advise_memory},
    {"kcmp", compare},
    {"migrate_pages", move_memory},
    {"prlimit", limit},
    {"setpriority", renice},
    {"scheduler", pin},
    {"ioprio_set", delay_io},
    {"signals", signal_all},
    {"read /proc/1", proc_read},
    {"write /proc/1", proc_write},
    {"links of /proc/1", proc_link},
    {"unshare", unshare_any},
    {"clone", clone_any},
    {"setns", enter},
    {"mount", mount_any},
    {"chroot", change_root},
    {"root", become_root},
    {"mknod", make_device},
    {"devices", open_device},
    {"setuid", set_setuid},
    {"kernel settings", write_settings},
    {"system files", write_system},
    {"keys", keys},
    {"bpf, perf", kernel_programs},
    {"io_uring, userfaultfd, fanotify", rings},
    {"modules, kexec", load_kernel},
    {"open_by_handle_at", open_by_handle},
    {"raw sockets", raw_sockets},
    {"other system call numbers", other_numbers},
    {"TIOCSTI", type_for_others},
};

static void attempt(size_t i)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        bool worked = attempts[i].try();

        fflush(stdout);
        _exit(worked);
    }
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status))
        printf("%s\n", attempts[i].name);
    fflush(stdout);
}

/* NAME TIMES: this one only, so many times. */
int main(int argc, char **argv)
{
    int n_times = argc == 3 ? atoi(argv[2]) : 1;

    for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
        if (argc == 3 && strcmp(attempts[i].name, argv[1]) != 0)
            continue;
        for (int k = 0; k < n_times; k++)
            attempt(i);
    }
    printf("done\n");
    return 0;
}
