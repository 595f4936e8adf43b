/* SPDX-License-Identifier: MIT
 *
 * A template comes and goes by one rename: it is made as .new-…, and becomes .gone-… before it is
 * removed. Both are locked (flock) by who works on them, so that others know what was left behind.
 */
#include "host/gateway/template.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/random.h"
#include "host/filecopy.h"
#include "host/gateway/image.h"
#include "host/gateway/internal.h"

#define RANDOM_LEN 12

bool template_name_valid(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    return n && !name[n] && n <= TEMPLATE_NAME_MAX && name[0] != '.';
}

static char *folder_of(const char *state)
{
    return xasprintf("%s/templates", state);
}

/* --- what there is --- */

struct entry {
    char name[TEMPLATE_NAME_MAX + 1];
    const struct archive_kind *kind;
    struct stat st;
};

static bool read_entry(struct entry *t, int folder, const char *file)
{
    size_t n = strlen(file);

    *t = (struct entry){0};
    if (file[0] == '.' || fstatat(folder, file, &t->st, 0))
        return false;
    if (S_ISREG(t->st.st_mode)) {
        t->kind = archive_kind_of(file);
        if (!t->kind)
            return false;
        n -= strlen(t->kind->suffix);
    } else if (!S_ISDIR(t->st.st_mode)) {
        return false;
    }
    if (n > TEMPLATE_NAME_MAX)
        return false;
    memcpy(t->name, file, n);
    return template_name_valid(t->name);
}

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : (x->kind != NULL) - (y->kind != NULL);
}

/* A folder hides an archive of the same name. Free *entries. */
static size_t read_entries(const char *state, struct entry **entries)
{
    cleanup_free char *path = folder_of(state);
    DIR *folder = opendir(path);
    const struct dirent *d;
    size_t n = 0, kept = 0;

    *entries = xcalloc(TEMPLATES_MAX, sizeof **entries);
    while (folder && n < TEMPLATES_MAX && (d = readdir(folder)))
        n += read_entry(&(*entries)[n], dirfd(folder), d->d_name);
    if (folder)
        closedir(folder);
    qsort(*entries, n, sizeof **entries, by_name);
    for (size_t i = 0; i < n; i++)
        if (!kept || strcmp((*entries)[kept - 1].name, (*entries)[i].name) != 0)
            (*entries)[kept++] = (*entries)[i];
    return kept;
}

bool template_is_system(const char *root)
{
    cleanup_free char *path = xasprintf("%s/usr", root);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *usr = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *d;
    bool found = false;

    while (usr && !found && (d = readdir(usr)))
        found = strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
    if (usr)
        closedir(usr);
    else if (fd >= 0)
        close(fd);
    return found;
}

cJSON *template_list(const char *state)
{
    struct entry *entries;
    size_t n = read_entries(state, &entries);
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++) {
        const struct entry *t = &entries[i];
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "name", t->name);
        cJSON_AddStringToObject(item, "kind", t->kind ? "archive" : "directory");
        if (t->kind) {
            cJSON_AddNumberToObject(item, "size", (double)t->st.st_size);
        } else {
            cleanup_free char *path = xasprintf("%s/templates/%s", state, t->name);

            cJSON_AddBoolToObject(item, "ownSystem", template_is_system(path));
        }
        cJSON_AddItemToArray(list, item);
    }
    free(entries);
    return list;
}

static int unknown(const struct entry *entries, size_t n, const char *name, struct err *e)
{
    cleanup_buf struct buf names = {0};

    for (size_t i = 0; i < n && names.len < 300; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", entries[i].name);
    return err_set(e, ERR_ARG, "no such template: %.64s (%s%s)", name,
                   n ? "there are: " : "there are none", n ? names.data : "");
}

int template_open(struct template *t, const char *state, const char *name, struct err *e)
{
    struct entry *entries, *found = NULL;
    size_t n = read_entries(state, &entries);
    int r = 0;

    *t = (struct template){.archive = -1};
    for (size_t i = 0; i < n && !found; i++)
        found = strcmp(entries[i].name, name) ? NULL : &entries[i];
    if (found) {
        t->kind = found->kind;
        t->path = xasprintf("%s/templates/%s%s", state, name, t->kind ? t->kind->suffix : "");
        t->archive = t->kind ? open(t->path, O_RDONLY | O_CLOEXEC) : -1;
        if (t->kind && t->archive < 0)
            r = err_set_errno(e, errno, "template %s", name);
    } else {
        r = unknown(entries, n, name, e);
    }
    free(entries);
    if (r)
        template_finish(t);
    return r;
}

void template_finish(struct template *t)
{
    free(t->path);
    if (t->archive >= 0)
        close(t->archive);
    *t = (struct template){.archive = -1};
}

/* --- coming and going --- */

static void remove_entry(const char *path)
{
    struct err e;
    struct stat st;
    int r = lstat(path, &st) || S_ISDIR(st.st_mode) ? tree_remove(path, &e) : unlink(path);

    if (r)
        log_warn("templates: %s cannot be removed", path);
}

static bool is_left_behind(const char *path)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    return fd < 0 ? errno == ELOOP : !flock(fd, LOCK_EX | LOCK_NB);
}

