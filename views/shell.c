/* SPDX-License-Identifier: MIT
 *
 * A terminal of a sandbox, filling its leaf. It comes on the screen at once and says what it waits
 * for: terminals are asked for, one is created if need be, then attached.
 */
#include "views/shell.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/classroom.h"
#include "views/broadcast.h"
#include "views/bulletin.h"
#include "views/company.h"
#include "views/layouts.h"
#include "views/wall_class.h"

static const char *const contexts[] = {"copy", "motion", NULL};

static const struct view_ops ops;

const char *shell_name(struct shell *sh)
{
    if (!sh->name[0] || fleet_find_id(sh->env->fleet, sh->sandbox_id))
        views_sandbox_name(sh->env, sh->sandbox_id, sh->name, sizeof sh->name);
    return sh->name;
}

const char *shell_known_name(struct shell *sh)
{
    const char *name = shell_name(sh);

    return strcmp(name, sh->sandbox_id) == 0 ? NULL : name;
}

void shell_call_it(struct shell *sh, const char *name)
{
    if (sh)
        text_sanitise(sh->name, sizeof sh->name, name, strlen(name));
}

static void set_phase(struct shell *sh, enum shell_phase phase)
{
    sh->phase = phase;
    sh->since_ms = clock_mono_ms();
    view_damage(sh->view);
}

/* --- letting go --- */
struct dropped {
    struct remote *remote;
    struct attachment *attachment;
    struct bulletin *bulletin;
    struct company *company;
};

static void nothing(struct views_env *env, void *data)
{
}

static void drop(void *data)
{
    struct dropped *d = data;

    remote_release(d->remote);
    attachment_release(d->attachment);
    bulletin_release(d->bulletin);
    company_release(d->company);
    free(d);
}

/* Later: this may run inside a callback of what goes. */
static void release(struct shell *sh)
{
    struct dropped *d = xcalloc(1, sizeof *d);

    request_cancel(steal_pointer(&sh->request));
    if (sh->attachment)
        attachment_unwatch(&sh->viewer);
    d->remote = steal_pointer(&sh->remote);
    d->attachment = steal_pointer(&sh->attachment);
    d->bulletin = steal_pointer(&sh->bulletin);
    d->company = steal_pointer(&sh->company);
    views_later(sh->env, nothing, d, drop);
    copy_leave(&sh->copy);
    shell_copy_forget(sh);
    participation_close(steal_pointer(&sh->participation));
    if (sh->join && d->attachment)
        attachment_undrive(d->attachment);
    sh->refused_at_ms = 0;
    sh->pan_row = sh->pan_col = 0;
    sh->pan_held = false;
}

static void close_view(struct view *v)
{
    struct shell *sh = v->data;

    release(sh);
    tick_destroy(sh->drag);
    copy_finish(&sh->copy);
    free(sh->sandbox_id);
    free(sh->terminal_id);
    free(sh->cwd);
    free(sh->shell);
    free(sh);
}

/* --- getting a terminal --- */
static void on_change(void *user)
{
    struct shell *sh = user;

    view_damage(sh->view);
}

static bool is_shown(void *user)
{
    const struct shell *sh = user;

    return view_is_shown(sh->view);
}

static bool has_focus(void *user)
{
    const struct shell *sh = user;

    return tui_focused(sh->env->tui) == sh->view;
}

static void own_size(const struct shell *sh, int *rows, int *cols)
{
    view_room(sh->view, rows, cols);
    if (*rows < 1 || *cols < 1) {
        *rows = 24;
        *cols = 80;
    }
}

static void resize(struct view *v, int rows, int cols)
{
    struct shell *sh = v->data;

    if (sh->attachment)
        attachment_resize(&sh->viewer, rows, cols);
}

static void take_part(struct shell *sh)
{
    char person[WALL_PERSON_SIZE];

    sh->participation = participation_open(attachment_remote(sh->attachment),
                                           attachment_id(sh->attachment), wall_person(person));
}

void shell_show(struct shell *sh, struct attachment *a, bool observe)
{
    attachment_ref(a);
    release(sh);
    sh->attachment = a;
    sh->observe = observe;
    if (strcmp(sh->sandbox_id, attachment_sandbox_id(a)) != 0) {
        free(sh->sandbox_id);
        sh->sandbox_id = xstrdup(attachment_sandbox_id(a));
        sh->name[0] = '\0';
    }
    sh->bulletin = bulletin_acquire(sh->env, sh->sandbox_id);
    sh->company = company_acquire(sh->env, sh->sandbox_id);
    sh->join = !observe && sh->how == SHELL_JOIN;
    sh->viewer.observes = observe || sh->join;
    attachment_watch(a, &sh->viewer);
    if (!observe)
        attachment_drive(a);
    if (sh->join)
        take_part(sh);
    else if (!observe)
        terminals_add(sh->env, a);
    if (sh->view->rows)
        resize(sh->view, sh->view->rows, sh->view->cols);
    if (tui_focused(sh->env->tui) == sh->view)
        attachment_focus(&sh->viewer);
    set_phase(sh, SHELL_LIVE);
    layouts_changed(sh->env);
}

