/* SPDX-License-Identifier: MIT
 *
 * Bytes become events of at most EVENT_BYTES, each one line. Lines are written here and not by a
 * library, since JSON's strings take any length and this must write in bounded pieces.
 */
#include "vterm/recording.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define EVENT_BYTES 16384 /* a control character takes six in JSON */
#define LABEL_SIZE  256

/* A stream whose characters may be cut between two calls. */
struct carry {
    char bytes[4];
    size_t n;
};

struct recording {
    void (*on_write)(void *user, const char *bytes, size_t n);
    void *user;
    bool paused, full;
    int rows, cols; /* as written last */
    int64_t start_ns, paused_ns, pause_began_ns;
    uint64_t bytes, bytes_max;
    struct carry carry;
    struct buf line;
};

static void put_escaped(struct buf *out, unsigned char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *at = c ? strchr(from, c) : NULL;

    if (at)
        buf_printf(out, "\\%c", to[at - from]);
    else if (c < 0x20 && c) /* a terminal does nothing for NUL, and few readers can take it */
        buf_printf(out, "\\u%04x", c);
    else if (c)
        buf_append_char(out, (char)c);
}

/* Text as a JSON string; what is not UTF-8 becomes U+FFFD. */
static void put_string(struct buf *out, const char *text, size_t n)
{
    buf_append_char(out, '"');
    for (size_t i = 0; i < n;) {
        char utf8[4];
        uint32_t c;

        if ((unsigned char)text[i] < 0x80) {
            put_escaped(out, (unsigned char)text[i++]);
            continue;
        }
        i += utf8_decode(text + i, n - i, &c);
        buf_append(out, utf8, utf8_encode(c, utf8));
    }
    buf_append_char(out, '"');
}

static void write_line(struct recording *r)
{
    buf_append_char(&r->line, '\n');
    if (r->bytes + r->line.len > r->bytes_max)
        r->full = true;
    if (!r->full) {
        r->bytes += r->line.len;
        r->on_write(r->user, r->line.data, r->line.len);
    }
    buf_clear(&r->line);
}

static void put_field(struct buf *out, const char *name, const char *text)
{
    char clean[LABEL_SIZE];

    if (!text)
        return;
    text_sanitise(clean, sizeof clean, text, strlen(text));
    buf_printf(out, ",\"%s\":", name);
    put_string(out, clean, strlen(clean));
}

static void write_header(struct recording *r, const struct recording_config *config)
{
    char clean[LABEL_SIZE];

    buf_printf(&r->line, "{\"version\":2,\"width\":%d,\"height\":%d,\"timestamp\":%lld", r->cols,
               r->rows, (long long)(config->wall_ms / 1000));
    put_field(&r->line, "title", config->title);
    put_field(&r->line, "command", config->command);
    if (config->term) {
        text_sanitise(clean, sizeof clean, config->term, strlen(config->term));
        buf_append_str(&r->line, ",\"env\":{\"TERM\":");
        put_string(&r->line, clean, strlen(clean));
        buf_append_char(&r->line, '}');
    }
    buf_append_char(&r->line, '}');
    write_line(r);
}

struct recording *recording_create(const struct recording_config *config, int64_t now_ns)
{
    struct recording *r = xcalloc(1, sizeof *r);

    r->on_write = config->on_write;
    r->user = config->user;
    r->rows = config->rows;
    r->cols = config->cols;
    r->start_ns = now_ns;
    r->bytes_max = config->bytes_max ? config->bytes_max : RECORDING_BYTES_MAX;
    write_header(r, config);
    return r;
}

int64_t recording_elapsed_ns(const struct recording *r, int64_t now_ns)
{
    int64_t end = r->paused ? r->pause_began_ns : now_ns;
    int64_t elapsed = end - r->start_ns - r->paused_ns;

    return elapsed > 0 ? elapsed : 0;
}

static void write_event(struct recording *r, int64_t now_ns, char kind, const char *text, size_t n)
{
    int64_t us = recording_elapsed_ns(r, now_ns) / 1000;

    if (r->full)
        return;
    buf_printf(&r->line, "[%lld.%06lld,\"%c\",", (long long)(us / 1000000),
               (long long)(us % 1000000), kind);
    put_string(&r->line, text, n);
    buf_append_char(&r->line, ']');
    write_line(r);
}

/* The length of what of text[0..n) is whole characters. */
static size_t whole(const char *text, size_t n)
{
    return n - utf8_incomplete_tail(text, n);
}

/* A character whose rest will not come. */
static void flush_carry(struct recording *r, int64_t now_ns)
{
    if (r->carry.n && !r->paused)
        write_event(r, now_ns, 'o', r->carry.bytes, r->carry.n);
    r->carry.n = 0;
}

void recording_destroy(struct recording *r, int64_t now_ns)
{
    if (!r)
        return;
    flush_carry(r, now_ns);
    buf_finish(&r->line);
    free(r);
}

void recording_output(struct recording *r, int64_t now_ns, const char *bytes, size_t n)
{
    struct carry *carry = &r->carry;
    char piece[EVENT_BYTES];

    if (r->paused || r->full)
        return;
    while (n) {
        size_t take = sizeof piece - carry->n < n ? sizeof piece - carry->n : n;

        memcpy(piece, carry->bytes, carry->n);
        memcpy(piece + carry->n, bytes, take);
        size_t have = carry->n + take, done = whole(piece, have);
        if (done)
            write_event(r, now_ns, 'o', piece, done);
        carry->n = have - done;
        memcpy(carry->bytes, piece + done, carry->n);
        bytes += take;
        n -= take;
    }
}

void recording_resize(struct recording *r, int64_t now_ns, int rows, int cols)
{
    char size[32];

    if (r->paused || (rows == r->rows && cols == r->cols))
        return;
    r->rows = rows;
    r->cols = cols;
    write_event(r, now_ns, 'r', size, (size_t)snprintf(size, sizeof size, "%dx%d", cols, rows));
}

void recording_snapshot(struct recording *r, int64_t now_ns, const struct term *t,
                        size_t scrollback_lines)
{
    cleanup_buf struct buf bytes = {0};

    flush_carry(r, now_ns);
    term_snapshot(t, scrollback_lines, &bytes);
    recording_output(r, now_ns, bytes.data, bytes.len);
}

void recording_pause(struct recording *r, int64_t now_ns)
{
    if (r->paused)
        return;
    flush_carry(r, now_ns);
    r->paused = true;
    r->pause_began_ns = now_ns;
}

void recording_resume(struct recording *r, int64_t now_ns, const struct term *t)
{
    if (!r->paused)
        return;
    r->paused = false;
    r->paused_ns += now_ns - r->pause_began_ns;
    if (!t)
        return;
    recording_resize(r, now_ns, term_rows(t), term_cols(t));
    recording_snapshot(r, now_ns, t, 0);
}

bool recording_paused(const struct recording *r)
{
    return r->paused;
}

bool recording_full(const struct recording *r)
{
    return r->full;
}
