/* SPDX-License-Identifier: MIT
 *
 * Panes come first, in their order from the focused one on; then terminals that are open in none.
 */
#include "views/unattended.h"

#include "base/alloc.h"
#include "views/shell.h"
#include "views/terminals.h"

/* Output alone is no reason to go anywhere. */
static size_t need(const struct attachment *a)
{
    char sign = a ? attachment_news(a) : 0;

    return sign == '#' ? 0 : tui_news_rank(sign);
}

static const char *reason(const struct attachment *a)
{
    switch (attachment_news(a)) {
    case '!':
        return "The bell rang in";
    case 'x':
        return "Ended:";
    case '?':
        return "\xe2\x9c\x97 Connection lost:";
    default:
        return "Output after a silence in";
    }
}

/* Of those behind the focused pane the first counts, else of those before it. */
static struct view *neediest(struct views_env *env)
{
    struct view *focused = tui_focused(env->tui), *best = NULL;
    size_t best_need = 0;
    bool is_behind = false, best_is_behind = false;

    for (struct view *v = tui_each_shown(env->tui, NULL); v; v = tui_each_shown(env->tui, v)) {
        const struct shell *sh = shell_of_view(v);
        size_t n = sh && v != focused ? need(sh->attachment) : 0;

        if (n > best_need || (n && n == best_need && is_behind && !best_is_behind)) {
            best = v;
            best_need = n;
            best_is_behind = is_behind;
        }
        is_behind = is_behind || v == focused;
    }
    return best;
}

static struct attachment *neediest_without_pane(struct views_env *env)
{
    struct attachment *best = NULL;

    for (size_t i = 1; i <= env->state->n_open; i++) {
        struct attachment *a = terminals_at(env, i);

        if (need(a) > need(best) && !shell_showing(env, a))
            best = a;
    }
    return best;
}

enum view_result unattended_next(struct views_env *env)
{
    struct view *v = neediest(env);
    struct attachment *a = neediest_without_pane(env);
    struct attachment *shown = v ? shell_of_view(v)->attachment : NULL;
    struct attachment *to = need(a) > need(shown) ? a : shown;
    char label[256];

    if (!to) {
        tui_toast(env->tui, ROLE_STATUS, "No terminal needs attention");
        return VIEW_HANDLED;
    }
    tui_toast(env->tui, ROLE_STATUS, "%s %s", reason(to),
              terminals_label(env, to, label, sizeof label));
    if (to == shown)
        tui_reveal(env->tui, v);
    else
        shell_open_attached(env, to);
    return VIEW_HANDLED;
}