static void attach(struct shell *sh, const struct terminal_info *t, bool observe)
{
    int rows = t->rows, cols = t->cols;

    if (rows <= 0 || cols <= 0)
        own_size(sh, &rows, &cols);
    struct attachment *a = attachment_acquire(sh->env, sh->sandbox_id, t->id, rows, cols);
    /* One that was attached here already is among the viewers itself. */
    if (t->n_viewers > 0 && !attachment_drives(a))
        attachment_yield_size(a);
    shell_show(sh, a, observe);
    attachment_release(a);
    shell_send_typed(sh);
}

static void fail(struct shell *sh, const struct err *e)
{
    sh->error = *e;
    set_phase(sh, SHELL_FAILED);
}

static void create(struct shell *sh);

/* Another pane's directory may be gone, or not for a new shell to enter: better one elsewhere than
 * none. One that was asked for by name is not replaced. */
static void on_refused(struct shell *sh, const struct err *e)
{
    if (sh->cwd && sh->cwd_inherited &&
        (e->code == ERR_ARG || e->code == ERR_NOT_FOUND || e->code == ERR_FORBIDDEN ||
         e->code == ERR_HTTP)) {
        free(steal_pointer(&sh->cwd));
        create(sh);
    } else {
        fail(sh, e);
    }
}

static void on_created(void *user, const struct terminal_info *t, const struct err *e)
{
    struct shell *sh = user;

    sh->request = NULL;
    if (e)
        on_refused(sh, e);
    else
        attach(sh, t, false);
}

static void create(struct shell *sh)
{
    struct terminal_options options = {0};

    own_size(sh, &options.rows, &options.cols);
    options.cwd = sh->cwd;
    options.shell = sh->shell;
    set_phase(sh, SHELL_CREATING);
    sh->request = terminal_create(sh->remote, &options, on_created, sh);
}

static bool is_wanted(const struct shell *sh, const struct terminal_info *t)
{
    if (sh->terminal_id)
        return strcmp(t->id, sh->terminal_id) == 0;
    /* Other states than these have no screen to look at any more. */
    return t->pty &&
           (!*t->status || strcmp(t->status, "running") == 0 || strcmp(t->status, "active") == 0);
}

static void on_listed(void *user, const struct terminal_info *t, size_t n, const struct err *e)
{
    struct shell *sh = user;
    struct err none;

    sh->request = NULL;
    if (e) {
        fail(sh, e);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (is_wanted(sh, &t[i])) {
            attach(sh, &t[i], sh->how == SHELL_OBSERVE);
            return;
        }
    }
    if (sh->how == SHELL_ATTACH && !sh->terminal_id) {
        create(sh);
        return;
    }
    err_set(&none, ERR_NOT_FOUND,
            sh->terminal_id ? "that terminal has ended" : "no terminal runs there");
    fail(sh, &none);
}

void shell_begin(struct shell *sh, const char *sandbox_id, const char *terminal_id,
                 enum shell_how how)
{
    struct attachment *open =
        how == SHELL_ATTACH && !terminal_id ? terminals_of(sh->env, sandbox_id) : NULL;
    char *id = xstrdup(sandbox_id), *terminal = terminal_id ? xstrdup(terminal_id) : NULL;

    release(sh);
    if (sh->sandbox_id && strcmp(sh->sandbox_id, id) != 0)
        sh->name[0] = '\0';
    free(sh->sandbox_id);
    free(sh->terminal_id);
    sh->sandbox_id = id;
    sh->terminal_id = terminal;
    sh->n_typed = 0;
    sh->typed_lost = false;
    sh->how = how;
    sh->observe = how == SHELL_OBSERVE;
    if (open) {
        shell_show(sh, open, false);
        return;
    }
    sh->remote = fleet_remote(sh->env->fleet, id);
    if (how == SHELL_NEW) {
        create(sh);
        return;
    }
    set_phase(sh, SHELL_LOOKING);
    sh->request = terminal_list(sh->remote, on_listed, sh);
}

static struct shell *create_view(struct views_env *env)
{
    struct shell *sh = xcalloc(1, sizeof *sh);

    sh->env = env;
    sh->viewer = (struct attachment_viewer){
        .on_change = on_change, .is_shown = is_shown, .has_focus = has_focus, .user = sh};
    sh->view = view_create(env->tui, &ops, sh);
    return sh;
}

