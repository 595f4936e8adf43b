/* SPDX-License-Identifier: MIT
 *
 * A gateway and its sandbox that mean harm answer every question with texts full of what a terminal
 * would obey: no command hands any of it to the terminal or a pipe, and none prints it without end.
 *
 * The host is a child process: what it says has every field there is, in every shape asked for.
 */
#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "tests/client/script.h"
#include "tests/e2e/lab.h"
#include "wire/names.h"

#define FLOOD_BYTES (1u << 20)
#define OUTPUT_MAX  (64u << 10) /* of a command in the flood; not its --json */

/* As within JSON: the host of the test sends bytes that JSON allows, and escapes. */
static const char trouble[] =
    "MARK\\u001b]0;PWNED\\u0007\\u001b]52;c;UFdORUQ=\\u001b\\\\\\u001b[2J\\u001b[31m\\u001bc"
    "\\u001bPq\\u001b\\\\\\r\\b\\t\\u007f\x7f\\u009b31m\xc2\x9b"
    "31m\xc2\x9d"
    "0;PWNED\xc2\x9c\xe2\x80\xae"
    "desrever\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c\xe2\x80\xa8\xf3\xa0\x81\x81\x9b"
    "1m\\n\\u001b[1m end";

/* @ is trouble, # is trouble and in the flood a mebibyte more, $ is a thing. */
static const char thing[] =
    "\"id\":\"#\",\"slug\":\"#\",\"start\":\"@\",\"path\":\"@\",\"status\":\"@\",\"url\":\"@\","
    "\"error\":\"@\",\"restart_policy\":\"@\",\"subdomain\":\"#\",\"directory\":\"@\","
    "\"source\":\"@\",\"target\":\"@\",\"strategy\":\"@\",\"copy_status\":\"failed\",\"copy_"
    "error\":"
    "\"@\",\"provider\":\"@\",\"name\":\"#\",\"title\":\"@\",\"command\":\"@\",\"cmd_id\":\"@\","
    "\"token\":\"@\",\"description\":\"@\",\"scope\":\"@\",\"magic_url\":\"@\",\"redirect_url\":"
    "\"@\",\"authenticated\":true,\"token_type\":\"@\",\"message\":\"#\",\"instructions\":\"@\","
    "\"version\":\"@\",\"sandbox_url\":\"@\",\"channel\":\"@\",\"content\":\"@\",\"logs\":\"@\","
    "\"type\":\"@\",\"stdout\":\"@\",\"stderr\":\"@\",\"output\":\"@\",\"language\":\"@\","
    "\"pty\":false,\"healthy\":true,\"ready\":true,\"size\":1,\"port\":3000,\"ignored\":[\"@\"],"
    "\"data\":{\"@\":\"@\"},\"file\":\"@\",\"timestamp\":1767323045678";

/* What the questions about one kind want: the list, or one of it. */
static const struct {
    const char *path, *many, *one;
} kinds[] = {
    {"/v1/snapshots", "snapshots", "snapshot"},
    {"/sandboxes", "sandboxes", "sandbox"},
    {"/servers", "servers", "server"},
    {"/overlays", "overlays", "overlay"},
    {"/session_tokens", "tokens", "token_"},
    {"/watchers", "watchers", "watcher"},
    {"/events", "events", "event"},
    {"/files", "files", "file_"},
    {"/commands", "commands", "command_"},
    {"/terminals", "terminals", "terminal"},
};

static const char answer[] = "{\"data\":{$,\"variables\":{\"@\":\"@\",\"K\":\"@\"},\"%s\":{$},\"%"
                             "s\":[{$,\"sandboxId\":\"x\","
                             "\"namespace\":\"ns\"},{\"sandboxId\":\"b2\",\"namespace\":\"@\","
                             "\"name\":\"@\",\"status\":\"@\","
                             "\"provider\":\"@\",\"reason\":\"@\",\"metadata\":{\"@\":\"@\"}}]}}";

/* Sound where it must be, so that the commands get on. */
static const char sandbox[] =
    "{\"data\":{\"sandboxId\":\"a1\",\"namespace\":\"default\",\"name\":\"demo\",\"status\":\"@\","
    "\"provider\":\"@\",\"reason\":\"@\",\"limits\":{\"@\":\"@\"},\"network\":\"#\",\"url\":\"%s\","
    "\"token\":\"t\",\"metadata\":{\"@\":\"@\"}}}";

/* --- the host --- */

struct host {
    struct script script;
    bool fails;
    char *trouble, *flood, *plain; /* plain: as bytes */
    pid_t pid;
    char url[64];
};

static void fill(const struct host *h, const char *template, struct buf *out)
{
    for (const char *t = template; *t; t++) {
        if (*t == '$')
            fill(h, thing, out);
        else if (*t == '@' || *t == '#')
            buf_append_str(out, *t == '@' ? h->trouble : h->flood);
        else
            buf_append_char(out, *t);
    }
}

