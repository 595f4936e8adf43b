/* SPDX-License-Identifier: MIT
 *
 * Env files over HTTP, and the difference of two sets of variables.
 */
#include "client/env.h"

#include <string.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/fields.h"

#define VARIABLES_MAX 10000

static char *env_path(const char *file)
{
    struct buf path = {0};

    buf_append_str(&path, "/env?file=");
    url_encode(&path, SLICE(file));
    return buf_steal(&path);
}

static void on_variables(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *variables = cJSON_GetObjectItemCaseSensitive(data, "variables"), *item;
    size_t cap = (size_t)cJSON_GetArraySize(variables), n = 0;
    struct env_variable *all = xcalloc(cap + 1, sizeof *all);
    struct err own;

    if (!e && !cJSON_IsObject(variables)) {
        call_unreadable(c, &own, "the answer holds no variables");
        e = &own;
    }
    cJSON_ArrayForEach (item, variables) {
        if (n < VARIABLES_MAX && cJSON_IsString(item) && item->string && item->string[0])
            all[n++] = (struct env_variable){item->string, item->valuestring};
    }
    ((env_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *env_get(struct remote *r, const char *file, env_cb cb, void *user)
{
    return call_start(call_create(r, "GET", env_path(file), on_variables, (call_cb)cb, user));
}

struct request *env_set(struct remote *r, const char *file, const struct env_variable *all,
                        size_t n, gateway_done_cb cb, void *user)
{
    struct remote_call *c = call_create(r, "POST", env_path(file), call_on_done, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();
    cJSON *variables = cJSON_AddObjectToObject(body, "variables");

    for (size_t i = 0; i < n; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(variables, all[i].name);
        cJSON_AddStringToObject(variables, all[i].name, all[i].value);
    }
    call_set_body(c, body);
    return call_start(c);
}

static void on_removed(struct remote_call *c, const cJSON *data, const struct err *e)
{
    const cJSON *keys = cJSON_GetObjectItemCaseSensitive(data, "keys"), *item;
    struct env_variable *all = xcalloc((size_t)cJSON_GetArraySize(keys) + 1, sizeof *all);
    size_t n = 0;

    cJSON_ArrayForEach (item, keys) {
        if (cJSON_IsString(item))
            all[n++] = (struct env_variable){item->valuestring, ""};
    }
    ((env_cb)c->cb)(c->user, e ? NULL : all, e ? 0 : n, e);
    free(all);
}

struct request *env_remove(struct remote *r, const char *file, const char *const *names, size_t n,
                           env_cb cb, void *user)
{
    struct remote_call *c = call_create(r, "DELETE", env_path(file), on_removed, (call_cb)cb, user);
    cJSON *body = cJSON_CreateObject();
    cJSON *keys = cJSON_AddArrayToObject(body, "keys");

    for (size_t i = 0; i < n; i++)
        cJSON_AddItemToArray(keys, cJSON_CreateString(names[i]));
    call_set_body(c, body);
    return call_start(c);
}

/* Asked with GET: curl would wait for the body of a HEAD made as a custom request. */
static void on_exists(struct remote_call *c, const cJSON *data, const struct err *e)
{
    bool is_answer = !e || e->http_status == 404;

    ((env_exists_cb)c->cb)(c->user, !e, is_answer ? NULL : e);
}

struct request *env_exists(struct remote *r, const char *file, env_exists_cb cb, void *user)
{
    return call_start(call_create(r, "GET", env_path(file), on_exists, (call_cb)cb, user));
}

/* --- comparing --- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct env_variable *)a)->name, ((const struct env_variable *)b)->name);
}

/* A sorted copy with the last of each name; the sort is made stable by their places. */
static struct env_variable *sorted(const struct env_variable *all, size_t n, size_t *n_sorted)
{
    struct env_variable *copy = xcalloc(n + 1, sizeof *copy);
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        bool is_last = true;

        for (size_t k = i + 1; k < n && is_last; k++)
            is_last = strcmp(all[i].name, all[k].name) != 0;
        if (is_last)
            copy[kept++] = all[i];
    }
    qsort(copy, kept, sizeof *copy, by_name);
    *n_sorted = kept;
    return copy;
}

struct env_difference *env_diff(const struct env_variable *before, size_t n_before,
                                const struct env_variable *after, size_t n_after, size_t *n)
{
    size_t n_old, n_new, i = 0, k = 0;
    cleanup_free struct env_variable *old = sorted(before, n_before, &n_old);
    cleanup_free struct env_variable *new = sorted(after, n_after, &n_new);
    struct env_difference *all = xcalloc(n_old + n_new + 1, sizeof *all);

    for (*n = 0; i < n_old || k < n_new; ++*n) {
        int order = i == n_old ? 1 : k == n_new ? -1 : strcmp(old[i].name, new[k].name);
        struct env_difference *d = &all[*n];

        if (order < 0) {
            *d = (struct env_difference){ENV_REMOVED, old[i].name, old[i].value, NULL};
        } else if (order > 0) {
            *d = (struct env_difference){ENV_ADDED, new[k].name, NULL, new[k].value};
        } else {
            bool same = !strcmp(old[i].value, new[k].value);

            *d = (struct env_difference){same ? ENV_SAME : ENV_CHANGED, old[i].name, old[i].value,
                                         new[k].value};
        }
        i += order <= 0;
        k += order >= 0;
    }
    return all;
}
