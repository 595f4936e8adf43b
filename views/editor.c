/* SPDX-License-Identifier: MIT
 *
 * text → private file → the editor has the terminal → what is in the file then → done.
 */
#include "views/editor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"

struct editor {
    struct views_env *env; /* NULL once the program stops */
    uv_process_t process;
    char *folder, *path; /* owned; removed at the end */
    editor_done done;
    void *user;
    void (*drop)(void *user);
    struct buf text; /* what came back */
    struct err error;
    bool is_running;
};

/* --- the file --- */

/* The last part of the name, of characters that no shell or editor minds. */
static void safe_name(char *out, size_t cap, const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t n = 0;

    for (const char *p = slash ? slash + 1 : name; *p && n + 1 < cap; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || (*p && strchr("._-", *p));

        out[n] = plain && !(n == 0 && *p == '-') ? *p : '_';
        n++;
    }
    out[n] = '\0';
    if (!n || strcmp(out, ".") == 0 || strcmp(out, "..") == 0)
        snprintf(out, cap, "text");
}

static const char *runtime_folder(void)
{
    const char *const names[] = {"XDG_RUNTIME_DIR", "TMPDIR"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);

        if (value && *value == '/' && access(value, W_OK | X_OK) == 0)
            return value;
    }
    return "/tmp";
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(fd, bytes, n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        bytes += written;
        n -= (size_t)written;
    }
    return 0;
}

static int create_file(struct editor *ed, const char *name, const char *bytes, size_t n,
                       struct err *e)
{
    char base[128];
    char *folder = xasprintf("%s/sandpit-edit-XXXXXX", runtime_folder());

