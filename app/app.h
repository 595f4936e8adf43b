/* SPDX-License-Identifier: MIT
 *
 * What every command gets: the options, files and context of this run.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "app/config.h"
#include "app/context.h"
#include "app/options.h"
#include "app/paths.h"

struct app {
    struct options options;
    struct paths paths;
    struct config config;
    struct context context;   /* zeroed while context_error is set */
    struct err context_error; /* code ERR_NONE: resolved */
    struct keymap *keymap;    /* owned: the views' actions, with keys.ini applied */
};

#endif
