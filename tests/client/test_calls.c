/* SPDX-License-Identifier: MIT
 *
 * The gateway's calls against a host that misbehaves: every failure is told apart, and every call
 * answers exactly once or, cancelled, not at all.
 */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/gateway.h"
#include "tests/client/script.h"

#define VIEW                                                                                       \
    "{\"sandboxId\":\"abc\",\"url\":\"http://abc.localhost:1\",\"token\":\"t\",\"name\":\"demo\"," \
    "\"namespace\":\"alice\",\"createdAt\":\"2026-01-02T03:04:05.678Z\"}"
#define ENVELOPE(data) "{\"success\":true,\"data\":" data "}"

struct world {
    uv_loop_t loop;
    struct script script;
    struct client *client;
    struct gateway *gateway;
    /* What the host does. */
    int status;
    const char *body;
    void (*act)(struct conn *c);
    char last_line[256], last_body[512];
    bool saw_headers;
    int n_polled;
    /* What came back. */
    int n_answers;
    struct err error;
    bool has_error, has_sandbox;
    char id[64], token[64];
    size_t n_listed;
    bool is_closed;
    struct request *request;
};

/* The link's own questions are answered so that it rests. */
static bool answer_link(struct conn *c, const char *line)
{
    if (strcmp(line, "GET /info") != 0)
        return false;
    conn_reply(c, 200, ENVELOPE("{\"extensions\":[\"list\"]}"));
    return true;
}

static void on_request(struct conn *c, const char *line, const char *body, void *user)
{
    struct world *w = user;

    if (answer_link(c, line))
        return;
    if (!strncmp(line, "GET /v1/ws", 10)) {
        conn_upgrade(c);
        return;
    }
    snprintf(w->last_line, sizeof w->last_line, "%s", line);
    snprintf(w->last_body, sizeof w->last_body, "%s", body);
    w->saw_headers = conn_has_header(c, "\nX-ComputeSDK-API-Key: key\r\n") &&
                     conn_has_header(c, "\nX-Provider: e2b\r\n") &&
                     conn_has_header(c, "\nX-E2B-API-Key: secret\r\n") &&
                     conn_has_header(c, "\nContent-Type: application/json\r\n");
    if (w->act)
        w->act(c);
    else
        conn_reply(c, w->status, w->body);
}

static void open_gateway(struct world *w, const char *url)
{
    static const struct gateway_header headers[] = {{"X-E2B-API-Key", "secret"}, {NULL, NULL}};

    w->gateway = gateway_create(
        w->client, &(struct gateway_config){
                       .url = url, .api_key = "key\n", .provider = "e2b", .headers = headers});
}

static int setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    uv_loop_init(&w->loop);
    script_start(&w->script, &w->loop);
    w->script.on_request = on_request;
    w->script.user = w;
    w->client = client_create(&w->loop, NULL);
    open_gateway(w, w->script.url);
    *state = w;
    return 0;
}

static void on_closed(void *user)
{
    ((struct world *)user)->is_closed = true;
}

static int teardown(void **state)
{
    struct world *w = *state;

    gateway_destroy(w->gateway);
    if (w->client)
        client_destroy(w->client, on_closed, w);
    await(&w->loop, 20000, w->is_closed);
    script_stop(&w->script);
    loop_finish(&w->loop);
    free(w);
    return 0;
}

static void take_error(struct world *w, const struct err *e)
{
    w->n_answers++;
    w->has_error = e;
    w->error = e ? *e : (struct err){0};
}

static void on_sandbox(void *user, const struct sandbox_info *s, const struct err *e)
{
    struct world *w = user;

    take_error(w, e);
    w->has_sandbox = s;
    snprintf(w->id, sizeof w->id, "%s", s ? s->id : "");
    snprintf(w->token, sizeof w->token, "%s", s ? s->token : "");
}

static void on_list(void *user, const struct sandbox_info *s, size_t n, const struct err *e)
{
    take_error(user, e);
    ((struct world *)user)->n_listed = n;
}

static void on_done(void *user, const struct err *e)
{
    take_error(user, e);
}

static void get(struct world *w)
{
    w->n_answers = 0;
    w->request = gateway_get(w->gateway, "abc", on_sandbox, w);
    assert_int_equal(w->n_answers, 0);
    await(&w->loop, 20000, w->n_answers);
    loop_turn(&w->loop);
    assert_int_equal(w->n_answers, 1);
}

