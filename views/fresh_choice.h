/* SPDX-License-Identifier: MIT
 *
 * A choice from rows that are made anew before every drawing and every key, once a second at least,
 * so that none is of something that has gone: the picker as an overlay, what typing, pasting and
 * pointing in it do, and one more verb that takes a row away.
 */
#ifndef VIEWS_FRESH_CHOICE_H
#define VIEWS_FRESH_CHOICE_H

#include "tui/picker.h"
#include "views/state.h"

struct fresh_choice;

struct fresh_choice_ops {
    const char *title;
    const char *verbs; /* "go  x close" */
    bool keys_first;   /* as struct picker has it */
    char remove_key;   /* does remove while nothing is typed, as Delete always does */
    /* picker_add for each row; a value stays the same from one time to the next. */
    void (*fill)(struct fresh_choice *c);
    enum view_result (*accept)(struct fresh_choice *c);
    enum view_result (*remove)(struct fresh_choice *c);
    /* The rows are fresh: picker_draw and what stands with it. */
    void (*draw)(struct fresh_choice *c, struct canvas canvas);
    struct rect (*place)(const struct fresh_choice *c, int rows, int cols);
};

/* What it is a choice of begins with it. */
struct fresh_choice {
    const struct fresh_choice_ops *ops; /* borrowed */
    struct views_env *env;
    struct view *view;
    struct picker picker;
};

/* Shows c, which is freed with its view. */
void fresh_choice_open(struct views_env *env, struct fresh_choice *c,
                       const struct fresh_choice_ops *ops);
/* Makes the rows anew; the same one is selected, or what took its place. */
void fresh_choice_refresh(struct fresh_choice *c);

#endif
