/* SPDX-License-Identifier: MIT
 *
 * sandpit(1) against the tables that parse the command line: every command, option and verb is
 * there, and none that is not.
 */
#include <ctype.h>
#include <string.h>

#include "app/command.h"
#include "app/errand.h"
#include "base/alloc.h"
#include "tests/cm.h"
#include "tests/source.h"

/* From one heading to the next of its kind. The caller frees. */
static char *part(const char *manual, const char *begin, const char *end)
{
    const char *from = strstr(manual, begin);

    if (!from) {
        fail_msg("the page has no %s", begin);
        return NULL;
    }
    const char *to = strstr(from + strlen(begin), end);

    return to ? xstrndup(from, (size_t)(to - from)) : xstrdup(from);
}

static char *commands_part(const char *manual)
{
    return part(manual, "\n.Sh COMMANDS\n", "\n.Ss JSON\n");
}

/* Of one command: ".It Cm NAME" up to the next one. NULL: it has none. The caller frees. */
static char *item(const char *list, const char *name)
{
    cleanup_free char *head = xasprintf("\n.It Cm %s", name);
    size_t n = strlen(head);

    for (const char *p = strstr(list, head); p; p = strstr(p + 1, head))
        if (p[n] == '\n' || p[n] == ' ')
            return part(p, head, "\n.It Cm ");
    return NULL;
}

/* A word of macro lines: "-install" of ".Fl -install , -path ,". */
static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = strstr(text, word); p; p = strstr(p + 1, word))
        if ((isspace((unsigned char)p[-1]) || p[-1] == '.') && !isalnum((unsigned char)p[n]) &&
            p[n] != '-')
            return true;
    return false;
}

static bool has_option(const char *text, const struct arg_def *d)
{
    char macro[] = "Fl x";
    cleanup_free char *name = xasprintf("-%s", d->name);

    macro[3] = d->letter;
    return has_word(text, name) || (d->letter && has_word(text, macro));
}

static void manual__commands__have_all_that_help_says(void **state)
{
    cleanup_free char *manual = source_read("docs/sandpit.1");
    cleanup_free char *list = commands_part(manual);
    cleanup_free char *json = part(manual, "\n.Ss JSON\n", "\n.Sh ");

    for (const struct command *const *c = commands; *c; c++) {
        cleanup_free char *text = item(list, (*c)->name);

        if (!text)
            fail_msg("sandpit(1) does not have the command %s", (*c)->name);
        for (const struct arg_def *d = (*c)->args; d && d->name; d++) {
            bool is_json = !strcmp(d->name, "json");

            if (is_json ? !has_word(json, (*c)->name) : !has_option(text, d))
                fail_msg("sandpit(1): %s has no --%s", (*c)->name, d->name);
        }
        for (const struct verb *v = (*c)->verbs; v && v->name; v++)
            if (!has_word(text, v->name))
                fail_msg("sandpit(1): %s has no verb %s", (*c)->name, v->name);
    }
}

static void manual__options__are_those_of_every_command(void **state)
{
    cleanup_free char *manual = source_read("docs/sandpit.1");
    cleanup_free char *text = part(manual, "\n.Ss Options\n", "\n.Ss Names\n");
    size_t n = 0;

    for (const struct arg_def *d = options_defs; d->name; d++, n++) {
        cleanup_free char *name = xasprintf("Fl -%s", d->name);

        if (!has_word(text, name))
            fail_msg("sandpit(1) has no --%s", d->name);
    }
    for (const char *p = strstr(text, "\n.It Fl"); p; p = strstr(p + 1, "\n.It Fl"))
        n--;
    assert_int_equal(n, 0);
}

static bool is_long_option(const struct arg_def *defs, const char *name)
{
    for (const struct arg_def *d = defs; d && d->name; d++)
        if (!strcmp(d->name, name))
            return true;
    return false;
}

static bool is_known(const char *option)
{
    bool found = is_long_option(options_defs, option);

    for (const struct command *const *c = commands; *c && !found; c++)
        found = is_long_option((*c)->args, option);
    return found;
}

/* And the other way: what the page names exists. */
static void manual__names__exist(void **state)
{
    cleanup_free char *manual = source_read("docs/sandpit.1");
    cleanup_free char *list = commands_part(manual);
    size_t n = 0;

    for (const char *p = strstr(list, "\n.It Cm "); p; p = strstr(p + 1, "\n.It Cm ")) {
        const char *name = p + strlen("\n.It Cm ");
        cleanup_free char *copy = xstrndup(name, strcspn(name, " \n"));

        if (!command_find(copy))
            fail_msg("sandpit(1) has a command %s", copy);
        n++;
    }
    for (const struct command *const *c = commands; *c; c++)
        n--;
    assert_int_equal(n, 0);
    for (const char *p = strstr(manual, "Fl -"); p; p = strstr(p + 1, "Fl -")) {
        const char *name = p + strlen("Fl -");
        size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz-");
        cleanup_free char *copy = xstrndup(name, len);

        if (len && !is_known(copy))
            fail_msg("sandpit(1) has an option --%s", copy);
    }
}

/* sandpit-config(5): each setting it names is one. */
static void check_settings(const char *page, const char *heading, const char *section)
{
    cleanup_free char *text = part(page, heading, "\n.Ss ");
    size_t n = 0;

    for (const char *p = strstr(text, "\n.It Li "); p; p = strstr(p + 1, "\n.It Li ")) {
        const char *line = p + strlen("\n.It Li ");
        cleanup_free char *names = xstrndup(line, strcspn(line, "\n"));
        char *save = NULL;

        for (char *name = strtok_r(names, " ,", &save); name; name = strtok_r(NULL, " ,", &save)) {
            cleanup_free char *ini = xasprintf("%s\n%s = \n", section, name);
            struct config c;

            config_init(&c);
            config_read_text(&c, "page", ini, strlen(ini));
            for (size_t i = 0; i < c.n_problems; i++)
                if (strstr(c.problems[i], "unknown"))
                    fail_msg("sandpit-config(5): %s", c.problems[i]);
            config_finish(&c);
            n++;
        }
    }
    assert_true(n >= 6);
}

/* And the other way: what a refusal lists as known stands there. */
static void check_known(const char *page, const char *section)
{
    cleanup_free char *ini = xasprintf("%s\nno_such_thing = 1\n", section);
    struct config c;

    config_init(&c);
    config_read_text(&c, "page", ini, strlen(ini));
    assert_int_equal(c.n_problems, 1);
    cleanup_free char *known = xstrdup(strstr(c.problems[0], "known here:"));
    char *save = NULL;

    strtok_r(known, ":", &save);
    for (char *name = strtok_r(NULL, " ,", &save); name; name = strtok_r(NULL, " ,", &save))
        if (!has_word(page, name))
            fail_msg("sandpit-config(5) has no %s", name);
    config_finish(&c);
}

static void manual__settings__are_those_of_the_config(void **state)
{
    cleanup_free char *page = source_read("docs/sandpit-config.5");

    check_settings(page, "\n.Ss config.ini: [general]\n", "[general]");
    check_settings(page, "\n.Ss config.ini: [context NAME]\n", "[context x]");
    check_known(page, "[general]");
    check_known(page, "[context x]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual__commands__have_all_that_help_says),
        cmocka_unit_test(manual__options__are_those_of_every_command),
        cmocka_unit_test(manual__names__exist),
        cmocka_unit_test(manual__settings__are_those_of_the_config),
    };
    return cmocka_run_group_tests_name("manual", tests, NULL, NULL);
}
