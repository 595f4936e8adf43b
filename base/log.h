/* SPDX-License-Identifier: MIT
 *
 * The program's log: lines with a time and a level, to a file or a descriptor, off by default.
 * One per process (it must work from anywhere, also before anything else exists). Secrets must not
 * be passed to it: it does not know them.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Appends to the file at path (created with mode 0600). */
int log_open(const char *path, enum log_level level, struct err *e);
/* Writes to fd, which stays the caller's. */
void log_to_fd(int fd, enum log_level level);
void log_close(void);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
