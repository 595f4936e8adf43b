/* SPDX-License-Identifier: MIT
 *
 * The model of sandboxes: what the list's WebSocket says becomes rows, also after it broke, and a
 * gateway without a list is asked for what is known.
 */
#include "tests/cm.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/gateway.h"
#include "tests/client/script.h"
#include "wire/names.h"

struct world {
    uv_loop_t loop;
    struct script script;
    struct client *client;
    struct gateway *gateway;
    int upgrade_status; /* 0: upgrade */
    int info_status;
    const char *info, *view;
    char list_head[2048], subscribed[256];
    int n_subscribed, n_gets;
    int n_changes;
    int n_answers;
    bool has_error, is_closed;
    char known_file[64];
};

static void on_request(struct conn *c, const char *line, const char *body, void *user)
{
    struct world *w = user;

    if (!strcmp(line, "GET /info")) {
        conn_reply(c, w->info_status, w->info);
    } else if (!strncmp(line, "GET /v1/ws", 10)) {
        snprintf(w->list_head, sizeof w->list_head, "%s", c->head);
        if (w->upgrade_status)
            conn_reply(c, w->upgrade_status, "{\"error\":\"no\"}");
        else
            conn_upgrade(c);
    } else if (w->view && (!strcmp(line, "GET /v1/sandboxes/abc") || !strncmp(line, "POST", 4))) {
        w->n_gets++;
        conn_reply(c, 200, w->view);
    } else {
        conn_reply(c, 404, "{\"error\":\"no such thing\"}");
    }
}

static void on_frame(struct conn *c, int op, const char *bytes, size_t n, void *user)
{
    struct world *w = user;

    if (op == 1) {
        snprintf(w->subscribed, sizeof w->subscribed, "%s", bytes);
        w->n_subscribed++;
    }
}

static void on_change(void *user)
{
    ((struct world *)user)->n_changes++;
}

static void open_gateway(struct world *w)
{
    w->gateway = gateway_create(
        w->client, &(struct gateway_config){.url = w->script.url,
                                            .api_key = "key",
                                            .known_file = w->known_file[0] ? w->known_file : NULL,
                                            .on_change = on_change,
                                            .user = w});
}

static int setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    uv_loop_init(&w->loop);
    script_start(&w->script, &w->loop);
    w->script.on_request = on_request;
    w->script.on_frame = on_frame;
    w->script.user = w;
    w->info_status = 200;
    w->info = "{\"data\":{\"extensions\":[\"list\",\"snapshot\"],\"version\":\"1\"}}";
    w->client = client_create(&w->loop, NULL);
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
    client_destroy(w->client, on_closed, w);
    await(&w->loop, 20000, w->is_closed);
    script_stop(&w->script);
    loop_finish(&w->loop);
    if (w->known_file[0])
        unlink(w->known_file);
    free(w);
    return 0;
}

static void tell(struct world *w, const char *type, const char *data)
{
    cleanup_free char *text =
        xasprintf("{\"type\":\"%s\",\"channel\":\"sandboxes\",\"data\":{%s}}", type, data);

    conn_frame(script_websocket(&w->script), 1, text, strlen(text));
}

static void open_synced(struct world *w)
{
    open_gateway(w);
    await(&w->loop, 20000, w->n_subscribed == 1);
    tell(w, MSG_SANDBOX_CREATED,
         "\"sandboxId\":\"b\",\"name\":\"two\",\"namespace\":\"alice\",\"terminals\":1,"
         "\"createdAt\":\"2026-01-02T00:00:00.000Z\"");
    tell(w, MSG_SANDBOX_CREATED,
         "\"sandboxId\":\"a\",\"name\":\"one\",\"namespace\":\"alice\","
         "\"createdAt\":\"2026-01-01T00:00:00.000Z\"");
    tell(w, MSG_SANDBOX_SYNCED, "");
    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_UP);
}

static void link__list__subscribes_with_the_key(void **state)
{
    struct world *w = *state;

    open_gateway(w);
    assert_int_equal(gateway_state(w->gateway), LINK_CONNECTING);
    await(&w->loop, 20000, w->n_subscribed);
    assert_string_equal(w->subscribed, "{\"type\":\"subscribe\",\"channel\":\"sandboxes\"}");
    assert_non_null(strcasestr(w->list_head, "GET /v1/ws?protocol=json HTTP/1.1\r\n"));
    assert_non_null(strcasestr(w->list_head, "\r\nx-computesdk-api-key: key\r\n"));
    assert_null(strcasestr(w->list_head, "permessage-deflate"));
    assert_true(gateway_has_extension(w->gateway, "snapshot"));
    assert_false(gateway_has_extension(w->gateway, "snap"));
}

