/* SPDX-License-Identifier: MIT */
#include "host/daemon/ports.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/daemon/process.h"

/* --- the kernel's table --- */

/* Addresses are printed as 32-bit words in the machine's order. */
static bool parse_words(const char *hex, size_t n_words, uint32_t *words)
{
    for (size_t i = 0; i < n_words; i++) {
        char word[9] = "";

        memcpy(word, hex + 8 * i, 8);
        if (strspn(word, "0123456789abcdefABCDEF") != 8)
            return false;
        words[i] = (uint32_t)strtoul(word, NULL, 16);
    }
    return true;
}

static unsigned reach_v4(const void *address)
{
    static const unsigned char any[4], loopback[4] = {127, 0, 0, 1};

    return !memcmp(address, any, 4) || !memcmp(address, loopback, 4) ? PORT_V4 : 0;
}

static void set_reach(struct listener *l, const uint32_t *words, bool v6)
{
    static const unsigned char any[16], loopback[16] = {[15] = 1},
                                        mapped[12] = {[10] = 0xff, [11] = 0xff};
    const unsigned char *address = (const unsigned char *)words;

    if (!v6) {
        l->reach = reach_v4(address);
    } else if (!memcmp(address, mapped, sizeof mapped)) {
        l->reach = reach_v4(address + sizeof mapped);
    } else if (!memcmp(address, any, sizeof any)) {
        l->reach = PORT_V4 | PORT_V6;
    } else if (!memcmp(address, loopback, sizeof loopback)) {
        l->reach = PORT_V6;
    }
}

bool listener_parse(struct listener *l, const char *line, bool v6)
{
    size_t n_hex = v6 ? 32 : 8;
    const char *address = strchr(line, ':');
    uint32_t words[4];
    unsigned port, state;

    memset(l, 0, sizeof *l);
    if (!address)
        return false;
    for (address++; *address == ' '; address++)
        continue;
    if (strlen(address) < n_hex + 6 || address[n_hex] != ':' ||
        !parse_words(address, n_hex / 8, words) ||
        /* local port, remote address:port, state, queues, timer, retransmits, uid, timeout */
        sscanf(address + n_hex, ":%4x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu", &port,
               &state, &l->inode) != 3)
        return false;
    l->port = (int)port;
    set_reach(l, words, v6);
    return state == 0x0a && port && l->inode;
}

static bool read_table(struct listeners *l, const char *path, bool v6)
{
    FILE *table = fopen(path, "re");
    char line[512];

    if (!table)
        return v6; /* a kernel without IPv6 has no such table */
    while (fgets(line, sizeof line, table)) {
        struct listener found;

        if (!listener_parse(&found, line, v6))
            continue;
        if (l->n == LISTENERS_MAX) {
            l->failed = true;
            break;
        }
        if (!(l->n & (l->n + 1)) || !l->items) /* room for 1, 3, 7, 15… */
            l->items = xreallocarray(l->items, 2 * l->n + 2, sizeof *l->items);
        l->items[l->n++] = found;
    }
    if (ferror(table))
        l->failed = true;
    fclose(table);
    return true;
}

/* --- whose they are --- */

static int by_inode(const void *a, const void *b)
{
    const struct listener *x = a, *y = b;

    return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static int by_port(const void *a, const void *b)
{
    const struct listener *x = a, *y = b;

    return x->port != y->port ? x->port - y->port : by_inode(a, b);
}

static void claim(struct listeners *l, int fds, const char *name, pid_t session)
{
    char target[64];
    ssize_t n = readlinkat(fds, name, target, sizeof target - 1);
    struct listener key = {0}, *found;

    if (n <= 8 || memcmp(target, "socket:[", 8) != 0)
        return;
    target[n] = '\0';
    key.inode = strtoul(target + 8, NULL, 10);
    found = bsearch(&key, l->items, l->n, sizeof key, by_inode);
    if (found)
        found->session = session;
}

static void claim_of_process(struct listeners *l, const char *pid)
{
    char path[64];
    const struct dirent *entry;
    pid_t session = process_session(pid);
    DIR *fds;

    snprintf(path, sizeof path, "/proc/%.16s/fd", pid);
    fds = session > 0 ? opendir(path) : NULL;
    if (!fds)
        return;
    while ((entry = readdir(fds)))
        if (isdigit((unsigned char)entry->d_name[0]))
            claim(l, dirfd(fds), entry->d_name, session);
    closedir(fds);
}

static void attribute(struct listeners *l)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;

    if (!proc) {
        l->failed = true;
        return;
    }
    while ((entry = readdir(proc)))
        if (isdigit((unsigned char)entry->d_name[0]) && strcmp(entry->d_name, "1") != 0)
            claim_of_process(l, entry->d_name);
    closedir(proc);
}

