/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "vterm/term.h"

static struct term *make(const char *modes)
{
    struct term_config config = {0};
    struct term *t = term_create(300, 300, &config);

    term_feed(t, modes, strlen(modes));
    return t;
}

static void check_key(const char *modes, struct key key, const char *expected)
{
    struct term *t = make(modes);
    struct buf out = {0};

    term_encode_key(t, key, &out);
    assert_string_equal(out.data ? out.data : "", expected);
    buf_finish(&out);
    term_destroy(t);
}

static void encode__key__sends_characters(void **state)
{
    check_key("", (struct key){'a', 0}, "a");
    check_key("", (struct key){0xe9, 0}, "\xc3\xa9");
    check_key("", (struct key){'a', MOD_ALT}, "\033a");
    check_key("", (struct key){'c', MOD_CTRL}, "\003");
    check_key("", (struct key){'c', MOD_CTRL | MOD_ALT}, "\033\003");
    check_key("", (struct key){'[', MOD_CTRL}, "\033");
    check_key("", (struct key){'/', MOD_CTRL}, "\037");
    check_key("", (struct key){'?', MOD_CTRL}, "\177");
    check_key("", (struct key){'1', MOD_CTRL}, "1");
    check_key("", (struct key){KEY_NONE, 0}, "");
}

static void encode__key__ctrl_space_is_nul(void **state)
{
    struct term *t = make("");
    struct buf out = {0};

    term_encode_key(t, (struct key){' ', MOD_CTRL}, &out);
    assert_int_equal(out.len, 1);
    assert_int_equal(out.data[0], 0);
    buf_finish(&out);
    term_destroy(t);
}

static void encode__key__sends_editing_keys(void **state)
{
    check_key("", (struct key){KEY_ENTER, 0}, "\r");
    check_key("\033[20h", (struct key){KEY_ENTER, 0}, "\r\n");
    check_key("", (struct key){KEY_TAB, 0}, "\t");
    check_key("", (struct key){KEY_TAB, MOD_SHIFT}, "\033[Z");
    check_key("", (struct key){KEY_ESCAPE, 0}, "\033");
    check_key("", (struct key){KEY_BACKSPACE, 0}, "\177");
    check_key("", (struct key){KEY_BACKSPACE, MOD_CTRL}, "\b");
    check_key("", (struct key){KEY_BACKSPACE, MOD_ALT}, "\033\177");
    check_key("", (struct key){KEY_DELETE, 0}, "\033[3~");
    check_key("", (struct key){KEY_PAGE_UP, MOD_CTRL}, "\033[5;5~");
}

static void encode__key__follows_the_cursor_key_mode(void **state)
{
    check_key("", (struct key){KEY_UP, 0}, "\033[A");
    check_key("\033[?1h", (struct key){KEY_UP, 0}, "\033OA");
    check_key("\033[?1h", (struct key){KEY_LEFT, MOD_SHIFT | MOD_CTRL}, "\033[1;6D");
    check_key("", (struct key){KEY_HOME, 0}, "\033[H");
    check_key("\033[?1h", (struct key){KEY_END, 0}, "\033OF");
}

static void encode__key__sends_function_keys(void **state)
{
    check_key("", (struct key){KEY_F1, 0}, "\033OP");
    check_key("", (struct key){KEY_F1 + 3, MOD_ALT}, "\033[1;3S");
    check_key("", (struct key){KEY_F1 + 4, 0}, "\033[15~");
    check_key("", (struct key){KEY_F1 + 11, MOD_SHIFT}, "\033[24;2~");
    check_key("", (struct key){KEY_F1 + 19, 0}, "\033[34~");
    check_key("", (struct key){KEY_F24, 0}, "");
}

static void check_mouse(const char *modes, struct mouse mouse, const char *expected)
{
    struct term *t = make(modes);
    struct buf out = {0};

    term_encode_mouse(t, mouse, &out);
    assert_string_equal(out.data ? out.data : "", expected);
    buf_finish(&out);
    term_destroy(t);
}

static const struct mouse press = {MOUSE_PRESS, MOUSE_LEFT, 0, 2, 4};
static const struct mouse release = {MOUSE_RELEASE, MOUSE_LEFT, 0, 2, 4};
static const struct mouse drag = {MOUSE_MOVE, MOUSE_LEFT, 0, 2, 4};
static const struct mouse move = {MOUSE_MOVE, MOUSE_NO_BUTTON, 0, 2, 4};
static const struct mouse wheel = {MOUSE_WHEEL, MOUSE_WHEEL_DOWN, MOD_CTRL, 2, 4};

static void encode__mouse__only_what_was_asked_for(void **state)
{
    check_mouse("", press, "");
    check_mouse("\033[?1000;1006h", drag, "");
    check_mouse("\033[?1002;1006h", drag, "\033[<32;5;3M");
    check_mouse("\033[?1002;1006h", move, "");
    check_mouse("\033[?1003;1006h", move, "\033[<35;5;3M");
    check_mouse("\033[?1003;1006h\033[?1003l", press, "");
}