static void link__deltas__become_rows(void **state)
{
    struct world *w = *state;

    open_synced(w);
    assert_int_equal(gateway_count(w->gateway), 2);
    assert_string_equal(gateway_at(w->gateway, 0)->info.id, "a");
    assert_string_equal(gateway_at(w->gateway, 1)->info.id, "b");
    assert_null(gateway_at(w->gateway, 2));
    uint64_t revision = gateway_revision(w->gateway);

    tell(w, MSG_SANDBOX_UPDATED,
         "\"sandboxId\":\"b\",\"name\":\"two\",\"namespace\":\"alice\","
         "\"terminals\":3");
    await(&w->loop, 20000, gateway_revision(w->gateway) > revision);
    assert_int_equal(gateway_find_id(w->gateway, "b")->info.n_terminals, 3);
    assert_string_equal(gateway_at(w->gateway, 1)->info.id, "b");
    assert_true(gateway_at(w->gateway, 1)->revision > revision);
    tell(w, MSG_SANDBOX_DELETED, "\"sandboxId\":\"a\"");
    await(&w->loop, 20000, gateway_find_id(w->gateway, "a")->gone);
    assert_null(gateway_find_name(w->gateway, "alice", "one"));
    gateway_forget_gone(w->gateway);
    assert_int_equal(gateway_count(w->gateway), 1);
    assert_null(gateway_find_id(w->gateway, "a"));
}

static void link__same_row_again__is_no_change(void **state)
{
    struct world *w = *state;
    const char *row = "\"sandboxId\":\"a\",\"name\":\"one\",\"namespace\":\"alice\","
                      "\"createdAt\":\"2026-01-01T00:00:00.000Z\"";

    open_synced(w);
    loop_turn(&w->loop);
    uint64_t revision = gateway_revision(w->gateway);
    int64_t confirmed_ms = gateway_find_id(w->gateway, "a")->confirmed_ms;

    tell(w, MSG_SANDBOX_UPDATED, row);
    await(&w->loop, 20000, gateway_find_id(w->gateway, "a")->confirmed_ms > confirmed_ms);
    assert_int_equal(gateway_revision(w->gateway), revision);
}

static void link__nonsense__is_ignored(void **state)
{
    struct world *w = *state;

    open_synced(w);
    tell(w, MSG_SANDBOX_CREATED, "\"name\":\"no id\"");
    tell(w, MSG_SANDBOX_DELETED, "\"sandboxId\":\"unknown\"");
    tell(w, MSG_SANDBOX_DELETED, "");
    tell(w, "sandbox:else", "");
    conn_frame(script_websocket(&w->script), 1, "{{{", 3);
    conn_frame(script_websocket(&w->script), 2, "\xff\xff", 2);
    tell(w, MSG_SANDBOX_CREATED, "\"sandboxId\":\"c\"");
    await(&w->loop, 20000, gateway_count(w->gateway) == 3);
    assert_int_equal(gateway_state(w->gateway), LINK_UP);
}

static void link__cut__comes_back_and_drops_what_is_not_sent_again(void **state)
{
    struct world *w = *state;

    open_synced(w);
    script_cut(&w->script);
    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_DOWN);
    assert_int_equal(gateway_error(w->gateway)->code, ERR_CLOSED);
    assert_true(gateway_retry_at_ms(w->gateway) > 0);
    assert_int_equal(gateway_count(w->gateway), 2);
    await(&w->loop, 20000, w->n_subscribed == 2);
    tell(w, MSG_SANDBOX_CREATED, "\"sandboxId\":\"b\",\"name\":\"two\",\"namespace\":\"alice\"");
    tell(w, MSG_SANDBOX_SYNCED, "");
    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_UP);
    assert_true(gateway_find_id(w->gateway, "a")->gone);
    assert_false(gateway_find_id(w->gateway, "b")->gone);
    assert_int_equal(gateway_error(w->gateway)->code, 0);
    assert_int_equal(gateway_retry_at_ms(w->gateway), 0);
}

static void link__refused__waits_longer_each_time_and_retries_at_once_when_told(void **state)
{
    struct world *w = *state;
    int64_t wait[8];
    int n = 0;

    open_synced(w);
    script_unlisten(&w->script);
    script_cut(&w->script);
    for (int64_t last = 0; n < 4;) {
        await(&w->loop, 20000, gateway_retry_at_ms(w->gateway) != last);
        last = gateway_retry_at_ms(w->gateway);
        if (last)
            wait[n++] = last - clock_mono_ms();
    }
    assert_true(wait[0] > 0 && wait[0] <= 100);
    assert_true(wait[3] > 400 && wait[3] <= 800);
    assert_int_equal(gateway_error(w->gateway)->code, ERR_REFUSED);
    assert_non_null(strstr(gateway_error(w->gateway)->hint, "running"));
    script_listen(&w->script);
    int64_t told_ms = clock_mono_ms();

    gateway_retry(w->gateway);
    await(&w->loop, 20000, w->n_subscribed == 2);
    assert_true(clock_mono_ms() - told_ms < 400);
}

