/* SPDX-License-Identifier: MIT
 *
 * The parts of the list of sandboxes: sandboxes.c is the view, sandbox_rows.c what the table asks
 * for, sandbox_banner.c the lines around it, sandbox_verbs.c and sandbox_info.c what can be done
 * with a row. Nobody else includes this.
 */
#ifndef VIEWS_SANDBOXES_H
#define VIEWS_SANDBOXES_H

#include "tui/list.h"
#include "views/state.h"

struct sandboxes {
    struct views_env *env;
    struct view *view;
    struct gateway_listener listener;
    struct list list;
    char *only_ns;              /* owned: the one namespace shown; NULL: all */
    char *select_id;            /* owned: to be selected once it is listed */
    size_t n_known;             /* sandboxes that exist, filtered or not */
    struct sandbox_text *texts; /* owned: what the filter sees, by row number */
    size_t n_texts;
    size_t n_gateways;      /* row numbers change with it */
    int64_t now_ms;         /* wall clock of this drawing */
    int64_t change_ms;      /* until a shown age changes */
    struct request *asking; /* all that is known of asking_id, to show it */
    char *asking_id;        /* owned */
    bool asking_json;
};

/* NULL when v is another kind of view. */
struct sandboxes *sandboxes_of_view(struct view *v);

/* sandbox_rows.c */
enum sandbox_column {
    COLUMN_NAME,
    COLUMN_STATUS,
    COLUMN_TERMINALS,
    COLUMN_AGE,
    COLUMN_LEFT,
    COLUMN_PROVIDER,
    COLUMN_ID,
    COLUMN_URL,
    COLUMN_CONTEXT, /* the last: left out while there is but one */
    N_SANDBOX_COLUMNS
};
struct table_source sandbox_rows_source(struct sandboxes *s);
void sandbox_rows_finish(struct sandboxes *s);
/* Ids of the rows that are shown, as copies to free. */
size_t sandbox_rows_shown(const struct sandboxes *s, char **ids, size_t cap);
/* The sandbox of the selected row, or NULL. */
const struct sandbox *sandbox_rows_selected(const struct sandboxes *s);
/* The word and sign for a status, and how it is drawn. */
void sandbox_status_text(const struct sandbox *sandbox, bool stale, struct table_cell *out);

/* sandbox_banner.c: lines above the table while the gateway is not there, and what an empty table
 * says instead of rows. */
int sandbox_banner_height(const struct sandboxes *s, int rows);
void sandbox_banner_draw(struct sandboxes *s, struct canvas c);
void sandbox_empty_draw(struct sandboxes *s, struct canvas c);

/* sandbox_verbs.c, sandbox_info.c */
typedef enum view_result (*sandbox_verb)(struct sandboxes *s, const struct sandbox *selected);
/* NULL: not a verb. *needs_row: only with a selected row. */
sandbox_verb sandbox_verb_find(const char *action, bool *needs_row);
enum view_result sandbox_describe(struct sandboxes *s, const struct sandbox *selected);
enum view_result sandbox_json(struct sandboxes *s, const struct sandbox *selected);

#endif
