/* SPDX-License-Identifier: MIT
 *
 * Env files of a sandbox (protocol.md section 2, Env files). Values are secrets: they are never
 * logged and not kept by the client.
 */
#ifndef CLIENT_ENV_H
#define CLIENT_ENV_H

#include "client/remote.h"

struct env_variable {
    const char *name, *value; /* borrowed */
};
typedef void (*env_cb)(void *user, const struct env_variable *all, size_t n, const struct err *e);
typedef void (*env_exists_cb)(void *user, bool exists, const struct err *e);

/* In the file's order. ERR_NOT_FOUND when there is no such file. */
struct request *env_get(struct remote *r, const char *file, env_cb cb, void *user);
/* Makes the file if need be; everything else in it stays byte for byte. */
struct request *env_set(struct remote *r, const char *file, const struct env_variable *all,
                        size_t n, gateway_done_cb cb, void *user);
/* The callback's array has the names that were there (value ""). */
struct request *env_remove(struct remote *r, const char *file, const char *const *names, size_t n,
                           env_cb cb, void *user);
struct request *env_exists(struct remote *r, const char *file, env_exists_cb cb, void *user);

/* --- comparing --- */

enum env_change { ENV_SAME, ENV_ADDED, ENV_REMOVED, ENV_CHANGED };
struct env_difference {
    enum env_change change;
    const char *name, *before, *after; /* borrowed from the sets; NULL where there is none */
};
/* What becomes of `before` to make it `after`, by name; the caller frees the array. The last of
 * several of one name counts. */
struct env_difference *env_diff(const struct env_variable *before, size_t n_before,
                                const struct env_variable *after, size_t n_after, size_t *n);

#endif
