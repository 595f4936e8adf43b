/* SPDX-License-Identifier: MIT
 *
 * A gateway with as many sandboxes as one likes, for measuring the list: prints its address and
 * serves until it is ended.
 *
 *   crowd 10000 [CHANGES_A_SECOND]
 *   COMPUTESDK_API_KEY=x sandpit --gateway ADDRESS
 */
#include "tests/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/client/script.h"
#include "wire/names.h"

#define CHANGE_MS 50

struct crowd {
    uv_loop_t loop;
    struct script script;
    uv_timer_t timer;
    struct conn *list;
    unsigned long n, changes, at;
};

static void tell(struct crowd *c, const char *type, unsigned long i, unsigned terminals)
{
    static const char *const ns[] = {"alice", "bob", "class", "research", "staging"};
    char created[CLOCK_ISO_SIZE], text[1024];

    clock_format_iso(created, clock_wall_ms() - 1000 * (int64_t)(c->n - i));
    snprintf(text, sizeof text,
             "{\"type\":\"%s\",\"channel\":\"sandboxes\",\"data\":{\"sandboxId\":\"sb-%06lu\","
             "\"namespace\":\"%s\",\"name\":\"box-%lu\",\"status\":\"running\",\"terminals\":%u,"
             "\"createdAt\":\"%s\",\"expiresAt\":\"\",\"provider\":\"computesdk\","
             "\"metadata\":\"{\\\"team\\\":\\\"t%lu\\\"}\",\"url\":\"http://sb-%lu.localhost\"}}",
             type, i, ns[i % ARRAY_LEN(ns)], i * 7919 % c->n, terminals, created, i % 20, i);
    conn_text(c->list, text);
}

static void on_request(struct conn *conn, const char *line, const char *body, void *user)
{
    struct crowd *c = user;

    if (!strncmp(line, "GET /v1/ws", 10)) {
        conn_upgrade(conn);
        c->list = conn;
    } else if (!strcmp(line, "GET /info")) {
        conn_reply(conn, 200, "{\"data\":{\"extensions\":[\"list\"],\"version\":\"1\"}}");
    } else {
        conn_reply(conn, 404, "{\"error\":\"none\"}");
    }
}

static void on_frame(struct conn *conn, int op, const char *bytes, size_t n, void *user)
{
    struct crowd *c = user;

    if (op != 1)
        return;
    for (unsigned long i = 0; i < c->n; i++)
        tell(c, MSG_SANDBOX_CREATED, i, 0);
    conn_text(c->list,
              "{\"type\":\"" MSG_SANDBOX_SYNCED "\",\"channel\":\"sandboxes\",\"data\":{}}");
}

static void on_timer(uv_timer_t *timer)
{
    struct crowd *c = timer->data;

    for (unsigned long i = 0; c->list && i < c->changes * CHANGE_MS / 1000; i++, c->at++)
        tell(c, MSG_SANDBOX_UPDATED, c->at * 31 % c->n, (unsigned)(c->at % 9));
}

int main(int argc, char **argv)
{
    static struct crowd c;

    c.n = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    c.changes = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (!c.n)
        return 2;
    uv_loop_init(&c.loop);
    script_start(&c.script, &c.loop);
    c.script.on_request = on_request;
    c.script.on_frame = on_frame;
    c.script.user = &c;
    uv_timer_init(&c.loop, &c.timer);
    c.timer.data = &c;
    if (c.changes)
        uv_timer_start(&c.timer, on_timer, CHANGE_MS, CHANGE_MS);
    printf("%s\n", c.script.url);
    fflush(stdout);
    return uv_run(&c.loop, UV_RUN_DEFAULT);
}
