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

/* ESC ] number ; … ? end */
static bool asks_osc(const char *s, size_t n)
{
    long number = isdigit((unsigned char)s[2]) ? strtol(s + 2, NULL, 10) : -1;
    size_t end = s[n - 1] == BEL ? n - 1 : n - 2;

    if (number != 4 && number != 5 && !(number >= 10 && number <= 19) && number != 52)
        return false;
    return end > 4 && s[end - 1] == '?' && s[end - 2] == ';';
}

static bool asks(const struct questions *q)
{
    const char *s = q->held;

    if (q->state == QUESTIONS_CSI)
        return asks_csi(s, q->n_held);
    if (q->state == QUESTIONS_STRING && s[1] == ']')
        return asks_osc(s, q->n_held);
    if (q->state == QUESTIONS_STRING)
        return q->n_held > 4 && is_one_of(s[2], "$+") && s[3] == 'q';
    return q->n_held == 2 && s[1] == 'Z';
}

void questions_flush(struct questions *q, struct buf *out)
{
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
        questions_flush(q, out);
    }
}

/* An escape within a sequence begins another one; only strings end in one. */
static bool begins_anew(const struct questions *q)
{
    return q->state != QUESTIONS_STRING || q->held[q->n_held - 1] == ESC;
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
