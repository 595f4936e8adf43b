/* SPDX-License-Identifier: MIT
 *
 * A sandbox's working folder is copied to OUTPUT/NAME-ID.part/files, what was recorded of it here
 * comes beside it, tar(1) packs that and compares the archive with it, and only then it gets its
 * name.
 */
#include "app/class_collect.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/private_file.h"
#include "base/text.h"
#include "client/command.h"
#include "client/file.h"

#define FIRST_WORD_MS 20000
#define SILENCE_MS    90000 /* a large folder is listed without a word */
/* The clock of a gateway may go so much before that of this machine. */
#define SKEW_MS 300000

static void answer(struct collector *x, const struct err *e)
{
    x->session->err = e ? *e : (struct err){0};
    x->session->done = true;
}

static void on_silence(uv_timer_t *timer)
{
    struct collector *x = timer->data;
    struct err e;

    err_set(&e, ERR_TIMEOUT, "the sandbox does not answer");
    answer(x, &e);
}

static void be_patient(struct collector *x, uint64_t ms)
{
    uv_timer_start(&x->silence, on_silence, ms, 0);
}

/* 0, or a negative code with the reason in yield->err. */
static int wait_for(struct collector *x)
{
    session_wait(x->session);
    uv_timer_stop(&x->silence);
    if (x->signal)
        return err_set(&x->yield->err, ERR_CANCELLED, "interrupted");
    x->yield->err = x->session->err;
    return -(int)x->session->err.code;
}

/* --- folders here --- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

static int copy_file(const char *from, const char *to, struct err *e)
{
    uv_fs_t request;
    int r = uv_fs_copyfile(NULL, &request, from, to, UV_FS_COPYFILE_FICLONE, NULL);

    uv_fs_req_cleanup(&request);
    return r < 0 ? err_set(e, ERR_IO, "%.300s: %s", from, uv_strerror(r)) : 0;
}

/* Is it named as a recording of this sandbox: label, date, time? */
static bool is_recording(const char *name, const char *label)
{
    size_t n = strlen(label);
    const char *rest = name + n + 1;

    for (size_t i = 0; i < n; i++)
        if (name[i] != label[i])
            return false;
    return name[n] == '-' && strspn(rest, "0123456789") == 8 && rest[8] == '-' &&
           strspn(rest + 9, "0123456789") == 6 && strstr(rest, ".cast");
}

/* Names come again with the next class, whose students are others: what was written last before the
 * sandbox was made is not of it. */
static bool is_earlier(const char *path, const struct sandbox_info *info)
{
    struct stat st;

    return info->created_ms && stat(path, &st) == 0 &&
           (int64_t)st.st_mtime * 1000 + SKEW_MS < info->created_ms;
}

