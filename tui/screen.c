/* SPDX-License-Identifier: MIT
 *
 * See screen.h. cells → rows that differ from the shadow → cchar_t → curses' own diff → memory file
 * → output buffer → terminal. Entering and leaving are byte strings made once from terminfo, the
 * same for every way out.
 */
#include "tui/screen.h"

#define NCURSES_WIDECHAR 1
#define key_name         curses_key_name /* base/key.h has one */
#include <curses.h>
#undef key_name
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/colours.h"
#include "tui/glyph.h"
#include "tui/outer.h"
#include "tui/pairs.h"
#include "tui/rescue.h"
#include "tui/terminfo_direct.h"

#define PAIRS_MAX        60000
#define LEAVE_TIMEOUT_MS 500
#define SYNC_FROM_BYTES  512 /* smaller frames cannot be seen half painted */
#define FALLBACK_TERM    "xterm-256color"
#define DIRECT_TERM      "sandpit-direct"

struct screen {
    int tty;           /* owned, non-blocking */
    int memory;        /* where curses writes; belongs to memory_file */
    FILE *memory_file; /* owned */
    SCREEN *curses;    /* owned */
    struct termios saved, raw;
    struct buf enter, leave;
    struct buf output;
    size_t sent; /* of output */
    bool entered, broken;
    bool direct, has_colours, has_shapes;
    struct pairs *pairs;          /* owned; NULL without colours */
    bool pairs_short;             /* this frame has used them all */
    struct outer_support support; /* of the terminal that the user said it is */
    struct outer *outer;          /* owned */
    int rows, cols;
    struct cell *shadow;       /* owned: what curses was last given */
    bool *row_known;           /* owned: the shadow's row holds */
    bool *row_beyond;          /* owned: something in the shadow's row is the outer's to show */
    bool had_beyond;           /* some row, before this frame */
    struct buf beyond;         /* what the outer shows in this frame */
    cchar_t *line;             /* owned: cols + 1 */
    struct view_cursor cursor; /* as the terminal has it */
    char note[160];
};

/* --- the terminal's description --- */

/* terminfo's padding ("$<5>") means nothing to what we write to. */
static void append_cap(struct buf *out, const char *name, const char *otherwise)
{
    const char *cap = tigetstr(name);

    if (!cap || cap == (char *)-1)
        cap = otherwise;
    while (*cap) {
        const char *close = cap[0] == '$' && cap[1] == '<' ? strchr(cap, '>') : NULL;

        if (close)
            cap = close;
        else
            buf_append_char(out, *cap);
        cap++;
    }
}

static bool has_cap(const char *name)
{
    const char *cap = tigetstr(name);

    return cap && cap != (char *)-1;
}

static void make_sequences(struct screen *s, bool mouse)
{
    append_cap(&s->enter, "smcup", "");
    /* xterm's smcup keeps the window title too. */
    bool keeps_title = s->enter.data && strstr(s->enter.data, "\x1b[22;");
    buf_append_str(&s->enter, keeps_title ? "" : "\x1b[22;2t");
    buf_append_str(&s->enter, "\x1b[?2004h\x1b[?1004h");
    if (mouse)
        buf_append_str(&s->enter, "\x1b[?1000h\x1b[?1002h\x1b[?1006h");
    buf_append_str(&s->leave, "\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[?2026l");
    buf_append_str(&s->leave, keeps_title ? "" : "\x1b[23;2t");
    buf_append_str(&s->leave, s->has_shapes ? "\x1b[0 q" : "");
    buf_append_str(&s->leave, outer_leave(s->support));
    append_cap(&s->leave, "sgr0", "\x1b[m");
    append_cap(&s->leave, "cnorm", "");
    append_cap(&s->leave, "rmcup", "\r\n");
}

static bool wants_direct(void)
{
    const char *value = getenv("COLORTERM");

    return value && (strcmp(value, "truecolor") == 0 || strcmp(value, "24bit") == 0);
}

/* --- curses --- */

static SCREEN *new_curses(struct screen *s, const char *term)
{
    SCREEN *curses = newterm((NCURSES_CONST char *)term, s->memory_file, s->memory_file);

    if (curses)
        set_term(curses);
    return curses;
}

static bool write_entry(const char *path)
{
    cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    return fd >= 0 && write(fd, direct_entry, sizeof direct_entry) == (ssize_t)sizeof direct_entry;
}

