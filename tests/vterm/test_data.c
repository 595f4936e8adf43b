/* SPDX-License-Identifier: MIT
 *
 * Runs the data files: bytes in, screen out. README.md in data/ describes the format.
 *
 * Each case runs twice, its bytes fed at once and one by one, and each ends with a snapshot that
 * must make the same terminal again. One TAP line a case. Usage: test_data FILE…
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tests/source.h"
#include "tests/vterm/same.h"

struct run {
    struct term *term;
    struct buf replies, clipboard;
    int bells;
    bool bytewise;
    bool lossy;    /* the case says that a snapshot cannot hold all of it */
    char why[512]; /* first failure; empty: none */
    const char *file;
    int line;
};

static void on_reply(void *user, const char *bytes, size_t n)
{
    buf_append(&((struct run *)user)->replies, bytes, n);
}

static void on_bell(void *user)
{
    ((struct run *)user)->bells++;
}

static void on_clipboard(void *user, const char *bytes, size_t n)
{
    buf_append(&((struct run *)user)->clipboard, bytes, n);
}

static const struct term_ops ops = {
    .on_reply = on_reply,
    .on_bell = on_bell,
    .on_clipboard = on_clipboard,
};

#define FAIL(r, ...)                                                                               \
    do {                                                                                           \
        if (!(r)->why[0]) {                                                                        \
            int n_ = snprintf((r)->why, sizeof(r)->why, "%s:%d: ", (r)->file, (r)->line);          \
            snprintf((r)->why + n_, sizeof(r)->why - (size_t)n_, __VA_ARGS__);                     \
        }                                                                                          \
    } while (0)

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* Reads "…" at *text into out and moves *text behind it. */
static bool read_string(const char **text, struct buf *out)
{
    static const char names[] = "ebnrtafv\"\\0", values[] = "\033\b\n\r\t\a\f\v\"\\\0";
    const char *p = strchr(*text, '"');

    if (!p)
        return false;
    for (p++; *p && *p != '"'; p++) {
        if (*p != '\\') {
            buf_append_char(out, *p);
        } else if (p[1] == 'x') {
            buf_append_char(out, (char)(hex(p[2]) << 4 | hex(p[3])));
            p += 3;
        } else {
            const char *name = strchr(names, *++p);

            if (!*p || !name)
                return false;
            buf_append_char(out, values[name - names]);
        }
    }
    *text = *p ? p + 1 : p;
    return *p == '"';
}

