/* SPDX-License-Identifier: MIT
 *
 * The same messages as JSON text: {"type":…,"channel":…,"data":{…}}.
 */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "wire/json.h"
#include "wire/message.h"
#include "wire/message_kind.h"

static size_t put_escaped(struct buf *out, const char *s, size_t n)
{
    unsigned char c = (unsigned char)s[0];
    uint32_t codepoint;
    char utf8[4];
    size_t used = 1;

    if (c == '"' || c == '\\') {
        buf_append_char(out, '\\');
        buf_append_char(out, (char)c);
    } else if (c < 0x20 || c == 0x7f) {
        buf_printf(out, "\\u%04x", c);
    } else {
        used = utf8_decode(s, n, &codepoint);
        buf_append(out, utf8, utf8_encode(codepoint, utf8));
    }
    return used;
}

static bool is_plain(unsigned char c)
{
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

static void put_string(struct buf *out, struct slice text)
{
    buf_append_char(out, '"');
    for (size_t i = 0; i < text.len;) {
        size_t plain = i;

        while (plain < text.len && is_plain((unsigned char)text.data[plain]))
            plain++;
        buf_append(out, text.data + i, plain - i);
        i = plain;
        if (i < text.len)
            i += put_escaped(out, text.data + i, text.len - i);
    }
    buf_append_char(out, '"');
}

static void put_value(struct buf *out, const struct field *f)
{
    if (f->type == FIELD_STRING || f->type == FIELD_BYTES)
        put_string(out, f->text);
    else if (f->type == FIELD_BOOLEAN)
        buf_append_str(out, f->boolean ? "true" : "false");
    else if (!isfinite(f->number))
        buf_append_str(out, "null");
    else if (f->number == trunc(f->number) && fabs(f->number) < 9007199254740992.0)
        buf_printf(out, "%.0f", f->number);
    else
        buf_printf(out, "%.17g", f->number);
}

void message_encode_json(const struct message *m, struct buf *out)
{
    buf_append_str(out, "{\"type\":");
    put_string(out, message_type_to_send(m));
    if (m->channel.len) {
        buf_append_str(out, ",\"channel\":");
        put_string(out, m->channel);
    }
    if (m->n_fields || m->kind == MESSAGE_DATA) {
        buf_append_str(out, ",\"data\":{");
        for (size_t i = 0; i < m->n_fields; i++) {
            if (i)
                buf_append_char(out, ',');
            put_string(out, m->fields[i].key);
            buf_append_char(out, ':');
            put_value(out, &m->fields[i]);
        }
        buf_append_char(out, '}');
    }
    buf_append_char(out, '}');
}

static cJSON *parse_text(const char *text, size_t n, struct err *e)
{
    if (n > MESSAGE_SIZE_MAX) {
        err_set(e, ERR_LIMIT, "message of %zu bytes", n);
        return NULL;
    }
    cJSON *root = json_parse(text, n, e);

    if (root && !cJSON_IsObject(root)) {
        cJSON_Delete(root);
        err_set(e, ERR_PROTOCOL, "message is not a JSON object");
        return NULL;
    }
    return root;
}

/* Moves a string of the tree to *arena, with its NULs back. */
static struct slice keep(char **arena, const char *text)
{
    size_t n = strlen(text);
    char *to = *arena;

    memcpy(to, text, n); /* NOLINT(bugprone-not-null-terminated-result): a slice */
    json_restore_nul(to, n);
    *arena += n;
    return (struct slice){to, n};
}

static int keep_field(struct message *m, char **arena, const cJSON *item, struct err *e)
{
    bool is_flat = cJSON_IsString(item) || cJSON_IsNumber(item) || cJSON_IsBool(item);

    if (!is_flat)
        return 0;
    if (m->n_fields == MESSAGE_FIELDS_MAX || strlen(item->string) > MESSAGE_NAME_MAX)
        return err_set(e, ERR_LIMIT, "message with too many fields or a key too long");
    struct field *f = &m->fields[m->n_fields++];

    *f = (struct field){.key = keep(arena, item->string), .type = FIELD_STRING};
    if (cJSON_IsString(item)) {
        f->text = keep(arena, item->valuestring);
    } else if (cJSON_IsNumber(item)) {
        f->type = FIELD_NUMBER;
        f->number = item->valuedouble;
    } else {
        f->type = FIELD_BOOLEAN;
        f->boolean = cJSON_IsTrue(item);
    }
    return 0;
}

static int keep_name(struct slice *name, char **arena, const cJSON *item, struct err *e)
{
    if (!item || cJSON_IsNull(item))
        return 0;
    if (!cJSON_IsString(item))
        return err_set(e, ERR_PROTOCOL, "message whose type or channel is not a string");
    if (strlen(item->valuestring) > MESSAGE_NAME_MAX)
        return err_set(e, ERR_LIMIT, "message with a name too long");
    *name = keep(arena, item->valuestring);
    return 0;
}

static int keep_tree(struct message *m, char *arena, const cJSON *root, struct err *e)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");
    const cJSON *item;
    int result = keep_name(&m->type, &arena, cJSON_GetObjectItemCaseSensitive(root, "type"), e);

    if (!result)
        result =
            keep_name(&m->channel, &arena, cJSON_GetObjectItemCaseSensitive(root, "channel"), e);
    if (!result && !m->type.len)
        result = err_set(e, ERR_PROTOCOL, "message without a type");
    if (!result && data && !cJSON_IsObject(data) && !cJSON_IsNull(data))
        result = err_set(e, ERR_PROTOCOL, "message whose data is not an object");
    if (result)
        return result;
    cJSON_ArrayForEach (item, data) {
        result = keep_field(m, &arena, item, e);
        if (result)
            return result;
    }
    if (message_has_duplicate_keys(m))
        return err_set(e, ERR_PROTOCOL, "message names a field twice");
    m->kind = message_kind_of_type(m->type);
    return 0;
}

int message_parse_json(struct message *m, const char *text, size_t n, struct err *e)
{
    message_init(m, "", (struct slice){0});
    cJSON *root = parse_text(text, n, e);

    if (!root)
        return e ? -(int)e->code : -ERR_PROTOCOL;
    /* Decoded strings are never longer than their text. */
    m->owned = xmalloc(n + 1);
    int result = keep_tree(m, m->owned, root, e);

    cJSON_Delete(root);
    if (result)
        message_finish(m);
    return result;
}
