/* SPDX-License-Identifier: MIT
 *
 * See tui.h. One frame timer is the only thing that draws: it runs after 0 ms for what a key
 * changed and 17 ms after the last frame for everything else, and does not run at all while nothing
 * is dirty or the terminal has not taken the last frame. The same timer frees closed views and runs
 * queued actions, so that no view goes away under a callback of its own.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "tui/internal.h"

#define FRAME_MS    17 /* 58.8 frames a second: whole milliseconds below 60 */
#define PIECES_MAX  4  /* that a frame's time is divided into */
#define BELL_GAP_MS 200
#define TOAST_MS    3000
/* A key after this long takes the message away: it covers what the key is about. */
#define TOAST_GOOD_SEEN_MS 300
#define TOAST_SEEN_MS      1500
#define TOAST_ERROR_MS     8000
#define ESCAPE_DEFAULT_MS  25
#define READ_BYTES         65536
#define OWN_CONT_MS        200

static void run_turn(uv_timer_t *timer);

/* --- frames --- */

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct tui *t)
{
    bool write = screen_pending(t->screen) > 0;

    if (t->gone || t->away)
        return;
    if (write != t->polling_write || !uv_is_active((uv_handle_t *)&t->poll))
        uv_poll_start(&t->poll, UV_READABLE | (write ? UV_WRITABLE : 0), on_poll);
    t->polling_write = write;
}

void tui_schedule(struct tui *t, bool soon)
{
    t->dirty = true;
    t->soon |= soon;
    if (t->gone)
        return;
    if (screen_pending(t->screen)) { /* on_poll goes on when the terminal has taken it */
        watch(t);
        return;
    }
    if (!soon && uv_is_active((uv_handle_t *)&t->frame))
        return;
    uv_update_time(t->loop);
    size_t pieces = t->n_late < PIECES_MAX ? t->n_late + 1 : PIECES_MAX;
    int64_t due = t->last_frame_ms + FRAME_MS / (int64_t)pieces - clock_mono_ms();
    int64_t least = t->n_late > 0; /* between two pieces keys and output are read */
    uv_timer_start(&t->frame, run_turn, soon ? 0 : (uint64_t)(due < least ? least : due), 0);
}

/* Something to do on the next turn that is not drawing. */
void tui_wake(struct tui *t)
{
    uv_timer_start(&t->frame, run_turn, 0, 0);
}

/* --- the turn --- */

static void run_actions(struct tui *t)
{
    while (t->n_actions) {
        cleanup_free char *action = t->actions[0];

        t->n_actions--;
        memmove(t->actions, t->actions + 1, t->n_actions * sizeof *t->actions);
        dispatch_action(t, action);
    }
}

static void terminal_gone(struct tui *t)
{
    if (t->gone)
        return;
    t->gone = true;
    uv_poll_stop(&t->poll);
    uv_timer_stop(&t->frame);
    log_warn("the terminal is gone");
    if (t->config.on_signal)
        t->config.on_signal(t->config.user, SIGHUP);
    else
        raise(SIGHUP);
}

static void run_turn(uv_timer_t *timer)
{
    struct tui *t = timer->data;

    views_free_closed(t);
    run_actions(t);
    views_free_closed(t);
    if (!t->dirty || t->away || screen_pending(t->screen))
        return;
    uv_timer_stop(&t->frame);
    frame_draw(t);
    if (screen_flush(t->screen) < 0)
        terminal_gone(t);
    else if (t->n_late)
        tui_schedule(t, false);
    else
        watch(t);
}

static void on_escape(uv_timer_t *timer)
{
    struct tui *t = timer->data;

    input_flush(t->input);
}

static void read_input(struct tui *t)
{
    static char bytes[READ_BYTES];
    ssize_t n = read(screen_fd(t->screen), bytes, sizeof bytes);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        terminal_gone(t);
        return;
    }
    if (n < 0)
        return;
    input_feed(t->input, bytes, (size_t)n);
    int wait_ms = input_wait_ms(t->input, t->escape_ms);
    if (wait_ms)
        uv_timer_start(&t->escape, on_escape, (uint64_t)wait_ms, 0);
    else
        uv_timer_stop(&t->escape);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct tui *t = poll->data;

    if (status < 0) {
        terminal_gone(t);
        return;
    }
    if (events & UV_READABLE)
        read_input(t);
    if (!t->gone && events & UV_WRITABLE) {
        if (screen_flush(t->screen) < 0) {
            terminal_gone(t);
            return;
        }
        watch(t);
        if (t->dirty)
            tui_schedule(t, t->soon);
    }
}

/* --- size and signals --- */

