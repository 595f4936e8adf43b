/* SPDX-License-Identifier: MIT
 *
 * The gateway's end of a daemon's unix socket: connections go out, states come in.
 *
 * In a burst the kernel takes only so many packets (EAGAIN) or descriptors in flight
 * (ETOOMANYREFS); what is left waits in a bounded queue until the socket is writable, or for a
 * moment. Paths go through /proc/self/fd, because a socket's path is limited to 107 bytes and a
 * state folder's is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/gateway/internal.h"
#include "host/link.h"

#define SOCKET_NAME "daemon.sock"
#define RETRY_MS    5

static void on_link(uv_poll_t *poll, int status, int events);

/* The address of the socket in the folder; *dir must stay open while it is used. */
static int socket_address(const char *path, struct sockaddr_un *addr, int *dir, struct err *e)
{
    *dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*dir < 0)
        return err_set_errno(e, errno, "%s", path);
    *addr = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(addr->sun_path, sizeof addr->sun_path, "/proc/self/fd/%d/" SOCKET_NAME, *dir);
    return 0;
}

int daemon_link_listen(struct sandbox *s, struct err *e)
{
    cleanup_free char *path = state_sandbox_dir(s->gateway, s->info.id);
    cleanup_fd int dir = -1;
    cleanup_fd int fd = -1;
    struct sockaddr_un addr;
    int result = socket_address(path, &addr, &dir, e);

    if (result)
        return result;
    unlink(addr.sun_path); /* of a daemon that is gone */
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) || listen(fd, 128))
        return err_set_errno(e, errno, "the sandbox's socket");
    return steal_fd(&fd);
}

static int connect_in(const char *path, struct err *e)
{
    cleanup_fd int dir = -1;
    cleanup_fd int fd = -1;
    struct sockaddr_un addr;
    int result = socket_address(path, &addr, &dir, e);

    if (result)
        return result;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof addr))
        return err_set_errno(e, errno, "connect to the sandbox's daemon");
    return steal_fd(&fd);
}

static int connect_socket(struct sandbox *s, struct err *e)
{
    cleanup_free char *path = state_sandbox_dir(s->gateway, s->info.id);

    return connect_in(path, e);
}

bool daemon_link_lives(const char *dir)
{
    struct err e;
    int fd = connect_in(dir, &e);

    if (fd >= 0)
        close(fd);
    return fd >= 0 || (e.code != ERR_REFUSED && e.code != ERR_NOT_FOUND);
}

static void set_events(struct sandbox *s)
{
    int events = UV_READABLE | (s->n_queue ? UV_WRITABLE : 0);

    if (events == s->link_events)
        return;
    s->link_events = events;
    uv_poll_start(s->link, events, on_link);
}

/* Takes fd over. */
static int watch(struct sandbox *s, int fd, struct err *e)
{
    uv_poll_t *poll = xcalloc(1, sizeof *poll);
    int result = uv_poll_init(&s->gateway->loop, poll, fd);

    if (result) {
        free(poll);
        close(fd);
        return err_set_errno(e, -result, "watch the sandbox's daemon");
    }
    poll->data = s;
    s->link = poll;
    s->link_fd = fd;
    s->link_events = 0;
    set_events(s);
    return 0;
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void unwatch(struct sandbox *s)
{
    if (s->link)
        uv_close((uv_handle_t *)steal_pointer(&s->link), on_poll_closed);
    if (s->link_fd >= 0)
        close(steal_fd(&s->link_fd));
}

int daemon_link_connect(struct sandbox *s, struct err *e)
{
    int fd = connect_socket(s, e);

    return fd < 0 ? fd : watch(s, fd, e);
}

static pid_t peer_pid(int fd)
{
    struct ucred cred;
    socklen_t n = sizeof cred;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) ? 0 : cred.pid;
}

/* SO_PEERCRED tells who called listen(2) last before the connection was made. One made before the
 * daemon called it names a gateway, so while it starts a second connection takes its place. */
void daemon_link_identify(struct sandbox *s)
{
    pid_t pid = peer_pid(s->link_fd);

    if (s->phase == PHASE_CREATING || s->phase == PHASE_RESTARTING || pid == getpid()) {
        int fd = connect_socket(s, NULL);

        if (fd < 0)
            return;
        pid = peer_pid(fd);
        if (pid == getpid() || s->n_queue) {
            close(fd);
        } else {
            unwatch(s);
            if (watch(s, fd, NULL))
                return;
        }
    }
    if (pid <= 0 || pid == getpid())
        return;
    s->daemon_pid = pid;
    /* The connection still stands, so the number cannot mean somebody else yet. */
    s->pidfd = pidfd_open(pid, 0);
    if (s->pidfd < 0)
        log_warn("sandbox %s: pidfd_open: %s", s->info.id, strerror(errno));
}

