/* SPDX-License-Identifier: MIT
 *
 * What the tiles of a wall printed lately, to show them as they were: whole screens now and then,
 * and in between the output with its times. In memory, bounded for a tile and for a wall; the
 * oldest goes first. Nothing is kept of the time a tile was not attached.
 */
#ifndef VIEWS_WALL_HISTORY_H
#define VIEWS_WALL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define WALL_HISTORY_TILE_BYTES (1u << 20)
#define WALL_HISTORY_BYTES      (64u << 20)
#define WALL_HISTORY_KEY_BYTES  (48u << 10) /* of output from one whole screen to the next */
#define WALL_HISTORY_RATE       (24u << 10) /* bytes a second; of a flood, a screen a second is kept */

struct wall;
struct wall_tile;
struct term;

/* Output that the tile's terminal has taken already. In a new size it begins with a whole screen.
 */
void wall_history_output(struct wall_tile *t, const char *bytes, size_t n);
/* It is not attached any more: nothing is known of the time until its next output. */
void wall_history_gap(struct wall_tile *t);
void wall_history_destroy(struct wall_tile *t);
/* clock_mono_ms of the oldest that is kept of any tile; 0: nothing. */
int64_t wall_history_first_ms(const struct wall *w);
/* Its terminal as it was then, for the caller to destroy; NULL: nothing was kept of that time. */
struct term *wall_history_at(const struct wall_tile *t, int64_t at_ms);

#endif
