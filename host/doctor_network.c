/* SPDX-License-Identifier: MIT
 *
 * What the networks of sandboxes lead to, and whether the names and ports of the gateway work here.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/daemon/ports.h"
#include "host/doctor.h"
#include "host/jail.h"

#define NAMED_MAX 5

/* --- private --- */

void doctor_private_network(struct finding *f)
{
    const char *why = jail_no_way_out();

    if (!why) {
        buf_append_str(&f->text, "own namespace; outbound through slirp4netns");
        return;
    }
    f->level = FINDING_NOTE;
    buf_printf(&f->text, "own namespace, without any way out of it: %s", why);
    buf_append_str(&f->fix, "apt-get install slirp4netns; it needs /dev/net/tun: modprobe tun, and "
                            "mode 0666 for an ordinary user");
}

/* --- shared --- */

/* The name of the process that holds a socket; "" when it cannot be seen. */
static void owner_of(unsigned long inode, char name[32])
{
    cleanup_free char *wanted = xasprintf("socket:[%lu]", inode);
    DIR *proc = opendir("/proc");
    const struct dirent *entry;

    name[0] = '\0';
    while (proc && !name[0] && (entry = readdir(proc))) {
        char path[300], target[64];
        const struct dirent *fd;
        DIR *fds;

        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/fd", entry->d_name);
        fds = opendir(path);
        while (fds && !name[0] && (fd = readdir(fds))) {
            ssize_t n = readlinkat(dirfd(fds), fd->d_name, target, sizeof target - 1);

            target[n > 0 ? n : 0] = '\0';
            if (strcmp(target, wanted) != 0)
                continue;
            snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
            FILE *comm = fopen(path, "re");
            if (comm && fgets(name, 32, comm))
                name[strcspn(name, "\n")] = '\0';
            if (comm)
                fclose(comm);
        }
        if (fds)
            closedir(fds);
    }
    if (proc)
        closedir(proc);
}

static void add_tcp(struct buf *list, size_t *n)
{
    struct listeners l;
    int previous = 0;

    listeners_read(&l);
    for (size_t i = 0; i < l.n; i++) {
        char owner[32] = "";

        if (!l.items[i].reach || l.items[i].port == previous)
            continue;
        previous = l.items[i].port;
        if (++*n > NAMED_MAX)
            continue;
        owner_of(l.items[i].inode, owner);
        buf_printf(list, "%s%d%s%s%s", *n > 1 ? ", " : "", previous, *owner ? " (" : "", owner,
                   *owner ? ")" : "");
    }
    if (*n > NAMED_MAX)
        buf_append_str(list, ", …");
    listeners_finish(&l);
}

bool doctor_abstract_name(const char *line, char name[64])
{
    unsigned flags;
    int at = 0;

    /* Num RefCount Protocol Flags Type St Inode Path; 0x10000: it listens. */
    if (sscanf(line, "%*[^:]: %*x %*x %x %*x %*x %*u %n", &flags, &at) != 1 || !at ||
        line[at] != '@' || !(flags & 0x10000))
        return false;
    snprintf(name, 64, "%s", line + at);
    for (char *p = name; *p; p++)
        if (!isprint((unsigned char)*p))
            *p = '\0';
    return name[1];
}

static void add_abstract(struct buf *list, size_t *n)
{
    FILE *table = fopen("/proc/net/unix", "re");
    char line[512], name[64];

    while (table && fgets(line, sizeof line, table))
        if (doctor_abstract_name(line, name) && ++*n <= NAMED_MAX)
            buf_printf(list, "%s%s", *n > 1 ? ", " : "", name);
    if (table)
        fclose(table);
    if (*n > NAMED_MAX)
        buf_append_str(list, ", …");
}

void doctor_shared_network(struct finding *f)
{
    struct buf tcp = {0}, abstract = {0};
    size_t n_tcp = 0, n_abstract = 0;

    add_tcp(&tcp, &n_tcp);
    add_abstract(&abstract, &n_abstract);
    buf_append_str(&f->text, "sandboxes reach what listens on this machine's loopback addresses");
    if (n_tcp)
        buf_printf(&f->text, ": %zu TCP ports now: %s", n_tcp, tcp.data);
    if (n_abstract)
        buf_printf(&f->text, "; %zu abstract unix sockets now: %s", n_abstract, abstract.data);
    else
        buf_append_str(&f->text, "; and its abstract unix sockets, of which there are none now");
    f->level = FINDING_NOTE;
    buf_append_str(&f->fix, "create sandboxes with \"network\":\"private\" to keep them apart");
    buf_finish(&tcp);
    buf_finish(&abstract);
}

/* --- names and ports --- */

void doctor_host_names(struct finding *f)
{
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM};
    int result = getaddrinfo("sandpit-probe.localhost", NULL, &hints, &found);

    if (!result) {
        freeaddrinfo(found);
        buf_append_str(&f->text, "<id>.localhost leads to this machine");
        return;
    }
    f->level = FINDING_NOTE;
    buf_printf(&f->text,
               "<id>.localhost does not resolve here (%s); browsers and sandpit know it "
               "anyhow, SDK clients do not",
               gai_strerror(result));
    buf_append_str(&f->fix, "apt-get install libnss-myhostname, or --domain with a name that does");
}

static void check_port(struct finding *f, int port, const char *option)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    cleanup_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1, errnum;
    struct listeners l;
    char owner[32] = "";

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (!bind(fd, (struct sockaddr *)&address, sizeof address) && !listen(fd, 1)) {
        buf_printf(&f->text, "127.0.0.1:%d is free", port);
        return;
    }
    errnum = errno;
    listeners_read(&l);
    for (size_t i = listeners_find(&l, port); i < l.n && l.items[i].port == port && !*owner; i++)
        owner_of(l.items[i].inode, owner);
    listeners_finish(&l);
    buf_printf(&f->text, "127.0.0.1:%d: %s%s%s%s", port, strerror(errnum), *owner ? " (by " : "",
               owner, *owner ? ")" : "");
    if (!strcmp(owner, "sandpitd"))
        return;
    f->level = FINDING_NOTE;
    buf_printf(&f->fix, "stop that, or give the gateway another one: %s 127.0.0.1:PORT", option);
}

void doctor_gateway_port(struct finding *f)
{
    check_port(f, 7780, "--listen");
}

void doctor_pubsub_port(struct finding *f)
{
    check_port(f, 6380, "--pubsub");
}