static void resize(struct tui *t)
{
    screen_size(t->screen, &t->rows, &t->cols);
    size_t n = (size_t)t->rows * (size_t)t->cols;
    free(t->base);
    free(t->cells);
    t->base = xcalloc(n, sizeof *t->base);
    t->cells = xcalloc(n, sizeof *t->cells);
    screen_resize(t->screen, t->rows, t->cols);
    panes_place(t);
    tui_schedule(t, true);
}

void tui_leave(struct tui *t)
{
    t->away = true;
    uv_poll_stop(&t->poll);
    screen_leave(t->screen);
}

void tui_enter(struct tui *t)
{
    t->away = false;
    screen_enter(t->screen);
    t->entered_ms = clock_mono_ms();
    resize(t);
    watch(t);
}

static void on_signal(uv_signal_t *handle, int signum);

void tui_suspend(struct tui *t)
{
    tui_leave(t);
    /* With the default action again, the whole job stops here and goes on after SIGCONT. */
    uv_signal_stop(&t->signals[SIGNAL_TSTP]);
    kill(0, SIGTSTP);
    uv_signal_start(&t->signals[SIGNAL_TSTP], on_signal, SIGTSTP);
    tui_enter(t);
}

static void die_of(struct tui *t, int signum)
{
    if (t->config.on_signal) {
        t->config.on_signal(t->config.user, signum);
        return;
    }
    screen_leave(t->screen);
    signal(signum, SIG_DFL);
    raise(signum);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct tui *t = handle->data;
    bool typed = signum == SIGINT || signum == SIGTSTP;

    /* What is typed into $EDITOR is for it; tui_enter looks at the size. */
    if (t->away && (typed || signum == SIGWINCH || signum == SIGCONT))
        return;
    if (signum == SIGWINCH) {
        resize(t);
    } else if (signum == SIGTSTP) {
        tui_suspend(t);
    } else if (signum == SIGCONT) {
        /* After SIGSTOP: nobody could put the terminal right before. After our own stop it is. */
        if (clock_mono_ms() - t->entered_ms > OWN_CONT_MS) {
            screen_reenter(t->screen);
            resize(t);
        }
    } else {
        die_of(t, signum);
    }
}

/* --- the public rest --- */

uv_loop_t *tui_loop(struct tui *t)
{
    return t->loop;
}

const struct theme *tui_theme(const struct tui *t)
{
    return screen_has_colours(t->screen) ? t->config.theme : &t->own_theme;
}

const struct keymap *tui_keymap(const struct tui *t)
{
    return t->config.keymap;
}

struct key tui_prefix_key(const struct tui *t)
{
    return t->config.prefix;
}

void tui_set_prefix(struct tui *t, struct key prefix)
{
    t->config.prefix = prefix;
    tui_redraw_all(t);
}

void tui_draw_soon(struct tui *t)
{
    if (t->dirty)
        tui_schedule(t, true);
}

void tui_status_changed(struct tui *t)
{
    tui_schedule(t, false);
}

void tui_titles_changed(struct tui *t)
{
    t->titles_stale = true;
    tui_schedule(t, false);
}

void tui_redraw_all(struct tui *t)
{
    struct view_node *node;

    for (node = TAILQ_FIRST(&t->views); node; node = TAILQ_NEXT(node, all))
        node->view.dirty = true;
    screen_invalidate(t->screen);
    t->base_stale = true;
    tui_schedule(t, true);
}

void tui_act(struct tui *t, const char *action)
{
    if (t->n_actions == TUI_ACTIONS_MAX) {
        log_warn("action %s dropped: %d wait already", action, TUI_ACTIONS_MAX);
        return;
    }
    t->actions[t->n_actions++] = xstrdup(action);
    tui_wake(t);
}

static void on_toast_over(uv_timer_t *timer)
{
    struct tui *t = timer->data;

    t->toast[0] = '\0';
    tui_schedule(t, false);
}

void tui_toast_seen(struct tui *t)
{
    int64_t shown_ms = clock_mono_ms() - t->toast_at_ms;

    if (t->toast[0] && t->toast_role != ROLE_ERROR &&
        shown_ms >= (t->toast_role == ROLE_GOOD ? TOAST_GOOD_SEEN_MS : TOAST_SEEN_MS))
        on_toast_over(&t->toast_timer);
}

void tui_toast(struct tui *t, enum role role, const char *format, ...)
{
    char text[sizeof t->toast];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    text_sanitise(t->toast, sizeof t->toast, text, strlen(text));
    bool error = role == ROLE_ERROR || role == ROLE_BAD || role == ROLE_STATUS_ALERT;
    t->toast_role = error ? ROLE_ERROR : role;
    t->toast_at_ms = clock_mono_ms();
    uv_update_time(t->loop);
    uv_timer_start(&t->toast_timer, on_toast_over, error ? TOAST_ERROR_MS : TOAST_MS, 0);
    tui_schedule(t, true);
}

