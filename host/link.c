/* SPDX-License-Identifier: MIT
 *
 * The packets between gateway and daemon, and the settings the daemon is born with.
 *
 * The settings travel in a sealed memfd: neither argv nor environment nor a file ever holds the
 * access token, and nobody can change the settings once they are checked.
 */
#include "host/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

#define SETTINGS_MAX   ((size_t)4 * 1024 * 1024)
#define ENVS_MAX       4096
#define FDS_PER_PACKET 8 /* room to receive, and close, more than the one that is meant */

/* --- settings --- */

struct text_field {
    const char *key;
    size_t offset;
    bool needed;
};

#define FIELD(name, needed)                                                                        \
    {                                                                                              \
#name, offsetof(struct daemon_settings, name), needed                                      \
    }
static const struct text_field fields[] = {
    FIELD(id, true),         FIELD(url, true),       FIELD(subdomain, true),
    FIELD(token, true),      FIELD(provider, false), FIELD(version, false),
    FIELD(directory, false), FIELD(servers, false),  FIELD(overlays, false),
};

static char **field_of(const struct daemon_settings *s, const struct text_field *field)
{
    return (char **)((char *)s + field->offset);
}

void daemon_settings_finish(struct daemon_settings *s)
{
    if (!s)
        return;
    if (s->token)
        explicit_bzero(s->token, strlen(s->token));
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        free(*field_of(s, &fields[i]));
    for (size_t i = 0; i < s->n_envs; i++) {
        free(s->envs[i].name);
        free(s->envs[i].value);
    }
    free(s->envs);
    memset(s, 0, sizeof *s);
}

static bool env_name_ok(const char *name)
{
    return *name && !strchr(name, '=');
}

static int read_envs(struct daemon_settings *s, const cJSON *envs, struct err *e)
{
    const cJSON *env;

    if (!envs)
        return 0;
    if (!cJSON_IsObject(envs) || cJSON_GetArraySize(envs) > ENVS_MAX)
        return err_set(e, ERR_ARG, "envs is not an object of at most %d strings", ENVS_MAX);
    s->envs = xcalloc((size_t)cJSON_GetArraySize(envs) + 1, sizeof *s->envs);
    cJSON_ArrayForEach (env, envs) {
        if (!cJSON_IsString(env) || !env_name_ok(env->string))
            return err_set(e, ERR_ARG, "envs holds something that is no variable");
        s->envs[s->n_envs].name = xstrdup(env->string);
        s->envs[s->n_envs++].value = xstrdup(env->valuestring);
    }
    return 0;
}

static int read_object(struct daemon_settings *s, const cJSON *object, struct err *e)
{
    if (!cJSON_IsObject(object))
        return err_set(e, ERR_ARG, "not a JSON object");
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, fields[i].key);

        if (!item && !fields[i].needed) {
            *field_of(s, &fields[i]) = xstrdup("");
            continue;
        }
        if (!item || !cJSON_IsString(item) || (fields[i].needed && !*item->valuestring))
            return err_set(e, ERR_ARG, "\"%s\" is missing or not a text", fields[i].key);
        *field_of(s, &fields[i]) = xstrdup(item->valuestring);
    }
    s->first = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "first"));
    int r = limits_from_json(&s->limits, cJSON_GetObjectItemCaseSensitive(object, "limits"), e);

    limits_means_from_json(&s->means, cJSON_GetObjectItemCaseSensitive(object, "means"));
    return r ? r : read_envs(s, cJSON_GetObjectItemCaseSensitive(object, "envs"), e);
}

static int read_all(int fd, struct buf *text, struct err *e)
{
    for (;;) {
        ssize_t n = read(fd, buf_reserve(text, 16384), 16384);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(e, errno, "read");
        if (n == 0)
            return 0;
        text->len += (size_t)n;
        if (text->len > SETTINGS_MAX)
            return err_set(e, ERR_LIMIT, "longer than %zu bytes", SETTINGS_MAX);
    }
}

int daemon_settings_read(struct daemon_settings *s, int fd, struct err *e)
{
    struct buf text = {0};
    cJSON *object = NULL;
    int r;

    memset(s, 0, sizeof *s);
    r = read_all(fd, &text, e);
    if (!r) {
        object = cJSON_ParseWithLength(text.data ? text.data : "", text.len);
        r = object ? read_object(s, object, e) : err_set(e, ERR_ARG, "not JSON");
    }
    cJSON_Delete(object);
    if (text.data)
        explicit_bzero(text.data, text.len);
    buf_finish(&text);
    if (r) {
        daemon_settings_finish(s);
        err_wrap(e, "settings");
    }
    return r;
}

static char *settings_text(const struct daemon_settings *s)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *envs = cJSON_AddObjectToObject(object, "envs");
    char *text;

    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const char *value = *field_of(s, &fields[i]);

        cJSON_AddStringToObject(object, fields[i].key, value ? value : "");
    }
    cJSON_AddBoolToObject(object, "first", s->first);
    cJSON_AddItemToObject(object, "limits", limits_to_json(&s->limits));
    cJSON_AddItemToObject(object, "means", limits_means_to_json(&s->means));
    for (size_t i = 0; i < s->n_envs; i++)
        cJSON_AddStringToObject(envs, s->envs[i].name, s->envs[i].value);
    text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
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

int daemon_settings_memfd(const struct daemon_settings *s, struct err *e)
{
    const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    int fd = memfd_create("sandpit-settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    char *text;
    int r;

    if (fd < 0)
        return err_set_errno(e, errno, "settings: memfd_create");
    text = settings_text(s);
    r = text ? write_all(fd, text, strlen(text)) : -ENOMEM;
    if (!r && (fchmod(fd, 0600) || lseek(fd, 0, SEEK_SET) || fcntl(fd, F_ADD_SEALS, seals)))
        r = -errno;
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
    if (r) {
        close(fd);
        return err_set_errno(e, -r, "settings: memfd");
    }
    return fd;
}

/* --- packets --- */

int link_send(int sock, const void *bytes, size_t n, int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {(void *)bytes, n};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t sent;

    if (fd >= 0) {
        struct cmsghdr *c;

        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof control.bytes;
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    do
        sent = sendmsg(sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

/* Collects the descriptors of a packet; returns how many there were. */
static size_t take_fds(struct msghdr *msg, int fds[FDS_PER_PACKET])
{
    size_t n = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        size_t count;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && n < FDS_PER_PACKET; i++)
            memcpy(&fds[n++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
    }
    return n;
}

ssize_t link_recv(int sock, void *bytes, size_t cap, int *fd)
{
    union {
        char bytes[CMSG_SPACE(FDS_PER_PACKET * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {bytes, cap};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof control.bytes};
    int fds[FDS_PER_PACKET];
    size_t n_fds;
    ssize_t n;

    *fd = -1;
    do
        n = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    n_fds = take_fds(&msg, fds);
    if (n_fds > 1 || (n_fds && n == 0) || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
        for (size_t i = 0; i < n_fds; i++)
            close(fds[i]);
        return -EBADMSG;
    }
    if (n_fds)
        *fd = fds[0];
    return n;
}
