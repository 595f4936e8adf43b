/* SPDX-License-Identifier: MIT
 *
 * Shell scripts that do to a sandbox's files what the file API cannot: folders, renames, and the
 * frame for everything that goes byte for byte. Their own exit statuses (FILE_EXIT_…) tell what was
 * wrong; anything else is explained by what they wrote to stderr.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/shell_quote.h"
#include "client/fields.h"
#include "client/file_internal.h"
#include "wire/base64.h"

#define SCRIPT_MAX_MS 120000

void file_set_variable(struct buf *script, const char *name, const char *value)
{
    buf_printf(script, "%s=", name);
    shell_quote(script, value);
    buf_append_str(script, "; ");
}

int file_check_path(const char *path, struct err *e)
{
    if (path[0] != '/')
        return err_set(e, ERR_ARG, "\"%.200s\" is not an absolute path", path);
    return 0;
}

static cJSON *script_body(struct buf *script)
{
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "command", script->data ? script->data : ":");
    buf_finish(script);
    return body;
}

void file_call_script(struct remote_call *c, struct buf *script,
                      void (*on_answer)(struct remote_call *c, const cJSON *data,
                                        const struct err *e))
{
    c->timeout_ms = SCRIPT_MAX_MS;
    call_again(c, "POST", xstrdup("/run/command"), script_body(script), on_answer);
}

struct remote_call *file_script(struct remote *r, struct buf *script,
                                void (*on_answer)(struct remote_call *c, const cJSON *data,
                                                  const struct err *e),
                                call_cb cb, void *user)
{
    struct remote_call *c = call_create(r, "POST", xstrdup("/run/command"), on_answer, cb, user);

    c->timeout_ms = SCRIPT_MAX_MS;
    call_set_body(c, script_body(script));
    return c;
}

static const struct exit_case {
    int status;
    enum err_code code;
    const char *text;
} exit_cases[] = {
    {FILE_EXIT_CONFLICT, ERR_CONFLICT, "has changed meanwhile, or is there already"},
    {FILE_EXIT_NONE, ERR_NOT_FOUND, "there is no such file"},
    {FILE_EXIT_KIND, ERR_ARG, "is not a regular file"},
    {FILE_EXIT_DENIED, ERR_FORBIDDEN, "may not be read"},
    {127, ERR_UNSUPPORTED, "the sandbox lacks a program that this needs"},
};

int file_script_result(const cJSON *data, const struct err *failure, const char *path,
                       struct err *e)
{
    int status = (int)field_int(data, "exit_code", -256, 65535, 0);
    const char *text = field_text(data, "stderr");

    if (failure) {
        *e = *failure;
        return -(int)e->code;
    }
    if (!status)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(exit_cases); i++) {
        if (exit_cases[i].status != status)
            continue;
        if (status == 127 && *text)
            return err_set(e, exit_cases[i].code, "%.200s: %.*s", path, (int)strcspn(text, "\n"),
                           text);
        return err_set(e, exit_cases[i].code, "%.200s: %s", path, exit_cases[i].text);
    }
    if (*text)
        return err_set(e, ERR_IO, "%.200s: %.*s", path, (int)strcspn(text, "\n"), text);
    return err_set(e, ERR_IO, "%.200s: failed with status %d", path, status);
}

int file_decode(struct buf *out, const char *text, size_t n, struct err *e)
{
    cleanup_free char *plain = xmalloc(n + 1);
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] != '\n' && text[i] != '\r')
            plain[kept++] = text[i];
    }
    return base64_decode(out, plain, kept, e);
}

/* --- folders, names --- */

static void on_done(struct remote_call *c, const cJSON *data, const struct err *failure)
{
    struct err e;
    int result = file_script_result(data, failure, c->state, &e);

    ((gateway_done_cb)c->cb)(c->user, result ? &e : NULL);
}

struct request *file_make_folder(struct remote *r, const char *path, gateway_done_cb cb, void *user)
{
    struct buf script = {0};

    file_set_variable(&script, "f", path);
    buf_printf(&script, "[ ! -e \"$f\" ] || [ -d \"$f\" ] || exit %d; mkdir -p -- \"$f\"",
               FILE_EXIT_CONFLICT);
    struct remote_call *c = file_script(r, &script, on_done, (call_cb)cb, user);

    c->state = xstrdup(path);
    return call_start(c);
}

struct request *file_rename(struct remote *r, const char *from, const char *to, gateway_done_cb cb,
                            void *user)
{
    struct buf script = {0};

    file_set_variable(&script, "f", from);
    file_set_variable(&script, "t", to);
    buf_printf(&script,
               "[ -e \"$f\" ] || [ -L \"$f\" ] || exit %d; "
               "if [ -e \"$t\" ] || [ -L \"$t\" ]; then exit %d; fi; mv -- \"$f\" \"$t\"",
               FILE_EXIT_NONE, FILE_EXIT_CONFLICT);
    struct remote_call *c = file_script(r, &script, on_done, (call_cb)cb, user);

    c->state = xstrdup(from);
    return call_start(c);
}

static void on_home(struct remote_call *c, const cJSON *data, const struct err *failure)
{
    const char *text = field_text(data, "stdout");
    struct err e;
    int result = file_script_result(data, failure, "pwd", &e);
    cleanup_free char *home = xstrndup(text, strcspn(text, "\n"));

    if (!result && home[0] != '/')
        result = err_set(&e, ERR_PROTOCOL, "the sandbox does not say where commands start");
    ((file_text_cb)c->cb)(c->user, result ? NULL : home, result ? 0 : strlen(home),
                          result ? &e : NULL);
}

struct request *file_home(struct remote *r, file_text_cb cb, void *user)
{
    struct buf script = {0};

    buf_append_str(&script, "pwd");
    return call_start(file_script(r, &script, on_home, (call_cb)cb, user));
}