static void encode__mouse__in_every_protocol(void **state)
{
    check_mouse("\033[?1000h", press, "\033[M %#");
    check_mouse("\033[?1000h", release, "\033[M#%#");
    check_mouse("\033[?1000h", wheel, "\033[Mq%#");
    check_mouse("\033[?1000;1006h", press, "\033[<0;5;3M");
    check_mouse("\033[?1000;1006h", release, "\033[<0;5;3m");
    check_mouse("\033[?1000;1006h", wheel, "\033[<81;5;3M");
}

static void encode__mouse__refused_protocols_change_nothing(void **state)
{
    check_mouse("\033[?1000;1015h", press, "\033[M %#");
    check_mouse("\033[?1000;1005h", press, "\033[M %#");
    check_mouse("\033[?1000;1006;1016h", press, "\033[<0;5;3M");
}

static void encode__key__of_the_kitty_protocol(void **state)
{
    static const char on[] = "\033[>1u";

    check_key(on, (struct key){'a', 0}, "a");
    check_key(on, (struct key){KEY_ESCAPE, 0}, "\033[27u");
    check_key(on, (struct key){'i', MOD_CTRL}, "\033[105;5u");
    check_key(on, (struct key){'A', MOD_ALT}, "\033[97;4u");
    check_key(on, (struct key){KEY_ENTER, 0}, "\r");
    check_key(on, (struct key){KEY_ENTER, MOD_SHIFT}, "\033[13;2u");
    check_key(on, (struct key){KEY_TAB, MOD_SHIFT}, "\033[9;2u");
    check_key(on, (struct key){KEY_BACKSPACE, 0}, "\177");
    check_key("\033[?1h\033[>1u", (struct key){KEY_UP, 0}, "\033[A");
    check_key(on, (struct key){KEY_F1, 0}, "\033[P");
    check_key(on, (struct key){KEY_F1 + 2, 0}, "\033[13~");
    check_key(on, (struct key){KEY_F1 + 2, MOD_CTRL}, "\033[13;5~");
    check_key(on, (struct key){KEY_DELETE, MOD_CTRL}, "\033[3;5~");
    check_key("\033[>1u\033[<u", (struct key){KEY_ESCAPE, 0}, "\033");
    check_key("\033[>1u\033[?1049h", (struct key){KEY_ESCAPE, 0}, "\033");
}

static void encode__mouse__stays_inside(void **state)
{
    check_mouse("\033[?1000;1006h", (struct mouse){MOUSE_PRESS, MOUSE_LEFT, 0, -5, 9999},
                "\033[<0;300;1M");
}

static void encode__focus__only_when_asked_for(void **state)
{
    struct term *t = make("");
    struct buf out = {0};

    term_encode_focus(t, true, &out);
    assert_int_equal(out.len, 0);
    term_feed(t, "\033[?1004h", 8);
    term_encode_focus(t, true, &out);
    term_encode_focus(t, false, &out);
    assert_string_equal(out.data, "\033[I\033[O");
    buf_finish(&out);
    term_destroy(t);
}

static void check_paste(const char *modes, const char *text, const char *expected)
{
    struct term *t = make(modes);
    struct buf out = {0};

    term_encode_paste(t, text, strlen(text), &out);
    assert_string_equal(out.data ? out.data : "", expected);
    buf_finish(&out);
    term_destroy(t);
}

static void encode__paste__is_bracketed_and_cannot_end_itself(void **state)
{
    check_paste("", "a\nb\r\nc", "a\rb\rc");
    check_paste("\033[?2004h", "ab", "\033[200~ab\033[201~");
    check_paste("\033[?2004h", "a\033[201~b", "\033[200~ab\033[201~");
    check_paste("\033[?2004h", "a\033[20\033[201~1~b", "\033[200~ab\033[201~");
    check_paste("\033[?2004h",
                "a\xc2\x9b"
                "201~b",
                "\033[200~ab\033[201~");
    check_paste("\033[?2004h", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encode__key__sends_characters),
        cmocka_unit_test(encode__key__ctrl_space_is_nul),
        cmocka_unit_test(encode__key__sends_editing_keys),
        cmocka_unit_test(encode__key__follows_the_cursor_key_mode),
        cmocka_unit_test(encode__key__sends_function_keys),
        cmocka_unit_test(encode__mouse__only_what_was_asked_for),
        cmocka_unit_test(encode__mouse__in_every_protocol),
        cmocka_unit_test(encode__mouse__refused_protocols_change_nothing),
        cmocka_unit_test(encode__key__of_the_kitty_protocol),
        cmocka_unit_test(encode__mouse__stays_inside),
        cmocka_unit_test(encode__focus__only_when_asked_for),
        cmocka_unit_test(encode__paste__is_bracketed_and_cannot_end_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
