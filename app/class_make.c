/* SPDX-License-Identifier: MIT
 *
 * Each seat goes: find the sandbox → make it if there is none → its terminals → make one if there
 * is none → a magic link → perhaps one for watching. Up to SEATS_AT_ONCE seats go side by side; one
 * that ends starts the next.
 */
#include "app/class_make.h"

#include <signal.h>
#include <string.h>

#include "app/say.h"
#include "base/alloc.h"
#include "client/token.h"

#define SEATS_AT_ONCE 6

static void start_more(struct class_make *m);

const char *seat_word(const struct seat *seat)
{
    static const char *const words[] = {[SEAT_WAITING] = "not reached",
                                        [SEAT_BUSY] = "not reached",
                                        [SEAT_KEPT] = "kept",
                                        [SEAT_CREATED] = "created",
                                        [SEAT_FAILED] = "failed"};

    return words[seat->state];
}

static void end_seat(struct seat *seat, const struct err *e)
{
    struct class_make *m = seat->make;

    seat->state = e ? SEAT_FAILED : seat->is_new ? SEAT_CREATED : SEAT_KEPT;
    if (e)
        seat->err = *e;
    m->n_ended++;
    m->n_busy--;
    say("%zu/%zu %s: %s%s%s", m->n_ended, m->n, seat->student->name, seat_word(seat), e ? ": " : "",
        e ? e->text : "");
    start_more(m);
}

/* --- the links --- */

static void ask_link(struct seat *seat, bool observe);

static void on_link(void *user, const struct magic_link *l, const struct err *e)
{
    struct seat *seat = user;
    bool is_first = !seat->link;

    seat->request = NULL;
    if (e) {
        end_seat(seat, e);
        return;
    }
    *(is_first ? &seat->link : &seat->watch) = xstrdup(l->url);
    if (is_first || l->expires_ms < seat->expires_ms)
        seat->expires_ms = l->expires_ms;
    if (is_first && seat->make->o->watch_links)
        ask_link(seat, true);
    else
        end_seat(seat, NULL);
}

static void ask_link(struct seat *seat, bool observe)
{
    const struct magic_link_options o = {
        .redirect = seat->redirect, .life_s = seat->make->o->link_life_s, .observe = observe};

    seat->request = magic_link_create(seat->remote, &o, on_link, seat);
}

/* --- the terminal --- */

/* The page goes to the terminal that the wall shows, not to one of its own. */
static void lead_to(struct seat *seat, const char *terminal)
{
    seat->redirect = xasprintf("/play/#terminal=%s", terminal);
    ask_link(seat, false);
}

static void on_terminal(void *user, const struct terminal_info *t, const struct err *e)
{
    struct seat *seat = user;

    seat->request = NULL;
    if (e)
        end_seat(seat, e);
    else
        lead_to(seat, t->id);
}

static void on_terminals(void *user, const struct terminal_info *all, size_t n, const struct err *e)
{
    struct seat *seat = user;
    size_t i = 0;

    seat->request = NULL;
    while (i < n && !all[i].pty)
        i++;
    if (e)
        end_seat(seat, e);
    else if (i < n)
        lead_to(seat, all[i].id);
    else
        seat->request = terminal_create(
            seat->remote, &(struct terminal_options){.rows = 24, .cols = 80}, on_terminal, seat);
}

/* --- the sandbox --- */

static void on_made(void *user, const struct sandbox_info *info, const struct err *e)
{
    struct seat *seat = user;

    seat->request = NULL;
    if (e) {
        end_seat(seat, e);
        return;
    }
    seat->id = xstrdup(info->id);
    seat->remote = remote_acquire(seat->make->session->gateway, info->id);
    seat->request = terminal_list(seat->remote, on_terminals, seat);
}

static void on_found(void *user, const struct sandbox_info *info, const struct err *e)
{
    struct seat *seat = user;
    struct create_options o = seat->make->o->create;

    if (e || info) {
        on_made(user, info, e);
        return;
    }
    seat->is_new = true;
    o.name = seat->student->name;
    /* Found by another run of this command meanwhile, it is taken as it is. */
    seat->request = gateway_find_or_create(seat->make->session->gateway, &o, on_made, seat);
}

static void start_more(struct class_make *m)
{
    while (!m->signal && m->n_busy < SEATS_AT_ONCE && m->n_started < m->n) {
        struct seat *seat = &m->seats[m->n_started++];

        seat->state = SEAT_BUSY;
        m->n_busy++;
        seat->request =
            gateway_find(m->session->gateway, m->o->create.ns, seat->student->name, on_found, seat);
    }
    if (!m->n_busy)
        m->session->done = true;
}

/* --- all of them --- */

static void on_signal(uv_signal_t *handle, int number)
{
    struct class_make *m = handle->data;

    m->signal = number;
    m->session->done = true;
}

static void on_closed(uv_handle_t *handle)
{
    handle->data = NULL;
}

void class_make_run(struct class_make *m, struct session *s, const struct class_list *l,
                    const struct class_options *o)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    uv_signal_t signals[ARRAY_LEN(numbers)];

    *m = (struct class_make){
        .session = s, .o = o, .seats = xcalloc(l->n, sizeof *m->seats), .n = l->n};
    for (size_t i = 0; i < l->n; i++)
        m->seats[i] = (struct seat){.student = &l->all[i], .make = m};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        uv_signal_init(&s->loop, &signals[i]);
        signals[i].data = m;
        uv_signal_start(&signals[i], on_signal, numbers[i]);
    }
    start_more(m);
    session_wait(s);
    for (size_t i = 0; i < m->n; i++) {
        request_cancel(steal_pointer(&m->seats[i].request));
        remote_release(steal_pointer(&m->seats[i].remote));
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        uv_close((uv_handle_t *)&signals[i], on_closed);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        while (signals[i].data)
            uv_run(&s->loop, UV_RUN_NOWAIT);
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void class_make_finish(struct class_make *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->seats[i].id);
        free(m->seats[i].redirect);
        wipe(m->seats[i].link);
        wipe(m->seats[i].watch);
    }
    free(m->seats);
    *m = (struct class_make){0};
}
