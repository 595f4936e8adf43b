/* SPDX-License-Identifier: MIT
 *
 * What the dashboard shows until it has a gateway: that one is being started, or why it is not and
 * what to do.
 */
#ifndef APP_BOOT_VIEW_H
#define APP_BOOT_VIEW_H

#include "base/err.h"
#include "tui/tui.h"

struct boot_state {
    struct err error;  /* code 0: still starting */
    const char *doing; /* borrowed: "starting the embedded gateway" */
    void (*on_retry)(void *user);
    void (*on_quit)(void *user);
    void *user;
};

/* state is borrowed; whoever changes it calls view_damage. */
struct view *boot_view_create(struct tui *t, struct boot_state *state);

#endif
