/* SPDX-License-Identifier: MIT
 *
 * tmux gets the bytes from a helper in its pane that ends them with a query: when the answer is
 * there, all before it was parsed. Its screen comes back by capture-pane as lines with SGR.
 */
#include "tests/vterm/others.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

#define TMUX_WAIT_MS 20000

void sight_finish(struct sight *s)
{
    free(s->cells);
    s->cells = NULL;
}

static void prepare(struct sight *s, int rows, int cols)
{
    *s = (struct sight){.rows = rows, .cols = cols};
    s->cells = xcalloc((size_t)rows * (size_t)cols, sizeof *s->cells);
    for (int i = 0; i < rows * cols; i++)
        s->cells[i].text[0] = ' ';
}

void sight_of_term(const struct term *t, struct sight *out)
{
    struct term_cursor cursor = term_cursor(t);

    prepare(out, term_rows(t), term_cols(t));
    out->row = cursor.row;
    out->col = cursor.col;
    for (int row = 0; row < out->rows; row++)
        for (int col = 0; col < out->cols; col++) {
            const struct cell *cell = &term_row(t, row)[col];
            struct seen *seen = &out->cells[row * out->cols + col];
            char text[13];

            cell_text(cell, text);
            snprintf(seen->text, sizeof seen->text, "%s", text);
            seen->fg = cell->style.fg;
            seen->bg = cell->style.bg;
            seen->attrs = cell->style.attrs;
            if (seen->attrs & (ATTR_UNDERLINE_DOUBLE | ATTR_UNDERLINE_CURLY))
                seen->attrs |= ATTR_UNDERLINE; /* the others tell no kinds apart */
            seen->continuation = cell->flags & CELL_CONTINUATION;
        }
}

static colour colour_of(VTermScreen *screen, VTermColor c, bool is_default)
{
    if (is_default)
        return COLOUR_DEFAULT;
    if (VTERM_COLOR_IS_INDEXED(&c))
        return COLOUR_INDEX(c.indexed.idx);
    vterm_screen_convert_color_to_rgb(screen, &c);
    return COLOUR_RGB(c.rgb.red, c.rgb.green, c.rgb.blue);
}

static void read_cell(VTermScreen *screen, int row, int col, struct seen *out)
{
    VTermScreenCell cell;
    size_t len = 0;

    vterm_screen_get_cell(screen, (VTermPos){.row = row, .col = col}, &cell);
    out->continuation = cell.chars[0] == (uint32_t)-1;
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] && !out->continuation; i++)
        len += utf8_encode(cell.chars[i], out->text + len);
    out->fg = colour_of(screen, cell.fg, VTERM_COLOR_IS_DEFAULT_FG(&cell.fg));
    out->bg = colour_of(screen, cell.bg, VTERM_COLOR_IS_DEFAULT_BG(&cell.bg));
    out->attrs =
        (uint16_t)((cell.attrs.bold ? ATTR_BOLD : 0) | (cell.attrs.underline ? ATTR_UNDERLINE : 0) |
                   (cell.attrs.italic ? ATTR_ITALIC : 0) | (cell.attrs.reverse ? ATTR_REVERSE : 0) |
                   (cell.attrs.blink ? ATTR_BLINK : 0));
}

void sight_of_libvterm(const char *bytes, size_t n, int rows, int cols, struct sight *out)
{
    VTerm *vt = vterm_new(rows, cols);
    VTermScreen *screen = vterm_obtain_screen(vt);
    VTermPos cursor;

    /* Its widths come from the C library. */
    text_init_locale();
    prepare(out, rows, cols);
    vterm_set_utf8(vt, 1);
    vterm_screen_enable_altscreen(screen, 1);
    vterm_screen_reset(screen, 1);
    /* At once: 0.1.4 loses characters that are cut between two calls. */
    vterm_input_write(vt, bytes, n);
    vterm_state_get_cursorpos(vterm_obtain_state(vt), &cursor);
    out->row = cursor.row;
    out->col = cursor.col;
    for (int i = 0; i < rows * cols; i++)
        read_cell(screen, i / cols, i % cols, &out->cells[i]);
    vterm_free(vt);
}

