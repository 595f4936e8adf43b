/* SPDX-License-Identifier: MIT
 *
 * What the two codings of messages share; for wire/message_*.c only.
 */
#ifndef WIRE_MESSAGE_KIND_H
#define WIRE_MESSAGE_KIND_H

#include "wire/message.h"

/* The kind that goes with a type's name: MESSAGE_DATA for all but the protocol's own. */
enum message_kind message_kind_of_type(struct slice type);
/* The type to write: the message's, or its kind's name when it has none. */
struct slice message_type_to_send(const struct message *m);
bool message_has_duplicate_keys(const struct message *m);

#endif
