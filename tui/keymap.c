/* SPDX-License-Identifier: MIT
 *
 * See keymap.h. Definitions are kept as they were added; bindings are a flat list, searched
 * backwards so that a later (the user's) binding of a key hides an earlier one. A few hundred of
 * them are compared once a key press: no index is worth its code.
 */
#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"

#define SEQUENCE_MAX 2

const char KEYMAP_MORE[] = "(more)";

struct binding {
    const struct action_def *def; /* borrowed from the tables */
    struct key keys[SEQUENCE_MAX];
    size_t n_keys;
};

struct keymap {
    struct definition {
        const struct action_def *def; /* borrowed from the tables */
    } * defs;                         /* owned */
    size_t n_defs;
    struct binding *bindings; /* owned */
    size_t n_bindings;
};

struct keymap *keymap_create(void)
{
    return xcalloc(1, sizeof(struct keymap));
}

void keymap_destroy(struct keymap *m)
{
    if (!m)
        return;
    free(m->defs);
    free(m->bindings);
    free(m);
}

/* "g+g", "C-b", "+": a plus separates where something stands on both sides of it. */
static bool parse_sequence(const char *word, struct binding *b)
{
    b->n_keys = 0;
    while (*word) {
        const char *plus = strchr(word + 1, '+');
        size_t n = strlen(word);

        /* In "C-+" the plus is the key. */
        if (plus && plus[1] && plus[-1] != '-')
            n = (size_t)(plus - word);
        cleanup_free char *name = xstrndup(word, n);
        /* An INI file cannot hold a semicolon after a blank. */
        const char *key = strcasecmp(name, "Semicolon") == 0 ? ";" : name;
        if (b->n_keys == SEQUENCE_MAX || !key_parse(key, &b->keys[b->n_keys]))
            return false;
        b->n_keys++;
        word += n;
        if (*word == '+' && word[1])
            word++;
    }
    return b->n_keys > 0;
}

/* Adds what the blank-separated list binds to def; with e NULL (our own tables) it must be right.
 */
static int add_bindings(struct keymap *m, const struct action_def *def, const char *keys,
                        struct err *e)
{
    cleanup_free char *copy = xstrdup(keys);
    size_t n_before = m->n_bindings;
    char *save = NULL;

    for (char *word = strtok_r(copy, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
        struct binding b = {.def = def};

        if (!parse_sequence(word, &b)) {
            m->n_bindings = n_before;
            return err_set(e, ERR_ARG, "\"%s\" is no key", word);
        }
        m->bindings = xreallocarray(m->bindings, m->n_bindings + 1, sizeof *m->bindings);
        m->bindings[m->n_bindings++] = b;
    }
    return 0;
}

void keymap_swap(struct keymap *a, struct keymap *b)
{
    struct keymap kept = *a;

    *a = *b;
    *b = kept;
}

void keymap_add(struct keymap *m, const struct action_def *defs)
{
    for (; defs->action; defs++) {
        struct err e;

        m->defs = xreallocarray(m->defs, m->n_defs + 1, sizeof *m->defs);
        m->defs[m->n_defs++].def = defs;
        if (add_bindings(m, defs, defs->keys ? defs->keys : "", &e) < 0) {
            fprintf(stderr, "keymap: %s: %s\n", defs->action, e.text);
            abort();
        }
    }
}

static const struct action_def *find_def(const struct keymap *m, const char *context,
                                         const char *action)
{
    for (size_t i = 0; i < m->n_defs; i++)
        if (strcmp(m->defs[i].def->context, context) == 0 &&
            strcmp(m->defs[i].def->action, action) == 0)
            return m->defs[i].def;
    return NULL;
}

static bool has_context(const struct keymap *m, const char *context)
{
    for (size_t i = 0; i < m->n_defs; i++)
        if (strcmp(m->defs[i].def->context, context) == 0)
            return true;
    return false;
}

static void remove_bindings(struct keymap *m, const struct action_def *def, size_t upto)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->n_bindings; i++)
        if (i >= upto || m->bindings[i].def != def)
            m->bindings[kept++] = m->bindings[i];
    m->n_bindings = kept;
}

