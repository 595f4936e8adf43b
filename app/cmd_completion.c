/* SPDX-License-Identifier: MIT
 *
 * sandpit completion: the shells' scripts, which ask back what a word can be.
 */
#include <stdio.h>
#include <string.h>

#include "app/complete.h"
#include "app/say.h"
#include "completion_scripts.h"

static int run_completion(struct app *app, const void *arguments, int n_rest, char **rest)
{
    if (!strcmp(rest[0], "words")) {
        complete_words(app, n_rest - 1, rest + 1);
        return EXIT_OK;
    }
    if (n_rest > 1 || (strcmp(rest[0], "bash") != 0 && strcmp(rest[0], "zsh") != 0)) {
        say("completion: bash or zsh");
        return EXIT_USAGE;
    }
    fputs(!strcmp(rest[0], "bash") ? completion_bash : completion_zsh, stdout);
    return EXIT_OK;
}

const struct command cmd_completion = {
    .name = "completion",
    .usage = "bash|zsh",
    .summary = "Print what makes a shell complete sandpit's words",
    .details =
        "In ~/.bashrc: source <(sandpit completion bash). In ~/.zshrc, after compinit: source "
        "<(sandpit completion zsh).\nWhere sandpit is installed for the whole system this has "
        "been done. Commands, options and names are completed:\nsandboxes, servers, "
        "terminals, tokens, contexts. No gateway is started for it.",
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1 << 20,
    .offline = true,
    .run = run_completion,
};
