/* SPDX-License-Identifier: MIT
 *
 * what a run has written so far, then what it writes → lines; its end as a remark.
 */
#include "views/commands_output.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "views/stream.h"

#define OUTPUTS_MAX     64
#define OUTPUT_LINE_MAX (64 * 1024)

struct source {
    struct output *output;
    struct run *run; /* a reference */
    struct run_listener listener;
    uint16_t number;
    struct buf rest; /* an unfinished line */
    bool told_end;
};

struct output {
    struct views_env *env;
    struct stream *stream;
    struct source *sources[OUTPUTS_MAX]; /* owned */
    size_t n;
};

static void end_line(struct source *s)
{
    stream_line(s->output->stream, s->number, s->rest.data ? s->rest.data : "", s->rest.len);
    s->rest.len = 0;
}

static void on_output(void *user, const char *bytes, size_t n)
{
    struct source *s = user;

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n' || s->rest.len >= OUTPUT_LINE_MAX)
            end_line(s);
        if (bytes[i] != '\n')
            buf_append_char(&s->rest, bytes[i]);
    }
}

static void update_sign(struct output *o)
{
    size_t n_lost = 0;

    for (size_t i = 0; i < o->n; i++)
        n_lost += o->sources[i]->run->link_lost;
    stream_sign(o->stream, ROLE_STATUS_ALERT,
                n_lost ? "\xe2\x9c\x97 connection lost, trying again; it runs on" : "");
}

static void tell_end(struct source *s)
{
    const struct run *run = s->run;
    char span[CLOCK_SPAN_SIZE];
    cleanup_free char *text = NULL;

    if (s->told_end || !run_is_over(run))
        return;
    s->told_end = true;
    if (s->rest.len)
        end_line(s);
    if (run->state == RUN_FAILED)
        text = xasprintf("%s%s%s", run->error.text, *run->error.hint ? ": " : "", run->error.hint);
    else
        text = xasprintf("exit %d after %s%s", run->exit_code,
                         run_format_took(span, run_took_ms(run), false),
                         run->timed_out ? ", ended by its timeout" : "");
    stream_remark(s->output->stream, s->number, text);
}

static void on_change(void *user)
{
    struct source *s = user;

    tell_end(s);
    update_sign(s->output);
}

/* --- the view --- */

static void close_output(void *user)
{
    struct output *o = user;

    for (size_t i = 0; i < o->n; i++) {
        run_unlisten(&o->sources[i]->listener);
        run_release(o->sources[i]->run);
        buf_finish(&o->sources[i]->rest);
        free(o->sources[i]);
    }
    free(o);
}

static void title(void *user, struct buf *out)
{
    const struct output *o = user;
    char name[160], text[80];

    if (o->n != 1) {
        buf_printf(out, " of %zu commands", o->n);
        return;
    }
    const struct run *run = o->sources[0]->run;
    buf_printf(out, " %s %s", views_sandbox_name(o->env, run->sandbox_id, name, sizeof name),
               run->state == RUN_RUNNING ? "\xe2\x97\x8f" : "");
    if (run->state == RUN_ENDED)
        buf_printf(out, "exit %d", run->exit_code);
    buf_printf(out, " %s", text_sanitise(text, sizeof text, run->text, strlen(run->text)));
}

static size_t sandboxes(void *user, const char **ids, size_t cap)
{
    const struct output *o = user;
    size_t n = 0;

    for (size_t i = 0; i < o->n && n < cap; i++)
        ids[n++] = o->sources[i]->run->sandbox_id;
    return n;
}

static enum view_result act(void *user, const char *action)
{
    struct output *o = user;
    size_t n = 0;

    if (strcmp(action, "command-kill") == 0) {
        if (views_refuse_readonly(o->env))
            return VIEW_HANDLED;
        for (size_t i = 0; i < o->n; i++)
            n += run_kill(o->sources[i]->run);
        tui_toast(o->env->tui, ROLE_STATUS,
                  n ? "Asked to end\xe2\x80\xa6" : "It has ended already");
        return VIEW_HANDLED;
    }
    if (strcmp(action, "command-again") != 0)
        return VIEW_IGNORED;
    if (views_refuse_readonly(o->env))
        return VIEW_HANDLED;
    struct output *again = output_create(o->env);
    for (size_t i = 0; i < o->n; i++) {
        struct run *run = run_again(o->sources[i]->run);

        output_add(again, run);
        run_release(run);
    }
    output_show(again);
    return VIEW_HANDLED;
}

static const char *const contexts[] = {"output", "tail", "motion", NULL};
static const char *const hints[] = {"command-again", "again", "command-kill", "end it", NULL};
static const struct stream_ops ops = {
    .name = "output",
    .contexts = contexts,
    .close = close_output,
    .title = title,
    .act = act,
    .sandboxes = sandboxes,
    .hints = hints,
    .empty = "Nothing was written yet",
    .hint = "output appears here as it comes",
};

struct output *output_create(struct views_env *env)
{
    struct output *o = xcalloc(1, sizeof *o);

    o->env = env;
    o->stream = stream_create(env, &ops, o);
    return o;
}

void output_add(struct output *o, struct run *run)
{
    struct source *s;
    char name[160];

    if (o->n == OUTPUTS_MAX) {
        tui_toast(o->env->tui, ROLE_WARN, "At most %d commands are followed at once", OUTPUTS_MAX);
        return;
    }
    s = xcalloc(1, sizeof *s);
    s->output = o;
    s->run = run_ref(run);
    s->listener = (struct run_listener){.on_output = on_output, .on_change = on_change, .user = s};
    cleanup_free char *label = xasprintf(
        "%s:%.24s", views_sandbox_name(o->env, run->sandbox_id, name, sizeof name), run->id);
    s->number = tail_source(stream_tail(o->stream), label);
    o->sources[o->n++] = s;
    if (run->n_dropped)
        stream_remark(o->stream, s->number, "what it wrote first is not kept any more");
    on_output(s, run->output.data ? run->output.data : "", run->output.len);
    run_listen(run, &s->listener);
    on_change(s);
}

void output_show(struct output *o)
{
    stream_show(o->stream);
}
