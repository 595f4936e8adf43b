/* SPDX-License-Identifier: MIT
 *
 * The sandboxes of gateways that cannot list theirs, remembered in a file:
 * {"<gateway URL>": [{sandbox without its token}, …], …}. One file serves several gateways.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/log.h"
#include "client/gateway_internal.h"
#include "wire/names.h"

#define FILE_SIZE_MAX (4u << 20)

static cJSON *read_file(const char *path)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct buf text = {0};
    ssize_t n = 0;

    while (fd >= 0 && text.len < FILE_SIZE_MAX) {
        n = read(fd, buf_reserve(&text, 16384), 16384);
        if (n <= 0)
            break;
        text.len += (size_t)n;
    }
    cJSON *root = text.len ? cJSON_ParseWithLength(text.data, text.len) : NULL;

    if (text.len && !cJSON_IsObject(root))
        log_warn("%s: not a list of known sandboxes, ignored", path);
    buf_finish(&text);
    if (cJSON_IsObject(root))
        return root;
    cJSON_Delete(root);
    return cJSON_CreateObject();
}

static int write_file(const char *path, const char *text)
{
    cleanup_free char *temporary = xasprintf("%s.%d", path, (int)getpid());
    cleanup_fd int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t n = strlen(text), done = 0;

    while (fd >= 0 && done < n) {
        ssize_t step = write(fd, text + done, n - done);

        if (step < 0 && errno == EINTR)
            continue;
        if (step <= 0)
            break;
        done += (size_t)step;
    }
    if (fd < 0 || done < n || fsync(fd) || rename(temporary, path)) {
        int errnum = errno;

        if (fd >= 0)
            unlink(temporary);
        return -errnum;
    }
    return 0;
}

void known_load(struct gateway *g)
{
    const cJSON *item;

    if (!g->known_file)
        return;
    cJSON *root = read_file(g->known_file);

    cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(root, g->url)) {
        struct sandbox_info info;

        if (sandbox_info_from_json(&info, item, NULL))
            continue;
        gateway_take_in(g, &info);
        model_put(g, &info);
        sandbox_info_finish(&info);
    }
    cJSON_Delete(root);
}

static cJSON *known_rows(const struct gateway *g)
{
    cJSON *rows = cJSON_CreateArray();

    for (size_t i = 0; i < g->model.n; i++) {
        const struct sandbox *s = &g->model.order[i]->sandbox;
        struct sandbox_info there = s->info;
        cleanup_free char *id = gateway_id_there(g, s->info.id);

        if (s->gone || !id)
            continue;
        there.id = id;
        cJSON *row = sandbox_info_to_json(&there);
        cJSON_DeleteItemFromObjectCaseSensitive(row, "token");
        cJSON_AddItemToArray(rows, row);
    }
    return rows;
}

void known_save(struct gateway *g)
{
    if (!g->known_file || gateway_has_extension(g, EXT_LIST))
        return;
    /* Read again: another program may have added to another gateway. */
    cJSON *root = read_file(g->known_file);

    cJSON_DeleteItemFromObjectCaseSensitive(root, g->url);
    cJSON_AddItemToObject(root, g->url, known_rows(g));
    char *text = cJSON_Print(root);
    int result = text ? write_file(g->known_file, text) : -ENOMEM;

    if (result)
        log_warn("%s: %s", g->known_file, strerror(-result));
    cJSON_free(text);
    cJSON_Delete(root);
}
