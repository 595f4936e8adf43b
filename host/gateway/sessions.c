/* SPDX-License-Identifier: MIT
 *
 * Whose is a token? Access tokens the gateway has made itself; of session tokens the daemons tell
 * it the hashes, because events and their subscribers take those, too, and must notice their end.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/internal.h"
#include "host/gateway/keys.h"

struct session {
    char hash[SESSION_HASH_CHARS + 1];
    bool observes;
    int64_t expires_ms;
    UT_hash_handle hh;
};

static const char *hash_of(const cJSON *packet)
{
    const char *hash = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(packet, "hash"));

    return hash && strlen(hash) == SESSION_HASH_CHARS ? hash : NULL;
}

void sessions_take(struct sandbox *s, const cJSON *packet)
{
    const char *hash = hash_of(packet);
    const cJSON *expires = cJSON_GetObjectItemCaseSensitive(packet, "expires");
    struct session *session;

    if (!hash || !cJSON_IsNumber(expires) ||
        !(expires->valuedouble >= 0 && expires->valuedouble < 1e16))
        return;
    HASH_FIND_STR(s->sessions, hash, session);
    if (!session) {
        if (HASH_COUNT(s->sessions) >= SESSIONS_MAX)
            return;
        session = xcalloc(1, sizeof *session);
        memcpy(session->hash, hash, sizeof session->hash);
        HASH_ADD_STR(s->sessions, hash, session);
    }
    session->observes = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(packet, "observes"));
    session->expires_ms = (int64_t)expires->valuedouble;
}

void sessions_drop(struct sandbox *s, const cJSON *packet)
{
    const char *hash = hash_of(packet);
    struct session *session = NULL;

    if (hash)
        HASH_FIND_STR(s->sessions, hash, session);
    if (!session)
        return;
    pubsub_end(s->gateway, s->info.id, session->hash);
    HASH_DEL(s->sessions, session);
    free(session);
}

void sessions_free(struct sandbox *s)
{
    struct session *session, *next;

    HASH_ITER (hh, s->sessions, session, next) {
        HASH_DEL(s->sessions, session); // NOLINT(clang-analyzer-unix.Malloc)
        free(session);
    }
}

struct credential credential_find(struct gateway *g, const char *token, const char *id)
{
    struct credential found = {0};
    struct sandbox *s, *next;
    char hash[SESSION_HASH_CHARS + 1];

    key_hash(hash, token);
    HASH_ITER (hh, g->sandboxes, s, next) {
        struct session *session;

        if ((s->phase != PHASE_RUNNING && s->phase != PHASE_RESTARTING) ||
            (id && strcmp(id, s->info.id) != 0))
            continue;
        if (key_equal_slow(token, s->info.token)) {
            found.sandbox = s;
            return found;
        }
        HASH_FIND_STR(s->sessions, hash, session);
        if (!session || session->expires_ms <= clock_wall_ms())
            continue;
        found.sandbox = s;
        found.observes = session->observes;
        memcpy(found.session, hash, sizeof found.session);
        return found;
    }
    return found;
}
