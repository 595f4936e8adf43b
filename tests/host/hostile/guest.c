/* SPDX-License-Identifier: MIT */
#include "tests/host/hostile/guest.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

void need_files(int n)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur >= (rlim_t)n)
        return;
    limit.rlim_cur = limit.rlim_max < (rlim_t)n ? limit.rlim_max : (rlim_t)n;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < (rlim_t)n)
        fail_msg("%d open files are needed: raise the hard bound (ulimit -Hn)", n);
}

void guest_create(struct guest *g, const struct host *h, const char *options)
{
    cJSON *json;
    int status = host_ask(h, "POST", "/v1/sandboxes", options, &json);

    if (status != 200)
        fail_msg("create %s: %d %s", options, status, text_in(json, "error"));
    *g = (struct guest){.host = h,
                        .id = xstrdup(text_in(json, "sandboxId")),
                        .token = xstrdup(text_in(json, "token"))};
    snprintf(g->name, sizeof g->name, "%s.localhost:%d", g->id, h->port);
    cJSON_Delete(json);
}

void guest_finish(struct guest *g)
{
    free(g->id);
    free(g->token);
}

int guest_try_send(const struct guest *g, bool to_gateway, const char *method, const char *path,
                   const char *body)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)g->host->port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_sec = HOST_DEADLINE_MS / 1000};
    cleanup_free char *text =
        xasprintf("%s %s HTTP/1.1\r\nHost: %s\r\nX-ComputeSDK-API-Key: test-key\r\n"
                  "Authorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n%s",
                  method, path, to_gateway ? "localhost" : g->name, g->token, strlen(body), body);
    cleanup_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) ||
        send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        return -1;
    return steal_fd(&fd);
}

int guest_send(const struct guest *g, const char *token, const char *method, const char *path,
               const char *body)
{
    cleanup_buf struct buf out = {0};
    int fd = host_connect(g->host);

    buf_printf(&out, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, g->name);
    if (token)
        buf_printf(&out, "Authorization: Bearer %s\r\n", token);
    buf_printf(&out, "Content-Length: %zu\r\n\r\n", strlen(body ? body : ""));
    buf_append_str(&out, body ? body : "");
    send_text(fd, out.data);
    return fd;
}

int guest_ask_as(const struct guest *g, const char *token, const char *method, const char *path,
                 const char *body, cJSON **json)
{
    cleanup_fd int fd = guest_send(g, token, method, path, body);
    char line[13] = "";

    if (strcmp(method, "HEAD") != 0)
        return read_reply(fd, json);
    return recv(fd, line, 12, MSG_WAITALL) == 12 ? atoi(line + 9) : 0;
}

int guest_ask(const struct guest *g, const char *method, const char *path, const char *body,
              cJSON **json)
{
    return guest_ask_as(g, g->token, method, path, body, json);
}

char *command_body(const char *command)
{
    cJSON *o = cJSON_CreateObject();
    char *text;

    cJSON_AddStringToObject(o, "command", command);
    text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return text;
}

char *guest_sh(const struct guest *g, const char *command, int *exit_code)
{
    cleanup_free char *body = command_body(command);
    cJSON *json;
    int status = guest_ask(g, "POST", "/run/command", body, &json);

    if (status != 200)
        fail_msg("%s: %d %s", command, status, text_in(json, "error"));
    char *out = xstrdup(text_in(json, "stdout"));
    if (exit_code)
        *exit_code = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "exit_code")->valueint;
    cJSON_Delete(json);
    return out;
}

char *guest_pty(const struct guest *g)
{
    cJSON *json;
    int status = guest_ask(g, "POST", "/terminals", "{\"pty\":true}", &json);

    if (status != 201)
        fail_msg("terminal: %d %s", status, text_in(json, "error"));
    char *id = xstrdup(text_in(json, "id"));
    cJSON_Delete(json);
    return id;
}

static int compare_ms(const void *a, const void *b)
{
    return (*(const int64_t *)a > *(const int64_t *)b) -
           (*(const int64_t *)a < *(const int64_t *)b);
}

int64_t guest_health_ms(const struct guest *g, int n)
{
    cleanup_free int64_t *taken = xcalloc((size_t)n, sizeof *taken);

    for (int i = 0; i < n; i++) {
        int64_t start = clock_mono_ms();

        assert_int_equal(guest_ask_as(g, NULL, "GET", "/health", NULL, NULL), 200);
        taken[i] = clock_mono_ms() - start;
    }
    qsort(taken, (size_t)n, sizeof *taken, compare_ms);
    return taken[n / 2];
}

/* --- WebSocket --- */

