/* SPDX-License-Identifier: MIT
 *
 * Whether there can be jails here: an empty one is tried.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/jail.h"
#include "host/jail_internal.h"

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
    struct jail_command c = JAIL_COMMAND_NONE;
    cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int output[2], r = jail_add_walls(&c, e);
    pid_t pid;

    if (!r && pipe2(output, O_CLOEXEC))
        r = err_set_errno(e, errno, "pipe");
    if (!r) {
        struct jail_descriptors d = {.in = null, .out = output[1], .low = {-1, -1, -1, -1, -1, -1}};

        jail_add3(&c, "--ro-bind", "/", "/");
        jail_add3(&c, "--proc", "/proc", "--");
        jail_add(&c, "true");
        pid = jail_spawn(&c, &d, e);
        close(output[1]);
        r = pid < 0 ? pid : trial_result(output[0], pid, e);
        close(output[0]);
    }
    jail_command_finish(&c);
    return r;
}
