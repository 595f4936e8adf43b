/* SPDX-License-Identifier: MIT */
#include "host/daemon/watcher.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/text.h"
#include "host/daemon/internal.h"
#include "wire/base64.h"
#include "wire/names.h"

#define QUEUE_HIGH 256 /* of a subscribed watcher: looking stops */
#define FRAME_CAP  ((size_t)800 * 1024)

struct watch_event {
    STAILQ_ENTRY(watch_event) entry;
    enum tree_event event;
    char path[]; /* relative to the tree's root */
};

static const char *const event_names[] = {
    [TREE_ADD] = "add",        [TREE_CHANGE] = "change",        [TREE_UNLINK] = "unlink",
    [TREE_ADD_DIR] = "addDir", [TREE_UNLINK_DIR] = "unlinkDir",
};

/* --- paths --- */

/* The path below what is watched; "" for that itself. */
static const char *below(const struct watcher *w, const char *path)
{
    size_t n = w->tree.only ? strlen(w->tree.only) : 0;

    return path[n] == '/' ? path + n + 1 : path + n;
}

static bool is_ignored(struct tree *tree, const char *path)
{
    const struct watcher *w = (struct watcher *)tree;

    return ignore_matches(&w->options.ignore, below(w, path));
}

/* --- sending --- */

enum content { CONTENT_READ, CONTENT_NONE, CONTENT_LONG };

/* NONE: it is no file any more, or cannot be read. Nothing here waits: FIFOs and the like are
 * opened without blocking and then found out. */
static enum content read_content(const char *path, struct buf *out)
{
    const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                                 .resolve = RESOLVE_NO_SYMLINKS};
    cleanup_fd int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
        return CONTENT_NONE;
    if ((uint64_t)st.st_size > WATCHER_CONTENT_MAX)
        return CONTENT_LONG;
    while (out->len <= WATCHER_CONTENT_MAX) {
        ssize_t n = read(fd, buf_reserve(out, 65536), 65536);

        if (n <= 0)
            return n ? CONTENT_NONE : CONTENT_READ;
        out->len += (size_t)n;
    }
    return CONTENT_LONG;
}

static struct slice text_of(const struct buf *b)
{
    return (struct slice){b->data ? b->data : "", b->len};
}

static enum content content_text(const struct watcher *w, const char *path, struct buf *text)
{
    cleanup_free char *real = xasprintf("%s/%s", w->tree.root, path);
    cleanup_buf struct buf raw = {0};
    enum content found = read_content(real, &raw);

    if (found != CONTENT_READ)
        return found;
    if (w->options.base64)
        base64_encode(text, raw.data ? raw.data : "", raw.len);
    else
        utf8_repair(text, raw.data ? raw.data : "", raw.len);
    /* JSON may need six bytes for one. */
    if (text->len > FRAME_CAP / 6) {
        size_t n = text->len;

        for (size_t i = 0; i < text->len; i++)
            n += (unsigned char)text->data[i] < ' ' ? 5
                                                    : text->data[i] == '"' || text->data[i] == '\\';
        if (n > FRAME_CAP)
            return CONTENT_LONG;
    }
    return CONTENT_READ;
}

static void add_content(const struct watcher *w, const char *path, struct message *m,
                        struct buf *text)
{
    enum content found = content_text(w, path, text);

    if (found == CONTENT_LONG)
        message_add_boolean(m, "content_omitted", true);
    if (found != CONTENT_READ)
        return;
    message_add_string(m, "content", text_of(text));
    message_add_string(m, "encoding", SLICE(w->options.base64 ? "base64" : "raw"));
}

static struct slice channel_of(const struct watcher *w, char channel[64])
{
    int n = snprintf(channel, 64, CHANNEL_WATCHER_PREFIX "%s", w->id);

    return (struct slice){channel, (size_t)n};
}

