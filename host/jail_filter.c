/* SPDX-License-Identifier: MIT
 *
 * The system calls a sandbox has no business with, as a seccomp program.
 *
 * An allow-all filter with exceptions: capabilities and namespaces are the walls; this takes away
 * kernel doors that need neither, and what would let a sandbox's processes spoil its own pid 1
 * (they have the same uid, so limits, priority and affinity of it would be theirs to set).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/jail.h"

struct denial {
    const char *syscall;
    int errnum;
};

/* Unknown names (other architectures, older libseccomp) are skipped. */
static const struct denial denied[] = {
    {"mount", EPERM},
    {"umount2", EPERM},
    {"pivot_root", EPERM},
    {"chroot", EPERM},
    {"open_tree", EPERM},
    {"move_mount", EPERM},
    {"fsopen", EPERM},
    {"fsconfig", EPERM},
    {"fsmount", EPERM},
    {"fspick", EPERM},
    {"mount_setattr", EPERM},
    {"setns", EPERM},
    {"bpf", EPERM},
    {"userfaultfd", EPERM},
    {"perf_event_open", EPERM},
    {"kexec_load", EPERM},
    {"kexec_file_load", EPERM},
    {"keyctl", EPERM},
    {"add_key", EPERM},
    {"request_key", EPERM},
    {"init_module", EPERM},
    {"finit_module", EPERM},
    {"delete_module", EPERM},
    {"open_by_handle_at", EPERM},
    {"swapon", EPERM},
    {"swapoff", EPERM},
    {"reboot", EPERM},
    {"acct", EPERM},
    {"quotactl", EPERM},
    {"quotactl_fd", EPERM},
    {"syslog", EPERM},
    {"settimeofday", EPERM},
    {"clock_settime", EPERM},
    {"clock_adjtime", EPERM},
    {"adjtimex", EPERM},
    {"iopl", EPERM},
    {"ioperm", EPERM},
    {"vhangup", EPERM},
    {"lookup_dcookie", EPERM},
    {"nfsservctl", EPERM},
    {"uselib", EPERM},
    {"_sysctl", EPERM},
    {"fanotify_init", EPERM},
    /* Programs fall back to epoll; its own copy of the system calls would pass this filter by. */
    {"io_uring_setup", ENOSYS},
    {"io_uring_enter", ENOSYS},
    {"io_uring_register", ENOSYS},
};

struct condition {
    unsigned arg;
    uint32_t value;
};

struct conditional {
    const char *syscall;
    unsigned n_args;
    struct condition args[2];
};

#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif

static const struct conditional conditionals[] = {
    /* pid 1, by its pid or through "all of this user". 0 is the caller itself and stays free. */
    {"prlimit64", 1, {{0, 1}}},
    {"sched_setaffinity", 1, {{0, 1}}},
    {"sched_setscheduler", 1, {{0, 1}}},
    {"sched_setparam", 1, {{0, 1}}},
    {"sched_setattr", 1, {{0, 1}}},
    {"setpriority", 2, {{0, PRIO_PROCESS}, {1, 1}}},
    {"setpriority", 2, {{0, PRIO_PGRP}, {1, 1}}},
    {"setpriority", 1, {{0, PRIO_USER}}},
    {"ioprio_set", 2, {{0, IOPRIO_WHO_PROCESS}, {1, 1}}},
    {"ioprio_set", 2, {{0, IOPRIO_WHO_PGRP}, {1, 1}}},
    {"ioprio_set", 1, {{0, IOPRIO_WHO_USER}}},
    /* Typing into a terminal on somebody's behalf. */
    {"ioctl", 1, {{1, TIOCSTI}}},
    {"ioctl", 1, {{1, TIOCLINUX}}},
};

static int add_rules(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < ARRAY_LEN(denied); i++) {
        int nr = seccomp_syscall_resolve_name(denied[i].syscall);
        int r;

        if (nr == __NR_SCMP_ERROR || nr < 0)
            continue;
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)denied[i].errnum), nr, 0);
        if (r)
            return r;
    }
    for (size_t i = 0; i < ARRAY_LEN(conditionals); i++) {
        const struct conditional *c = &conditionals[i];
        int nr = seccomp_syscall_resolve_name(c->syscall);
        struct scmp_arg_cmp args[2];
        int r;

        /* Only the low half counts: the kernel takes these arguments as int. */
        for (unsigned k = 0; k < c->n_args; k++)
            args[k] = (struct scmp_arg_cmp){c->args[k].arg, SCMP_CMP_MASKED_EQ, 0xffffffffu,
                                            c->args[k].value};

        if (nr == __NR_SCMP_ERROR || nr < 0)
            continue;
        r = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), nr, c->n_args, args);
        if (r)
            return r;
    }
    return 0;
}

int jail_filter_memfd(struct err *e)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int fd = -1;
    int r;

    if (!filter)
        return err_set(e, ERR_INTERNAL, "seccomp_init failed");
    /* A lookup by binary search: every system call of the sandbox passes here. */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    r = add_rules(filter);
    if (!r) {
        fd = memfd_create("sandpit-seccomp", MFD_CLOEXEC);
        r = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
    }
    seccomp_release(filter);
    if (!r && lseek(fd, 0, SEEK_SET))
        r = -errno;
    if (r) {
        if (fd >= 0)
            close(fd);
        return err_set_errno(e, -r, "seccomp filter");
    }
    return fd;
}