int keymap_bind(struct keymap *m, const char *context, const char *action, const char *keys,
                struct err *e)
{
    const struct action_def *def = find_def(m, context, action);

    if (!def && !has_context(m, context))
        return err_set(e, ERR_ARG, "there is no key context \"%s\"", context);
    if (!def)
        return err_set(e, ERR_ARG, "there is no action \"%s\" in [%s]", action, context);
    size_t n_before = m->n_bindings;
    int status = add_bindings(m, def, keys, e);
    if (status >= 0)
        remove_bindings(m, def, n_before);
    return status;
}

static bool begins_with(const struct binding *b, const struct key *keys, size_t n)
{
    if (b->n_keys < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!key_equal(b->keys[i], keys[i]))
            return false;
    return true;
}

const char *keymap_lookup(const struct keymap *m, const char *const *contexts,
                          const struct key *keys, size_t n_keys)
{
    for (; *contexts; contexts++) {
        bool more = false;

        for (size_t i = m->n_bindings; i-- > 0;) {
            const struct binding *b = &m->bindings[i];

            if (strcmp(b->def->context, *contexts) != 0 || !begins_with(b, keys, n_keys))
                continue;
            if (b->n_keys == n_keys)
                return b->def->action;
            more = true;
        }
        if (more)
            return KEYMAP_MORE;
    }
    return NULL;
}

static void append_sequence(struct buf *out, const struct binding *b, const char *separator)
{
    for (size_t i = 0; i < b->n_keys; i++) {
        char name[KEY_NAME_SIZE];

        buf_append_str(out, i ? separator : "");
        buf_append_str(out, key_name(name, b->keys[i]));
    }
}

void keymap_each(const struct keymap *m, const char *context, keymap_visit visit, void *user)
{
    for (size_t i = 0; i < m->n_defs; i++) {
        const struct action_def *def = m->defs[i].def;
        cleanup_buf struct buf keys = {0};

        if (context && strcmp(def->context, context) != 0)
            continue;
        for (size_t j = 0; j < m->n_bindings; j++) {
            if (m->bindings[j].def == def) {
                buf_append_str(&keys, keys.len ? " " : "");
                append_sequence(&keys, &m->bindings[j], "+");
            }
        }
        visit(user, def, keys.data ? keys.data : "");
    }
}

/* The same keys, or one the beginning of the other. */
static bool conflict(const struct binding *a, const struct binding *b)
{
    size_t n = a->n_keys < b->n_keys ? a->n_keys : b->n_keys;

    return a->def != b->def && strcmp(a->def->context, b->def->context) == 0 &&
           begins_with(a, b->keys, n);
}

size_t keymap_conflicts(const struct keymap *m, void (*report)(void *user, const char *line),
                        void *user)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n_bindings; i++) {
        for (size_t j = i + 1; j < m->n_bindings; j++) {
            const struct binding *a = &m->bindings[i], *b = &m->bindings[j];
            cleanup_buf struct buf line = {0};

            if (!conflict(a, b))
                continue;
            n++;
            buf_printf(&line, "[%s] ", a->def->context);
            append_sequence(&line, a, "+");
            buf_printf(&line, " is %s and ", a->def->action);
            if (a->n_keys != b->n_keys)
                append_sequence(&line, b, "+");
            buf_printf(&line, "%s%s", a->n_keys != b->n_keys ? " is " : "", b->def->action);
            if (report)
                report(user, line.data);
        }
    }
    return n;
}

char *keymap_hint(const struct keymap *m, const char *context, const char *action, char *out,
                  size_t cap)
{
    *out = '\0';
    for (size_t i = 0; i < m->n_bindings; i++) {
        const struct binding *b = &m->bindings[i];

        if (strcmp(b->def->context, context) == 0 && strcmp(b->def->action, action) == 0) {
            cleanup_buf struct buf keys = {0};

            append_sequence(&keys, b, " ");
            snprintf(out, cap, "%s", keys.data);
            break;
        }
    }
    return out;
}
