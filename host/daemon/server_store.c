/* SPDX-License-Identifier: MIT
 *
 * The definitions of servers on disk: one JSON file, replaced whole. The file lies where the
 * sandbox's users can write, so it is read like a request.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/daemon/internal.h"
#include "wire/json.h"

#define FILE_NAME SERVERS_STATE "/servers.json"
#define LOGS      SERVERS_STATE "/servers"
#define FILE_MAX  ((size_t)64 * 1024 * 1024)

struct servers_save {
    uv_work_t work;
    struct servers *all; /* NULL: the daemon ends */
    char *text;          /* owned */
    struct servers_saved_list saves;
    struct err error;
    int result;
};

/* --- writing --- */

static char *describe(const struct servers *all)
{
    cJSON *o = cJSON_CreateObject(), *list;
    const struct server *s;
    char *text;

    cJSON_AddNumberToObject(o, "version", 1);
    list = cJSON_AddArrayToObject(o, "servers");
    for (s = all->by_slug; s; s = s->hh.next) {
        cJSON *item = cJSON_CreateObject();

        if (s->phase == SERVER_ENDING && s->after == AFTER_DELETE) {
            cJSON_Delete(item);
            continue;
        }
        server_spec_write(&s->spec, item, false);
        cJSON_AddNumberToObject(item, "created_ms", (double)s->created_wall_ms);
        cJSON_AddBoolToObject(item, "installed", s->installed);
        cJSON_AddBoolToObject(item, "stopped", s->stopped);
        cJSON_AddItemToArray(list, item);
    }
    text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return text;
}

static int write_text(int fd, const char *text, struct err *e)
{
    size_t n = strlen(text);

    while (n) {
        ssize_t written = write(fd, text, n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_set_errno(e, errno, "write " FILE_NAME);
        text += written;
        n -= (size_t)written;
    }
    return fsync(fd) ? err_set_errno(e, errno, "fsync " FILE_NAME) : 0;
}

static int write_file(const char *text, struct err *e)
{
    static const char temporary[] = FILE_NAME ".new";
    cleanup_fd int fd = -1;
    int r;

    unlink(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(e, errno, "%s", temporary);
    r = write_text(fd, text, e);
    if (!r && rename(temporary, FILE_NAME))
        r = err_set_errno(e, errno, "rename to " FILE_NAME);
    if (r)
        unlink(temporary);
    return r;
}

static void on_work(uv_work_t *work)
{
    struct servers_save *save = work->data;

    save->result = write_file(save->text, &save->error);
}

static void begin(struct servers *all);

static void on_done(uv_work_t *work, int status)
{
    struct servers_save *save = work->data;
    struct servers *all = save->all;
    struct servers_saved *saved;

    (void)status;
    if (save->result)
        log_warn("servers: %s", save->error.text);
    if (all) {
        all->save = NULL;
        if (all->save_again)
            begin(all);
        while ((saved = TAILQ_FIRST(&save->saves))) {
            TAILQ_REMOVE(&save->saves, saved, entry);
            saved->on_saved(saved, save->result ? &save->error : NULL);
        }
    }
    free(save->text);
    free(save);
}

static void begin(struct servers *all)
{
    struct servers_save *save = xcalloc(1, sizeof *save);

    save->work.data = save;
    save->all = all;
    save->text = describe(all);
    TAILQ_INIT(&save->saves);
    TAILQ_CONCAT(&save->saves, &all->saves, entry);
    all->save_again = false;
    all->save = save;
    uv_queue_work(all->d->loop, &save->work, on_work, on_done);
}

void servers_save(struct servers *all, struct servers_saved *saved)
{
    if (saved)
        TAILQ_INSERT_TAIL(&all->saves, saved, entry);
    all->save_again = true;
    if (!all->save)
        begin(all);
}

void servers_store_stop(struct servers *all)
{
    const struct err ended = {.code = ERR_CANCELLED, .text = "the sandbox ends"};
    struct servers_saved *saved;

    if (all->save) {
        TAILQ_CONCAT(&all->saves, &all->save->saves, entry);
        all->save->all = NULL;
        all->save = NULL;
    }
    while ((saved = TAILQ_FIRST(&all->saves))) {
        TAILQ_REMOVE(&all->saves, saved, entry);
        saved->on_saved(saved, &ended);
    }
}

/* --- reading; only when the daemon starts --- */

static cJSON *read_file(void)
{
    cleanup_fd int fd = open(FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct buf text = {0};
    struct stat st;
    struct err e;
    cJSON *object;
    ssize_t n;

    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size > FILE_MAX)
        return NULL;
    while (text.len <= FILE_MAX && (n = read(fd, buf_reserve(&text, 65536), 65536)) > 0)
        text.len += (size_t)n;
    object = json_parse(text.data ? text.data : "", text.len, &e);
    buf_finish(&text);
    if (!object)
        log_warn("servers: " FILE_NAME ": %s", e.text);
    return object;
}

static void load_one(struct servers *all, const cJSON *item)
{
    const cJSON *created = cJSON_GetObjectItemCaseSensitive(item, "created_ms");
    struct server_spec spec;
    struct server *s;
    struct err e;
    bool known;

    if (HASH_COUNT(all->by_slug) >= SERVERS_MAX)
        return;
    if (server_spec_read(&spec, item, &e)) {
        log_warn("servers: " FILE_NAME ": %s", e.text);
        return;
    }
    if (server_find(all, spec.slug)) {
        server_spec_finish(&spec);
        return;
    }
    /* Overlays do not outlive the daemon; what was copied is there. */
    while (spec.n_depends)
        free(spec.depends[--spec.n_depends]);
    known = cJSON_IsNumber(created) && created->valuedouble > 0 && created->valuedouble < 1e15;
    s = server_add(all, &spec, known ? (int64_t)created->valuedouble : clock_wall_ms());
    s->installed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "installed"));
    s->stopped = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "stopped"));
}

static bool is_log(const struct servers *all, const char *name)
{
    const struct server *s;

    for (s = all->by_slug; s; s = s->hh.next) {
        const char *own = strrchr(s->log.path, '/') + 1;
        size_t n = strlen(own);

        if (!strncmp(name, own, n) && (!name[n] || !strcmp(name + n, ".1")))
            return true;
    }
    return false;
}

/* A death between a deletion and the end of its files leaves them. */
static void sweep_logs(const struct servers *all)
{
    DIR *dir = opendir(LOGS);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (entry->d_type == DT_REG && strstr(entry->d_name, ".log") && !is_log(all, entry->d_name))
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}

void servers_load(struct servers *all)
{
    cJSON *object;
    const cJSON *item;
    struct server *s;

    mkdir("/var/lib", 0755);
    mkdir(SERVERS_STATE, 0700);
    mkdir(LOGS, 0700);
    object = read_file();
    cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(object, "servers"))
        load_one(all, item);
    cJSON_Delete(object);
    sweep_logs(all);
    for (s = all->by_slug; s; s = s->hh.next)
        if (s->spec.autostart && !s->stopped)
            server_begin(s);
}
