/* SPDX-License-Identifier: MIT
 *
 * Any bytes as config.ini and as keys.ini. A first byte of 'k' makes it keys.ini.
 */
#include "app/config.h"
#include "fuzz/targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config c;

    config_init(&c);
    if (size && data[0] == 'k')
        config_read_keys_text(&c, "keys.ini", (const char *)data + 1, size - 1, NULL);
    else
        config_read_text(&c, "config.ini", (const char *)data, size);
    config_finish(&c);
    return 0;
}
