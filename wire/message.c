/* SPDX-License-Identifier: MIT
 *
 * Messages as values: building and looking up. message_binary.c and message_json.c code them.
 */
#include "wire/message.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/message_kind.h"
#include "wire/names.h"

static const char *const kind_types[] = {
    [MESSAGE_SUBSCRIBE] = MSG_SUBSCRIBE,
    [MESSAGE_UNSUBSCRIBE] = MSG_UNSUBSCRIBE,
    [MESSAGE_ERROR] = MSG_ERROR,
    [MESSAGE_CONNECTED] = MSG_CONNECTED,
};

enum message_kind message_kind_of_type(struct slice type)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_types); i++) {
        if (kind_types[i] && slice_equal(type, kind_types[i]))
            return (enum message_kind)i;
    }
    return MESSAGE_DATA;
}

struct slice message_type_to_send(const struct message *m)
{
    const char *fixed = (size_t)m->kind < ARRAY_LEN(kind_types) ? kind_types[m->kind] : NULL;

    return m->type.len || !fixed ? m->type : SLICE(fixed);
}

bool slice_equal(struct slice a, const char *text)
{
    return a.len == strlen(text) && (!a.len || !memcmp(a.data, text, a.len));
}

char *slice_dup(struct slice a)
{
    char *text = xmalloc(a.len + 1);

    if (a.len)
        memcpy(text, a.data, a.len);
    text[a.len] = '\0';
    return text;
}

void message_init(struct message *m, const char *type, struct slice channel)
{
    /* Not the whole struct: the fields past n_fields are never read. */
    m->type = SLICE(type);
    m->kind = message_kind_of_type(m->type);
    m->channel = channel;
    m->n_fields = 0;
    m->owned = NULL;
}

static struct field *add_field(struct message *m, const char *key, enum field_type type)
{
    assert(m->n_fields < MESSAGE_FIELDS_MAX);
    struct field *f = &m->fields[m->n_fields++];

    *f = (struct field){.key = SLICE(key), .type = type};
    return f;
}

void message_add_string(struct message *m, const char *key, struct slice value)
{
    add_field(m, key, FIELD_STRING)->text = value;
}

void message_add_number(struct message *m, const char *key, double value)
{
    add_field(m, key, FIELD_NUMBER)->number = value;
}

void message_add_boolean(struct message *m, const char *key, bool value)
{
    add_field(m, key, FIELD_BOOLEAN)->boolean = value;
}

void message_finish(struct message *m)
{
    free(m->owned);
    m->owned = NULL;
    m->n_fields = 0;
    m->channel = m->type = (struct slice){0};
}

const struct field *message_field(const struct message *m, const char *key)
{
    for (size_t i = 0; i < m->n_fields; i++) {
        if (slice_equal(m->fields[i].key, key))
            return &m->fields[i];
    }
    return NULL;
}

struct slice message_string(const struct message *m, const char *key)
{
    const struct field *f = message_field(m, key);
    bool is_text = f && (f->type == FIELD_STRING || f->type == FIELD_BYTES);

    return is_text ? f->text : (struct slice){0};
}

double message_number(const struct message *m, const char *key, double fallback)
{
    const struct field *f = message_field(m, key);

    return f && f->type == FIELD_NUMBER ? f->number : fallback;
}

bool message_has_duplicate_keys(const struct message *m)
{
    for (size_t i = 1; i < m->n_fields; i++) {
        for (size_t j = 0; j < i; j++) {
            struct slice a = m->fields[i].key, b = m->fields[j].key;

            if (a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len)))
                return true;
        }
    }
    return false;
}
