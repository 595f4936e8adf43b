/* SPDX-License-Identifier: MIT
 *
 * The messages of the sandbox WebSocket (protocol.md, section 3), as values, and their two codings:
 * binary frames with key-value data, and JSON text with the same meaning.
 *
 * One struct serves both directions and both codings. Strings are slices: borrowed from the caller
 * when encoding; after message_parse_* borrowed from the input (binary) or owned by the message
 * (JSON), in both cases valid until message_finish or until the input goes away.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define MESSAGE_FIELDS_MAX 32
#define MESSAGE_NAME_MAX   1024       /* channel, type and key names */
#define MESSAGE_SIZE_MAX   (8u << 20) /* one whole message */

struct slice {
    const char *data;
    size_t len;
};
#define SLICE(text) ((struct slice){(text), strlen(text)})
bool slice_equal(struct slice a, const char *text);
/* A NUL-terminated copy, the caller's to free. */
char *slice_dup(struct slice a);

enum message_kind {
    MESSAGE_SUBSCRIBE = 1,
    MESSAGE_UNSUBSCRIBE = 2,
    MESSAGE_DATA = 3,
    MESSAGE_ERROR = 4,
    MESSAGE_CONNECTED = 5,
};

enum field_type { FIELD_STRING = 1, FIELD_NUMBER = 2, FIELD_BOOLEAN = 3, FIELD_BYTES = 4 };

struct field {
    struct slice key;
    enum field_type type;
    struct slice text; /* FIELD_STRING, FIELD_BYTES */
    double number;     /* FIELD_NUMBER */
    bool boolean;      /* FIELD_BOOLEAN */
};

struct message {
    enum message_kind kind;
    struct slice channel; /* empty: none */
    struct slice type;
    size_t n_fields;
    struct field fields[MESSAGE_FIELDS_MAX];
    void *owned; /* what message_finish frees */
};

/* Building. The kind follows from the type: SUBSCRIBE for "subscribe" and so on, else DATA. Adding
 * past MESSAGE_FIELDS_MAX is our own mistake and asserts. */
void message_init(struct message *m, const char *type, struct slice channel);
void message_add_string(struct message *m, const char *key, struct slice value);
void message_add_number(struct message *m, const char *key, double value);
void message_add_boolean(struct message *m, const char *key, bool value);
void message_finish(struct message *m);

/* Reading. Field lookups are by name; wrong type or absent: the fallback (or an empty slice). */
const struct field *message_field(const struct message *m, const char *key);
struct slice message_string(const struct message *m, const char *key);
double message_number(const struct message *m, const char *key, double fallback);

/* Appends one binary frame / one JSON text. Subscribe and unsubscribe are encoded with their kind
 * (binary) or type (JSON). Strings that are not UTF-8 get U+FFFD in JSON. */
void message_encode_binary(const struct message *m, struct buf *out);
void message_encode_json(const struct message *m, struct buf *out);

/* Whole messages only. Any input is safe: truncated, oversized, unknown kinds, trailing bytes,
 * duplicate keys and deep JSON give ERR_PROTOCOL or ERR_LIMIT, never a read out of bounds. Binary
 * data that is not key-value coded gives n_fields 0; JSON fields that are null, arrays or objects
 * are left out, for other hosts may add them. On failure m is finished. */
int message_parse_binary(struct message *m, const void *bytes, size_t n, struct err *e);
int message_parse_json(struct message *m, const char *text, size_t n, struct err *e);

#endif
