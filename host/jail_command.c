/* SPDX-License-Identifier: MIT
 *
 * bwrap's command line and the descriptors its child gets.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/jail_internal.h"

void jail_add(struct jail_command *c, const char *arg)
{
    if (c->n_args == JAIL_ARGS_MAX) {
        c->full = true;
        return;
    }
    c->args[c->n_args++] = xstrdup(arg);
}

void jail_add3(struct jail_command *c, const char *a, const char *b, const char *d)
{
    jail_add(c, a);
    jail_add(c, b);
    jail_add(c, d);
}

void jail_command_finish(struct jail_command *c)
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
static int add_file(struct jail_command *c, const char *how, const char *path, const char *mode,
                    const struct buf *text, struct err *e)
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
    if (c->n_files == JAIL_FILES_MAX) {
        close(fd);
        return err_set(e, ERR_INTERNAL, "too many generated files");
    }
    snprintf(number, sizeof number, "%d", JAIL_FILE_FD + (int)c->n_files);
    c->files[c->n_files++] = fd;
    jail_add3(c, "--perms", mode, how);
    jail_add(c, number);
    jail_add(c, path);
    return 0;
}

int jail_add_file(struct jail_command *c, const char *path, const struct buf *text, struct err *e)
{
    return add_file(c, "--file", path, "0644", text, e);
}

int jail_add_read_only(struct jail_command *c, const char *path, const char *mode,
                       const struct buf *text, struct err *e)
{
    return add_file(c, "--ro-bind-data", path, mode, text, e);
}

char *jail_find_program(const char *name)
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
