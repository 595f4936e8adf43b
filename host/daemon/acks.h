/* SPDX-License-Identifier: MIT
 *
 * Which numbered input of which client a terminal has taken (extension `input-ack`, wire/names.h).
 * Remembers the 64 clients that typed last; one that was forgotten starts anew.
 */
#ifndef HOST_DAEMON_ACKS_H
#define HOST_DAEMON_ACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/message.h"

#define ACKS_CLIENTS_MAX 64
#define ACKS_NAME_MAX    64

struct acks {
    struct acks_client {
        char name[ACKS_NAME_MAX];
        uint8_t len; /* 0: free */
        uint64_t seq, used;
    } clients[ACKS_CLIENTS_MAX];
    uint64_t clock;
};

/* Can this be a client and a number: 1 to ACKS_NAME_MAX bytes, an integer from 1 to 2^53. */
bool acks_valid(struct slice client, double seq);
/* Whether the input is new and must be taken; then it counts as taken. */
bool acks_take(struct acks *a, struct slice client, double seq);

#endif
