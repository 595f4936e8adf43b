/* SPDX-License-Identifier: MIT
 *
 * Which part shows of a screen that is larger than the room for it, one direction at a time: `at`
 * is the first row or column that shows, of `all`, where `room` have room.
 */
#ifndef VIEWS_PAN_H
#define VIEWS_PAN_H

/* Nothing beyond the edges shows. */
static inline int pan_clamp(int at, int room, int all)
{
    at = at > all - room ? all - room : at;
    return at > 0 ? at : 0;
}

/* Moves as little as brings `point` in sight. */
static inline int pan_to(int at, int point, int room, int all)
{
    if (point < at)
        at = point;
    if (point >= at + room)
        at = point - room + 1;
    return pan_clamp(at, room, all);
}

#endif
