/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

static struct {
    bool on;
    bool owned;
    int fd;
    enum log_level level;
} sink;

int log_open(const char *path, enum log_level level, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_set_errno(e, errno, "log file %s", path);
    log_close();
    sink.on = sink.owned = true;
    sink.fd = fd;
    sink.level = level;
    return 0;
}

void log_to_fd(int fd, enum log_level level)
{
    log_close();
    sink.on = true;
    sink.fd = fd;
    sink.level = level;
}

void log_close(void)
{
    if (sink.on && sink.owned)
        close(sink.fd);
    sink.on = sink.owned = false;
}

void log_write(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    char raw[2048], line[2304], time[CLOCK_ISO_SIZE];
    va_list args;

    if (!sink.on || level > sink.level)
        return;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    int n = snprintf(line, sizeof line, "%s %d %s ", clock_format_iso(time, clock_wall_ms()),
                     (int)getpid(), names[level]);
    text_sanitise(line + n, sizeof line - (size_t)n - 1, raw, strlen(raw));
    size_t len = strlen(line);
    line[len++] = '\n';
    /* One write, so that lines of two processes do not mix; a full disk must not stop the program.
     */
    if (write(sink.fd, line, len) < 0)
        return;
}
