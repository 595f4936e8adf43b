/* SPDX-License-Identifier: MIT
 *
 * A binary frame: parsing is safe, and what parsed survives a round trip.
 */
#include <stdlib.h>

#include "fuzz/targets.h"
#include "wire/message.h"
#include "wire/sandbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct message m, again;
    struct buf binary = {0}, json = {0};
    struct sandbox_info info;
    struct err e;

    if (message_parse_binary(&m, data, size, &e))
        return 0;
    message_encode_binary(&m, &binary);
    if (message_parse_binary(&again, binary.data, binary.len, &e) || again.n_fields != m.n_fields ||
        again.kind != m.kind || again.channel.len != m.channel.len)
        abort();
    message_encode_json(&m, &json);
    if (!message_parse_json(&again, json.data, json.len, &e))
        message_finish(&again);
    if (!sandbox_info_from_message(&info, &m, &e))
        sandbox_info_finish(&info);
    message_finish(&m);
    buf_finish(&binary);
    buf_finish(&json);
    return 0;
}