/* Curses reads entries from folders only, so the compiled-in one stands in one for a moment. */
static SCREEN *new_direct(struct screen *s)
{
    char dir[] = "/tmp/sandpit-terminfo-XXXXXX";

    if (!mkdtemp(dir))
        return NULL;
    cleanup_free char *folder = xasprintf("%s/s", dir);
    cleanup_free char *file = xasprintf("%s/" DIRECT_TERM, folder);
    const char *old = getenv("TERMINFO");
    cleanup_free char *terminfo = old ? xstrdup(old) : NULL;
    SCREEN *curses = NULL;

    if (mkdir(folder, 0700) == 0 && write_entry(file)) {
        setenv("TERMINFO", dir, 1);
        curses = new_curses(s, DIRECT_TERM);
        if (terminfo)
            setenv("TERMINFO", terminfo, 1);
        else
            unsetenv("TERMINFO");
    }
    unlink(file);
    rmdir(folder);
    rmdir(dir);
    return curses;
}

static void drop_curses(struct screen *s)
{
    if (!s->curses)
        return;
    endwin();
    delscreen(s->curses);
    s->curses = NULL;
}

enum known { UNKNOWN, UNUSABLE, USABLE, MANY_COLOURS, DIRECT_COLOUR };

/* Asked before newterm, which leaks what it began when it fails and is best called once. */
static enum known probe(struct screen *s, const char *term)
{
    enum known known = UNKNOWN;
    int status;

    if (setupterm((NCURSES_CONST char *)term, s->memory, &status) != OK)
        return UNKNOWN;
    int colours = tigetnum("colors");
    s->support = outer_detect(
        term, (struct outer_support){.underlines = has_cap("Smulx") || tigetflag("Su") == 1,
                                     .strike = has_cap("smxx"),
                                     .overline = has_cap("Smol")});
    if (!has_cap("cup"))
        known = UNUSABLE;
    else if (colours > 256) /* some entry of its own for 24 bits: ours says the same to it */
        known = DIRECT_COLOUR;
    else
        known = colours == 256 ? MANY_COLOURS : USABLE;
    del_curterm(cur_term);
    return known;
}

static int open_curses(struct screen *s, const char *term, struct err *e)
{
    enum known known = probe(s, term);

    if (known == UNKNOWN) {
        snprintf(s->note, sizeof s->note, "TERM=%.60s is unknown here: using " FALLBACK_TERM, term);
        term = FALLBACK_TERM;
        known = probe(s, term);
    }
    if (known == UNUSABLE) {
        err_set(e, ERR_UNSUPPORTED, "the terminal \"%.60s\" cannot place its cursor", term);
        err_hint(e, "use the commands instead: sandpit ls, new, exec, attach, rm");
        return -ERR_UNSUPPORTED;
    }
    if (known == DIRECT_COLOUR || (known == MANY_COLOURS && wants_direct()))
        s->curses = new_direct(s);
    s->direct = s->curses != NULL;
    if (!s->curses && known != UNKNOWN)
        s->curses = new_curses(s, term);
    if (!s->curses) {
        err_set(e, ERR_UNSUPPORTED, "no description of the terminal \"%.60s\"", term);
        err_hint(e, "install ncurses-base, or set TERM to a terminal that is known");
        return -ERR_UNSUPPORTED;
    }
    return 0;
}

static void discard_frame(struct screen *s)
{
    lseek(s->memory, 0, SEEK_SET);
}

static void set_up_curses(struct screen *s, bool mouse)
{
    s->has_shapes = has_cap("Ss");
    make_sequences(s, mouse);
    typeahead(-1);
    nonl();
    refresh(); /* curses' own entering of the full screen */
    discard_frame(s);
    scrollok(stdscr, FALSE);
    if (has_colors() && start_color() == OK) {
        use_default_colors();
        int limit = COLOR_PAIRS - 1 < PAIRS_MAX ? COLOR_PAIRS - 1 : PAIRS_MAX;
        s->has_colours = limit > 0;
        s->pairs = s->has_colours ? pairs_create(limit) : NULL;
    }
    s->outer = outer_create(s->support, s->has_colours ? COLORS : 0, s->direct);
}

/* --- output --- */

/* What curses wrote since the last time. */
static void take_frame(struct screen *s, struct buf *out)
{
    off_t n = lseek(s->memory, 0, SEEK_CUR);

    if (n <= 0)
        return;
    char *into = buf_reserve(out, (size_t)n);
    ssize_t got = pread(s->memory, into, (size_t)n, 0);
    if (got > 0) {
        out->len += (size_t)got;
        out->data[out->len] = '\0';
    }
    lseek(s->memory, 0, SEEK_SET);
}