static char *answer_to(const char *line)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strstr(line, kinds[i].path))
            return xasprintf(answer, kinds[i].one, kinds[i].many);
    return xasprintf(answer, "one", "many");
}

static void on_request(struct conn *c, const char *line, const char *body, void *user)
{
    struct host *h = user;
    cleanup_free char *own = xasprintf(sandbox, h->script.url);
    cleanup_free char *all = answer_to(line);
    cleanup_buf struct buf text = {0};
    const char *template = h->fails ? "{\"error\":\"#\"}" : all;

    if (strstr(line, " /ws?")) {
        conn_upgrade(c);
        return;
    }
    if (strstr(line, "/v1/sandboxes/") || !strcmp(line, "POST /v1/sandboxes"))
        template = own;
    fill(h, template, &text);
    buf_append_char(&text, '\0');
    conn_reply(c, template == own || !h->fails ? 200 : 500, text.data);
}

static void push(struct conn *c, const struct message *asked, const struct host *h)
{
    static const char *const fields[] = {"signal", "type",    "url",    "message", "event",
                                         "path",   "content", "stream", "data"};
    static const char *const types[] = {MSG_SIGNAL, MSG_FILE_CHANGED, MSG_SERVER_LOG,
                                        MSG_WATCHER_CREATED};

    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct message m;

        message_init(&m, types[i], asked->channel);
        for (size_t k = 0; k < ARRAY_LEN(fields); k++)
            message_add_string(&m, fields[k], SLICE(h->plain));
        conn_message(c, &m, true);
        message_finish(&m);
    }
}

static void on_frame(struct conn *c, int op, const char *bytes, size_t n, void *user)
{
    struct message m;

    if (op != 2 || message_parse_binary(&m, bytes, n, NULL) < 0)
        return;
    if (slice_equal(m.type, MSG_SUBSCRIBE))
        push(c, &m, user);
    message_finish(&m);
}

static char *bytes_of(const char *inside)
{
    cleanup_free char *quoted = xasprintf("\"%s\"", inside);
    cJSON *json = cJSON_Parse(quoted);

    assert_non_null(json);
    char *plain = xstrdup(json->valuestring);
    cJSON_Delete(json);
    return plain;
}

static void serve(struct host *h, int told)
{
    uv_loop_t loop;

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when the test fails */
    uv_loop_init(&loop);
    script_start(&h->script, &loop);
    h->script.on_request = on_request;
    h->script.on_frame = on_frame;
    h->script.user = h;
    if (write(told, h->script.url, sizeof h->script.url) != (ssize_t)sizeof h->script.url)
        _exit(1);
    uv_run(&loop, UV_RUN_DEFAULT);
    _exit(0);
}

static void host_start(struct host *h, struct lab *l, bool fails, bool floods)
{
    struct buf flood = {0};
    int told[2];

    buf_append_str(&flood, trouble);
    while (floods && flood.len < FLOOD_BYTES)
        buf_append_str(&flood, "AAAAAAA\\u001b[1m");
    buf_append_char(&flood, '\0');
    *h = (struct host){.fails = fails, .trouble = xstrdup(trouble), .flood = buf_steal(&flood)};
    h->plain = bytes_of(trouble);
    assert_int_equal(pipe(told), 0);
    h->pid = fork();
    if (h->pid == 0)
        serve(h, told[1]);
    close(told[1]);
    assert_int_equal(read(told[0], h->url, sizeof h->url), sizeof h->url);
    close(told[0]);
    lab_env(l, "COMPUTESDK_API_KEY=key");
}

static void host_stop(struct host *h)
{
    kill(h->pid, SIGKILL);
    waitpid(h->pid, NULL, 0);
    free(h->trouble);
    free(h->flood);
    free(h->plain);
}

/* --- what must hold --- */

/* On a terminal each line ends in CR LF. */
static void assert_harmless(const char *what, const char *bytes, size_t n, bool on_terminal)
{
    for (size_t at = 0; at < n;) {
        uint32_t c;
        size_t used = utf8_decode(bytes + at, n - at, &c);
        bool is_layout = c == '\n' || c == '\t' ||
                         (c == '\r' && on_terminal && at + 1 < n &&
                          (bytes[at + 1] == '\n' || bytes[at + 1] == '\r'));

        if (!is_layout && text_is_unsafe(c))
            fail_msg("%s: U+%04X at %zu: %.60s", what, (unsigned)c, at,
                     bytes + (at > 30 ? at - 30 : 0));
        if (c == 0xfffd && used < 3)
            fail_msg("%s: byte %02x at %zu", what, (unsigned char)bytes[at], at);
        at += used;
    }
}

