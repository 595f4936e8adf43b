/* SPDX-License-Identifier: MIT
 *
 * `sandpitd doctor`: what isolation this machine can give, what is missing and how to fix it.
 */
#ifndef HOST_DOCTOR_H
#define HOST_DOCTOR_H

#include <stdbool.h>

#include "base/buf.h"

/* Exit status 0 when sandboxes can run here, 1 when not, 2 for arguments that make no sense. */
int doctor_main(int argc, char **argv);

enum finding_level {
    FINDING_OK,
    FINDING_NOTE,    /* sandboxes run; something is weaker, or worth knowing */
    FINDING_MISSING, /* no sandbox can run */
};

struct finding {
    enum finding_level level;
    struct buf text;
    struct buf fix; /* empty: nothing to do */
};

/* --- doctor_network.c --- */

void doctor_private_network(struct finding *f);
/* Names a few of the services that the shared network shows to sandboxes. */
void doctor_shared_network(struct finding *f);
void doctor_host_names(struct finding *f);
void doctor_gateway_port(struct finding *f);
void doctor_pubsub_port(struct finding *f);

/* Adds the name of a listening abstract socket, as a line of /proc/net/unix has it; false: it is
 * none. */
bool doctor_abstract_name(const char *line, char name[64]);

#endif
