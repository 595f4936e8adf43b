/* SPDX-License-Identifier: MIT
 *
 * See theme.h. With NO_COLOR set (no-color.org) a theme keeps its attributes and loses its colours;
 * roles that colour alone told apart get an attribute instead.
 */
#include "tui/theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/inifile.h"
#include "tui/shipped_themes.h"

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_TEXT] = "text",         [ROLE_DIM] = "dim",
    [ROLE_TITLE] = "title",       [ROLE_HEADER] = "header",
    [ROLE_SELECTED] = "selected", [ROLE_MARKED] = "marked",
    [ROLE_MATCH] = "match",       [ROLE_GOOD] = "good",
    [ROLE_WARN] = "warn",         [ROLE_BAD] = "bad",
    [ROLE_STALE] = "stale",       [ROLE_KEY] = "key",
    [ROLE_STATUS] = "status",     [ROLE_STATUS_ALERT] = "status-alert",
    [ROLE_BORDER] = "border",     [ROLE_BORDER_FOCUS] = "border-focus",
    [ROLE_DIALOG] = "dialog",     [ROLE_INPUT] = "input",
    [ROLE_ERROR] = "error",
};

static const struct style dark[ROLE_COUNT] = {
    [ROLE_DIM] = {.fg = COLOUR_INDEX(8)},
    [ROLE_TITLE] = {.fg = COLOUR_INDEX(14), .attrs = ATTR_BOLD},
    [ROLE_HEADER] = {.fg = COLOUR_INDEX(6), .attrs = ATTR_BOLD},
    [ROLE_SELECTED] = {.fg = COLOUR_INDEX(15), .bg = COLOUR_INDEX(4), .attrs = ATTR_BOLD},
    [ROLE_MARKED] = {.fg = COLOUR_INDEX(11), .attrs = ATTR_BOLD},
    [ROLE_MATCH] = {.fg = COLOUR_INDEX(0), .bg = COLOUR_INDEX(3)},
    [ROLE_GOOD] = {.fg = COLOUR_INDEX(10)},
    [ROLE_WARN] = {.fg = COLOUR_INDEX(11)},
    [ROLE_BAD] = {.fg = COLOUR_INDEX(9), .attrs = ATTR_BOLD},
    [ROLE_STALE] = {.fg = COLOUR_INDEX(8), .attrs = ATTR_ITALIC},
    [ROLE_KEY] = {.fg = COLOUR_INDEX(14), .attrs = ATTR_BOLD},
    [ROLE_STATUS] = {.fg = COLOUR_INDEX(0), .bg = COLOUR_INDEX(7)},
    [ROLE_STATUS_ALERT] = {.fg = COLOUR_INDEX(15), .bg = COLOUR_INDEX(1), .attrs = ATTR_BOLD},
    [ROLE_BORDER] = {.fg = COLOUR_INDEX(8)},
    [ROLE_BORDER_FOCUS] = {.fg = COLOUR_INDEX(14)},
    [ROLE_INPUT] = {.attrs = ATTR_UNDERLINE},
    [ROLE_ERROR] = {.fg = COLOUR_INDEX(9), .attrs = ATTR_BOLD},
};

/* What a role gets when it may have no colour. */
static const uint16_t mono_attrs[ROLE_COUNT] = {
    [ROLE_DIM] = ATTR_DIM,
    [ROLE_TITLE] = ATTR_BOLD,
    [ROLE_HEADER] = ATTR_BOLD | ATTR_UNDERLINE,
    [ROLE_SELECTED] = ATTR_REVERSE,
    [ROLE_MARKED] = ATTR_BOLD,
    [ROLE_MATCH] = ATTR_UNDERLINE,
    [ROLE_WARN] = ATTR_UNDERLINE,
    [ROLE_BAD] = ATTR_BOLD,
    [ROLE_STALE] = ATTR_DIM,
    [ROLE_KEY] = ATTR_BOLD,
    [ROLE_STATUS] = ATTR_REVERSE,
    [ROLE_STATUS_ALERT] = ATTR_REVERSE | ATTR_BOLD,
    [ROLE_BORDER_FOCUS] = ATTR_BOLD,
    [ROLE_INPUT] = ATTR_UNDERLINE,
    [ROLE_ERROR] = ATTR_BOLD,
};

static bool no_colour(void)
{
    const char *value = getenv("NO_COLOR");

    return value && *value;
}

