/* SPDX-License-Identifier: MIT
 *
 * Labelled fields in a dialog: checked while typing, kept through a failed request.
 *
 * The owner draws it, hands it keys, sends the request on FORM_SUBMIT and then calls form_busy; the
 * answer ends in form_fail (everything typed is still there) or in the end of the form.
 */
#ifndef TUI_FORM_H
#define TUI_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tui/prompt.h"
#include "tui/theme.h"
#include "tui/view.h"

#define FORM_FIELDS_MAX 24

enum form_kind {
    FORM_TEXT,
    FORM_NUMBER,   /* whole, min to max */
    FORM_DURATION, /* "90s", "30m", "1h30m", "2d"; empty: none */
    FORM_CHOICE,   /* one of choices: Space, Left, Right */
};

struct form;

struct form_field {
    const char *label;
    const char *placeholder; /* shown dim while empty: what empty means; or NULL */
    const char *help;        /* shown under the field in focus; or NULL */
    enum form_kind kind;
    const char *initial;        /* or NULL */
    const char *const *choices; /* FORM_CHOICE: ends with NULL */
    bool required;
    int64_t min, max; /* FORM_NUMBER, and FORM_DURATION in ms; max 0: no limit */
    /* A further condition: false with a reason of less than cap bytes. Or NULL. */
    bool (*check)(const char *value, char *reason, size_t cap);
    /* After a change by the user; may change other fields with form_set. Or NULL. */
    void (*changed)(struct form *f, int field);
};

enum form_result {
    FORM_IGNORED,
    FORM_HANDLED,
    FORM_SUBMIT, /* every field is valid */
    FORM_CANCEL, /* close it */
    FORM_ABORT,  /* while busy: cancel the request; the form stays */
};

struct form_state {
    struct prompt prompt;
    int choice;
    bool touched;
    char *preset;     /* owned: what it began with */
    char reason[128]; /* "" when valid */
};

struct form {
    const char *title;               /* borrowed */
    const char *verb;                /* "create": what Enter does; borrowed */
    const struct form_field *fields; /* borrowed */
    int n_fields;
    int focus;
    struct form_state states[FORM_FIELDS_MAX];
    bool busy;
    int64_t busy_since_ms;
    struct err error;          /* of the last request */
    bool discard_asked;        /* Esc was pressed once with something typed */
    struct view_cursor cursor; /* where it was drawn last */
};

void form_init(struct form *f, const char *title, const char *verb, const struct form_field *fields,
               int n_fields);
void form_finish(struct form *f);
const char *form_text(const struct form *f, int field);
/* Of a valid FORM_NUMBER, or FORM_DURATION in ms; 0 when empty. */
int64_t form_number(const struct form *f, int field);
void form_set(struct form *f, int field, const char *value);
/* form_set for what the field begins with instead of `initial`: not something the user typed. */
void form_preset(struct form *f, int field, const char *value);
enum form_result form_key(struct form *f, struct key key);
enum form_result form_paste(struct form *f, const char *text, size_t n);
/* Shows progress 200 ms later; the owner draws again then, and every second. */
void form_busy(struct form *f, int64_t now_ms);
void form_fail(struct form *f, const struct err *e);
/* The size it wants, frame included. */
struct rect form_place(const struct form *f, int rows, int cols);
void form_draw(struct form *f, struct canvas c, const struct theme *theme, int64_t now_ms);

/* Reads "1h30m"; a number needs its unit (s m h d). False: not a duration. */
bool form_parse_duration(const char *text, int64_t *ms);

#endif
