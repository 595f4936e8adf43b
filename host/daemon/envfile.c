/* SPDX-License-Identifier: MIT */
#include "host/daemon/envfile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* --- reading --- */

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

bool envfile_name_valid(struct slice name)
{
    if (!name.len || !(isalpha((unsigned char)name.data[0]) || name.data[0] == '_'))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_byte(name.data[i]))
            return false;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t skip_blank(struct slice t, size_t i)
{
    while (i < t.len && is_blank(t.data[i]))
        i++;
    return i;
}

/* The newline's offset, or the text's end. */
static size_t end_of_line(struct slice t, size_t i)
{
    const char *newline = i < t.len ? memchr(t.data + i, '\n', t.len - i) : NULL;

    return newline ? (size_t)(newline - t.data) : t.len;
}

/* Behind the closing quote of the value that opens at i, or 0: there is none. Only blanks or a
 * comment may follow it on its line. */
static size_t end_of_quoted(struct slice t, size_t i)
{
    char quote = t.data[i];
    size_t after, end;

    for (i++; i < t.len && t.data[i] != quote; i++)
        if (quote == '"' && t.data[i] == '\\')
            i++;
    if (i >= t.len)
        return 0;
    after = skip_blank(t, i + 1);
    end = end_of_line(t, after);
    if (after == end || t.data[after] == '#' || (t.data[after] == '\r' && after + 1 == end))
        return i + 1;
    return 0;
}

static size_t end_of_plain(struct slice t, size_t start)
{
    size_t end = end_of_line(t, start);

    for (size_t i = start; i < end; i++) {
        if (t.data[i] == '#' && (i == start || is_blank(t.data[i - 1]))) {
            end = i;
            break;
        }
    }
    while (end > start && (is_blank(t.data[end - 1]) || t.data[end - 1] == '\r'))
        end--;
    return end;
}

static void find_value(struct slice t, size_t start, struct envfile_item *item)
{
    bool quoted = start < t.len && (t.data[start] == '"' || t.data[start] == '\'');

    item->value = start;
    item->value_end = quoted ? end_of_quoted(t, start) : 0;
    if (!item->value_end)
        item->value_end = end_of_plain(t, start);
}

static size_t end_of_name(struct slice t, size_t i)
{
    while (i < t.len && is_name_byte(t.data[i]))
        i++;
    return i;
}

/* The assignment of the line that begins at i; false: it is none. */
static bool read_item(struct slice t, size_t line, struct envfile_item *item)
{
    static const char word[] = "export";
    size_t i = skip_blank(t, line), end = end_of_name(t, i), next = skip_blank(t, end);

    if (next > end && end - i == sizeof word - 1 && !memcmp(t.data + i, word, sizeof word - 1) &&
        next < t.len && t.data[next] != '=') {
        i = next;
        end = end_of_name(t, i);
        next = skip_blank(t, end);
    }
    item->name = (struct slice){t.data + i, end - i};
    if (!envfile_name_valid(item->name) || next >= t.len || t.data[next] != '=')
        return false;
    item->line = line;
    find_value(t, skip_blank(t, next + 1), item);
    item->line_end = end_of_line(t, item->value_end);
    item->line_end += item->line_end < t.len;
    return true;
}

void envfile_parse(struct envfile *f, struct slice text)
{
    static const char bom[] = "\xef\xbb\xbf";
    size_t i = text.len >= 3 && !memcmp(text.data, bom, 3) ? 3 : 0;

    *f = (struct envfile){.text = text};
    while (i < text.len) {
        struct envfile_item item;

        if (!read_item(text, i, &item)) {
            i = end_of_line(text, i) + 1;
            continue;
        }
        if (!(f->n & (f->n - 1)))
            f->items = xreallocarray(f->items, f->n ? f->n * 2 : 1, sizeof *f->items);
        f->items[f->n++] = item;
        i = item.line_end;
    }
}

void envfile_finish(struct envfile *f)
{
    free(f->items);
    *f = (struct envfile){0};
}

static bool same(struct slice a, struct slice b)
{
    return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

const struct envfile_item *envfile_find(const struct envfile *f, struct slice name)
{
    for (size_t i = f->n; i--;)
        if (same(f->items[i].name, name))
            return &f->items[i];
    return NULL;
}

/* One byte for each escape; a backslash before anything else stays. */
static const char escapes_from[] = "nrt\\\"$`", escapes_to[] = "\n\r\t\\\"$`";

static void unescape(const char *p, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const char *found =
            p[i] == '\\' && i + 1 < n && p[i + 1] ? strchr(escapes_from, p[i + 1]) : NULL;

        buf_append_char(out, found ? escapes_to[found - escapes_from] : p[i]);
        i += found != NULL;
    }
}

void envfile_value(const struct envfile *f, const struct envfile_item *item, struct buf *out)
{
    const char *p = f->text.data + item->value;
    size_t n = item->value_end - item->value;
    bool closed = n >= 2 && end_of_quoted((struct slice){p, n}, 0) == n;

    if (closed && p[0] == '"')
        unescape(p + 1, n - 2, out);
    else if (closed && p[0] == '\'')
        buf_append(out, p + 1, n - 2);
    else
        buf_append(out, p, n);
}

/* --- changing --- */

