/* SPDX-License-Identifier: MIT
 *
 * Named API keys beside the main one: DIR/keys, a line each: NAME, SHA-256 of the key in hex, time
 * of creation. Only the hash of 256 random bits is kept. `sandpitd key` writes the file (whole,
 * under DIR/keys.lock, synced); a running gateway reads it again when it has changed.
 */
#ifndef HOST_GATEWAY_KEYS_H
#define HOST_GATEWAY_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define KEY_NAME_MAX   48
#define KEY_CHARS      50 /* of [a-z0-9]: 256 bits and more */
#define KEY_HASH_CHARS 64
#define KEYS_MAX       256
#define KEY_MAIN_NAME  "default" /* of SANDPIT_API_KEY, or DIR/api-key */

struct key {
    char name[KEY_NAME_MAX + 1];
    char hash[KEY_HASH_CHARS + 1];
    char created[32]; /* ISO */
};

struct keys;

/* The keys of a state folder, empty at first. */
struct keys *keys_create(const char *folder);
void keys_destroy(struct keys *k);
/* Reads the file again if it has changed; one that cannot be read holds no keys. */
void keys_refresh(struct keys *k);
/* The key with that value or hash, valid until the next refresh; NULL: there is none. */
const struct key *keys_find(const struct keys *k, const char *value);
const struct key *keys_find_hash(const struct keys *k, const char *hash);
const struct key *keys_at(const struct keys *k, size_t i);

/* ERR_ARG: no good name; ERR_CONFLICT: there is one; ERR_LIMIT. value becomes the new key. */
int keys_add(const char *folder, const char *name, char value[KEY_CHARS + 1], struct err *e);
int keys_remove(const char *folder, const char *name, struct err *e);

/* SHA-256 in hex. */
void key_hash(char hex[KEY_HASH_CHARS + 1], const char *value);

#endif
