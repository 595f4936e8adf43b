/* SPDX-License-Identifier: MIT */
#include "views/hits.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

const char *const hits_contexts[] = {"hits", "list", "motion", NULL};
const char *const hits_hints[] = {"hit-open", "go there", NULL};

void hits_add(struct hits *hits, struct hit h)
{
    if (hits->n == hits->cap) {
        hits->cap = hits->cap ? hits->cap * 2 : 64;
        hits->all = xreallocarray(hits->all, hits->cap, sizeof *hits->all);
    }
    hits->all[hits->n++] = h;
}

void hits_finish(struct hits *hits)
{
    for (size_t i = 0; i < hits->n; i++) {
        free(hits->all[i].terminal_id);
        free(hits->all[i].text);
    }
    free(hits->all);
    *hits = (struct hits){0};
}

const struct hit *hits_find(const struct hits *hits, const char *id)
{
    size_t i = strtoul(id, NULL, 10);

    return i < hits->n ? &hits->all[i] : NULL;
}

void hits_load(struct plain *p, const struct hits *hits, int back, int text,
               void (*write)(const struct plain *p, const struct hit *h,
                             char cells[PLAIN_COLUMNS_MAX][HITS_CELL_SIZE]))
{
    plain_begin(p);
    for (size_t i = 0; hits && i < hits->n; i++) {
        char written[PLAIN_COLUMNS_MAX][HITS_CELL_SIZE] = {0}, id[32];
        const char *cells[PLAIN_COLUMNS_MAX];

        write(p, &hits->all[i], written);
        for (int k = 0; k < PLAIN_COLUMNS_MAX; k++)
            cells[k] = written[k];
        snprintf(written[back], HITS_CELL_SIZE, "%lld", hits->all[i].back);
        cells[text] = hits->all[i].text;
        snprintf(id, sizeof id, "%zu", i);
        plain_add(p, id, ROLE_TEXT, (int64_t)i, cells);
    }
}

static const struct form_field fields[] = {
    {.label = "Search",
     .required = true,
     .help = "a regular expression; case counts when it has an upper-case letter"},
};

void hits_ask(struct views_env *env, const char *title, const struct form_dialog_ops *ops,
              void *user)
{
    struct form form;

    form_init(&form, title, "search", fields, ARRAY_LEN(fields));
    form.states[0].prompt.history = &env->state->searches;
    form_dialog_open(env, &form, ops, user);
}
