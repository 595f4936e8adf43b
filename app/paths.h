/* SPDX-License-Identifier: MIT
 *
 * Where things are kept (XDG base directories). Nothing is created here.
 */
#ifndef APP_PATHS_H
#define APP_PATHS_H

#include <stddef.h>

#include "base/err.h"

struct paths {
    /* All owned and absolute; runtime_dir is NULL when the session has none. */
    char *config_dir, *config_file, *keys_file, *themes_dir;
    char *state_dir;
    char *recordings_dir;
    char *runtime_dir;
    char *host_state_dir; /* of the embedded gateway */
    char *program;        /* this executable */
    char *sandpitd;       /* NULL when not found */
};

int paths_init(struct paths *p, struct err *e);
void paths_finish(struct paths *p);
/* "~/x" and paths relative to folder, made absolute. The caller frees. */
char *paths_expand(const char *folder, const char *path);
/* A whole file of at most cap bytes as a text without its last line break. NULL with e. The caller
 * frees. */
char *paths_read_file(const char *path, size_t cap, struct err *e);

#endif
