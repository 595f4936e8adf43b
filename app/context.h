/* SPDX-License-Identifier: MIT
 *
 * Which gateway this run talks to, and with what: flag > environment > context > file > default.
 */
#ifndef APP_CONTEXT_H
#define APP_CONTEXT_H

#include <stdbool.h>

#include "app/config.h"
#include "app/options.h"
#include "app/paths.h"
#include "app/providers.h"

#define CONTEXT_EMBEDDED "embedded"

struct context {
    char *beside;        /* names of further ones to list, separated by commas; or NULL */
    char *name;          /* "embedded", "hosted", a configured name, or the URL's host */
    bool embedded;       /* url and api_key are known once the embedded gateway runs */
    char *url, *api_key; /* owned; NULL while embedded and not started */
    char *ns;            /* asked for, or NULL */
    char *theme;         /* or NULL */
    char *known_file;    /* for gateways without a list */
    char *provider_name; /* X-Provider */
    const char *origin;  /* where the choice came from, for people: "--gateway"… */
    bool readonly;
    struct provider_choice provider;
};

/* "a, b" names one context and others to list beside it. Whoever sets o->own_key_only gets no key
 * of the environment: it was given for another address. */
int context_resolve(struct context *c, const struct options *o, const struct config *config,
                    const struct paths *paths, struct err *e);
void context_finish(struct context *c);

#endif
