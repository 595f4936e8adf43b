/* SPDX-License-Identifier: MIT
 *
 * A table of settings says for each name how its value is read and where it goes.
 */
#include "app/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/ini_lines.h"
#include "app/paths.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "tui/keymap.h"

/* Reads value into the field; returns what was expected instead, or NULL. */
typedef const char *(*setter)(void *field, const char *value);

struct setting {
    const char *name;
    setter set;
    size_t offset;
};

struct reading {
    struct config *config;
    const char *label;
    struct keymap *keymap; /* keys.ini only */
};

static const char *set_text(void *field, const char *value)
{
    char **text = field;

    if (!*value)
        return "a text";
    free(*text);
    *text = xstrdup(value);
    return NULL;
}

static const char *set_bool(void *field, const char *value)
{
    static const char *const names[] = {"off", "on", "no", "yes", "false", "true", "0", "1"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(value, names[i]) == 0) {
            *(bool *)field = i % 2;
            return NULL;
        }
    return "on or off";
}

static const char *set_clipboard(void *field, const char *value)
{
    static const char *const names[] = {"auto", "osc52", "off"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(value, names[i]) == 0) {
            *(enum clipboard_mode *)field = (enum clipboard_mode)i;
            return NULL;
        }
    return "auto, osc52 or off";
}

static const char *set_prediction(void *field, const char *value)
{
    static const char *const names[] = {"auto", "on", "off"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(value, names[i]) == 0) {
            *(enum predict_mode *)field = (enum predict_mode)i;
            return NULL;
        }
    return "auto, on or off";
}

static const char *set_lines(void *field, const char *value)
{
    char *end;
    long n = strtol(value, &end, 10);

    if (end == value || *end || n < 1 || n > 1000000)
        return "a number from 1 to 1000000";
    *(long *)field = n;
    return NULL;
}

static const char *set_key(void *field, const char *value)
{
    return key_parse(value, field) ? NULL : "a key such as C-b";
}

#define GENERAL(name) offsetof(struct config, name)
static const struct setting general_settings[] = {
    {"theme", set_text, GENERAL(theme)},
    {"prefix", set_key, GENERAL(prefix)},
    {"mouse", set_bool, GENERAL(mouse)},
    {"restore", set_bool, GENERAL(restore)},
    {"clipboard", set_clipboard, GENERAL(clipboard)},
    {"prediction", set_prediction, GENERAL(prediction)},
    {"scrollback", set_lines, GENERAL(scrollback_lines)},
    {"context", set_text, GENERAL(context)},
    {"namespace", set_text, GENERAL(ns)},
    {NULL, NULL, 0},
};

#define CONTEXT(name) offsetof(struct context_config, name)
static const struct setting context_settings[] = {
    {"url", set_text, CONTEXT(url)},
    {"api_key_file", set_text, CONTEXT(api_key_file)},
    {"provider", set_text, CONTEXT(provider)},
    {"namespace", set_text, CONTEXT(ns)},
    {"readonly", set_bool, CONTEXT(readonly)},
    {"theme", set_text, CONTEXT(theme)},
    {NULL, NULL, 0},
};

/* File contents reach the screen through problems: made harmless here, once. */
__attribute__((format(printf, 3, 4))) static void problem(struct reading *r, int line,
                                                          const char *format, ...)
{
    struct config *c = r->config;
    char text[400], safe[400];
    va_list args;

    if (c->n_problems >= CONFIG_PROBLEMS_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_sanitise(safe, sizeof safe, text, strlen(text));
    c->problems = xreallocarray(c->problems, c->n_problems + 1, sizeof *c->problems);
    c->problems[c->n_problems++] =
        line ? xasprintf("%s:%d: %s", r->label, line, safe) : xasprintf("%s: %s", r->label, safe);
}

static void list_settings(const struct setting *settings, char *out, size_t cap)
{
    size_t n = 0;

    for (; settings->name && n < cap; settings++)
        n += (size_t)snprintf(out + n, cap - n, "%s%s", n ? ", " : "", settings->name);
}

static void apply(struct reading *r, int line, const struct setting *settings, void *base,
                  const char *name, const char *value)
{
    for (const struct setting *s = settings; s->name; s++)
        if (strcasecmp(s->name, name) == 0) {
            const char *expected = s->set((char *)base + s->offset, value);

            if (expected)
                problem(r, line, "%s = \"%.60s\": expected %s", s->name, value, expected);
            else if (s->set == set_key)
                r->config->has_prefix = true;
            return;
        }
    char known[160];

    list_settings(settings, known, sizeof known);
    problem(r, line, "unknown setting \"%.60s\"; known here: %s", name, known);
}

static struct context_config *context_of(struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_contexts; i++)
        if (strcmp(c->contexts[i].name, name) == 0)
            return &c->contexts[i];
    c->contexts = xreallocarray(c->contexts, c->n_contexts + 1, sizeof *c->contexts);
    c->contexts[c->n_contexts] = (struct context_config){.name = xstrdup(name)};
    return &c->contexts[c->n_contexts++];
}

