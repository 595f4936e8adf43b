/* SPDX-License-Identifier: MIT
 *
 * A small program on the toolkit, for the tests that need a real terminal around one. What it shows
 * is chosen by its first argument; see main.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/tui/beyond.h"
#include "tui/tui.h"

struct demo {
    struct tui *tui;
    struct view *main;
    uv_timer_t flood;
    uv_check_t check;
    char last[256]; /* what happened last */
    unsigned count, ticks;
    bool grab;
    const char *mode;
    beyond_screen beyond;
    struct view *busy[2]; /* beside the main one, each full of what changes */
    int64_t typed_ms;
    unsigned turn, turn_of[2]; /* of the loop; when each of busy was drawn last */
    unsigned drawn[2], together;
};

/* Shorter than the time for which a key has an effect on others' frames. */
#define JUST_TYPED_MS 200

static struct demo demo;

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(demo.last, sizeof demo.last, format, ap);
    va_end(ap);
}

/* Cells whose width is not what the C library says of their character, and halves of wide ones. */
static void draw_odd(struct canvas c)
{
    static const struct cell odd[] = {
        {.glyph = 0x4f60, .width = 1},   /* wide, said to be narrow */
        {.glyph = 'x', .width = 2},      /* narrow, said to be wide */
        {.flags = CELL_CONTINUATION},    /* … */
        {.glyph = 0x301, .width = 1},    /* a mark alone */
        {.glyph = 0x10ffff, .width = 1}, /* no character */
        {.glyph = 0x1b, .width = 1},     /* a control */
        {.flags = CELL_CONTINUATION},    /* a half alone */
        {.glyph = 0x597d, .width = 2},   /* the other half missing */
        {.glyph = 'e' | (uint64_t)0x200d << 21 | (uint64_t)0xfe0f << 42, .width = 1},
        {.glyph = '|', .width = 1},
    };

    for (int i = 0; i < (int)ARRAY_LEN(odd); i++)
        c.cells[4 * c.stride + i] = odd[i];
}

static void draw_beyond(struct view *v, struct canvas c)
{
    canvas_printf(c, 3, 0, (struct style){0}, "screen %u;", demo.count);
    for (int y = 0; y < BEYOND_ROWS; y++)
        for (int x = 0; x < BEYOND_COLS; x++) {
            struct cell cell = demo.beyond[y][x];
            uint16_t link = cell.style.link;

            cell.style.link =
                link ? tui_link(v->tui, beyond_links[link], beyond_underlines[link]) : 0;
            c.cells[(4 + y) * c.stride + x] = cell;
        }
}

static void draw(struct view *v, struct canvas c)
{
    const struct theme *theme = tui_theme(v->tui);

    canvas_printf(c, 0, 0, theme->styles[ROLE_TITLE], "demo %dx%d", v->rows, v->cols);
    canvas_text(c, 1, 0, -1, theme->styles[ROLE_TEXT], demo.last);
    canvas_text(c, 2, 0, -1, (struct style){.fg = COLOUR_RGB(1, 2, 3)},
                "wide \xe4\xbd\xa0\xe5\xa5\xbd e\xcc\x81!");
    if (strcmp(demo.mode, "flood") == 0)
        canvas_printf(c, 3, 0, theme->styles[ROLE_GOOD], "count %u", demo.count);
    if (strcmp(demo.mode, "busy") == 0)
        canvas_printf(c, 3, 0, (struct style){0}, "drawn %u %u together %u.", demo.drawn[0],
                      demo.drawn[1], demo.together);
    if (strcmp(demo.mode, "odd") == 0)
        draw_odd(c);
    if (strcmp(demo.mode, "beyond") == 0)
        draw_beyond(v, c);
    if (strcmp(demo.mode, "pairs") == 0)
        for (int y = 4; y < c.rows; y++)
            for (int x = 0; x < c.cols; x++)
                canvas_text(c, y, x, 1,
                            (struct style){.fg = COLOUR_RGB(demo.count, y, x),
                                           .bg = COLOUR_RGB(x, demo.count, 200)},
                            "x");
}

/* Looks different five times, a while apart. */
static void update(struct view *v, int rows, int cols)
{
    if (strcmp(demo.mode, "tick") != 0)
        return;
    if (demo.ticks < 5) {
        demo.ticks++;
        view_tick(v, 30);
    }
    note("ticks %u", demo.ticks);
}

