/* SPDX-License-Identifier: MIT */
#include "views/terminals.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "views/broadcast.h"

size_t terminals_number(const struct views_env *env, const struct attachment *a)
{
    const struct views_state *s = env->state;

    for (size_t i = 0; i < s->n_open; i++)
        if (s->open[i] == a)
            return i + 1;
    return 0;
}

struct attachment *terminals_at(const struct views_env *env, size_t number)
{
    const struct views_state *s = env->state;

    return number >= 1 && number <= s->n_open ? s->open[number - 1] : NULL;
}

void terminals_remove(struct views_env *env, struct attachment *a)
{
    struct views_state *s = env->state;
    size_t number = terminals_number(env, a);

    if (!number)
        return;
    broadcast_lost(env, a);
    s->n_open--;
    memmove(s->open + number - 1, s->open + number,
            (s->n_open - number + 1) * sizeof(struct attachment *));
    attachment_release(a);
}

static struct attachment *expendable(const struct views_state *s)
{
    for (size_t i = 0; i < s->n_open; i++)
        if (*attachment_ended(s->open[i]))
            return s->open[i];
    return s->open[0];
}

void terminals_add(struct views_env *env, struct attachment *a)
{
    struct views_state *s = env->state;

    if (terminals_number(env, a))
        return;
    if (s->n_open == OPEN_MAX)
        terminals_remove(env, expendable(s));
    s->open[s->n_open++] = attachment_ref(a);
}

struct attachment *terminals_of(const struct views_env *env, const char *sandbox_id)
{
    const struct views_state *s = env->state;

    for (size_t i = s->n_open; i-- > 0;)
        if (!*attachment_ended(s->open[i]) &&
            strcmp(attachment_sandbox_id(s->open[i]), sandbox_id) == 0)
            return s->open[i];
    return NULL;
}

size_t terminals_typed(const struct views_env *env, bool is_up)
{
    size_t n = 0;

    for (size_t i = 0; env->state && i < env->state->n_open; i++) {
        const struct attachment *a = env->state->open[i];

        if (!*attachment_ended(a) && (remote_state(attachment_remote(a)) == LINK_UP) == is_up)
            n += attachment_pending(a);
    }
    return n;
}

char *terminals_label(const struct views_env *env, struct attachment *a, char *out, size_t cap)
{
    char name[160];
    const char *title = term_title(attachment_term(a));

    views_sandbox_name(env, attachment_sandbox_id(a), name, sizeof name);
    snprintf(out, cap, "%s%s%s", name, title && *title ? "  " : "", title ? title : "");
    return out;
}