static void check_error(struct world *w, enum err_code code, const char *text, const char *hint)
{
    assert_true(w->has_error);
    if (w->error.code != code)
        print_error("%s | %s\n", w->error.text, w->error.hint);
    assert_int_equal(w->error.code, code);
    assert_non_null(strstr(w->error.text, text));
    assert_non_null(strstr(w->error.hint, hint));
}

static void get__answer__reads_the_sandbox(void **state)
{
    struct world *w = *state;

    w->status = 200;
    w->body = ENVELOPE(VIEW);
    get(w);
    assert_false(w->has_error);
    assert_string_equal(w->id, "abc");
    assert_string_equal(w->token, "t");
    assert_string_equal(w->last_line, "GET /v1/sandboxes/abc");
    assert_true(w->saw_headers);
    assert_int_equal(gateway_count(w->gateway), 1);
    assert_string_equal(gateway_find_name(w->gateway, "alice", "demo")->info.id, "abc");
    assert_null(gateway_find_name(w->gateway, NULL, "demo"));
}

static void get__statuses__are_told_apart(void **state)
{
    static const struct {
        int status;
        enum err_code code;
        const char *body, *text, *hint;
    } cases[] = {
        {401, ERR_AUTH, "{\"error\":\"bad key\"}", "bad key", "COMPUTESDK_API_KEY"},
        {403, ERR_FORBIDDEN, "{\"message\":\"not yours\"}", "not yours", "owner"},
        {500, ERR_HTTP, "out of cheese\n", "out of cheese", "log"},
        {502, ERR_HTTP, "<html>bad</html>", "502", "log"},
        {409, ERR_CONFLICT, "{\"error\":{\"message\":\"taken\"}}", "taken", ""},
        {302, ERR_HTTP, "", "redirects", "address"},
        {200, ERR_PROTOCOL, "{\"success\":tru", "not in JSON", "ComputeSDK gateway"},
        {200, ERR_PROTOCOL, "<html>hello</html>", "not in JSON", "ComputeSDK gateway"},
        {200, ERR_PROTOCOL, "", "not in JSON", "ComputeSDK gateway"},
        {200, ERR_PROTOCOL, ENVELOPE("{\"url\":5}"), "sandboxId", "ComputeSDK gateway"},
        {400, ERR_ARG, "\x1b[31m\x07", "400", ""},
    };
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        w->status = cases[i].status;
        w->body = cases[i].body;
        get(w);
        check_error(w, cases[i].code, cases[i].text, cases[i].hint);
        assert_non_null(strstr(w->error.text, w->script.url));
        assert_null(strchr(w->error.text, '\x1b'));
        assert_int_equal(w->error.http_status, cases[i].status * (i != 9));
    }
}

static void get__not_there__is_no_error(void **state)
{
    struct world *w = *state;

    w->status = 404;
    w->body = "{\"error\":\"no such sandbox\"}";
    get(w);
    assert_false(w->has_error);
    assert_false(w->has_sandbox);
    w->status = 200;
    w->body = ENVELOPE("null");
    get(w);
    assert_false(w->has_error);
    assert_false(w->has_sandbox);
}

static void get__refused__asks_whether_it_runs(void **state)
{
    struct world *w = *state;

    script_unlisten(&w->script);
    script_cut(&w->script);
    get(w);
    check_error(w, ERR_REFUSED, "connection refused",
                "is the gateway running at http://127.0.0.1:");
}

static void get__unknown_name__is_a_dns_error(void **state)
{
    struct world *w = *state;

    gateway_destroy(w->gateway);
    open_gateway(w, "http://no-such-host.invalid:1");
    w->n_answers = 0;
    gateway_get(w->gateway, "abc", on_sandbox, w);
    await(&w->loop, 20000, w->n_answers);
    check_error(w, ERR_DNS, "does not resolve", "typing");
}

static void get__not_a_url__says_so(void **state)
{
    struct world *w = *state;

    gateway_destroy(w->gateway);
    open_gateway(w, "127.0.0.1:7780");
    get(w);
    check_error(w, ERR_ARG, "is not a URL", "");
    assert_int_equal(gateway_state(w->gateway), LINK_FAILED);
}

static void act_nothing(struct conn *c)
{
}

static void get__silence__times_out(void **state)
{
    struct world *w = *state;

    w->act = act_nothing;
    client_set_timeout(w->client, 200);
    get(w);
    check_error(w, ERR_TIMEOUT, "no answer in time", "try again");
}

static void act_close(struct conn *c)
{
    conn_close(c);
}

static void act_cut(struct conn *c)
{
    static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"succ";
    uv_buf_t b = uv_buf_init((char *)half, sizeof half - 1);

    uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
    conn_close(c);
}

