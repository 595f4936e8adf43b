/* SPDX-License-Identifier: MIT */
#include "host/gateway/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "host/gateway/internal.h"

#define FILE_BYTES_MAX ((size_t)KEYS_MAX * 256)

struct keys {
    char *path; /* owned */
    struct stat seen;
    bool known; /* seen says something */
    size_t n;
    struct key items[KEYS_MAX];
};

void key_hash(char hex[KEY_HASH_CHARS + 1], const char *value)
{
    uint8_t hash[SHA256_DIGEST_SIZE];
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, strlen(value), (const uint8_t *)value);
    sha256_digest(&ctx, sizeof hash, hash);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

/* --- reading --- */

static bool name_valid(const char *name)
{
    size_t n = strlen(name);

    return n && n <= KEY_NAME_MAX && name[0] != '-' && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n &&
           strcmp(name, KEY_MAIN_NAME) != 0;
}

static void read_line(struct keys *k, const char *line)
{
    struct key key;
    int n = sscanf(line, "%48s %64s %31s", key.name, key.hash, key.created);

    if (n == 3 && k->n < KEYS_MAX && name_valid(key.name) && strlen(key.hash) == KEY_HASH_CHARS)
        k->items[k->n++] = key;
}

static void read_file(struct keys *k, int fd)
{
    struct buf text = {0};
    ssize_t n;
    char *rest = NULL;

    while (text.len < FILE_BYTES_MAX && (n = read(fd, buf_reserve(&text, 4096), 4096)) > 0)
        text.len += (size_t)n;
    buf_append_char(&text, '\0');
    for (char *line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        read_line(k, line);
    buf_finish(&text);
}

struct keys *keys_create(const char *folder)
{
    struct keys *k = xcalloc(1, sizeof *k);

    k->path = xasprintf("%s/keys", folder);
    return k;
}

void keys_destroy(struct keys *k)
{
    if (!k)
        return;
    free(k->path);
    free(k);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

void keys_refresh(struct keys *k)
{
    cleanup_fd int fd = -1;
    struct stat st;

    if (!stat(k->path, &st) && k->known && same_file(&st, &k->seen))
        return;
    k->known = false;
    k->n = 0;
    fd = open(k->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
        return;
    k->seen = st;
    k->known = true;
    read_file(k, fd);
}

const struct key *keys_find_hash(const struct keys *k, const char *hash)
{
    for (size_t i = 0; i < k->n; i++)
        if (!strcmp(k->items[i].hash, hash))
            return &k->items[i];
    return NULL;
}

const struct key *keys_find(const struct keys *k, const char *value)
{
    char hash[KEY_HASH_CHARS + 1];

    if (!k->n)
        return NULL;
    key_hash(hash, value);
    return keys_find_hash(k, hash);
}

const struct key *keys_at(const struct keys *k, size_t i)
{
    return i < k->n ? &k->items[i] : NULL;
}

/* --- writing --- */

static int lock(const char *folder, struct err *e)
{
    cleanup_free char *path = xasprintf("%s/keys.lock", folder);
    cleanup_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0 || flock(fd, LOCK_EX))
        return err_set_errno(e, errno, "%s", path);
    return steal_fd(&fd);
}

static int write_keys(const struct keys *k, struct err *e)
{
    struct buf text = {0};

    buf_append_str(&text, "");
    for (size_t i = 0; i < k->n; i++) {
        cleanup_free char *line =
            xasprintf("%s %s %s\n", k->items[i].name, k->items[i].hash, k->items[i].created);

        buf_append_str(&text, line);
    }
    int result = state_write_file(k->path, text.data ? text.data : "", e);
    buf_finish(&text);
    return result;
}

static struct key *find_name(struct keys *k, const char *name)
{
    for (size_t i = 0; i < k->n; i++)
        if (!strcmp(k->items[i].name, name))
            return &k->items[i];
    return NULL;
}

static int add(struct keys *k, const char *name, char value[KEY_CHARS + 1], struct err *e)
{
    struct key *key = &k->items[k->n];

    if (find_name(k, name))
        return err_set(e, ERR_CONFLICT, "there is a key named %s already", name);
    if (k->n == KEYS_MAX)
        return err_set(e, ERR_LIMIT, "there are %d keys, which is the most", KEYS_MAX);
    k->n++;
    snprintf(key->name, sizeof key->name, "%s", name);
    random_name(value, KEY_CHARS);
    key_hash(key->hash, value);
    clock_format_iso(key->created, clock_wall_ms());
    return write_keys(k, e);
}

static int drop(struct keys *k, const char *name, struct err *e)
{
    struct key *key = find_name(k, name);

    if (!key)
        return err_set(e, ERR_NOT_FOUND, "there is no key named %s", name);
    memmove(key, key + 1, (size_t)(&k->items[k->n] - (key + 1)) * sizeof *key);
    k->n--;
    return write_keys(k, e);
}

int keys_add(const char *folder, const char *name, char value[KEY_CHARS + 1], struct err *e)
{
    cleanup_fd int fd = -1;

    if (!name_valid(name))
        return err_set(
            e, ERR_ARG,
            "a key's name has 1 to %d letters, digits, \"-\", \"_\", \".\", does not begin "
            "with \"-\" or \".\", and is not \"" KEY_MAIN_NAME "\"",
            KEY_NAME_MAX);
    fd = lock(folder, e);
    if (fd < 0)
        return fd;
    struct keys *k = keys_create(folder);
    keys_refresh(k);
    int result = add(k, name, value, e);
    keys_destroy(k);
    return result;
}

int keys_remove(const char *folder, const char *name, struct err *e)
{
    cleanup_fd int fd = lock(folder, e);

    if (fd < 0)
        return fd;
    struct keys *k = keys_create(folder);
    keys_refresh(k);
    int result = drop(k, name, e);
    keys_destroy(k);
    return result;
}
