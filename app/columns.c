/* SPDX-License-Identifier: MIT
 *
 * Cells are kept in one row after the other; their widths are known when all are there.
 */
#include "app/columns.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

#define CELL_SIZE 1024

struct columns {
    size_t n_columns;
    char **cells; /* owned, as are the texts */
    size_t n;
    int widths[COLUMNS_MAX];
};

void columns_text(struct columns *c, const char *text)
{
    char cell[CELL_SIZE];
    size_t column = c->n % c->n_columns;

    if (!text || !*text)
        text = "-";
    text_sanitise(cell, sizeof cell, text, strlen(text));
    if (!(c->n & (c->n - 1)))
        c->cells = xreallocarray(c->cells, c->n ? c->n * 2 : 1, sizeof *c->cells);
    c->cells[c->n++] = xstrdup(cell);
    if (text_width(cell) > c->widths[column])
        c->widths[column] = text_width(cell);
}

void columns_number(struct columns *c, int64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)number);
    columns_text(c, text);
}

void columns_span(struct columns *c, int64_t ms)
{
    char text[CLOCK_SPAN_SIZE];

    columns_text(c, ms ? clock_format_span(text, ms) : "-");
}

struct columns *columns_create(const char *const *heads)
{
    struct columns *c = xcalloc(1, sizeof *c);

    while (heads[c->n_columns] && c->n_columns < COLUMNS_MAX)
        c->n_columns++;
    for (size_t i = 0; i < c->n_columns; i++)
        columns_text(c, heads[i]);
    return c;
}

void columns_print(struct columns *c)
{
    for (size_t i = 0; i < c->n; i++) {
        size_t column = i % c->n_columns;
        bool is_last = column + 1 == c->n_columns;
        int pad = is_last ? 0 : c->widths[column] - text_width(c->cells[i]) + 2;

        printf("%s%*s%s", c->cells[i], pad, "", is_last ? "\n" : "");
        free(c->cells[i]);
    }
    free(c->cells);
    free(c);
}
