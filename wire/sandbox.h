/* SPDX-License-Identifier: MIT
 *
 * A sandbox as the gateway describes it: the view of protocol.md section 1 with the fields of the
 * `list` extension, as JSON object and as flat message data.
 *
 * JSON: {sandboxId, url, token?, provider, namespace, name, status, reason?, createdAt(ISO),
 * expiresAt(ISO or null), terminals(number), viewers(number), metadata?{…}}. In a message the same
 * names are flat fields; metadata travels as a JSON text; expiresAt is "" for none. The list and
 * its messages carry no token: a token is given by create, get, find and find-or-create only.
 */
#ifndef WIRE_SANDBOX_H
#define WIRE_SANDBOX_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/message.h"

struct sandbox_info {
    char *id;     /* owned, as are all strings here; never NULL but where said */
    char *ns;     /* namespace */
    char *name;   /* "" when it was created without one */
    char *status; /* wire/names.h */
    char *reason; /* why it is lost or started again; "" otherwise */
    char *provider;
    char *url;
    char *token;        /* "" when not given */
    char *metadata;     /* JSON text of an object, "" for none */
    char *details;      /* JSON text of what else a gateway's JSON said (limits, network, createdBy,
                         * parent, templateId, directory…); "" for none, and in messages */
    int64_t created_ms; /* wall clock; 0 unknown */
    int64_t expires_ms; /* 0: never, or not said */
    int n_terminals;    /* -1: not said */
    int n_viewers;      /* -1: not said */
};

void sandbox_info_finish(struct sandbox_info *s);
void sandbox_info_copy(struct sandbox_info *to, const struct sandbox_info *from);
/* Strict about what it needs (sandboxId), lenient about the rest: no namespace is "default", no
 * status is "running". Bounds every string (64 KiB). On failure s is finished. */
int sandbox_info_from_json(struct sandbox_info *s, const cJSON *object, struct err *e);
int sandbox_info_from_message(struct sandbox_info *s, const struct message *m, struct err *e);
cJSON *sandbox_info_to_json(const struct sandbox_info *s);
/* Adds the fields to m, which message_init began. Fields borrow from s; *times holds the two
 * formatted times and must live as long. */
struct sandbox_times {
    char created[32], expires[32];
};
void sandbox_info_to_message(const struct sandbox_info *s, struct message *m,
                             struct sandbox_times *times);

#endif