/* What the wall or a pane recorded of it on this machine: copies, the recordings stay. */
static int add_recordings(struct collector *x, const char *part)
{
    const char *from = x->session->app->paths.recordings_dir;
    cleanup_free char *label = sandbox_label(&x->yield->info);
    cleanup_free char *to = xasprintf("%s/recordings", part);
    DIR *dir = opendir(from);
    int result = 0;

    for (char *c = label; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-_", *c) && !(*c == '.' && c > label))
            *c = '_';
    for (struct dirent *entry; dir && !result && (entry = readdir(dir));) {
        if (!is_recording(entry->d_name, label))
            continue;
        cleanup_free char *source = xasprintf("%s/%s", from, entry->d_name);
        cleanup_free char *target = xasprintf("%s/%s", to, entry->d_name);

        if (is_earlier(source, &x->yield->info)) {
            x->yield->earlier++;
            continue;
        }
        result = private_make_dir(to, &x->yield->err);
        if (!result)
            result = copy_file(source, target, &x->yield->err);
        x->yield->recordings += !result;
    }
    if (dir)
        closedir(dir);
    return result;
}

static int write_notes(struct collector *x, const char *part)
{
    cleanup_free char *path = xasprintf("%s/left-out.txt", part);
    FILE *f = x->notes.len ? fopen(path, "wx") : NULL;

    if (!x->notes.len)
        return 0;
    if (!f || fputs(x->notes.data, f) < 0 || fflush(f)) {
        if (f)
            fclose(f);
        return err_set(&x->yield->err, ERR_IO, "cannot write %.300s", path);
    }
    fclose(f);
    return 0;
}

/* --- out of the sandbox --- */

static void on_home(void *user, const char *bytes, size_t n, const struct err *e)
{
    struct collector *x = user;

    x->asking = NULL;
    if (!e)
        x->home = xstrndup(bytes, n);
    answer(x, e);
}

/* A link that leads elsewhere or a socket holds no work; anything else that is left out does. */
static void on_note(void *user, const char *text)
{
    struct collector *x = user;
    char safe[512];

    text_sanitise(safe, sizeof safe, text, strlen(text));
    buf_printf(&x->notes, "%s\n", safe);
    if (!strstr(text, ": a link that leads out") && !strstr(text, ": neither a file"))
        x->is_partial = true;
}

static void on_progress(void *user, const struct transfer_progress *p)
{
    be_patient(user, SILENCE_MS);
}

static void on_copied(void *user, const struct transfer_progress *p, const struct err *e)
{
    struct collector *x = user;

    x->transfer = NULL;
    x->yield->files = p->files_done;
    x->yield->bytes = p->bytes_done;
    answer(x, e);
}

static void on_unreadable(void *user, const struct command_result *c, const struct err *e)
{
    struct collector *x = user;

    x->asking = NULL;
    for (size_t at = 0, n; !e && at < c->out_len; at += n + 1) {
        const char *line = c->out + at, *end = memchr(line, '\n', c->out_len - at);
        char safe[512];

        n = end ? (size_t)(end - line) : c->out_len - at;
        text_sanitise(safe, sizeof safe, line, n);
        buf_printf(&x->notes, "%s: its owner may not read it\n", safe);
        x->is_partial = true;
    }
    answer(x, e);
}

/* The listing of a transfer is silent about folders it cannot look into. */
static int find_unreadable(struct collector *x, struct remote *remote)
{
    const struct command_options o = {
        .command = "find . \\( -type d ! -perm -500 -o -type f ! -perm -400 \\) -print 2>/dev/null "
                   "| head -n 1000",
        .cwd = x->home};

    x->asking = command_run(remote, &o, on_unreadable, x);
    int result = wait_for(x); /* calls have a deadline of their own */

    request_cancel(steal_pointer(&x->asking));
    return result;
}

static int copy_files(struct collector *x, struct remote *remote, const char *part)
{
    cleanup_free char *to = xasprintf("%s/files", part);

    x->asking = file_home(remote, on_home, x);
    be_patient(x, FIRST_WORD_MS);
    int result = wait_for(x);

    request_cancel(steal_pointer(&x->asking));
    if (!result)
        result = find_unreadable(x, remote);
    if (result < 0)
        return result;
    const struct transfer_options o = {.is_recursive = true,
                                       .local = to,
                                       .remote = x->home,
                                       .on_progress = on_progress,
                                       .on_note = on_note,
                                       .on_done = on_copied};

    x->transfer = transfer_start(remote, &o, x);
    be_patient(x, SILENCE_MS);
    result = wait_for(x);

    transfer_cancel(steal_pointer(&x->transfer));
    return result;
}

/* --- the archive --- */

static void on_closed(uv_handle_t *handle)
{
    handle->data = NULL;
}

static void on_tar_exit(uv_process_t *process, int64_t status, int signal)
{
    struct collector *x = process->data;

    x->exit_status = signal ? 128 + signal : status;
    uv_close((uv_handle_t *)process, on_closed);
}

/* tar MODE --file ARCHIVE --directory PART . */
static int tar(struct collector *x, const char *mode, const char *archive, const char *part)
{
    const char *args[] = {"tar", mode, "--gzip", "--file", archive, "--directory", part, ".", NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD, .data.fd = 2}};
    uv_process_options_t o = {.file = "tar",
                              .args = (char **)args,
                              .exit_cb = on_tar_exit,
                              .stdio = stdio,
                              .stdio_count = 3};
    uv_process_t process = {.data = x};
    int r = uv_spawn(&x->session->loop, &process, &o);

    if (r < 0)
        uv_close((uv_handle_t *)&process, on_closed);
    while (process.data)
        uv_run(&x->session->loop, UV_RUN_ONCE);
    if (r < 0)
        return err_set(&x->yield->err, ERR_IO, "cannot run tar: %s", uv_strerror(r));
    if (x->exit_status)
        return err_set(&x->yield->err, ERR_IO, "tar %s failed with status %d", mode,
                       (int)x->exit_status);
    return 0;
}

