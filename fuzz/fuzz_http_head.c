/* SPDX-License-Identifier: MIT
 *
 * What the front peeks at: where is the Host, whom does it mean, is the head well-formed? A verdict
 * on a part of it stands when the rest has come.
 */
#include <stdlib.h>

#include "fuzz/targets.h"
#include "host/gateway/hostname.h"
#include "host/gateway/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct head_verdict verdict;
    struct slice host;
    int whole = head_check((const char *)data, size, &verdict);

    if (whole <= 0 && head_check((const char *)data, size / 2, &verdict) > 0)
        abort();
    if (head_find_host((const char *)data, size, &host) > 0) {
        struct host found = host_parse(host, "localhost");

        if (found.id[0] && found.kind != HOST_SANDBOX)
            abort();
    }
    return 0;
}
