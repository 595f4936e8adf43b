/* SPDX-License-Identifier: MIT
 *
 * Ages and times left as columns show them, coarse enough that an idle screen rests: seconds only
 * where they matter.
 */
#ifndef VIEWS_SPAN_H
#define VIEWS_SPAN_H

#include <stdint.h>

#include "base/clock.h"

/* "<1m" below a minute, then "12m", "2h05m", "9d4h". Returns the milliseconds until the text
 * changes. */
int64_t span_age(char out[CLOCK_SPAN_SIZE], int64_t ms);
/* As span_age for a time that runs down, with seconds below ten minutes ("1m20s"). */
int64_t span_left(char out[CLOCK_SPAN_SIZE], int64_t ms);

#endif
