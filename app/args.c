/* SPDX-License-Identifier: MIT
 *
 * Turns option tables into getopt_long's arrays, runs it, and puts what it finds where the tables
 * say. getopt stops at each positional argument ("+"), so that `exec NAME -w DIR cmd -x` can leave
 * -x to cmd.
 */
#include "app/args.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define DEFS_MAX  48
#define FIRST_VAL 256 /* above any letter */

struct parser {
    struct option options[DEFS_MAX + 1];
    char letters[2 * DEFS_MAX + 3];
    const struct arg_def *defs[DEFS_MAX];
    void *bases[DEFS_MAX];
    size_t n;
};

static void parser_add(struct parser *p, const struct arg_table *table)
{
    size_t n_letters = strlen(p->letters);

    for (const struct arg_def *def = table->defs; def && def->name && p->n < DEFS_MAX; def++) {
        p->options[p->n] = (struct option){
            .name = def->name,
            .has_arg = def->kind == ARG_FLAG ? no_argument : required_argument,
            .val = FIRST_VAL + (int)p->n,
        };
        if (def->letter) {
            p->letters[n_letters++] = def->letter;
            if (def->kind != ARG_FLAG)
                p->letters[n_letters++] = ':';
        }
        p->defs[p->n] = def;
        p->bases[p->n++] = table->base;
    }
}

static int find_option(const struct parser *p, int c)
{
    if (c >= FIRST_VAL)
        return c - FIRST_VAL;
    for (size_t i = 0; i < p->n; i++)
        if (p->defs[i]->letter == c)
            return (int)i;
    return -1;
}

static void store(const struct arg_def *def, void *base, const char *value)
{
    void *field = (char *)base + def->offset;
    struct arg_list *list;

    switch (def->kind) {
    case ARG_FLAG:
        *(bool *)field = true;
        break;
    case ARG_TEXT:
        *(const char **)field = value;
        break;
    case ARG_LIST:
        list = field;
        list->items = xreallocarray(list->items, list->n + 1, sizeof *list->items);
        list->items[list->n++] = value;
        break;
    }
}

static int bad_option(const struct parser *p, int c, char **argv, int at, struct err *e)
{
    const char *text = optind > at && optind - 1 >= 1 ? argv[optind - 1] : argv[at];

    if (c == ':') {
        int i = find_option(p, optopt);

        return err_set(e, ERR_ARG, "option --%s wants a value",
                       i >= 0 ? p->defs[i]->name : text + strspn(text, "-"));
    }
    if (optopt > 0 && optopt < FIRST_VAL)
        return err_set(e, ERR_ARG, "unknown option -%c", optopt);
    if (optopt >= FIRST_VAL)
        return err_set(e, ERR_ARG, "option --%s takes no value", p->defs[optopt - FIRST_VAL]->name);
    return err_set(e, ERR_ARG, "unknown option %.200s", text);
}

int args_parse(int argc, char **argv, const struct arg_table tables[2], int leading, char ***rest,
               int *n_rest, struct err *e)
{
    struct parser p = {.letters = "+:"};
    cleanup_free char **found = xcalloc((size_t)argc + 1, sizeof *found);
    int n = 0;

    parser_add(&p, &tables[0]);
    parser_add(&p, &tables[1]);
    optind = 0; /* glibc: start afresh */
    opterr = 0;
    for (int at = 1;;) {
        int c = getopt_long(argc, argv, p.letters, p.options, NULL);

        if (c == -1) {
            bool terminated = optind == at + 1 && at < argc && strcmp(argv[at], "--") == 0;

            if (terminated || optind >= argc || n >= leading)
                break;
            found[n++] = argv[optind++];
            at = optind;
            continue;
        }
        int i = c == '?' || c == ':' ? -1 : find_option(&p, c);
        if (i < 0)
            return bad_option(&p, c, argv, at, e);
        store(p.defs[i], p.bases[i], optarg);
        at = optind;
    }
    while (optind < argc)
        found[n++] = argv[optind++];
    *n_rest = n;
    *rest = steal_pointer(&found);
    return 0;
}

void args_finish(const struct arg_table *table)
{
    for (const struct arg_def *def = table->defs; def && def->name; def++)
        if (def->kind == ARG_LIST) {
            struct arg_list *list = (struct arg_list *)((char *)table->base + def->offset);

            free(list->items);
            *list = (struct arg_list){0};
        }
}

void args_help(const struct arg_def *defs, struct buf *out)
{
    for (const struct arg_def *def = defs; def && def->name; def++) {
        char left[64];

        snprintf(left, sizeof left, "%c%c%s--%s%s%s", def->letter ? '-' : ' ',
                 def->letter ? def->letter : ' ', def->letter ? ", " : "  ", def->name,
                 def->value ? " " : "", def->value ? def->value : "");
        buf_printf(out, "  %-28s %s\n", left, def->help);
    }
}
