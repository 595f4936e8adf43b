/* SPDX-License-Identifier: MIT */
#include "tests/views/two_shells.h"

#include <string.h>

#include "views/attachment.h"
#include "views/state.h"
#include "wire/names.h"

static bool has_settled(const struct stage *s, const char *terminal)
{
    for (size_t i = 0; i < s->env.state->n_open; i++)
        if (strcmp(attachment_id(s->env.state->open[i]), terminal) == 0)
            return attachment_settled(s->env.state->open[i]);
    return false;
}

void two_shells_await(struct stage *s, int n, const char *terminal, const char *output)
{
    await(&s->loop, 20000, s->n_attached == n);
    stage_output_of(s, terminal, output);
    stage_await(s, output);
    /* What comes from now on is news. */
    await(&s->loop, 20000, has_settled(s, terminal));
}

struct stage *two_shells_open(int rows, int cols)
{
    struct stage *s = stage_open_synced(rows, cols);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    stage_keys(s, "Enter");
    two_shells_await(s, 1, "t1", "first shell");
    stage_keys(s, "C-b %");
    two_shells_await(s, 2, "t2", "second shell");
    return s;
}

void two_shells_end(struct stage *s, const char *terminal, const char *reason)
{
    cleanup_free char *channel = xasprintf("terminal:%s", terminal);
    struct message m;

    message_init(&m, MSG_TERMINAL_DESTROYED, SLICE(channel));
    message_add_string(&m, "id", SLICE(terminal));
    message_add_string(&m, "reason", SLICE(reason));
    conn_message(s->shell, &m, false);
    message_finish(&m);
}
