/* SPDX-License-Identifier: MIT
 *
 * See screen_memory.h. Linked before the toolkit's library, so that its screen.c stays out.
 */
#include "tests/views/screen_memory.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tui/outer.h"

struct screen {
    int fds[2]; /* nobody types at the other end: keys go to the dispatcher directly */
    int rows, cols;
    struct cell *cells; /* owned */
    struct view_cursor cursor;
    struct buf written;
    struct outer *outer;       /* owned */
    int lookups, most_lookups; /* of links: since the last frame, for one */
};

static struct screen the_screen = {.fds = {-1, -1}, .rows = 24, .cols = 80};

void screen_memory_size(int rows, int cols)
{
    the_screen.rows = rows;
    the_screen.cols = cols;
}

struct canvas screen_memory_canvas(void)
{
    return (struct canvas){.cells = the_screen.cells,
                           .stride = the_screen.cols,
                           .rows = the_screen.rows,
                           .cols = the_screen.cols};
}

struct view_cursor screen_memory_cursor(void)
{
    return the_screen.cursor;
}

const struct buf *screen_memory_written(void)
{
    return &the_screen.written;
}

const char *screen_memory_link(int row, int col)
{
    const struct screen *s = &the_screen;

    return outer_uri(s->outer, s->cells[row * s->cols + col].style.link);
}

int screen_memory_lookups(void)
{
    return the_screen.most_lookups;
}

struct screen *screen_open(const char *term, bool mouse, struct err *e)
{
    the_screen.outer = outer_create((struct outer_support){true, true, true, true}, 256, true);
    the_screen.lookups = the_screen.most_lookups = 0;
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, the_screen.fds)
               ? NULL
               : &the_screen;
}

void screen_close(struct screen *s)
{
    if (!s)
        return;
    close(s->fds[0]);
    close(s->fds[1]);
    free(steal_pointer(&s->cells));
    outer_destroy(steal_pointer(&s->outer));
    buf_finish(&s->written);
    s->written = (struct buf){0};
}

bool screen_has_colours(const struct screen *s)
{
    return true;
}

const char *screen_note(const struct screen *s)
{
    return NULL;
}

int screen_fd(const struct screen *s)
{
    return s->fds[0];
}

void screen_size(struct screen *s, int *rows, int *cols)
{
    *rows = s->rows;
    *cols = s->cols;
}

void screen_resize(struct screen *s, int rows, int cols)
{
    free(s->cells);
    s->cells = xcalloc((size_t)rows * (size_t)cols, sizeof *s->cells);
}

void screen_invalidate(struct screen *s)
{
}

void screen_draw(struct screen *s, const struct cell *cells, struct view_cursor cursor)
{
    memcpy(s->cells, cells, (size_t)s->rows * (size_t)s->cols * sizeof *cells);
    s->cursor = cursor;
    s->most_lookups = s->lookups > s->most_lookups ? s->lookups : s->most_lookups;
    s->lookups = 0;
}

bool screen_write(struct screen *s, const char *bytes, size_t n)
{
    buf_append(&s->written, bytes, n);
    return true;
}

const char *screen_library_version(void)
{
    return "memory";
}

size_t screen_pending(const struct screen *s)
{
    return 0;
}

int screen_flush(struct screen *s)
{
    return 0;
}

void screen_leave(struct screen *s)
{
}

void screen_enter(struct screen *s)
{
}

void screen_reenter(struct screen *s)
{
}

uint16_t screen_link(struct screen *s, const char *uri, colour underline)
{
    s->lookups++;
    return outer_link(s->outer, uri, underline);
}

bool screen_links_full(const struct screen *s)
{
    return outer_is_full(s->outer);
}

void screen_forget_links(struct screen *s)
{
    outer_forget_links(s->outer);
}
