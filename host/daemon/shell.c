/* SPDX-License-Identifier: MIT */
#include "host/daemon/shell.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/jail.h"

/* By where the daemon itself, or its loader, is: inside, another could make either folder. */
static const char *own_dir(void)
{
    static char program[256];
    const size_t n = strlen(JAIL_OWN_DIR "/");

    if (!program[0] && readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        program[0] = '?';
    return strncmp(program, JAIL_OWN_DIR "/", n) ? JAIL_DIR : JAIL_OWN_DIR;
}

static const char *file_of(bool is_own, const char *own, const char *host)
{
    const char *path = is_own ? own : host;

    return access(path, R_OK) ? NULL : path;
}

void shell_start_init(struct shell_start *start, const char *path,
                      const struct environ_list *environment)
{
    bool is_own = !strcmp(own_dir(), JAIL_OWN_DIR);
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *rc = file_of(is_own, JAIL_OWN_DIR "/shell/bashrc", JAIL_DIR "/shell/bashrc");
    const char *before = environ_get(environment, "ZDOTDIR");

    memset(start, 0, sizeof *start);
    environ_copy(&start->environment, environment);
    start->argv[0] = path;
    if (!strcmp(name, "bash") && rc) {
        start->argv[1] = "--rcfile";
        start->argv[2] = rc;
    } else if (!strcmp(name, "zsh") && rc) {
        if (before)
            environ_set(&start->environment, "SANDPIT_ZDOTDIR", before);
        environ_set(&start->environment, "ZDOTDIR",
                    is_own ? JAIL_OWN_DIR "/shell" : JAIL_DIR "/shell");
    }
}

void shell_start_finish(struct shell_start *start)
{
    environ_finish(&start->environment);
}

void shell_add_path(struct environ_list *environment)
{
    const char *path = environ_get(environment, "PATH"), *dir = own_dir();
    cleanup_free char *bin = xasprintf("%s/bin", dir);
    cleanup_free char *longer = NULL;

    if (!path || strstr(path, bin))
        return;
    longer = xasprintf("%s:%s", path, bin);
    environ_set(environment, "PATH", longer);
}
