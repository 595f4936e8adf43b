/* SPDX-License-Identifier: MIT
 *
 * A QR code as cells: two modules a cell, in half blocks.
 *
 * Light modules are drawn in white on black whatever the theme: phones want it that way round, and
 * where there are no colours it is right on dark terminals.
 */
#ifndef TUI_QR_H
#define TUI_QR_H

#include <stdbool.h>

#include "tui/canvas.h"

#define QR_BORDER 2 /* light modules around it */

struct qr {
    int size;               /* modules a side, without the border */
    unsigned char *modules; /* owned: size x size, 1 is dark */
};

/* The smallest that holds the text. False, and q is empty: no code can, or text is empty. */
bool qr_init(struct qr *q, const char *text);
/* Zeroed memory is an empty one. */
void qr_finish(struct qr *q);
/* The room it takes, border included. */
int qr_rows(const struct qr *q);
int qr_cols(const struct qr *q);
/* With its top left corner at y, x. Draws nothing unless all of it fits: half a code helps nobody.
 */
bool qr_draw(const struct qr *q, struct canvas c, int y, int x);

#endif
