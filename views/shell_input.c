/* SPDX-License-Identifier: MIT
 *
 * Keys, pastes and the mouse, as the program in the terminal expects them.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/broadcast.h"
#include "views/bulletin.h"
#include "views/dialog.h"
#include "views/shell.h"

#define WHEEL_LINES 3

static const char *const predictions[] = {
    [PREDICT_AUTO] = "while the link is slow",
    [PREDICT_ON] = "always",
    [PREDICT_OFF] = "never",
};

const char *shell_prediction_words(const struct predict *p)
{
    return predictions[predict_mode(p)];
}

enum view_result shell_predict(struct shell *sh)
{
    if (sh->phase != SHELL_LIVE || sh->observe)
        return VIEW_HANDLED;
    attachment_predict_next(sh->attachment);
    tui_toast(sh->env->tui, ROLE_STATUS, "\xe2\x89\x88 typing shows before the host answers: %s",
              shell_prediction_words(attachment_predict(sh->attachment)));
    return VIEW_HANDLED;
}

void shell_send(struct shell *sh, const char *bytes, size_t n)
{
    if (!n || !sh->attachment)
        return;
    sh->refused_at_ms = attachment_input(sh->attachment, bytes, n) ? 0 : clock_mono_ms();
}

void shell_send_typed(struct shell *sh)
{
    cleanup_buf struct buf bytes = {0};

    for (size_t i = 0; i < sh->n_typed && !sh->observe; i++)
        term_encode_key(shell_term(sh), sh->typed[i], &bytes);
    sh->n_typed = 0;
    shell_send(sh, bytes.data, bytes.len);
    if (sh->typed_lost)
        sh->refused_at_ms = clock_mono_ms();
    sh->typed_lost = false;
}

/* A terminal is on its way: what is typed waits for it. */
static bool keep_typed(struct shell *sh, struct key key)
{
    bool coming =
        sh->request && !sh->observe && (sh->phase == SHELL_LOOKING || sh->phase == SHELL_CREATING);

    if (!coming || key.code == KEY_ESCAPE || (key.code == 'c' && key.mods == MOD_CTRL))
        return false;
    if (sh->n_typed < SHELL_TYPED_MAX)
        sh->typed[sh->n_typed++] = key;
    else
        sh->typed_lost = true;
    return true;
}

/* Before there is a terminal, and after: Enter goes on; x, Esc and q go back. */
static enum view_result waiting_key(struct shell *sh, struct key key)
{
    bool is_over = sh->phase == SHELL_FAILED || sh->attachment;

    if (keep_typed(sh, key))
        return VIEW_HANDLED;
    bool leave = key.code == KEY_ESCAPE || (key.code == 'q' && !key.mods) ||
                 (key.code == 'x' && !key.mods && is_over) ||
                 (key.code == 'c' && key.mods == MOD_CTRL);

    if (leave && sh->attachment) {
        terminals_remove(sh->env, sh->attachment);
        return VIEW_CLOSE;
    }
    if (leave)
        return VIEW_CLOSE;
    if (key.code != KEY_ENTER || sh->request)
        return VIEW_HANDLED;
    if (shell_sandbox_gone(sh) && (sh->attachment || sh->error.code == ERR_NOT_FOUND)) {
        tui_act(sh->env->tui, "home");
        return VIEW_CLOSE;
    }
    if (sh->env->readonly)
        return VIEW_HANDLED;
    cleanup_free char *id = xstrdup(sh->sandbox_id);
    if (sh->attachment)
        terminals_remove(sh->env, sh->attachment);
    shell_begin(sh, id, NULL, sh->attachment || shell_missing(sh) ? SHELL_NEW : sh->how);
    return VIEW_HANDLED;
}

/* Before bindings only while a pattern or a count is typed. */
static enum view_result looking_back_key(struct view *v, struct key key)
{
    struct shell *sh = v->data;

    if (copy_key(&sh->copy, key) != COPY_IGNORED)
        return VIEW_HANDLED;
    /* The action of a binding takes the count. */
    if (!keymap_lookup(tui_keymap(v->tui), v->ops->contexts, &key, 1) && copy_take_count(&sh->copy))
        view_damage(v);
    return VIEW_IGNORED;
}

