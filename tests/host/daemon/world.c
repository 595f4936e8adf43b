/* SPDX-License-Identifier: MIT */
#include "tests/host/daemon/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/cgroup.h"
#include "host/jail.h"
#include "host/link.h"
#include "wire/message.h"

#define DEADLINE_MS 30000

static struct world world;

static int listen_link(struct world *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    snprintf(w->link_path, sizeof w->link_path, "%s/link", w->dir);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", w->link_path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 8))
        return -1;
    return fd;
}

void world_relink(struct world *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (w->link >= 0)
        close(w->link);
    w->link = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", w->link_path);
    assert_int_equal(connect(w->link, (struct sockaddr *)&address, sizeof address), 0);
}

/* Tests run side by side: each has a control group of its own. */
static const char *group_id(void)
{
    static char id[32];

    snprintf(id, sizeof id, "box-%d", (int)getpid());
    return id;
}

static int start(struct world *w)
{
    struct link_env envs[] = {{(char *)"FROM_CREATE", (char *)"yes"}};
    struct daemon_settings settings = {.id = (char *)"box",
                                       .url = (char *)"http://" WORLD_HOST,
                                       .subdomain = (char *)"box",
                                       .token = (char *)WORLD_TOKEN,
                                       .provider = (char *)"computesdk",
                                       .version = (char *)"0",
                                       .n_envs = 1,
                                       .envs = envs};
    struct jail_spec spec = {.hostname = "box", .id = group_id(), .log_fd = w->log};
    const char *build = getenv("SANDPIT_BUILD_ROOT");
    cleanup_free char *root = xasprintf("%s/root", w->dir);
    cleanup_free char *program = xasprintf("%s/host/sandpitd", build ? build : ".");
    struct err e;

    spec.root = root;
    spec.program = program;
    spec.listen_fd = listen_link(w);
    spec.settings_fd = daemon_settings_memfd(&settings, &e);
    spec.store_fd = w->store;
    spec.store_wal_fd = w->store_wal;
    w->pid = jail_start(&spec, &e);
    close(spec.listen_fd);
    close(spec.settings_fd);
    if (w->pid < 0) {
        print_message("# %s (%s)\n", e.text, e.hint);
        return -1;
    }
    world_relink(w);
    return 0;
}

