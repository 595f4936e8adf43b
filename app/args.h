/* SPDX-License-Identifier: MIT
 *
 * Command line options as tables: one row an option, read by getopt_long, printed by --help.
 */
#ifndef APP_ARGS_H
#define APP_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum arg_kind {
    ARG_FLAG, /* bool */
    ARG_TEXT, /* const char *, borrowed from argv; the last one given wins */
    ARG_LIST, /* struct arg_list: every one given, in order */
};

struct arg_list {
    const char **items; /* owned array of borrowed texts */
    size_t n;
};

struct arg_def {
    const char *name;
    char letter; /* 0: none */
    enum arg_kind kind;
    size_t offset;     /* of its field in the table's struct */
    const char *value; /* the value's name in the help; NULL for flags */
    const char *help;  /* one line; NULL ends the table (with name NULL) */
};

struct arg_table {
    const struct arg_def *defs; /* ends with name NULL; NULL: no options */
    void *base;                 /* the struct that the offsets mean */
};

/* Reads argv[1..argc) by up to two tables. Options may stand between positional arguments until
 * `leading` of these were seen (0: options first; INT_MAX: anywhere) or until "--". Positional
 * arguments are moved to *rest (a malloc'ed array of borrowed texts, NULL-terminated) and *n_rest.
 * Returns 0 or -ERR_ARG. */
int args_parse(int argc, char **argv, const struct arg_table tables[2], int leading, char ***rest,
               int *n_rest, struct err *e);
/* Frees what ARG_LIST options hold. */
void args_finish(const struct arg_table *table);
/* One line an option, as --help prints them. */
void args_help(const struct arg_def *defs, struct buf *out);

#endif