enum view_result shell_key(struct view *v, struct key key)
{
    struct shell *sh = v->data;
    cleanup_buf struct buf bytes = {0};

    if (copy_is_on(&sh->copy))
        return looking_back_key(v, key);
    if (sh->observe && sh->phase == SHELL_LIVE)
        return VIEW_IGNORED;
    if (sh->phase != SHELL_LIVE || shell_ended(sh))
        return waiting_key(sh, key);
    const struct predict *predict = attachment_predict(sh->attachment);
    uint64_t before = predict_revision(predict);
    if (broadcast_reaches(sh->env, sh->attachment)) {
        sh->refused_at_ms = broadcast_key(sh->env, key) ? 0 : clock_mono_ms();
    } else {
        term_encode_key(shell_term(sh), key, &bytes);
        shell_send(sh, bytes.data, bytes.len);
    }
    /* Drawing before the echo is there would only delay the key; what is predicted, and what waits
     * while the link is down, is shown, though. */
    bool is_up = remote_state(attachment_remote(sh->attachment)) == LINK_UP;
    return is_up && predict_revision(predict) == before ? VIEW_TAKEN : VIEW_HANDLED;
}

/* --- paste --- */
struct question {
    struct attachment *attachment; /* a reference */
    struct buf text;
};

/* False: it was refused, nothing of it was sent. */
static bool send_paste(struct views_env *env, struct attachment *a, const char *text, size_t n)
{
    cleanup_buf struct buf bytes = {0};

    if (broadcast_reaches(env, a))
        return broadcast_paste(env, text, n);
    term_encode_paste(attachment_term(a), text, n, &bytes);
    return !bytes.len || attachment_input(a, bytes.data, bytes.len);
}

static void toast_refused(struct tui *tui)
{
    tui_toast(tui, ROLE_WARN, "Not pasted: with what waits already it is more than %u MiB",
              INPUT_QUEUE_MAX >> 20);
}

static void on_paste_answer(struct views_env *env, void *user, bool yes)
{
    struct question *q = user;

    if (yes && !send_paste(env, q->attachment, q->text.data, q->text.len))
        toast_refused(env->tui);
    attachment_release(q->attachment);
    buf_finish(&q->text);
    free(q);
}

static void ask_to_paste(struct shell *sh, const char *text, size_t n, size_t n_lines)
{
    struct question *q = xcalloc(1, sizeof *q);
    struct confirm question;
    char loss[160];

    q->attachment = attachment_ref(sh->attachment);
    buf_append(&q->text, text, n);
    snprintf(loss, sizeof loss,
             "%zu lines; the program does not know pastes, so each line may run as it arrives.",
             n_lines);
    confirm_init(&question, "Paste several lines?", "paste", loss);
    confirm_dialog_open(sh->env, &question, on_paste_answer, q);
}

enum view_result shell_paste(struct view *v, const char *text, size_t n)
{
    struct shell *sh = v->data;
    size_t n_lines = 1;

    if (sh->phase == SHELL_LOOKING || sh->phase == SHELL_CREATING)
        tui_toast(v->tui, ROLE_WARN, "Not pasted: the terminal is not there yet");
    if (sh->phase != SHELL_LIVE || shell_ended(sh) || sh->observe)
        return VIEW_HANDLED;
    if (copy_paste(&sh->copy, text, n) != COPY_IGNORED)
        return VIEW_HANDLED;
    shell_copy_leave(sh);
    for (size_t i = 0; i + 1 < n; i++)
        n_lines += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    if (n_lines > 1 && !term_modes(shell_term(sh)).bracketed_paste)
        ask_to_paste(sh, text, n, n_lines);
    else if (!send_paste(sh->env, sh->attachment, text, n)) {
        sh->refused_at_ms = clock_mono_ms();
        toast_refused(v->tui);
    }
    return VIEW_HANDLED;
}

