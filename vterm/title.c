/* SPDX-License-Identifier: MIT
 *
 * The title and the stack that programs save it on (CSI 22 t, CSI 23 t).
 */
#include "base/text.h"
#include "vterm/internal.h"

static void change(struct term *t, const char *title)
{
    if (strcmp(title, t->title) == 0)
        return;
    memmove(t->title, title, strlen(title) + 1);
    t->revision = t->tick;
    if (t->ops.on_title)
        t->ops.on_title(t->user, t->title);
}

void title_set(struct term *t, const char *text, size_t n)
{
    char title[TITLE_SIZE];

    text_sanitise(title, sizeof title, text, n);
    change(t, title);
}

void title_push(struct term *t)
{
    if (t->n_titles == TITLES_MAX) {
        free(t->titles[0]);
        memmove(t->titles, t->titles + 1, sizeof t->titles - sizeof t->titles[0]);
        t->n_titles--;
    }
    t->titles[t->n_titles++] = xstrdup(t->title);
}

void title_pop(struct term *t)
{
    if (!t->n_titles)
        return;
    char *title = t->titles[--t->n_titles];
    change(t, title);
    free(title);
}

void titles_clear(struct term *t)
{
    while (t->n_titles)
        free(t->titles[--t->n_titles]);
    change(t, "");
}
