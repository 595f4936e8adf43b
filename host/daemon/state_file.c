/* SPDX-License-Identifier: MIT */
#include "host/daemon/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/daemon/internal.h"
#include "wire/json.h"

#define FILE_MAX ((size_t)64 * 1024 * 1024)

struct state_save {
    uv_work_t work;
    struct state_file *file;   /* NULL: the daemon ends */
    char *text, *path, *fresh; /* owned */
    struct state_saved_list waiting;
    struct err error;
    int result;
};

/* --- writing --- */

static int write_text(int fd, const struct state_save *save, struct err *e)
{
    const char *text = save->text;
    size_t n = strlen(text);

    while (n) {
        ssize_t written = write(fd, text, n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_set_errno(e, errno, "write %s", save->path);
        text += written;
        n -= (size_t)written;
    }
    return fsync(fd) ? err_set_errno(e, errno, "fsync %s", save->path) : 0;
}

static int write_file(const struct state_save *save, struct err *e)
{
    cleanup_fd int fd = -1;
    int r;

    unlink(save->fresh);
    fd = open(save->fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(e, errno, "%s", save->fresh);
    r = write_text(fd, save, e);
    if (!r && rename(save->fresh, save->path))
        r = err_set_errno(e, errno, "rename to %s", save->path);
    if (r)
        unlink(save->fresh);
    return r;
}

static void on_work(uv_work_t *work)
{
    struct state_save *save = work->data;

    save->result = write_file(save, &save->error);
}

static void begin(struct state_file *f);

static void on_done(uv_work_t *work, int status)
{
    struct state_save *save = work->data;
    struct state_file *f = save->file;
    struct state_saved *saved;

    (void)status; /* nothing is cancelled */
    if (save->result)
        log_warn("state: %s", save->error.text);
    if (f) {
        f->save = NULL;
        if (f->again)
            begin(f);
        while ((saved = TAILQ_FIRST(&save->waiting))) {
            TAILQ_REMOVE(&save->waiting, saved, entry);
            saved->on_saved(saved, save->result ? &save->error : NULL);
        }
    }
    free(save->text);
    free(save->path);
    free(save->fresh);
    free(save);
}

static void begin(struct state_file *f)
{
    struct state_save *save = xcalloc(1, sizeof *save);
    cJSON *object = f->describe(f->user);

    save->work.data = save;
    save->file = f;
    save->text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (!save->text)
        abort(); /* out of memory */
    save->path = xasprintf(STATE_FOLDER "/%s", f->name);
    save->fresh = xasprintf(STATE_FOLDER "/%s.new", f->name);
    TAILQ_INIT(&save->waiting);
    TAILQ_CONCAT(&save->waiting, &f->waiting, entry);
    f->again = false;
    f->save = save;
    uv_queue_work(f->d->loop, &save->work, on_work, on_done);
}

void state_file_init(struct state_file *f, struct daemon *d, const char *name,
                     cJSON *(*describe)(void *user), void *user)
{
    *f = (struct state_file){.d = d, .name = name, .describe = describe, .user = user};
    TAILQ_INIT(&f->waiting);
}

static const struct err ended = {.code = ERR_CANCELLED, .text = "the sandbox ends"};

void state_file_save(struct state_file *f, struct state_saved *saved)
{
    if (f->d->stopping) {
        if (saved)
            saved->on_saved(saved, &ended);
        return;
    }
    if (saved)
        TAILQ_INSERT_TAIL(&f->waiting, saved, entry);
    f->again = true;
    if (!f->save)
        begin(f);
}

void state_file_stop(struct state_file *f)
{
    struct state_saved *saved;

    if (f->save) {
        TAILQ_CONCAT(&f->waiting, &f->save->waiting, entry);
        f->save->file = NULL;
        f->save = NULL;
    }
    while ((saved = TAILQ_FIRST(&f->waiting))) {
        TAILQ_REMOVE(&f->waiting, saved, entry);
        saved->on_saved(saved, &ended);
    }
}

/* --- reading --- */

cJSON *state_file_read(const struct state_file *f)
{
    cleanup_free char *path = xasprintf(STATE_FOLDER "/%s", f->name);
    cleanup_fd int fd = -1;
    cleanup_buf struct buf text = {0};
    struct stat st;
    struct err e;
    cJSON *object;
    ssize_t n;

    mkdir("/var/lib", 0755);
    mkdir(STATE_FOLDER, 0700);
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size > FILE_MAX)
        return NULL;
    while (text.len <= FILE_MAX && (n = read(fd, buf_reserve(&text, 65536), 65536)) > 0)
        text.len += (size_t)n;
    object = json_parse(text.data ? text.data : "", text.len, &e);
    if (!object)
        log_warn("state: %s: %s", path, e.text);
    return object;
}
