/* SPDX-License-Identifier: MIT
 *
 * Files of a sandbox.
 *
 * The host's file API (protocol.md section 2, Files) carries text: file_list, file_stat, file_read,
 * file_write, file_batch and file_delete are its calls. What must arrive byte for byte takes
 * another road, which works with every host of the protocol: base64 in pieces through commands
 * (sh, base64, dd, stat, cksum, mv of the sandbox) and the file API. file_get, file_put, file_load
 * and file_save go that way; they want absolute paths, since commands and the file API need not
 * agree on what others are relative to (file_home tells the commands' folder).
 *
 * Whole trees: client/transfer.h.
 */
#ifndef CLIENT_FILE_H
#define CLIENT_FILE_H

#include "client/remote.h"

#define FILE_LOAD_MAX ((size_t)10 << 20) /* what file_load takes into memory at most */

struct file_info {
    const char *name, *path; /* borrowed for the callback */
    int64_t size;            /* bytes */
    int64_t modified_ms;     /* wall clock; 0: not said */
    bool is_dir;
};
typedef void (*file_cb)(void *user, const struct file_info *f, const struct err *e);
typedef void (*files_cb)(void *user, const struct file_info *all, size_t n, const struct err *e);
typedef void (*file_text_cb)(void *user, const char *bytes, size_t n, const struct err *e);
typedef void (*file_exists_cb)(void *user, bool exists, const struct err *e);

/* Sorted as the host does. */
struct request *file_list(struct remote *r, const char *path, files_cb cb, void *user);
struct request *file_stat(struct remote *r, const char *path, file_cb cb, void *user);
struct request *file_exists(struct remote *r, const char *path, file_exists_cb cb, void *user);
/* What is not UTF-8 comes as U+FFFD. At most 16 MiB. */
struct request *file_read(struct remote *r, const char *path, file_text_cb cb, void *user);
/* text is UTF-8 without NUL. Makes parents, overwrites. */
struct request *file_write(struct remote *r, const char *path, const char *text, file_cb cb,
                           void *user);
/* Folders with all that is in them; a link, not its target. */
struct request *file_delete(struct remote *r, const char *path, gateway_done_cb cb, void *user);

struct file_operation {
    const char *path;
    const char *text; /* to write; NULL: delete */
};
struct file_result {
    const char *path, *error; /* borrowed; error "" when it went well */
    bool is_done;
};
typedef void (*file_batch_cb)(void *user, const struct file_result *all, size_t n,
                              const struct err *e);
/* The last operation of a path wins; results are sorted by path. Some may have failed. */
struct request *file_batch(struct remote *r, const struct file_operation *all, size_t n,
                           file_batch_cb cb, void *user);

/* --- through commands --- */

/* Parents too; ERR_CONFLICT when something else is there. */
struct request *file_make_folder(struct remote *r, const char *path, gateway_done_cb cb,
                                 void *user);
/* Never overwrites: ERR_CONFLICT. */
struct request *file_rename(struct remote *r, const char *from, const char *to, gateway_done_cb cb,
                            void *user);
/* The folder that commands start in, absolute. */
struct request *file_home(struct remote *r, file_text_cb cb, void *user);

/* --- byte for byte --- */

/* What a file was: its checksum and size decide whether it is another now. "" is no file. */
struct file_version {
    char check[64]; /* "<crc> <size>", as cksum(1) prints them */
    int64_t modified_s;
    int mode; /* permission bits; -1: not said */
};

struct file_progress {
    int64_t done, total; /* bytes; total -1: not known */
};

struct file_get_options {
    const char *path;
    /* The next bytes of the file. A negative result (-errno) ends it with ERR_IO. May block for as
     * long as writing 1 MiB takes. */
    int (*sink)(void *user, const char *bytes, size_t n);
    void (*on_progress)(void *user, const struct file_progress *p); /* or NULL */
    int64_t max_bytes; /* more: ERR_LIMIT; 0: no limit */
};
typedef void (*file_done_cb)(void *user, const struct file_version *v, const struct err *e);
/* ERR_CONFLICT when the file changes meanwhile. The version has no checksum. */
struct request *file_get(struct remote *r, const struct file_get_options *o, file_done_cb cb,
                         void *user);

struct file_put_options {
    const char *path;
    /* Fills out with up to cap bytes and returns how many, 0 at the end, or -errno. May block for
     * as long as reading 1 MiB takes. */
    long (*source)(void *user, char *out, size_t cap);
    void (*on_progress)(void *user, const struct file_progress *p); /* or NULL */
    int64_t total;     /* for the progress; -1: not known */
    int64_t max_bytes; /* more: ERR_LIMIT; 0: no limit */
    int mode; /* permission bits; -1: those of the file that is replaced, else the umask's */
    const struct file_version *expected; /* ERR_CONFLICT unless it still is that; or NULL */
};
/* Written beside the target and renamed when whole: at every moment the old or the new file is
 * there. Parents are made. A cancelled call removes what it had begun. */
struct request *file_put(struct remote *r, const struct file_put_options *o, file_done_cb cb,
                         void *user);

typedef void (*file_load_cb)(void *user, const char *bytes, size_t n, const struct file_version *v,
                             const struct err *e);
/* A whole file of at most FILE_LOAD_MAX bytes, for viewing and editing. */
struct request *file_load(struct remote *r, const char *path, file_load_cb cb, void *user);
/* expected NULL: whatever is there is replaced. The bytes are copied. */
struct request *file_save(struct remote *r, const char *path, const char *bytes, size_t n,
                          const struct file_version *expected, file_done_cb cb, void *user);

#endif
