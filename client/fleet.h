/* SPDX-License-Identifier: MIT
 *
 * Several gateways as one list of sandboxes.
 *
 * The first gateway's sandboxes are called as it calls them, those of every further one "ID@name",
 * so a sandbox keeps its id here while gateways come and go, and no id is another one's. Whatever
 * names a sandbox to anything of client/ uses the id of here; only what travels is translated.
 */
#ifndef CLIENT_FLEET_H
#define CLIENT_FLEET_H

#include "client/remote.h"

#define FLEET_MAX 16 /* gateways at once */

struct fleet;

struct fleet *fleet_create(void);
/* Destroys the gateways; before the client, after every call and remote was let go. NULL-safe. */
void fleet_destroy(struct fleet *f);

/* Adds a gateway under a name that it has here; config as for gateway_create, its label is set
 * here. NULL with e set when that name is taken or there are FLEET_MAX. The fleet owns it. */
struct gateway *fleet_add(struct fleet *f, struct client *c, const char *name,
                          const struct gateway_config *config, struct err *e);
/* Takes a further gateway out; whoever holds calls or remotes of it sees them end as with
 * gateway_destroy. False: there is none of that name, or it is the first. */
bool fleet_remove(struct fleet *f, const char *name);

size_t fleet_size(const struct fleet *f);
/* NULL past the end; 0 is the first one. */
struct gateway *fleet_gateway(const struct fleet *f, size_t i);
const char *fleet_name(const struct fleet *f, size_t i);
/* NULL when there is none of that name. */
struct gateway *fleet_named(const struct fleet *f, const char *name);
/* Whose sandbox that is; the first one's when no further one's. Never NULL once there is one. */
struct gateway *fleet_of(const struct fleet *f, const char *sandbox_id);
/* The name of that gateway. */
const char *fleet_name_of(const struct fleet *f, const char *sandbox_id);

/* Which one an address is of: its own, or that of a sandbox known there. 0 when of none. */
size_t fleet_of_url(const struct fleet *f, const char *url);

/* As gateway_revision, gateway_count…, over all of them, one gateway after the other. */
uint64_t fleet_revision(const struct fleet *f);
size_t fleet_count(const struct fleet *f);
const struct sandbox *fleet_at(const struct fleet *f, size_t i);
/* Those that are not gone. */
size_t fleet_n_known(const struct fleet *f);
/* As gateway_slots and gateway_slot; a sandbox's number here changes when gateways come and go, and
 * is struct sandbox.slot only while there is one gateway. */
size_t fleet_slots(const struct fleet *f);
const struct sandbox *fleet_slot(const struct fleet *f, size_t slot);
/* As gateway_changes, since a fleet_revision. Always false with several gateways. */
bool fleet_changes(const struct fleet *f, uint64_t since, void (*each)(void *to, size_t slot),
                   void *to);
const struct sandbox *fleet_find_id(const struct fleet *f, const char *id);
void fleet_forget_gone(struct fleet *f);
/* As remote_acquire. */
struct remote *fleet_remote(const struct fleet *f, const char *sandbox_id);

/* How ids end for that name, without the "@"; owned. */
char *fleet_label(const char *name);

#endif
