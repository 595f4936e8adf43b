/* SPDX-License-Identifier: MIT
 *
 * What the files about commands share. For client/ only.
 */
#ifndef CLIENT_COMMAND_INTERNAL_H
#define CLIENT_COMMAND_INTERNAL_H

#include "client/command.h"

/* A result with the texts it points to. */
struct command_text {
    struct command_result result;
    char *out, *err; /* owned */
    cJSON *kept;     /* what the rest points into; whoever sets it deletes it */
};

/* Everything else is borrowed from object. False: it has no id. */
bool command_read(struct command_text *text, const cJSON *object);
void command_text_finish(struct command_text *text);
/* The caller deletes it. */
cJSON *command_body(const struct command_options *o);

#endif
