/* SPDX-License-Identifier: MIT
 *
 * The reader hands inih one line at a time, so the line of a value is the one last read. Leading
 * blanks are cut: inih would take an indented line for more of the value before it.
 */
#include "app/ini_lines.h"

#include <ctype.h>
#include <ini.h>
#include <stdbool.h>
#include <string.h>

struct reading {
    const char *at, *end;
    int line;
    bool expects_value; /* the line last read must become a value */
    const struct ini_lines_ops *ops;
    void *user;
};

static void check_taken(struct reading *r)
{
    if (r->expects_value)
        r->ops->on_broken(r->user, r->line, "not of the form \"name = value\"");
    r->expects_value = false;
}

/* What is wrong with a line before inih sees it, or NULL. */
static const char *line_problem(const char *line, size_t n, int cap)
{
    if (memchr(line, '\0', n))
        return "holds a NUL byte";
    if (n + 2 > (size_t)cap)
        return "too long";
    if (n && line[0] == '[') {
        const char *end = memchr(line, ']', n);

        /* inih would begin a comment at the ";" and drop the section without a word. */
        if (!end || memchr(line, ';', (size_t)(end - line)))
            return "a section without its closing \"]\"";
    }
    return NULL;
}

static char *read_line(char *out, int cap, void *stream)
{
    struct reading *r = stream;

    check_taken(r);
    while (r->at < r->end) {
        const char *line = r->at;
        const char *newline = memchr(line, '\n', (size_t)(r->end - line));
        size_t n = (size_t)((newline ? newline : r->end) - line);

        r->at = newline ? newline + 1 : r->end;
        r->line++;
        if (r->line == 1 && n >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0)
            line += 3, n -= 3;
        while (n && isspace((unsigned char)*line))
            line++, n--;
        const char *problem = line_problem(line, n, cap);

        if (problem) {
            r->ops->on_broken(r->user, r->line, problem);
            continue;
        }
        memcpy(out, line, n);
        out[n] = '\0';
        r->expects_value = n && !strchr("[;#", line[0]);
        return out;
    }
    return NULL;
}

static int on_value(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;

    r->expects_value = false;
    r->ops->on_value(r->user, r->line, section, name, value);
    return 1;
}

void ini_lines_read(const char *text, size_t n, const struct ini_lines_ops *ops, void *user)
{
    struct reading r = {.at = text, .end = text + n, .ops = ops, .user = user};

    ini_parse_stream(read_line, &r, on_value, &r);
    check_taken(&r);
}