int template_sweep(const char *state, struct err *e)
{
    cleanup_free char *path = folder_of(state);
    DIR *folder;
    const struct dirent *d;

    if (mkdir(path, 0700) && errno != EEXIST)
        return err_set_errno(e, errno, "%s", path);
    folder = opendir(path);
    while (folder && (d = readdir(folder))) {
        cleanup_free char *entry = xasprintf("%s/%s", path, d->d_name);

        if ((!strncmp(d->d_name, ".new-", 5) || !strncmp(d->d_name, ".gone-", 6)) &&
            is_left_behind(entry))
            remove_entry(entry);
    }
    if (folder)
        closedir(folder);
    return 0;
}

static char *fresh_path(const char *state, const char *prefix)
{
    char name[RANDOM_LEN + 1];

    return xasprintf("%s/templates/%s%s", state, prefix, random_name(name, RANDOM_LEN));
}

static bool never(const void *user)
{
    (void)user;
    return false;
}

/* Into `fresh/entry`; the folder `fresh` is what is locked. */
static int copy_archive(const char *path, const struct archive_kind *kind, const char *to,
                        struct err *e)
{
    cleanup_fd int in = open(path, O_RDONLY | O_CLOEXEC);
    cleanup_fd int out = -1;
    int r;

    if (in < 0)
        return err_set_errno(e, errno, "%s", path);
    r = unpack(in, kind, NULL, NULL, e);
    if (r)
        return r;
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0)
        return err_set_errno(e, errno, "%s", to);
    r = filecopy_bytes(in, out, never, NULL);
    return r ? image_fail(e, -r, path) : 0;
}

static int copy_folder(const char *path, bool live, const char *to, struct err *e)
{
    struct image_progress progress = {0};
    const atomic_bool stop = false;
    const struct image_spec spec = {.from = path, .to = to, .live = live, .stop = &stop};

    return image_copy(&spec, &progress, e);
}

static int make(const char *fresh, const char *place, const char *path, bool live,
                const struct archive_kind *kind, struct err *e)
{
    cleanup_free char *entry = xasprintf("%s/entry", fresh);
    cleanup_free char *folder = xstrndup(place, (size_t)(strrchr(place, '/') - place));
    int r = kind ? copy_archive(path, kind, entry, e) : copy_folder(path, live, entry, e);

    if (!r)
        r = image_sync(entry, e);
    if (!r && renameat2(AT_FDCWD, entry, AT_FDCWD, place, RENAME_NOREPLACE))
        r = err_set_errno(e, errno, "%s", place);
    return r ? r : image_sync(folder, e);
}

static int is_free(const char *state, const char *name, struct err *e)
{
    struct template there;
    int r = 0;

    if (!template_name_valid(name))
        return err_set(e, ERR_ARG,
                       "\"%.80s\" is no name of a template: up to %d letters, digits, \"-\", \"_\" "
                       "and \".\", the first no dot",
                       name, TEMPLATE_NAME_MAX);
    if (!template_open(&there, state, name, NULL)) {
        r = err_set(e, ERR_CONFLICT, "there is a template of this name already: %s", there.path);
        template_finish(&there);
    }
    return r;
}

int template_add(const char *state, const char *name, const char *path, bool live, struct err *e)
{
    struct stat st;
    const struct archive_kind *kind = NULL;
    int r = is_free(state, name, e);

    if (r)
        return r;
    if (stat(path, &st))
        return err_set_errno(e, errno, "%s", path);
    if (!S_ISDIR(st.st_mode) && !(kind = archive_kind_of(path)))
        return err_set(e, ERR_ARG,
                       "%s is neither a folder nor a .tar, .tar.gz, .tgz, .tar.xz, "
                       ".tar.zst or .tar.bz2",
                       path);
    r = template_sweep(state, e);
    if (r)
        return r;
    cleanup_free char *fresh = fresh_path(state, ".new-");
    cleanup_free char *place =
        xasprintf("%s/templates/%s%s", state, name, kind ? kind->suffix : "");
    cleanup_fd int lock = -1;
    if (mkdir(fresh, 0700))
        return err_set_errno(e, errno, "%s", fresh);
    lock = open(fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    flock(lock, LOCK_EX);
    r = make(fresh, place, path, live, kind, e);
    remove_entry(fresh);
    return r;
}

int template_remove(const char *state, const char *name, struct err *e)
{
    cleanup_free char *gone = fresh_path(state, ".gone-");
    cleanup_fd int lock = -1;
    struct template t;
    int r = template_sweep(state, e);

    if (!r)
        r = template_open(&t, state, name, e);
    if (r || !t.path)
        return r;
    lock = open(t.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC); /* a link is only removed itself */
    if (lock >= 0)
        flock(lock, LOCK_EX | LOCK_NB);
    if (rename(t.path, gone))
        r = err_set_errno(e, errno, "%s", t.path);
    else
        remove_entry(gone);
    template_finish(&t);
    return r;
}
