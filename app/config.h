/* SPDX-License-Identifier: MIT
 *
 * config.ini and keys.ini. A line that means nothing is kept as a problem ("config.ini:3: …") and
 * the rest still counts, so a slip never keeps anybody out of the program.
 */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/key.h"
#include "vterm/predict.h"

struct keymap;

#define CONFIG_PROBLEMS_MAX 50
#define CONFIG_FILE_MAX     262144u

enum clipboard_mode { CLIPBOARD_AUTO, CLIPBOARD_OSC52, CLIPBOARD_OFF };

struct context_config {
    char *name; /* all owned; NULL: not said */
    char *url, *api_key_file, *provider, *ns, *theme;
    bool readonly;
};

struct config {
    char *theme, *context, *ns; /* owned; NULL: not said */
    struct key prefix;
    bool has_prefix;
    bool mouse, restore;
    enum clipboard_mode clipboard;
    enum predict_mode prediction;
    long scrollback_lines;           /* 0: the default */
    struct context_config *contexts; /* owned */
    size_t n_contexts;
    char **problems; /* owned: one line each */
    size_t n_problems;
};

void config_init(struct config *c);
void config_finish(struct config *c);
/* Reads a file over c; label is its name in problems. An absent file is no problem. */
void config_read(struct config *c, const char *path);
void config_read_text(struct config *c, const char *label, const char *text, size_t n);
/* keys.ini: "[context]" and "action = keys", bound in m; m NULL only checks the form. */
void config_read_keys(struct config *c, const char *path, struct keymap *m);
void config_read_keys_text(struct config *c, const char *label, const char *text, size_t n,
                           struct keymap *m);
/* The key that keeps the next one from a shell: what the file says, else C-b; inside tmux C-a. */
struct key config_prefix(const struct config *c);
const struct context_config *config_context(const struct config *c, const char *name);

#endif