size_t screen_pending(const struct screen *s)
{
    return s->output.len - s->sent;
}

int screen_flush(struct screen *s)
{
    while (!s->broken && s->sent < s->output.len) {
        ssize_t n = write(s->tty, s->output.data + s->sent, s->output.len - s->sent);

        if (n > 0)
            s->sent += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            return 0;
        else if (n == 0 || errno != EINTR)
            s->broken = true;
    }
    buf_clear(&s->output);
    s->sent = 0;
    return s->broken ? -ERR_CLOSED : 0;
}

bool screen_write(struct screen *s, const char *bytes, size_t n)
{
    if (screen_pending(s) + n > SCREEN_OUTPUT_MAX_BYTES)
        return false;
    buf_append(&s->output, bytes, n);
    return true;
}

/* For the moments when there is no loop to come back to. */
static void flush_all(struct screen *s)
{
    int64_t until = clock_mono_ms() + LEAVE_TIMEOUT_MS;

    while (screen_flush(s) == 0 && screen_pending(s)) {
        struct pollfd fd = {.fd = s->tty, .events = POLLOUT};
        int64_t left = until - clock_mono_ms();

        if (left <= 0 || poll(&fd, 1, (int)left) == 0)
            break;
    }
}

/* --- cells to curses --- */

static attr_t attrs_of(uint16_t attrs)
{
    static const struct {
        uint16_t ours;
        attr_t theirs;
    } table[] = {
        {ATTR_BOLD, A_BOLD},
        {ATTR_DIM, A_DIM},
        {ATTR_ITALIC, A_ITALIC},
        {ATTR_UNDERLINE | ATTR_UNDERLINE_DOUBLE | ATTR_UNDERLINE_CURLY, A_UNDERLINE},
        {ATTR_BLINK, A_BLINK},
        {ATTR_REVERSE, A_REVERSE},
        {ATTR_CONCEAL, A_INVIS},
    };
    attr_t out = 0;

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (attrs & table[i].ours)
            out |= table[i].theirs;
    return out;
}

/* False when the pairs are used up: the caller starts over with none. */
static bool begin_style(struct screen *s, struct style style, cchar_t *out)
{
    int pair = 0;

    if (s->has_colours) {
        bool fresh, ignored;
        int fg = colours_text(style.fg, style.bg, COLORS, s->direct, &style.attrs);
        int bg = colours_number(style.bg, COLORS, s->direct, &ignored);

        pair = pairs_get(s->pairs, fg, bg, &fresh);
        if (pair == PAIRS_FULL && !s->pairs_short)
            return false;
        if (pair == PAIRS_FULL)
            pair = 0;
        if (fresh)
            init_extended_pair(pair, fg, bg);
    }
    setcchar(out, L" ", attrs_of(style.attrs), 0, &pair);
    return true;
}

/* Fills s->line; returns how many, or -1 when the pairs are used up. *beyond: curses does not show
 * all of it. */
static int build_row(struct screen *s, const struct cell *row, bool *beyond)
{
    struct style style = {.link = 0xffff};
    cchar_t model = {0};
    int n = 0;

    *beyond = false;
    for (int x = 0; x < s->cols; n++) {
        if (!style_equal(row[x].style, style)) {
            style = row[x].style;
            if (!begin_style(s, style, &model))
                return -1;
            *beyond = *beyond || outer_shows(s->outer, style);
        }
        s->line[n] = model;
        x += glyph_chars(row, x, s->cols, s->line[n].chars);
    }
    return n;
}

void screen_invalidate(struct screen *s)
{
    memset(s->row_known, 0, (size_t)s->rows * sizeof *s->row_known);
    clearok(curscr, TRUE);
}

static bool build_rows(struct screen *s, const struct cell *cells)
{
    for (int y = 0; y < s->rows; y++) {
        const struct cell *row = cells + (size_t)y * (size_t)s->cols;
        struct cell *shadow = s->shadow + (size_t)y * (size_t)s->cols;
        size_t bytes = (size_t)s->cols * sizeof *row;
        bool was_beyond = s->row_known[y] && s->row_beyond[y];

        s->had_beyond = s->had_beyond || was_beyond;
        if (s->row_known[y] && memcmp(row, shadow, bytes) == 0)
            continue;
        int n = build_row(s, row, &s->row_beyond[y]);
        if (n < 0)
            return false;
        mvwadd_wchnstr(stdscr, y, 0, s->line, n);
        if (was_beyond || s->row_beyond[y])
            outer_paint(s->outer, y, s->cols, row, was_beyond ? shadow : NULL, false, &s->beyond);
        memcpy(shadow, row, bytes);
        s->row_known[y] = true;
    }
    return true;
}