static void feed(struct run *r, const char *bytes, size_t n)
{
    if (!r->bytewise) {
        term_feed(r->term, bytes, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        char one = bytes[i];

        term_feed(r->term, &one, 1);
    }
}

static void open_term(struct run *r, int rows, int cols, size_t lines)
{
    struct term_config config = {.scrollback_lines = lines, .ops = &ops, .user = r};

    term_destroy(r->term);
    r->term = term_create(rows, cols, &config);
}

/* The text of cells, trailing empty ones left out, empty ones between as spaces. */
static void cells_text(const struct cell *cells, int cols, struct buf *out)
{
    int n = cols;

    while (n > 0 && !cells[n - 1].glyph)
        n--;
    for (int i = 0; i < n; i++) {
        char text[13];

        if (!(cells[i].flags & CELL_CONTINUATION))
            buf_append(out, text, cell_text(&cells[i], text));
    }
    buf_append(out, "", 0);
}

static void expect(struct run *r, const char *what, const struct buf *got, const struct buf *want)
{
    if (got->len != want->len || (want->len && memcmp(got->data, want->data, want->len) != 0))
        FAIL(r, "%s is \"%s\", expected \"%s\"", what, got->data ? got->data : "",
             want->data ? want->data : "");
}

static void do_size(struct run *r, const char *args)
{
    int rows = 0, cols = 0, lines = 100;

    if (sscanf(args, "%dx%d scrollback %d", &rows, &cols, &lines) < 2)
        FAIL(r, "size?");
    else
        open_term(r, rows, cols, (size_t)lines);
}

static void do_feed(struct run *r, const char *args)
{
    cleanup_buf struct buf bytes = {0};
    int times = 1;

    if (!read_string(&args, &bytes)) {
        FAIL(r, "string?");
        return;
    }
    sscanf(args, " * %d", &times);
    while (times-- > 0 && bytes.len)
        feed(r, bytes.data, bytes.len);
}

static void do_resize(struct run *r, const char *args)
{
    int rows, cols;

    if (sscanf(args, "%dx%d", &rows, &cols) != 2)
        FAIL(r, "size?");
    else
        term_resize(r->term, rows, cols);
}

static void do_row(struct run *r, const char *args)
{
    cleanup_buf struct buf want = {0}, got = {0};
    int row = atoi(args);

    if (!read_string(&args, &want) || row >= term_rows(r->term)) {
        FAIL(r, "row?");
        return;
    }
    cells_text(term_row(r->term, row), term_cols(r->term), &got);
    expect(r, "row", &got, &want);
}

/* All rows, "/" between them. */
static void do_screen(struct run *r, const char *args)
{
    cleanup_buf struct buf want = {0}, got = {0};

    if (!read_string(&args, &want)) {
        FAIL(r, "string?");
        return;
    }
    for (int i = 0; i < term_rows(r->term); i++) {
        if (i)
            buf_append_char(&got, '/');
        cells_text(term_row(r->term, i), term_cols(r->term), &got);
    }
    expect(r, "screen", &got, &want);
}

static void do_history(struct run *r, const char *args)
{
    cleanup_buf struct buf want = {0}, got = {0};
    struct cell cells[TERM_SIZE_MAX];
    uint64_t end = term_scrollback_end(r->term);

    if (!read_string(&args, &want)) {
        FAIL(r, "string?");
        return;
    }
    for (uint64_t i = term_scrollback_first(r->term); i < end; i++) {
        if (i > term_scrollback_first(r->term))
            buf_append_char(&got, '/');
        term_scrollback_line(r->term, i, cells, term_cols(r->term));
        cells_text(cells, term_cols(r->term), &got);
    }
    expect(r, "history", &got, &want);
}

static void do_lines(struct run *r, const char *args)
{
    int n = (int)(term_scrollback_end(r->term) - term_scrollback_first(r->term));

    if (n != atoi(args))
        FAIL(r, "%d lines of history, expected %s", n, args);
}

static void do_cursor(struct run *r, const char *args)
{
    struct term_cursor c = term_cursor(r->term);
    static const char *const shapes[] = {"block", "underline", "bar"};
    char got[64];

    snprintf(got, sizeof got, "%d,%d%s%s%s%s", c.row, c.col, c.visible ? "" : " hidden",
             c.blink ? "" : " steady", c.shape ? " " : "", c.shape ? shapes[c.shape] : "");
    if (strcmp(got, args) != 0)
        FAIL(r, "cursor is %s, expected %s", got, args);
}

static void put_colour(char *out, size_t n, const char *name, colour c)
{
    size_t len = strlen(out);

    if (COLOUR_IS_INDEX(c))
        snprintf(out + len, n - len, " %s=%u", name, c & 0xff);
    else if (COLOUR_IS_RGB(c))
        snprintf(out + len, n - len, " %s=#%06x", name, c & 0xffffff);
}

/* cell ROW,COL "text" [fg=…] [bg=…] [attributes…] */
static void do_cell(struct run *r, const char *args)
{
    static const char *const attrs[] = {"bold",   "dim",    "italic",   "underline", "double",
                                        "curly",  "blink",  "reverse",  "conceal",   "strike",
                                        "dotted", "dashed", "overline", "protected"};
    cleanup_buf struct buf want = {0}, text = {0};
    char got[256] = "", utf8[13];
    int row, col;

    if (sscanf(args, "%d,%d", &row, &col) != 2 || !read_string(&args, &want) ||
        row >= term_rows(r->term) || col >= term_cols(r->term)) {
        FAIL(r, "cell?");
        return;
    }
    const struct cell *cell = &term_row(r->term, row)[col];
    if (cell->flags & CELL_CONTINUATION)
        buf_append_str(&text, "<");
    else if (cell->glyph)
        buf_append(&text, utf8, cell_text(cell, utf8));
    expect(r, "cell", &text, &want);
    put_colour(got, sizeof got, "fg", cell->style.fg);
    put_colour(got, sizeof got, "bg", cell->style.bg);
    put_colour(got, sizeof got, "ul", term_underline_colour(r->term, cell->style.link));
    for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
        if (cell->style.attrs & 1u << i)
            snprintf(got + strlen(got), sizeof got - strlen(got), " %s", attrs[i]);
    if (strcmp(got, args) != 0)
        FAIL(r, "cell %d,%d has%s, expected%s", row, col, got[0] ? got : " nothing", args);
}

/* link ROW,COL "address" */
static void do_link(struct run *r, const char *args)
{
    cleanup_buf struct buf want = {0}, got = {0};
    int row, col;

    if (sscanf(args, "%d,%d", &row, &col) != 2 || !read_string(&args, &want) ||
        row >= term_rows(r->term) || col >= term_cols(r->term)) {
        FAIL(r, "link?");
        return;
    }
    const char *uri = term_link(r->term, term_row(r->term, row)[col].style.link);
    buf_append_str(&got, uri ? uri : "");
    expect(r, "link", &got, &want);
}

/* marks LINE [prompt] [input] [output] [end] [STATUS], lines counted from the first kept */
static void do_marks(struct run *r, const char *args)
{
    uint64_t line = (uint64_t)strtol(args, NULL, 10);
    struct term_marks m = term_line_marks(r->term, term_scrollback_first(r->term) + line);
    char got[128], status[16] = "";

    if (m.exit_status >= 0)
        snprintf(status, sizeof status, " %d", m.exit_status);
    snprintf(got, sizeof got, "%d%s%s%s%s%s", (int)line, m.prompt ? " prompt" : "",
             m.input ? " input" : "", m.output ? " output" : "", m.end ? " end" : "", status);
    if (strcmp(got, args) != 0)
        FAIL(r, "marks are %s, expected %s", got, args);
}

static void do_cwd(struct run *r, const char *args)
{
    cleanup_buf struct buf got = {0}, want = {0};

    buf_append_str(&got, term_cwd(r->term));
    if (!read_string(&args, &want))
        FAIL(r, "string?");
    expect(r, "cwd", &got, &want);
}

/* theme FG BG CURSOR, hexadecimal; the palette is black */
static void do_theme(struct run *r, const char *args)
{
    struct term_theme theme = {0};

    if (sscanf(args, "%x %x %x", &theme.fg, &theme.bg, &theme.cursor) != 3)
        FAIL(r, "theme?");
    term_set_theme(r->term, &theme);
}

static void do_pixels(struct run *r, const char *args)
{
    int rows, cols;

    if (sscanf(args, "%dx%d", &rows, &cols) != 2)
        FAIL(r, "pixels?");
    else
        term_set_cell_pixels(r->term, rows, cols);
}

static void expect_taken(struct run *r, const char *what, struct buf *got, const char *args)
{
    cleanup_buf struct buf want = {0};

    if (!read_string(&args, &want))
        FAIL(r, "string?");
    expect(r, what, got, &want);
    buf_clear(got);
}

static void do_reply(struct run *r, const char *args)
{
    expect_taken(r, "reply", &r->replies, args);
}

static void do_clipboard(struct run *r, const char *args)
{
    expect_taken(r, "clipboard", &r->clipboard, args);
}

static void do_title(struct run *r, const char *args)
{
    cleanup_buf struct buf got = {0};

    buf_append_str(&got, term_title(r->term));
    expect_taken(r, "title", &got, args);
}

static void do_bells(struct run *r, const char *args)
{
    if (r->bells != atoi(args))
        FAIL(r, "%d bells, expected %s", r->bells, args);
}

static void do_modes(struct run *r, const char *args)
{
    static const char *const mice[] = {"", " click", " drag", " move"};
    struct term_modes m = term_modes(r->term);
    char got[256];

    snprintf(got, sizeof got, "%s%s%s%s%s%s%s%s%s%s%s", m.alternate_screen ? " alternate" : "",
             m.bracketed_paste ? " paste" : "", m.focus_reports ? " focus" : "",
             m.application_cursor ? " cursor" : "", m.application_keypad ? " keypad" : "",
             m.reverse_video ? " reverse" : "", mice[m.mouse], m.mouse_sgr ? " sgr" : "",
             m.alternate_scroll ? "" : " noscroll", m.kitty_keyboard ? " kitty" : "",
             term_synchronised_until(r->term) ? " sync" : "");
    if (strcmp(got[0] ? got + 1 : "none", args) != 0)
        FAIL(r, "modes are%s, expected %s", got[0] ? got : " none", args);
}

/* Goes on with a fresh terminal made of a snapshot. */
static void do_snapshot(struct run *r, const char *args)
{
    cleanup_buf struct buf bytes = {0};
    struct term *old = r->term;

    term_snapshot(old, SIZE_MAX, &bytes);
    r->term = NULL;
    open_term(r, term_rows(old), term_cols(old), TERM_SCROLLBACK_DEFAULT);
    feed(r, bytes.data, bytes.len);
    term_destroy(old);
}

static void do_lossy(struct run *r, const char *args)
{
    r->lossy = true;
}

static const struct {
    const char *name;
    void (*run)(struct run *r, const char *args);
} verbs[] = {
    {"size", do_size},   {"feed", do_feed},           {"resize", do_resize},
    {"row", do_row},     {"screen", do_screen},       {"history", do_history},
    {"lines", do_lines}, {"cursor", do_cursor},       {"cell", do_cell},
    {"reply", do_reply}, {"clipboard", do_clipboard}, {"title", do_title},
    {"bells", do_bells}, {"modes", do_modes},         {"snapshot", do_snapshot},
    {"lossy", do_lossy}, {"link", do_link},           {"marks", do_marks},
    {"cwd", do_cwd},     {"theme", do_theme},         {"pixels", do_pixels},
};

static void run_line(struct run *r, const char *line)
{
    size_t n = strcspn(line, " ");
    const char *args = line[n] ? line + n + 1 : line + n;

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strlen(verbs[i].name) == n && memcmp(line, verbs[i].name, n) == 0) {
            verbs[i].run(r, args);
            return;
        }
    FAIL(r, "what is \"%s\"?", line);
}