static int sync_path(const char *path, struct err *e)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

    return fd < 0 || fsync(fd) < 0 ? err_set(e, ERR_IO, "cannot write %.300s", path) : 0;
}

/* It has its name only when it is on the disk and holds what was copied. */
static int pack(struct collector *x, const char *part, const char *archive)
{
    cleanup_free char *unfinished = xasprintf("%s.new", archive);
    struct err *e = &x->yield->err;
    mode_t mask = umask(077);
    int result = tar(x, "--create", unfinished, part);

    umask(mask);
    if (!result)
        result = tar(x, "--compare", unfinished, part);
    if (!result)
        result = sync_path(unfinished, e);
    if (!result && rename(unfinished, archive) < 0)
        result = err_set(e, ERR_IO, "cannot write %.300s", archive);
    if (!result)
        result = sync_path(x->output, e);
    if (result < 0)
        unlink(unfinished);
    return result;
}

void collector_take(struct collector *x, struct yield *y)
{
    const char *name = y->info.name[0] ? y->info.name : "sandbox";
    char *safe = xasprintf("%s-%s", name, y->info.id);
    struct remote *remote = remote_acquire(x->session->gateway, y->info.id);

    x->yield = y;
    x->is_partial = false;
    buf_clear(&x->notes);
    for (char *c = safe; *c; c++)
        if (*c == '/' || (unsigned char)*c < ' ' || (*c == '.' && c == safe))
            *c = '_';
    cleanup_free char *part = xasprintf("%s/%s.part", x->output, safe);
    cleanup_free char *archive = xasprintf("%s/%s.tar.gz", x->output, safe);

    remove_tree(part);
    int result = private_make_dir(part, &y->err);
    if (!result)
        result = copy_files(x, remote, part);
    if (!result)
        result = add_recordings(x, part);
    if (!result)
        result = write_notes(x, part);
    if (!result)
        result = pack(x, part, archive);
    remove_tree(part);
    if (!result)
        y->archive = steal_pointer(&archive);
    y->state = result ? YIELD_FAILED : x->is_partial ? YIELD_PARTIAL : YIELD_WHOLE;
    if (y->state == YIELD_PARTIAL)
        err_set(&y->err, ERR_UNSUPPORTED,
                "some files could not be copied: left-out.txt in the archive names them");
    remote_release(remote);
    free(safe);
    free(steal_pointer(&x->home));
}

/* --- its life --- */

void yield_finish(struct yield *y)
{
    sandbox_info_finish(&y->info);
    free(y->archive);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct collector *x = handle->data;

    x->signal = number;
    x->session->done = true;
}

void collector_init(struct collector *x, struct session *s, const char *output)
{
    static const int numbers[COLLECTOR_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

    *x = (struct collector){.session = s, .output = output};
    uv_timer_init(&s->loop, &x->silence);
    x->silence.data = x;
    for (size_t i = 0; i < COLLECTOR_SIGNALS; i++) {
        uv_signal_init(&s->loop, &x->signals[i]);
        x->signals[i].data = x;
        uv_signal_start(&x->signals[i], on_signal, numbers[i]);
    }
}

void collector_finish(struct collector *x)
{
    for (size_t i = 0; i < COLLECTOR_SIGNALS; i++)
        uv_close((uv_handle_t *)&x->signals[i], on_closed);
    for (size_t i = 0; i < COLLECTOR_SIGNALS; i++)
        while (x->signals[i].data)
            uv_run(&x->session->loop, UV_RUN_NOWAIT);
    uv_close((uv_handle_t *)&x->silence, on_closed);
    while (x->silence.data)
        uv_run(&x->session->loop, UV_RUN_NOWAIT);
    buf_finish(&x->notes);
}
