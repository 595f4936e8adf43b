/* SPDX-License-Identifier: MIT
 *
 * What a terminal sends, as events. Pure: bytes in, events out, no clock and no descriptor.
 *
 * Understood: UTF-8, C0, Alt as Esc prefix, CSI and SS3 keys of xterm, the Linux console, rxvt and
 * tmux with modifiers, CSI u (kitty) and modifyOtherKeys, SGR mouse, bracketed paste, focus
 * reports. Answers to queries (DA, DSR, CPR, OSC, DCS) become INPUT_REPLY. X10 mouse reports,
 * unknown and overlong sequences and invalid UTF-8 are dropped, and the next byte is read afresh.
 */
#ifndef TUI_INPUT_H
#define TUI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/key.h"

#define INPUT_PASTE_PIECE_BYTES (1 << 20)

enum input_kind { INPUT_KEY, INPUT_MOUSE, INPUT_PASTE, INPUT_FOCUS, INPUT_REPLY };

struct input_event {
    enum input_kind kind;
    struct key key;
    struct mouse mouse;
    /* INPUT_PASTE: a piece of at most INPUT_PASTE_PIECE_BYTES, any bytes but the closing sequence;
     * a long paste comes in several, none of which cuts a character. INPUT_REPLY: the first bytes
     * of the sequence after its introducer. Valid during the callback. */
    const char *text;
    size_t n;
    bool last;    /* INPUT_PASTE: its last piece (which may be empty) */
    bool focused; /* INPUT_FOCUS */
};

struct input;

/* on_event must not feed or destroy the input. */
struct input *input_create(void (*on_event)(void *user, const struct input_event *event),
                           void *user);
void input_destroy(struct input *in);
void input_feed(struct input *in, const char *bytes, size_t n);
/* What was fed may be a key by itself or the beginning of more: the milliseconds to wait for more
 * before input_flush, given the wait for a lone Esc; 0 when nothing is pending. */
int input_wait_ms(const struct input *in, int escape_ms);
/* Takes what is pending for all there is: Esc is a key, a cut sequence is dropped. Of an unfinished
 * paste it delivers what came; the paste goes on. */
void input_flush(struct input *in);

#endif