    if (!mkdtemp(folder)) {
        int result = err_set_errno(e, errno, "cannot make a private folder %s", folder);

        free(folder);
        return result;
    }
    ed->folder = folder;
    safe_name(base, sizeof base, name);
    ed->path = xasprintf("%s/%s", ed->folder, base);
    cleanup_fd int fd = open(ed->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int result = fd < 0 ? -errno : write_all(fd, bytes, n);
    return result < 0 ? err_set_errno(e, -result, "cannot write %s", ed->path) : 0;
}

static void read_back(struct editor *ed)
{
    cleanup_fd int fd = open(ed->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        err_set_errno(&ed->error, errno, "the editor left no file");
        return;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > (off_t)EDITOR_BYTES_MAX) {
        err_set(&ed->error, ERR_LIMIT, "what the editor left is no file of at most %zu MiB",
                EDITOR_BYTES_MAX >> 20);
        return;
    }
    for (size_t room = (size_t)st.st_size; room;) {
        ssize_t n = read(fd, buf_reserve(&ed->text, room), room);

        if (n <= 0)
            break;
        ed->text.len += (size_t)n;
        room -= (size_t)n;
    }
    buf_append_str(&ed->text, "");
}

/* Editors leave backups and swap files beside it: all of one level goes. */
static void remove_file(struct editor *ed)
{
    uv_fs_t scan;
    uv_dirent_t entry;

    if (!ed->folder)
        return;
    if (uv_fs_scandir(NULL, &scan, ed->folder, 0, NULL) >= 0) {
        while (uv_fs_scandir_next(&scan, &entry) >= 0) {
            cleanup_free char *path = xasprintf("%s/%s", ed->folder, entry.name);

            unlink(path);
        }
    }
    uv_fs_req_cleanup(&scan);
    rmdir(ed->folder);
    free(steal_pointer(&ed->folder));
}

/* --- the process --- */

static void destroy(void *data)
{
    struct editor *ed = data;

    remove_file(ed);
    if (ed->drop)
        ed->drop(ed->user);
    free(ed->path);
    /* It may have been a secret. */
    if (ed->text.data)
        explicit_bzero(ed->text.data, ed->text.len);
    buf_finish(&ed->text);
    free(ed);
}

static void tell(struct views_env *env, void *data)
{
    struct editor *ed = data;
    bool failed = ed->error.code != ERR_NONE;

    ed->done(env, ed->user, failed ? NULL : ed->text.data, failed ? 0 : ed->text.len,
             failed ? &ed->error : NULL);
}

static void on_closed(uv_handle_t *handle)
{
    struct editor *ed = handle->data;

    if (ed->env)
        views_later(ed->env, tell, ed, destroy);
    else
        destroy(ed);
}

static void on_exit_of_editor(uv_process_t *process, int64_t status, int signal_number)
{
    struct editor *ed = process->data;

    ed->is_running = false;
    if (ed->env) {
        ed->env->state->editor = NULL;
        tui_enter(ed->env->tui);
        if (status || signal_number)
            err_set(&ed->error, ERR_CANCELLED, "the editor ended with %s %d; nothing was changed",
                    signal_number ? "signal" : "status",
                    signal_number ? signal_number : (int)status);
        else
            read_back(ed);
        remove_file(ed);
    }
    uv_close((uv_handle_t *)process, on_closed);
}

/* The variables may hold arguments ("code --wait"), so that the shell reads them. */
static int start(struct editor *ed, struct err *e)
{
    const char *visual = getenv("VISUAL"), *plain = getenv("EDITOR");
    const char *command = visual && *visual ? visual : plain && *plain ? plain : "vi";
    cleanup_free char *script = xasprintf("%s \"$@\"", command);
    char *args[] = {(char *)"/bin/sh", (char *)"-c", script, (char *)"editor", ed->path, NULL};
    uv_stdio_container_t stdio[3];
    uv_process_options_t options = {.file = "/bin/sh",
                                    .args = args,
                                    .exit_cb = on_exit_of_editor,
                                    .stdio = stdio,
                                    .stdio_count = 3};

    for (int i = 0; i < 3; i++)
        stdio[i] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = i};
    tui_leave(ed->env->tui);
    ed->process.data = ed;
    int status = uv_spawn(tui_loop(ed->env->tui), &ed->process, &options);
    if (!status)
        return 0;
    tui_enter(ed->env->tui);
    err_set(e, ERR_IO, "cannot start %.100s: %s", command, uv_strerror(status));
    err_hint(e, "set VISUAL or EDITOR to an editor of yours");
    return -ERR_IO;
}

void editor_open(struct views_env *env, const char *name, const char *bytes, size_t n,
                 editor_done done, void *user, void (*drop)(void *user))
{
    struct editor *ed = xcalloc(1, sizeof *ed);

    ed->env = env;
    ed->done = done;
    ed->user = user;
    ed->drop = drop;
    if (env->state->editor)
        err_set(&ed->error, ERR_CONFLICT, "an editor is open already");
    else if (!create_file(ed, name, bytes, n, &ed->error) && !start(ed, &ed->error)) {
        ed->is_running = true;
        env->state->editor = ed;
        return;
    }
    /* uv_spawn leaves a handle that must be closed. */
    remove_file(ed);
    if (ed->process.data)
        uv_close((uv_handle_t *)&ed->process, on_closed);
    else
        views_later(env, tell, ed, destroy);
}

static void on_copy_closed(struct views_env *env, void *user, const char *bytes, size_t n,
                           const struct err *e)
{
    /* Nor does it matter how long it was. */
    if (e && e->code != ERR_CANCELLED && e->code != ERR_LIMIT)
        views_toast_error(env, e);
}

void editor_open_copy(struct views_env *env, const char *name, const char *bytes, size_t n)
{
    editor_open(env, name, bytes, n, on_copy_closed, NULL, NULL);
}

void editor_stop(struct views_env *env)
{
    struct editor *ed = env->state->editor;

    if (!ed)
        return;
    env->state->editor = NULL;
    ed->env = NULL;
    remove_file(ed);
    uv_process_kill(&ed->process, SIGHUP);
}
