/* SPDX-License-Identifier: MIT
 *
 * The terminal: the input is its stream, in which FF starts an action of ours (resize, snapshot
 * round trip, encoders, selection, search). A snapshot must make the same terminal again, a resize
 * keep its rules, and a search in steps find what a fresh one finds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/targets.h"
#include "tests/vterm/same.h"
#include "vterm/search.h"
#include "vterm/selection.h"

static void on_bytes(void *user, const char *bytes, size_t n)
{
    volatile char sum = 0;

    for (size_t i = 0; i < n; i++)
        sum = (char)(sum + bytes[i]);
}

static void on_text(void *user, const char *text)
{
    on_bytes(user, text, strlen(text));
}

static const struct term_ops ops = {
    .on_reply = on_bytes,
    .on_title = on_text,
    .on_clipboard = on_bytes,
};

/* A copy made from a snapshot: it must show and hold the same. */
static struct term *copy_term(const struct term *t)
{
    struct term_config config = {.scrollback_lines = 50 * 60}; /* what sizes below may keep */
    cleanup_buf struct buf bytes = {0};
    struct term *copy = term_create(term_rows(t), term_cols(t), &config);
    char why[256];

    term_snapshot(t, SIZE_MAX, &bytes);
    term_feed(copy, bytes.data, bytes.len);
    if (!same_terms(t, copy, why, sizeof why)) {
        fprintf(stderr, "the snapshot differs: %s\n", why);
        abort();
    }
    return copy;
}

/* What it holds behind the cells shows as both go on. */
static void check_going_on(struct term *t, struct term *copy, const char *bytes, size_t n)
{
    char why[256];

    term_feed(copy, bytes, n);
    if (!same_rows(t, copy, why, sizeof why)) {
        fprintf(stderr, "going on behind a snapshot differs: %s\n", why);
        abort();
    }
}

static void check_bounds(const struct term *t)
{
    struct term_cursor c = term_cursor(t);

    if (c.row < 0 || c.row >= term_rows(t) || c.col < 0 || c.col >= term_cols(t))
        abort();
    for (int row = 0; row < term_rows(t); row++) {
        const struct cell *cells = term_row(t, row);

        for (int col = 0; col < term_cols(t); col++) {
            bool lead = col + 1 < term_cols(t) && cells[col + 1].flags & CELL_CONTINUATION;

            /* A wide character has both halves, side by side. */
            if ((cells[col].width == 2) != lead || (lead && !cells[col].glyph))
                abort();
        }
        if (cells[0].flags & CELL_CONTINUATION)
            abort();
    }
}

static void encode(struct term *t, uint8_t a, uint8_t b)
{
    cleanup_buf struct buf out = {0};
    char text[] = {(char)a, '\033', '[', '2', '0', '1', '~', (char)b};

    term_encode_key(t, (struct key){.code = a < 128 ? a : KEY_SPECIAL + a - 128, .mods = b & 7},
                    &out);
    term_encode_mouse(t, (struct mouse){.kind = a & 3, .button = b & 7, .row = a, .col = b}, &out);
    term_encode_focus(t, a & 1, &out);
    term_encode_paste(t, text, sizeof text, &out);
}

/* What goes on beside a terminal while it takes bytes. */
struct beside {
    struct selection selection;
    struct search *search;
};

static void check_selection(struct term *t, struct beside *b, uint8_t kind, uint8_t place)
{
    cleanup_buf struct buf out = {0};
    uint64_t first = term_scrollback_first(t), n = term_end(t) - first;
    int from, to;

    if (kind & 0x80)
        selection_word(&b->selection, t, first + place % n, place % term_cols(t));
    else if (kind & 0x40)
        selection_begin(&b->selection, t, (enum selection_kind)(kind & 3), first + place % n,
                        place % 32);
    else
        selection_extend(&b->selection, first + place, kind);
    selection_text(&b->selection, 1000, &out);
    if (out.len > 1000)
        abort();
    for (uint64_t line = first; line < term_end(t); line++)
        if (selection_columns(&b->selection, line, &from, &to) &&
            (from < 0 || from >= to || to > term_cols(t)))
            abort();
}

static void check_search(struct term *t, struct beside *b, uint8_t action, uint8_t steps)
{
    static const char *const patterns[] = {"a", "[^ ]+", "A.*b", "\\b\\w{2}",
                                           "$", "漢|b",  "^.",   ""};
    struct search *fresh = search_create(t);
    const char *pattern = patterns[action >> 4 & 7];

    if (action & 0x80)
        search_set(b->search, pattern, NULL);
    search_step(b->search, steps);
    if (steps & 1 && action & 0x80) {
        search_set(fresh, pattern, NULL);
        while (search_step(fresh, 7))
            ;
        while (search_step(b->search, 5))
            ;
        if (search_count(fresh) != search_count(b->search))
            abort();
    }
    for (size_t i = 0; i < search_count(b->search); i++) {
        const struct search_hit *h = search_hit(b->search, i);

        if (h->col < 0 || h->end_col < 1 || h->end_line < h->line || h->end_line >= term_end(t) ||
            h->line < term_scrollback_first(t) || h->end_col > term_cols(t))
            abort();
    }
    search_destroy(fresh);
}

/* Actions take two bytes. */
static void act(struct term *t, struct beside *b, uint8_t action, uint8_t x, uint8_t y)
{
    switch (action & 7) {
    case 0:
        term_resize(t, x % 40, y % 60);
        break;
    case 1: /* see below */
        break;
    case 2:
        encode(t, x, y);
        break;
    case 3:
        if (x == 0)
            term_feed(t, "\033[3J", 4);
        break;
    case 4:
        check_selection(t, b, x, y);
        break;
    case 5:
        check_search(t, b, x, y);
        break;
    default:
        term_set_cell_pixels(t, x, y);
        break;
    }
    check_bounds(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct term_config config = {.scrollback_lines = 50, .scrollback_bytes = 1 << 20, .ops = &ops};
    struct term *t = term_create(size > 0 ? data[0] % 8 : 5, size > 1 ? data[1] % 16 : 10, &config);
    struct beside beside = {.search = search_create(t)};
    struct term *copy = NULL;

    for (size_t i = 2; i < size;) {
        size_t end = i;

        while (end < size && data[end] != 0xff)
            end++;
        const char *bytes = (const char *)data + i;
        term_feed(t, bytes, end - i);
        /* What REP would repeat is not in a snapshot. */
        if (copy && !memchr(bytes, 'b', end - i))
            check_going_on(t, copy, bytes, end - i);
        term_destroy(copy);
        copy = NULL;
        if (end + 3 < size) {
            act(t, &beside, data[end + 1], data[end + 2], data[end + 3]);
            if ((data[end + 1] & 7) == 1)
                copy = copy_term(t);
        }
        i = end + 4;
    }
    term_destroy(copy);
    check_bounds(t);
    term_destroy(copy_term(t));
    selection_clear(&beside.selection);
    search_destroy(beside.search);
    term_destroy(t);
    return 0;
}
