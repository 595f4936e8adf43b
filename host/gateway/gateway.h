/* SPDX-License-Identifier: MIT
 *
 * The gateway: who exists, and the one port that leads to each of them (design.md).
 */
#ifndef HOST_GATEWAY_GATEWAY_H
#define HOST_GATEWAY_GATEWAY_H

#include <stdbool.h>

#include "base/err.h"
#include "host/sandbox_limits.h"

struct gateway_config {
    const char *listen; /* ADDR:PORT, [ADDR6]:PORT; port 0 picks one */
    const char *pubsub;
    const char *domain;  /* sandboxes are <id>.<domain> */
    const char *state;   /* folder; made when missing */
    const char *api_key; /* NULL: from the state folder, made at the first start */
    bool ephemeral;      /* a clean stop destroys all sandboxes */
    /* Of new sandboxes that do not say otherwise. */
    struct limits limits;
    bool private_network;
};

/* `sandpitd gateway …`: argv[0] is the name for messages. Runs until SIGTERM or SIGINT; returns the
 * exit status. Prints the two addresses on stdout when ready, everything else on stderr. */
int gateway_main(int argc, char **argv);
/* `sandpitd key …` */
int key_main(int argc, char **argv);
/* $XDG_STATE_HOME/sandpitd, the caller's; NULL: HOME is not set. */
char *gateway_default_state(void);
/* The same without arguments and printing of errors. */
int gateway_run(const struct gateway_config *config, struct err *e);
/* `sandpitd template …`, on a state folder with or without a gateway. */
int template_main(int argc, char **argv);
/* The state folder when none is named, the caller's; NULL: HOME is not set. */
char *gateway_default_state(void);

#endif
