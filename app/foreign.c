/* SPDX-License-Identifier: MIT
 *
 * Lines and JSON are safe also in a pipe, since whoever reads them may show them. Contents (files,
 * logs) are bytes that a pipe wants as they are: those are filtered for a terminal only. Sequences
 * are left out whole, so that a coloured log stays readable.
 */
#include "app/foreign.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

enum { TEXT, ESCAPE, SEQUENCE, STRING };

void foreign_print(const char *text)
{
    char safe[FOREIGN_MAX];

    puts(text_sanitise(safe, sizeof safe, text, strlen(text)));
}

static void append_escaped(struct buf *out, uint32_t c)
{
    if (c > 0xffff)
        buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c >> 10)),
                   (unsigned)(0xdc00 + (c & 0x3ff)));
    else
        buf_printf(out, "\\u%04x", (unsigned)c);
}

static void append_utf8(struct buf *out, uint32_t c)
{
    char bytes[4];

    buf_append(out, bytes, utf8_encode(c, bytes));
}

void foreign_print_json(const char *json)
{
    cleanup_buf struct buf out = {0};

    for (size_t n = strlen(json); n;) {
        uint32_t c;
        size_t used = utf8_decode(json, n, &c);

        /* The line breaks of the layout; those in strings are escaped already. */
        if (c != '\n' && c != '\t' && text_is_unsafe(c))
            append_escaped(&out, c);
        else
            append_utf8(&out, c);
        json += used;
        n -= used;
    }
    buf_append_char(&out, '\n');
    fwrite(out.data, 1, out.len, stdout);
}

/* --- contents --- */

static int begin_sequence(uint32_t c)
{
    switch (c) {
    case '[':
    case 0x9b:
        return SEQUENCE;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
    case 0x90:
    case 0x98:
    case 0x9d:
    case 0x9e:
    case 0x9f:
        return STRING;
    default:
        return c >= 0x20 && c < 0x30 ? ESCAPE : TEXT;
    }
}

static void put_text(struct foreign_stream *s, struct buf *out, uint32_t c)
{
    if (c == '\r') {
        s->is_at_turn = true;
        return;
    }
    if (c == 0x1b) {
        s->within = ESCAPE;
    } else if (c >= 0x80 && c < 0xa0) {
        s->within = begin_sequence(c);
    } else if (c == '\n' || c == '\t' || !text_is_unsafe(c)) {
        /* Written over, on a terminal: one below the other here. */
        if (s->is_at_turn && c != '\n')
            buf_append_char(out, '\n');
        append_utf8(out, c);
        s->is_at_turn = false;
    }
}

static void put(struct foreign_stream *s, struct buf *out, uint32_t c)
{
    /* No sequence goes past its line, lest an open one hides all that follows. */
    if (s->within == TEXT || c == '\n') {
        s->within = TEXT;
        put_text(s, out, c);
    } else if (c == 0x1b) {
        s->within = ESCAPE;
    } else if (s->within == ESCAPE) {
        s->within = begin_sequence(c);
    } else if (s->within == SEQUENCE ? c >= '@' && c <= '~' : c == '\a' || c == 0x9c) {
        s->within = TEXT;
    }
}

void foreign_write(struct foreign_stream *s, FILE *to, const char *bytes, size_t n)
{
    cleanup_buf struct buf in = {0}, out = {0};

    if (!isatty(fileno(to))) {
        fwrite(bytes, 1, n, to);
        return;
    }
    buf_append(&in, s->tail, s->n_tail);
    buf_append(&in, bytes, n);
    s->n_tail = utf8_incomplete_tail(in.data, in.len);
    for (size_t at = 0; at < in.len - s->n_tail;) {
        uint32_t c;

        at += utf8_decode(in.data + at, in.len - s->n_tail - at, &c);
        put(s, &out, c);
    }
    if (s->n_tail)
        memcpy(s->tail, in.data + in.len - s->n_tail, s->n_tail);
    if (out.len)
        fwrite(out.data, 1, out.len, to);
}