static void restart_pairs(struct screen *s)
{
    reset_color_pairs();
    pairs_clear(s->pairs);
    screen_invalidate(s);
}

/* Whether curses had the terminal move lines. (All of the screen it never moves: the status line
 * stays.) */
static bool has_scrolled(const struct buf *frame)
{
    const char *at = frame->data, *end = at + frame->len;

    while (at < end && (at = memchr(at, '\x1b', (size_t)(end - at)))) {
        at++;
        if (*at == 'M' || *at == 'D')
            return true;
        if (*at != '[')
            continue;
        at += 1 + strspn(at + 1, "0123456789;:?");
        if (*at && strchr("rSTLM", *at))
            return true;
    }
    return false;
}

/* Curses' cursor and attributes are what they were for it. */
static void append_beyond(struct screen *s, struct buf *frame)
{
    if (s->had_beyond && frame->len && has_scrolled(frame)) {
        buf_clear(&s->beyond);
        outer_begin(s->outer);
        for (int y = 0; y < s->rows; y++)
            outer_paint(s->outer, y, s->cols, s->shadow + (size_t)y * (size_t)s->cols, NULL, true,
                        &s->beyond);
    }
    if (!s->beyond.len)
        return;
    buf_append_str(frame, "\0337");
    buf_append(frame, s->beyond.data, s->beyond.len);
    buf_append_str(frame, "\033[m\0338");
    buf_clear(&s->beyond);
}

static void append_cursor(struct screen *s, struct view_cursor cursor, bool hidden)
{
    static const int shapes[] = {2, 4, 6}; /* DECSCUSR, steady: block, underline, bar */

    if (cursor.visible && s->has_shapes && cursor.shape != s->cursor.shape && cursor.shape >= 0 &&
        cursor.shape < (int)ARRAY_LEN(shapes))
        buf_printf(&s->output, "\x1b[%d q", shapes[cursor.shape]);
    if (cursor.visible && (hidden || !s->cursor.visible))
        append_cap(&s->output, "cnorm", "\x1b[?25h");
    else if (!cursor.visible && s->cursor.visible && !hidden)
        append_cap(&s->output, "civis", "\x1b[?25l");
    int shape = cursor.visible ? cursor.shape : s->cursor.shape;
    s->cursor = cursor;
    s->cursor.shape = shape;
}

void screen_draw(struct screen *s, const struct cell *cells, struct view_cursor cursor)
{
    cleanup_buf struct buf frame = {0};

    s->pairs_short = s->had_beyond = false;
    outer_begin(s->outer);
    if (!build_rows(s, cells)) {
        restart_pairs(s);
        buf_clear(&s->beyond);
        outer_begin(s->outer);
        /* One frame may hold more combinations than there are: the last ones go without. */
        s->pairs_short = true;
        build_rows(s, cells);
    }
    cursor.row = cursor.row < 0 ? 0 : cursor.row >= s->rows ? s->rows - 1 : cursor.row;
    cursor.col = cursor.col < 0 ? 0 : cursor.col >= s->cols ? s->cols - 1 : cursor.col;
    wmove(stdscr, cursor.visible ? cursor.row : s->rows - 1,
          cursor.visible ? cursor.col : s->cols - 1);
    wnoutrefresh(stdscr);
    idcok(stdscr, !s->had_beyond); /* what curses does not know of would move along */
    doupdate();
    take_frame(s, &frame);
    append_beyond(s, &frame);
    bool whole = frame.len >= SYNC_FROM_BYTES, hide = whole && s->cursor.visible;
    if (whole)
        buf_append_str(&s->output, "\x1b[?2026h");
    if (hide)
        append_cap(&s->output, "civis", "\x1b[?25l");
    buf_append(&s->output, frame.data, frame.len);
    append_cursor(s, cursor, hide);
    if (whole)
        buf_append_str(&s->output, "\x1b[?2026l");
}

uint16_t screen_link(struct screen *s, const char *uri, colour underline)
{
    return outer_link(s->outer, uri, underline);
}

bool screen_links_full(const struct screen *s)
{
    return outer_is_full(s->outer);
}

void screen_forget_links(struct screen *s)
{
    outer_forget_links(s->outer);
    screen_invalidate(s);
}

/* --- size, coming and going --- */