static void shell_set_wish(struct shell *sh, const struct shell_wish *wish)
{
    free(sh->cwd);
    free(sh->shell);
    sh->cwd = wish->cwd && *wish->cwd ? xstrdup(wish->cwd) : NULL;
    sh->shell = wish->shell && *wish->shell ? xstrdup(wish->shell) : NULL;
    sh->cwd_inherited = wish->cwd_inherited;
    sh->lines_back = wish->lines_back;
}

static bool place_view(struct views_env *env, struct view *v, enum views_place place)
{
    switch (place) {
    case PLACE_TAB:
        return tui_tab_open(env->tui, v);
    case PLACE_RIGHT:
    case PLACE_BELOW:
        return tui_split(env->tui, place == PLACE_BELOW, v);
    default:
        tui_show(env->tui, v);
        return true;
    }
}

void shell_view_open(struct views_env *env, const char *sandbox_id, const char *terminal_id,
                     enum shell_how how, enum views_place place)
{
    shell_open_in(env, sandbox_id, terminal_id, how, place, &(struct shell_wish){0});
}

void shell_open_in(struct views_env *env, const char *sandbox_id, const char *terminal_id,
                   enum shell_how how, enum views_place place, const struct shell_wish *wish)
{
    struct view *focused = tui_focused(env->tui);
    cleanup_free char *id = xstrdup(sandbox_id); /* may be that of a view that changes */

    /* From a shell to a shell is a switch, not another layer to come back from. */
    if (place == PLACE_HERE && focused && focused->ops == &ops) {
        struct shell *present = focused->data;

        shell_set_wish(present, wish);
        shell_begin(present, id, terminal_id, how);
        return;
    }
    struct shell *sh = create_view(env);
    shell_set_wish(sh, wish);
    /* Placed before it begins: a terminal is created in the size of its pane. */
    if (place_view(env, sh->view, place))
        shell_begin(sh, id, terminal_id, how);
    else
        tui_close(env->tui, sh->view);
}

void shell_open_attached(struct views_env *env, struct attachment *a)
{
    struct shell *sh = shell_of_view(tui_focused(env->tui));

    if (!sh) {
        sh = create_view(env);
        sh->sandbox_id = xstrdup(attachment_sandbox_id(a));
        place_view(env, sh->view, PLACE_HERE);
    }
    shell_show(sh, a, !attachment_drives(a));
}

struct shell *shell_of_view(struct view *v)
{
    return v && v->ops == &ops ? v->data : NULL;
}

struct view *shell_showing(struct views_env *env, const struct attachment *a)
{
    for (struct view *v = tui_each_shown(env->tui, NULL); v; v = tui_each_shown(env->tui, v))
        if (v->ops == &ops && ((struct shell *)v->data)->attachment == a)
            return v;
    return NULL;
}

/* --- the view --- */
/* A driven terminal loses the prefix key and nothing else; looking back, watching and waiting have
 * bindings like any list. */
static bool grabs_keys(struct view *v)
{
    const struct shell *sh = v->data;

    return sh->phase != SHELL_LIVE ||
           ((!copy_is_on(&sh->copy) && !sh->observe) || sh->copy.prompting || sh->copy.count);
}

static void update(struct view *v, int rows, int cols)
{
    struct shell *sh = v->data;

    resize(v, rows, cols);
    if ((sh->find || sh->lines_back) && sh->attachment && attachment_settled(sh->attachment))
        shell_copy_go(sh);
    copy_resize(&sh->copy, rows, cols);
    if (copy_step(&sh->copy))
        view_tick(v, 1);
}

static char mark(struct view *v)
{
    const struct shell *sh = v->data;

    return sh->attachment ? attachment_news(sh->attachment) : 0;
}

static bool alarmed(struct view *v)
{
    const struct shell *sh = v->data;

    return broadcast_reaches(sh->env, sh->attachment);
}

static bool must_leave(struct view *v)
{
    const struct shell *sh = v->data;

    return sh->phase == SHELL_LIVE && (sh->observe || copy_is_on(&sh->copy));
}

static const struct view_ops ops = {
    .name = "shell",
    .contexts = contexts,
    .close = close_view,
    .update = update,
    .draw = shell_draw,
    .act = shell_act,
    .key = shell_key,
    .paste = shell_paste,
    .mouse = shell_mouse,
    .focus = shell_focus,
    .resize = resize,
    .title = shell_title,
    .hints = shell_hints,
    .must_leave = must_leave,
    .cursor = shell_cursor,
    .grabs_keys = grabs_keys,
    .mark = mark,
    .alarmed = alarmed,
};
