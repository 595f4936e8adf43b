/* SPDX-License-Identifier: MIT
 *
 * A one-line editor with readline's keys: C-a C-e C-b C-f M-b M-f C-k C-u C-w M-d C-y C-d C-h
 * C-t, arrows with Ctrl for words, Home, End, Up and Down for the history, Tab for completion.
 */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/key.h"
#include "tui/canvas.h"

#define PROMPT_MAX_BYTES   4096 /* what does not fit any more is not taken */
#define PROMPT_HISTORY_MAX 200

/* Lines typed before, oldest first; zeroed memory is an empty one. */
struct prompt_history {
    char **lines; /* owned */
    size_t n;
};
/* Adds a line; blank ones and repetitions of the last one are not kept. */
void prompt_history_add(struct prompt_history *h, const char *line);
void prompt_history_finish(struct prompt_history *h);

enum prompt_result {
    PROMPT_IGNORED, /* not a key of the editor */
    PROMPT_MOVED,   /* the text is the same */
    PROMPT_CHANGED,
    PROMPT_ACCEPT, /* Enter */
    PROMPT_CANCEL, /* Esc, C-c, C-g */
};

/* Appends to out what completes the word that begins at byte `start` of text and ends at byte
 * `end`: the whole new word. False when nothing does. `turn` counts the Tabs pressed in a row from
 * 0, so that several answers can be offered one after the other. */
typedef bool (*prompt_complete)(void *user, const char *text, size_t start, size_t end,
                                unsigned turn, struct buf *out);

struct prompt {
    struct buf text;                /* owned */
    size_t cursor;                  /* bytes from the start, between characters */
    int scroll;                     /* columns hidden on the left */
    bool secret;                    /* shows a dot for each character */
    char *killed;                   /* owned: what C-y brings back */
    char *draft;                    /* owned: what was typed before Up was pressed */
    size_t history_i;               /* lines back from the newest; 0: the draft */
    struct prompt_history *history; /* borrowed, or NULL */
    prompt_complete complete;       /* or NULL */
    void *user;
    unsigned completions; /* Tabs in a row */
    size_t word_start;    /* of the word Tab completes */
    char *word;           /* owned: what it was before the first Tab */
};

/* Zeroed memory is an empty prompt. */
void prompt_finish(struct prompt *p);
const char *prompt_text(const struct prompt *p);
/* Replaces the text, cursor at its end. */
void prompt_set(struct prompt *p, const char *text);
enum prompt_result prompt_key(struct prompt *p, struct key key);
/* Line ends become spaces, control characters go. */
enum prompt_result prompt_paste(struct prompt *p, const char *text, size_t n);
/* Draws into columns x to x + w of row y, scrolled so that the cursor shows; returns its column. */
int prompt_draw(struct prompt *p, struct canvas c, int y, int x, int w, struct style style);

#endif