static void send_event(const struct watcher *w, const struct watch_event *event)
{
    cleanup_buf struct buf path = {0};
    cleanup_buf struct buf text = {0};
    cleanup_free char *full = NULL;
    const char *rest = below(w, event->path);
    char channel[64];
    struct message m;

    full = xasprintf("%s%s%s", strcmp(w->options.path, "/") ? w->options.path : "",
                     *rest ? "/" : "", rest);
    utf8_repair(&path, full, strlen(full));
    message_init(&m, MSG_FILE_CHANGED, channel_of(w, channel));
    message_add_string(&m, "event", SLICE(event_names[event->event]));
    message_add_string(&m, "path", text_of(&path));
    if (w->options.include_content && (event->event == TREE_ADD || event->event == TREE_CHANGE))
        add_content(w, event->path, &m, &text);
    sockets_publish_native(w->d, &m);
    message_finish(&m);
}

static void publish_about(const struct watcher *w, const char *type, const char *text)
{
    char channel[64];
    struct message m;

    message_init(&m, type, channel_of(w, channel));
    message_add_string(&m, "id", SLICE(w->id));
    message_add_string(&m, "message", SLICE(text));
    sockets_publish(w->d, &m);
    message_finish(&m);
}

static void pump(struct watcher *w)
{
    struct watch_event *event;
    char channel[64];

    channel_of(w, channel);
    while (w->subscribed && (event = STAILQ_FIRST(&w->queue)) &&
           !sockets_channel_full(w->d, channel)) {
        STAILQ_REMOVE_HEAD(&w->queue, entry);
        w->n_queue--;
        send_event(w, event);
        free(event);
    }
    if (w->lost && w->subscribed && !w->n_queue) {
        w->lost = false;
        publish_about(w, MSG_WATCHER_OVERFLOW, "events were lost");
    }
}

static void update_flow(struct watchers *all)
{
    const struct watcher *w;
    bool behind = false;

    for (w = all->by_id; w; w = w->hh.next)
        behind |= w->subscribed && w->n_queue >= QUEUE_HIGH;
    trees_pause(&all->trees, behind);
}

void watchers_resume(struct daemon *d)
{
    struct watcher *w;

    for (w = d->watchers.by_id; w; w = w->hh.next)
        pump(w);
    update_flow(&d->watchers);
}

void watchers_subscribed(struct daemon *d, const char *channel)
{
    size_t n = strlen(CHANNEL_WATCHER_PREFIX);
    struct watcher *w = strncmp(channel, CHANNEL_WATCHER_PREFIX, n) != 0
                            ? NULL
                            : watcher_find(&d->watchers, SLICE(channel + n));

    if (!w)
        return;
    w->subscribed = true;
    pump(w);
    update_flow(&d->watchers);
}

/* --- the tree --- */

static void on_event(struct tree *tree, enum tree_event event, const char *path)
{
    struct watcher *w = (struct watcher *)tree;
    size_t n = strlen(path);
    struct watch_event *item;

    if (w->n_queue >= WATCHER_QUEUE_MAX) {
        w->lost = true;
        return;
    }
    item = xcalloc(1, sizeof *item + n + 1);
    item->event = event;
    memcpy(item->path, path, n + 1);
    STAILQ_INSERT_TAIL(&w->queue, item, entry);
    w->n_queue++;
    pump(w);
    if (w->n_queue >= QUEUE_HIGH)
        update_flow(&w->d->watchers);
}

static void on_tree_ready(struct tree *tree)
{
    struct watcher *w = (struct watcher *)tree;
    void (*on_ready)(struct watcher *, void *) = w->on_ready;

    w->on_ready = NULL;
    if (on_ready)
        on_ready(w, w->user);
}

static void on_overflow(struct tree *tree)
{
    struct watcher *w = (struct watcher *)tree;

    w->lost = true;
    pump(w);
}

static const struct tree_ops ops = {
    .on_event = on_event,
    .on_ready = on_tree_ready,
    .on_overflow = on_overflow,
    .ignored = is_ignored,
};

/* --- life --- */

