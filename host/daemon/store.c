/* SPDX-License-Identifier: MIT
 *
 * SQLite opens files by name; a thin VFS over its own turns the two names it uses into
 * /proc/self/fd/N. There is no rollback journal (the log is a WAL from the start), no shared memory
 * (locking is exclusive) and no temporary file.
 */
#include "host/daemon/store.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define NAME "daemon.db"

static sqlite3_vfs *base;
static char db_path[32], wal_path[32];

/* NULL: a file we do not have. */
static const char *path_of(const char *name)
{
    if (name && !strcmp(name, NAME))
        return db_path;
    return name && !strcmp(name, NAME "-wal") ? wal_path : NULL;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    return snprintf(out, (size_t)n, "%s", name) < n ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *got)
{
    const char *path = path_of(name);

    (void)vfs;
    file->pMethods = NULL;
    return path ? base->xOpen(base, path, file, flags & ~SQLITE_OPEN_CREATE, got) : SQLITE_CANTOPEN;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    const char *path = path_of(name);

    (void)vfs;
    (void)sync;
    if (!path)
        return SQLITE_IOERR_DELETE_NOENT;
    return truncate(path, 0) ? SQLITE_IOERR_DELETE : SQLITE_OK;
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    const char *path = path_of(name);

    (void)vfs;
    *result = 0;
    return path ? base->xAccess(base, path, flags, result) : SQLITE_OK;
}

/* The files of /proc/self/fd are links, which SQLite else refuses to follow. */
static int open_followed(const char *path, int flags, int mode)
{
    return open(path, flags & ~O_NOFOLLOW, mode);
}

static int register_vfs(int db_fd, int wal_fd)
{
    static sqlite3_vfs vfs;

    snprintf(db_path, sizeof db_path, "/proc/self/fd/%d", db_fd);
    snprintf(wal_path, sizeof wal_path, "/proc/self/fd/%d", wal_fd);
    base = sqlite3_vfs_find("unix");
    if (!base || base->xSetSystemCall(base, "open", (sqlite3_syscall_ptr)open_followed))
        return SQLITE_ERROR;
    vfs = *base;
    vfs.zName = "inherited";
    vfs.pNext = NULL;
    vfs.xFullPathname = full_name;
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    vfs.xAccess = access_file;
    return sqlite3_vfs_register(&vfs, 0);
}

static bool is_file(int fd)
{
    struct stat st;

    return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

sqlite3 *store_open(int db_fd, int wal_fd, struct err *e)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bool files = is_file(db_fd) && is_file(wal_fd);
    sqlite3 *db = NULL;
    int r;

    if (!files)
        log_warn("store: in memory only");
    if (files)
        r = register_vfs(db_fd, wal_fd);
    else
        r = SQLITE_OK;
    if (r == SQLITE_OK)
        r = sqlite3_open_v2(files ? NAME : ":memory:", &db, flags, files ? "inherited" : NULL);
    /* The journal in memory serves the one moment before the log is a WAL, when nothing is stored;
     * so there is nothing either that would have to be on the disk before we go on. */
    if (r == SQLITE_OK)
        r = sqlite3_exec(db,
                         "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY;"
                         "PRAGMA synchronous = OFF;"
                         "PRAGMA journal_mode = MEMORY; PRAGMA journal_mode = WAL;",
                         NULL, NULL, NULL);
    /* Begins the log while that needs not wait for the disk; a full one does not matter yet. */
    if (r == SQLITE_OK)
        (void)sqlite3_exec(db, "PRAGMA user_version = 1", NULL, NULL, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_exec(db, "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;", NULL, NULL,
                         NULL);
    if (r == SQLITE_OK)
        return db;
    err_set(e, ERR_IO, "store: %s", db ? sqlite3_errmsg(db) : sqlite3_errstr(r));
    sqlite3_close(db);
    return NULL;
}
