/* SPDX-License-Identifier: MIT
 *
 * A key, a mouse event: what an input parser makes of bytes and a terminal program is sent.
 */
#ifndef BASE_KEY_H
#define BASE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MOD_SHIFT = 1,
    MOD_ALT = 2,
    MOD_CTRL = 4,
};

/* Code points stand for themselves; what has none is numbered above Unicode. */
enum {
    KEY_NONE = 0,
    KEY_TAB = 9,
    KEY_ENTER = 13,
    KEY_ESCAPE = 27,
    KEY_BACKSPACE = 127,
    KEY_SPECIAL = 0x200000, /* first of the keys without a code point */
    KEY_UP,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_INSERT,
    KEY_DELETE,
    KEY_F1 = KEY_SPECIAL + 0x20, /* KEY_F1 + n - 1 is Fn, n up to 24 */
    KEY_F24 = KEY_F1 + 23,
};

/* Ctrl-A is {'a', MOD_CTRL}; 'A' is {'A', 0}: Shift is a modifier only where it changes no
 * character (Shift-Tab, Shift-Up). */
struct key {
    uint32_t code;
    uint8_t mods;
};

enum mouse_kind { MOUSE_PRESS, MOUSE_RELEASE, MOUSE_MOVE, MOUSE_WHEEL };
enum mouse_button {
    MOUSE_NO_BUTTON,
    MOUSE_LEFT,
    MOUSE_MIDDLE,
    MOUSE_RIGHT,
    MOUSE_WHEEL_UP,
    MOUSE_WHEEL_DOWN,
    MOUSE_WHEEL_LEFT,
    MOUSE_WHEEL_RIGHT,
};

struct mouse {
    enum mouse_kind kind;
    enum mouse_button button; /* held during a MOVE, or MOUSE_NO_BUTTON */
    uint8_t mods;
    int row, col; /* from 0 */
};

/* Which way a wheel turns: 1 down, -1 up; 0: to the side, or it is none. */
static inline int mouse_wheel(struct mouse mouse)
{
    if (mouse.kind != MOUSE_WHEEL)
        return 0;
    return (mouse.button == MOUSE_WHEEL_DOWN) - (mouse.button == MOUSE_WHEEL_UP);
}

#define KEY_NAME_SIZE 24
/* "a", "A", "C-b", "M-x", "S-Tab", "Esc", "F5", "PgUp", "Space", "é". Returns out. */
char *key_name(char out[KEY_NAME_SIZE], struct key key);
/* Reads what key_name writes (names of keys without regard to case). False: not a key. */
bool key_parse(const char *name, struct key *key);
static inline bool key_equal(struct key a, struct key b)
{
    return a.code == b.code && a.mods == b.mods;
}

#endif
