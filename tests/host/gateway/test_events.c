/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "tests/host/gateway/host.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/events.h"
#include "host/gateway/internal.h"
#include "host/jail.h"

/* --- the store --- */

static cJSON *find(struct events *s, const char *type, int64_t since_ms, int64_t limit)
{
    struct events_query q = {"box", type, since_ms, limit};
    cJSON *list = events_find(s, &q, NULL);

    assert_non_null(list);
    return list;
}

static int number_of(const cJSON *list, int i)
{
    const cJSON *data = cJSON_GetObjectItem(cJSON_GetArrayItem(list, i), "data");
    int n = -1;

    assert_int_equal(sscanf(data->valuestring, "{\"i\":%d}", &n), 1);
    return n;
}

static void add(struct events *s, const char *sandbox, const char *type, int i)
{
    cleanup_free char *data = xasprintf("{\"i\":%d}", i);
    struct event event = {.sandbox = sandbox, .type = type, .data = data};

    assert_int_equal(events_add(s, &event, NULL), 0);
}

static void events__find__pages_without_loss(void **state)
{
    struct events *s = events_open(":memory:", NULL);
    int64_t since_ms = 0;
    int seen = 0;
    cJSON *list;

    (void)state;
    for (int i = 0; i < 250; i++)
        add(s, i % 2 ? "box" : "other", i % 3 ? "a" : "b", i);
    do {
        list = find(s, NULL, since_ms, 20);
        for (int i = 0; i < cJSON_GetArraySize(list); i++, seen++) {
            assert_int_equal(number_of(list, i), 2 * seen + 1);
            since_ms = (int64_t)cJSON_GetNumberValue(
                cJSON_GetObjectItem(cJSON_GetArrayItem(list, i), "timestamp"));
        }
        cJSON_Delete(list);
    } while (seen < 125 && list);
    list = find(s, NULL, since_ms, 20);
    assert_int_equal(cJSON_GetArraySize(list), 0);
    cJSON_Delete(list);
    /* Without a time: the newest, in order. */
    list = find(s, NULL, -1, 2);
    assert_true(number_of(list, 0) == 247 && number_of(list, 1) == 249);
    cJSON_Delete(list);
    list = find(s, "b", -1, 1000);
    assert_int_equal(cJSON_GetArraySize(list), 42);
    cJSON_Delete(list);
    events_close(s);
}

static void events__prune__keeps_the_newest_of_a_sandbox(void **state)
{
    struct events *s = events_open(":memory:", NULL);
    cJSON *list;

    (void)state;
    add(s, "other", "a", 0);
    for (int i = 0; i < EVENTS_MAX + 1000; i++)
        add(s, "box", "a", i);
    list = find(s, NULL, 0, 1);
    assert_in_range(number_of(list, 0), 1000 - 256, 1000);
    cJSON_Delete(list);
    events_close(s);
}

static void events__prune__bounds_the_bytes_of_a_sandbox(void **state)
{
    struct events *s = events_open(":memory:", NULL);
    cleanup_free char *data = xmalloc(EVENT_DATA_MAX);
    struct event event = {.sandbox = "box", .type = "a", .data = data};
    cJSON *list;

    (void)state;
    memset(data, 'x', EVENT_DATA_MAX - 1);
    data[EVENT_DATA_MAX - 1] = '\0';
    memcpy(data, "{\"x\":\"", 6);
    memcpy(data + EVENT_DATA_MAX - 3, "\"}", 2);
    add(s, "other", "a", 0);
    for (int i = 0; i < 200; i++)
        assert_int_equal(events_add(s, &event, NULL), 0);
    list = find(s, NULL, 0, 1000);
    assert_in_range(cJSON_GetArraySize(list), 127, 127 + 17);
    cJSON_Delete(list);
    events_close(s);
}

/* --- the whole --- */

struct line_client {
    int fd;
    struct buf in;
};

