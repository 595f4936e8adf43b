/* SPDX-License-Identifier: MIT
 *
 * See toolkit.c.
 */
#ifndef TESTS_VIEWS_TOOLKIT_H
#define TESTS_VIEWS_TOOLKIT_H

#include <assert.h>
#include <stdarg.h>

#include "tui/tui.h"

struct tui {
    uv_loop_t *loop;
    struct theme theme;
    struct keymap *keymap;
    enum view_result (*act)(void *user, const char *action);
    void (*status)(void *user, struct buf *out, enum role *role);
    void *user;
    int rows, cols;
    struct view *leaf[16], *overlays[16], *closing[32];
    size_t n_leaf, n_overlays, n_closing;
    bool prefix_typed;
    struct key pending[2];
    size_t n_pending;
    char action[256], toast[600];
    struct buf written;
    int n_bells, n_soon, n_damaged;
    int64_t tick_ms; /* when the views want to be drawn again; 0: not */
};

struct view *toolkit_target(const struct tui *t);
void toolkit_action(struct tui *t, const char *action);
void toolkit_key(struct tui *t, struct key key);
/* Frees closed views and runs a queued action. */
void toolkit_turn(struct tui *t);
void toolkit_draw(struct tui *t, struct canvas c);
void toolkit_finish(struct tui *t);

#endif