int world_setup(void **state)
{
    struct world *w = &world;
    struct err e;

    if (jail_check(&e)) {
        print_message("# no jails here: %s (%s)\n", e.text, e.hint);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    snprintf(w->dir, sizeof w->dir, "/tmp/sandpit-daemon-XXXXXX");
    if (!mkdtemp(w->dir) || chmod(w->dir, 0755))
        return -1;
    w->log = memfd_create("log", MFD_CLOEXEC);
    w->store = memfd_create("store", MFD_CLOEXEC);
    w->store_wal = memfd_create("store-wal", MFD_CLOEXEC);
    w->link = -1;
    *state = w;
    return start(w);
}

pid_t world_daemon_pid(struct world *w)
{
    struct ucred daemon;
    socklen_t n = sizeof daemon;

    /* A connection made after the daemon called listen(3) knows its pid. */
    cJSON_Delete(world_packet(w));
    world_relink(w);
    assert_int_equal(getsockopt(w->link, SOL_SOCKET, SO_PEERCRED, &daemon, &n), 0);
    assert_int_not_equal(daemon.pid, getpid());
    return daemon.pid;
}

void world_restart(struct world *w)
{
    assert_int_equal(kill(world_daemon_pid(w), SIGKILL), 0);
    assert_int_equal(waitpid(w->pid, NULL, 0), w->pid);
    unlink(w->link_path);
    assert_int_equal(start(w), 0);
}

static char *read_log(struct world *w)
{
    struct buf out = {0};
    ssize_t n;

    lseek(w->log, 0, SEEK_SET);
    while ((n = read(w->log, buf_reserve(&out, 4096), 4096)) > 0)
        out.len += (size_t)n;
    buf_append_str(&out, "");
    return buf_steal(&out);
}

static void remove_tree(const char *dir)
{
    pid_t pid = fork();

    if (pid == 0) {
        execlp("rm", "rm", "-rf", dir, NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

int world_teardown(void **state)
{
    struct world *w = *state;
    int64_t end = clock_mono_ms() + DEADLINE_MS;
    int status = 0;
    pid_t pid = 0;
    char *log;
    bool ok;

    if (!w)
        return 0;
    link_send(w->link, "{\"op\":\"stop\"}", 13, -1);
    while ((pid = waitpid(w->pid, &status, WNOHANG)) == 0 && clock_mono_ms() < end)
        poll(NULL, 0, 5);
    log = read_log(w);
    ok = pid == w->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
         !strstr(log, "ERROR: ") && !strstr(log, "runtime error") && !strstr(log, "left over");
    if (!ok)
        print_message("# the daemon ended badly (status %x):\n%s\n", status, log);
    if (pid == 0)
        kill(w->pid, SIGKILL);
    free(log);
    close(w->link);
    close(w->log);
    close(w->store);
    close(w->store_wal);
    remove_tree(w->dir);
    cgroup_remove(group_id(), 0);
    return ok ? 0 : -1;
}

cJSON *world_packet(struct world *w)
{
    struct pollfd p = {w->link, POLLIN, 0};
    char text[4096];
    ssize_t n;
    int fd;

    assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
    n = link_recv(w->link, text, sizeof text, &fd);
    assert_true(n > 0);
    return cJSON_ParseWithLength(text, (size_t)n);
}

/* --- HTTP --- */

static int connect_as(struct world *w, const char *packet)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct timeval timeout = {.tv_sec = DEADLINE_MS / 1000};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), server;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    server = accept(listener, NULL, NULL);
    assert_true(server >= 0);
    assert_int_equal(link_send(w->link, packet, strlen(packet), server), 0);
    close(server);
    close(listener);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    return client;
}

int world_connect(struct world *w)
{
    return connect_as(w, "c");
}

int world_connect_port(struct world *w, int port)
{
    char packet[16];

    snprintf(packet, sizeof packet, "p%d", port);
    return connect_as(w, packet);
}

static void send_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

        assert_true(sent > 0);
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void receive(int fd, struct buf *in)
{
    ssize_t n = recv(fd, buf_reserve(in, 65536), 65536, 0);

    if (n <= 0)
        fail_msg("the daemon did not answer: %s", n ? strerror(errno) : "closed");
    in->len += (size_t)n;
    in->data[in->len] = '\0';
}

static void send_request(int fd, const char *method, const char *path, const char *token,
                         const char *body, const char *more)
{
    struct buf out = {0};

    buf_printf(&out, "%s %s HTTP/1.1\r\nHost: " WORLD_HOST "\r\n%s", method, path, more);
    if (token)
        buf_printf(&out, "Authorization: Bearer %s\r\n", token);
    if (body)
        buf_printf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
    buf_printf(&out, "\r\n%s", body ? body : "");
    send_all(fd, out.data, out.len);
    buf_finish(&out);
}

#define CHUNKED SIZE_MAX

/* Leaves the body in `in`; returns the status. *length: of the body, or CHUNKED. */
static int read_head(int fd, struct buf *in, size_t *length)
{
    const char *end, *header;
    int status;

    while (!in->data || !(end = strstr(in->data, "\r\n\r\n")))
        receive(fd, in);
    assert_int_equal(sscanf(in->data, "HTTP/1.1 %d", &status), 1);
    header = strcasestr(in->data, "\r\nContent-Length:");
    *length = header && header < end ? strtoul(header + 17, NULL, 10) : 0;
    header = strcasestr(in->data, "\r\nTransfer-Encoding: chunked");
    if (header && header < end)
        *length = CHUNKED;
    buf_consume(in, (size_t)(end + 4 - in->data));
    return status;
}

/* Replaces the chunks in `in` by what they carry. */
static void receive_chunks(int fd, struct buf *in)
{
    struct buf whole = {0};
    size_t n;

    do {
        char *end;

        while (!in->data || !(end = strstr(in->data, "\r\n")))
            receive(fd, in);
        n = strtoul(in->data, NULL, 16);
        buf_consume(in, (size_t)(end + 2 - in->data));
        while (in->len < n + 2)
            receive(fd, in);
        buf_append(&whole, in->data, n);
        buf_consume(in, n + 2);
    } while (n);
    buf_finish(in);
    *in = whole;
}

cJSON *world_call(struct world *w, const char *method, const char *path, const char *token,
                  const char *body, int *status)
{
    struct buf in = {0};
    size_t length;
    cJSON *reply = NULL;
    int fd = world_connect(w);

    send_request(fd, method, path, token, body, "");
    *status = read_head(fd, &in, &length);
    if (!strcmp(method, "HEAD"))
        length = 0;
    if (length == CHUNKED) {
        receive_chunks(fd, &in);
        length = in.len;
    }
    while (in.len < length)
        receive(fd, &in);
    if (length) {
        reply = cJSON_ParseWithLength(in.data, in.len);
        if (!reply)
            fail_msg("not JSON: %s", in.data);
    }
    buf_finish(&in);
    close(fd);
    return reply;
}

cJSON *world_ask(struct world *w, const char *method, const char *path, const char *body,
                 int expected)
{
    int status;
    cJSON *reply = world_call(w, method, path, WORLD_TOKEN, body, &status);

    if (status != expected)
        fail_msg("%s %s %s: %d %s", method, path, body ? body : "", status,
                 reply ? cJSON_PrintUnformatted(reply) : "");
    return reply;
}

void world_expect(struct world *w, const char *method, const char *path, const char *body,
                  int expected)
{
    cJSON_Delete(world_ask(w, method, path, body, expected));
}

const cJSON *data_of(const cJSON *reply, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(reply, "data"), name);
}

cJSON *world_run(struct world *w, const char *command)
{
    cJSON *request = cJSON_CreateObject(), *reply;
    char *body;
    int status;

    cJSON_AddStringToObject(request, "command", command);
    body = cJSON_PrintUnformatted(request);
    reply = world_call(w, "POST", "/run/command", WORLD_TOKEN, body, &status);
    assert_int_equal(status, 200);
    free(body);
    cJSON_Delete(request);
    return reply;
}

char *world_sh(struct world *w, const char *command)
{
    cJSON *reply = world_run(w, command);
    char *out = xstrdup(data_of(reply, "stdout")->valuestring);

    if (data_of(reply, "exit_code")->valueint)
        fail_msg("%s: %s", command, data_of(reply, "stderr")->valuestring);
    cJSON_Delete(reply);
    return out;
}

char *world_pty(struct world *w, const char *more)
{
    cleanup_free char *body = xasprintf("{\"pty\":true%s}", more);
    int status;
    cJSON *reply = world_call(w, "POST", "/terminals", WORLD_TOKEN, body, &status);
    char *id;

    assert_int_equal(status, 201);
    id = xstrdup(data_of(reply, "id")->valuestring);
    cJSON_Delete(reply);
    return id;
}

/* --- WebSocket --- */

void ws_open(struct ws *ws, struct world *w, const char *protocol)
{
    ws_open_as(ws, w, WORLD_TOKEN, protocol);
}

void ws_open_as(struct ws *ws, struct world *w, const char *token, const char *protocol)
{
    cleanup_free char *path = xasprintf("/ws?token=%s&protocol=%s", token, protocol);
    size_t length;

    memset(ws, 0, sizeof *ws);
    ws->fd = world_connect(w);
    send_request(ws->fd, "GET", path, NULL, NULL,
                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    assert_int_equal(read_head(ws->fd, &ws->in, &length), 101);
}

void ws_close(struct ws *ws)
{
    close(ws->fd);
    buf_finish(&ws->in);
    buf_finish(&ws->text);
    buf_finish(&ws->log);
}

static void send_frame(struct ws *ws, int opcode, const char *bytes, size_t n)
{
    struct buf out = {0};

    buf_append_char(&out, (char)(0x80 | opcode));
    if (n < 126) {
        buf_append_char(&out, (char)(0x80 | n));
    } else if (n < 65536) {
        buf_append_char(&out, (char)(0x80 | 126));
        buf_append_char(&out, (char)(n >> 8));
        buf_append_char(&out, (char)n);
    } else {
        buf_append_char(&out, (char)(0x80 | 127));
        for (int i = 7; i >= 0; i--)
            buf_append_char(&out, (char)(n >> (8 * i)));
    }
    buf_append(&out, "\0\0\0\0", 4); /* a mask that changes nothing */
    buf_append(&out, bytes, n);
    send_all(ws->fd, out.data, out.len);
    buf_finish(&out);
}

void ws_send(struct ws *ws, const char *json)
{
    send_frame(ws, 1, json, strlen(json));
}

void ws_input(struct ws *ws, const char *terminal_id, const char *input)
{
    cJSON *o = cJSON_CreateObject(), *data = cJSON_CreateObject();
    char *text;

    cJSON_AddStringToObject(o, "type", "terminal:input");
    cJSON_AddStringToObject(data, "terminal_id", terminal_id);
    cJSON_AddStringToObject(data, "input", input);
    cJSON_AddItemToObject(o, "data", data);
    text = cJSON_PrintUnformatted(o);
    ws_send(ws, text);
    free(text);
    cJSON_Delete(o);
}

void ws_subscribe(struct ws *ws, const char *prefix, const char *id)
{
    cleanup_free char *text =
        xasprintf("{\"type\":\"subscribe\",\"channel\":\"%s%s\"}", prefix, id);

    ws_send(ws, text);
}

static void take_frame(struct ws *ws, int opcode, const char *bytes, size_t n)
{
    struct message m;

    if (opcode != 1 && opcode != 2)
        return;
    if (opcode == 1) {
        buf_append(&ws->log, bytes, n);
        buf_append_char(&ws->log, '\n');
        if (memmem(bytes, n, "terminal:created", 16))
            ws->n_created++;
    }
    if (opcode == 1 && !memmem(bytes, n, "terminal:output", 15))
        return;
    if (opcode == 1 ? message_parse_json(&m, bytes, n, NULL)
                    : message_parse_binary(&m, bytes, n, NULL))
        return;
    if (slice_equal(m.type, "terminal:output")) {
        struct slice out = message_string(&m, "output");

        buf_append(&ws->text, out.data, out.len);
    }
    message_finish(&m);
}

/* The one that begins at *at, which moves behind it; false: it is not all here. */
static bool parse_frame(struct ws *ws, size_t *at)
{
    const unsigned char *p = (const unsigned char *)ws->in.data + *at;
    size_t head = 2, n, there = ws->in.len - *at;

    if (there < 2)
        return false;
    n = p[1] & 127;
    if (n == 126)
        head = 4;
    else if (n == 127)
        head = 10;
    if (there < head)
        return false;
    if (head > 2) {
        n = 0;
        for (size_t i = 2; i < head; i++)
            n = n << 8 | p[i];
    }
    if (there < head + n)
        return false;
    take_frame(ws, p[0] & 15, (const char *)p + head, n);
    *at += head + n;
    return true;
}

static void parse_frames(struct ws *ws)
{
    size_t at = 0;

    while (parse_frame(ws, &at))
        continue;
    buf_consume(&ws->in, at);
}

static bool contains(const struct buf *b, const char *text)
{
    return b->data && memmem(b->data, b->len, text, strlen(text));
}

static bool wait_readable(struct ws *ws, int64_t end)
{
    struct pollfd p = {ws->fd, POLLIN, 0};
    int64_t left = end - clock_mono_ms();

    return left > 0 && poll(&p, 1, (int)left) == 1;
}

static void wait_for(struct ws *ws, const struct buf *in, const char *text)
{
    int64_t end = clock_mono_ms() + DEADLINE_MS;

    for (;;) {
        parse_frames(ws);
        if (contains(in, text))
            return;
        if (!wait_readable(ws, end))
            fail_msg("no \"%s\" in: %.*s", text, (int)(in->len < 2000 ? in->len : 2000),
                     in->data ? in->data + (in->len < 2000 ? 0 : in->len - 2000) : "");
        receive(ws->fd, &ws->in);
    }
}

void ws_wait(struct ws *ws, const char *text)
{
    wait_for(ws, &ws->text, text);
}

void ws_wait_frame(struct ws *ws, const char *text)
{
    wait_for(ws, &ws->log, text);
}

void ws_read_for(struct ws *ws, int ms)
{
    int64_t end = clock_mono_ms() + ms;

    while (wait_readable(ws, end))
        receive(ws->fd, &ws->in);
    parse_frames(ws);
}
