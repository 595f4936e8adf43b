/* SPDX-License-Identifier: MIT
 *
 * The sandbox's side of a transfer: shell scripts that list trees, read and write many small files
 * at once, and make folders and links. They need sh, find, stat, readlink, base64, dd, mkdir, mv,
 * chmod and ln, as GNU and busybox have them.
 *
 * A listing is base64, so that names arrive as they are: lines "<mode hex> <size> <./path>", then a
 * line "--", then two lines for each link: its path and where it leads.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/shell_quote.h"
#include "base/text.h"
#include "client/file_internal.h"
#include "client/transfer_internal.h"
#include "wire/base64.h"

#define GROUP_FILES_MAX 256
#define GROUP_BYTES_MAX ((int64_t)1 << 20)

/* --- listing --- */

void script_scan(struct buf *script, const char *root)
{
    file_set_variable(script, "f", root);
    buf_printf(script,
               "[ -e \"$f\" ] || exit %d; "
               "if [ -d \"$f\" ]; then cd -- \"$f\" && { "
               "find . -exec stat -c '%%f %%s %%n' -- {} +; echo --; "
               "find . -type l -exec sh -c 'for p; do printf \"%%s\\n\" \"$p\"; "
               "readlink -- \"$p\" || echo; done' sh {} +; } | base64; "
               "else { stat -Lc '%%f %%s .' -- \"$f\"; echo --; } | base64; fi",
               FILE_EXIT_NONE);
}

struct scan {
    struct entries *out;
    const char *root;
    bool is_recursive;
};

/* "./a/b" without its "./"; "." is "". */
static const char *relative(const char *path)
{
    if (!strcmp(path, "."))
        return "";
    return strncmp(path, "./", 2) ? path : path + 2;
}

static int take_line(const struct scan *s, const char *line, struct err *e)
{
    unsigned mode;
    long long size;
    int at = 0;

    if (sscanf(line, "%x %lld %n", &mode, &size, &at) < 2 || !at || size < 0) {
        entries_note(s->out, "%.200s: a name with a line feed", line);
        return 0;
    }
    const char *path = relative(line + at);
    struct entry entry = {.mode = (int)(mode & 0777), .size = size};

    if ((mode & 0170000) == 0040000)
        entry.kind = ENTRY_FOLDER;
    else if ((mode & 0170000) == 0100000)
        entry.kind = ENTRY_FILE;
    else if ((mode & 0170000) == 0120000)
        return 0; /* comes again, with where it leads */
    else
        return entries_note(s->out, "%.200s: neither a file nor a folder nor a link", path), 0;
    if (!entry_path_ok(path))
        return entries_note(s->out, "%.200s: its name is not UTF-8", path), 0;
    if (entry.kind == ENTRY_FOLDER && !s->is_recursive) {
        err_set(e, ERR_ARG, "%.200s is a folder", s->root);
        err_hint(e, "-r copies folders");
        return -ERR_ARG;
    }
    entry.path = xstrdup(path);
    return entries_add(s->out, entry)
               ? 0
               : err_set(e, ERR_LIMIT, "%.200s: more than %d files", s->root, ENTRIES_MAX);
}

static void take_link(const struct scan *s, const char *line, const char *to)
{
    const char *path = relative(line);

    if (!entry_path_ok(path))
        entries_note(s->out, "%.200s: its name is not UTF-8", path);
    else if (!entry_link_ok(path, to))
        entries_note(s->out, "%.200s: a link that leads out of the folder, to %.200s", path, to);
    else
        entries_add(s->out, (struct entry){.path = xstrdup(path),
                                           .link = xstrdup(to),
                                           .kind = ENTRY_LINK,
                                           .mode = 0777});
}

/* Cuts the next line off; NULL at the end. */
static char *next_line(char **text)
{
    char *line = *text, *end = line ? strchr(line, '\n') : NULL;

    if (!end)
        return NULL;
    *end = '\0';
    *text = end + 1;
    return line;
}

/* A guest may list a folder's content without the folder, or a thing twice: parents must be
 * folders of the list, and each path is taken once. */
