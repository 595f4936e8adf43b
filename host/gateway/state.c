/* SPDX-License-Identifier: MIT
 *
 * The state folder:
 *   lock           held by the one gateway that uses it
 *   api-key        made at the first start (0600)
 *   keys           further keys, by name (keys.h)
 *   gateway.db     the registry
 *   events.db      what was stored of events
 *   gateway.json   {"pid","url","version"} while a gateway runs: how `sandpit` finds it
 *   snapshots/ID/  root (snapshot.h)
 *   templates/     root file systems by name (template.h)
 *   sandboxes/ID/  root, daemon.sock, daemon.log, daemon.db (its tokens)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "host/gateway/internal.h"
#include "host/gateway/keys.h"

#define KEY_LEN 50
#define KEY_MAX 512

char *state_sandbox_dir(const struct gateway *g, const char *id)
{
    return xasprintf("%s/sandboxes/%s", g->state, id);
}

static char *path_in(const struct gateway *g, const char *name)
{
    return xasprintf("%s/%s", g->state, name);
}

int state_make_folder(const char *path, struct err *e)
{
    cleanup_free char *copy = xstrdup(path);

    for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(copy, 0700) && errno != EEXIST)
            return err_set_errno(e, errno, "state folder %s", copy);
        *slash = '/';
    }
    if (mkdir(copy, 0700) && errno != EEXIST)
        return err_set_errno(e, errno, "state folder %s", copy);
    return 0;
}

static int read_small(const char *path, char *out, size_t cap)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, cap - 1);

    out[n > 0 ? n : 0] = '\0';
    return n < 0 ? -1 : (int)n;
}

static int sync_folder_of(const char *path)
{
    cleanup_free char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    cleanup_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -1 : fsync(fd);
}

int state_write_file(const char *path, const char *text, struct err *e)
{
    cleanup_free char *fresh = xasprintf("%s.new", path);
    cleanup_fd int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return err_set_errno(e, errno, "write %s", path);
    errno = ENOSPC; /* a short write gives no reason of its own */
    if (fchmod(fd, 0600) || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fsync(fd) ||
        rename(fresh, path) || sync_folder_of(path))
        return err_set_errno(e, errno, "write %s", path);
    return 0;
}

static int take_lock(struct gateway *g, struct err *e)
{
    cleanup_free char *path = path_in(g, "lock");
    cleanup_free char *json = path_in(g, "gateway.json");
    char text[512];

    g->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (g->lock_fd < 0) {
        int result = err_set_errno(e, errno, "state folder %s is not writable", g->state);

        err_hint(e, "choose another with --state DIR");
        return result;
    }
    if (!flock(g->lock_fd, LOCK_EX | LOCK_NB))
        return 0;
    if (errno != EWOULDBLOCK)
        return err_set_errno(e, errno, "lock %s", path);
    read_small(json, text, sizeof text);
    int result =
        err_set(e, ERR_CONFLICT, "another gateway runs on the state folder %s %s", g->state, text);
    err_hint(e, "stop it, or choose another folder with --state DIR");
    return result;
}

static int load_key(struct gateway *g, struct err *e)
{
    cleanup_free char *path = path_in(g, "api-key");
    char key[KEY_MAX];

    if (g->config.api_key) {
        g->api_key = xstrdup(g->config.api_key);
        return 0;
    }
    if (read_small(path, key, sizeof key) > 0) {
        key[strcspn(key, "\r\n \t")] = '\0';
        if (!key[0])
            return err_set(e, ERR_ARG, "%s holds no key", path);
        g->api_key = xstrdup(key);
        return 0;
    }
    if (errno != ENOENT && access(path, F_OK) == 0)
        return err_set(e, ERR_IO, "%s cannot be read or is empty", path);
    random_name(key, KEY_LEN);
    g->api_key = xstrdup(key);
    key[KEY_LEN] = '\n';
    key[KEY_LEN + 1] = '\0';
    return state_write_file(path, key, e);
}

int state_open(struct gateway *g, struct err *e)
{
    cleanup_free char *sandboxes = NULL;
    cleanup_free char *db = NULL;
    cleanup_free char *events = NULL;
    char full[4096];
    int result = state_make_folder(g->config.state, e);

    if (result)
        return result;
    g->state = xstrdup(realpath(g->config.state, full) ? full : g->config.state);
    result = take_lock(g, e);
    if (result)
        return result;
    sandboxes = path_in(g, "sandboxes");
    if (mkdir(sandboxes, 0700) && errno != EEXIST)
        return err_set_errno(e, errno, "%s", sandboxes);
    result = load_key(g, e);
    if (result)
        return result;
    g->keys = keys_create(g->state);
    db = path_in(g, "gateway.db");
    g->registry = registry_open(db, e);
    if (!g->registry)
        return -(int)ERR_IO;
    events = path_in(g, "events.db");
    g->events = events_open(events, e);
    return g->events ? 0 : -(int)ERR_IO;
}

void state_close(struct gateway *g)
{
    registry_close(g->registry);
    events_close(g->events);
    if (g->api_key)
        explicit_bzero(g->api_key, strlen(g->api_key));
    free(g->api_key);
    keys_destroy(g->keys);
    free(g->state);
    if (g->lock_fd >= 0)
        close(g->lock_fd);
}

int state_announce(struct gateway *g, struct err *e)
{
    cleanup_free char *path = path_in(g, "gateway.json");
    cJSON *object = cJSON_CreateObject();

    cJSON_AddNumberToObject(object, "pid", getpid());
    cJSON_AddStringToObject(object, "url", g->url);
    cJSON_AddStringToObject(object, "version", SANDPIT_VERSION);
    char *text = cJSON_PrintUnformatted(object);
    int result = state_write_file(path, text, e);
    cJSON_free(text);
    cJSON_Delete(object);
    return result;
}

void state_unannounce(struct gateway *g)
{
    cleanup_free char *path = path_in(g, "gateway.json");

    unlink(path);
}

void state_log_tail(const struct gateway *g, const char *id, char *out, size_t cap)
{
    cleanup_free char *path = xasprintf("%s/sandboxes/%s/daemon.log", g->state, id);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char text[256];
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = size > (off_t)sizeof text ? size - (off_t)sizeof text : 0;
    ssize_t n = fd < 0 ? 0 : pread(fd, text, sizeof text, from);

    while (n > 0 && text[n - 1] == '\n')
        n--;
    text_sanitise(out, cap, text, n > 0 ? (size_t)n : 0);
}
