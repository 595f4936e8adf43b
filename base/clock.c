/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t clock_mono_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_mono_ms(void)
{
    return clock_mono_ns() / 1000000;
}

int64_t clock_wall_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

char *clock_format_iso(char out[CLOCK_ISO_SIZE], int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char date[24] = "1970-01-01T00:00:00";

    /* Years past 9999 would not fit the format; nobody means them. */
    if (wall_ms >= 0 && wall_ms < INT64_C(253402300800000) && gmtime_r(&seconds, &tm))
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, CLOCK_ISO_SIZE, "%.19s.%03uZ", date, (unsigned)(wall_ms % 1000) % 1000);
    return out;
}

int64_t clock_parse_iso(const char *text)
{
    struct tm tm = {0};
    const char *p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    int64_t ms = 0;

    if (!p)
        return -1;
    if (*p == '.') {
        int scale = 100;

        for (p++; *p >= '0' && *p <= '9'; p++, scale /= 10)
            ms += (*p - '0') * scale;
    }
    int64_t offset_s = 0;
    if (*p == '+' || *p == '-') {
        int hours, minutes;

        if (sscanf(p + 1, "%2d:%2d", &hours, &minutes) != 2)
            return -1;
        offset_s = (hours * 3600 + minutes * 60) * (*p == '-' ? -1 : 1);
    } else if (*p != 'Z' || p[1]) {
        return -1;
    }
    return ((int64_t)timegm(&tm) - offset_s) * 1000 + ms;
}

char *clock_format_span(char out[CLOCK_SPAN_SIZE], int64_t ms)
{
    int64_t s = ms > 0 ? ms / 1000 : 0;

    if (s < 60)
        snprintf(out, CLOCK_SPAN_SIZE, "%" PRId64 "s", s);
    else if (s < 3600)
        snprintf(out, CLOCK_SPAN_SIZE, "%" PRId64 "m%02ds", s / 60, (int)(s % 60));
    else if (s < 86400)
        snprintf(out, CLOCK_SPAN_SIZE, "%" PRId64 "h%02dm", s / 3600, (int)(s % 3600 / 60));
    else if (s < 86400 * INT64_C(10000))
        snprintf(out, CLOCK_SPAN_SIZE, "%" PRId64 "d%dh", s / 86400, (int)(s % 86400 / 3600));
    else
        snprintf(out, CLOCK_SPAN_SIZE, ">9999d");
    return out;
}
