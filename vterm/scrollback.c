/* SPDX-License-Identifier: MIT
 *
 * Lines that left the screen, packed (pack.c), in blocks filled one after the other. Lines go in at
 * the new end and out at the old one, so a block is freed when its last line goes and nothing is
 * ever moved. An index of (block, offset) finds a line by its number.
 */
#include <string.h>

#include "vterm/internal.h"

#define BLOCK_BYTES       32768u
#define INDEX_MIN         64
#define BYTES_MAX_DEFAULT ((size_t)64 << 20)

struct block {
    uint32_t cap, used;
    uint32_t n_lines;
    unsigned char bytes[];
};

struct place {
    uint32_t block; /* its number, counted for ever (modulo 2^32) */
    uint32_t offset;
};

struct scrollback {
    size_t lines_max, bytes_max;
    size_t rows_max;     /* lines_max, or more while lines that were wider are kept */
    int widest;          /* columns of those */
    uint64_t wide_end;   /* they are all gone once the first line is this one */
    struct place *index; /* owned ring, cap a power of two */
    size_t index_cap, index_start, n_lines;
    struct block **blocks; /* owned ring of owned blocks, cap a power of two */
    size_t blocks_cap, blocks_start, n_blocks;
    uint32_t first_block; /* number of the oldest */
    size_t n_bytes;       /* held by blocks */
    uint64_t first_line;
};

struct scrollback *scrollback_create(size_t lines_max, size_t bytes_max)
{
    struct scrollback *s = xcalloc(1, sizeof *s);

    s->lines_max = s->rows_max = lines_max;
    s->bytes_max = bytes_max ? bytes_max : BYTES_MAX_DEFAULT;
    return s;
}

struct scrollback *scrollback_like(const struct scrollback *s)
{
    struct scrollback *like = scrollback_create(s->lines_max, s->bytes_max);

    like->rows_max = s->rows_max;
    like->widest = s->widest;
    like->wide_end = UINT64_MAX;
    return like;
}

static struct block *block_at(const struct scrollback *s, size_t i)
{
    return s->blocks[(s->blocks_start + i) & (s->blocks_cap - 1)];
}

static struct place place_at(const struct scrollback *s, size_t i)
{
    return s->index[(s->index_start + i) & (s->index_cap - 1)];
}

static struct block *block_of(const struct scrollback *s, struct place place)
{
    return block_at(s, place.block - s->first_block);
}

static void drop_block_storage(struct scrollback *s, struct block *block)
{
    s->n_bytes -= block->cap;
    free(block);
}

static void free_blocks(struct scrollback *s)
{
    for (size_t i = 0; i < s->n_blocks; i++)
        drop_block_storage(s, block_at(s, i));
    free(s->blocks);
    free(s->index);
}

void scrollback_destroy(struct scrollback *s)
{
    if (!s)
        return;
    free_blocks(s);
    free(s);
}

void scrollback_clear(struct scrollback *s)
{
    uint64_t end = s->first_line + s->n_lines;

    free_blocks(s);
    *s = (struct scrollback){
        .lines_max = s->lines_max,
        .bytes_max = s->bytes_max,
        .rows_max = s->lines_max,
        .first_line = end,
    };
}

static void grow_blocks(struct scrollback *s)
{
    size_t cap = s->blocks_cap ? s->blocks_cap * 2 : 8;
    struct block **blocks = xreallocarray(NULL, cap, sizeof(void *));

    for (size_t i = 0; i < s->n_blocks; i++)
        blocks[i] = block_at(s, i);
    free(s->blocks);
    s->blocks = blocks;
    s->blocks_cap = cap;
    s->blocks_start = 0;
}

static void grow_index(struct scrollback *s)
{
    size_t cap = s->index_cap ? s->index_cap * 2 : INDEX_MIN;
    struct place *index = xreallocarray(NULL, cap, sizeof *index);

    for (size_t i = 0; i < s->n_lines; i++)
        index[i] = place_at(s, i);
    free(s->index);
    s->index = index;
    s->index_cap = cap;
    s->index_start = 0;
}

static struct block *add_block(struct scrollback *s, size_t cap)
{
    struct block *block = xmalloc(sizeof *block + cap);

    *block = (struct block){.cap = (uint32_t)cap};
    if (s->n_blocks == s->blocks_cap)
        grow_blocks(s);
    s->blocks[(s->blocks_start + s->n_blocks) & (s->blocks_cap - 1)] = block;
    s->n_blocks++;
    s->n_bytes += cap;
    return block;
}

/* Where a record of up to n bytes can be written. */
static unsigned char *reserve(struct scrollback *s, size_t n)
{
    struct block *last = s->n_blocks ? block_at(s, s->n_blocks - 1) : NULL;

    if (!last || last->cap - last->used < n)
        last = add_block(s, n > BLOCK_BYTES ? n : BLOCK_BYTES);
    return last->bytes + last->used;
}

/* Takes what was written there as one line. */
static void commit(struct scrollback *s, size_t n)
{
    struct block *last = block_at(s, s->n_blocks - 1);

    if (s->n_lines == s->index_cap)
        grow_index(s);
    s->index[(s->index_start + s->n_lines) & (s->index_cap - 1)] = (struct place){
        .block = s->first_block + (uint32_t)(s->n_blocks - 1),
        .offset = last->used,
    };
    last->used += (uint32_t)n;
    last->n_lines++;
    s->n_lines++;
}