void screen_size(struct screen *s, int *rows, int *cols)
{
    struct winsize size = {0};

    ioctl(s->tty, TIOCGWINSZ, &size);
    *rows = size.ws_row > 0 ? size.ws_row : 24;
    *cols = size.ws_col > 0 ? size.ws_col : 80;
    *rows = *rows > 1000 ? 1000 : *rows;
    *cols = *cols > 1000 ? 1000 : *cols;
}

void screen_resize(struct screen *s, int rows, int cols)
{
    s->rows = rows;
    s->cols = cols;
    s->shadow = xreallocarray(s->shadow, (size_t)rows * (size_t)cols, sizeof *s->shadow);
    s->row_known = xreallocarray(s->row_known, (size_t)rows, sizeof *s->row_known);
    s->row_beyond = xreallocarray(s->row_beyond, (size_t)rows, sizeof *s->row_beyond);
    s->line = xreallocarray(s->line, (size_t)cols + 1, sizeof *s->line);
    resizeterm(rows, cols);
    screen_invalidate(s);
}

void screen_enter(struct screen *s)
{
    if (s->entered)
        return;
    s->entered = true;
    rescue_arm(s->tty, &s->saved, s->leave.data, s->leave.len);
    tcsetattr(s->tty, TCSANOW, &s->raw);
    discard_frame(s);
    buf_append(&s->output, s->enter.data, s->enter.len);
    s->cursor = (struct view_cursor){.visible = true, .shape = -1};
    screen_invalidate(s);
}

void screen_reenter(struct screen *s)
{
    s->entered = false;
    buf_append(&s->output, s->leave.data, s->leave.len);
    screen_enter(s);
}

void screen_leave(struct screen *s)
{
    if (!s->entered)
        return;
    s->entered = false;
    buf_append(&s->output, s->leave.data, s->leave.len);
    flush_all(s);
    buf_clear(&s->output);
    s->sent = 0;
    tcsetattr(s->tty, TCSANOW, &s->saved);
    rescue_disarm();
}

static int open_tty(struct screen *s, struct err *e)
{
    s->tty = open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (s->tty < 0 || tcgetattr(s->tty, &s->saved) < 0) {
        err_set_errno(e, errno, "cannot open the terminal");
        err_hint(e, "run it in a terminal, or use the commands: sandpit ls, new, exec, rm");
        return -ERR_IO;
    }
    s->raw = s->saved;
    cfmakeraw(&s->raw);
    s->memory = memfd_create("screen", MFD_CLOEXEC);
    s->memory_file = s->memory < 0 ? NULL : fdopen(s->memory, "r+");
    if (!s->memory_file)
        return err_set_errno(e, errno, "memory file for the screen");
    return 0;
}

static int check_term(const char *term, struct err *e)
{
    if (term && *term && strcmp(term, "dumb") != 0)
        return 0;
    err_set(e, ERR_UNSUPPORTED, "TERM=%s has no full screen", term ? term : "");
    err_hint(e, "use the commands instead: sandpit ls, new, exec, attach, rm");
    return -ERR_UNSUPPORTED;
}

struct screen *screen_open(const char *term, bool mouse, struct err *e)
{
    struct screen *s = xcalloc(1, sizeof *s);

    s->tty = s->memory = -1;
    term = term ? term : getenv("TERM");
    if (check_term(term, e) < 0 || open_tty(s, e) < 0 || open_curses(s, term, e) < 0) {
        screen_close(s);
        return NULL;
    }
    set_up_curses(s, mouse);
    int rows, cols;
    screen_size(s, &rows, &cols);
    screen_resize(s, rows, cols);
    screen_enter(s);
    return s;
}

void screen_close(struct screen *s)
{
    if (!s)
        return;
    screen_leave(s);
    drop_curses(s);
    if (s->memory_file)
        fclose(s->memory_file);
    else if (s->memory >= 0)
        close(s->memory);
    if (s->tty >= 0)
        close(s->tty);
    pairs_destroy(s->pairs);
    buf_finish(&s->enter);
    buf_finish(&s->leave);
    buf_finish(&s->output);
    buf_finish(&s->beyond);
    outer_destroy(s->outer);
    free(s->shadow);
    free(s->row_known);
    free(s->row_beyond);
    free(s->line);
    free(s);
}

bool screen_has_colours(const struct screen *s)
{
    return s->has_colours;
}

const char *screen_note(const struct screen *s)
{
    return s->note[0] ? s->note : NULL;
}

int screen_fd(const struct screen *s)
{
    return s->tty;
}

const char *screen_library_version(void)
{
    return curses_version();
}
