/* SPDX-License-Identifier: MIT */
#include "views/span.h"

#include <stdio.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* Minutes below an hour without their seconds, which clock_format_span would add. */
static void print(char out[CLOCK_SPAN_SIZE], int64_t ms, int64_t step)
{
    if (step == MINUTE && ms < HOUR)
        snprintf(out, CLOCK_SPAN_SIZE, "%dm", (int)(ms / MINUTE));
    else
        clock_format_span(out, ms);
}

int64_t span_age(char out[CLOCK_SPAN_SIZE], int64_t ms)
{
    ms = ms > 0 ? ms : 0;
    int64_t step = ms < 24 * HOUR ? MINUTE : HOUR;

    if (ms < MINUTE)
        snprintf(out, CLOCK_SPAN_SIZE, "<1m");
    else
        print(out, ms, step);
    return step - ms % step;
}

int64_t span_left(char out[CLOCK_SPAN_SIZE], int64_t ms)
{
    ms = ms > 0 ? ms : 0;
    int64_t step = ms < 10 * MINUTE ? SECOND : ms < 24 * HOUR ? MINUTE : HOUR;

    print(out, ms, step);
    return ms % step + 1;
}