void watcher_options_finish(struct watcher_options *o)
{
    free(o->path);
    free(o->real);
    cJSON_Delete(o->ignored);
    ignore_finish(&o->ignore);
    memset(o, 0, sizeof *o);
}

static void watcher_free(struct watcher *w)
{
    struct watch_event *event;

    while ((event = STAILQ_FIRST(&w->queue))) {
        STAILQ_REMOVE_HEAD(&w->queue, entry);
        free(event);
    }
    tree_close(&w->tree);
    watcher_options_finish(&w->options);
    free(w);
}

static void tell_event(const struct watcher *w, const char *type)
{
    cJSON *data = event_data("watcherId", w->id);

    event_add_text(data, "path", w->options.real);
    event_tell(w->d, type, data);
}

struct watcher *watcher_create(struct watchers *all, struct watcher_options *options, struct err *e)
{
    char name[ID_CHARS + 1];
    struct watcher *w;

    if (HASH_COUNT(all->by_id) >= WATCHERS_MAX) {
        err_set(e, ERR_LIMIT, "%d watchers exist, which is the most", WATCHERS_MAX);
        return NULL;
    }
    w = xcalloc(1, sizeof *w);
    w->d = all->d;
    w->tree.ops = &ops;
    STAILQ_INIT(&w->queue);
    snprintf(w->id, sizeof w->id, "watcher-%s", random_name(name, ID_CHARS));
    w->options = *options;
    memset(options, 0, sizeof *options);
    if (tree_open(&all->trees, &w->tree, w->options.real, e)) {
        watcher_free(w);
        return NULL;
    }
    HASH_ADD_STR(all->by_id, id, w);
    tell_event(w, "watcher.created");
    return w;
}

void watcher_destroy(struct watcher *w)
{
    struct watchers *all = &w->d->watchers;

    publish_about(w, MSG_WATCHER_DESTROYED, "watcher destroyed");
    HASH_DEL(all->by_id, w);
    tell_event(w, "watcher.destroyed");
    watcher_free(w);
    update_flow(all);
}

void watcher_announce(const struct watcher *w)
{
    struct socket *s;
    char channel[64];

    channel_of(w, channel);
    TAILQ_FOREACH (s, &w->d->sockets.list, entry)
        socket_send_json(s, MSG_WATCHER_CREATED, channel, watcher_info(w));
}

struct watcher *watcher_find(struct watchers *all, struct slice id)
{
    struct watcher *w;

    HASH_FIND(hh, all->by_id, id.data, id.len, w);
    return w;
}

cJSON *watcher_info(const struct watcher *w)
{
    const char *url = w->d->settings.url;
    const char *rest = strstr(url, "://");
    cleanup_free char *ws_url =
        xasprintf("%s%s/ws", strncmp(url, "https", 5) ? "ws" : "wss", rest ? rest : "");
    cJSON *info = cJSON_CreateObject();
    char channel[64];

    channel_of(w, channel);
    cJSON_AddStringToObject(info, "id", w->id);
    cJSON_AddStringToObject(info, "path", w->options.path);
    cJSON_AddBoolToObject(info, "includeContent", w->options.include_content);
    cJSON_AddItemToObject(info, "ignored", cJSON_Duplicate(w->options.ignored, true));
    cJSON_AddStringToObject(info, "status", "active");
    cJSON_AddStringToObject(info, "channel", channel);
    cJSON_AddStringToObject(info, "encoding", w->options.base64 ? "base64" : "raw");
    cJSON_AddStringToObject(info, "ws_url", ws_url);
    cJSON_AddBoolToObject(info, "limited", w->tree.limited);
    return info;
}

void watchers_init(struct watchers *w, struct daemon *d)
{
    w->d = d;
    trees_init(&w->trees, d->loop);
}

void watchers_finish(struct watchers *all)
{
    struct watcher *w, *next;

    HASH_ITER (hh, all->by_id, w, next) {
        HASH_DEL(all->by_id, w); // NOLINT(clang-analyzer-unix.Malloc): nor HASH_DEL
        watcher_free(w);
    }
    trees_finish(&all->trees);
}
