/* SPDX-License-Identifier: MIT */
#include "tui/scroll.h"

#include <limits.h>
#include <string.h>

#include "base/alloc.h"

bool scroll_motion(const char *action, int page, size_t n, int *rows)
{
    const int all = n < INT_MAX / 2 ? (int)n : INT_MAX / 2;
    const struct {
        const char *action;
        int rows;
    } motions[] = {
        {"list-down", 1},
        {"list-up", -1},
        {"list-half-down", page / 2 + 1},
        {"list-half-up", -page / 2 - 1},
        {"list-page-down", page},
        {"list-page-up", -page},
        {"list-top", -all},
        {"list-bottom", all},
    };

    for (size_t i = 0; i < ARRAY_LEN(motions); i++) {
        if (strcmp(motions[i].action, action) == 0) {
            *rows = motions[i].rows;
            return true;
        }
    }
    return false;
}

int scroll_page(int height)
{
    return height > 1 ? height - 1 : 1;
}

size_t scroll_top(size_t top, int rows, size_t n, int height)
{
    size_t by = (size_t)(rows < 0 ? -rows : rows), shown = height > 0 ? (size_t)height : 1;
    size_t last = n > shown ? n - shown : 0;

    top = rows < 0 ? (top > by ? top - by : 0) : top + by;
    return top > last ? last : top;
}
