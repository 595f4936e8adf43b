/* SPDX-License-Identifier: MIT
 *
 * Requests to the daemon's real routes, as far as they start no process and touch no file: the
 * first byte takes the route, then comes what stands for its parameter or query, a NUL, and the
 * body. Every answer must be JSON, and none may be a 500.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "fuzz/targets.h"
#include "host/daemon/internal.h"
#include "host/daemon/session.h"

#define TOKEN "token-of-the-fuzzer"

static const struct {
    const char *method, *path; /* what is fuzzed comes behind */
} requests[] = {
    {"POST", "/auth/session_tokens"},
    {"GET", "/auth/session_tokens/"},
    {"DELETE", "/auth/session_tokens/"},
    {"POST", "/auth/magic-links"},
    {"GET", "/auth/magic/"},
    {"GET", "/auth/status?"},
    {"POST", "/signals/port"},
    {"POST", "/signals/port/"},
    {"POST", "/signals/error"},
    {"POST", "/signals/server-ready"},
    {"GET", "/terminals/"},
    {"GET", "/watchers/"},
    {"GET", "/servers/"},
    {"PATCH", "/servers/x/status"},
    {"GET", "/filesystem/overlays/"},
    {"GET", "/nothing/"},
    {"POST", "/terminals/search"},
    {"POST", "/terminals/term-fuzz/hand"},
    {"POST", "/terminals/term-fuzz/freeze"},
    {"POST", "/notices"},
    {"DELETE", "/notices/"},
    {"GET", "/notices?"},
};

static uv_loop_t loop;
static struct daemon d;

/* With some text to search, and no shell. */
static void add_terminal(void)
{
    static const char text[] = "one line\r\nAnother \303\274ber \xe4\xb8\x80\r\n\r\nlast";
    static struct session session = {.master = -1};
    static struct terminal terminal = {.id = "term-fuzz", .d = &d, .session = &session};

    session.terminal = &terminal;
    session.d = &d;
    session.command = (char *)"/bin/sh";
    session.term = term_create(4, 10, &(struct term_config){.scrollback_lines = 100});
    TAILQ_INIT(&session.subscriptions);
    term_feed(session.term, text, sizeof text - 1);
    HASH_ADD_STR(d.terminals.by_id, id, &terminal);
}

static void start(void)
{
    static const struct http_config config = {.routes = daemon_routes,
                                              .user = &d,
                                              .authorise = daemon_authorise,
                                              .host_allowed = daemon_host_allowed};
    struct err e;

    uv_loop_init(&loop);
    d.loop = &loop;
    d.settings = (struct daemon_settings){.id = (char *)"box",
                                          .url = (char *)"http://box.localhost:7780",
                                          .subdomain = (char *)"box",
                                          .token = (char *)TOKEN,
                                          .provider = (char *)"",
                                          .version = (char *)"0"};
    sockets_init(&d.sockets);
    TAILQ_INIT(&d.links.peers);
    signals_init(&d.signals, &d);
    activity_init(&d.activity, &d);
    add_terminal();
    d.http = http_server_create(&loop, &config, &e);
    if (!d.http || sqlite3_open(":memory:", &d.store) || tokens_init(&d.tokens, &d, d.store, &e))
        abort();
}

/* One request line must stay one. */
static void append_target(struct buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_append_char(out, text[i] > ' ' && text[i] < 0x7f ? text[i] : '%');
}

static void check_answer(const struct buf *in)
{
    const char *body = strstr(in->data, "\r\n\r\n");
    int status = atoi(in->data + 9);
    cJSON *json = body ? cJSON_Parse(body + 4) : NULL;

    if (strncmp(in->data, "HTTP/1.1 ", 9) != 0 || status >= 500)
        abort();
    if (!json && status != 204 && status != 302)
        abort();
    cJSON_Delete(json);
}

static void exchange(const struct buf *request)
{
    struct buf in = {0};
    int fds[2];
    ssize_t n = 0;
    size_t sent = 0;
    struct err e;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds))
        return;
    if (http_server_adopt(d.http, fds[0], &e))
        abort();
    /* Connection: close, so it ends. */
    for (int i = 0; i < 100000; i++) {
        if (sent < request->len &&
            (n = send(fds[1], request->data + sent, request->len - sent, MSG_NOSIGNAL)) > 0)
            sent += (size_t)n;
        uv_run(&loop, UV_RUN_NOWAIT);
        n = recv(fds[1], buf_reserve(&in, 65536), 65536, 0);
        if (n == 0)
            break;
        in.len += n > 0 ? (size_t)n : 0;
        if (n < 0 && i > 1000)
            usleep(50); /* a search is at work on another thread */
    }
    if (n != 0)
        abort();
    buf_append_char(&in, '\0');
    check_answer(&in);
    buf_finish(&in);
    close(fds[1]);
    uv_run(&loop, UV_RUN_NOWAIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1, *nul;
    struct buf request = {0};

    if (!d.http)
        start();
    nul = size > 1 ? memchr(text, '\0', size - 1) : NULL;
    if (!nul || nul - text > 4000)
        return 0;
    size_t route = data[0] % (sizeof requests / sizeof *requests);
    size_t n_body = size - 2 - (size_t)(nul - text);
    buf_printf(&request, "%s %s", requests[route].method, requests[route].path);
    append_target(&request, text, (size_t)(nul - text));
    buf_printf(&request,
               " HTTP/1.1\r\nHost: box.localhost\r\nAuthorization: Bearer " TOKEN
               "\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
               n_body);
    buf_append(&request, nul + 1, n_body);
    exchange(&request);
    buf_finish(&request);
    return 0;
}