static enum view_result act(struct view *v, const char *action)
{
    note("action %s", action);
    if (strcmp(action, "crash") == 0)
        abort();
    if (strcmp(action, "segv") == 0)
        raise(SIGSEGV);
    if (strcmp(action, "exit") == 0)
        exit(3);
    if (strcmp(action, "grab") == 0)
        demo.grab = true;
    if (strcmp(action, "ungrab") == 0)
        demo.grab = false;
    if (strcmp(action, "toast") == 0)
        tui_toast(v->tui, ROLE_GOOD, "a toast");
    if (strcmp(action, "write") == 0) {
        tui_bell(v->tui);
        tui_bell(v->tui); /* of a flood one is heard */
    }
    if (strcmp(action, "more-pairs") == 0)
        beyond_next(demo.beyond, ++demo.count);
    return strcmp(action, "quit") == 0 || strcmp(action, "back") == 0 ||
                   strcmp(action, "redraw") == 0 || strcmp(action, "suspend") == 0 ||
                   strcmp(action, "dialog") == 0 || strcmp(action, "second") == 0
               ? VIEW_IGNORED
               : VIEW_HANDLED;
}

static enum view_result key(struct view *v, struct key k)
{
    char name[KEY_NAME_SIZE];

    note("key %s", key_name(name, k));
    demo.typed_ms = clock_mono_ms();
    return VIEW_HANDLED;
}

static enum view_result paste(struct view *v, const char *text, size_t n)
{
    snprintf(demo.last, sizeof demo.last, "paste %zu %.*s", n, n < 20 ? (int)n : 20, text);
    return VIEW_HANDLED;
}

static enum view_result mouse(struct view *v, struct mouse m)
{
    snprintf(demo.last, sizeof demo.last, "mouse %d %d %d,%d", (int)m.kind, (int)m.button, m.row,
             m.col);
    return VIEW_HANDLED;
}

static void focus(struct view *v, bool focused)
{
    note("focus %s", focused ? "in" : "out");
    view_damage(v);
}

static bool grabs(struct view *v)
{
    return demo.grab;
}

static struct view_cursor cursor(struct view *v)
{
    return (struct view_cursor){.visible = demo.grab, .row = 1, .col = 4, .shape = 2};
}

static void hints(struct view *v, struct buf *out)
{
    buf_append_str(out, "q:quit");
}

static const char *const contexts[] = {"demo", NULL};
static const struct view_ops ops = {
    .name = "demo",
    .contexts = contexts,
    .update = update,
    .draw = draw,
    .act = act,
    .key = key,
    .paste = paste,
    .mouse = mouse,
    .focus = focus,
    .grabs_keys = grabs,
    .cursor = cursor,
    .hints = hints,
};

static void draw_dialog(struct view *v, struct canvas c)
{
    canvas_frame(c, (struct rect){.h = c.rows, .w = c.cols}, tui_theme(v->tui)->styles[ROLE_BORDER],
                 "dialog");
    canvas_text(c, 1, 2, -1, (struct style){0}, "really?");
}

static enum view_result key_dialog(struct view *v, struct key k)
{
    if (k.code == 'p')
        tui_act(v->tui, "top");
    return k.code == 'y' || k.code == 'p' ? VIEW_CLOSE : VIEW_HANDLED;
}

static struct rect place_dialog(struct view *v, int rows, int cols)
{
    return (struct rect){.y = -1, .x = -1, .h = 3, .w = 30};
}

static const struct view_ops dialog = {
    .name = "dialog",
    .draw = draw_dialog,
    .key = key_dialog,
    .place = place_dialog,
};

static void draw_busy(struct view *v, struct canvas c)
{
    int which = v == demo.busy[1];

    for (int y = 0; y < c.rows; y++)
        for (int x = 0; x < c.cols; x++)
            canvas_text(c, y, x, 1, (struct style){.fg = COLOUR_INDEX((demo.count + x) % 8)},
                        (const char[]){(char)('A' + (demo.count + x) % 26), '\0'});
    demo.drawn[which]++;
    demo.turn_of[which] = demo.turn;
    if (demo.turn_of[!which] == demo.turn && clock_mono_ms() - demo.typed_ms < JUST_TYPED_MS)
        demo.together++;
}

