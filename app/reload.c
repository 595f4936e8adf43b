/* SPDX-License-Identifier: MIT
 *
 * The folders are watched rather than the files: a file that is replaced by another would take its
 * watch along.
 */
#include "app/reload.h"

#include "base/alloc.h"

#define SETTLE_MS 150

struct reload {
    uv_fs_event_t folders[2];
    uv_timer_t settle;
    unsigned n_open;
    void (*on_change)(void *user);
    void *user;
};

static void on_settled(uv_timer_t *timer)
{
    struct reload *r = timer->data;

    r->on_change(r->user);
}

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status)
{
    struct reload *r = handle->data;

    if (status == 0)
        uv_timer_start(&r->settle, on_settled, SETTLE_MS, 0);
}

struct reload *reload_create(uv_loop_t *loop, const struct paths *paths,
                             void (*on_change)(void *user), void *user)
{
    struct reload *r = xcalloc(1, sizeof *r);
    const char *folders[] = {paths->config_dir, paths->themes_dir};

    r->on_change = on_change;
    r->user = user;
    uv_timer_init(loop, &r->settle);
    r->settle.data = r;
    uv_unref((uv_handle_t *)&r->settle);
    r->n_open = 1;
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        uv_fs_event_init(loop, &r->folders[i]);
        r->folders[i].data = r;
        uv_fs_event_start(&r->folders[i], on_event, folders[i], 0);
        uv_unref((uv_handle_t *)&r->folders[i]);
        r->n_open++;
    }
    return r;
}

static void on_closed(uv_handle_t *handle)
{
    struct reload *r = handle->data;

    if (--r->n_open == 0)
        free(r);
}

void reload_destroy(struct reload *r)
{
    if (!r)
        return;
    uv_close((uv_handle_t *)&r->settle, on_closed);
    for (size_t i = 0; i < ARRAY_LEN(r->folders); i++)
        uv_close((uv_handle_t *)&r->folders[i], on_closed);
}
