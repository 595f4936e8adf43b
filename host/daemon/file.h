/* SPDX-License-Identifier: MIT
 *
 * What the file API does to files. Everything here blocks: it runs on the thread pool (work.h).
 *
 * Paths are resolved (path.h). Links may lead anywhere, for / is the sandbox's own; the kernel's
 * magic links and the folders of processes in /proc stay closed, for it is the daemon who would
 * open them. `shown` is the path for messages. Errors carry the HTTP status in e->http_status.
 */
#ifndef HOST_DAEMON_FILE_H
#define HOST_DAEMON_FILE_H

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "host/filecopy.h"

/* Read of a file that does not say how long it is (those of /proc, /sys). */
#define FILE_SIZELESS_MAX ((uint64_t)16 * 1024 * 1024)
#define FILE_LIST_MAX     100000

struct file_path {
    const char *path, *shown;
};

/* Sets code, status and text for errnum. */
int file_error(struct err *e, int errnum, const char *shown);

/* openat without magic links; -errno. */
int file_open_at(int dirfd, const char *path, int flags);
/* An O_PATH descriptor of what path leads to, or -errno. */
int file_open_path(const char *path);
/* The directory that holds path, O_PATH, made with its parents when `create`; or -errno. */
int file_open_parent(const char *path, bool create);
/* A directory in parent for reading, no link and no mount point; or -errno. */
int file_open_dir(int parent, const char *name);
/* A regular file for reading; ERR_ARG for anything else. */
int file_open_regular(struct file_path p, struct stat *st, struct err *e);

int file_stat(struct file_path p, struct stat *st, struct err *e);
/* {name, path, size, is_dir, modified_at} */
cJSON *file_info(const char *path, const struct stat *st);
/* Adds the infos of a directory's entries to files, sorted by name; of more than FILE_LIST_MAX
 * any so many, with *truncated set. */
int file_list(struct file_path p, cJSON *files, bool *truncated, struct err *e);
/* Appends at most max bytes; more is an error. */
int file_read(struct file_path p, size_t max, struct buf *out, struct err *e);

/* Fills out with the next bytes; 0 at the end, or a negative code. */
typedef int (*file_source)(void *user, char *out, size_t cap, struct err *e);
/* Replaces or makes a file and its parents: as a temporary file beside it that is renamed when
 * whole, with the mode of the old one. A link is followed. */
int file_write(struct file_path p, file_source source, void *user, struct stat *st, struct err *e);
int file_write_bytes(struct file_path p, const char *bytes, size_t n, struct err *e);

/* Removes a file, a link (not its target), or a directory with all that is in it; never the root or
 * a mount point. Gives up when *stop becomes true. */
int file_delete(struct file_path p, const atomic_bool *stop, struct err *e);

#endif
