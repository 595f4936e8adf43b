/* SPDX-License-Identifier: MIT
 *
 * A .env file, its name/value to set before it: "value\0file". Whatever the file is, a change must
 * read back, leave every other assignment alone, and taking it out again too.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/targets.h"
#include "host/daemon/envfile.h"

static struct slice as_slice(const struct buf *b)
{
    return (struct slice){b->data ? b->data : "", b->len};
}

static void check_order(const struct envfile *f)
{
    size_t end = 0;

    for (size_t i = 0; i < f->n; i++) {
        const struct envfile_item *item = &f->items[i];

        if (item->line < end || item->value < item->line || item->value_end < item->value ||
            item->line_end < item->value_end || item->line_end > f->text.len ||
            !envfile_name_valid(item->name))
            abort();
        end = item->line_end;
    }
}

static void check_value(struct slice text, struct slice name, struct slice value)
{
    struct envfile f;
    struct buf found = {0};
    const struct envfile_item *item;

    envfile_parse(&f, text);
    check_order(&f);
    item = envfile_find(&f, name);
    if (item)
        envfile_value(&f, item, &found);
    if (!item || found.len != value.len || (value.len && memcmp(found.data, value.data, value.len)))
        abort();
    buf_finish(&found);
    envfile_finish(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data, *nul = size ? memchr(bytes, 0, size) : NULL;
    struct slice value = {nul ? bytes : "v", nul ? (size_t)(nul - bytes) : 1};
    struct slice text = {nul ? nul + 1 : bytes, nul ? size - value.len - 1 : size};
    struct slice name = SLICE("KEY");
    struct buf changed = {0}, back = {0};
    struct envfile f;

    envfile_parse(&f, text.data ? text : SLICE(""));
    check_order(&f);
    bool had = envfile_find(&f, name);

    if (envfile_set(f.text, name, value, &changed)) {
        check_value(as_slice(&changed), name, value);
        int n = envfile_remove(as_slice(&changed), name, &back);

        if (!n)
            abort();
        /* A line that was added is gone again, but for the newline before it. */
        if (n > 0 && !had &&
            (back.len < text.len || back.len > text.len + 2 ||
             (text.len && memcmp(back.data, text.data, text.len))))
            abort();
    }
    envfile_finish(&f);
    buf_finish(&changed);
    buf_finish(&back);
    return 0;
}
