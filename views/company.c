/* SPDX-License-Identifier: MIT
 *
 * activity feed → the terminals that somebody takes part in or where a command runs → titles are
 * drawn again when that changes. A command counts once it has run for a while: those that end at
 * once would only flicker.
 */
#include "views/company.h"

#include <ctype.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/activity.h"

#define TERMINALS_MAX 256
#define RUNS_AFTER_MS 1000

struct shared {
    char *terminal_id, *with, *command; /* owned; "": nobody, none */
    int64_t command_ms;                 /* it began */
    bool runs;                          /* for long enough */
    UT_hash_handle hh;
};

struct company {
    char *sandbox_id; /* owned */
    struct views_env *env;
    struct remote *remote; /* a reference */
    struct activity_feed *feed;
    int refs;
    struct shared *shared; /* uthash: those with anybody, or a command */
    struct tick *tick;     /* owned: the next command has run for long enough */
    UT_hash_handle hh;
};

static void forget(struct company *c, struct shared *s)
{
    HASH_DEL(c->shared, s); // NOLINT(clang-analyzer-unix.Malloc): as in forget_all
    free(s->terminal_id);
    free(s->with);
    free(s->command);
    free(s);
}

static void forget_all(struct company *c)
{
    struct shared *s, *next;

    HASH_ITER (hh, c->shared, s, next) {
        forget(c, s); // NOLINT(clang-analyzer-unix.Malloc): it loses track in HASH_DEL
    }
}

static void on_terminal_gone(void *user, const char *terminal_id)
{
    struct company *c = user;
    struct shared *s;

    HASH_FIND_STR(c->shared, terminal_id, s);
    if (!s)
        return;
    forget(c, s);
    tui_titles_changed(c->env->tui);
}

static bool is_shell(const char *command)
{
    static const char *const known[] = {"sh",  "bash", "dash", "ash",  "zsh", "fish",
                                        "ksh", "mksh", "csh",  "tcsh", "nu",  "pwsh"};

    command += *command == '-';
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(command, known[i]) == 0)
            return true;
    return false;
}

/* Those that have run for long enough by now; again when the next one has. */
static void look_at_commands(void *user)
{
    struct company *c = user;
    int64_t now_ms = clock_mono_ms(), next_ms = -1;
    bool changes = false;

    for (struct shared *s = c->shared; s; s = s->hh.next) {
        int64_t left_ms = s->command_ms + RUNS_AFTER_MS - now_ms;

        if (!*s->command || s->runs)
            continue;
        s->runs = left_ms <= 0;
        changes = changes || s->runs;
        if (!s->runs && (next_ms < 0 || left_ms < next_ms))
            next_ms = left_ms;
    }
    tick_after(c->tick, next_ms);
    if (changes)
        tui_titles_changed(c->env->tui);
}

static struct shared *add(struct company *c, const char *terminal_id)
{
    struct shared *s = xcalloc(1, sizeof *s);

    s->terminal_id = xstrdup(terminal_id);
    HASH_ADD_KEYPTR(hh, c->shared, s->terminal_id, strlen(s->terminal_id), s);
    return s;
}

static void set(char **text, const char *value)
{
    free(*text);
    *text = xstrdup(value);
}

/* What runs for people to know; "" is nothing. Some say more of themselves behind a colon. */
static char *command_of(const struct activity *a)
{
    const char *colon = strstr(a->command, ": ");
    size_t n = colon ? (size_t)(colon - a->command) : strlen(a->command);

    return xstrndup(a->command, a->command_ms && !is_shell(a->command) ? n : 0);
}

static void on_terminal(void *user, const struct activity *a)
{
    struct company *c = user;
    cleanup_free char *command = command_of(a);
    struct shared *s;

    HASH_FIND_STR(c->shared, a->terminal_id, s);
    bool shows = s && s->runs && strcmp(s->command, command) != 0;
    bool changes = shows || strcmp(s ? s->with : "", a->with) != 0;
    if (!changes && strcmp(s ? s->command : "", command) == 0)
        return;
    if (!*a->with && !*command) {
        forget(c, s);
    } else if (s || HASH_COUNT(c->shared) < TERMINALS_MAX) {
        s = s ? s : add(c, a->terminal_id);
        s->runs = s->runs && !shows;
        s->command_ms = a->command_ms;
        set(&s->with, a->with);
        set(&s->command, command);
        look_at_commands(c);
    }
    if (changes)
        tui_titles_changed(c->env->tui);
}

/* What nobody can tell is not said. */
static void on_down(void *user, const struct err *e)
{
    struct company *c = user;
    bool changes = c->shared;

    forget_all(c);
    if (changes)
        tui_titles_changed(c->env->tui);
}

static const struct activity_ops ops = {
    .on_terminal = on_terminal,
    .on_terminal_gone = on_terminal_gone,
    .on_down = on_down,
    .on_end = on_down,
    .is_beside = true,
};

struct company *company_known(const struct views_env *env, const char *sandbox_id)
{
    struct company *c;

    HASH_FIND_STR(env->state->companies, sandbox_id, c);
    return c;
}

struct company *company_acquire(struct views_env *env, const char *sandbox_id)
{
    struct company *c = company_known(env, sandbox_id);

    if (!c) {
        c = xcalloc(1, sizeof *c);
        c->env = env;
        c->sandbox_id = xstrdup(sandbox_id);
        HASH_ADD_KEYPTR(hh, env->state->companies, c->sandbox_id, strlen(c->sandbox_id), c);
        c->tick = tick_create(client_loop(env->client), look_at_commands, c);
        c->remote = fleet_remote(env->fleet, sandbox_id);
        c->feed = activity_open(c->remote, &ops, c);
    }
    c->refs++;
    return c;
}

void company_release(struct company *c)
{
    if (!c || --c->refs)
        return;
    HASH_DEL(c->env->state->companies, c);
    activity_close(c->feed);
    remote_release(c->remote);
    tick_destroy(c->tick);
    forget_all(c);
    free(c->sandbox_id);
    free(c);
}

static const struct shared *find(const struct company *c, const char *terminal_id)
{
    struct shared *s = NULL;

    if (c)
        HASH_FIND_STR(c->shared, terminal_id, s);
    return s;
}

const char *company_of(const struct company *c, const char *terminal_id)
{
    const struct shared *s = find(c, terminal_id);

    return s ? s->with : "";
}

const char *company_command(const struct company *c, const char *terminal_id)
{
    const struct shared *s = find(c, terminal_id);

    return s && s->runs ? s->command : "";
}

/* As a word: "services" does not say that vi runs. */
static bool says(const char *title, const char *command)
{
    size_t n = strlen(command);

    for (const char *at = title; (at = strcasestr(at, command)); at++)
        if ((at == title || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]))
            return true;
    return false;
}

const char *company_command_beside(const struct company *c, const char *terminal_id,
                                   const char *title)
{
    const char *command = company_command(c, terminal_id);

    return *command && says(title, command) ? "" : command;
}
