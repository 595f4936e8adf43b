/* SPDX-License-Identifier: MIT
 *
 * A sequence is held until its last byte, then dropped or passed on.
 */
#include "app/questions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ESC 0x1b
#define BEL 0x07

static bool is_one_of(int c, const char *set)
{
    return c && strchr(set, c);
}

/* ESC [ prefix numbers intermediate final */
static bool asks_csi(const char *s, size_t n)
{
    static const struct {
        char final, intermediate;
        const char *prefixes; /* '0': none */
    } table[] = {
        {'c', 0, "0?>="}, {'n', 0, "0?"}, {'x', 0, "0"}, {'p', '$', "0?"},
        {'q', 0, ">"},    {'u', 0, "?"},  {'m', 0, "?"}, {'S', 0, "?"},
    };
    char prefix = is_one_of(s[2], "?>=<") ? s[2] : '0', final = s[n - 1];
    char intermediate = n > 3 && s[n - 2] >= ' ' && s[n - 2] <= '/' ? s[n - 2] : 0;

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].final == final && table[i].intermediate == intermediate)
            return is_one_of(prefix, table[i].prefixes);
    if (final != 't' || intermediate || prefix != '0')
        return false;
    long what = strtol(s + 2, NULL, 10);
    return what == 11 || what == 13 || (what >= 14 && what <= 16) || (what >= 18 && what <= 21);
}

static bool is_colour(long number)
{
    return number == 4 || number == 5 || (number >= 10 && number <= 19);
}

/* ESC ] number ; … of which end bytes are there: one of the fields of a colour, the last one of the
 * clipboard, is "?". */
static bool asks_osc(const char *s, size_t end)
{
    long number = isdigit((unsigned char)s[2]) ? strtol(s + 2, NULL, 10) : -1;

    for (size_t i = 4; i < end; i++) {
        bool is_field = s[i] == '?' && s[i - 1] == ';' && (i + 1 == end || s[i + 1] == ';');

        if (is_field && (is_colour(number) || (number == 52 && i + 1 == end)))
            return true;
    }
    return false;
}

static bool asks(const struct questions *q)
{
    const char *s = q->held;

    if (q->state == QUESTIONS_CSI)
        return asks_csi(s, q->n_held);
    if (q->state == QUESTIONS_STRING && s[1] == ']')
        return asks_osc(s, q->n_held - (s[q->n_held - 1] == BEL ? 1 : 2));
    if (q->state == QUESTIONS_STRING)
        return q->n_held > 4 && is_one_of(s[2], "$+") && s[3] == 'q';
    return q->n_held == 2 && s[1] == 'Z';
}

void questions_flush(struct questions *q, struct buf *out)
{
    if (q->state != QUESTIONS_SWALLOWED)
        buf_append(out, q->held, q->n_held);
    q->n_held = 0;
    q->state = QUESTIONS_TEXT;
}

static void end_sequence(struct questions *q, struct buf *out)
{
    if (asks(q))
        q->n_held = 0;
    questions_flush(q, out);
}

static bool is_last(const struct questions *q, unsigned char c)
{
    bool after_escape = q->n_held > 2 && q->held[q->n_held - 2] == ESC;

    if (q->state == QUESTIONS_CSI)
        return c >= '@' && c <= '~';
    return c == BEL || (c == '\\' && after_escape);
}

static bool cancels(unsigned char c)
{
    return c == 0x18 || c == 0x1a;
}

/* Of a question that is too long to hold; the byte before c is kept. */
static void swallow(struct questions *q, unsigned char c)
{
    bool ends = c == BEL || cancels(c) || (c == '\\' && q->held[0] == ESC);

    q->held[0] = (char)c;
    q->n_held = !ends;
    if (ends)
        q->state = QUESTIONS_TEXT;
}

static void give_up(struct questions *q, struct buf *out)
{
    if (q->state != QUESTIONS_STRING || q->held[1] != ']' || !asks_osc(q->held, q->n_held)) {
        questions_flush(q, out);
        return;
    }
    q->state = QUESTIONS_SWALLOWED;
    q->held[0] = q->held[q->n_held - 1];
    q->n_held = 1;
}

/* Terminals carry out a control character in the midst of a sequence, which goes on. */
static bool is_within(const struct questions *q, unsigned char c)
{
    return (q->state == QUESTIONS_ESCAPE || q->state == QUESTIONS_CSI) &&
           ((c < ' ' && !cancels(c)) || c == 0x7f);
}

/* c is held already. */
static void go_on(struct questions *q, unsigned char c, struct buf *out)
{
    if (q->state == QUESTIONS_ESCAPE) {
        q->state = c == '[' ? QUESTIONS_CSI : is_one_of(c, "]P") ? QUESTIONS_STRING : q->state;
        if (q->state == QUESTIONS_ESCAPE)
            end_sequence(q, out);
    } else if (is_last(q, c)) {
        end_sequence(q, out);
    } else if ((q->state == QUESTIONS_CSI && (c < ' ' || c > '~')) || q->n_held == QUESTION_MAX) {
        give_up(q, out);
    }
}

/* An escape within a sequence begins another one; only strings end in one. */
static bool begins_anew(const struct questions *q)
{
    bool is_string = q->state == QUESTIONS_STRING || q->state == QUESTIONS_SWALLOWED;

    return !is_string || q->held[q->n_held - 1] == ESC;
}

void questions_drop(struct questions *q, const char *bytes, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (q->state == QUESTIONS_TEXT) {
            const char *escape = memchr(bytes + i, ESC, n - i);
            size_t n_text = escape ? (size_t)(escape - bytes) - i : n - i;

            buf_append(out, bytes + i, n_text);
            i += n_text;
            if (!escape)
                return;
        }
        if (bytes[i] == ESC && begins_anew(q)) {
            questions_flush(q, out);
            q->state = QUESTIONS_ESCAPE;
            q->held[q->n_held++] = ESC;
        } else if (q->state == QUESTIONS_SWALLOWED) {
            swallow(q, (unsigned char)bytes[i]);
        } else if (is_within(q, (unsigned char)bytes[i])) {
            buf_append(out, bytes + i, 1);
        } else {
            q->held[q->n_held++] = bytes[i];
            go_on(q, (unsigned char)bytes[i], out);
        }
    }
}

bool questions_is_answer(const char *bytes, size_t n)
{
    size_t i = 2;

    if (n < 3 || bytes[0] != ESC)
        return false;
    if (is_one_of(bytes[1], "]P"))
        return true;
    if (bytes[1] != '[')
        return false;
    if (is_one_of(bytes[2], "?>="))
        return true;
    while (i < n && (isdigit((unsigned char)bytes[i]) || bytes[i] == ';'))
        i++;
    return i < n && i > 2 && is_one_of(bytes[i], "Rnt");
}
