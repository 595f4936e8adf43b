/* SPDX-License-Identifier: MIT
 *
 * A program in a terminal wants something on the clipboard (OSC 52): the user is asked, once at a
 * time, and says so for this time or for the sandbox until the program here ends.
 *
 * Runs inside term_feed, so the question comes in a later turn. "No" stands first: Enter meant for
 * something else gives nothing away. Programs nobody looks at or drives are refused unasked.
 */
#include <stdio.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/dialog.h"

/* A program that asks again at once after a "no" is not heard for so long. */
#define AGAIN_MS 10000

enum trust { TRUST_ASK, TRUST_ALWAYS, TRUST_NEVER };

struct guest_trust {
    char *sandbox_id; /* owned */
    enum trust trust;
    int64_t refused_at_ms;
    UT_hash_handle hh;
};

struct guest_copy {
    struct views_env *env;
    char *sandbox_id;
    struct buf text;
    bool answered;
};

/* Waits for a later turn. */
struct waiting {
    struct guest_copy *copy; /* owned; NULL: its turn came */
};

static void free_copy(struct guest_copy *g)
{
    free(g->sandbox_id);
    buf_finish(&g->text);
    free(g);
}

/* The next may ask. */
static void finish(struct guest_copy *g)
{
    g->env->state->guest_asking = false;
    free_copy(g);
}

static struct guest_trust *trust_of(struct views_env *env, const char *sandbox_id)
{
    struct guest_trust *t;

    HASH_FIND_STR(env->state->guest_trust, sandbox_id, t);
    if (t)
        return t;
    t = xcalloc(1, sizeof *t);
    t->sandbox_id = xstrdup(sandbox_id);
    HASH_ADD_KEYPTR(hh, env->state->guest_trust, t->sandbox_id, strlen(t->sandbox_id), t);
    return t;
}

void views_guest_trust_free(struct views_state *s)
{
    struct guest_trust *t = s->guest_trust, *next;

    HASH_CLEAR(hh, s->guest_trust);
    for (; t; t = next) {
        next = t->hh.next;
        free(t->sandbox_id);
        free(t);
    }
}

static void copy_it(struct views_env *env, const struct guest_copy *g)
{
    char name[160], what[200];

    views_sandbox_name(env, g->sandbox_id, name, sizeof name);
    snprintf(what, sizeof what, "%zu bytes from %s", g->text.len, name);
    views_copy(env, what, g->text.data);
}

static void on_choice(struct views_env *env, void *user, const char *value)
{
    struct guest_copy *g = user;
    struct guest_trust *t = trust_of(env, g->sandbox_id);

    g->answered = true;
    if (strcmp(value, "once") == 0 || strcmp(value, "always") == 0)
        copy_it(env, g);
    else
        t->refused_at_ms = clock_mono_ms();
    if (strcmp(value, "always") == 0)
        t->trust = TRUST_ALWAYS;
    else if (strcmp(value, "never") == 0)
        t->trust = TRUST_NEVER;
}

static void on_closed(void *user)
{
    struct guest_copy *g = user;

    /* Esc: not now. */
    if (!g->answered)
        trust_of(g->env, g->sandbox_id)->refused_at_ms = clock_mono_ms();
    finish(g);
}

static void ask(struct views_env *env, struct guest_copy *g)
{
    struct picker picker;
    char name[160], title[240];

    views_sandbox_name(env, g->sandbox_id, name, sizeof name);
    snprintf(title, sizeof title, "%s wants %zu bytes on your clipboard", name, g->text.len);
    picker_init(&picker, title, "answer");
    picker_add(&picker, NULL, "No", NULL, "", "no");
    picker_add(&picker, NULL, "Yes, this once", NULL, "", "once");
    picker_add(&picker, NULL, "Always for this sandbox", NULL, "until sandpit ends", "always");
    picker_add(&picker, NULL, "Never for this sandbox", NULL, "until sandpit ends", "never");
    picker_dialog_open(env, &picker, on_choice, g, on_closed);
}

static void run(struct views_env *env, void *data)
{
    struct waiting *w = data;
    struct guest_copy *g = steal_pointer(&w->copy);

    if (trust_of(env, g->sandbox_id)->trust == TRUST_ALWAYS) {
        copy_it(env, g);
        finish(g);
    } else {
        ask(env, g);
    }
}

static void drop(void *data)
{
    struct waiting *w = data;

    if (w->copy)
        free_copy(w->copy);
    free(w);
}

void views_guest_copies(struct views_env *env, const char *sandbox_id, const char *bytes, size_t n)
{
    struct guest_trust *t = trust_of(env, sandbox_id);
    bool refused_now = t->refused_at_ms && clock_mono_ms() - t->refused_at_ms < AGAIN_MS;

    if (env->no_clipboard || !n || env->state->guest_asking || t->trust == TRUST_NEVER ||
        (refused_now && t->trust == TRUST_ASK))
        return;
    struct guest_copy *g = xcalloc(1, sizeof *g);
    struct waiting *w = xcalloc(1, sizeof *w);
    g->env = env;
    g->sandbox_id = xstrdup(sandbox_id);
    buf_append(&g->text, bytes, n);
    w->copy = g;
    env->state->guest_asking = true;
    views_later(env, run, w, drop);
}
