/* SPDX-License-Identifier: MIT
 *
 * One poll loop over pairs of sockets; commands come over a pipe and are answered over another.
 */
#include "tests/e2e/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

#define PAIRS_MAX 64

/* On its way, from pairs[pair][side]; without bytes: the end. */
struct chunk {
    int64_t due_ms;
    int pair, side;
    struct buf bytes;
    STAILQ_ENTRY(chunk) entry;
};

struct proxy {
    pthread_t thread;
    int commands[2], answers[2];
    int listener; /* -1 while cut */
    bool is_hushed;
    int port;
    int pairs[PAIRS_MAX][2]; /* client, host; -1 free */
    atomic_int delay_ms;
    STAILQ_HEAD(chunk_list, chunk)
    chunks; /* in the order of due_ms, as the delay only grows or nothing is under way */
};

static struct sockaddr_in address(const char *ip, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    inet_pton(AF_INET, ip, &at.sin_addr);
    return at;
}

static void open_listener(struct proxy *p)
{
    struct sockaddr_in at = address("127.0.0.1", p->port);
    socklen_t n = sizeof at;

    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(p->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(p->listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(p->listener, 64) < 0)
        abort();
    getsockname(p->listener, (struct sockaddr *)&at, &n);
    p->port = ntohs(at.sin_port);
}

static void drop_chunks(struct proxy *p, int pair)
{
    struct chunk_list kept = STAILQ_HEAD_INITIALIZER(kept);
    struct chunk *c;

    while ((c = STAILQ_FIRST(&p->chunks))) {
        STAILQ_REMOVE_HEAD(&p->chunks, entry);
        if (c->pair != pair) {
            STAILQ_INSERT_TAIL(&kept, c, entry);
            continue;
        }
        buf_finish(&c->bytes);
        free(c);
    }
    STAILQ_CONCAT(&p->chunks, &kept);
}

static void close_pair(struct proxy *p, int i)
{
    drop_chunks(p, i);
    for (int side = 0; side < 2; side++) {
        struct linger reset = {1, 0};

        if (p->pairs[i][side] < 0)
            continue;
        setsockopt(p->pairs[i][side], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(p->pairs[i][side]);
        p->pairs[i][side] = -1;
    }
}

static void accept_one(struct proxy *p)
{
    struct sockaddr_in at = address("127.0.0.2", p->port);
    int client = accept(p->listener, NULL, NULL);
    int host = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (client >= 0 && connect(host, (struct sockaddr *)&at, sizeof at) == 0)
        for (int i = 0; i < PAIRS_MAX; i++)
            if (p->pairs[i][0] < 0) {
                p->pairs[i][0] = client;
                p->pairs[i][1] = host;
                return;
            }
    close(client);
    close(host);
}

static void deliver(struct proxy *p, int i, int side, const char *bytes, ssize_t n)
{
    for (ssize_t sent = 0, k; sent < n; sent += k) {
        k = send(p->pairs[i][!side], bytes + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        if (k <= 0)
            n = -1, k = 0;
    }
    if (n <= 0)
        close_pair(p, i);
}

static void forward(struct proxy *p, int i, int side)
{
    char bytes[65536];
    ssize_t n = read(p->pairs[i][side], bytes, sizeof bytes);
    int delay_ms = atomic_load(&p->delay_ms);

    if (n <= 0 || (!delay_ms && STAILQ_EMPTY(&p->chunks))) {
        deliver(p, i, side, bytes, n);
        return;
    }
    struct chunk *c = xcalloc(1, sizeof *c);
    c->due_ms = clock_mono_ms() + delay_ms;
    c->pair = i;
    c->side = side;
    buf_append(&c->bytes, bytes, (size_t)n);
    STAILQ_INSERT_TAIL(&p->chunks, c, entry);
}

/* Returns when the next is due, as poll wants it. */
static int deliver_due(struct proxy *p)
{
    struct chunk *c;

    while ((c = STAILQ_FIRST(&p->chunks)) && c->due_ms <= clock_mono_ms()) {
        struct chunk now = *c;

        STAILQ_REMOVE_HEAD(&p->chunks, entry);
        free(c);
        deliver(p, now.pair, now.side, now.bytes.data, (ssize_t)now.bytes.len);
        buf_finish(&now.bytes);
    }
    return c ? (int)(c->due_ms - clock_mono_ms()) + 1 : -1;
}

/* Returns false when the thread shall end. */
static bool obey(struct proxy *p)
{
    char command = 'q';
    bool good = read(p->commands[0], &command, 1) == 1;

    if (command == 'm' && p->listener < 0)
        open_listener(p);
    p->is_hushed = command == 'h';
    if (command == 'c' || command == 'q') {
        close(p->listener);
        p->listener = -1;
        for (int i = 0; i < PAIRS_MAX; i++)
            close_pair(p, i);
    }
    good = write(p->answers[1], &command, 1) == 1 && good;
    return good && command != 'q';
}

static void *proxy_run(void *user)
{
    struct proxy *p = user;

    for (;;) {
        struct pollfd polls[2 + 2 * PAIRS_MAX];
        int wait_ms = deliver_due(p);

        polls[0] = (struct pollfd){p->commands[0], POLLIN, 0};
        polls[1] = (struct pollfd){p->is_hushed ? -1 : p->listener, POLLIN, 0};
        for (int i = 0; i < PAIRS_MAX; i++)
            for (int side = 0; side < 2; side++)
                polls[2 + 2 * i + side] =
                    (struct pollfd){p->is_hushed ? -1 : p->pairs[i][side], POLLIN, 0};
        if (poll(polls, ARRAY_LEN(polls), wait_ms) < 0 && errno != EINTR)
            return NULL;
        for (int i = 0; i < 2 * PAIRS_MAX; i++)
            if (polls[2 + i].revents && p->pairs[i / 2][i % 2] == polls[2 + i].fd)
                forward(p, i / 2, i % 2);
        if (polls[1].revents)
            accept_one(p);
        if (polls[0].revents && !obey(p))
            return NULL;
    }
}

struct proxy *proxy_create(void)
{
    struct proxy *p = xcalloc(1, sizeof *p);

    for (int i = 0; i < PAIRS_MAX; i++)
        p->pairs[i][0] = p->pairs[i][1] = -1;
    STAILQ_INIT(&p->chunks);
    open_listener(p);
    if (pipe2(p->commands, O_CLOEXEC) < 0 || pipe2(p->answers, O_CLOEXEC) < 0 ||
        pthread_create(&p->thread, NULL, proxy_run, p))
        abort();
    return p;
}

static void command(struct proxy *p, char c)
{
    if (write(p->commands[1], &c, 1) != 1 || read(p->answers[0], &c, 1) != 1)
        abort();
}

void proxy_destroy(struct proxy *p)
{
    command(p, 'q');
    pthread_join(p->thread, NULL);
    for (int i = 0; i < 2; i++) {
        close(p->commands[i]);
        close(p->answers[i]);
    }
    free(p);
}

int proxy_port(const struct proxy *p)
{
    return p->port;
}

void proxy_cut(struct proxy *p)
{
    command(p, 'c');
}

void proxy_hush(struct proxy *p)
{
    command(p, 'h');
}

void proxy_mend(struct proxy *p)
{
    command(p, 'm');
}

void proxy_delay(struct proxy *p, int ms)
{
    atomic_store(&p->delay_ms, ms);
}