static void get__broken_connections__are_told_apart(void **state)
{
    struct world *w = *state;

    w->act = act_close;
    get(w);
    check_error(w, ERR_CLOSED, "without an answer", "");
    w->act = act_cut;
    get(w);
    check_error(w, ERR_CLOSED, "middle of the answer", "");
}

static void act_huge(struct conn *c)
{
    static char bytes[1 << 20];
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n";

    memset(bytes, 'x', sizeof bytes);
    conn_raw(c, head, sizeof head - 1);
    for (int i = 0; i < 20; i++)
        conn_raw(c, bytes, sizeof bytes);
}

static void get__huge_answer__is_cut_off(void **state)
{
    struct world *w = *state;

    w->act = act_huge;
    get(w);
    check_error(w, ERR_LIMIT, "larger than 16 MiB", "");
}

static void get__cancelled__never_answers(void **state)
{
    struct world *w = *state;

    w->act = act_nothing;
    w->request = gateway_get(w->gateway, "abc", on_sandbox, w);
    await(&w->loop, 20000, w->last_line[0]);
    request_cancel(w->request);
    request_cancel(NULL);
    request_cancel(gateway_get(w->gateway, "abc", on_sandbox, w));
    for (int i = 0; i < 5; i++)
        loop_turn(&w->loop);
    assert_int_equal(w->n_answers, 0);
}

static void on_sandbox_cancel(void *user, const struct sandbox_info *s, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    request_cancel(w->request);
}

static void get__cancelled_by_its_callback__is_harmless(void **state)
{
    struct world *w = *state;

    w->status = 200;
    w->body = ENVELOPE(VIEW);
    w->request = gateway_get(w->gateway, "abc", on_sandbox_cancel, w);
    await(&w->loop, 20000, w->n_answers);
    loop_turn(&w->loop);
    assert_int_equal(w->n_answers, 1);
}

static void client_destroy__in_flight__answers_nothing_and_leaves_nothing(void **state)
{
    struct world *w = *state;

    w->act = act_nothing;
    for (int i = 0; i < 20; i++)
        gateway_get(w->gateway, "abc", on_sandbox, w);
    await(&w->loop, 20000, w->last_line[0] && script_n_websockets(&w->script));
    gateway_destroy(w->gateway);
    client_destroy(w->client, on_closed, w);
    w->gateway = NULL;
    w->client = NULL;
    await(&w->loop, 20000, w->is_closed);
    assert_int_equal(w->n_answers, 0);
}

static void on_sandbox_destroy(void *user, const struct sandbox_info *s, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    gateway_destroy(w->gateway);
    client_destroy(w->client, on_closed, w);
    w->gateway = NULL;
    w->client = NULL;
}

static void client_destroy__from_a_callback__works(void **state)
{
    struct world *w = *state;

    w->status = 200;
    w->body = ENVELOPE(VIEW);
    gateway_get(w->gateway, "abc", on_sandbox_destroy, w);
    await(&w->loop, 20000, w->is_closed);
    assert_int_equal(w->n_answers, 1);
}

static void create__body__says_what_was_asked(void **state)
{
    struct world *w = *state;
    cJSON *envs = cJSON_Parse("{\"A\":\"1\"}");

    w->status = 201;
    w->body = ENVELOPE(VIEW);
    gateway_create_sandbox(
        w->gateway,
        &(struct create_options){.ns = "alice", .name = "demo", .timeout_ms = 5000, .envs = envs},
        on_sandbox, w);
    cJSON_Delete(envs);
    await(&w->loop, 20000, w->n_answers);
    assert_false(w->has_error);
    assert_string_equal(w->last_line, "POST /v1/sandboxes");
    assert_string_equal(w->last_body, "{\"name\":\"demo\",\"namespace\":\"alice\",\"timeout\":5000,"
                                      "\"envs\":{\"A\":\"1\"}}");
}

static void act_creating(struct conn *c)
{
    struct world *w = c->script->user;
    cleanup_free char *body =
        xasprintf("{\"success\":true,\"data\":{\"sandboxId\":\"n\",\"status\":\"%s\"}}",
                  w->n_polled++ ? "running" : "creating");

    conn_reply(c, 200, body);
}

static void create__still_creating__waits_without_creating_again(void **state)
{
    struct world *w = *state;

    w->act = act_creating;
    gateway_create_sandbox(w->gateway, &(struct create_options){0}, on_sandbox, w);
    await(&w->loop, 20000, w->n_answers);
    assert_false(w->has_error);
    assert_int_equal(w->n_polled, 2);
    assert_string_equal(w->last_line, "GET /v1/sandboxes/n");
}