static void drop_orphans(struct entries *e)
{
    size_t kept = 0;

    for (size_t i = 0; i < e->n; i++) {
        struct entry *entry = &e->all[i];
        const char *slash = strrchr(entry->path, '/');
        cleanup_free char *parent =
            xstrndup(entry->path, slash ? (size_t)(slash - entry->path) : 0);
        struct entry key = {.path = parent, .kind = ENTRY_FOLDER};
        size_t low = 0, high = kept;
        bool is_twice = kept && e->all[kept - 1].kind == entry->kind &&
                        !strcmp(e->all[kept - 1].path, entry->path);

        /* The folders kept so far are sorted by path. */
        while (low < high) {
            size_t middle = (low + high) / 2;
            const struct entry *m = &e->all[middle];

            if (m->kind == ENTRY_FOLDER && strcmp(m->path, key.path) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        bool has_parent =
            low < kept && e->all[low].kind == ENTRY_FOLDER && !strcmp(e->all[low].path, key.path);

        if (!is_twice && (!*entry->path || has_parent)) {
            e->all[kept++] = *entry;
        } else {
            free(entry->path);
            free(entry->link);
        }
    }
    e->n = kept;
}

int script_read_scan(struct entries *out, const char *text, size_t n, bool is_recursive,
                     const char *root, struct err *e)
{
    struct scan s = {.out = out, .root = root, .is_recursive = is_recursive};
    cleanup_buf struct buf plain = {0};
    int result = 0;
    char *rest, *line, *to;

    if (file_decode(&plain, text, n, NULL) || !plain.len || memchr(plain.data, 0, plain.len))
        return err_set(e, ERR_PROTOCOL, "%.200s: the sandbox lists it in no way that is known",
                       root);
    rest = plain.data;
    while (!result && (line = next_line(&rest)) && strcmp(line, "--") != 0)
        result = take_line(&s, line, e);
    while (!result && (line = next_line(&rest)) && (to = next_line(&rest)))
        take_link(&s, line, to);
    if (result)
        return result;
    entries_sort(out);
    drop_orphans(out);
    if (!out->n)
        return err_set(e, ERR_ARG, "%.200s is neither a file nor a folder", root);
    return 0;
}

/* --- many at once --- */

static size_t quoted_size(const struct entry *entry)
{
    return 2 * (strlen(entry->path) + (entry->link ? strlen(entry->link) : 0)) + 32;
}

size_t script_group(const struct entries *e, size_t first)
{
    const struct entry *all = e->all + first;
    size_t n = 0, n_script = 4096;
    int64_t bytes = 0;

    while (first + n < e->n && n < GROUP_FILES_MAX && all[n].kind == all[0].kind) {
        n_script +=
            quoted_size(&all[n]) + (size_t)(all[n].kind == ENTRY_FILE ? all[n].size : 0) * 4 / 3;
        bytes += all[n].size;
        if (n && (n_script > SCRIPT_MAX || bytes > GROUP_BYTES_MAX ||
                  (all[n].kind == ENTRY_FILE && all[n].size > SMALL_MAX)))
            break;
        n++;
    }
    return n;
}

void script_read_files(struct buf *script, const char *root, const struct entry *all, size_t n)
{
    file_set_variable(script, "f", root);
    buf_append_str(script, "cd -- \"$f\" || exit; g() { if [ -f \"$1\" ] && [ ! -L \"$1\" ]; then "
                           "base64 <\"$1\" || echo '!'; else echo '!'; fi; echo .; }\n");
    for (size_t i = 0; i < n; i++) {
        buf_append_str(script, "g ./");
        shell_quote(script, all[i].path);
        buf_append_char(script, '\n');
    }
}

int script_next_file(const char **text, struct buf *bytes, struct err *e)
{
    const char *end = strncmp(*text, ".\n", 2) ? strstr(*text, "\n.\n") : *text - 1;
    size_t n = end ? (size_t)(end + 1 - *text) : 0;

    if (!end)
        return err_set(e, ERR_PROTOCOL, "the sandbox's answer breaks off");
    const char *body = *text;

    *text = end + 3;
    if (memchr(body, '!', n))
        return 1;
    return file_decode(bytes, body, n, e);
}

void script_begin_make(struct buf *script, const char *root)
{
    char name[9];

    file_set_variable(script, "f", root);
    buf_printf(
        script,
        "s=0; x=.%s; e() { printf 'cannot make %%s\\n' \"$1\" >&2; s=1; }; "
        "d() { mkdir -p -- \"$2\" && chmod $1 \"$2\" || e \"$2\"; }; "
        "l() { { [ ! -d \"$2\" ] || [ -L \"$2\" ]; } && ln -sfn -- \"$1\" \"$2\" || e \"$2\"; "
        "}; "
        "u() { { [ ! -d \"$2\" ] && base64 -d >\"$2$x\" && chmod $1 \"$2$x\" && "
        "mv -f -- \"$2$x\" \"$2\"; } || { rm -f -- \"$2$x\"; e \"$2\"; }; }\n",
        random_name(name, 8));
}

static void add_path(struct buf *script, const struct entry *entry)
{
    buf_append_str(script, *entry->path ? " \"$f\"/" : " \"$f\"");
    if (*entry->path)
        shell_quote(script, entry->path);
}

void script_add_folder(struct buf *script, const struct entry *entry)
{
    buf_printf(script, "d %o", (unsigned)(entry->mode | 0700));
    add_path(script, entry);
    buf_append_char(script, '\n');
}

void script_add_link(struct buf *script, const struct entry *entry)
{
    buf_append_str(script, "l ");
    shell_quote(script, entry->link);
    add_path(script, entry);
    buf_append_char(script, '\n');
}

void script_add_file(struct buf *script, const struct entry *entry, const char *bytes, size_t n)
{
    buf_printf(script, "u %o", (unsigned)entry->mode);
    add_path(script, entry);
    buf_append_str(script, " <<'E'\n");
    base64_encode(script, bytes, n);
    buf_append_str(script, "\nE\n");
}

void script_add_modes(struct buf *script, const struct entry *const *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!i || all[i]->mode != all[i - 1]->mode)
            buf_printf(script, "chmod %o", (unsigned)all[i]->mode);
        add_path(script, all[i]);
        if (i + 1 == n || all[i + 1]->mode != all[i]->mode)
            buf_append_str(script, " || s=1\n");
    }
}

void script_end_make(struct buf *script)
{
    buf_append_str(script, "exit $s\n");
}
