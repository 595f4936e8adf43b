/* SPDX-License-Identifier: MIT
 *
 * A program under a pseudo-terminal, and an independent terminal (libvterm's own screen layer) that
 * shows what a user would see. For tests only.
 *
 * Every wait pumps the terminal until its condition holds or the deadline passes; the condition is
 * looked at only when the program's output is drained, so a half-painted frame is not judged. A
 * wait that fails prints the screen on stderr. No function here asserts: callers do.
 */
#ifndef TESTS_PTY_H
#define TESTS_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

struct pty;

/* Runs argv[0] (looked up in PATH) in a session of its own with the pty as controlling terminal.
 * env (NULL-terminated, or NULL) changes the inherited environment: "NAME=value" sets, "NAME"
 * unsets; TERM is xterm-256color unless it says otherwise. Never NULL: aborts when there is no pty.
 */
struct pty *pty_start(const char *const argv[], const char *const env[], int rows, int cols);
/* Kills the program's process group, reaps it, frees. NULL allowed. */
void pty_destroy(struct pty *p);
pid_t pty_pid(const struct pty *p);

/* Types bytes, as they are. Waits while the program does not read them (up to 5 s). */
void pty_send(struct pty *p, const char *keys);
void pty_send_bytes(struct pty *p, const void *bytes, size_t n);
/* New window size: the kernel sends SIGWINCH, the emulator follows. */
void pty_resize(struct pty *p, int rows, int cols);
/* Takes what is there now; returns false once the program ended and its output is drained. */
bool pty_pump(struct pty *p);
/* Looks away: output is read but not shown, sizes change without the emulator, which survives no
 * storm of them. Looking again it is new and empty; a change of the size has all painted. */
void pty_blind(struct pty *p, bool blind);
/* The terminal goes away, as a window that is closed: SIGHUP, then end of file. */
void pty_hangup(struct pty *p);
/* Stops or goes on reading the program's output, as a terminal that is stuck. */
void pty_stall(struct pty *p, bool stalled);

bool pty_wait(struct pty *p, int timeout_ms, bool (*condition)(struct pty *p, void *user),
              void *user);
/* Until every one of the texts (list ends with NULL) stands on the screen. */
bool pty_wait_screen(struct pty *p, int timeout_ms, ...) __attribute__((sentinel));
/* Until none of the texts stands on it. */
bool pty_wait_gone(struct pty *p, int timeout_ms, ...) __attribute__((sentinel));
/* Until nothing came for quiet_ms; false when it does not stop before timeout_ms. */
bool pty_wait_quiet(struct pty *p, int quiet_ms, int timeout_ms);
/* Waits for the end. Returns the status as a shell gives it (exit code, 128 + signal), -1 when it
 * still runs at the deadline. May be called again. */
int pty_exit_status(struct pty *p, int timeout_ms);

/* Bytes the program has written so far. */
uint64_t pty_bytes(const struct pty *p);
/* The screen as text, a line a row, trailing blanks cut. Valid until the next call with p. */
const char *pty_screen_text(struct pty *p);
/* One row of it; same lifetime. */
const char *pty_row_text(struct pty *p, int row);
bool pty_screen_has(struct pty *p, const char *text);
/* Where a text stands; false when nowhere. */
bool pty_find(struct pty *p, const char *text, int *row, int *col);

struct pty_cell {
    char text[32];
    int width;
    bool bold, underline, italic, reverse, blink;
    bool fg_default, bg_default;
    int fg_index, bg_index;  /* palette index, or -1 */
    uint32_t fg_rgb, bg_rgb; /* 0xrrggbb, indexed colours converted */
};
struct pty_cell pty_cell(struct pty *p, int row, int col);

struct pty_state {
    int rows, cols;
    int cursor_row, cursor_col;
    bool cursor_visible;
    int cursor_shape; /* 1 block, 2 underline, 3 bar: VTERM_PROP_CURSORSHAPE_* */
    bool alternate_screen;
    int mouse; /* VTERM_PROP_MOUSE_*: 0 none, 1 click, 2 drag, 3 move */
    bool bracketed_paste, focus_reports;
    char title[128];
    unsigned bells;
    uint64_t bytes; /* output since the start */
};
struct pty_state pty_state(struct pty *p);
/* The line discipline's settings now, also after the program's end. */
struct termios pty_termios(struct pty *p);
/* Everything the program wrote so far (the last mebibyte of it); valid until the next pump. */
const char *pty_output(struct pty *p, size_t *n);

#endif
