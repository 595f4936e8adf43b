/* SPDX-License-Identifier: MIT
 *
 * form → for each target (does the host know observers? →) a link → all of them in one handout.
 *
 * A host without the extension `observe` would give a link with all rights where one for watching
 * was meant, so it is asked first.
 */
#include "views/links.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/token.h"
#include "views/dialog.h"
#include "views/handout.h"

enum { MAY, OPENS, N_FIELDS };

struct link_target {
    struct links *links;
    char *id; /* owned */
    struct remote *remote;
    struct request *request;
    char *url; /* owned; NULL: none yet, or it failed */
};

struct links {
    struct views_env *env;
    struct view *dialog;
    struct link_target targets[LINKS_MAX];
    size_t n, n_left, n_failed;
    bool observe;
    char *redirect; /* owned; NULL: the host's */
    int64_t expires_ms;
    struct err error; /* the first */
};

static bool check_path(const char *value, char *reason, size_t cap)
{
    if (!*value || (*value == '/' && value[1] != '/' && value[1] != '\\'))
        return true;
    snprintf(reason, cap, "a path in the sandbox: /play/");
    return false;
}

static const char *const scopes[] = {"everything", "watch only", NULL};
static const struct form_field fields[N_FIELDS] = {
    [MAY] = {.label = "May",
             .kind = FORM_CHOICE,
             .choices = scopes,
             .help = "watch only: sees terminals and files, changes nothing"},
    [OPENS] = {.label = "Opens",
               .placeholder = "/play/",
               .check = check_path,
               .help = "the path the browser is sent to"},
};

static void cancel_all(struct links *l)
{
    for (size_t i = 0; i < l->n; i++)
        request_cancel(steal_pointer(&l->targets[i].request));
}

static void forget_url(struct link_target *t)
{
    if (t->url)
        explicit_bzero(t->url, strlen(t->url));
    free(steal_pointer(&t->url));
}

static void closed(void *user)
{
    struct links *l = user;

    cancel_all(l);
    for (size_t i = 0; i < l->n; i++) {
        forget_url(&l->targets[i]);
        remote_release(l->targets[i].remote);
        free(l->targets[i].id);
    }
    free(l->redirect);
    free(l);
}

static void abort_all(void *user)
{
    struct links *l = user;

    cancel_all(l);
    tui_toast(l->env->tui, ROLE_WARN, "Not waited for; a link nobody has seen ends by itself");
}

/* --- the answers --- */

static char *note_of(const struct links *l)
{
    char iso[CLOCK_ISO_SIZE], span[CLOCK_SPAN_SIZE];
    cleanup_free char *failed =
        l->n_failed ? xasprintf(" %zu could not be made: %s.", l->n_failed, l->error.text)
                    : xstrdup("");

    if (!l->expires_ms)
        return xasprintf("Works once; whoever opens it first is in.%s", failed);
    clock_format_iso(iso, l->expires_ms);
    return xasprintf("Works once, for %s (until %.8s UTC); whoever opens it first is in.%s",
                     clock_format_span(span, l->expires_ms - clock_wall_ms()), iso + 11, failed);
}

static void show(struct links *l)
{
    char name[160];
    cleanup_free char *note = note_of(l);
    cleanup_free char *title =
        l->n == 1 ? xasprintf("Magic link of %s",
                              views_sandbox_name(l->env, l->targets[0].id, name, sizeof name))
                  : xasprintf("%zu magic links", l->n - l->n_failed);
    struct handout *h = handout_create(title, "the link", note, true);

    for (size_t i = 0; i < l->n; i++) {
        if (l->targets[i].url)
            handout_add(h, views_sandbox_name(l->env, l->targets[i].id, name, sizeof name),
                        l->targets[i].url);
    }
    handout_show(h, l->env);
}

static void answered(struct link_target *t, const struct err *e)
{
    struct links *l = t->links;
    char name[160];

    t->request = NULL;
    if (e && !l->n_failed++) {
        l->error = *e;
        if (l->n > 1)
            err_wrap(&l->error, "%s", views_sandbox_name(l->env, t->id, name, sizeof name));
    }
    if (--l->n_left)
        return;
    if (l->n_failed == l->n) {
        form_dialog_fail(l->dialog, &l->error);
        return;
    }
    show(l);
    form_dialog_done(l->dialog);
}

static void on_link(void *user, const struct magic_link *link, const struct err *e)
{
    struct link_target *t = user;

    if (link) {
        t->url = xstrdup(link->url);
        t->links->expires_ms = link->expires_ms;
    }
    answered(t, e);
}

static void on_info(void *user, const struct remote_info *info, const struct err *e)
{
    struct link_target *t = user;
    struct err no;

    t->request = NULL;
    if (!e && info->has_observe) {
        t->request = magic_link_create(
            t->remote,
            &(struct magic_link_options){.redirect = t->links->redirect, .observe = true}, on_link,
            t);
        return;
    }
    if (!e) {
        err_set(&no, ERR_UNSUPPORTED, "this host has no links for watching only");
        err_hint(&no, "a link to everything is all it can make");
        e = &no;
    }
    answered(t, e);
}

static void submit(void *user, struct view *dialog, struct form *f)
{
    struct links *l = user;

    struct magic_link_options o = {0};

    l->dialog = dialog;
    l->observe = strcmp(form_text(f, MAY), scopes[0]) != 0;
    free(l->redirect);
    l->redirect = *form_text(f, OPENS) ? xstrdup(form_text(f, OPENS)) : NULL;
    l->n_left = l->n;
    l->n_failed = 0;
    o.redirect = l->redirect;
    form_dialog_busy(dialog);
    for (size_t i = 0; i < l->n; i++) {
        struct link_target *t = &l->targets[i];

        forget_url(t);
        t->request = l->observe ? remote_info(t->remote, on_info, t)
                                : magic_link_create(t->remote, &o, on_link, t);
    }
}

static const struct form_dialog_ops ops = {submit, abort_all, closed};

void links_open(struct views_env *env, char *const *ids, size_t n)
{
    struct links *l;
    struct form form;

    if (!n || views_refuse_readonly(env))
        return;
    if (n > LINKS_MAX) {
        tui_toast(env->tui, ROLE_WARN, "At most %d links are made at once: mark fewer", LINKS_MAX);
        return;
    }
    l = xcalloc(1, sizeof *l);
    l->env = env;
    l->n = n;
    for (size_t i = 0; i < n; i++)
        l->targets[i] = (struct link_target){
            .links = l, .id = xstrdup(ids[i]), .remote = fleet_remote(env->fleet, ids[i])};
    form_init(&form, n > 1 ? "Magic links" : "Magic link", "make", fields, N_FIELDS);
    form_dialog_open(env, &form, &ops, l);
}
