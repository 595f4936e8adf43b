/* SPDX-License-Identifier: MIT
 *
 * The text of a tail's lines: cleaning what comes, telling errors from the rest, and what stands in
 * front of a line.
 */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/tail_internal.h"

/* The length of an escape sequence at s[0] == ESC; unfinished ones end with the line. */
static size_t escape_length(const char *s, size_t n)
{
    size_t i = 2;

    if (n < 2)
        return n;
    if (s[1] == '[') { /* CSI: up to its final byte */
        while (i < n && (s[i] < 0x40 || s[i] > 0x7e))
            i++;
        return i < n ? i + 1 : n;
    }
    if (strchr("]PX^_", s[1])) { /* a string: up to BEL or ESC \ */
        while (i < n && s[i] != '\a' && !(s[i] == '\x1b' && i + 1 < n && s[i + 1] == '\\'))
            i++;
        return i >= n ? n : i + (s[i] == '\a' ? 1 : 2);
    }
    while (i < n && s[i - 1] >= 0x20 && s[i - 1] <= 0x2f)
        i++;
    return i;
}

static void append_tab(struct buf *out)
{
    do
        buf_append_char(out, ' ');
    while (out->len % 8);
}

/* What a carriage return has overwritten is gone, as on a terminal that shows a progress bar. */
static size_t after_return(const char *text, size_t *n)
{
    while (*n && text[*n - 1] == '\r')
        --*n;
    for (size_t i = *n; i > 0; i--)
        if (text[i - 1] == '\r')
            return i;
    return 0;
}

void tail_clean(struct buf *out, const char *text, size_t n)
{
    size_t cut = n > TAIL_LINE_MAX ? n - TAIL_LINE_MAX : 0, begin;
    char piece[512];

    n -= cut;
    begin = after_return(text, &n);
    while (begin < n) {
        size_t stop = begin;

        if (text[begin] == '\x1b') {
            begin += escape_length(text + begin, n - begin);
            continue;
        }
        if (text[begin] == '\t') {
            append_tab(out);
            begin++;
            continue;
        }
        while (stop < n && stop - begin < 128 && text[stop] != '\x1b' && text[stop] != '\t')
            stop++;
        if (stop < n) /* not within a character */
            while (stop > begin + 1 && ((unsigned char)text[stop] & 0xc0) == 0x80)
                stop--;
        buf_append_str(out, text_sanitise(piece, sizeof piece, text + begin, stop - begin));
        begin = stop;
    }
    if (cut)
        buf_printf(out, " \xe2\x80\xa6 %zu more bytes", cut);
}

/* --- levels --- */

static bool is_word(const char *text, size_t at, const char *word, size_t n)
{
    return !strncasecmp(text + at, word, n) && (at == 0 || !isalnum((unsigned char)text[at - 1])) &&
           !isalnum((unsigned char)text[at + n]);
}

enum tail_level tail_level_of(const char *text)
{
    static const struct {
        const char *word;
        enum tail_level level;
    } words[] = {
        {"error", TAIL_ERROR},     {"fatal", TAIL_ERROR},     {"panic", TAIL_ERROR},
        {"exception", TAIL_ERROR}, {"traceback", TAIL_ERROR}, {"critical", TAIL_ERROR},
        {"failed", TAIL_ERROR},    {"warning", TAIL_WARNING}, {"warn", TAIL_WARNING},
        {"debug", TAIL_DEBUG},     {"trace", TAIL_DEBUG},
    };
    enum tail_level level = TAIL_PLAIN;

    for (size_t at = 0; text[at] && at < 512; at++) {
        if (!strchr("eEfFpPtTcCwWdD", text[at]))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if (words[i].level > level && is_word(text, at, words[i].word, strlen(words[i].word)))
                level = words[i].level;
    }
    return level;
}

/* --- what is shown --- */

static void append_prefix(const struct tail *t, const struct tail_line *line, struct buf *out)
{
    struct tm tm;
    time_t seconds = (time_t)(line->time_ms / 1000);

    if (t->times && localtime_r(&seconds, &tm))
        buf_printf(out, "%02d:%02d:%02d.%03d ", tm.tm_hour, tm.tm_min, tm.tm_sec,
                   (int)(line->time_ms % 1000));
    if (t->n_sources > 1)
        buf_printf(out, "%s \xe2\x94\x82 ", t->sources[line->source]);
}

/* A JSON object or array that ends the line, over several rows below what stands before it; false
 * when there is none. */
static bool append_pretty(const struct tail_line *line, struct buf *out)
{
    const char *at = strpbrk(line->text, "{[");
    cJSON *json = at ? cJSON_ParseWithOpts(at, NULL, true) : NULL;
    char *text = json ? cJSON_Print(json) : NULL;

    for (char *p = text; p && *p; p++)
        *p = *p == '\t' ? ' ' : *p;
    if (text) {
        buf_append(out, line->text, (size_t)(at - line->text));
        buf_append_str(out, text);
    }
    free(text);
    cJSON_Delete(json);
    return text;
}

size_t tail_shown(const struct tail *t, const struct tail_line *line, struct buf *out)
{
    size_t prefix;

    append_prefix(t, line, out);
    prefix = out->len;
    if (!t->pretty || !append_pretty(line, out))
        buf_append(out, line->text, line->n);
    buf_append_char(out, '\0');
    out->len--;
    return prefix;
}
