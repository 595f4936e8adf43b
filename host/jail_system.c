/* SPDX-License-Identifier: MIT
 *
 * A root that brings its own system (a template): nothing of the host's is shown in it, and it may
 * have another C library or none.
 *
 * The daemon is a program of the host all the same. It is started by the host's dynamic loader with
 * just the libraries that this process, which is the same program, has loaded; all of that lies
 * read-only in OWN_DIR and no variable tells others of it. What must be ours in /etc is written
 * into the root at each start, by calls that follow no link: whoever lives there may change it.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/jail_internal.h"

#define OWN_DIR      JAIL_OWN_DIR
#define LIBRARY_MAX  64
#define ACCOUNTS_MAX ((size_t)256 * 1024) /* of a passwd file */

/* --- /etc --- */

static int write_file(int dir, const char *name, const char *text, size_t n)
{
    int fd, result = 0;

    if (unlinkat(dir, name, 0) && errno != ENOENT)
        return -errno;
    fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    if (write(fd, text, n) != (ssize_t)n)
        result = errno ? -errno : -ENOSPC;
    close(fd);
    return result;
}

/* "" when it is missing or no plain file. Takes the descriptor over. */
static void read_file(int file, struct buf *text)
{
    cleanup_fd int fd = file;
    struct stat st;
    ssize_t n;

    buf_append_str(text, "");
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
        return;
    while (text->len < ACCOUNTS_MAX && (n = read(fd, buf_reserve(text, 4096), 4096)) > 0)
        text->len += (size_t)n;
    buf_append_str(text, "");
}

static bool has_account(const struct buf *text, const char *name)
{
    size_t n = strlen(name);

    for (const char *line = text->data; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, name, n) && line[n] == ':')
            return true;
    }
    return false;
}

static int add_account(int etc, const char *file, const char *line)
{
    struct buf text = {0};
    int result = 0;

    read_file(openat(etc, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), &text);
    if (!has_account(&text, JAIL_USER)) {
        if (text.len && text.data[text.len - 1] != '\n')
            buf_append_char(&text, '\n');
        buf_append_str(&text, line);
        result = write_file(etc, file, text.data, text.len);
    }
    buf_finish(&text);
    return result;
}

static bool has_program(int root, const char *path)
{
    struct stat st;

    return !fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW);
}

int jail_system_prepare(const struct jail_spec *spec, const char *hostname,
                        const struct jail_etc *texts, struct err *e)
{
    cleanup_fd int root = open(spec->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    cleanup_fd int etc = root < 0 ? -1 : jail_real_dir(root, "etc", 0755, true);
    cleanup_free char *hostname_text = xasprintf("%s\n", hostname);
    cleanup_free char *account = NULL;
    struct buf resolv = {0};
    int r;

    if (etc < 0)
        return err_set_errno(e, root < 0 ? errno : -etc, "%s/etc", spec->root);
    account = xasprintf(JAIL_USER ":x:1000:1000::" JAIL_HOME ":%s\n",
                        has_program(root, "bin/bash") ? "/bin/bash" : "/bin/sh");
    if (texts->resolv)
        buf_append_str(&resolv, texts->resolv);
    else
        read_file(open("/etc/resolv.conf", O_RDONLY | O_NONBLOCK | O_CLOEXEC), &resolv);
    r = add_account(etc, "passwd", account);
    if (!r)
        r = add_account(etc, "group", JAIL_USER ":x:1000:\n");
    if (!r)
        r = write_file(etc, "hosts", texts->hosts, strlen(texts->hosts));
    if (!r)
        r = write_file(etc, "hostname", hostname_text, strlen(hostname_text));
    if (!r)
        r = write_file(etc, "resolv.conf", resolv.data, resolv.len);
    buf_finish(&resolv);
    return r ? err_set_errno(e, -r, "%s/etc", spec->root) : 0;
}

/* --- the daemon --- */

struct libraries {
    struct jail_command *command;
    size_t n;
};

static char *add_library(struct jail_command *c, const char *path)
{
    char *inside = xasprintf(OWN_DIR "/lib/%s", strrchr(path, '/') + 1);

    jail_add3(c, "--ro-bind", path, inside);
    return inside;
}

static int on_library(struct dl_phdr_info *info, size_t size, void *user)
{
    struct libraries *l = user;

    (void)size;
    if (info->dlpi_name && info->dlpi_name[0] == '/' && l->n++ < LIBRARY_MAX)
        free(add_library(l->command, info->dlpi_name));
    return 0;
}

/* What the kernel starts for a program of ours, as its header says. NULL: nothing, it is static. */
static char *find_loader(const char *program)
{
    cleanup_fd int fd = open(program, O_RDONLY | O_CLOEXEC);
    ElfW(Ehdr) header;
    ElfW(Phdr) part;
    char path[256] = "";

    if (fd < 0 || pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return NULL;
    for (int i = 0; i < header.e_phnum; i++) {
        off_t at = (off_t)(header.e_phoff + (size_t)i * header.e_phentsize);

        if (pread(fd, &part, sizeof part, at) != (ssize_t)sizeof part)
            return NULL;
        if (part.p_type == PT_INTERP && part.p_filesz < sizeof path &&
            pread(fd, path, part.p_filesz, (off_t)part.p_offset) == (ssize_t)part.p_filesz)
            return path[0] == '/' ? xstrdup(path) : NULL;
    }
    return NULL;
}

int jail_add_own_daemon(struct jail_command *c, const struct jail_spec *spec, struct err *e)
{
    cleanup_free char *loader = find_loader(spec->program);
    cleanup_free char *inside = NULL;
    struct libraries libraries = {.command = c};
    int r = jail_add_shell(c, OWN_DIR, e);

    if (loader) {
        dl_iterate_phdr(on_library, &libraries);
        inside = add_library(c, loader); /* again, by the name it is asked for */
    }
    jail_add3(c, "--ro-bind", spec->program, OWN_DIR "/sandpitd");
    jail_add3(c, "--chdir", "/", "--");
    if (loader) {
        jail_add(c, inside);
        jail_add3(c, "--library-path", OWN_DIR "/lib", "--argv0");
        jail_add(c, "sandpitd");
    }
    jail_add(c, OWN_DIR "/sandpitd");
    jail_add(c, "daemon");
    return r;
}
