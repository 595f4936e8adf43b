/* SPDX-License-Identifier: MIT
 *
 * output → recording (lines of JSON) → write(2). The lines go to the page cache, so the loop waits
 * no longer than for a copy.
 */
#include "views/recorder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/private_file.h"
#include "vterm/recording.h"

#define SCROLLBACK_LINES 200 /* above the screen it begins with */
#define NAMES_MAX        100 /* recordings of one name begun in one second */

struct recorder {
    int fd;
    char *path; /* owned */
    struct recording *recording;
    uint64_t bytes_max;
    char error[160];
};

static void on_write(void *user, const char *bytes, size_t n)
{
    struct recorder *r = user;

    while (n && !r->error[0]) {
        ssize_t done = write(r->fd, bytes, n);

        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        } else if (errno != EINTR) {
            snprintf(r->error, sizeof r->error, "%s", strerror(errno));
        }
    }
}

/* "alice/demo" begun now: "alice_demo-20261122-204501.cast". */
static char *file_name(const char *label, int turn)
{
    time_t now = time(NULL);
    struct tm tm;
    char when[32], name[100], again[16] = "";

    localtime_r(&now, &tm);
    strftime(when, sizeof when, "%Y%m%d-%H%M%S", &tm);
    snprintf(name, sizeof name, "%s", label);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-_", *c) && !(*c == '.' && c > name))
            *c = '_';
    if (turn)
        snprintf(again, sizeof again, "-%d", turn + 1);
    return xasprintf("%s-%s%s.cast", name, when, again);
}

static int open_file(struct recorder *r, const char *dir, const char *label, struct err *e)
{
    for (int turn = 0; turn < NAMES_MAX; turn++) {
        cleanup_free char *name = file_name(label, turn);

        free(r->path);
        r->path = xasprintf("%s/%s", dir, name);
        r->fd = open(r->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (r->fd >= 0 || errno != EEXIST)
            break;
    }
    return r->fd < 0 ? err_set_errno(e, errno, "cannot write %s", r->path) : 0;
}

struct recorder *recorder_start(const char *dir, const char *label, const struct term *t,
                                uint64_t bytes_max, struct err *e)
{
    struct recorder *r = xcalloc(1, sizeof *r);
    struct recording_config config = {
        .rows = term_rows(t),
        .cols = term_cols(t),
        .wall_ms = clock_wall_ms(),
        .title = label,
        .term = "xterm-256color",
        .bytes_max = bytes_max ? bytes_max : RECORDING_BYTES_MAX,
        .on_write = on_write,
        .user = r,
    };

    r->fd = -1;
    r->bytes_max = config.bytes_max;
    if (private_make_dir(dir, e) < 0 || open_file(r, dir, label, e) < 0) {
        recorder_stop(r);
        return NULL;
    }
    r->recording = recording_create(&config, clock_mono_ns());
    recording_snapshot(r->recording, clock_mono_ns(), t, SCROLLBACK_LINES);
    return r;
}

void recorder_stop(struct recorder *r)
{
    if (!r)
        return;
    if (r->recording)
        recording_destroy(r->recording, clock_mono_ns());
    if (r->fd >= 0)
        close(r->fd);
    free(r->path);
    free(r);
}

void recorder_output(struct recorder *r, const char *bytes, size_t n)
{
    recording_output(r->recording, clock_mono_ns(), bytes, n);
    if (recording_full(r->recording) && !r->error[0])
        snprintf(r->error, sizeof r->error, "it has reached %llu MiB",
                 (unsigned long long)(r->bytes_max >> 20));
}

void recorder_resize(struct recorder *r, int rows, int cols)
{
    recording_resize(r->recording, clock_mono_ns(), rows, cols);
}

bool recorder_pause(struct recorder *r, const struct term *t)
{
    if (recording_paused(r->recording))
        recording_resume(r->recording, clock_mono_ns(), t);
    else
        recording_pause(r->recording, clock_mono_ns());
    return recording_paused(r->recording);
}

bool recorder_paused(const struct recorder *r)
{
    return recording_paused(r->recording);
}

const char *recorder_path(const struct recorder *r)
{
    return r->path;
}

int64_t recorder_elapsed_ms(const struct recorder *r)
{
    return recording_elapsed_ns(r->recording, clock_mono_ns()) / 1000000;
}

const char *recorder_error(const struct recorder *r)
{
    return r->error[0] ? r->error : NULL;
}
