/* SPDX-License-Identifier: MIT
 *
 * sandpit exec: runs a command in a sandbox, as ssh does: output comes as it is written, standard
 * input goes along, the exit status is passed on, C-c ends the command there.
 *
 * Commands of the protocol read /dev/null. So the input is read to its end first and uploaded into
 * a temporary file, which the command line opens and removes before anything else runs.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "app/command.h"
#include "app/duration.h"
#include "app/env_list.h"
#include "app/errand.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/shell_quote.h"
#include "client/command.h"
#include "client/file.h"

#define EXIT_TIMEOUT  124
#define EXIT_OWN      125
#define INPUT_MAX     (INT64_C(1) << 30)
#define INPUT_WAIT_MS 2000
#define JSON_MAX      ((size_t)64 << 20) /* of each stream */

struct exec_args {
    const char *cwd, *timeout;
    struct arg_list envs;
    bool json, no_stdin;
};

#define FIELD(name) offsetof(struct exec_args, name)
static const struct arg_def args[] = {
    {"cwd", 'w', ARG_TEXT, FIELD(cwd), "DIR", "run it in DIR"},
    {"workdir", 0, ARG_TEXT, FIELD(cwd), "DIR", "the same"},
    {"env", 'e', ARG_LIST, FIELD(envs), "K[=V]", "set a variable for it"},
    {"timeout", 't', ARG_TEXT, FIELD(timeout), "TIME", "kill it after TIME and exit with 124"},
    {"no-stdin", 'N', ARG_FLAG, FIELD(no_stdin), NULL, "leave standard input alone"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print stdout, stderr and exitCode as JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

struct execution {
    struct errand errand; /* first: it is the callbacks' user */
    const struct exec_args *args;
    struct command_stream *stream;
    struct request *upload; /* of the input, while under way */
    int status;
    bool has_exited, is_broken_pipe, has_waited;
    int64_t started_ms;
    struct buf out, err; /* for --json */
    char *input;         /* owned: the file with the input, there; or NULL */
    char first[4096];    /* of the input: whether there is any */
    size_t n_first, at_first;
};

/* --- standard input --- */

/* A terminal would have to be read key by key, and /dev/null is what commands get anyway. */
static bool has_input(const struct exec_args *a)
{
    struct stat st;

    if (a->no_stdin || isatty(STDIN_FILENO) || fstat(STDIN_FILENO, &st))
        return false;
    return !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3);
}

static long read_input(struct execution *x, char *out, size_t cap)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t n;

    if (!x->has_waited && !poll(&p, 1, INPUT_WAIT_MS)) {
        x->has_waited = true;
        say("waiting for the end of standard input (-N leaves it alone)");
    }
    n = read(STDIN_FILENO, out, cap);
    return n < 0 ? -errno : n;
}

static long source(void *user, char *out, size_t cap)
{
    struct execution *x = user;
    size_t n = x->n_first - x->at_first;

    if (!n)
        return read_input(x, out, cap);
    n = n < cap ? n : cap;
    memcpy(out, x->first + x->at_first, n);
    x->at_first += n;
    return (long)n;
}

static void on_uploaded(void *user, const struct file_version *v, const struct err *e)
{
    struct execution *x = user;

    x->upload = NULL;
    errand_done(&x->errand, e);
}

/* 0 with x->input set if there is any. */
static int upload_input(struct execution *x, struct err *e)
{
    char name[17];
    long n = read_input(x, x->first, sizeof x->first);

    if (n < 0)
        return err_set_errno(e, (int)-n, "standard input");
    x->n_first = (size_t)n;
    if (!n)
        return 0;
    x->input = xasprintf("/tmp/.sandpit-stdin-%s", random_name(name, 16));
    x->upload = file_put(
        x->errand.remote,
        &(struct file_put_options){
            .path = x->input, .source = source, .total = -1, .max_bytes = INPUT_MAX, .mode = 0600},
        on_uploaded, x);
    int result = errand_follow(&x->errand);

    if (x->errand.signal) {
        request_cancel(steal_pointer(&x->upload));
        errand_linger(&x->errand);
        return -ERR_CANCELLED;
    }
    if (result < 0) {
        *e = x->errand.session.err;
        err_wrap(e, "standard input");
    }
    return result;
}

/* --- the command --- */

/* The command itself is ended by timeout(1) inside: then it ends even if we do not live to see it.
 */
static char *command_line(const struct execution *x, int n, char **words, int64_t timeout_ms)
{
    struct buf line = {0};

    if (x->input) {
        buf_append_str(&line, "exec <");
        shell_quote(&line, x->input);
        buf_append_str(&line, " && rm -f -- ");
        shell_quote(&line, x->input);
        buf_append_str(&line, "\n");
    }
    if (timeout_ms > 0) {
        struct buf inner = {0};

        if (n == 1)
            buf_append_str(&inner, words[0]);
        else
            shell_quote_all(&inner, n, words);
        buf_printf(&line, "exec timeout -k 2 %lld.%03llds sh -c ", (long long)(timeout_ms / 1000),
                   (long long)(timeout_ms % 1000));
        shell_quote(&line, inner.data ? inner.data : "");
        buf_finish(&inner);
    } else if (n == 1) {
        buf_append_str(&line, words[0]);
    } else {
        shell_quote_all(&line, n, words);
    }
    return buf_steal(&line);
}

static void keep(struct buf *out, const char *bytes, size_t n)
{
    size_t room = JSON_MAX - out->len;

    buf_append(out, bytes, n < room ? n : room);
}