int ws_open(struct ws *ws, const struct guest *g, const char *token, const char *protocol)
{
    cleanup_free char *text =
        xasprintf("GET /ws?token=%s&protocol=%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\n"
                  "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                  token, protocol, g->name);
    int status;

    *ws = (struct ws){.fd = host_connect(g->host)};
    send_text(ws->fd, text);
    status = read_reply(ws->fd, NULL);
    if (status != 101)
        ws_close(ws);
    return status;
}

void ws_close(struct ws *ws)
{
    if (ws->fd >= 0)
        close(ws->fd);
    ws->fd = -1;
    buf_finish(&ws->in);
}

void frame_append(struct buf *out, int first, bool masked, const void *bytes, size_t n)
{
    int mask = masked ? 0x80 : 0;

    buf_append_char(out, (char)first);
    if (n < 126) {
        buf_append_char(out, (char)(mask | (int)n));
    } else if (n < 65536) {
        buf_append_char(out, (char)(mask | 126));
        buf_append_char(out, (char)(n >> 8));
        buf_append_char(out, (char)n);
    } else {
        buf_append_char(out, (char)(mask | 127));
        for (int i = 7; i >= 0; i--)
            buf_append_char(out, (char)((uint64_t)n >> (8 * i)));
    }
    if (masked)
        buf_append(out, "\0\0\0\0", 4); /* a mask that changes nothing */
    buf_append(out, bytes, n);
}

static bool send_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

void ws_send(struct ws *ws, int opcode, const void *bytes, size_t n)
{
    cleanup_buf struct buf out = {0};

    frame_append(&out, 0x80 | opcode, true, bytes, n);
    assert_true(send_all(ws->fd, out.data, out.len));
}

void ws_say(struct ws *ws, const char *format, ...)
{
    cleanup_buf struct buf text = {0};
    char piece[1024];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    assert_true(n > 0 && (size_t)n < sizeof piece);
    buf_append(&text, piece, (size_t)n);
    ws_send(ws, 1, text.data, text.len);
}

/* How many bytes of `in` the first frame takes; 0: it is not whole. */
static size_t parse(struct ws *ws, struct frame *f)
{
    const unsigned char *p = (const unsigned char *)ws->in.data;
    size_t head = 2, n;

    if (ws->in.len < 2)
        return 0;
    n = p[1] & 127;
    if (n >= 126)
        head = n == 126 ? 4 : 10;
    if (ws->in.len < head)
        return 0;
    if (head > 2) {
        n = 0;
        for (size_t i = 2; i < head; i++)
            n = n << 8 | p[i];
    }
    if (ws->in.len < head + n)
        return 0;
    *f = (struct frame){p[0] & 15, {ws->in.data + head, n}};
    return head + n;
}

int ws_next(struct ws *ws, struct frame *f, int64_t end_ms)
{
    /* The payload of the last call was lent until now. */
    static struct buf lent;
    size_t n;

    while (!(n = parse(ws, f))) {
        struct pollfd p = {ws->fd, POLLIN, 0};
        int64_t left = end_ms - clock_mono_ms();

        if (left <= 0 || poll(&p, 1, (int)left) != 1)
            return -1;
        ssize_t got = recv(ws->fd, buf_reserve(&ws->in, 65536), 65536, 0);
        if (got <= 0)
            return 0;
        ws->in.len += (size_t)got;
    }
    buf_clear(&lent);
    buf_append(&lent, f->payload.data, f->payload.len);
    buf_append_char(&lent, '\0');
    f->payload.data = lent.data;
    buf_consume(&ws->in, n);
    return 1;
}

void ws_wait(struct ws *ws, const char *text)
{
    int64_t end = clock_mono_ms() + HOST_DEADLINE_MS;
    struct frame f;
    int got;

    while ((got = ws_next(ws, &f, end)) > 0) {
        if (memmem(f.payload.data, f.payload.len, text, strlen(text)))
            return;
    }
    fail_msg("%s before \"%s\"", got ? "nothing more" : "the connection ended", text);
}

void ws_wait_end(struct ws *ws)
{
    int64_t end = clock_mono_ms() + HOST_DEADLINE_MS;
    struct frame f;
    int got;

    while ((got = ws_next(ws, &f, end)) > 0)
        continue;
    if (got)
        fail_msg("the connection goes on");
}

void ws_sync(struct ws *ws)
{
    int64_t end = clock_mono_ms() + HOST_DEADLINE_MS;
    struct frame f;
    int got;

    ws_send(ws, 9, "sync", 4);
    while ((got = ws_next(ws, &f, end)) > 0) {
        if (f.opcode == 10 && f.payload.len == 4)
            return;
    }
    fail_msg("%s before the pong", got ? "nothing more" : "the connection ended");
}