static void lines_open(struct line_client *c, const struct host *h)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)h->pubsub_port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_sec = HOST_DEADLINE_MS / 1000};

    *c = (struct line_client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(connect(c->fd, (struct sockaddr *)&addr, sizeof addr), 0);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

static void lines_close(struct line_client *c)
{
    close(c->fd);
    buf_finish(&c->in);
}

/* False: the connection ended first. */
static bool lines_wait(struct line_client *c, const char *text)
{
    while (!c->in.data || !strstr(c->in.data, text)) {
        ssize_t n = recv(c->fd, buf_reserve(&c->in, 65536), 65536, 0);

        if (n <= 0)
            return false;
        c->in.len += (size_t)n;
        c->in.data[c->in.len] = '\0';
    }
    return true;
}

static int post_event(const struct host *h, const char *token, const char *body)
{
    cleanup_fd int fd = host_connect(h);
    cleanup_free char *text = xasprintf(
        "POST /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        "Authorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
        h->port, token, strlen(body));
    cJSON *json;

    send_text(fd, text);
    send_text(fd, body);
    int status = read_reply(fd, &json);
    cJSON_Delete(json);
    return status;
}

static char *token_of(const struct host *h, const char *id)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    cJSON *json;

    assert_int_equal(host_ask(h, "GET", path, NULL, &json), 200);
    char *token = xstrdup(text_in(json, "token"));
    cJSON_Delete(json);
    return token;
}

static int sandbox_call(const struct host *h, const char *id, const char *token,
                        const char *request, const char *body, cJSON **json)
{
    cleanup_fd int fd = host_connect(h);
    cleanup_free char *text = xasprintf("%s HTTP/1.1\r\nHost: %s.localhost:%d\r\n"
                                        "Authorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n%s",
                                        request, id, h->port, token, strlen(body), body);

    send_text(fd, text);
    return read_reply(fd, json);
}

struct session {
    char *id, *token;
};

static struct session make_session(const struct host *h, const char *id, const char *token,
                                   const char *body)
{
    cJSON *json;

    assert_int_equal(sandbox_call(h, id, token, "POST /auth/session_tokens", body, &json), 201);
    struct session s = {xstrdup(text_in(json, "id")), xstrdup(text_in(json, "token"))};
    cJSON_Delete(json);
    return s;
}

static void session_finish(struct session *s)
{
    free(s->id);
    free(s->token);
}

/* Session tokens store and subscribe as the access token does, until they end. */
static void events__session__until_it_is_revoked(void **state)
{
    struct host h;
    struct line_client c;
    struct err e;
    cJSON *json;

    (void)state;
    if (jail_check(&e)) {
        skip();
        return;
    }
    host_init(&h, false);
    host_start(&h, NULL);
    cleanup_free char *id = host_create(&h, "{}");
    cleanup_free char *token = token_of(&h, id);
    struct session full = make_session(&h, id, token, "{}");
    struct session observer = make_session(&h, id, token, "{\"scope\":\"observe\"}");
    struct session brief = make_session(&h, id, token, "{\"expiresIn\":1.5}");
    cleanup_free char *subscribe = xasprintf("SUBSCRIBE %s %s\r\n", id, observer.token);
    cleanup_free char *revoke = xasprintf("DELETE /auth/session_tokens/%s", observer.id);

    /* A gateway that comes later hears of them, too. */
    assert_int_equal(host_end(&h, SIGKILL), 128 + SIGKILL);
    host_start(&h, NULL);
    wait_until(post_event(&h, full.token, "{\"type\":\"by.session\"}") == 201);
    assert_int_equal(post_event(&h, observer.token, "{\"type\":\"by.observer\"}"), 403);
    wait_until(post_event(&h, brief.token, "{\"type\":\"by.brief\"}") == 401);
    lines_open(&c, &h);
    send_text(c.fd, subscribe);
    assert_true(lines_wait(&c, "+OK"));
    /* What the daemon has to say comes the same way. */
    assert_int_equal(sandbox_call(&h, id, token, "POST /run/command",
                                  "{\"command\":\"echo a-command; exit 3\"}", &json),
                     200);
    cJSON_Delete(json);
    assert_true(lines_wait(&c, "execution.started"));
    assert_true(lines_wait(&c, "\"exitCode\":3"));
    assert_int_equal(sandbox_call(&h, id, token, revoke, "", NULL), 204);
    assert_false(lines_wait(&c, "never"));
    lines_close(&c);
    lines_open(&c, &h);
    send_text(c.fd, subscribe);
    assert_true(lines_wait(&c, "-ERR"));
    lines_close(&c);
    session_finish(&full);
    session_finish(&observer);
    session_finish(&brief);
    host_finish(&h);
}

