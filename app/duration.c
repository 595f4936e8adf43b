/* SPDX-License-Identifier: MIT
 *
 * Reads "1d12h": numbers, each with its unit; a number alone counts seconds.
 */
#include "app/duration.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"

#define DURATION_MAX_MS  (INT64_C(3660) * 24 * 3600 * 1000)
#define LINK_LIFE_MAX_MS (INT64_C(7) * 24 * 3600 * 1000)

static const struct {
    const char *name;
    int64_t ms;
} units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {"w", 604800000},
};

static int64_t unit_ms(const char *text, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strlen(units[i].name) == n && strncmp(units[i].name, text, n) == 0)
            return units[i].ms;
    return n ? -1 : 1000;
}

int64_t duration_parse(const char *text, struct err *e)
{
    int64_t total = 0;
    const char *p = text;

    while (isdigit((unsigned char)*p)) {
        int64_t n = 0;

        for (; isdigit((unsigned char)*p); p++)
            n = n > DURATION_MAX_MS ? n : 10 * n + (*p - '0');
        size_t len = strcspn(p, "0123456789");
        int64_t ms = unit_ms(p, len);

        if (ms < 0)
            break;
        if (n > (DURATION_MAX_MS - total) / ms)
            return err_set(e, ERR_ARG, "\"%.60s\" is longer than ten years", text);
        total += n * ms;
        p += len;
    }
    if (*p || total == 0)
        return err_set(e, ERR_ARG, "\"%.60s\" is not a duration such as 45s, 90m, 2h or 1d12h",
                       text);
    return total;
}

int64_t duration_parse_link(const char *text, struct err *e)
{
    int64_t ms = duration_parse(text, e);

    if (ms > LINK_LIFE_MAX_MS)
        return err_set(e, ERR_ARG, "a link can be opened within 7 days at most");
    return ms < 0 ? ms : (ms + 999) / 1000;
}
