/* SPDX-License-Identifier: MIT
 *
 * What the files about transfers share. For client/ only.
 */
#ifndef CLIENT_TRANSFER_INTERNAL_H
#define CLIENT_TRANSFER_INTERNAL_H

#include <stdio.h>

#include "client/call.h"
#include "client/transfer.h"

#define ENTRIES_MAX 200000

enum entry_kind { ENTRY_FOLDER, ENTRY_FILE, ENTRY_LINK };

struct entry {
    char *path; /* owned: relative, "" for the root */
    char *link; /* owned: where a link leads; else NULL */
    enum entry_kind kind;
    int mode; /* permission bits */
    int64_t size;
};

struct entries {
    struct entry *all; /* owned */
    size_t n;
    char *notes; /* owned: what was left out, a line each; or NULL */
};

void entries_finish(struct entries *e);
/* Takes path and link over. False: there are too many. */
bool entries_add(struct entries *e, struct entry entry);
void entries_note(struct entries *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Folders before what is in them, then files, then links. */
void entries_sort(struct entries *e);

/* A relative path of names only, in UTF-8, without line feeds. */
bool entry_path_ok(const char *path);
/* Does a link at path stay inside the tree? */
bool entry_link_ok(const char *path, const char *link);

/* --- here (transfer_local.c); these block --- */
int local_scan(struct entries *out, const char *root, bool is_recursive, struct err *e);
/* A folder, or one that is there already; no link. */
int local_make_folder(const char *path, int mode, struct err *e);
int local_make_link(const char *path, const char *to, struct err *e);
/* A temporary file beside path; its name goes to *temp (the caller frees). -1 on failure. */
int local_create(const char *path, char **temp, struct err *e);
int local_write(int fd, const char *bytes, size_t n);
/* Gives it its mode and name; closes fd. */
int local_commit(int fd, const char *temp, const char *path, int mode, struct err *e);
int local_read_whole(const char *path, size_t max, struct buf *out, struct err *e);

/* --- there (transfer_script.c) --- */
/* Lists the tree at root; transfer_read_scan reads what it prints. */
void script_scan(struct buf *script, const char *root);
int script_read_scan(struct entries *out, const char *text, size_t n, bool is_recursive,
                     const char *root, struct err *e);
/* How many entries from `first` on go into one script, at least one. */
size_t script_group(const struct entries *e, size_t first);
/* Prints small files, to be read with script_next_file. */
void script_read_files(struct buf *script, const char *root, const struct entry *all, size_t n);
/* Takes one file off the text. 1: it could not be read; 0; or a negative code. */
int script_next_file(const char **text, struct buf *bytes, struct err *e);
/* Begins a script that makes things below root; script_add_… come behind it. */
void script_begin_make(struct buf *script, const char *root);
void script_add_folder(struct buf *script, const struct entry *entry);
void script_add_link(struct buf *script, const struct entry *entry);
void script_add_file(struct buf *script, const struct entry *entry, const char *bytes, size_t n);
/* Gives files that are there already their modes, one chmod for all of a mode. */
void script_add_modes(struct buf *script, const struct entry *const *all, size_t n);
void script_end_make(struct buf *script);

/* A file of so many bytes travels with others. */
#define SMALL_MAX ((int64_t)48 << 10)
/* Of a script that is one argument of execve(2). */
#define SCRIPT_MAX ((size_t)100 << 10)

#endif
