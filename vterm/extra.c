/* SPDX-License-Identifier: MIT
 *
 * What of a cell's style does not fit into struct style, kept once and numbered: an OSC 8 link (id
 * and address) together with the colour of the underline.
 *
 * The table is bounded. When it is full, the numbers that no cell uses any more are freed; looking
 * through the scrollback for them is paid for by the lines that came in since the last time, so a
 * guest that makes a link a cell costs no more than its output. Where there is no room, text stands
 * without its link.
 */
#include <stdio.h>
#include <uthash.h>

#include "base/text.h"
#include "vterm/internal.h"

#define KEYS_MAX    ((size_t)1 << 20)
#define URI_MAX     2083 /* as VTE has it */
#define LINK_ID_MAX 250

struct extra {
    UT_hash_handle hh;
    colour underline;
    uint16_t number;
    bool in_use;
    size_t n_key;
    char key[]; /* the colour's bytes, id, NUL, address, NUL */
};

struct extras {
    struct extra *by_key;                        /* borrowed */
    struct extra *by_number[TERM_LINKS_MAX + 1]; /* owned, each */
    uint16_t n, free_hint;
    size_t n_bytes;    /* of keys */
    uint64_t patience; /* no room until so many more were wanted */
};

static struct extra *extra_of(const struct term *t, uint16_t number)
{
    return t->extras && number <= TERM_LINKS_MAX ? t->extras->by_number[number] : NULL;
}

colour term_underline_colour(const struct term *t, uint16_t number)
{
    const struct extra *x = number ? extra_of(t, number) : NULL;

    return x ? x->underline : COLOUR_DEFAULT;
}

const char *extra_id(const struct term *t, uint16_t number)
{
    const struct extra *x = extra_of(t, number);

    return x ? x->key + sizeof x->underline : "";
}

static const char *uri_of(const struct extra *x)
{
    const char *id = x->key + sizeof x->underline;

    return id + strlen(id) + 1;
}

bool term_has_links(const struct term *t)
{
    return t->extras && t->extras->n;
}

const char *term_link(const struct term *t, uint16_t number)
{
    const struct extra *x = number ? extra_of(t, number) : NULL;

    return x && *uri_of(x) ? uri_of(x) : NULL;
}

static void drop(struct extras *e, struct extra *x)
{
    HASH_DEL(e->by_key, x); // NOLINT(clang-analyzer-core.NullDereference): it is in the table
    e->by_number[x->number] = NULL;
    e->n--;
    e->n_bytes -= x->n_key;
    free(x);
}

void extras_destroy(struct extras *e)
{
    if (!e)
        return;
    HASH_CLEAR(hh, e->by_key);
    for (int i = 1; i <= TERM_LINKS_MAX; i++)
        free(e->by_number[i]);
    free(e);
}

static void note_use(void *user, uint16_t number)
{
    struct extras *e = user;

    if (number <= TERM_LINKS_MAX && e->by_number[number])
        e->by_number[number]->in_use = true;
}

static void note_screen(const struct term *t, const struct screen *s)
{
    note_use(t->extras, s->saved.pen.link);
    for (int i = 0; s->rows && i < t->rows; i++)
        for (int col = 0; col < s->rows[i]->used; col++)
            if (s->rows[i]->cells[col].style.link)
                note_use(t->extras, s->rows[i]->cells[col].style.link);
}

/* Frees what no cell uses. */
static void collect(struct term *t)
{
    struct extras *e = t->extras;
    size_t n = scrollback_count(t->scrollback), size;

    note_use(e, t->pen.link);
    note_screen(t, &t->main);
    note_screen(t, &t->alternate);
    for (size_t i = 0; i < n; i++)
        packed_links(scrollback_record(t->scrollback, i, &size), note_use, e);
    for (int i = 1; i <= TERM_LINKS_MAX; i++) {
        struct extra *x = e->by_number[i];

        if (x && !x->in_use)
            drop(e, x);
        else if (x)
            x->in_use = false;
    }
    e->free_hint = 1;
    e->patience = n / 4 + (uint64_t)t->rows * (uint64_t)t->cols / 4;
}

static bool make_room(struct term *t, size_t n_key)
{
    struct extras *e = t->extras;

    if (e->n < TERM_LINKS_MAX && e->n_bytes + n_key <= KEYS_MAX)
        return true;
    if (e->patience) {
        e->patience--;
        return false;
    }
    collect(t);
    return e->n < TERM_LINKS_MAX && e->n_bytes + n_key <= KEYS_MAX;
}

static uint16_t free_number(struct extras *e)
{
    uint16_t i = e->free_hint ? e->free_hint : 1;

    while (i < TERM_LINKS_MAX && e->by_number[i])
        i++;
    if (e->by_number[i])
        for (i = 1; e->by_number[i]; i++)
            ;
    e->free_hint = i;
    return i;
}

uint16_t extra_intern(struct term *t, const char *id, size_t n_id, const char *uri, size_t n_uri,
                      colour underline)
{
    char key[sizeof underline + LINK_ID_MAX + URI_MAX + 2];
    size_t n = sizeof underline + n_id + n_uri + 2;
    struct extra *x = NULL;

    if ((!n_uri && !underline) || n_uri > URI_MAX || n_id > LINK_ID_MAX)
        return 0;
    memcpy(key, &underline, sizeof underline);
    memcpy(key + sizeof underline, id, n_id);
    key[sizeof underline + n_id] = '\0';
    memcpy(key + sizeof underline + n_id + 1, uri, n_uri);
    key[n - 1] = '\0';
    if (!t->extras)
        t->extras = xcalloc(1, sizeof *t->extras);
    HASH_FIND(hh, t->extras->by_key, key, n, x);
    if (x)
        return x->number;
    if (!make_room(t, n))
        return 0;
    x = xcalloc(1, sizeof *x + n);
    x->underline = underline;
    x->number = free_number(t->extras);
    x->n_key = n;
    memcpy(x->key, key, n);
    t->extras->by_number[x->number] = x;
    t->extras->n++;
    t->extras->n_bytes += n;
    HASH_ADD_KEYPTR(hh, t->extras->by_key, x->key, n, x);
    return x->number;
}

/* What is kept may be handed to another terminal: as it is, or not at all. */
static bool is_harmless(const char *text, size_t n)
{
    char clean[URI_MAX + 4];

    return n <= URI_MAX && !memchr(text, '\0', n) &&
           strcmp(text_sanitise(clean, sizeof clean, text, n), "") != 0 && strlen(clean) == n &&
           memcmp(clean, text, n) == 0;
}

void extra_set_link(struct term *t, const char *id, size_t n_id, const char *uri, size_t n_uri)
{
    colour underline = term_underline_colour(t, t->pen.link);

    if (n_id > LINK_ID_MAX || (n_id && !is_harmless(id, n_id)) ||
        (n_uri && !is_harmless(uri, n_uri)))
        n_uri = 0;
    t->pen.link = extra_intern(t, id, n_uri ? n_id : 0, uri, n_uri, underline);
}

void extra_set_underline(struct term *t, colour underline)
{
    const char *uri = term_link(t, t->pen.link);
    char id[LINK_ID_MAX + 1], copy[URI_MAX + 1];

    if (underline == term_underline_colour(t, t->pen.link))
        return;
    /* Making room may free the entry these belong to. */
    snprintf(id, sizeof id, "%s", uri ? extra_id(t, t->pen.link) : "");
    snprintf(copy, sizeof copy, "%s", uri ? uri : "");
    t->pen.link = extra_intern(t, id, strlen(id), copy, strlen(copy), underline);
}
