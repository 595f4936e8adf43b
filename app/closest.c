/* SPDX-License-Identifier: MIT
 *
 * Optimal string alignment distance over three rows.
 */
#include "app/closest.h"

#include <string.h>

#include "base/alloc.h"

#define NAME_MAX_BYTES 64

static int min2(int a, int b)
{
    return a < b ? a : b;
}

int edit_distance(const char *a, const char *b, int max)
{
    int rows[3][NAME_MAX_BYTES + 1];
    size_t n = strlen(a), m = strlen(b);

    if (n > NAME_MAX_BYTES || m > NAME_MAX_BYTES)
        return strcmp(a, b) == 0 ? 0 : max + 1;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = min2(above[j - 1] + (a[i - 1] != b[j - 1]), min2(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = min2(row[j], two_above[j - 2] + 1);
        }
    }
    return min2(rows[n % 3][m], max + 1);
}

char *closest_sandbox(const struct sandbox_info *all, size_t n, const char *ns, const char *name)
{
    int allowed = 1 + (int)strlen(name) / 4, best = 2 * (allowed + 2);
    const struct sandbox_info *found = NULL;

    for (size_t i = 0; i < n; i++) {
        int distance = all[i].name[0] ? edit_distance(name, all[i].name, allowed) : allowed + 1;
        /* Between equals the namespace asked for wins. */
        int cost = 2 * distance + (strcmp(all[i].ns, ns) != 0);

        if (distance <= allowed && cost < best) {
            best = cost;
            found = &all[i];
        }
    }
    return found ? xasprintf("%s/%s", found->ns, found->name) : NULL;
}
