/* SPDX-License-Identifier: MIT
 *
 * What the front peeks at: where is the Host, and whom does it mean?
 */
#include <stdlib.h>

#include "fuzz/targets.h"
#include "host/gateway/hostname.h"
#include "host/gateway/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice host;

    if (head_find_host((const char *)data, size, &host) > 0) {
        struct host found = host_parse(host, "localhost");

        if (found.id[0] && found.kind != HOST_SANDBOX)
            abort();
    }
    return 0;
}
