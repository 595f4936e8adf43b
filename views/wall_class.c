/* SPDX-License-Identifier: MIT
 *
 * form or question → a request for each target → one line with the result (views/job.h).
 */
#include "views/wall_class.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "client/classroom.h"
#include "client/token.h"
#include "views/bulletin.h"
#include "views/dialog.h"
#include "views/file_wait.h"
#include "views/job.h"
#include "views/terminals.h"

char *wall_person(char out[WALL_PERSON_SIZE])
{
    const char *user = getenv("USER");

    /* Nobody in a class knows who root is. */
    user = user && *user && strcmp(user, "root") != 0 ? user : "the instructor";
    return text_sanitise(out, WALL_PERSON_SIZE, user, strlen(user));
}

/* Targets, kept while a dialog is open: tiles come and go meanwhile. */
struct target {
    char *sandbox_id, *terminal_id, *name; /* owned */
};

struct errand {
    struct views_env *env;
    size_t n;
    struct target targets[];
};

static void errand_destroy(void *user)
{
    struct errand *e = user;

    for (size_t i = 0; e && i < e->n; i++) {
        free(e->targets[i].sandbox_id);
        free(e->targets[i].terminal_id);
        free(e->targets[i].name);
    }
    free(e);
}

/* Terminals, or one for each sandbox. NULL, and said so, when there is none. */
static struct errand *errand_of(struct wall *w, bool by_sandbox)
{
    struct wall_tile **tiles;
    size_t n = wall_targets(w, &tiles);
    struct errand *e = xcalloc(1, sizeof *e + n * sizeof e->targets[0]);

    e->env = w->env;
    for (size_t i = 0; i < n; i++) {
        const struct wall_tile *t = tiles[i];
        size_t k = 0;

        if (!t->source || !t->source->remote || (!by_sandbox && !wall_tile_is_live(t)))
            continue;
        while (by_sandbox && k < e->n && strcmp(e->targets[k].sandbox_id, t->sandbox_id) != 0)
            k++;
        if (by_sandbox && k < e->n)
            continue;
        e->targets[e->n++] =
            (struct target){xstrdup(t->sandbox_id), xstrdup(t->terminal_id), xstrdup(t->name)};
    }
    free(tiles);
    if (e->n)
        return e;
    tui_toast(w->env->tui, ROLE_WARN, "There is nobody to do that with");
    errand_destroy(e);
    return NULL;
}

static void on_freeze_done(void *user, const struct freeze *f, const struct err *e)
{
    job_step_done(user, e);
}

static void on_notice_done(void *user, const struct notice *n, const struct err *e)
{
    job_step_done(user, e);
}

static void abort_nothing(void *user)
{
}

/* --- a message --- */

static const struct form_field message_fields[] = {
    {.label = "Message", .required = true, .help = "stands above their terminal until dismissed"},
    {.label = "Link", .placeholder = "none", .help = "http, https, or a path there"},
};

static void notify(struct errand *e, const struct notice *notice, const char *done)
{
    struct job *job = job_create(e->env, done, "sandboxes");

    bulletin_sent(e->env, notice);
    for (size_t i = 0; i < e->n; i++) {
        struct remote *r = fleet_remote(e->env->fleet, e->targets[i].sandbox_id);
        struct job_step *step = job_add(job, e->targets[i].name);

        job_step_request(step, classroom_notify(r, notice, on_notice_done, step));
        remote_release(r);
    }
    job_start(job);
}

static void send_message(void *user, struct view *dialog, struct form *f)
{
    char person[WALL_PERSON_SIZE];
    struct notice notice = {.text = form_text(f, 0),
                            .from = wall_person(person),
                            .url = *form_text(f, 1) ? form_text(f, 1) : NULL};

    notify(user, &notice, "told");
    form_dialog_done(dialog);
}

static const struct form_dialog_ops message_ops = {send_message, abort_nothing, errand_destroy};

static enum view_result message(struct wall *w)
{
    struct errand *e = errand_of(w, true);
    struct form form;

    if (!e)
        return VIEW_HANDLED;
    form_init(&form, e->n > 1 ? "Message to all of these" : "Message", "send", message_fields,
              ARRAY_LEN(message_fields));
    form_dialog_open(w->env, &form, &message_ops, e);
    return VIEW_HANDLED;
}

/* --- freezing --- */

static const struct form_field freeze_fields[] = {
    {.label = "For",
     .kind = FORM_DURATION,
     .initial = "1m",
     .max = FREEZE_MAX_S * INT64_C(1000),
     .help = "their input is refused so long, yours is not; empty: not any more"},
};

static void freeze_all(struct errand *e, int seconds)
{
    struct job *job = job_create(e->env, seconds ? "froze" : "thawed", "terminals");
    char person[WALL_PERSON_SIZE];

    wall_person(person);
    for (size_t i = 0; i < e->n; i++) {
        struct remote *r = fleet_remote(e->env->fleet, e->targets[i].sandbox_id);
        struct job_step *step = job_add(job, e->targets[i].name);

        job_step_request(step, classroom_freeze(r, e->targets[i].terminal_id, seconds, person,
                                                on_freeze_done, step));
        remote_release(r);
    }
    job_start(job);
}