static void on_output(void *user, bool is_stderr, const char *bytes, size_t n)
{
    struct execution *x = user;
    FILE *to = is_stderr ? stderr : stdout;

    if (x->args->json) {
        keep(is_stderr ? &x->err : &x->out, bytes, n);
        return;
    }
    if (fwrite(bytes, 1, n, to) == n && !fflush(to))
        return;
    /* Nobody reads any more: as a program here would end by SIGPIPE. */
    x->is_broken_pipe = true;
    x->errand.session.done = true;
}

static void on_exit_code(void *user, int exit_code)
{
    struct execution *x = user;

    x->has_exited = true;
    x->status = exit_code & 255;
    errand_done(&x->errand, NULL);
}

static void on_fail(void *user, const struct err *e)
{
    errand_done(&((struct execution *)user)->errand, e);
}

static void on_link(void *user, const struct err *e)
{
    if (e)
        say("%s; the command goes on, and its output will follow", e->text);
    else
        say("connected again");
}

static const struct command_stream_ops ops = {
    .on_output = on_output, .on_exit = on_exit_code, .on_fail = on_fail, .on_link = on_link};

/* Waits for the end; a signal here ends the command there, a second one only us. */
static void follow(struct execution *x, struct err *e)
{
    int result = errand_follow(&x->errand);
    int number = x->errand.signal;

    if (number || x->is_broken_pipe) {
        x->errand.signal = 0;
        command_stream_kill(x->stream);
        errand_follow(&x->errand);
        x->status = 128 + (number ? number : 13);
    } else if (result < 0) {
        *e = x->errand.session.err;
    }
}

static void print_json(const struct execution *x)
{
    cJSON *object = cJSON_CreateObject();

    json_add_text(object, "stdout", x->out.data ? x->out.data : "", x->out.len);
    json_add_text(object, "stderr", x->err.data ? x->err.data : "", x->err.len);
    cJSON_AddNumberToObject(object, "exitCode", x->status);
    cJSON_AddNumberToObject(object, "durationMs", (double)(clock_mono_ms() - x->started_ms));
    json_print(object);
}

static void on_cleaned(void *user, const struct err *e)
{
    errand_done(&((struct execution *)user)->errand, NULL);
}

/* What is left of it there: the terminal that keeps its output; the input, when it may never have
 * come so far as to open that. */
static void clean(struct execution *x)
{
    const char *terminal = command_stream_terminal(x->stream);

    if (x->has_exited && *terminal) {
        terminal_destroy(x->errand.remote, terminal, on_cleaned, x);
        errand_wait(&x->errand);
    }
    if (x->input && x->status) {
        file_delete(x->errand.remote, x->input, on_cleaned, x);
        errand_wait(&x->errand);
    }
}

static void execute(struct execution *x, int n_words, char **words, const cJSON *envs,
                    int64_t timeout_ms, struct err *e)
{
    cleanup_free char *line = command_line(x, n_words, words, timeout_ms);
    struct command_options o = {.command = line, .cwd = x->args->cwd, .env = envs};

    x->started_ms = clock_mono_ms();
    x->stream = command_stream(x->errand.remote, &o, &ops, x);
    follow(x, e);
    if (x->has_exited && x->args->json)
        print_json(x);
    clean(x);
    command_stream_destroy(x->stream);
}

static int run_exec(struct app *app, const void *arguments, int n_rest, char **rest)
{
    struct execution x = {.args = arguments, .status = EXIT_OWN};
    struct err e = {0};
    cJSON *envs = env_list_json(&x.args->envs, &e);
    int64_t timeout_ms = 0;
    int result = envs ? 0 : -ERR_ARG;

    if (!result && x.args->timeout && (timeout_ms = duration_parse(x.args->timeout, &e)) < 0)
        result = err_wrap(&e, "--timeout");
    if (!result)
        result = errand_open(&x.errand, app, rest[0], &e);
    if (!result && has_input(x.args))
        result = upload_input(&x, &e);
    if (!result)
        execute(&x, n_rest - 1, rest + 1, x.args->envs.n ? envs : NULL, timeout_ms, &e);
    else if (x.errand.signal)
        x.status = 128 + x.errand.signal;
    if (e.code) {
        err_wrap(&e, "exec in %s", rest[0]);
        say_error(&e);
    }
    errand_close(&x.errand);
    buf_finish(&x.out);
    buf_finish(&x.err);
    free(x.input);
    cJSON_Delete(envs);
    return x.status;
}

const struct command cmd_exec = {
    .name = "exec",
    .usage = "NAME [OPTION]... [--] COMMAND [ARG]...",
    .summary = "Run a command in a sandbox",
    .details =
        "One word is a shell command line; several are a command and its arguments, passed as "
        "they are.\nStandard input, unless it is a terminal, is read to its end (at most 1 GiB) "
        "and given to the command.\nOutput comes as it is written, also over lost connections; it "
        "is text: what is not UTF-8 comes as\nU+FFFD (`sandpit cp` keeps every byte). C-c ends "
        "the command.\n\n"
        "The exit status is the command's: 126 not executable, 127 not found, 128+n killed by "
        "signal n.\nOf exec itself: 124 after --timeout, 125 when the command could not be run "
        "at all.",
    .args = args,
    .args_size = sizeof(struct exec_args),
    .leading = 1,
    .min_rest = 2,
    .max_rest = 1 << 20,
    .failure = EXIT_OWN,
    .writes = true,
    .run = run_exec,
};