void listeners_read(struct listeners *l)
{
    memset(l, 0, sizeof *l);
    if (!read_table(l, "/proc/net/tcp", false) || !read_table(l, "/proc/net/tcp6", true))
        l->failed = true;
    if (!l->n)
        return;
    qsort(l->items, l->n, sizeof *l->items, by_inode);
    attribute(l);
    qsort(l->items, l->n, sizeof *l->items, by_port);
}

void listeners_finish(struct listeners *l)
{
    free(l->items);
    memset(l, 0, sizeof *l);
}

size_t listeners_find(const struct listeners *l, int port)
{
    size_t low = 0, high = l->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (l->items[middle].port < port)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

unsigned listeners_reachable(const struct listeners *l, int port)
{
    unsigned ours = 0, foreign = 0;

    if (l->failed)
        return 0;
    for (size_t i = listeners_find(l, port); i < l->n && l->items[i].port == port; i++) {
        if (l->items[i].session)
            ours |= l->items[i].reach;
        else
            foreign |= l->items[i].reach;
    }
    return ours & ~foreign;
}

/* --- asking --- */

static void begin(struct ports *p);

static void on_work(uv_work_t *work)
{
    struct ports *p = work->data;

    listeners_read(&p->reading);
}

static void on_done(uv_work_t *work, int status)
{
    struct ports *p = work->data;
    struct ports_question *q;

    if (!p->stopped && !status) {
        listeners_finish(&p->found);
        p->found = p->reading;
        memset(&p->reading, 0, sizeof p->reading);
        p->found_ms = p->started_ms;
    }
    /* Still busy, so that questions asked meanwhile wait for the next reading. */
    while ((q = TAILQ_FIRST(&p->answered_next))) {
        TAILQ_REMOVE(&p->answered_next, q, entry);
        q->waiting = false;
        q->on_ports(q, &p->found);
    }
    p->busy = false;
    if (!TAILQ_EMPTY(&p->asked))
        begin(p);
}

static void begin(struct ports *p)
{
    TAILQ_CONCAT(&p->answered_next, &p->asked, entry);
    p->started_ms = clock_mono_ms();
    p->busy = true;
    p->work.data = p;
    uv_queue_work(p->loop, &p->work, on_work, on_done);
}

void ports_init(struct ports *p, uv_loop_t *loop)
{
    memset(p, 0, sizeof *p);
    p->loop = loop;
    TAILQ_INIT(&p->asked);
    TAILQ_INIT(&p->answered_next);
}

void ports_ask(struct ports *p, struct ports_question *q, int64_t max_age_ms)
{
    int64_t now = clock_mono_ms();

    if (p->stopped)
        return;
    if (max_age_ms && p->found_ms && now - p->found_ms <= max_age_ms) {
        q->on_ports(q, &p->found);
        return;
    }
    q->waiting = true;
    TAILQ_INSERT_TAIL(&p->asked, q, entry);
    if (!p->busy)
        begin(p);
}

void ports_forget(struct ports *p, struct ports_question *q)
{
    struct ports_question *other;

    if (!q->waiting)
        return;
    q->waiting = false;
    TAILQ_FOREACH (other, &p->asked, entry) {
        if (other == q) {
            TAILQ_REMOVE(&p->asked, q, entry);
            return;
        }
    }
    TAILQ_REMOVE(&p->answered_next, q, entry);
}

void ports_stop(struct ports *p)
{
    struct ports_question *q;

    p->stopped = true;
    TAILQ_CONCAT(&p->asked, &p->answered_next, entry);
    while ((q = TAILQ_FIRST(&p->asked))) {
        TAILQ_REMOVE(&p->asked, q, entry);
        q->waiting = false;
    }
}

void ports_finish(struct ports *p)
{
    if (p->busy) /* the thread still writes there */
        return;
    listeners_finish(&p->found);
    listeners_finish(&p->reading);
}