static const struct view_ops busy = {.name = "busy", .draw = draw_busy};

static void draw_second(struct view *v, struct canvas c)
{
    canvas_text(c, 0, 0, -1, (struct style){0}, "the second view");
}

static const struct view_ops second = {.name = "second", .draw = draw_second};

static const struct action_def actions[] = {
    {"demo", "c", "crash", "abort"},
    {"demo", "v", "segv", "fault"},
    {"demo", "x", "exit", "exit without a goodbye"},
    {"demo", "i", "grab", "grab keys"},
    {"demo", "t", "toast", "show a toast"},
    {"demo", "g+g", "top", "go to the top"},
    {"demo", "o", "dialog", "open a dialog"},
    {"demo", "n", "second", "show another view"},
    {"demo", "w", "write", "bell and title"},
    {"demo", "m", "more-pairs", "other colours"},
    {"global", "q", "quit", "quit"},
    {"global", "Esc", "back", "back"},
    {"prefix", "d", "ungrab", "let keys go"},
    {0},
};

static enum view_result on_act(void *user, const char *action)
{
    struct demo *d = user;

    if (strcmp(action, "quit") == 0)
        uv_stop(tui_loop(d->tui));
    if (strcmp(action, "dialog") == 0)
        tui_overlay(d->tui, view_create(d->tui, &dialog, NULL));
    if (strcmp(action, "second") == 0)
        tui_show(d->tui, view_create(d->tui, &second, NULL));
    return VIEW_HANDLED;
}

static void on_status(void *user, struct buf *out, enum role *role)
{
    buf_append_str(out, "all is well here");
}

static void on_flood(uv_timer_t *timer)
{
    demo.count++;
    view_damage(demo.main);
    for (size_t i = 0; i < ARRAY_LEN(demo.busy); i++)
        if (demo.busy[i])
            view_damage(demo.busy[i]);
}

static void on_turn(uv_check_t *check)
{
    demo.turn++;
}

static void open_busy(void)
{
    for (size_t i = 0; i < ARRAY_LEN(demo.busy); i++) {
        demo.busy[i] = view_create(demo.tui, &busy, NULL);
        tui_split(demo.tui, false, demo.busy[i]);
    }
    tui_act(demo.tui, "pane-next");
}

static void on_end(void *user, int signum)
{
    uv_stop(tui_loop(demo.tui));
}

int main(int argc, char **argv)
{
    uv_loop_t loop;
    struct err e = {0};
    struct keymap *keymap = keymap_create();
    struct theme theme;
    struct tui_config config = {
        .theme = &theme, .keymap = keymap, .act = on_act, .status = on_status, .user = &demo};

    theme_default(&theme);
    demo.mode = argc > 1 ? argv[1] : "";
    config.mouse = strcmp(demo.mode, "mouse") == 0;
    if (strcmp(demo.mode, "orderly") == 0)
        config.on_signal = on_end;
    text_init_locale();
    keymap_add(keymap, tui_actions);
    keymap_add(keymap, actions);
    uv_loop_init(&loop);
    demo.tui = tui_create(&loop, &config, &e);
    if (!demo.tui) {
        fprintf(stderr, "demo: %s\ndemo: %s\n", e.text, e.hint);
        uv_loop_close(&loop);
        keymap_destroy(keymap);
        return 2;
    }
    demo.main = view_create(demo.tui, &ops, NULL);
    tui_show(demo.tui, demo.main);
    uv_timer_init(&loop, &demo.flood);
    uv_check_init(&loop, &demo.check);
    uv_check_start(&demo.check, on_turn);
    bool is_busy = strcmp(demo.mode, "busy") == 0;
    if (is_busy)
        open_busy();
    if (strcmp(demo.mode, "flood") == 0 || is_busy)
        uv_timer_start(&demo.flood, on_flood, 1, 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&demo.flood, NULL);
    uv_close((uv_handle_t *)&demo.check, NULL);
    tui_destroy(demo.tui);
    uv_run(&loop, UV_RUN_DEFAULT);
    int status = uv_loop_close(&loop);
    keymap_destroy(keymap);
    printf("bye after %s\n", demo.mode);
    return status ? 9 : 0;
}
