/* SPDX-License-Identifier: MIT
 *
 * This machine's side of a transfer. What comes from a sandbox is hostile: files are made anew and
 * renamed, folders must be folders, and nothing is written through a link.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/text.h"
#include "client/transfer_internal.h"

#define LINK_MAX_BYTES 4096
#define DEPTH_MAX      200

/* --- entries --- */

void entries_finish(struct entries *e)
{
    for (size_t i = 0; i < e->n; i++) {
        free(e->all[i].path);
        free(e->all[i].link);
    }
    free(e->all);
    free(e->notes);
    *e = (struct entries){0};
}

bool entries_add(struct entries *e, struct entry entry)
{
    if (e->n == ENTRIES_MAX) {
        free(entry.path);
        free(entry.link);
        return false;
    }
    if (!(e->n & (e->n - 1)))
        e->all = xreallocarray(e->all, e->n ? e->n * 2 : 1, sizeof *e->all);
    e->all[e->n++] = entry;
    return true;
}

void entries_note(struct entries *e, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (char *p = line; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    char *notes = xasprintf("%s%s\n", e->notes ? e->notes : "", line);

    free(e->notes);
    e->notes = notes;
}

static int by_kind_and_path(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->path, y->path);
}

void entries_sort(struct entries *e)
{
    if (e->n)
        qsort(e->all, e->n, sizeof *e->all, by_kind_and_path);
}

bool entry_path_ok(const char *path)
{
    if (!utf8_valid(path, strlen(path)) || strchr(path, '\n') || path[0] == '/')
        return false;
    while (*path) {
        size_t n = strcspn(path, "/");

        if (!n || (n == 1 && path[0] == '.') || (n == 2 && !strncmp(path, "..", 2)))
            return false;
        path += n;
        if (*path && !*++path)
            return false;
    }
    return true;
}

bool entry_link_ok(const char *path, const char *link)
{
    int depth = 0;

    if (!*link || link[0] == '/' || strchr(link, '\n') || !utf8_valid(link, strlen(link)))
        return false;
    for (const char *p = path; *p; p++)
        depth += *p == '/';
    while (*link) {
        size_t n = strcspn(link, "/");

        if (n == 2 && !strncmp(link, "..", 2))
            depth--;
        else if (n && !(n == 1 && link[0] == '.'))
            depth++;
        if (depth < 0)
            return false;
        link += n;
        link += *link == '/';
    }
    return true;
}

/* --- looking --- */

static char *join(const char *a, const char *b)
{
    return *a && *b ? xasprintf("%s/%s", a, b) : xstrdup(*a ? a : b);
}

static void add_link(struct entries *out, const char *full, const char *path)
{
    char to[LINK_MAX_BYTES];
    ssize_t n = readlink(full, to, sizeof to - 1);

    to[n > 0 ? n : 0] = '\0';
    if (n <= 0 || strchr(to, '\n') || !utf8_valid(to, (size_t)n))
        entries_note(out, "%s: a link that cannot be kept", path);
    else
        entries_add(
            out, (struct entry){
                     .path = xstrdup(path), .link = xstrdup(to), .kind = ENTRY_LINK, .mode = 0777});
}

static int scan_at(struct entries *out, const char *root, const char *path, int depth,
                   struct err *e);

static int scan_folder(struct entries *out, const char *root, const char *path, int depth,
                       struct err *e)
{
    cleanup_free char *full = join(root, path);
    DIR *dir = depth < DEPTH_MAX ? opendir(full) : NULL;
    struct dirent *d;
    int result = 0;

    if (!dir)
        return depth < DEPTH_MAX ? err_set_errno(e, errno, "%.300s", full)
                                 : err_set(e, ERR_LIMIT, "%.300s: nested too deep", full);
    while (!result && (d = readdir(dir))) {
        if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
            continue;
        cleanup_free char *inner = join(path, d->d_name);

        if (!entry_path_ok(inner))
            entries_note(out, "%s: its name is not UTF-8 or holds a line feed", inner);
        else
            result = scan_at(out, root, inner, depth + 1, e);
    }
    closedir(dir);
    return result;
}

static int scan_at(struct entries *out, const char *root, const char *path, int depth,
                   struct err *e)
{
    cleanup_free char *full = join(root, path);
    struct stat st;
    bool fits = true;