static void send_freeze(void *user, struct view *dialog, struct form *f)
{
    freeze_all(user, (int)((form_number(f, 0) + 999) / 1000));
    form_dialog_done(dialog);
}

static const struct form_dialog_ops freeze_ops = {send_freeze, abort_nothing, errand_destroy};

static enum view_result freeze(struct wall *w)
{
    struct errand *e = errand_of(w, false);
    struct form form;

    if (!e)
        return VIEW_HANDLED;
    form_init(&form, e->n > 1 ? "Freeze the input of all of these" : "Freeze its input", "freeze",
              freeze_fields, ARRAY_LEN(freeze_fields));
    form_dialog_open(w->env, &form, &freeze_ops, e);
    return VIEW_HANDLED;
}

/* --- hands --- */

static enum view_result lower_hands(struct wall *w)
{
    struct errand *e = errand_of(w, false);

    if (!e)
        return VIEW_HANDLED;
    struct job *job = job_create(w->env, "took down the hand of", "terminals");
    for (size_t i = 0; i < e->n; i++) {
        struct remote *r = fleet_remote(w->env->fleet, e->targets[i].sandbox_id);
        struct job_step *step = job_add(job, e->targets[i].name);

        job_step_request(
            step, classroom_hand(r, e->targets[i].terminal_id, false, NULL, job_step_done, step));
        remote_release(r);
    }
    job_start(job);
    errand_destroy(e);
    return VIEW_HANDLED;
}

/* --- presenting --- */

/* One target gets a link of its own to what is presented, for watching only, as a notice. A host
 * without the extension `observe` would give a link with all rights, so it is asked first. */
struct invitation {
    struct job_step *step;
    struct views_env *env;
    char *sandbox_id;      /* owned: who is invited */
    char *redirect;        /* owned */
    struct remote *remote; /* a reference: of what is presented */
};

static void invitation_destroy(void *user)
{
    struct invitation *i = user;

    remote_release(i->remote);
    free(i->sandbox_id);
    free(i->redirect);
    free(i);
}

static void on_invited(void *user, const struct notice *n, const struct err *e)
{
    job_step_done(((struct invitation *)user)->step, e);
}

static void on_link(void *user, const struct magic_link *link, const struct err *e)
{
    struct invitation *i = user;
    char person[WALL_PERSON_SIZE];

    if (e) {
        job_step_done(i->step, e);
        return;
    }
    cleanup_free char *text =
        xasprintf("%s shows you a terminal: open the link to watch it.", wall_person(person));
    struct notice notice = {.text = text, .from = person, .url = link->url};
    struct remote *r = fleet_remote(i->env->fleet, i->sandbox_id);
    bulletin_sent(i->env, &notice);
    job_step_request(i->step, classroom_notify(r, &notice, on_invited, i));
    remote_release(r);
}

static void on_info(void *user, const struct remote_info *info, const struct err *e)
{
    struct invitation *i = user;
    struct err none;

    if (!e && !info->has_observe)
        err_set(&none, ERR_UNSUPPORTED, "its host knows no links for watching only");
    if (e || !info->has_observe)
        job_step_done(i->step, e ? e : &none);
    else
        job_step_request(i->step, magic_link_create(i->remote,
                                                    &(struct magic_link_options){
                                                        .redirect = i->redirect, .observe = true},
                                                    on_link, i));
}

static void present(struct views_env *env, void *user, const char *value)
{
    struct errand *e = user;
    const char *terminal = strchr(value, '\n');
    cleanup_free char *sandbox = terminal ? xstrndup(value, (size_t)(terminal - value)) : NULL;

    if (!sandbox)
        return;
    struct job *job = job_create(env, "showed it to", "sandboxes");
    for (size_t i = 0; i < e->n; i++) {
        struct invitation *v = xcalloc(1, sizeof *v);

        v->env = env;
        v->step = job_add(job, e->targets[i].name);
        v->sandbox_id = xstrdup(e->targets[i].sandbox_id);
        v->redirect = xasprintf("/play/#terminal=%s", terminal + 1);
        v->remote = fleet_remote(env->fleet, sandbox);
        job_step_own(v->step, v, invitation_destroy);
        job_step_request(v->step, remote_info(v->remote, on_info, v));
    }
    job_start(job);
}

static enum view_result choose_to_present(struct wall *w)
{
    struct views_env *env = w->env;
    struct errand *e = env->state->n_open ? errand_of(w, true) : NULL;
    struct picker picker;
    char label[256];