void theme_default(struct theme *t)
{
    *t = (struct theme){.name = "dark"};
    memcpy(t->styles, dark, sizeof t->styles);
    for (int i = 0; no_colour() && i < ROLE_COUNT; i++)
        t->styles[i] = (struct style){.attrs = mono_attrs[i]};
}

void theme_without_colours(struct theme *out, const struct theme *t)
{
    if (out != t)
        *out = *t;
    for (int i = 0; i < ROLE_COUNT; i++)
        out->styles[i] = (struct style){.attrs = (uint16_t)(t->styles[i].attrs | mono_attrs[i])};
}

static bool parse_number(const char *word, int base, unsigned long max, unsigned long *value)
{
    char *end;

    if (!*word || !strchr("0123456789abcdefABCDEF", *word))
        return false;
    *value = strtoul(word, &end, base);
    return !*end && *value <= max;
}

static bool parse_colour(const char *word, colour *out)
{
    static const char *const names[] = {"black", "red",     "green", "yellow",
                                        "blue",  "magenta", "cyan",  "white"};
    unsigned long value;

    if (strcmp(word, "default") == 0) {
        *out = COLOUR_DEFAULT;
        return true;
    }
    if (*word == '#') {
        if (strlen(word) != 7 || !parse_number(word + 1, 16, 0xffffff, &value))
            return false;
        *out = COLOUR_RGB(value >> 16, value >> 8, value);
        return true;
    }
    if (parse_number(word, 10, 255, &value)) {
        *out = COLOUR_INDEX(value);
        return true;
    }
    bool bright = strncmp(word, "bright-", 7) == 0;
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(word + (bright ? 7 : 0), names[i]) == 0) {
            *out = COLOUR_INDEX(i + (bright ? 8 : 0));
            return true;
        }
    }
    return false;
}

static bool parse_attr(const char *word, uint16_t *attrs)
{
    static const struct {
        const char *name;
        uint16_t attr;
    } names[] = {
        {"bold", ATTR_BOLD},
        {"dim", ATTR_DIM},
        {"italic", ATTR_ITALIC},
        {"underline", ATTR_UNDERLINE},
        {"blink", ATTR_BLINK},
        {"reverse", ATTR_REVERSE},
        {"none", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(word, names[i].name) == 0) {
            *attrs |= names[i].attr;
            return true;
        }
    }
    return false;
}

/* fg [bg] [attribute …] */
static int parse_style(const char *value, struct style *out, struct err *e)
{
    cleanup_free char *copy = xstrdup(value);
    struct style style = {0};
    char *save = NULL;
    int colours = 0;

    for (char *word = strtok_r(copy, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
        if (parse_attr(word, &style.attrs))
            continue;
        if (colours == 2 || !parse_colour(word, colours ? &style.bg : &style.fg))
            return err_set(e, ERR_ARG, "\"%s\" is no colour or attribute", word);
        colours++;
    }
    *out = style;
    return 0;
}

static int find_role(const char *name)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (strcmp(role_names[i], name) == 0)
            return i;
    return -1;
}

static int on_entry(void *user, const char *section, const char *name, const char *value,
                    struct err *e)
{
    struct theme *t = user;

    if (strcmp(section, "theme") == 0 && strcmp(name, "name") == 0) {
        snprintf(t->name, sizeof t->name, "%s", value);
        return 0;
    }
    if (strcmp(section, "roles") != 0)
        return err_set(e, ERR_ARG, "unknown entry \"%s\" in [%s]", name, section);
    int role = find_role(name);
    if (role < 0)
        return err_set(e, ERR_ARG, "unknown role \"%s\"", name);
    struct style style = {0};
    int status = parse_style(value, &style, e);
    if (status < 0)
        return status;
    if (no_colour())
        style = (struct style){.attrs = (uint16_t)(style.attrs | mono_attrs[role])};
    t->styles[role] = style;
    return 0;
}

int theme_load(struct theme *t, const char *path, struct err *e)
{
    return inifile_load(path, on_entry, t, e);
}

bool theme_shipped(struct theme *t, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
        if (strcmp(shipped[i].name, name) != 0)
            continue;
        FILE *file = fmemopen((void *)shipped[i].text, strlen(shipped[i].text), "r");
        if (!file)
            return false;
        theme_default(t);
        int status = inifile_read(file, name, on_entry, t, NULL);
        fclose(file);
        return status == 0;
    }
    return false;
}
