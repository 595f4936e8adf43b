/* SPDX-License-Identifier: MIT
 *
 * One table from keys to named actions, per context. It drives the dispatch, the help, the palette
 * and `sandpit keys`, and users rebind it.
 *
 * A binding is a sequence of one or two keys ("g g"). Contexts are looked up innermost first: a
 * view's own ("sandboxes"), the kind of view ("list", "pane", "prefix"), then "global".
 */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/key.h"

struct action_def {
    const char *context; /* "global", "list", "sandboxes", "prefix"… */
    const char
        *keys; /* default bindings, separated by blanks; a sequence is written "g+g"; "" none */
    const char
        *action; /* "sandbox-delete": what handlers compare, users write and the palette lists */
    const char *help; /* one line, imperative, no full stop */
    bool hidden;      /* not in help and palette (motions that everybody knows) */
};

struct keymap;

struct keymap *keymap_create(void);
void keymap_destroy(struct keymap *m);
/* The bindings of the one become those of the other; both pointers stay good. */
void keymap_swap(struct keymap *a, struct keymap *b);
/* defs are borrowed for the keymap's life; ends with action NULL. */
void keymap_add(struct keymap *m, const struct action_def *defs);
/* [context] action = keys (empty unbinds), as in keys.ini. */
int keymap_bind(struct keymap *m, const char *context, const char *action, const char *keys,
                struct err *e);

/* Looks a key up in contexts (NULL-terminated, innermost first), given the keys typed before that
 * began a sequence. Returns the action's name, NULL for none, or KEYMAP_MORE when it is a proper
 * prefix of a binding. */
extern const char KEYMAP_MORE[];
const char *keymap_lookup(const struct keymap *m, const char *const *contexts,
                          const struct key *keys, size_t n_keys);

/* For help, palette and `sandpit keys`: every action of a context (NULL: of all, in the order they
 * were added) with its present keys as keys.ini writes them; "" when unbound. */
typedef void (*keymap_visit)(void *user, const struct action_def *def, const char *keys);
void keymap_each(const struct keymap *m, const char *context, keymap_visit visit, void *user);
/* Two actions of one context on one key, each a line through visit_conflict. Returns how many. */
size_t keymap_conflicts(const struct keymap *m, void (*report)(void *user, const char *line),
                        void *user);
/* The first key of an action in a context, for hints; "" when unbound. out has room for cap bytes.
 */
char *keymap_hint(const struct keymap *m, const char *context, const char *action, char *out,
                  size_t cap);

#endif
