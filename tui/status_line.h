/* SPDX-License-Identifier: MIT
 *
 * The screen's last row: what is shown, how it stands with the gateway, keys that matter now.
 */
#ifndef TUI_STATUS_LINE_H
#define TUI_STATUS_LINE_H

#include "tui/canvas.h"
#include "tui/theme.h"

/* Texts are borrowed; NULL counts as "". */
struct status_line {
    int skip; /* columns at the left that are somebody else's */
    const char *title;
    const char *about; /* in `role`; another than ROLE_STATUS is an alarm */
    enum role role;
    const char *hints; /* two blanks stand between them; the first matters most */
    int kept;          /* columns at the right that the title leaves to the hints */
};

int status_line_first_width(const char *hints);

/* The title always shows, as far as the kept columns. The first hint goes before `about` unless
 * that is an alarm; then as much of it as has room, then the other hints, each whole or not at all.
 */
void status_line_draw(const struct status_line *l, struct canvas c, const struct theme *theme);

#endif
