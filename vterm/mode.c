/* SPDX-License-Identifier: MIT
 *
 * Modes: set, reset, report (DECRQM), and the alternate screen.
 */
#include "vterm/internal.h"

#include "base/clock.h"

void modes_reset(struct modes *modes)
{
    *modes = (struct modes){
        .autowrap = true,
        .alternate_scroll = true,
        .cursor_visible = true,
        .cursor_blink = true,
    };
}

/* The alternate screen lives only while it shows: empty and with nothing saved each time. */
void mode_show_alternate(struct term *t, bool alternate)
{
    if (alternate == (t->screen == &t->alternate))
        return;
    t->wrap_pending = false;
    grid_settle_scroll(t);
    if (alternate) {
        screen_create(&t->alternate, t->rows, t->cols);
        t->alternate.saved = SAVED_NOTHING;
        t->alternate.kitty = (struct kitty){0};
        t->screen = &t->alternate;
    } else {
        t->screen = &t->main;
        screen_finish(&t->alternate, t->rows);
    }
    grid_touch_all(t);
}

/* Modes that are a flag of struct modes and nothing else. */
static const struct {
    int number;
    bool private;
    size_t offset;
} flags[] = {
#define FLAG(number, private, name)                                                                \
    {                                                                                              \
        number, private, offsetof(struct modes, name)                                              \
    }
    FLAG(4, false, insert),
    FLAG(20, false, newline),
    FLAG(1, true, application_cursor),
    FLAG(5, true, reverse_video),
    FLAG(6, true, origin),
    FLAG(7, true, autowrap),
    FLAG(12, true, cursor_blink),
    FLAG(25, true, cursor_visible),
    FLAG(40, true, columns),
    FLAG(66, true, application_keypad),
    FLAG(69, true, margins),
    FLAG(1004, true, focus_reports),
    FLAG(1007, true, alternate_scroll),
    FLAG(2004, true, bracketed_paste),
    FLAG(2026, true, synchronised),
#undef FLAG
};

static const struct {
    int number;
    enum term_mouse mouse;
} mice[] = {
    {1000, TERM_MOUSE_CLICK},
    {1002, TERM_MOUSE_DRAG},
    {1003, TERM_MOUSE_MOVE},
};

static const struct {
    int number;
    enum mouse_encoding encoding;
} encodings[] = {
    {1006, REPORT_SGR},
};

/* Known, but never to be had otherwise than so: 3 is always set, 4 never. Mouse reports in UTF-8
 * (1005), urxvt's (1015) and pixels (1016) are worse than 1006 or cannot be had. */
static const struct {
    int number;
    bool private;
    int state;
} fixed[] = {
    {2, false, 4}, {12, false, 3},  {2, true, 3},    {3, true, 4},    {4, true, 4},    {8, true, 3},
    {9, true, 4},  {1001, true, 4}, {1005, true, 4}, {1015, true, 4}, {1016, true, 4},
};

static bool *find_flag(struct modes *modes, int number, bool private)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (flags[i].number == number && flags[i].private == private)
            return (bool *)((char *)modes + flags[i].offset);
    return NULL;
}

static bool change_mouse(struct term *t, int number, bool on)
{
    for (size_t i = 0; i < ARRAY_LEN(mice); i++)
        if (mice[i].number == number) {
            t->modes.mouse = on ? mice[i].mouse : TERM_MOUSE_NONE;
            return true;
        }
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
        if (encodings[i].number == number) {
            t->modes.mouse_encoding = on ? encodings[i].encoding : REPORT_X10;
            return true;
        }
    return false;
}

static void change_screen(struct term *t, int number, bool on)
{
    switch (number) {
    case 47:
    case 1047:
        mode_show_alternate(t, on);
        break;
    case 1048:
        if (on)
            control_save_cursor(t);
        else
            control_restore_cursor(t);
        break;
    case 1049:
        if (on && t->screen == &t->main)
            control_save_cursor(t);
        mode_show_alternate(t, on);
        if (on) {
            grid_erase_rows(t, 0, t->rows);
            t->wrap_pending = false;
        } else {
            control_restore_cursor(t);
        }
        break;
    default:
        break;
    }
}

/* DECCOLM: the size is the window's, so what is left of it is the rest of its work. */
static void change_columns(struct term *t)
{
    if (!t->modes.columns)
        return;
    control_reset_margins(t);
    grid_erase_rows(t, 0, t->rows);
    cursor_move(t, 0, 0);
}

static void change_synchronised(struct term *t, bool was, bool on)
{
    int64_t now = on ? clock_mono_ms() : 0;

    if (was && !on)
        t->revision = t->tick; /* a frame is whole: to be drawn */
    /* Frames that follow one another at once share one allowance: drawing never starves. */
    if (!on || was || now - t->sync_since_ms < SYNC_MAX_MS)
        return;
    t->sync_since_ms = now;
    t->sync_bytes = 0;
}

static void change_margins(struct term *t, bool was, bool on)
{
    if (was == on)
        return;
    t->left = 0;
    t->right = t->cols;
    t->wrap_pending = false;
}

/* What more a change of a private mode does. */
static void change_effects(struct term *t, int number, bool was, bool on)
{
    switch (number) {
    case 3:
        change_columns(t);
        break;
    case 5:
        grid_touch_all(t);
        break;
    case 6:
        cursor_move(t, on ? t->top : 0, on ? t->left : 0);
        break;
    case 69:
        change_margins(t, was, on);
        break;
    case 2026:
        change_synchronised(t, was, on);
        break;
    default:
        break;
    }
}

static void change_one(struct term *t, int number, bool private, bool on)
{
    bool *flag = find_flag(&t->modes, number, private), was = flag && *flag;

    if (flag)
        *flag = on;
    if (!private)
        return;
    if (!flag && !change_mouse(t, number, on))
        change_screen(t, number, on);
    change_effects(t, number, was, on);
}

void mode_change(struct term *t, const struct csi *csi, bool on)
{
    for (int i = 0; i < csi->n; i++)
        if (csi->params[i] >= 0)
            change_one(t, csi->params[i], csi->prefix == '?', on);
}

/* 1: set, 2: reset, 0: not known. */
static int mode_state(struct term *t, int number, bool private)
{
    const bool *flag = find_flag(&t->modes, number, private);

    if (number == 2026 && private)
        return term_synchronised_until(t) > clock_mono_ms() ? 1 : 2;
    if (flag)
        return *flag ? 1 : 2;
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (fixed[i].number == number && fixed[i].private == private)
            return fixed[i].state;
    if (!private)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(mice); i++)
        if (mice[i].number == number)
            return t->modes.mouse == mice[i].mouse ? 1 : 2;
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
        if (encodings[i].number == number)
            return t->modes.mouse_encoding == encodings[i].encoding ? 1 : 2;
    if (number == 47 || number == 1047 || number == 1049)
        return t->screen == &t->alternate ? 1 : 2;
    return 0;
}

void mode_report(struct term *t, const struct csi *csi)
{
    int number = csi_param(csi, 0, 0);

    term_reply(t, "\033[%s%d;%d$y", csi->prefix ? "?" : "", number,
               mode_state(t, number, csi->prefix == '?'));
}