void tui_write(struct tui *t, const char *bytes, size_t n)
{
    if (t->gone || t->away)
        return;
    if (!screen_write(t->screen, bytes, n))
        log_warn("%zu bytes for the terminal dropped: it takes none", n);
    if (screen_flush(t->screen) < 0)
        terminal_gone(t);
    else
        watch(t);
}

void tui_bell(struct tui *t)
{
    int64_t now_ms = clock_mono_ms();

    if (now_ms - t->bell_at_ms < BELL_GAP_MS)
        return;
    t->bell_at_ms = now_ms;
    tui_write(t, "\a", 1);
}

/* --- beginning and end --- */

static int escape_delay_ms(void)
{
    const char *value = getenv("ESCDELAY");
    int ms = value ? atoi(value) : 0;

    return ms > 0 && ms <= 1000 ? ms : ESCAPE_DEFAULT_MS;
}

static void init_handles(struct tui *t)
{
    static const int numbers[N_SIGNALS] = {
        [SIGNAL_WINCH] = SIGWINCH, [SIGNAL_TERM] = SIGTERM, [SIGNAL_HUP] = SIGHUP,
        [SIGNAL_INT] = SIGINT,     [SIGNAL_TSTP] = SIGTSTP, [SIGNAL_CONT] = SIGCONT,
    };
    uv_timer_t *timers[] = {&t->frame,       &t->escape,        &t->tick,
                            &t->toast_timer, &t->pending_timer, &t->numbers_timer};

    for (size_t i = 0; i < ARRAY_LEN(timers); i++) {
        uv_timer_init(t->loop, timers[i]);
        timers[i]->data = t;
    }
    for (int i = 0; i < N_SIGNALS; i++) {
        uv_signal_init(t->loop, &t->signals[i]);
        t->signals[i].data = t;
        uv_signal_start(&t->signals[i], on_signal, numbers[i]);
    }
    t->poll.data = t;
    t->n_open = (int)ARRAY_LEN(timers) + N_SIGNALS + 1;
}

struct tui *tui_create(uv_loop_t *loop, const struct tui_config *config, struct err *e)
{
    struct tui *t = xcalloc(1, sizeof *t);

    t->loop = loop;
    t->config = *config;
    if (!t->config.theme) {
        theme_default(&t->own_theme);
        t->config.theme = &t->own_theme;
    }
    if (t->config.prefix.code == KEY_NONE)
        t->config.prefix = (struct key){'b', MOD_CTRL};
    t->screen = screen_open(config->term, config->mouse, e);
    if (!t->screen) {
        free(t);
        return NULL;
    }
    int status = uv_poll_init(loop, &t->poll, screen_fd(t->screen));
    if (status < 0) {
        err_set(e, ERR_IO, "cannot watch the terminal: %s", uv_strerror(status));
        screen_close(t->screen);
        free(t);
        return NULL;
    }
    TAILQ_INIT(&t->views);
    t->input = input_create(dispatch_event, t);
    panes_init(t);
    t->terminal_focused = true;
    t->escape_ms = escape_delay_ms();
    t->last_frame_ms = clock_mono_ms() - FRAME_MS;
    init_handles(t);
    resize(t);
    watch(t);
    if (screen_note(t->screen))
        tui_toast(t, ROLE_WARN, "%s", screen_note(t->screen));
    return t;
}

static void on_closed(uv_handle_t *handle)
{
    struct tui *t = handle->data;

    if (--t->n_open == 0)
        free(t);
}

void tui_destroy(struct tui *t)
{
    if (!t)
        return;
    views_free_all(t);
    uv_close((uv_handle_t *)&t->poll, on_closed);
    screen_close(t->screen);
    t->gone = true;
    uv_timer_t *timers[] = {&t->frame,       &t->escape,        &t->tick,
                            &t->toast_timer, &t->pending_timer, &t->numbers_timer};
    for (size_t i = 0; i < ARRAY_LEN(timers); i++)
        uv_close((uv_handle_t *)timers[i], on_closed);
    for (int i = 0; i < N_SIGNALS; i++)
        uv_close((uv_handle_t *)&t->signals[i], on_closed);
    input_destroy(t->input);
    panes_finish(t);
    for (size_t i = 0; i < t->n_actions; i++)
        free(t->actions[i]);
    free(t->base);
    free(t->cells);
}
