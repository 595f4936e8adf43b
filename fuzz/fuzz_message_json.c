/* SPDX-License-Identifier: MIT
 *
 * A JSON message: parsing is safe, and what parsed is the same after a trip through either coding.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/targets.h"
#include "wire/message.h"

static void check_same(const struct message *a, const struct message *b)
{
    if (a->n_fields != b->n_fields || a->channel.len != b->channel.len ||
        a->type.len != b->type.len || a->kind != b->kind)
        abort();
    for (size_t i = 0; i < a->n_fields; i++) {
        const struct field *f = &a->fields[i], *g = &b->fields[i];

        if (f->type != g->type || f->text.len != g->text.len ||
            (f->text.len && memcmp(f->text.data, g->text.data, f->text.len)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct message m, again;
    struct buf coded = {0};
    struct err e;

    if (message_parse_json(&m, (const char *)data, size, &e))
        return 0;
    message_encode_binary(&m, &coded);
    if (message_parse_binary(&again, coded.data, coded.len, &e))
        abort();
    check_same(&m, &again);
    buf_clear(&coded);
    message_encode_json(&m, &coded);
    bool has_infinity = false;

    for (size_t i = 0; i < m.n_fields; i++)
        has_infinity |=
            m.fields[i].type == FIELD_NUMBER && m.fields[i].number - m.fields[i].number != 0;
    if (!has_infinity) {
        if (message_parse_json(&again, coded.data, coded.len, &e))
            abort();
        check_same(&m, &again);
        message_finish(&again);
    }
    message_finish(&m);
    buf_finish(&coded);
    return 0;
}
