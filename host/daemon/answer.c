/* SPDX-License-Identifier: MIT */
#include "host/daemon/answer.h"

#include <stdio.h>
#include <string.h>

#include "host/daemon/internal.h"
#include "host/daemon/session.h"
#include "host/daemon/socket_internal.h"
#include "wire/names.h"

static void tell(const struct subscription *sub)
{
    struct message m;
    char channel[64];
    int n = snprintf(channel, sizeof channel, CHANNEL_TERMINAL_PREFIX "%s", sub->terminal_id);

    message_init(&m, MSG_TERMINAL_ANSWERS, (struct slice){channel, (size_t)n});
    message_add_string(&m, "terminal_id", SLICE(sub->terminal_id));
    message_add_boolean(&m, "you", sub->answers);
    socket_send_message(sub->socket, &m);
    message_finish(&m);
}

void answer_begin(struct subscription *sub, const struct message *m, bool may_type)
{
    struct slice wish = message_string(m, "answers");

    sub->wish = !may_type                             ? ANSWER_NEVER
                : !wish.len                           ? ANSWER_ALWAYS
                : slice_equal(wish, ANSWERS_BY_FIRST) ? ANSWER_FIRST
                                                      : ANSWER_BY_HOST;
    answer_assign(sub->session);
    if (wish.len && !sub->answers)
        tell(sub);
}

void answer_assign(struct session *s)
{
    struct subscription *sub;
    bool is_left_to_us = false, has_terminal = false, has_other = false;

    TAILQ_FOREACH (sub, &s->subscriptions, of_session) {
        is_left_to_us |= sub->wish == ANSWER_FIRST || sub->wish == ANSWER_BY_HOST;
        has_other |= sub->wish == ANSWER_ALWAYS;
        has_terminal |= sub->wish == ANSWER_ALWAYS && sub->is_terminal;
    }
    s->answered = has_terminal || (has_other && !is_left_to_us);
    TAILQ_FOREACH (sub, &s->subscriptions, of_session) {
        bool was = sub->answers;

        if (sub->wish != ANSWER_FIRST)
            continue;
        sub->answers = !s->answered;
        s->answered = true;
        if (sub->answers != was)
            tell(sub);
    }
}

void answer_shown(struct socket *s, struct session *session)
{
    const char *id = session->terminal->id;
    struct subscription *sub = socket_find_subscription(s, id, strlen(id));

    if (!sub || sub->is_terminal)
        return;
    sub->is_terminal = true;
    answer_assign(session);
}

void answer_colours(struct socket *s, const struct message *m)
{
    struct terminal *t = terminal_find(&s->d->terminals, message_string(m, "terminal_id"));
    struct slice colours = message_string(m, "colours");
    struct term_theme theme;

    if (t && t->session && term_theme_read(&theme, colours.data, colours.len))
        term_set_theme(t->session->term, &theme);
}
