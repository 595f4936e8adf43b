/* SPDX-License-Identifier: MIT
 *
 * sandpit replay: plays a recording (asciicast v2) in this terminal, or prints what it shows at its
 * end. What it holds goes through a terminal of our own, never raw to the one outside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/say.h"
#include "base/alloc.h"
#include "tui/tui.h"
#include "views/player.h"
#include "views/views.h"

#define DUMP_LINES 1000000
#define SPEED_MAX  64

struct replay_args {
    const char *speed;
    bool dump;
};

static const struct arg_def args[] = {
    {"speed", 's', ARG_TEXT, offsetof(struct replay_args, speed), "N",
     "N times as fast (1/8 to 64)"},
    {"dump", 0, ARG_FLAG, offsetof(struct replay_args, dump), NULL,
     "print the text it leaves, without playing"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static void print_line(const struct term *t, uint64_t line, struct cell *cells)
{
    int cols = term_cols(t), n = term_line(t, line, cells, cols);
    cleanup_buf struct buf text = {0};
    char piece[13];

    for (int x = 0; x < n && x < cols; x++)
        if (!(cells[x].flags & CELL_CONTINUATION))
            buf_append(&text, piece, cell_text(&cells[x], piece));
    while (text.len && text.data[text.len - 1] == ' ')
        text.len--;
    fwrite(text.data ? text.data : "", 1, text.len, stdout);
    if (!term_line_wrapped(t, line))
        putchar('\n');
}

static bool is_blank(const struct term *t, uint64_t line, struct cell *cells)
{
    int cols = term_cols(t), n = term_line(t, line, cells, cols);

    for (int x = 0; x < n && x < cols; x++)
        if (cells[x].glyph && cells[x].glyph != ' ')
            return false;
    return true;
}

static int dump(const char *path, struct err *e)
{
    struct recording_file file;

    if (recording_file_open(&file, path, DUMP_LINES, e) < 0)
        return EXIT_FAIL;
    while (!replay_advance(file.replay, INT64_MAX / 4, 1u << 20))
        ;
    const struct term *t = replay_term(file.replay);
    struct cell *cells = xcalloc((size_t)term_cols(t), sizeof *cells);
    uint64_t end = term_end(t), first = term_scrollback_first(t);
    while (end > first && is_blank(t, end - 1, cells))
        end--;
    for (uint64_t line = first; line < end; line++)
        print_line(t, line, cells);
    if (replay_skipped(file.replay))
        say("%u lines could not be read", replay_skipped(file.replay));
    free(cells);
    recording_file_close(&file);
    return ferror(stdout) || fflush(stdout) ? EXIT_FAIL : EXIT_OK;
}

struct play {
    uv_loop_t loop;
    int status;
};

static enum view_result on_act(void *user, const char *action)
{
    struct play *p = user;

    static const char *const ends[] = {"quit", "back", "home", "detach", "escape", "cancel"};
    bool leave = false;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        leave = leave || strcmp(action, ends[i]) == 0;
    if (!leave)
        return VIEW_IGNORED;
    uv_stop(&p->loop);
    return VIEW_HANDLED;
}

static void on_signal(void *user, int number)
{
    struct play *p = user;

    p->status = 128 + number;
    uv_stop(&p->loop);
}

static int play(struct app *app, const char *path, double speed, struct err *e)
{
    struct play p = {0};
    struct tui_config config = {
        .keymap = app->keymap,
        .mouse = false,
        .act = on_act,
        .on_signal = on_signal,
        .user = &p,
    };
    struct recording_file file;

    /* What cannot be read is said before the screen changes. */
    if (recording_file_open(&file, path, 0, e) < 0)
        return EXIT_FAIL;
    recording_file_close(&file);
    uv_loop_init(&p.loop);
    struct tui *t = tui_create(&p.loop, &config, e);
    struct view *v = t ? player_view_create(t, path, speed, e) : NULL;
    if (v) {
        tui_show(t, v);
        uv_run(&p.loop, UV_RUN_DEFAULT);
    }
    if (t)
        tui_destroy(t);
    uv_run(&p.loop, UV_RUN_DEFAULT);
    uv_loop_close(&p.loop);
    return v ? p.status : EXIT_FAIL;
}

static bool parse_speed(const char *text, double *speed)
{
    char *end;

    *speed = text ? strtod(text, &end) : 1;
    return !text || (*text && !*end && *speed >= 1.0 / 8 && *speed <= SPEED_MAX);
}

static int run_replay(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct replay_args *a = arguments;
    struct err e = {0};
    double speed;
    int status;

    if (!parse_speed(a->speed, &speed)) {
        say("--speed wants a number from 0.125 to %d, not \"%.40s\"", SPEED_MAX, a->speed);
        return EXIT_USAGE;
    }
    if (!a->dump && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
        say("replay wants a terminal to play in");
        fprintf(stderr, "         --dump prints what it shows at its end\n");
        return EXIT_FAIL;
    }
    status = a->dump ? dump(rest[0], &e) : play(app, rest[0], speed, &e);
    if (e.code)
        say_error(&e);
    return status;
}

const struct command cmd_replay = {
    .name = "replay",
    .usage = "FILE",
    .summary = "Play a recording of a terminal",
    .details = "FILE is an asciicast v2, as R after the prefix key writes it and asciinema does. "
               "Space pauses,\nthe arrows go 5 s back and forward, + and - change the speed, / "
               "searches, q ends.",
    .args = args,
    .args_size = sizeof(struct replay_args),
    .leading = 1 << 20,
    .min_rest = 1,
    .max_rest = 1,
    .offline = true,
    .run = run_replay,
};
