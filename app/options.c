/* SPDX-License-Identifier: MIT
 *
 * The table of global options.
 */
#include "app/options.h"

#define OPTION(field) offsetof(struct options, field)

const struct arg_def options_defs[] = {
    {"gateway", 0, ARG_TEXT, OPTION(gateway), "URL", "talk to this gateway"},
    {"api-key-file", 0, ARG_TEXT, OPTION(api_key_file), "FILE", "read the API key from FILE"},
    {"context", 0, ARG_TEXT, OPTION(context), "CONTEXT",
     "use [context CONTEXT] of config.ini; A,B lists B beside A"},
    {"namespace", 'n', ARG_TEXT, OPTION(ns), "NS", "the namespace meant by plain names"},
    {"no-restore", 0, ARG_FLAG, OPTION(no_restore), NULL,
     "begin without the panes and tabs of last time"},
    {"readonly", 0, ARG_FLAG, OPTION(readonly), NULL, "change nothing"},
    {"view", 'c', ARG_TEXT, OPTION(view), "VIEW", "the view to begin with"},
    {"log", 0, ARG_TEXT, OPTION(log), "FILE", "append a log to FILE"},
    {"version", 'V', ARG_FLAG, OPTION(version), NULL, "print versions and exit"},
    {"help", 'h', ARG_FLAG, OPTION(help), NULL, "print this and exit"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};
