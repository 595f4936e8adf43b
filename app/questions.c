/* SPDX-License-Identifier: MIT
 *
 * A sequence is held until its last byte, then dropped or passed on.
 *
 * Where sequences begin and end is as vterm/parse.c has it, so that what is asked there is found
 * here: a string ends with ST or C2 9C, an OSC with BEL, too; CAN, SUB or another escape cancels
 * it. What is cancelled goes: left open, it would take in the text behind a question that was
 * dropped.
 */
#include "app/questions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ESC 0x1b
#define BEL 0x07
#define CAN 0x18
#define SUB 0x1a
#define C1  0xc2 /* the first byte of U+0080..U+009F */
#define ST  0x9c /* after that one */

static bool is_one_of(int c, const char *set)
{
    return c && strchr(set, c);
}

/* ESC [, or C2 9B: prefix numbers intermediate final */
static bool asks_csi(const char *s, size_t n)
{
    static const struct {
        char final, intermediate;
        const char *prefixes; /* '0': none */
    } table[] = {
        {'c', 0, "0?>="}, {'n', 0, "0?"}, {'x', 0, "0"}, {'p', '$', "0?"},
        {'q', 0, ">"},    {'u', 0, "?"},  {'m', 0, "?"}, {'S', 0, "?"},
    };
    char prefix = '0', intermediate = 0, final = s[n - 1];

    for (size_t i = 2; i + 1 < n; i++) {
        if (s[i] >= '<')
            prefix = s[i];
        else if (s[i] <= '/')
            intermediate = s[i];
    }
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

static long osc_number(const char *s)
{
    return isdigit((unsigned char)s[0]) ? strtol(s, NULL, 10) : -1;
}

/* number ; …: a field of a colour or of the clipboard is "?". */
static bool asks_osc(const char *s, size_t n)
{
    long number = osc_number(s);

    if (!is_colour(number) && number != 52)
        return false;
    for (size_t i = 2; i < n; i++)
        if (s[i] == '?' && s[i - 1] == ';' && (i + 1 == n || s[i + 1] == ';'))
            return true;
    return false;
}

/* So far it does not: can what follows make it? */
static bool can_ask_osc(const char *s)
{
    const char *rest = s + strspn(s, "0123456789"), *data;

    if (!*rest)
        return true;
    if (*rest != ';' || osc_number(s) != 52)
        return is_colour(osc_number(s));
    /* What the clipboard is set to begins behind the next one. */
    data = strchr(rest + 1, ';');
    return !data || !data[1];
}

static bool is_control(unsigned char c)
{
    return c < ' ' || c == 0x7f;
}

/* What is held, without its beginning and its end; returns how long it is. */
static size_t text_of(const struct questions *q, char text[QUESTION_STRING_MAX])
{
    size_t n = 0;

    for (size_t i = 2; i < q->n_held; i++)
        if (!is_control((unsigned char)q->held[i]))
            text[n++] = q->held[i];
    if (n && (unsigned char)text[n - 1] == C1) /* of its end */
        n--;
    text[n] = '\0';
    return n;
}

static bool asks_string(const struct questions *q)
{
    char text[QUESTION_STRING_MAX];
    size_t n = text_of(q, text);

    return q->kind == ']' ? asks_osc(text, n) : n > 1 && is_one_of(text[0], "$+") && text[1] == 'q';
}

static bool can_ask(const struct questions *q)
{
    char text[QUESTION_STRING_MAX];
    size_t n = text_of(q, text);

    return q->kind == ']' ? can_ask_osc(text) : n < 2;
}

static bool is_of_colours(const struct questions *q)
{
    char text[QUESTION_STRING_MAX];

    text_of(q, text);
    return q->kind == ']' && text[strspn(text, "0123456789")] == ';' && is_colour(osc_number(text));
}

static void leave(struct questions *q)
{
    q->n_held = 0;
    q->state = QUESTIONS_TEXT;
}

void questions_flush(struct questions *q, struct buf *out)
{
    bool is_string = q->state == QUESTIONS_STRING || q->state == QUESTIONS_PASSED;

    buf_append(out, q->held, q->n_held);
    if (is_string && q->last == ESC)
        buf_append_char(out, ESC);
    leave(q);
}

/* No more of the string is needed, or held, to know whether it asks. */
static void decide(struct questions *q, bool is_whole, struct buf *out)
{
    bool asks;

    if (q->state != QUESTIONS_STRING)
        return;
    asks = asks_string(q) || (!is_whole && can_ask(q));
    q->state = asks ? QUESTIONS_SWALLOWED : QUESTIONS_PASSED;
    if (q->state == QUESTIONS_PASSED)
        buf_append(out, q->held, q->n_held);
    q->n_held = 0;
}

static void put(struct questions *q, unsigned char c, struct buf *out)
{
    if (q->state == QUESTIONS_PASSED)
        buf_append_char(out, (char)c);
    if (q->state != QUESTIONS_STRING)
        return;
    q->held[q->n_held++] = (char)c;
    if (q->n_held == QUESTION_STRING_MAX || (q->n_held == QUESTION_MAX && !is_of_colours(q)))
        decide(q, false, out);
}

/* Of what is too long the last byte stands for the rest. */
static void hold(struct questions *q, unsigned char c)
{
    q->n_held -= q->n_held == QUESTION_MAX;
    q->held[q->n_held++] = (char)c;
}

static bool cancels(unsigned char c)
{
    return c == CAN || c == SUB;
}

/* --- one byte in each state; false: it is to be looked at in the state that is now --- */

static bool begin(struct questions *q, unsigned char c, struct buf *out)
{
    if (c == ESC || c == C1) {
        q->state = c == ESC ? QUESTIONS_ESCAPE : QUESTIONS_C1;
        q->held[q->n_held++] = (char)c;
    } else {
        buf_append_char(out, (char)c);
    }
    return true;
}

/* ESC and kind, of which the second byte is c. */
static bool introduce(struct questions *q, char kind, unsigned char c, struct buf *out)
{
    q->held[q->n_held++] = (char)c;
    q->kind = kind;
    q->last = 0;
    if (kind == '[') {
        q->state = QUESTIONS_CSI;
    } else if (is_one_of(kind, "]P")) {
        q->state = QUESTIONS_STRING;
    } else if (kind == 'Z') {
        leave(q);
    } else {
        questions_flush(q, out);
        /* What is no sequence within them is none here either. */
        if (is_one_of(kind, "X^_k"))
            q->state = QUESTIONS_PASSED;
    }
    return true;
}

static bool after_c1(struct questions *q, unsigned char c, struct buf *out)
{
    if (c >= 0x80 && c < 0xa0)
        return introduce(q, (char)(c - 0x40), c, out);
    /* Alone it is no character; raw it would become one with what is behind a question. */
    if (c < 0x80 || c >= 0xc0) {
        buf_append_str(out, "\xef\xbf\xbd");
        leave(q);
    }
    questions_flush(q, out);
    return false;
}

/* What is no part of an escape sequence. */
static bool intrude(struct questions *q, unsigned char c, struct buf *out)
{
    /* Terminals carry out a control character in the midst of a sequence, which goes on. */
    if (is_control(c) && c != ESC && !cancels(c)) {
        buf_append_char(out, (char)c);
        return true;
    }
    leave(q);
    return false;
}

static bool after_escape(struct questions *q, unsigned char c, struct buf *out)
{
    if (is_control(c) || c >= 0x80)
        return intrude(q, c, out);
    if (q->n_held == 1 && c >= '0')
        return introduce(q, (char)c, c, out);
    hold(q, c);
    if (c >= '0')
        questions_flush(q, out);
    return true;
}

static bool within_csi(struct questions *q, unsigned char c, struct buf *out)
{
    if (is_control(c) || c >= 0x80)
        return intrude(q, c, out);
    hold(q, c);
    if (c < '@')
        return true;
    /* What is too long is nothing that a terminal knows. */
    if (q->n_held == QUESTION_MAX || asks_csi(q->held, q->n_held))
        leave(q);
    else
        questions_flush(q, out);
    return true;
}

static bool within_string(struct questions *q, unsigned char c, struct buf *out)
{
    bool escaped = q->last == ESC;
    bool ends =
        (c == BEL && q->kind == ']') || (c == ST && q->last == C1) || (c == '\\' && escaped);

    if ((escaped && c != '\\') || cancels(c)) {
        if (q->state == QUESTIONS_PASSED && escaped)
            buf_append_char(out, CAN);
        leave(q);
        if (escaped)
            begin(q, ESC, out);
        return false;
    }
    if (c == ESC) {
        q->last = ESC;
        return true;
    }
    if (ends)
        decide(q, true, out);
    if (escaped)
        put(q, ESC, out);
    put(q, c, out);
    if (ends)
        leave(q);
    else if (!is_control(c))
        q->last = c;
    return true;
}

static bool (*const steps[])(struct questions *q, unsigned char c, struct buf *out) = {
    [QUESTIONS_TEXT] = begin,
    [QUESTIONS_C1] = after_c1,
    [QUESTIONS_ESCAPE] = after_escape,
    [QUESTIONS_CSI] = within_csi,
    [QUESTIONS_STRING] = within_string,
    [QUESTIONS_PASSED] = within_string,
    [QUESTIONS_SWALLOWED] = within_string,
};

static size_t text_length(const char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n && bytes[i] != ESC && (unsigned char)bytes[i] != C1)
        i++;
    return i;
}

void questions_drop(struct questions *q, const char *bytes, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (q->state == QUESTIONS_TEXT) {
            size_t n_text = text_length(bytes + i, n - i);

            buf_append(out, bytes + i, n_text);
            i += n_text;
            if (i == n)
                return;
        }
        while (!steps[q->state](q, (unsigned char)bytes[i], out))
            ;
    }
}