static void link__wrong_key__fails_for_good(void **state)
{
    struct world *w = *state;

    w->upgrade_status = 401;
    open_gateway(w);
    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_FAILED);
    assert_int_equal(gateway_error(w->gateway)->code, ERR_AUTH);
    assert_int_equal(gateway_error(w->gateway)->http_status, 401);
    assert_non_null(strstr(gateway_error(w->gateway)->hint, "COMPUTESDK_API_KEY"));
    assert_int_equal(gateway_retry_at_ms(w->gateway), 0);
    w->upgrade_status = 0;
    gateway_retry(w->gateway);
    await(&w->loop, 20000, w->n_subscribed == 1);
}

static void link__not_a_gateway__fails_for_good(void **state)
{
    struct world *w = *state;

    w->info = "<html>It works!</html>";
    open_gateway(w);
    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_FAILED);
    assert_int_equal(gateway_error(w->gateway)->code, ERR_PROTOCOL);
    assert_non_null(strstr(gateway_error(w->gateway)->hint, "ComputeSDK gateway"));
}

static void link__broken_gateway__is_tried_again(void **state)
{
    struct world *w = *state;

    w->info_status = 503;
    w->info = "starting";
    open_gateway(w);
    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_DOWN);
    assert_non_null(strstr(gateway_error(w->gateway)->text, "starting"));
    w->info_status = 200;
    w->info = "{\"data\":{\"extensions\":[\"list\"]}}";
    await(&w->loop, 20000, w->n_subscribed == 1);
}

static void on_sandbox(void *user, const struct sandbox_info *s, const struct err *e)
{
    struct world *w = user;

    w->n_answers++;
    w->has_error = e;
}

static void stock__known_sandboxes__are_kept_in_a_private_file(void **state)
{
    struct world *w = *state;
    struct stat st;

    snprintf(w->known_file, sizeof w->known_file, "/tmp/sandpit-known-%d.json", (int)getpid());
    w->info_status = 404;
    w->info = "{\"error\":\"not found\"}";
    w->view = "{\"data\":{\"sandboxId\":\"abc\",\"name\":\"demo\",\"token\":\"secret\"}}";
    open_gateway(w);
    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_UP);
    assert_int_equal(gateway_count(w->gateway), 0);
    gateway_create_sandbox(w->gateway, &(struct create_options){.name = "demo"}, on_sandbox, w);
    await(&w->loop, 20000, w->n_answers);
    assert_false(w->has_error);
    assert_int_equal(stat(w->known_file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FILE *f = fopen(w->known_file, "r");
    char text[2048] = "";

    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    assert_null(strstr(text, "secret"));
    gateway_destroy(w->gateway);
    w->n_gets = 0;
    open_gateway(w);
    assert_int_equal(gateway_count(w->gateway), 1);
    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_UP);
    assert_int_equal(w->n_gets, 1);
    assert_false(gateway_at(w->gateway, 0)->gone);
    gateway_destroy(w->gateway);
    w->view = NULL;
    open_gateway(w);
    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_UP);
    assert_true(gateway_at(w->gateway, 0)->gone);
    gateway_destroy(w->gateway);
    open_gateway(w);
    assert_int_equal(gateway_count(w->gateway), 0);
}

static void stock__broken_known_file__is_ignored(void **state)
{
    struct world *w = *state;

    snprintf(w->known_file, sizeof w->known_file, "/tmp/sandpit-known-%d.json", (int)getpid());
    FILE *f = fopen(w->known_file, "w");

    fputs("[[[{\"x\":", f);
    fclose(f);
    open_gateway(w);
    assert_int_equal(gateway_count(w->gateway), 0);
}

static void model__many_rows__stay_in_order_of_creation(void **state)
{
    struct world *w = *state;
    char data[200];

    open_synced(w);
    for (int i = 0; i < 1000; i++) {
        int k = i * 389 % 1000;

        snprintf(data, sizeof data,
                 "\"sandboxId\":\"id%d\",\"createdAt\":\"2026-02-01T00:%02d:%02d.%03dZ\"", k,
                 k / 60, k % 60, k % 10);
        tell(w, MSG_SANDBOX_CREATED, data);
    }
    await(&w->loop, 10000, gateway_count(w->gateway) == 1002);
    for (size_t i = 1; i < gateway_count(w->gateway); i++)
        assert_true(gateway_at(w->gateway, i - 1)->info.created_ms <=
                    gateway_at(w->gateway, i)->info.created_ms);
    assert_true(w->n_changes < 1000);
}

#define with_world(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_world(link__list__subscribes_with_the_key),
        with_world(link__deltas__become_rows),
        with_world(link__same_row_again__is_no_change),
        with_world(link__nonsense__is_ignored),
        with_world(link__cut__comes_back_and_drops_what_is_not_sent_again),
        with_world(link__refused__waits_longer_each_time_and_retries_at_once_when_told),
        with_world(link__wrong_key__fails_for_good),
        with_world(link__not_a_gateway__fails_for_good),
        with_world(link__broken_gateway__is_tried_again),
        with_world(stock__known_sandboxes__are_kept_in_a_private_file),
        with_world(stock__broken_known_file__is_ignored),
        with_world(model__many_rows__stay_in_order_of_creation),
    };
    return cmocka_run_group_tests_name("gateway", tests, NULL, NULL);
}
