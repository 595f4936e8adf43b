/* SPDX-License-Identifier: MIT
 *
 * sandpit logs: what a server wrote, and with -f what it writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/errand.h"
#include "app/foreign.h"
#include "app/say.h"
#include "base/alloc.h"
#include "client/server.h"

struct logs_args {
    bool json, follow;
    const char *stream, *since, *lines;
};

#define FIELD(name) offsetof(struct logs_args, name)
static const struct arg_def args[] = {
    {"follow", 'f', ARG_FLAG, FIELD(follow), NULL, "go on as it is written, until C-c"},
    {"stream", 's', ARG_TEXT, FIELD(stream), "stdout|stderr|combined",
     "of both streams (combined), or of one"},
    {"since", 0, ARG_TEXT, FIELD(since), "OFFSET", "begin at a byte offset (from --json)"},
    {"lines", 'l', ARG_TEXT, FIELD(lines), "N", "begin with the last N lines"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print a JSON object for each piece"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

struct tail {
    struct errand *errand;
    const char *slug;
    struct server_tail *tail;
    long n_lines; /* to begin with; -1: all */
    bool is_past_told;
    struct foreign_stream shown;
    struct buf past; /* what was there, while only its last lines are wanted */
};

static void print(struct tail *t, enum server_stream stream, const char *bytes, size_t n,
                  int64_t offset)
{
    if (!t->errand->json) {
        /* stderr of the server is data here, too; one stream keeps the order. */
        foreign_write(&t->shown, stdout, bytes, n);
        errand_flush(t->errand);
        return;
    }
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "slug", t->slug);
    cJSON_AddStringToObject(o, "stream", server_stream_name(stream));
    json_add_text(o, "output", bytes, n);
    if (offset >= 0)
        cJSON_AddNumberToObject(o, "offset", (double)offset);
    errand_print_line(t->errand, o);
}

/* The last lines of what was there. */
static void print_past(struct tail *t, int64_t offset)
{
    size_t at = t->past.len;
    long n = t->n_lines;

    if (at && t->past.data[at - 1] == '\n')
        at--;
    while (at && (t->past.data[at - 1] != '\n' || --n > 0))
        at--;
    if (t->n_lines && t->past.len)
        print(t, SERVER_COMBINED, t->past.data + at, t->past.len - at, offset);
    t->is_past_told = true;
    buf_finish(&t->past);
}

static void on_logs(void *user, const struct server_log_text *text, const struct err *e)
{
    struct tail *t = user;

    if (text) {
        buf_append(&t->past, text->text, text->n);
        if (t->n_lines < 0 && text->n)
            print(t, SERVER_COMBINED, text->text, text->n, text->offset);
        else if (t->n_lines >= 0)
            print_past(t, -1);
        buf_finish(&t->past);
    }
    errand_done(t->errand, e);
}

static void on_output(void *user, enum server_stream stream, const char *bytes, size_t n,
                      int64_t offset)
{
    struct tail *t = user;

    if (t->n_lines >= 0 && !t->is_past_told)
        buf_append(&t->past, bytes, n);
    else
        print(t, stream, bytes, n, offset);
}

static void on_live(void *user)
{
    struct tail *t = user;

    if (t->n_lines >= 0 && !t->is_past_told)
        print_past(t, -1);
}

static void on_gap(void *user)
{
    say("some of the log is missing here: the host no longer has it");
}

static void on_down(void *user, const struct err *e)
{
    errand_on_down(((struct tail *)user)->errand, e);
}

static void on_end(void *user, const struct err *e)
{
    errand_done(((struct tail *)user)->errand, e);
}

static const struct server_tail_ops ops = {.on_output = on_output,
                                           .on_gap = on_gap,
                                           .on_live = on_live,
                                           .on_down = on_down,
                                           .on_end = on_end};

static int read_stream(const char *text, enum server_stream *stream, struct err *e)
{
    static const enum server_stream all[] = {SERVER_COMBINED, SERVER_STDOUT, SERVER_STDERR};

    *stream = SERVER_COMBINED;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        *stream = all[i];
        if (!text || !strcmp(text, server_stream_name(all[i])))
            return 0;
    }
    return err_set(e, ERR_ARG, "--stream is stdout, stderr or combined");
}

static int read_count(const char *text, const char *option, int64_t *count, struct err *e)
{
    char *end;

    *count = text ? strtoll(text, &end, 10) : -1;
    if (text && (!*text || *end || *count < 0))
        return err_set(e, ERR_ARG, "%s: \"%.60s\" is not a number", option, text);
    return 0;
}

static int run_verb(struct errand *x, const void *arguments, int n, char **words)
{
    const struct logs_args *a = arguments;
    struct tail t = {.errand = x, .slug = words[0]};
    enum server_stream stream;
    int64_t since, n_lines;

    if (read_stream(a->stream, &stream, &x->session.err) ||
        read_count(a->since, "--since", &since, &x->session.err) ||
        read_count(a->lines, "--lines", &n_lines, &x->session.err))
        return -ERR_ARG;
    t.n_lines = (long)n_lines;
    if (!a->follow) {
        server_log_get(x->remote, t.slug, stream, since, on_logs, &t);
        return errand_wait(x);
    }
    t.tail = server_tail_open(x->remote, t.slug, stream, since, &ops, &t);
    int result = errand_follow(x);

    server_tail_close(t.tail);
    buf_finish(&t.past);
    return result;
}

static int run_logs(struct app *app, const void *arguments, int n_rest, char **rest)
{
    static const struct verb verb = {"logs", "SERVER", 1, 1, false, run_verb};
    const struct logs_args *a = arguments;

    return errand_run_one(&verb, app, a, a->json, n_rest, rest);
}

const struct command cmd_logs = {
    .name = "logs",
    .usage = "NAME SERVER",
    .summary = "Print the log of a server",
    .details = "Prints what the host has kept of it. With -f it goes on until C-c, also over lost "
               "connections;\nwhat was written meanwhile follows. With --json each piece is an "
               "object with slug, stream,\noutput and offset, one a line.",
    .args = args,
    .args_size = sizeof(struct logs_args),
    .leading = 1 << 20,
    .min_rest = 2,
    .max_rest = 2,
    .run = run_logs,
};
