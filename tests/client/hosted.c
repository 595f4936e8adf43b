/* SPDX-License-Identifier: MIT */
#include "tests/client/hosted.h"

static void on_sandbox(void *user, const struct sandbox_info *s, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    snprintf(h->sandbox, sizeof h->sandbox, "%s", s ? s->id : "");
}

int hosted_setup(void **state)
{
    struct hosted *h = xcalloc(1, sizeof *h);

    uv_loop_init(&h->loop);
    real_start(&h->real, &h->loop);
    proxy_start(&h->proxy, &h->loop, h->real.port);
    h->client = client_create(&h->loop, NULL);
    h->gateway = gateway_create(h->client,
                                &(struct gateway_config){.url = h->proxy.url, .api_key = REAL_KEY});
    gateway_create_sandbox(h->gateway, &(struct create_options){.ns = "alice", .name = "demo"},
                           on_sandbox, h);
    hosted_answered(h);
    h->remote = remote_acquire(h->gateway, h->sandbox);
    *state = h;
    return 0;
}

static void on_closed(void *user)
{
    ((struct hosted *)user)->is_closed = true;
}

int hosted_teardown(void **state)
{
    struct hosted *h = *state;

    remote_release(h->remote);
    gateway_destroy(h->gateway);
    client_destroy(h->client, on_closed, h);
    /* What a failed test left open must not keep the host running. */
    proxy_stop(&h->proxy);
    real_stop(&h->real);
    loop_finish(&h->loop);
    assert_true(h->is_closed);
    buf_finish(&h->text);
    free(h);
    return 0;
}

int hosted_begin(void **state)
{
    struct hosted *h = *state;

    h->n_answers = 0;
    buf_clear(&h->text);
    return 0;
}

void hosted_take(struct hosted *h, const struct err *e)
{
    h->n_answers++;
    h->error = e ? *e : (struct err){0};
}

void hosted_on_done(void *user, const struct err *e)
{
    hosted_take(user, e);
}

void hosted_on_command(void *user, const struct command_result *c, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (c)
        buf_printf(&h->text, "%d %s%s", c->exit_code, c->out, c->err);
}

static void wait_for_answer(struct hosted *h)
{
    await(&h->loop, 20000, h->n_answers);
    assert_int_equal(h->n_answers, 1);
    h->n_answers = 0;
}

void hosted_answered(struct hosted *h)
{
    wait_for_answer(h);
    if (h->error.code)
        fail_msg("%s | %s", h->error.text, h->error.hint);
}

void hosted_answered_or_skip(struct hosted *h)
{
    wait_for_answer(h);
    if (h->error.http_status == 404 && strstr(h->error.text, "no such route"))
        skip();
    if (h->error.code)
        fail_msg("%s | %s", h->error.text, h->error.hint);
}

void hosted_failed(struct hosted *h, enum err_code code)
{
    wait_for_answer(h);
    if (h->error.code != code)
        fail_msg("not %d but %d: %s", code, h->error.code, h->error.text);
}

const char *hosted_text(struct hosted *h)
{
    static char *last;

    free(last);
    last = buf_steal(&h->text);
    return last;
}

bool hosted_saw(const struct hosted *h, const char *part)
{
    return h->text.len && memmem(h->text.data, h->text.len, part, strlen(part));
}

const char *hosted_run(struct hosted *h, const char *command)
{
    command_run(h->remote, &(struct command_options){.command = command}, hosted_on_command, h);
    hosted_answered(h);
    return hosted_text(h);
}