/* Plain where nothing could be misread, here or by a shell. */
static bool is_plain(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];

        if (!is_name_byte(c) && !strchr("/:@%+,=?&", c))
            return false;
        if (!c)
            return false;
    }
    return true;
}

enum style { STYLE_PLAIN, STYLE_SINGLE, STYLE_DOUBLE, N_STYLES };

static void append_double(struct slice value, struct buf *out)
{
    buf_append_char(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] && strchr("\\\"$`", value.data[i]))
            buf_append_char(out, '\\');
        buf_append_char(out, value.data[i]);
    }
    buf_append_char(out, '"');
}

/* False: the style cannot say it. */
static bool append_value(struct slice value, enum style style, struct buf *out)
{
    if (style == STYLE_PLAIN ? !is_plain(value)
                             : style == STYLE_SINGLE && memchr(value.data, '\'', value.len))
        return false;
    if (style == STYLE_PLAIN) {
        buf_append(out, value.data, value.len);
    } else if (style == STYLE_SINGLE) {
        buf_append_char(out, '\'');
        buf_append(out, value.data, value.len);
        buf_append_char(out, '\'');
    } else {
        append_double(value, out);
    }
    return true;
}

static const char *newline_of(struct slice text)
{
    size_t end = end_of_line(text, 0);

    return end < text.len && end && text.data[end - 1] == '\r' ? "\r\n" : "\n";
}

static bool append_item(struct slice text, struct slice name, struct slice value, enum style style,
                        struct buf *out)
{
    const char *newline = newline_of(text);
    bool possible;

    if (text.len && text.data[text.len - 1] != '\n')
        buf_append_str(out, newline);
    buf_append(out, name.data, name.len);
    buf_append_char(out, '=');
    possible = append_value(value, style, out);
    buf_append_str(out, newline);
    return possible;
}

static bool try_set(const struct envfile *f, struct slice name, struct slice value,
                    enum style style, struct buf *out)
{
    size_t from = 0;
    bool found = false, possible = true;

    for (size_t i = 0; i < f->n; i++) {
        const struct envfile_item *item = &f->items[i];

        if (!same(item->name, name))
            continue;
        found = true;
        buf_append(out, f->text.data + from, item->value - from);
        possible = append_value(value, style, out);
        from = item->value_end;
        if (from < f->text.len && f->text.data[from] == '#')
            buf_append_char(out, ' ');
    }
    buf_append(out, f->text.data + from, f->text.len - from);
    return found ? possible : append_item(f->text, name, value, style, out);
}

static bool same_value(const struct envfile *f, const struct envfile_item *a,
                       const struct envfile *g, const struct envfile_item *b)
{
    return same((struct slice){f->text.data + a->value, a->value_end - a->value},
                (struct slice){g->text.data + b->value, b->value_end - b->value});
}

static size_t next_other(const struct envfile *f, size_t i, struct slice name)
{
    while (i < f->n && same(f->items[i].name, name))
        i++;
    return i;
}

/* A quote that was never closed may find its end in what was changed: then other lines would mean
 * something else now. */
static bool others_stay(const struct envfile *f, const struct envfile *g, struct slice name)
{
    size_t i = next_other(f, 0, name), k = next_other(g, 0, name);

    while (i < f->n && k < g->n) {
        if (!same(f->items[i].name, g->items[k].name) ||
            !same_value(f, &f->items[i], g, &g->items[k]))
            return false;
        i = next_other(f, i + 1, name);
        k = next_other(g, k + 1, name);
    }
    return i >= f->n && k >= g->n;
}

/* value without data: the name shall be gone. */
static bool holds(const struct envfile *before, struct slice name, struct slice value,
                  const struct buf *out)
{
    cleanup_buf struct buf found = {0};
    struct envfile after;
    const struct envfile_item *item;
    bool ok;

    envfile_parse(&after, (struct slice){out->data ? out->data : "", out->len});
    item = envfile_find(&after, name);
    if (item)
        envfile_value(&after, item, &found);
    ok = value.data ? item && same((struct slice){found.data ? found.data : "", found.len}, value)
                    : !item;
    ok = ok && others_stay(before, &after, name);
    envfile_finish(&after);
    return ok;
}

bool envfile_set(struct slice text, struct slice name, struct slice value, struct buf *out)
{
    struct envfile f;
    bool done = false;

    envfile_parse(&f, text);
    for (int style = STYLE_PLAIN; style < N_STYLES && !done; style++) {
        buf_clear(out);
        done = try_set(&f, name, value, style, out) && holds(&f, name, value, out);
    }
    envfile_finish(&f);
    return done;
}

int envfile_remove(struct slice text, struct slice name, struct buf *out)
{
    struct envfile f;
    size_t from = 0;
    int n = 0;

    envfile_parse(&f, text);
    buf_clear(out);
    for (size_t i = 0; i < f.n; i++) {
        const struct envfile_item *item = &f.items[i];

        if (!same(item->name, name))
            continue;
        n++;
        buf_append(out, text.data + from, item->line - from);
        from = item->line_end;
    }
    buf_append(out, text.data + from, text.len - from);
    if (n && !holds(&f, name, (struct slice){NULL, 0}, out))
        n = -1;
    envfile_finish(&f);
    return n;
}
