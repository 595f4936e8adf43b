/* SPDX-License-Identifier: MIT
 *
 * sandpit exec: runs a command in a sandbox and passes its output and exit status on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/duration.h"
#include "app/env_list.h"
#include "app/say.h"
#include "app/session.h"
#include "base/shell_quote.h"
#include "base/alloc.h"
#include "client/command.h"

#define EXIT_TIMEOUT 124
#define EXIT_OWN     125
#define GRACE_MS     10000                           /* for the answer about a timeout */
#define NO_TIMEOUT   (INT64_C(7) * 24 * 3600 * 1000) /* of the HTTP request */

struct exec_args {
    const char *cwd, *timeout;
    struct arg_list envs;
    bool json;
};

#define FIELD(name) offsetof(struct exec_args, name)
static const struct arg_def args[] = {
    {"workdir", 'w', ARG_TEXT, FIELD(cwd), "DIR", "run it in DIR"},
    {"env", 'e', ARG_LIST, FIELD(envs), "K=V", "set a variable for it"},
    {"timeout", 't', ARG_TEXT, FIELD(timeout), "TIME", "kill it after TIME and exit with 124"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print stdout, stderr and exitCode as JSON"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

struct execution {
    struct session *session;
    bool json;
    int status;
};

static void print_json(const struct command_result *r)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "stdout", r->out ? r->out : "");
    cJSON_AddStringToObject(object, "stderr", r->err ? r->err : "");
    cJSON_AddNumberToObject(object, "exitCode", r->exit_code);
    cJSON_AddNumberToObject(object, "durationMs", (double)r->duration_ms);
    json_print(object);
}

static void on_command(void *user, const struct command_result *r, const struct err *e)
{
    struct execution *x = user;

    x->session->done = true;
    if (e) {
        x->session->err = *e;
        return;
    }
    x->status = r->exit_code & 255;
    if (x->json) {
        print_json(r);
        return;
    }
    if (r->out_len)
        fwrite(r->out, 1, r->out_len, stdout);
    fflush(stdout);
    if (r->err_len)
        fwrite(r->err, 1, r->err_len, stderr);
}

/* The command itself is ended by timeout(1) inside: dropping the request would leave it running. */
static char *command_line(int n, char **words, int64_t timeout_ms)
{
    struct buf line = {0};

    if (n == 1)
        buf_append_str(&line, words[0]);
    else
        shell_quote_all(&line, n, words);
    if (timeout_ms > 0) {
        cleanup_free char *inner = buf_steal(&line);

        buf_printf(&line, "exec timeout -k 2 %lld.%03llds sh -c ", (long long)(timeout_ms / 1000),
                   (long long)(timeout_ms % 1000));
        shell_quote(&line, inner);
    }
    return buf_steal(&line);
}

static int execute(struct session *s, const struct exec_args *a, const char *line, cJSON *envs,
                   int64_t timeout_ms, const char *name, struct err *e)
{
    struct execution x = {.session = s, .json = a->json, .status = EXIT_OWN};
    struct sandbox_info info = {0};
    struct command_options o = {
        .command = line,
        .cwd = a->cwd,
        .env = a->envs.n ? envs : NULL,
        .timeout_ms = timeout_ms ? timeout_ms + GRACE_MS : NO_TIMEOUT,
    };

    if (session_resolve(s, name, &info, e) < 0)
        return EXIT_OWN;
    struct remote *r = remote_acquire(s->gateway, info.id);
    s->err = (struct err){0};
    command_run(r, &o, on_command, &x);
    session_wait(s);
    remote_release(r);
    if (s->err.code) {
        *e = s->err;
        err_wrap(e, "exec in %s", name);
        if (e->code == ERR_TIMEOUT && timeout_ms)
            x.status = EXIT_TIMEOUT;
    }
    sandbox_info_finish(&info);
    return x.status;
}

static int run_exec(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct exec_args *a = arguments;
    struct session s = {0};
    struct err e = {0};
    cJSON *envs = env_list_json(&a->envs, &e);
    int64_t timeout_ms = 0;
    int status = EXIT_OWN;

    if (a->timeout && (timeout_ms = duration_parse(a->timeout, &e)) < 0) {
        err_wrap(&e, "--timeout");
    } else if (envs && session_open(&s, app, &e) == 0) {
        cleanup_free char *line = command_line(n_rest - 1, rest + 1, timeout_ms);

        status = execute(&s, a, line, envs, timeout_ms, rest[0], &e);
    }
    if (e.code)
        say_error(&e);
    session_close(&s);
    cJSON_Delete(envs);
    return status;
}

const struct command cmd_exec = {
    .name = "exec",
    .usage = "NAME [OPTION]... [--] COMMAND [ARG]...",
    .summary = "Run a command in a sandbox",
    .details =
        "One word is a shell command line; several are a command and its arguments, passed as "
        "they are.\nIts stdin is empty. Output is printed when it has ended.\n\n"
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