    if (!env->state->n_open)
        tui_toast(env->tui, ROLE_WARN, "Open the terminal you want to show first");
    if (!e)
        return VIEW_HANDLED;
    cleanup_free char *title = xasprintf("Show which terminal to %zu?", e->n);
    picker_init(&picker, e->n > 1 ? title : "Show which terminal?", "show");
    for (size_t i = 1; i <= env->state->n_open; i++) {
        struct attachment *a = terminals_at(env, i);
        cleanup_free char *value = xasprintf("%s\n%s", attachment_sandbox_id(a), attachment_id(a));

        if (!*attachment_ended(a))
            picker_add(&picker, NULL, terminals_label(env, a, label, sizeof label), NULL, NULL,
                       value);
    }
    picker_dialog_open(env, &picker, present, e, errand_destroy);
    return VIEW_HANDLED;
}

/* --- taking a message back --- */

/* Who is asked which messages stand there: the first of those meant. */
struct recall {
    struct errand *errand; /* owned */
    struct request *request;
    struct file_wait *wait;
};

static void recall_destroy(struct recall *r)
{
    errand_destroy(r->errand);
    free(r);
}

static void cancel_recall(void *user)
{
    struct recall *r = user;

    request_cancel(r->request);
    recall_destroy(r);
}

/* What makes a message the same one in several sandboxes. */
static char *message_key(const struct notice *n)
{
    return xasprintf("%s\n%s", n->from, n->text);
}

/* One target: its messages are asked for, and the one that is meant is deleted. */
struct withdrawal {
    struct job_step *step;
    struct remote *remote; /* a reference */
    char *key;             /* owned */
};

static void withdrawal_destroy(void *user)
{
    struct withdrawal *d = user;

    remote_release(d->remote);
    free(d->key);
    free(d);
}

static void on_standing(void *user, const struct notice *all, size_t n, const struct err *e)
{
    struct withdrawal *d = user;
    struct err none;

    for (size_t i = n; i-- > 0;) {
        cleanup_free char *key = message_key(&all[i]);

        if (strcmp(key, d->key) != 0)
            continue;
        job_step_request(d->step,
                         classroom_notice_delete(d->remote, all[i].id, job_step_done, d->step));
        return;
    }
    err_set(&none, ERR_NOT_FOUND, "that message does not stand there");
    job_step_done(d->step, e ? e : &none);
}

static void withdraw(struct views_env *env, void *user, const char *value)
{
    const struct errand *e = user;
    struct job *job = job_create(env, "took it back from", "sandboxes");

    for (size_t i = 0; i < e->n; i++) {
        struct withdrawal *d = xcalloc(1, sizeof *d);

        d->step = job_add(job, e->targets[i].name);
        d->remote = fleet_remote(env->fleet, e->targets[i].sandbox_id);
        d->key = xstrdup(value);
        job_step_own(d->step, d, withdrawal_destroy);
        job_step_request(d->step, classroom_notices(d->remote, on_standing, d));
    }
    job_start(job);
}

static void choose_to_withdraw(struct recall *r, const struct notice *all, size_t n)
{
    struct errand *e = steal_pointer(&r->errand);
    struct picker picker;

    cleanup_free char *title = xasprintf("Take back which message to %zu?", e->n);
    picker_init(&picker, e->n > 1 ? title : "Take back which message?", "take back");
    for (size_t i = n; i-- > 0;) {
        cleanup_free char *key = message_key(&all[i]);
        char text[256], from[WALL_PERSON_SIZE];

        picker_add(&picker, NULL,
                   text_sanitise(text, sizeof text, all[i].text, strlen(all[i].text)), NULL,
                   text_sanitise(from, sizeof from, all[i].from, strlen(all[i].from)), key);
    }
    picker_dialog_open(e->env, &picker, withdraw, e, errand_destroy);
}

static void on_messages(void *user, const struct notice *all, size_t n, const struct err *e)
{
    struct recall *r = user;
    struct views_env *env = r->errand->env;

    file_wait_end(r->wait);
    if (e)
        views_toast_error(env, e);
    else if (!n)
        tui_toast(env->tui, ROLE_WARN, "There are no messages to %s", r->errand->targets[0].name);
    else
        choose_to_withdraw(r, all, n);
    recall_destroy(r);
}

static enum view_result recall(struct wall *w)
{
    struct errand *e = errand_of(w, true);

    if (!e)
        return VIEW_HANDLED;
    struct recall *r = xcalloc(1, sizeof *r);
    struct remote *remote = fleet_remote(w->env->fleet, e->targets[0].sandbox_id);
    r->errand = e;
    r->wait = file_wait_begin(w->env, cancel_recall, r, "asking for the messages to %s",
                              e->targets[0].name);
    r->request = classroom_notices(remote, on_messages, r);
    remote_release(remote);
    return VIEW_HANDLED;
}

enum view_result wall_class_act(struct wall *w, const char *action)
{
    static const struct {
        const char *action;
        enum view_result (*run)(struct wall *w);
    } verbs[] = {
        {"wall-message", message},
        {"wall-recall", recall},
        {"wall-freeze", freeze},
        {"wall-hand-down", lower_hands},
        {"wall-present", choose_to_present},
    };

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].action, action) == 0)
            return views_refuse_readonly(w->env) ? VIEW_HANDLED : verbs[i].run(w);
    }
    return VIEW_IGNORED;
}