void daemon_link_say(struct sandbox *s, const char *text)
{
    if (s->link_fd >= 0 && link_send(s->link_fd, text, strlen(text), -1))
        log_warn("sandbox %s: its daemon does not take requests", s->info.id);
}

/* --- connections going out --- */

static void on_retry(uv_timer_t *timer);

/* Sends from the queue as far as the kernel lets us. */
static void flush(struct sandbox *s)
{
    struct passed *p;

    while (s->link_fd >= 0 && (p = STAILQ_FIRST(&s->queue))) {
        char text[16] = "c";
        int result;

        if (p->port)
            snprintf(text, sizeof text, "p%d", p->port);
        result = link_send(s->link_fd, text, strlen(text), p->fd);

        if (result == -EAGAIN || result == -EPIPE || result == -ECONNRESET)
            break; /* its end is about to be noticed; another daemon may come */
        if (result == -ETOOMANYREFS) {
            uv_timer_start(&s->retry, on_retry, RETRY_MS, 0);
            break;
        }
        STAILQ_REMOVE_HEAD(&s->queue, entry);
        s->n_queue--;
        close(p->fd);
        free(p);
    }
    if (s->link)
        set_events(s);
}

static void on_retry(uv_timer_t *timer)
{
    flush(timer->data);
}

void daemon_link_pass(struct sandbox *s, int fd, int port)
{
    if ((s->link_fd < 0 && s->phase != PHASE_RESTARTING) || s->n_queue == PASS_QUEUE_MAX) {
        log_warn("sandbox %s: connection dropped", s->info.id);
        close(fd);
        return;
    }
    struct passed *p = xcalloc(1, sizeof *p);
    p->fd = fd;
    p->port = port;
    STAILQ_INSERT_TAIL(&s->queue, p, entry);
    if (s->n_queue++ == 0)
        flush(s);
}

/* --- states coming in --- */

static const struct {
    const char *name;
    void (*take)(struct sandbox *s, const cJSON *packet);
} ops[] = {
    {"state", sandbox_on_state}, {"setup", sandbox_on_setup}, {"refused", sandbox_on_refused},
    {"token", sessions_take},    {"untoken", sessions_drop},  {"event", events_take},
    {"child", child_take},
};

/* Returns false when the connection has ended. */
static bool take_packet(struct sandbox *s)
{
    static char bytes[LINK_PACKET_MAX];
    int fd;
    ssize_t n = link_recv(s->link_fd, bytes, sizeof bytes, &fd);

    if (fd >= 0) /* a daemon has none to give */
        close(fd);
    if (n == 0 || (n < 0 && n != -EAGAIN && n != -EBADMSG))
        return false;
    if (n <= 0)
        return true;
    cJSON *packet = cJSON_ParseWithLength(bytes, (size_t)n);
    const char *op = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(packet, "op"));

    for (size_t i = 0; op && i < ARRAY_LEN(ops); i++)
        if (!strcmp(op, ops[i].name))
            ops[i].take(s, packet);
    cJSON_Delete(packet);
    return true;
}

static void on_link(uv_poll_t *poll, int status, int events)
{
    struct sandbox *s = poll->data;
    bool alive = status == 0;

    if (events & UV_WRITABLE)
        flush(s);
    /* One packet a turn of the loop is enough for what daemons have to say, and no packet handler
     * needs to fear that its connection is exchanged under it. */
    if (alive && (events & UV_READABLE))
        alive = take_packet(s);
    if (!alive)
        sandbox_on_link_end(s);
}

void daemon_link_drop(struct sandbox *s)
{
    unwatch(s);
    uv_timer_stop(&s->retry);
}

void daemon_link_close(struct sandbox *s)
{
    struct passed *p;

    unwatch(s);
    while ((p = STAILQ_FIRST(&s->queue))) {
        STAILQ_REMOVE_HEAD(&s->queue, entry);
        close(p->fd);
        free(p);
    }
    s->n_queue = 0;
    uv_timer_stop(&s->retry);
}