/* --- tmux --- */

static void write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t done = write(fd, bytes, n);

        if (done <= 0)
            _exit(1);
        bytes += done;
        n -= (size_t)done;
    }
}

/* Until the answer to CSI 5 n is the last thing that came. */
static void await_answer(void)
{
    char last[4] = "";
    char c;

    while (memcmp(last, "\033[0n", 4) != 0 && read(STDIN_FILENO, &c, 1) == 1) {
        memmove(last, last + 1, 3);
        last[3] = c;
    }
}

void others_main(int argc, char **argv)
{
    char bytes[65536];
    struct termios raw;
    ssize_t n;

    if (argc != 4 || strcmp(argv[1], "--pane") != 0)
        return;
    int in = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (in < 0 || tcgetattr(STDIN_FILENO, &raw) < 0)
        _exit(1);
    cfmakeraw(&raw);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        write_all(STDOUT_FILENO, bytes, (size_t)n);
    write_all(STDOUT_FILENO, "\033[5n", 4);
    await_answer();
    close(open(argv[3], O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    for (;;)
        pause();
}

/* The output of a tmux command; whether it succeeded. */
static bool run_tmux(const char *socket, const char *const args[], struct buf *out)
{
    const char *argv[24] = {"tmux", "-S", socket, "-f", "/dev/null"};
    int fds[2], status = -1;
    size_t n = 5;

    for (; *args && n < 23; args++)
        argv[n++] = *args;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return false;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        dup2(open("/dev/null", O_RDWR), STDERR_FILENO);
        unsetenv("TMUX");
        setenv("TERM", "xterm-256color", 1);
        /* Its server lives on behind us and is no place to look for leaks. */
        unsetenv("LD_PRELOAD");
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(fds[1]);
    for (ssize_t got; (got = read(fds[0], buf_reserve(out, 4096), 4096)) > 0;)
        out->len += (size_t)got;
    buf_append(out, "", 0);
    close(fds[0]);
    waitpid(pid, &status, 0);
    return status == 0;
}

/* What a line of capture-pane -e says. */
struct reader {
    struct seen style;
    bool drawing; /* SO: letters are lines */
};

static colour take_colour(const int *params, int n, int *i)
{
    if (*i + 2 < n && params[*i + 1] == 5) {
        *i += 2;
        return COLOUR_INDEX(params[*i]);
    }
    if (*i + 4 < n && params[*i + 1] == 2) {
        *i += 4;
        return COLOUR_RGB(params[*i - 2], params[*i - 1], params[*i]);
    }
    return COLOUR_DEFAULT;
}

static void apply_sgr(struct reader *r, const int *params, int n)
{
    static const uint16_t attrs[] = {
        0,          ATTR_BOLD, ATTR_DIM,     ATTR_ITALIC,  ATTR_UNDERLINE,
        ATTR_BLINK, 0,         ATTR_REVERSE, ATTR_CONCEAL, ATTR_STRIKE};

    for (int i = 0; i < n; i++) {
        int p = params[i];

        if (p == 0)
            r->style = (struct seen){0};
        else if (p < 10)
            r->style.attrs |= attrs[p];
        else if (p >= 30 && p <= 37)
            r->style.fg = COLOUR_INDEX(p - 30);
        else if (p == 38)
            r->style.fg = take_colour(params, n, &i);
        else if (p == 39)
            r->style.fg = COLOUR_DEFAULT;
        else if (p >= 40 && p <= 47)
            r->style.bg = COLOUR_INDEX(p - 40);
        else if (p == 48)
            r->style.bg = take_colour(params, n, &i);
        else if (p == 49)
            r->style.bg = COLOUR_DEFAULT;
        else if (p >= 90 && p <= 97)
            r->style.fg = COLOUR_INDEX(p - 82);
        else if (p >= 100 && p <= 107)
            r->style.bg = COLOUR_INDEX(p - 92);
    }
}

/* CSI … m at p. Returns behind it. */
static const char *read_sgr(struct reader *r, const char *p)
{
    int params[32] = {0}, n = 1;

    for (p += 2; *p && *p != 'm'; p++) {
        if (*p == ';' && n < 32)
            params[n++] = 0;
        else if (*p == ':') /* the kind of an underline: it is one */
            while (p[1] >= '0' && p[1] <= '9')
                p++;
        else if (*p >= '0' && *p <= '9')
            params[n - 1] = params[n - 1] * 10 + *p - '0';
    }
    apply_sgr(r, params, n);
    return *p ? p + 1 : p;
}

static const char *line_of(char c)
{
    static const char from[] = "jklmnqtuvwxaf~`";
    static const char *const to[] = {"┘", "┐", "┌", "└", "┼", "─", "├", "┤",
                                     "┴", "┬", "│", "▒", "°", "·", "◆"};
    const char *at = strchr(from, c);

    return at && c ? to[at - from] : NULL;
}

static const char *read_glyph(struct reader *r, const char *p, struct sight *s, int row, int *col)
{
    struct seen *seen = &s->cells[row * s->cols + *col];
    uint32_t c;
    size_t n = utf8_decode(p, strlen(p), &c);
    int width = text_codepoint_width(c);

    if (width == 0 && *col > 0) { /* onto the one before */
        struct seen *base = seen - 1 - (seen[-1].continuation ? 1 : 0);
        size_t len = strlen(base->text);

        snprintf(base->text + len, sizeof base->text - len, "%.*s", (int)n, p);
        return p + n;
    }
    if (*col >= s->cols)
        return p + n;
    const char *line = r->drawing && n == 1 ? line_of(*p) : NULL;
    *seen = r->style;
    snprintf(seen->text, sizeof seen->text, "%.*s", line ? 31 : (int)n, line ? line : p);
    if (width == 2 && *col + 1 < s->cols) {
        seen[1] = r->style;
        seen[1].continuation = true;
        seen[1].text[0] = ' ';
    }
    *col += width ? width : 1;
    return p + n;
}

static bool read_capture(const char *text, struct sight *s)
{
    struct reader r = {0};
    int row = 0, col = 0;

    for (const char *p = text; *p && row < s->rows;) {
        if (*p == '\n') {
            row++;
            col = 0;
            p++;
        } else if (p[0] == '\033' && p[1] == '[') {
            p = read_sgr(&r, p);
        } else if (p[0] == '\033' && p[1] == ']') {
            p = strstr(p, "\033\\") ? strstr(p, "\033\\") + 2 : p + strlen(p);
        } else if (*p == '\016' || *p == '\017') {
            r.drawing = *p++ == '\016';
        } else {
            p = read_glyph(&r, p, s, row, &col);
        }
    }
    if (s->col == s->cols) /* with a wrap pending it counts on */
        s->col--;
    return true;
}

static bool wait_file(const char *path)
{
    int64_t until = clock_mono_ms() + TMUX_WAIT_MS;
    struct stat st;

    while (stat(path, &st) < 0) {
        if (clock_mono_ms() > until)
            return false;
        poll(NULL, 0, 5);
    }
    return true;
}

static bool write_file(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    bool good = f && fwrite(bytes, 1, n, f) == n;

    if (f)
        good = fclose(f) == 0 && good;
    return good;
}

static bool capture(const char *socket, struct sight *out)
{
    cleanup_buf struct buf text = {0}, cursor = {0};

    return run_tmux(socket, (const char *const[]){"capture-pane", "-p", "-e", "-N", NULL}, &text) &&
           run_tmux(socket,
                    (const char *const[]){"display-message", "-p", "#{cursor_y} #{cursor_x}", NULL},
                    &cursor) &&
           sscanf(cursor.data, "%d %d", &out->row, &out->col) == 2 && read_capture(text.data, out);
}

bool sight_of_tmux(const char *bytes, size_t n, int rows, int cols, struct sight *out)
{
    char folder[] = "/tmp/sandpit-others-XXXXXX", width[16], height[16];
    cleanup_buf struct buf ignored = {0};

    if (!mkdtemp(folder))
        return false;
    cleanup_free char *socket = xasprintf("%s/s", folder), *in = xasprintf("%s/in", folder);
    cleanup_free char *done = xasprintf("%s/done", folder);
    cleanup_free char *self = realpath("/proc/self/exe", NULL);
    cleanup_free char *command = xasprintf("exec '%s' --pane '%s' '%s'", self, in, done);

    snprintf(width, sizeof width, "%d", cols);
    snprintf(height, sizeof height, "%d", rows);
    text_init_locale();
    prepare(out, rows, cols);
    /* Behind the last character of a line capture-pane tells no background. */
    for (int i = 0; i < rows * cols; i++)
        out->cells[i].unknown = true;
    bool good = write_file(in, bytes, n) &&
                run_tmux(socket,
                         (const char *const[]){"new-session", "-d", "-x", width, "-y", height,
                                               "exec sleep 100", ";", "set-option", "-g", "status",
                                               "off", ";", "respawn-pane", "-k", command, NULL},
                         &ignored) &&
                wait_file(done) && capture(socket, out);
    run_tmux(socket, (const char *const[]){"kill-server", NULL}, &ignored);
    unlink(in);
    unlink(done);
    unlink(socket);
    rmdir(folder);
    return good;
}

/* --- comparing --- */

static bool is_blank(const struct seen *s)
{
    return strcmp(s->text, " ") == 0;
}

/* Of a blank only what shows counts: its background, lines, reverse. */
static bool same_cell(const struct seen *a, const struct seen *b, const struct tolerance *tolerance)
{
    uint16_t attrs = tolerance->attrs;

    if (a->continuation && b->continuation)
        return true;
    if (strcmp(a->text, b->text) != 0)
        return false;
    if (is_blank(a))
        attrs &= ATTR_UNDERLINE | ATTR_REVERSE | ATTR_STRIKE;
    if (b->unknown)
        return true;
    if ((a->attrs ^ b->attrs) & attrs)
        return false;
    if (tolerance->no_colours)
        return true;
    bool fg_shows = !is_blank(a) || a->attrs & (ATTR_REVERSE | ATTR_UNDERLINE);
    return a->bg == b->bg && (!fg_shows || a->fg == b->fg);
}

int sight_differences(const struct sight *ours, const struct sight *theirs,
                      const struct tolerance *tolerance, char *why, size_t n)
{
    int count = 0;

    why[0] = '\0';
    if (!tolerance->no_cursor && (ours->row != theirs->row || ours->col != theirs->col)) {
        snprintf(why, n, "cursor %d,%d, theirs %d,%d", ours->row, ours->col, theirs->row,
                 theirs->col);
        count++;
    }
    for (int i = 0; i < ours->rows * ours->cols; i++) {
        const struct seen *a = &ours->cells[i], *b = &theirs->cells[i];

        if (same_cell(a, b, tolerance) ||
            (tolerance->no_last_column && i % ours->cols == ours->cols - 1))
            continue;
        if (!count++)
            snprintf(why, n, "cell %d,%d: \"%s\" %x/%x/%x, theirs \"%s\" %x/%x/%x", i / ours->cols,
                     i % ours->cols, a->text, a->fg, a->bg, a->attrs, b->text, b->fg, b->bg,
                     b->attrs);
    }
    return count;
}
