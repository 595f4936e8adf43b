/* SPDX-License-Identifier: MIT
 *
 * Binary frames: u8 kind, u16 length + channel, u16 length + type, u32 length + data; data: u16
 * count, then per field u16 length + key, u8 type, u32 length + value. Big endian.
 */
#include <string.h>

#include "wire/message.h"
#include "wire/message_kind.h"

static void put_u16(struct buf *out, size_t v)
{
    char bytes[2] = {(char)(v >> 8), (char)v};

    buf_append(out, bytes, sizeof bytes);
}

static void put_u32(struct buf *out, size_t v)
{
    char bytes[4] = {(char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};

    buf_append(out, bytes, sizeof bytes);
}

/* Names are bounded everywhere; cutting one that is not keeps the frame well-formed. */
static void put_name(struct buf *out, struct slice name)
{
    size_t n = name.len < MESSAGE_NAME_MAX ? name.len : MESSAGE_NAME_MAX;

    put_u16(out, n);
    buf_append(out, name.data, n);
}

static void put_number(struct buf *out, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    put_u32(out, 8);
    put_u32(out, (size_t)(bits >> 32));
    put_u32(out, (size_t)(bits & 0xffffffff));
}

static void put_field(struct buf *out, const struct field *f)
{
    put_name(out, f->key);
    buf_append_char(out, (char)f->type);
    switch (f->type) {
    case FIELD_NUMBER:
        put_number(out, f->number);
        break;
    case FIELD_BOOLEAN:
        put_u32(out, 1);
        buf_append_char(out, f->boolean ? 1 : 0);
        break;
    case FIELD_STRING:
    case FIELD_BYTES:
        put_u32(out, f->text.len);
        buf_append(out, f->text.data, f->text.len);
        break;
    }
}

void message_encode_binary(const struct message *m, struct buf *out)
{
    size_t n_text = 0;

    for (size_t i = 0; i < m->n_fields; i++)
        n_text += m->fields[i].text.len + 64;
    buf_reserve(out, n_text + 64);
    buf_append_char(out, (char)m->kind);
    put_name(out, m->channel);
    put_name(out, message_type_to_send(m));
    size_t length_at = out->len;

    put_u32(out, 0);
    put_u16(out, m->n_fields);
    for (size_t i = 0; i < m->n_fields; i++)
        put_field(out, &m->fields[i]);
    size_t n = out->len - length_at - 4;

    for (int i = 0; i < 4; i++)
        out->data[length_at + (size_t)i] = (char)(n >> (24 - 8 * i));
}

/* Reads from the front; once something is missing, broken stays set and everything reads as 0. */
struct reader {
    const uint8_t *at, *end;
    bool broken;
};

static const uint8_t *take(struct reader *r, size_t n)
{
    static const uint8_t none[8];

    if (r->broken || (size_t)(r->end - r->at) < n) {
        r->broken = true;
        return n <= sizeof none ? none : NULL;
    }
    const uint8_t *bytes = r->at;

    r->at += n;
    return bytes;
}

static size_t take_u16(struct reader *r)
{
    const uint8_t *b = take(r, 2);

    return (size_t)b[0] << 8 | b[1];
}

static size_t take_u32(struct reader *r)
{
    const uint8_t *b = take(r, 4);

    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

static struct slice take_slice(struct reader *r, size_t n)
{
    const uint8_t *bytes = take(r, n);

    if (r->broken)
        return (struct slice){0};
    return (struct slice){(const char *)bytes, n};
}

static double number_of(struct slice bytes)
{
    uint64_t bits = 0;
    double number;

    for (size_t i = 0; i < 8; i++)
        bits = bits << 8 | (uint8_t)bytes.data[i];
    memcpy(&number, &bits, sizeof number);
    return number;
}

static void take_field(struct reader *r, struct field *f)
{
    *f = (struct field){.key = take_slice(r, take_u16(r))};
    unsigned type = *take(r, 1);
    struct slice value = take_slice(r, take_u32(r));

    if (r->broken)
        return;
    f->type = (enum field_type)type;
    switch (type) {
    case FIELD_STRING:
    case FIELD_BYTES:
        f->text = value;
        break;
    case FIELD_NUMBER:
        r->broken = value.len != 8;
        f->number = r->broken ? 0 : number_of(value);
        break;
    case FIELD_BOOLEAN:
        r->broken = value.len != 1 || (uint8_t)value.data[0] > 1;
        f->boolean = !r->broken && value.data[0];
        break;
    default:
        r->broken = true;
    }
}

/* Some types carry payloads of other codings: what does not parse to its last byte is no fields,
 * not an error. */
static int parse_fields(struct message *m, struct slice data, struct err *e)
{
    struct reader r = {(const uint8_t *)data.data, (const uint8_t *)data.data + data.len, false};
    size_t n = data.len ? take_u16(&r) : 0;
    bool names_fit = true;

    for (size_t i = 0; i < n && !r.broken; i++) {
        struct field beyond = {0}, *f = i < MESSAGE_FIELDS_MAX ? &m->fields[i] : &beyond;

        take_field(&r, f);
        names_fit = names_fit && f->key.len <= MESSAGE_NAME_MAX;
    }
    if (r.broken || r.at != r.end)
        return 0;
    if (n > MESSAGE_FIELDS_MAX || !names_fit)
        return err_set(e, ERR_LIMIT, "message with %zu fields or a key too long", n);
    m->n_fields = n;
    return message_has_duplicate_keys(m) ? err_set(e, ERR_PROTOCOL, "message names a field twice")
                                         : 0;
}

int message_parse_binary(struct message *m, const void *bytes, size_t n, struct err *e)
{
    struct reader r = {bytes, n ? (const uint8_t *)bytes + n : bytes, false};

    message_init(m, "", (struct slice){0});
    if (n > MESSAGE_SIZE_MAX)
        return err_set(e, ERR_LIMIT, "message of %zu bytes", n);
    if (!n)
        return err_set(e, ERR_PROTOCOL, "binary message without a byte");
    unsigned kind = *take(&r, 1);

    m->channel = take_slice(&r, take_u16(&r));
    m->type = take_slice(&r, take_u16(&r));
    struct slice data = take_slice(&r, take_u32(&r));
    int result = 0;

    if (r.broken || r.at != r.end)
        result = err_set(e, ERR_PROTOCOL, "binary message of %zu bytes has wrong lengths", n);
    else if (kind < MESSAGE_SUBSCRIBE || kind > MESSAGE_CONNECTED)
        result = err_set(e, ERR_PROTOCOL, "binary message of unknown kind %u", kind);
    else if (m->channel.len > MESSAGE_NAME_MAX || m->type.len > MESSAGE_NAME_MAX)
        result = err_set(e, ERR_LIMIT, "binary message with a name too long");
    else
        result = parse_fields(m, data, e);
    if (result)
        message_finish(m);
    else
        m->kind = (enum message_kind)kind;
    return result;
}
