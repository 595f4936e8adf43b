/* SPDX-License-Identifier: MIT
 *
 * Files and folders copied between this machine and a sandbox, byte for byte, with progress.
 *
 * Kept: contents, permission bits (folders stay writable for their owner), symbolic links. Not
 * kept: owners, times, hard links, set-id bits. Left out, with a note each: what is neither file,
 * folder nor link; names that are not UTF-8 or hold a line feed; on the way out of a sandbox links
 * that lead out of the copied folder, since whoever opens them here would not end there.
 *
 * Each file is replaced as a whole; a copy that breaks off leaves those that are done. Local disks
 * are read and written on the loop, at most 1 MiB a turn.
 */
#ifndef CLIENT_TRANSFER_H
#define CLIENT_TRANSFER_H

#include "client/remote.h"

struct transfer_progress {
    const char *path;                /* under way, relative to what is copied; "" for that itself */
    int64_t bytes_done, bytes_total; /* total 0 while it is being counted */
    size_t files_done, files_total;
};

struct transfer_options {
    bool is_upload;
    bool is_recursive; /* else a folder is ERR_ARG */
    const char *local;
    const char *remote; /* absolute */
    /* May be NULL, and may cancel the transfer. */
    void (*on_progress)(void *user, const struct transfer_progress *p);
    void (*on_note)(void *user, const char *text); /* something is left out */
    /* Once, at the end; the transfer is gone when it returns. */
    void (*on_done)(void *user, const struct transfer_progress *p, const struct err *e);
};

struct transfer;

/* Copies what is at one path to exactly the other; a folder into one that is there adds to it. */
struct transfer *transfer_start(struct remote *r, const struct transfer_options *o, void *user);
/* No callback runs after this. Safe with NULL. */
void transfer_cancel(struct transfer *t);

#endif
