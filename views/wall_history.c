/* SPDX-License-Identifier: MIT
 *
 * A tile's history is a list of stretches. Each begins with a whole screen (term_snapshot) and
 * holds the output after it as records: time, length, bytes. A moment is shown by feeding one
 * stretch up to it.
 *
 * The whole screen of a stretch is taken after the output that begins it, as outputs are told when
 * the terminal has them already: so no byte shows twice.
 */
#include "views/wall_history.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/wall_internal.h"

struct record {
    int64_t at_ms;
    size_t n;
};

struct stretch {
    int64_t from_ms;
    int64_t until_ms; /* of its last output */
    int rows, cols;
    size_t n_screen;  /* bytes of the whole screen at the beginning */
    struct buf bytes; /* the screen, then records with their bytes */
    bool ends_in_gap; /* nothing is known of the time after it */
    TAILQ_ENTRY(stretch) link;
};

struct wall_history {
    TAILQ_HEAD(stretch_list, stretch)
    stretches;
    size_t n_bytes;
    bool broken;       /* the next output begins a stretch */
    int64_t second_ms; /* when the second began that n_second counts */
    size_t n_second;
};

static void drop_first(struct wall_tile *t)
{
    struct wall_history *h = t->history;
    struct stretch *s = TAILQ_FIRST(&h->stretches);

    TAILQ_REMOVE(&h->stretches, s, link);
    h->n_bytes -= s->bytes.len;
    t->wall->n_history_bytes -= s->bytes.len;
    buf_finish(&s->bytes);
    free(s);
}

void wall_history_destroy(struct wall_tile *t)
{
    if (!t->history)
        return;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it loses track in TAILQ_REMOVE */
    while (!TAILQ_EMPTY(&t->history->stretches))
        drop_first(t);
    free(steal_pointer(&t->history));
}

/* The tile with the most gives first. */
static void make_room(struct wall *w)
{
    while (w->n_history_bytes > WALL_HISTORY_BYTES) {
        struct wall_tile *t, *largest = NULL;

        TAILQ_FOREACH (t, &w->tiles, link)
            if (t->history && (!largest || t->history->n_bytes > largest->history->n_bytes))
                largest = t;
        if (!largest)
            return;
        drop_first(largest);
    }
}

static void account(struct wall_tile *t, size_t n)
{
    struct wall_history *h = t->history;

    h->n_bytes += n;
    t->wall->n_history_bytes += n;
    while (h->n_bytes > WALL_HISTORY_TILE_BYTES &&
           TAILQ_FIRST(&h->stretches) != TAILQ_LAST(&h->stretches, stretch_list))
        drop_first(t);
    make_room(t->wall);
}

static void begin(struct wall_tile *t)
{
    const struct term *term = attachment_term(t->attachment);
    struct stretch *s = xcalloc(1, sizeof *s);

    s->from_ms = s->until_ms = clock_mono_ms();
    s->rows = term_rows(term);
    s->cols = term_cols(term);
    term_snapshot(term, 0, &s->bytes);
    s->n_screen = s->bytes.len;
    TAILQ_INSERT_TAIL(&t->history->stretches, s, link);
    t->history->broken = false;
    account(t, s->bytes.len);
}

/* More in this second than is kept. */
static bool floods(struct wall_history *h, int64_t now_ms, size_t n)
{
    if (now_ms - h->second_ms >= 1000) {
        h->second_ms = now_ms;
        h->n_second = 0;
    }
    h->n_second += n;
    return h->n_second > WALL_HISTORY_RATE && h->n_second > n;
}

/* Its output was for a screen of that size. */
static bool goes_on(const struct wall_tile *t, const struct stretch *s, size_t n)
{
    const struct term *term = attachment_term(t->attachment);

    return s && !t->history->broken && s->rows == term_rows(term) && s->cols == term_cols(term) &&
           s->bytes.len - s->n_screen + n <= WALL_HISTORY_KEY_BYTES;
}

void wall_history_output(struct wall_tile *t, const char *bytes, size_t n)
{
    struct record record = {clock_mono_ms(), n};
    struct stretch *s;

    if (!t->history) {
        t->history = xcalloc(1, sizeof *t->history);
        TAILQ_INIT(&t->history->stretches);
    }
    s = TAILQ_LAST(&t->history->stretches, stretch_list);
    if (floods(t->history, record.at_ms, n)) {
        t->history->broken = true;
        return;
    }
    if (!goes_on(t, s, n)) {
        begin(t);
        return;
    }
    buf_append(&s->bytes, &record, sizeof record);
    buf_append(&s->bytes, bytes, n);
    s->until_ms = record.at_ms;
    account(t, sizeof record + n);
}

void wall_history_gap(struct wall_tile *t)
{
    struct stretch *s = t->history ? TAILQ_LAST(&t->history->stretches, stretch_list) : NULL;

    if (!s)
        return;
    t->history->broken = true;
    s->ends_in_gap = true;
    s->until_ms = clock_mono_ms();
}

int64_t wall_history_first_ms(const struct wall *w)
{
    const struct wall_tile *t;
    int64_t first = 0;

    TAILQ_FOREACH (t, &w->tiles, link) {
        const struct stretch *s = t->history ? TAILQ_FIRST(&t->history->stretches) : NULL;

        if (s && (!first || s->from_ms < first))
            first = s->from_ms;
    }
    return first;
}

static const struct stretch *stretch_at(const struct wall_history *h, int64_t at_ms)
{
    const struct stretch *s;

    TAILQ_FOREACH_REVERSE(s, &h->stretches, stretch_list, link)
    if (s->from_ms <= at_ms)
        return s->ends_in_gap && at_ms > s->until_ms ? NULL : s;
    return NULL;
}

struct term *wall_history_at(const struct wall_tile *t, int64_t at_ms)
{
    const struct stretch *s = t->history ? stretch_at(t->history, at_ms) : NULL;
    struct term *term;
    struct record r;

    if (!s)
        return NULL;
    term = term_create(s->rows, s->cols, &(struct term_config){0});
    term_feed(term, s->bytes.data, s->n_screen);
    for (size_t i = s->n_screen; i + sizeof r <= s->bytes.len; i += sizeof r + r.n) {
        memcpy(&r, s->bytes.data + i, sizeof r);
        if (r.at_ms > at_ms)
            break;
        term_feed(term, s->bytes.data + i + sizeof r, r.n);
    }
    return term;
}
