/* SPDX-License-Identifier: MIT
 *
 * URLs, percent escapes, queries and base64.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/targets.h"
#include "wire/base64.h"
#include "wire/url.h"

static void check_round_trips(const char *bytes, size_t n)
{
    struct buf coded = {0}, plain = {0};

    base64_encode(&coded, bytes, n);
    if (base64_decode(&plain, coded.data, coded.len, NULL) || plain.len != n ||
        (n && memcmp(plain.data, bytes, n)))
        abort();
    buf_clear(&coded);
    buf_clear(&plain);
    url_encode(&coded, (struct slice){bytes, n});
    bool has_nul = n && memchr(bytes, 0, n);

    if ((url_decode(&plain, (struct slice){coded.data, coded.len}, NULL) != 0) != has_nul)
        abort();
    if (!has_nul && (plain.len != n || (n && memcmp(plain.data, bytes, n))))
        abort();
    buf_finish(&coded);
    buf_finish(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice whole = {(const char *)data, size}, path, query;
    struct buf out = {0}, again = {0};
    struct url u;

    check_round_trips(whole.data, size);
    url_split_target(whole, &path, &query);
    url_query_get(query, "token", &out);
    url_decode(&out, path, NULL);
    buf_clear(&out);
    if (!base64_decode(&out, whole.data, size, NULL)) {
        base64_encode(&again, out.data, out.len);
        if (again.len != size || (size && memcmp(again.data, data, size)))
            abort();
    }
    char *text = slice_dup(whole);

    if (!url_parse(&u, text, NULL)) {
        url_host_is_localhost(u.host);
        url_finish(&u);
    }
    free(text);
    buf_finish(&out);
    buf_finish(&again);
    return 0;
}
