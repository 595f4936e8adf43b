/* SPDX-License-Identifier: MIT
 *
 * Copies a root file system: of a sandbox that may be running and hostile, of a snapshot, of a
 * template. Blocks: for the thread pool.
 *
 * Kept are contents with their holes, modes (also setuid bits: they mean nothing inside, where no
 * process gains anything by exec, and nobody else gets into the state folder), times, links as they
 * are, hard links within the tree (the first IMAGE_LINKS_MAX files that have some), FIFOs (made
 * anew, never opened) and user.* attributes. Everything comes to belong to the gateway's user. Left
 * out and counted are devices, sockets, and what is mounted inside; not counted are files on their
 * way (FILE_TEMP_PREFIX).
 *
 * No link is followed and no path leads out of the tree, whatever is changed in it meanwhile. The
 * source is not written to, but for folders and files that their own owner (us) may not read: they
 * are made readable for as long as it takes.
 */
#ifndef HOST_GATEWAY_IMAGE_H
#define HOST_GATEWAY_IMAGE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

#define IMAGE_LINKS_MAX   65536
#define IMAGE_DEPTH_MAX   1024    /* folders in one another */
#define IMAGE_FOLDERS_MAX 1000000 /* whose turn is yet to come */

/* May be read while the copy goes on. */
struct image_progress {
    atomic_ullong files, folders, links, skipped, bytes;
};

struct image_spec {
    const char *from; /* a folder */
    const char *to;   /* made; its own folder must be closed to others */
    bool live;        /* it may change: what vanishes is left out, what changes is copied as it is.
                         Otherwise what vanishes is an error: somebody removes it. */
    const atomic_bool *stop;
    void (*tick)(void *user); /* called often; may be NULL */
    void *user;
};

/* On failure (no space: ERR_LIMIT; stopped: ERR_CANCELLED) nothing of it is left behind. */
int image_copy(const struct image_spec *spec, struct image_progress *progress, struct err *e);
/* Until what is in the folder is on the disk, also its own name. */
int image_sync(const char *path, struct err *e);
/* The code and words for errnum: no space, too many open files… */
int image_fail(struct err *e, int errnum, const char *what);

#endif