static void check_snapshot(struct run *r)
{
    static const char dirt[] =
        "1\r\n2\r\n3\033[?1049h\033[41mjunk\033[3;4r\033[?6hx\033]2;t\a\033[4h\033(0\033[1;";
    cleanup_buf struct buf bytes = {0};
    struct term_config config = {.scrollback_lines = 100000};
    struct term *copy = term_create(term_rows(r->term), term_cols(r->term), &config);
    char why[256];

    term_snapshot(r->term, SIZE_MAX, &bytes);
    /* A used receiver, in the alternate screen with half a sequence: it must come out the same. */
    term_feed(copy, dirt, sizeof dirt - 1);
    term_feed(copy, bytes.data, bytes.len);
    if (!r->lossy && !same_terms(r->term, copy, why, sizeof why))
        FAIL(r, "the snapshot differs: %s", why);
    term_destroy(copy);
}

static bool run_case(const char *file, char *const *lines, int first, int end, bool bytewise)
{
    struct run r = {.bytewise = bytewise, .file = file};

    open_term(&r, 5, 20, 100);
    for (int i = first; i < end && !r.why[0]; i++) {
        r.line = i + 1;
        if (lines[i][0] && lines[i][0] != '#')
            run_line(&r, lines[i]);
    }
    if (!r.why[0])
        check_snapshot(&r);
    if (r.why[0])
        printf("# %s%s\n", r.why, bytewise ? " (fed byte by byte)" : "");
    term_destroy(r.term);
    buf_finish(&r.replies);
    buf_finish(&r.clipboard);
    return !r.why[0];
}

static int n_cases, n_failed;

static void run_file(const char *path, char **lines, int n)
{
    for (int i = 0; i < n;) {
        if (strncmp(lines[i], "== ", 3) != 0) {
            i++;
            continue;
        }
        int first = i + 1, end = first;
        while (end < n && strncmp(lines[end], "== ", 3) != 0)
            end++;
        bool ok =
            run_case(path, lines, first, end, false) && run_case(path, lines, first, end, true);
        n_failed += !ok;
        printf("%s %d - %s\n", ok ? "ok" : "not ok", ++n_cases, lines[i] + 3);
        i = end;
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        cleanup_free char *text = read_whole(argv[i], NULL);
        char **lines = NULL;
        int n = 0;

        if (!text) {
            fprintf(stderr, "test_data: cannot read %s\n", argv[i]);
            return 2;
        }
        for (char *p = text; p && *p;) {
            char *line = strsep(&p, "\n");

            lines = xreallocarray(lines, (size_t)n + 1, sizeof *lines);
            lines[n++] = line;
        }
        run_file(argv[i], lines, n);
        free(lines);
    }
    printf("1..%d\n", n_cases);
    return n_failed || !n_cases;
}
