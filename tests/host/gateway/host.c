/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "tests/host/gateway/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/internal.h"

void host_init(struct host *h, bool long_path)
{
    char folder[] = "/tmp/sandpit-host-XXXXXX";
    static const char filler[] =
        "a-folder-with-a-name-that-is-much-longer-than-any-socket-may-have";

    assert_non_null(mkdtemp(folder));
    *h = (struct host){.folder = xstrdup(folder)};
    h->state = long_path ? xasprintf("%s/%s/%s/state", folder, filler, filler)
                         : xasprintf("%s/state", folder);
}

static pid_t spawn(struct host *h, const char *const *args, int *out, int *err)
{
    cleanup_free char *program = xasprintf("%s/host/sandpitd", getenv("SANDPIT_BUILD_ROOT"));
    int stdout_pipe[2], stderr_pipe[2];

    assert_int_equal(pipe2(stdout_pipe, O_CLOEXEC), 0);
    assert_int_equal(pipe2(stderr_pipe, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(stdout_pipe[1], 1);
        if (err)
            dup2(stderr_pipe[1], 2);
        if (h->n_files)
            setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)h->n_files, (rlim_t)h->n_files});
        setenv("SANDPIT_API_KEY", "test-key", 1);
        execv(program, (char *const *)args);
        _exit(127);
    }
    close(stdout_pipe[1]);
    close(stderr_pipe[1]);
    *out = stdout_pipe[0];
    if (err)
        *err = stderr_pipe[0];
    else
        close(stderr_pipe[0]);
    return pid;
}

static bool read_more(int fd, struct buf *text)
{
    struct pollfd p = {fd, POLLIN, 0};

    if (poll(&p, 1, HOST_DEADLINE_MS) <= 0)
        return false;
    ssize_t n = read(fd, buf_reserve(text, 4096), 4096);
    if (n <= 0)
        return false;
    text->len += (size_t)n;
    text->data[text->len] = '\0';
    return true;
}

void host_start(struct host *h, const char *extra)
{
    /* The same port after a restart, as with the default one: URLs given out stay good. */
    cleanup_free char *listen = xasprintf("127.0.0.1:%d", h->port);
    const char *const args[] = {"sandpitd",    "gateway", "--listen", listen, "--pubsub",
                                "127.0.0.1:0", "--state", h->state,   extra,  NULL};
    cleanup_buf struct buf said = {0};
    int out;

    h->pid = spawn(h, args, &out, NULL);
    while (!said.data || !strstr(said.data, "listening on ") || !strchr(said.data, '\n') ||
           said.data[said.len - 1] != '\n') {
        if (!read_more(out, &said))
            fail_msg("sandpitd did not come up: %s", said.data ? said.data : "");
    }
    close(out);
    assert_int_equal(sscanf(said.data,
                            "sandpitd: pubsub on 127.0.0.1:%d\n"
                            "sandpitd: listening on http://127.0.0.1:%d\n",
                            &h->pubsub_port, &h->port),
                     2);
}

int host_start_failing(struct host *h, const char *const *args, struct buf *said)
{
    int out, err, status;
    pid_t pid = spawn(h, args, &out, &err);

    while (read_more(err, said))
        continue;
    close(out);
    close(err);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int host_end(struct host *h, int signal_number)
{
    int status;
    pid_t pid = h->pid;

    h->pid = 0;
    kill(pid, signal_number);
    wait_until(waitpid(pid, &status, WNOHANG) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void host_finish(struct host *h)
{
    struct err e;

    if (h->pid)
        assert_int_equal(host_end(h, SIGTERM), 0);
    /* What is left is destroyed by an ephemeral gateway's stop. */
    host_start(h, "--ephemeral");
    assert_int_equal(host_end(h, SIGTERM), 0);
    if (tree_remove(h->folder, &e))
        fail_msg("%s", e.text);
    free(h->folder);
    free(h->state);
}

int host_setup(void **state)
{
    struct host *h = xcalloc(1, sizeof *h);

    host_init(h, false);
    host_start(h, NULL);
    *state = h;
    return 0;
}

int host_teardown(void **state)
{
    host_finish(*state);
    free(*state);
    return 0;
}

pid_t host_daemon_pid(const struct host *h, const char *id)
{
    cleanup_free char *path = xasprintf("%s/sandboxes/%s", h->state, id);
    cleanup_fd int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct ucred cred;
    socklen_t n = sizeof cred;

    snprintf(addr.sun_path, sizeof addr.sun_path, "/proc/self/fd/%d/daemon.sock", dir);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n))
        return 0;
    return cred.pid;
}

bool pid_lives(pid_t pid)
{
    cleanup_free char *path = xasprintf("/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    char state = 'Z';
    int n_threads = 0;

    if (!f)
        return false;
    int got = fscanf(f,
                     "%*d (%*[^)]) %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d"
                     " %*d %d",
                     &state, &n_threads);
    fclose(f);
    /* Its descriptors are open until the last thread is gone, though the first is dead already. */
    return got == 2 && ((state != 'Z' && state != 'X') || n_threads > 1);
}

int host_connect(const struct host *h)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)h->port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_sec = HOST_DEADLINE_MS / 1000};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    return fd;
}

