/* SPDX-License-Identifier: MIT
 *
 * Unpacks an archive with tar(1), which the kernel ends together with us. Blocks: for the thread
 * pool.
 *
 * tar gets no capabilities, no environment and no shell; it makes no devices (what is below /dev is
 * left out: sandboxes have their own), takes no absolute names and none with "..", and writes
 * through no link of the archive's.
 */
#ifndef HOST_GATEWAY_UNPACK_H
#define HOST_GATEWAY_UNPACK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

#define UNPACK_TIMEOUT_MS (10 * 60 * 1000)

struct archive_kind {
    const char *suffix, *option; /* option NULL: not compressed */
};

/* By the suffix of a file's name; NULL: none of ours. */
const struct archive_kind *archive_kind_of(const char *name);

/* Into the folder, which must exist; what is there after a failure is the caller's to remove.
 * folder NULL: only reads the archive through. stop may be NULL. No space: ERR_LIMIT. */
int unpack(int archive, const struct archive_kind *kind, const char *folder,
           const atomic_bool *stop, struct err *e);

#endif
