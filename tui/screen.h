/* SPDX-License-Identifier: MIT
 *
 * The terminal this program runs in: raw mode, alternate screen, cells to bytes. Nothing else
 * includes curses. One per process, because curses is.
 *
 * Curses never touches the terminal. It writes into a memory file; the bytes of a frame are taken
 * from there and sent through a non-blocking descriptor of /dev/tty of our own, whose flags nobody
 * else shares. So a terminal that does not read delays frames, never the loop, and no byte is lost.
 */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "tui/view.h"

#define SCREEN_OUTPUT_MAX_BYTES (4u << 20) /* beyond this screen_write drops */

struct screen;

/* term NULL: the environment's. Takes the terminal over. Fails with a hint when there is no
 * terminal or TERM is dumb. */
struct screen *screen_open(const char *term, bool mouse, struct err *e);
/* Gives the terminal back and frees. NULL allowed. */
void screen_close(struct screen *s);
/* What the user should know about the terminal chosen (TERM unknown), or NULL. */
const char *screen_note(const struct screen *s);
bool screen_has_colours(const struct screen *s);
/* The descriptor to read input from and to poll; stays the screen's. */
int screen_fd(const struct screen *s);

/* The window's size as the kernel has it; at least 1x1. */
void screen_size(struct screen *s, int *rows, int *cols);
void screen_resize(struct screen *s, int rows, int cols);
/* Forgets what the terminal shows: the next draw paints all of it. */
void screen_invalidate(struct screen *s);
/* Makes the terminal show cells, rows of cols as in the last screen_resize. Only what differs from
 * the last draw costs bytes. Call when screen_pending is 0. */
void screen_draw(struct screen *s, const struct cell *cells, struct view_cursor cursor);
/* The number of a link and of an underline's colour for struct style.link of cells to draw: as
 * outer_link (tui/outer.h). When the table was full at a draw, screen_forget_links makes room, and
 * every cell with a link must be drawn anew. */
uint16_t screen_link(struct screen *s, const char *uri, colour underline);
bool screen_links_full(const struct screen *s);
void screen_forget_links(struct screen *s);
/* Queues bytes behind the last frame; false when the bound is reached and they were dropped. */
bool screen_write(struct screen *s, const char *bytes, size_t n);
/* What draws, with its version. */
const char *screen_library_version(void);
/* Bytes the terminal has not taken yet. */
size_t screen_pending(const struct screen *s);
/* Sends what it takes now. Negative when the terminal is gone. */
int screen_flush(struct screen *s);

/* Gives the terminal to somebody else (a shell, an editor) and takes it again. */
void screen_leave(struct screen *s);
void screen_enter(struct screen *s);
/* As screen_enter, when somebody may have changed the terminal behind our back. */
void screen_reenter(struct screen *s);

#endif