static void delete__twice__is_fine(void **state)
{
    struct world *w = *state;

    w->status = 200;
    w->body = ENVELOPE(VIEW);
    get(w);
    w->n_answers = 0;
    gateway_delete(w->gateway, "abc", on_done, w);
    await(&w->loop, 20000, w->n_answers);
    assert_false(w->has_error);
    assert_string_equal(w->last_line, "DELETE /v1/sandboxes/abc");
    assert_true(gateway_find_id(w->gateway, "abc")->gone);
    gateway_forget_gone(w->gateway);
    assert_int_equal(gateway_count(w->gateway), 0);
    w->status = 404;
    w->body = "{\"error\":\"no\"}";
    w->n_answers = 0;
    gateway_delete(w->gateway, "a/b", on_done, w);
    await(&w->loop, 20000, w->n_answers);
    assert_false(w->has_error);
    assert_string_equal(w->last_line, "DELETE /v1/sandboxes/a%2Fb");
    w->n_answers = 0;
    gateway_extend(w->gateway, "abc", 60000, on_done, w);
    await(&w->loop, 20000, w->n_answers);
    check_error(w, ERR_NOT_FOUND, "not found (404): no", "");
    assert_string_equal(w->last_body, "{\"duration\":60000}");
}

static void check__wrong_key__is_told(void **state)
{
    struct world *w = *state;

    w->status = 404;
    w->body = "{\"error\":\"no such sandbox\"}";
    gateway_check(w->gateway, on_done, w);
    await(&w->loop, 20000, w->n_answers);
    assert_false(w->has_error);
    w->status = 401;
    w->n_answers = 0;
    gateway_check(w->gateway, on_done, w);
    await(&w->loop, 20000, w->n_answers);
    check_error(w, ERR_AUTH, "401", "COMPUTESDK_API_KEY");
    w->status = 404;
    w->body = "<html>nginx</html>";
    w->n_answers = 0;
    gateway_check(w->gateway, on_done, w);
    await(&w->loop, 20000, w->n_answers);
    check_error(w, ERR_PROTOCOL, "not in JSON", "ComputeSDK gateway");
}

static void act_pages(struct conn *c)
{
    if (strstr(c->target, "cursor=p%2F2"))
        conn_reply(c, 200,
                   ENVELOPE("{\"sandboxes\":[{\"sandboxId\":\"c\"}],\"next_cursor\":null}"));
    else
        conn_reply(
            c, 200,
            ENVELOPE("{\"sandboxes\":[{\"sandboxId\":\"a\"},{\"no\":1},{\"sandboxId\":\"b\"}],"
                     "\"next_cursor\":\"p/2\"}"));
}

static void act_endless(struct conn *c)
{
    conn_reply(c, 200,
               ENVELOPE("{\"sandboxes\":[{\"sandboxId\":\"a\"}],\"next_cursor\":\"same\"}"));
}

static void list__pages__are_joined(void **state)
{
    struct world *w = *state;

    w->act = act_pages;
    gateway_list(w->gateway, on_list, w);
    await(&w->loop, 20000, w->n_answers);
    assert_false(w->has_error);
    assert_int_equal(w->n_listed, 3);
    assert_int_equal(gateway_count(w->gateway), 3);
    w->act = act_endless;
    w->n_answers = 0;
    gateway_list(w->gateway, on_list, w);
    await(&w->loop, 20000, w->n_answers);
    assert_int_equal(w->n_listed, 2);
}

#define with_world(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_world(get__answer__reads_the_sandbox),
        with_world(get__statuses__are_told_apart),
        with_world(get__not_there__is_no_error),
        with_world(get__refused__asks_whether_it_runs),
        with_world(get__unknown_name__is_a_dns_error),
        with_world(get__not_a_url__says_so),
        with_world(get__silence__times_out),
        with_world(get__broken_connections__are_told_apart),
        with_world(get__huge_answer__is_cut_off),
        with_world(get__cancelled__never_answers),
        with_world(get__cancelled_by_its_callback__is_harmless),
        with_world(client_destroy__in_flight__answers_nothing_and_leaves_nothing),
        with_world(client_destroy__from_a_callback__works),
        with_world(create__body__says_what_was_asked),
        with_world(create__still_creating__waits_without_creating_again),
        with_world(delete__twice__is_fine),
        with_world(check__wrong_key__is_told),
        with_world(list__pages__are_joined),
    };
    return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
