/* SPDX-License-Identifier: MIT
 *
 * The actions after the prefix key, and those of looking back.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "views/broadcast.h"
#include "views/bulletin.h"
#include "views/dialog.h"
#include "views/job.h"
#include "views/shell.h"
#include "views/shell_info.h"

static enum view_result open_shell(struct shell *sh, enum views_place place)
{
    /* As in tmux: beside a shell another one in the same directory. */
    cleanup_free char *cwd = xstrdup(sh->attachment ? term_cwd(shell_term(sh)) : "");
    struct shell_wish wish = {.cwd = cwd, .cwd_inherited = true};

    if (!views_refuse_readonly(sh->env))
        shell_open_in(sh->env, sh->sandbox_id, NULL, SHELL_NEW, place, &wish);
    return VIEW_HANDLED;
}

static enum view_result verb_tab(struct shell *sh)
{
    return open_shell(sh, PLACE_TAB);
}

static enum view_result verb_right(struct shell *sh)
{
    return open_shell(sh, PLACE_RIGHT);
}

static enum view_result verb_down(struct shell *sh)
{
    return open_shell(sh, PLACE_BELOW);
}

/* --- end --- */
static void close_panes(struct views_env *env, const struct attachment *a)
{
    struct view *v;

    while ((v = shell_showing(env, a)))
        tui_close(env->tui, v);
}

static void on_kill_answer(struct views_env *env, void *user, bool yes)
{
    struct attachment *a = user;
    char label[256];

    if (yes && !*attachment_ended(a)) {
        struct job *job = job_create(env, "ended", "terminals");
        struct job_step *s = job_add(job, terminals_label(env, a, label, sizeof label));

        job_step_hold(s, attachment_ref(a));
        job_step_request(
            s, terminal_destroy(attachment_remote(a), attachment_id(a), job_step_done, s));
        job_start(job);
    }
    if (yes) {
        terminals_remove(env, a);
        close_panes(env, a);
    }
    attachment_release(a);
}

static enum view_result verb_kill(struct shell *sh)
{
    struct confirm question;
    char label[256];

    if (!sh->attachment)
        return VIEW_CLOSE;
    if (views_refuse_readonly(sh->env))
        return VIEW_HANDLED;
    if (shell_ended(sh)) {
        terminals_remove(sh->env, sh->attachment);
        return VIEW_CLOSE;
    }
    confirm_init(&question, "End this terminal", "end", "What runs in it is killed.");
    confirm_add(&question, terminals_label(sh->env, sh->attachment, label, sizeof label));
    confirm_dialog_open(sh->env, &question, on_kill_answer, attachment_ref(sh->attachment));
    return VIEW_HANDLED;
}

/* --- about --- */
static enum view_result verb_info(struct shell *sh)
{
    if (sh->attachment)
        shell_info_open(sh);
    return VIEW_HANDLED;
}

static enum view_result verb_messages(struct shell *sh)
{
    if (sh->bulletin)
        bulletin_read(sh->bulletin);
    return VIEW_HANDLED;
}

static enum view_result verb_send_prefix(struct shell *sh)
{
    cleanup_buf struct buf bytes = {0};

    if (sh->phase != SHELL_LIVE || sh->observe || shell_ended(sh))
        return VIEW_HANDLED;
    if (broadcast_reaches(sh->env, sh->attachment)) {
        broadcast_key(sh->env, sh->env->prefix);
        return VIEW_HANDLED;
    }
    term_encode_key(shell_term(sh), sh->env->prefix, &bytes);
    shell_send(sh, bytes.data, bytes.len);
    return VIEW_HANDLED;
}

/* --- several at once --- */
static enum view_result verb_mark(struct shell *sh)
{
    if (sh->phase != SHELL_LIVE || shell_ended(sh) || sh->observe)
        tui_toast(sh->env->tui, ROLE_WARN, "Only a terminal that takes keys can be marked");
    else if (!views_refuse_readonly(sh->env))
        broadcast_mark(sh->env, sh->attachment);
    return VIEW_HANDLED;
}

static enum view_result verb_broadcast(struct shell *sh)
{
    broadcast_toggle(sh->env);
    return VIEW_HANDLED;
}

static enum view_result verb_record(struct shell *sh)
{
    if (sh->attachment && !shell_ended(sh))
        attachment_record(sh->attachment);
    return VIEW_HANDLED;
}

static enum view_result verb_record_pause(struct shell *sh)
{
    if (sh->attachment)
        attachment_record_pause(sh->attachment);
    return VIEW_HANDLED;
}

/* q while watching goes back as in any view. */
static enum view_result verb_copy_leave(struct shell *sh)
{
    if (!copy_is_on(&sh->copy))
        return VIEW_CLOSE;
    shell_copy_leave(sh);
    return VIEW_HANDLED;
}

/* The same key leaves copy mode, and begins to type where one only watched. */
static enum view_result verb_copy_insert(struct shell *sh)
{
    if (copy_is_on(&sh->copy) || !sh->observe)
        return verb_copy_leave(sh);
    if (views_refuse_readonly(sh->env))
        return VIEW_HANDLED;
    sh->how = SHELL_JOIN;
    shell_show(sh, sh->attachment, false);
    return VIEW_HANDLED;
}

/* Who took part goes back to where they came from. */
static enum view_result verb_leave(struct shell *sh)
{
    return sh->join ? VIEW_CLOSE : VIEW_IGNORED;
}

void shell_paste_copied(struct shell *sh, const char *text)
{
    if (sh->phase != SHELL_LIVE || sh->observe || shell_ended(sh))
        tui_toast(sh->env->tui, ROLE_WARN, "Not pasted: this terminal takes no keys");
    else if (!views_refuse_readonly(sh->env))
        sh->view->ops->paste(sh->view, text, strlen(text));
}

static enum view_result verb_paste_buffer(struct shell *sh)
{
    const char *text = views_buffer(sh->env);

    if (text)
        shell_paste_copied(sh, text);
    else
        tui_toast(sh->env->tui, ROLE_WARN, "Nothing has been copied yet");
    return VIEW_HANDLED;
}

static enum view_result verb_refresh(struct shell *sh)
{
    if (sh->attachment)
        remote_retry(attachment_remote(sh->attachment));
    return VIEW_IGNORED;
}

enum view_result shell_act(struct view *v, const char *action)
{
    static const struct {
        const char *action;
        enum view_result (*run)(struct shell *sh);
    } verbs[] = {
        {"shell-tab", verb_tab},         {"split-right", verb_right},
        {"split-down", verb_down},       {"shell-kill", verb_kill},
        {"shell-info", verb_info},       {"messages", verb_messages},
        {"pane-mark", verb_mark},        {"broadcast", verb_broadcast},
        {"record", verb_record},         {"record-pause", verb_record_pause},
        {"predict", shell_predict},      {"send-prefix", verb_send_prefix},
        {"copy-leave", verb_copy_leave}, {"copy-insert", verb_copy_insert},
        {"leave", verb_leave},           {"paste-buffer", verb_paste_buffer},
        {"refresh", verb_refresh},
    };
    struct shell *sh = v->data;
    int count = copy_take_count(&sh->copy);

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].action, action) == 0)
            return verbs[i].run(sh);
    return shell_copy_act(sh, action, count);
}