void send_text(int fd, const char *text)
{
    size_t n = strlen(text);

    assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
}

int read_reply(int fd, cJSON **json)
{
    cleanup_buf struct buf text = {0};
    size_t n_body = 0;

    if (json)
        *json = NULL;
    while (!text.data || !strstr(text.data, "\r\n\r\n")) {
        ssize_t n = recv(fd, buf_reserve(&text, 1), 1, 0);

        if (n <= 0)
            return 0;
        text.data[++text.len] = '\0';
    }
    const char *length = strcasestr(text.data, "Content-Length: ");
    int status = atoi(text.data + 9);
    n_body = length ? strtoul(length + 16, NULL, 10) : 0;
    buf_clear(&text);
    while (text.len < n_body) {
        ssize_t n = recv(fd, buf_reserve(&text, n_body), n_body - text.len, 0);

        if (n <= 0)
            return 0;
        text.len += (size_t)n;
    }
    if (json && text.len)
        *json = cJSON_ParseWithLength(text.data, text.len);
    return status;
}

int host_ask(const struct host *h, const char *method, const char *path, const char *body,
             cJSON **json)
{
    cleanup_fd int fd = host_connect(h);
    cleanup_free char *text =
        xasprintf("%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                  "X-ComputeSDK-API-Key: test-key\r\n"
                  "Content-Type: application/json\r\n"
                  "Content-Length: %zu\r\n\r\n%s",
                  method, path, h->port, strlen(body ? body : ""), body ? body : "");

    send_text(fd, text);
    return read_reply(fd, json);
}

int host_ask_sandbox(const struct host *h, const char *id, const char *path, cJSON **json)
{
    cleanup_fd int fd = host_connect(h);
    cleanup_free char *text =
        xasprintf("GET %s HTTP/1.1\r\nHost: %s.localhost:%d\r\n\r\n", path, id, h->port);

    send_text(fd, text);
    return read_reply(fd, json);
}

int host_call(const struct host *h, const char *id, const char *token, const char *method,
              const char *path, const char *body, cJSON **json)
{
    cleanup_fd int fd = host_connect(h);
    cleanup_free char *text =
        xasprintf("%s %s HTTP/1.1\r\nHost: %s.localhost:%d\r\nAuthorization: Bearer %s\r\n"
                  "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                  method, path, id, h->port, token, strlen(body ? body : ""), body ? body : "");

    send_text(fd, text);
    return read_reply(fd, json);
}

char *host_sh(const struct host *h, const char *id, const char *token, const char *command)
{
    cJSON *body = cJSON_CreateObject(), *json;

    cJSON_AddStringToObject(body, "command", command);
    cleanup_free char *text = cJSON_PrintUnformatted(body);
    int status = host_call(h, id, token, "POST", "/run/command", text, &json);
    if (status != 200)
        fail_msg("%s: %d %s", command, status, text_in(json, "error"));
    char *out = xstrdup(text_in(json, "stdout"));
    cJSON_Delete(body);
    cJSON_Delete(json);
    return out;
}

const char *text_in(const cJSON *json, const char *key)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data");
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(data ? data : json, key);

    return cJSON_IsString(item) ? item->valuestring : "";
}

char *host_create(const struct host *h, const char *body)
{
    return host_create_with(h, body, NULL);
}

char *host_create_with(const struct host *h, const char *body, char **token)
{
    cJSON *json;
    int status = host_ask(h, "POST", "/v1/sandboxes", body, &json);

    if (status != 200)
        fail_msg("create %s: %d %s", body, status, text_in(json, "error"));
    char *id = xstrdup(text_in(json, "sandboxId"));
    assert_int_equal(strlen(id), 12);
    if (token)
        *token = xstrdup(text_in(json, "token"));
    cJSON_Delete(json);
    return id;
}