static const struct case_ {
    const char *script; /* after "sandpit" */
    bool is_contents;   /* to a pipe as they are */
    bool is_endless;    /* until C-c */
    bool is_quiet;      /* says nothing of the host's */
} cases[] = {
    {"ls", .is_quiet = false},
    {"ls -q", .is_quiet = true},
    {"show demo"},
    {"servers demo"},
    {"servers demo show x"},
    {"servers demo start web true"},
    {"servers demo restart web"},
    {"servers demo status web running", .is_quiet = true},
    {"logs demo web", .is_contents = true},
    {"files demo ls /x"},
    {"files demo stat /x"},
    {"env demo"},
    {"env demo list --reveal"},
    {"env demo get K", .is_contents = true},
    {"env demo diff other", .is_quiet = true},
    {"watch demo list"},
    {"watch demo show x"},
    {"signals demo status"},
    {"events demo"},
    {"events demo emit x"},
    {"run demo"},
    {"run demo show x", .is_quiet = true},
    {"run demo start true"},
    {"token demo"},
    {"token demo show x"},
    {"token demo status"},
    {"token demo info"},
    {"token demo create"},
    {"link demo"},
    {"overlay demo"},
    {"overlay demo show x"},
    {"overlay demo create /a b"},
    {"children demo"},
    {"children demo show x"},
    {"children demo create"},
    {"stats demo", .is_quiet = true},
    {"snapshot list", .is_quiet = true},
    {"snapshot create demo", .is_quiet = true},
    {"terminals demo"},
    {"terminals demo show x"},
    {"terminals demo create"},
    {"url demo", .is_quiet = true},
    {"extend demo 1h", .is_quiet = true},
    {"new demo2", .is_quiet = true},
    {"rm demo", .is_quiet = true},
    {"info", .is_quiet = true},
    {"doctor", .is_quiet = true},
    {"completion words rm ''", .is_quiet = true},
    {"completion words logs demo ''", .is_quiet = true},
    {"signals demo follow", .is_endless = true},
    {"watch demo follow x", .is_endless = true},
    {"logs demo web -f", .is_contents = true, .is_endless = true},
};

static void in_terminal(struct lab *l, const struct host *h, const struct case_ *k, bool floods)
{
    cleanup_free char *line = xasprintf("exec '%s' --gateway %s %s", l->sandpit, h->url, k->script);
    struct pty *p = pty_start((const char *const[]){"/bin/sh", "-c", line, NULL},
                              (const char *const *)l->env, 24, 200);
    size_t n;

    if (k->is_endless) {
        assert_screen(p, h->fails ? "sandpit: " : "MARK");
        pty_send(p, "\x03");
    }
    if (strncmp(k->script, "rm ", 3) == 0) {
        assert_screen(p, "[y/N]");
        pty_send(p, "n\r");
    }
    if (pty_exit_status(p, WAIT_MS) < 0)
        fail_msg("%s does not end: %s", k->script, pty_screen_text(p));
    const char *bytes = pty_output(p, &n);

    const char *echo = n ? memmem(bytes, n, "^C", 2) : NULL; /* of the line discipline */

    if (echo)
        n = (size_t)(echo - bytes);
    assert_harmless(k->script, bytes, n, true);
    if (!k->is_quiet && !floods && !(n && memmem(bytes, n, "MARK", 4)))
        fail_msg("%s did not come to say it: %.*s", k->script, (int)n, bytes);
    if (n > OUTPUT_MAX)
        fail_msg("%s: %zu bytes", k->script, n);
    pty_destroy(p);
}

static void in_pipe(struct lab *l, const struct host *h, const struct case_ *k, bool json)
{
    cleanup_free char *line =
        xasprintf("\"$S\" --gateway %s %s%s </dev/null", h->url, k->script, json ? " --json" : "");

    if (k->is_endless)
        return;
    lab_sh(l, line);
    const char *out = l->out ? l->out : "", *err = l->err ? l->err : "";

    if (json || !k->is_contents || h->fails) {
        assert_harmless(k->script, out, strlen(out), false);
        assert_harmless(k->script, err, strlen(err), false);
    } else if (!strstr(out, "\x1b[2J")) {
        fail_msg("%s changed what it was to hand on: %s", k->script, out);
    }
    if (!json && !k->is_contents && strlen(out) + strlen(err) > OUTPUT_MAX)
        fail_msg("%s: %zu bytes", k->script, strlen(out) + strlen(err));
}

static void run_all(struct lab *l, bool fails, bool floods)
{
    struct host h;

    host_start(&h, l, fails, floods);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        in_terminal(l, &h, &cases[i], fails || floods);
        if (!floods)
            in_pipe(l, &h, &cases[i], false);
        if (!fails && !floods && strncmp(cases[i].script, "completion", 10) != 0 &&
            strncmp(cases[i].script, "doctor", 6) != 0)
            in_pipe(l, &h, &cases[i], true);
    }
    host_stop(&h);
}

static void hostile__answers__say_nothing_to_the_terminal(void **state)
{
    run_all(*state, false, false);
}

static void hostile__errors__say_nothing_to_the_terminal(void **state)
{
    run_all(*state, true, false);
}

static void hostile__megabytes__are_cut(void **state)
{
    run_all(*state, false, true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(hostile__answers__say_nothing_to_the_terminal),
        LAB_TEST(hostile__errors__say_nothing_to_the_terminal),
        LAB_TEST(hostile__megabytes__are_cut),
    };

    text_init_locale();
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
