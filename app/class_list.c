/* SPDX-License-Identifier: MIT
 *
 * The list of a class comes out of somebody's spreadsheet: names become sandboxes, files and cells
 * of a web page, so what could be more than a name there is refused, with its line.
 */
#include "app/class_list.h"

#include <string.h>

#include "app/paths.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/text.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)

void class_list_finish(struct class_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->all[i].name);
        free(l->all[i].note);
    }
    free(l->all);
    *l = (struct class_list){0};
}

static void add(struct class_list *l, char *name, char *note, int line)
{
    if (!(l->n & (l->n - 1)))
        l->all = xreallocarray(l->all, l->n ? l->n * 2 : 1, sizeof *l->all);
    l->all[l->n++] = (struct student){name, note, line};
}

/* NULL, or what is wrong with the name. */
static const char *name_fault(const char *name, const char *safe)
{
    if (!utf8_valid(name, strlen(name)))
        return "is not UTF-8";
    if (strcmp(name, safe) != 0)
        return "holds control characters";
    if (strpbrk(name, " /\\\"'<>&`$;|*?:()[]{}!%~^=#"))
        return "holds a space or sign that no name of a sandbox and file can have";
    if (name[0] == '.' || name[0] == '-' || name[0] == '+' || name[0] == '@')
        return "begins with a sign";
    if (strlen(name) > STUDENT_NAME_CHARS)
        return "is longer than 64 bytes";
    return NULL;
}

static const struct student *find(const struct class_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcasecmp(l->all[i].name, name))
            return &l->all[i];
    return NULL;
}

static char *trimmed(const char *text, size_t n)
{
    while (n && strchr(" \t\r", text[n - 1]))
        n--;
    while (n && strchr(" \t", *text)) {
        text++;
        n--;
    }
    return xstrndup(text, n);
}

/* False: it will not do, and that was said. */
static bool read_line(struct class_list *l, const char *file, const char *text, size_t n, int line)
{
    size_t n_name = strcspn(text, "\t,\n");
    cleanup_free char *name = trimmed(text, n_name < n ? n_name : n);
    cleanup_free char *note = n_name < n ? trimmed(text + n_name + 1, n - n_name - 1) : xstrdup("");
    char safe[STUDENT_NOTE_BYTES + 1];
    const char *fault;

    if (!*name && !*note)
        return true;
    text_sanitise(safe, sizeof safe, name, strlen(name));
    fault = *name ? name_fault(name, safe) : "is missing";
    if (fault) {
        say("%s:%d: the name \"%s\" %s", file, line, safe, fault);
        return false;
    }
    const struct student *other = find(l, name);

    if (other) {
        say("%s:%d: \"%s\" stands in line %d already", file, line, name, other->line);
        return false;
    }
    text_sanitise(safe, sizeof safe, note, strlen(note));
    add(l, steal_pointer(&name), xstrdup(safe), line);
    return true;
}

static int read_file(struct class_list *l, const char *path, struct err *e)
{
    cleanup_free char *text = paths_read_file(path, FILE_BYTES_MAX, e);
    int line = 1, n_bad = 0;

    if (!text) {
        err_hint(e, "give a file with one student a line, or how many there are");
        return -(int)e->code;
    }
    for (const char *at = text + (strncmp(text, "\xef\xbb\xbf", 3) ? 0 : 3); *at; line++) {
        size_t n = strcspn(at, "\n");

        if (at[strspn(at, " \t")] != '#')
            n_bad += !read_line(l, path, at, n, line);
        at += n + (at[n] == '\n');
    }
    if (n_bad)
        return err_set(e, ERR_ARG, "%d line%s of %.200s will not do", n_bad, n_bad == 1 ? "" : "s",
                       path);
    if (!l->n)
        return err_set(e, ERR_ARG, "%.200s names no students", path);
    if (l->n > CLASS_MAX)
        return err_set(e, ERR_ARG, "%.200s names %zu students; %d are the most", path, l->n,
                       CLASS_MAX);
    return 0;
}

int class_list_read(struct class_list *l, const char *text, struct err *e)
{
    size_t n_digits = strspn(text, "0123456789");
    int result = 0;

    *l = (struct class_list){0};
    if (*text && !text[n_digits]) {
        unsigned long n = n_digits > 6 ? CLASS_MAX + 1 : strtoul(text, NULL, 10);

        if (!n || n > CLASS_MAX)
            return err_set(e, ERR_ARG, "a class has 1 to %d students", CLASS_MAX);
        for (unsigned long i = 1; i <= n; i++)
            add(l, xasprintf("student-%lu", i), xstrdup(""), 0);
    } else {
        result = read_file(l, text, e);
    }
    if (result < 0)
        class_list_finish(l);
    return result;
}