    /* What is named itself may be a link. */
    if (*path ? lstat(full, &st) : stat(full, &st))
        return err_set_errno(e, errno, "%.300s", full);
    if (S_ISLNK(st.st_mode)) {
        add_link(out, full, path);
    } else if (S_ISREG(st.st_mode)) {
        fits = entries_add(out, (struct entry){.path = xstrdup(path),
                                               .kind = ENTRY_FILE,
                                               .mode = (int)(st.st_mode & 0777),
                                               .size = st.st_size});
    } else if (S_ISDIR(st.st_mode)) {
        fits = entries_add(out, (struct entry){.path = xstrdup(path),
                                               .kind = ENTRY_FOLDER,
                                               .mode = (int)(st.st_mode & 0777)});
        return fits ? scan_folder(out, root, path, depth, e)
                    : err_set(e, ERR_LIMIT, "%.300s: more than %d files", root, ENTRIES_MAX);
    } else {
        entries_note(out, "%s: neither a file nor a folder nor a link", full);
    }
    return fits ? 0 : err_set(e, ERR_LIMIT, "%.300s: more than %d files", root, ENTRIES_MAX);
}

int local_scan(struct entries *out, const char *root, bool is_recursive, struct err *e)
{
    struct stat st;

    if (stat(root, &st))
        return err_set_errno(e, errno, "%.300s", root);
    if (S_ISDIR(st.st_mode) && !is_recursive) {
        err_set(e, ERR_ARG, "%.300s is a folder", root);
        err_hint(e, "-r copies folders");
        return -ERR_ARG;
    }
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
        return err_set(e, ERR_ARG, "%.300s is neither a file nor a folder", root);
    int result = scan_at(out, root, "", 0, e);

    entries_sort(out);
    return result;
}

/* --- making --- */

int local_make_folder(const char *path, int mode, struct err *e)
{
    struct stat st;

    if (!mkdir(path, 0700))
        return chmod(path, (mode_t)(mode | 0700)) ? err_set_errno(e, errno, "%.300s", path) : 0;
    if (errno != EEXIST)
        return err_set_errno(e, errno, "%.300s", path);
    if (lstat(path, &st))
        return err_set_errno(e, errno, "%.300s", path);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_CONFLICT, "%.300s is there already and no folder", path);
    return 0;
}

int local_make_link(const char *path, const char *to, struct err *e)
{
    char name[9];
    cleanup_free char *temp = xasprintf("%s.%s", path, random_name(name, 8));

    if (symlink(to, temp))
        return err_set_errno(e, errno, "%.300s", path);
    if (rename(temp, path)) {
        int errnum = errno;

        unlink(temp);
        return err_set_errno(e, errnum, "%.300s", path);
    }
    return 0;
}

int local_create(const char *path, char **temp, struct err *e)
{
    char name[9];
    int fd;

    *temp = xasprintf("%s.%s", path, random_name(name, 8));
    fd = open(*temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_set_errno(e, errno, "%.300s", path);
        free(steal_pointer(temp));
    }
    return fd;
}

int local_write(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t step = write(fd, bytes, n);

        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return -errno;
        bytes += step;
        n -= (size_t)step;
    }
    return 0;
}

int local_commit(int fd, const char *temp, const char *path, int mode, struct err *e)
{
    bool bad = fchmod(fd, (mode_t)(mode & 0777)) != 0;
    int errnum = errno;
    struct stat st;

    if (close(fd) && !bad) {
        bad = true;
        errnum = errno;
    }
    if (!bad && !lstat(path, &st) && S_ISDIR(st.st_mode)) {
        bad = true;
        errnum = EISDIR;
    }
    if (!bad && rename(temp, path)) {
        bad = true;
        errnum = errno;
    }
    if (!bad)
        return 0;
    unlink(temp);
    return err_set_errno(e, errnum, "%.300s", path);
}

int local_read_whole(const char *path, size_t max, struct buf *out, struct err *e)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = 1;

    if (fd < 0)
        return err_set_errno(e, errno, "%.300s", path);
    while (n > 0 && out->len <= max) {
        n = read(fd, buf_reserve(out, 65536), 65536);
        if (n < 0 && errno != EINTR)
            return err_set_errno(e, errno, "%.300s", path);
        out->len += n > 0 ? (size_t)n : 0;
    }
    buf_append(out, "", 0); /* ends it with a NUL */
    if (out->len > max)
        return err_set(e, ERR_CONFLICT, "%.300s: grew while it was read", path);
    return 0;
}