static void drop_first_block(struct scrollback *s)
{
    drop_block_storage(s, block_at(s, 0));
    s->blocks_start = (s->blocks_start + 1) & (s->blocks_cap - 1);
    s->n_blocks--;
    s->first_block++;
}

static void drop_oldest(struct scrollback *s)
{
    struct block *block = block_of(s, place_at(s, 0));

    s->index_start = (s->index_start + 1) & (s->index_cap - 1);
    s->n_lines--;
    s->first_line++;
    if (--block->n_lines == 0 && s->n_blocks > 1)
        drop_first_block(s);
    else if (block->n_lines == 0)
        block->used = 0;
}

static bool is_too_large(const struct scrollback *s)
{
    return s->n_bytes + s->n_lines * sizeof *s->index > s->bytes_max && s->n_blocks > 1;
}

void scrollback_trim(struct scrollback *s, size_t spare)
{
    if (s->first_line >= s->wide_end) {
        s->rows_max = s->lines_max;
        s->widest = 0;
    }
    while (s->n_lines > spare && (s->n_lines - spare > s->rows_max || is_too_large(s)))
        drop_oldest(s);
}

void scrollback_set_width(struct scrollback *s, int old_cols, int cols)
{
    if (s->widest < old_cols)
        s->widest = old_cols;
    if (s->widest < cols)
        s->widest = cols;
    size_t rows = ((size_t)s->widest + (size_t)cols - 1) / (size_t)cols;

    s->rows_max = s->lines_max < SIZE_MAX / rows ? s->lines_max * rows : s->lines_max;
}

/* Short of a page or two over a line's likely size, so that a block's end is not wasted on the
 * bound of a line that will not need it. */
static size_t likely_bound(const struct cell *cells, int n)
{
    size_t runs = 1;

    for (int i = 0; i < n; i++) {
        if (cells[i].glyph >= 0x80)
            return pack_bound(n);
        runs += i > 0 && !style_equal(cells[i].style, cells[i - 1].style);
    }
    return PACK_HEADER_BYTES + (size_t)n + (runs + (size_t)n / 255) * 14;
}

void scrollback_push_unbounded(struct scrollback *s, const struct cell *cells, int n,
                               unsigned flags)
{
    struct block *last = s->n_blocks ? block_at(s, s->n_blocks - 1) : NULL;
    size_t bound = pack_bound(n);

    if (!last || last->cap - last->used < bound)
        bound = likely_bound(cells, n);
    commit(s, pack_line(cells, n, flags, reserve(s, bound)));
}

void scrollback_push_packed(struct scrollback *s, const unsigned char *record, size_t size)
{
    memcpy(reserve(s, size), record, size);
    commit(s, size);
}

void scrollback_push(struct scrollback *s, const struct cell *cells, int n, unsigned flags)
{
    if (!s->lines_max) {
        s->first_line++; /* lines are numbered all the same */
        return;
    }
    scrollback_push_unbounded(s, cells, n, flags);
    if (s->n_lines > s->rows_max || is_too_large(s))
        scrollback_trim(s, 0);
}

void scrollback_pop(struct scrollback *s)
{
    struct place place = place_at(s, s->n_lines - 1);
    struct block *block = block_of(s, place);

    block->used = place.offset;
    s->n_lines--;
    if (--block->n_lines == 0 && s->n_blocks > 1) {
        drop_block_storage(s, block);
        s->n_blocks--;
    }
}

const unsigned char *scrollback_record(const struct scrollback *s, size_t i, size_t *size)
{
    struct place place = place_at(s, i);
    const struct block *block = block_of(s, place);
    size_t end = block->used;

    if (i + 1 < s->n_lines && place_at(s, i + 1).block == place.block)
        end = place_at(s, i + 1).offset;
    *size = end - place.offset;
    return block->bytes + place.offset;
}

void scrollback_break_wrap(struct scrollback *s)
{
    if (s->n_lines) {
        struct place place = place_at(s, s->n_lines - 1);
        unsigned char *record = block_of(s, place)->bytes + place.offset;

        packed_set_flags(record, packed_flags(record) & ~(unsigned)LINE_WRAPPED);
    }
}

size_t scrollback_count(const struct scrollback *s)
{
    return s->n_lines;
}

uint64_t scrollback_first(const struct scrollback *s)
{
    return s->first_line;
}

size_t scrollback_size(const struct scrollback *s)
{
    return s->n_bytes + s->index_cap * sizeof *s->index + s->blocks_cap * sizeof(void *);
}

int scrollback_get(const struct scrollback *s, size_t i, struct cell *out, int cols,
                   unsigned *flags)
{
    size_t size;
    const unsigned char *record = scrollback_record(s, i, &size);

    if (flags)
        *flags = packed_flags(record);
    return unpack_line(record, out, cols);
}

void scrollback_replace(struct scrollback *s, struct scrollback *with)
{
    uint64_t end = s->first_line + s->n_lines;

    with->first_line = end > with->n_lines ? end - with->n_lines : 0;
    with->wide_end = with->first_line + with->n_lines;
    free_blocks(s);
    *s = *with;
    free(with);
}
