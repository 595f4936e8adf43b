/* SPDX-License-Identifier: MIT
 *
 * What curses has no words for: links (OSC 8), styles and colours of underlines, struck out and
 * overlined text. Curses is given cells without them; behind its frame, cells of a changed row that
 * have them, or had them until now, are written once more as they are.
 */
#ifndef TUI_OUTER_H
#define TUI_OUTER_H

#include <stdbool.h>

#include "base/buf.h"
#include "vterm/cell.h"

struct outer_support {
    bool links, underlines, strike, overline;
};

/* What the terminal of this process's environment shows. `said` is what its description in terminfo
 * says; of links none does. */
struct outer_support outer_detect(const char *term, struct outer_support said);

struct outer;

/* n_colours is 0 for none; direct: colours of 24 bits are shown, too. */
struct outer *outer_create(struct outer_support support, int n_colours, bool direct);
void outer_destroy(struct outer *o);

/* --- links --- */
/* In struct style.link of cells for the screen; other numbers are those of some terminal's own
 * table and mean nothing here. */
#define OUTER_LINK 0x8000
/* The number for a link (uri may be NULL) and an underline's colour; 0: nothing of it shows, or the
 * table is full (outer_is_full). Links are http, https, mailto and the like: what others, file
 * above all, lead to is not on the machine of who clicks, or is not a guest's to open there. */
uint16_t outer_link(struct outer *o, const char *uri, colour underline);
/* The address of a number as the terminal gets it; NULL: none. */
const char *outer_uri(const struct outer *o, uint16_t number);
bool outer_is_full(const struct outer *o);
/* Every number that was given out before means nothing any more. */
void outer_forget_links(struct outer *o);

/* --- bytes --- */
/* Whether a style says more than curses can. */
bool outer_shows(const struct outer *o, struct style style);
/* Begins a frame: links may take so many bytes of it, beyond which text stands without them. */
void outer_begin(struct outer *o);
/* Appends what curses left out of row y; with `whole`, all of the row. before is the row as it was,
 * NULL when curses paints all of it. Begins with anything on, leaves the cursor and the attributes
 * (no link) anywhere. */
void outer_paint(struct outer *o, int y, int cols, const struct cell *now,
                 const struct cell *before, bool whole, struct buf *out);
/* What ends all of them, also in the middle of a sequence; "" where nothing is ever begun. */
const char *outer_leave(struct outer_support support);

#endif
