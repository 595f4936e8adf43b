/* SPDX-License-Identifier: MIT
 *
 * Recordings: the input is a file to be played, with seeks between; as a program's output it is
 * recorded and must play the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fuzz/targets.h"
#include "tests/vterm/cast.h"
#include "tests/vterm/same.h"

static void play_all(struct replay *r)
{
    while (!replay_advance(r, INT64_MAX, 4096))
        ;
}

/* The input as output of a program, cut in pieces of its own choosing. */
static void record_and_play(const uint8_t *data, size_t size)
{
    struct buf file = {0};
    struct recording *w = cast_record(&file, 8, 20);
    struct term *t = term_create(8, 20, &(struct term_config){.scrollback_lines = 100});
    char why[256];

    for (size_t i = 0; i < size;) {
        size_t n = 1 + data[i] % 16u < size - i ? 1 + data[i] % 16u : size - i;

        recording_output(w, (int64_t)i * 100000000, (const char *)data + i, n);
        term_feed(t, (const char *)data + i, n);
        i += n;
    }
    recording_destroy(w, (int64_t)size * 100000000);
    struct replay *r = cast_replay(&file, NULL);
    play_all(r);
    /* JSON is UTF-8: what is not comes back as U+FFFD, which an address of a link may hold. */
    if (utf8_valid((const char *)data, size) && !same_rows(t, replay_term(r), why, sizeof why)) {
        fprintf(stderr, "the recording differs: %s\n", why);
        abort();
    }
    replay_destroy(r);
    term_destroy(t);
    buf_finish(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf file = {0};
    struct err e;

    buf_append(&file, data, size);
    struct replay *r = cast_replay(&file, &e);
    if (r) {
        replay_advance(r, 1000, 100);
        play_all(r);
        for (size_t i = 0; i < size && i < 8; i++) {
            replay_seek(r, data[size - 1 - i] * 100);
            replay_advance(r, data[i] * 100, 1000);
            replay_next_ms(r);
        }
        replay_destroy(r);
    }
    buf_finish(&file);
    record_and_play(data, size);
    return 0;
}
