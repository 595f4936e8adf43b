/* SPDX-License-Identifier: MIT
 *
 * Semantic roles and the styles a theme gives them (themes/ holds the INI files).
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "vterm/cell.h"

enum role {
    ROLE_TEXT,
    ROLE_DIM,
    ROLE_TITLE,
    ROLE_HEADER, /* column heads */
    ROLE_SELECTED,
    ROLE_MARKED,
    ROLE_MATCH, /* filter and search hits */
    ROLE_GOOD,
    ROLE_WARN,
    ROLE_BAD,
    ROLE_STALE,
    ROLE_KEY,    /* key names in hints */
    ROLE_STATUS, /* status line */
    ROLE_STATUS_ALERT,
    ROLE_BORDER,
    ROLE_BORDER_FOCUS,
    ROLE_DIALOG,
    ROLE_INPUT,
    ROLE_ERROR, /* field and toast errors */
    ROLE_COUNT
};

struct theme {
    char name[32];
    struct style styles[ROLE_COUNT];
};

/* The built-in "dark", which needs 16 colours only. Where the environment says NO_COLOR, this and
 * theme_load give attributes only. */
void theme_default(struct theme *t);
/* t for a terminal that has no colours, as under NO_COLOR: attributes say the same. out may be t.
 */
void theme_without_colours(struct theme *out, const struct theme *t);
/* One of those compiled in (themes/ of the sources); false when there is none of that name. */
bool theme_shipped(struct theme *t, const char *name);
/* Reads an INI file over t: [roles] role = fg [bg] [bold underline …], [theme] name = …; a colour
 * is default, a name (red, bright-red), a palette index or #rrggbb; a role is its enum name in
 * lower case with hyphens ("status-alert"). A broken line is reported with its number through e and
 * the rest still counts; returns the (negative) code of the first. */
int theme_load(struct theme *t, const char *path, struct err *e);

#endif