static void pubsub__subscriber__slow_ones_and_ended_sandboxes(void **state)
{
    struct host h;
    struct line_client quick, slow, hostile;
    struct err e;

    (void)state;
    if (jail_check(&e)) {
        skip();
        return;
    }
    host_init(&h, false);
    host_start(&h, NULL);
    cleanup_free char *id = host_create(&h, "{}");
    cleanup_free char *token = token_of(&h, id);
    cleanup_free char *subscribe = xasprintf("SUBSCRIBE %s %s\r\n", id, token);
    cleanup_free char *pad = xmalloc(200001);
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);

    memset(pad, 'x', 200000);
    pad[200000] = '\0';
    lines_open(&quick, &h);
    lines_open(&slow, &h);
    lines_open(&hostile, &h);
    send_text(quick.fd, subscribe);
    send_text(slow.fd, subscribe);
    assert_true(lines_wait(&quick, "+OK"));
    assert_true(lines_wait(&slow, "+OK"));
    /* A line without an end. */
    send(hostile.fd, pad, 5000, MSG_NOSIGNAL);
    while (lines_wait(&hostile, "never"))
        continue;
    /* 80 times 200 kB: more than any socket holds. */
    for (int i = 0; i < 80; i++) {
        cleanup_free char *body =
            xasprintf("{\"type\":\"t\",\"data\":{\"i\":%d,\"pad\":\"%s\"}}", i, pad);
        cleanup_free char *mark = xasprintf("\"i\":%d,", i);

        assert_int_equal(post_event(&h, token, body), 201);
        assert_true(lines_wait(&quick, mark));
        buf_clear(&quick.in);
    }
    assert_false(lines_wait(&slow, "\"i\":79,"));
    /* Kept over a kill of the gateway; the slow one's end cost nothing of it. */
    assert_int_equal(host_end(&h, SIGKILL), 128 + SIGKILL);
    lines_close(&quick);
    host_start(&h, NULL);
    lines_open(&quick, &h);
    send_text(quick.fd, subscribe);
    assert_true(lines_wait(&quick, "+OK"));
    cleanup_free char *events = xasprintf("/events/%s?limit=1000&type=t", id);
    cJSON *json;
    assert_int_equal(host_ask(&h, "GET", events, NULL, &json), 200);
    assert_int_equal(
        cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "events")), 80);
    cJSON_Delete(json);
    assert_int_equal(host_ask(&h, "DELETE", path, NULL, &json), 200);
    cJSON_Delete(json);
    assert_false(lines_wait(&quick, "never"));
    assert_int_equal(post_event(&h, token, "{\"type\":\"t\"}"), 401);
    lines_close(&quick);
    lines_close(&slow);
    lines_close(&hostile);
    host_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events__find__pages_without_loss),
        cmocka_unit_test(events__prune__keeps_the_newest_of_a_sandbox),
        cmocka_unit_test(events__prune__bounds_the_bytes_of_a_sandbox),
        cmocka_unit_test(events__session__until_it_is_revoked),
        cmocka_unit_test(pubsub__subscriber__slow_ones_and_ended_sandboxes),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