static void on_setting(void *user, int line, const char *section, const char *name,
                       const char *value)
{
    struct reading *r = user;

    if (strcmp(section, "general") == 0)
        apply(r, line, general_settings, r->config, name, value);
    else if (strncmp(section, "context ", 8) == 0 && section[8 + strspn(section + 8, " ")])
        apply(r, line, context_settings,
              context_of(r->config, section + 8 + strspn(section + 8, " ")), name, value);
    else if (!*section)
        problem(r, line, "\"%.60s\" stands before any [section]", name);
    else
        problem(r, line, "unknown section [%.60s]; known: [general], [context NAME]", section);
}

static void on_key_binding(void *user, int line, const char *section, const char *name,
                           const char *value)
{
    struct reading *r = user;
    struct err e = {0};

    if (!*section)
        problem(r, line, "\"%.60s\" stands before any [context]", name);
    else if (r->keymap && keymap_bind(r->keymap, section, name, value, &e) < 0)
        problem(r, line, "%s", e.text);
}

static void on_broken(void *user, int line, const char *what)
{
    problem(user, line, "%s", what);
}

static const struct ini_lines_ops setting_ops = {on_setting, on_broken};
static const struct ini_lines_ops key_ops = {on_key_binding, on_broken};

void config_init(struct config *c)
{
    *c = (struct config){.mouse = true, .restore = true};
}

static void context_finish(struct context_config *c)
{
    free(c->name);
    free(c->url);
    free(c->api_key_file);
    free(c->provider);
    free(c->ns);
    free(c->theme);
}

void config_finish(struct config *c)
{
    for (size_t i = 0; i < c->n_contexts; i++)
        context_finish(&c->contexts[i]);
    free(c->contexts);
    for (size_t i = 0; i < c->n_problems; i++)
        free(c->problems[i]);
    free(c->problems);
    free(c->theme);
    free(c->context);
    free(c->ns);
    *c = (struct config){0};
}

void config_read_text(struct config *c, const char *label, const char *text, size_t n)
{
    struct reading r = {.config = c, .label = label};

    ini_lines_read(text, n, &setting_ops, &r);
}

void config_read_keys_text(struct config *c, const char *label, const char *text, size_t n,
                           struct keymap *m)
{
    struct reading r = {.config = c, .label = label, .keymap = m};

    ini_lines_read(text, n, &key_ops, &r);
}

/* Whole files, NUL bytes included. Returns false when there is nothing to read. */
static bool load(struct reading *r, const char *path, struct buf *out)
{
    FILE *f = fopen(path, "re");

    if (!f) {
        if (errno != ENOENT && errno != ENOTDIR)
            problem(r, 0, "%s", strerror(errno));
        return false;
    }
    buf_reserve(out, CONFIG_FILE_MAX + 1);
    out->len = fread(out->data, 1, CONFIG_FILE_MAX + 1, f);
    if (ferror(f))
        problem(r, 0, "cannot be read: %s", strerror(errno));
    else if (out->len > CONFIG_FILE_MAX)
        problem(r, 0, "larger than %u bytes", CONFIG_FILE_MAX);
    bool good = !ferror(f) && out->len <= CONFIG_FILE_MAX;
    fclose(f);
    return good;
}

void config_read(struct config *c, const char *path)
{
    struct reading r = {.config = c, .label = path};
    cleanup_buf struct buf text = {0};

    if (load(&r, path, &text))
        ini_lines_read(text.data, text.len, &setting_ops, &r);
}

void config_read_keys(struct config *c, const char *path, struct keymap *m)
{
    struct reading r = {.config = c, .label = path, .keymap = m};
    cleanup_buf struct buf text = {0};

    if (load(&r, path, &text))
        ini_lines_read(text.data, text.len, &key_ops, &r);
}

struct key config_prefix(const struct config *c)
{
    if (c->has_prefix)
        return c->prefix;
    return (struct key){getenv("TMUX") ? 'a' : 'b', MOD_CTRL};
}

const struct context_config *config_context(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n_contexts; i++)
        if (strcmp(c->contexts[i].name, name) == 0)
            return &c->contexts[i];
    return NULL;
}