/* --- mouse --- */
static void wheel(struct shell *sh, struct mouse mouse)
{
    bool up = mouse.button == MOUSE_WHEEL_UP;
    struct term_modes modes = term_modes(shell_term(sh));

    if (mouse.button != MOUSE_WHEEL_UP && mouse.button != MOUSE_WHEEL_DOWN) {
        shell_pan_wheel(sh, mouse);
        return;
    }
    if (!modes.alternate_screen || copy_is_on(&sh->copy) || sh->observe) {
        shell_copy_scroll(sh, up ? -WHEEL_LINES : WHEEL_LINES);
        return;
    }
    if (!modes.alternate_scroll)
        return;
    cleanup_buf struct buf bytes = {0};
    for (int i = 0; i < WHEEL_LINES; i++)
        term_encode_key(shell_term(sh), (struct key){up ? KEY_UP : KEY_DOWN}, &bytes);
    shell_send(sh, bytes.data, bytes.len);
}

/* As in terminals: with Shift the mouse is the user's; whose a press is, the drag and the release
 * are too. */
static bool is_of_program(const struct shell *sh, struct mouse mouse)
{
    bool is_wanted = term_modes(shell_term(sh)).mouse != TERM_MOUSE_NONE &&
                     !copy_is_on(&sh->copy) && !sh->observe && !shell_ended(sh);

    if (sh->press != PRESS_NONE && mouse.kind != MOUSE_WHEEL)
        return is_wanted && sh->press == PRESS_OF_PROGRAM;
    return is_wanted && !(mouse.mods & MOD_SHIFT);
}

static enum view_result mouse_of_user(struct shell *sh, struct mouse mouse)
{
    if (mouse.kind == MOUSE_WHEEL) {
        wheel(sh, mouse);
        return VIEW_HANDLED;
    }
    if (!shell_link_click(sh, mouse))
        return shell_copy_mouse(sh, mouse);
    sh->press = PRESS_ANSWERED;
    return VIEW_HANDLED;
}

static void forward_mouse(struct shell *sh, struct mouse mouse)
{
    cleanup_buf struct buf bytes = {0};

    mouse.row += sh->pan_row;
    mouse.col += sh->pan_col;
    term_encode_mouse(shell_term(sh), mouse, &bytes);
    shell_send(sh, bytes.data, bytes.len);
}

/* It has been decided whose a press is. */
static enum view_result give_mouse(struct shell *sh, struct mouse mouse, bool forwarded)
{
    if (sh->press == PRESS_ANSWERED && mouse.kind != MOUSE_WHEEL)
        return VIEW_HANDLED;
    if (mouse.kind == MOUSE_PRESS && mouse.button == MOUSE_LEFT &&
        mouse.row + 1 == sh->message_line) {
        sh->press = PRESS_ANSWERED;
        bulletin_read(sh->bulletin);
        return VIEW_HANDLED;
    }
    if (!forwarded)
        return mouse_of_user(sh, mouse);
    forward_mouse(sh, mouse);
    return VIEW_HANDLED;
}

enum view_result shell_mouse(struct view *v, struct mouse mouse)
{
    struct shell *sh = v->data;
    bool presses = mouse.kind == MOUSE_PRESS;

    if (sh->phase != SHELL_LIVE)
        return VIEW_HANDLED;
    /* A release can be lost. */
    if (presses || (mouse.kind == MOUSE_MOVE && mouse.button == MOUSE_NO_BUTTON))
        sh->press = PRESS_NONE;
    bool forwarded = is_of_program(sh, mouse);
    if (presses)
        sh->press = forwarded ? PRESS_OF_PROGRAM : PRESS_OF_USER;
    enum view_result result = give_mouse(sh, mouse, forwarded);
    if (mouse.kind == MOUSE_RELEASE)
        sh->press = PRESS_NONE;
    return result;
}

void shell_focus(struct view *v, bool focused)
{
    struct shell *sh = v->data;
    cleanup_buf struct buf bytes = {0};

    if (focused)
        attachment_focus(&sh->viewer);
    if (focused && sh->attachment)
        attachment_seen(sh->attachment, true);
    /* Looking is not typing: it does not make the size ours. */
    if (sh->phase != SHELL_LIVE || sh->observe || shell_ended(sh) ||
        !attachment_sizes(sh->attachment))
        return;
    term_encode_focus(shell_term(sh), focused, &bytes);
    shell_send(sh, bytes.data, bytes.len);
}
