/* SPDX-License-Identifier: MIT
 *
 * The input parser. The first byte says how the rest is cut into feeds and where the timer strikes;
 * afterwards a plain key must still be that key: the parser never loses sync for good.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "base/text.h"
#include "fuzz/targets.h"
#include "tui/input.h"

struct seen {
    struct key last;
};

static void on_event(void *user, const struct input_event *event)
{
    struct seen *seen = user;

    if (event->kind == INPUT_KEY) {
        if (event->key.code == KEY_NONE)
            abort();
        seen->last = event->key;
    }
    if (event->kind == INPUT_PASTE && event->n > INPUT_PASTE_PIECE_BYTES)
        abort();
    if (event->kind == INPUT_MOUSE && (event->mouse.row < 0 || event->mouse.col < 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char end[] = "\x1b[201~\x18x";
    struct seen seen = {0};
    struct input *in = input_create(on_event, &seen);
    size_t step = size ? data[0] % 17 + 1u : 1;
    bool flush = size && data[0] & 0x80;

    for (size_t i = 1; i < size; i += step) {
        input_feed(in, (const char *)data + i, size - i < step ? size - i : step);
        if (flush && input_wait_ms(in, 25))
            input_flush(in);
    }
    input_flush(in);
    input_feed(in, end, sizeof end - 1);
    if (seen.last.code != 'x')
        abort();
    input_destroy(in);
    return 0;
}
