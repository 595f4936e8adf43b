/* SPDX-License-Identifier: MIT
 *
 * The daemon's database, out of its guests' reach.
 *
 * Guests have the daemon's uid and its whole file system, so no path inside would do. The gateway
 * opens the database and its write-ahead log beside the sandbox's root, not in it, and the daemon
 * inherits the two as descriptors (host/link.h), which nobody else can open: it is not dumpable, so
 * /proc/1/fd is closed, and its children get none of its descriptors. They are plain files and not
 * a folder, because ".." of a folder would lead out of the sandbox.
 */
#ifndef HOST_DAEMON_STORE_H
#define HOST_DAEMON_STORE_H

#include <sqlite3.h>

#include "base/err.h"

/* Opens the database of the two descriptors (borrowed, for ever); one store a process. What is
 * acknowledged survives kill -9. When they are no files, a database in memory, which does not.
 * NULL with the reason; sqlite3_close it. */
sqlite3 *store_open(int db_fd, int wal_fd, struct err *e);

#endif
