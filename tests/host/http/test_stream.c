/* SPDX-License-Identifier: MIT
 *
 * Bodies that lie on the disk and replies made as they are sent.
 */
#include "tests/cm.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/host/http/rig.h"

#define H     "Host: a.localhost:7780\r\n"
#define MIB   ((size_t)1024 * 1024)
#define PIECE ((size_t)100000)

static uint32_t checksum(uint32_t sum, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ (unsigned char)bytes[i]) * 16777619U;
    return sum;
}

static void fill(char *out, size_t n)
{
    uint32_t x = 1;

    for (size_t i = 0; i < n; i++) {
        x = x * 1103515245U + 12345U;
        out[i] = (char)('a' + (x >> 16) % 26);
    }
}

static void on_sum(struct http_request *r, void *user)
{
    struct rig *rig = user;
    struct slice body = http_body(r);

    rig->n_calls++;
    assert_int_equal(body.data[body.len], 0);
    buf_clear(&rig->last);
    buf_printf(&rig->last, "%zu %08x", body.len, checksum(1, body.data, body.len));
    http_reply_empty(r, 204);
}

static void on_object(struct http_request *r, void *user)
{
    cJSON *object = http_body_object(r);

    (void)user;
    if (object)
        http_reply_empty(r, 204);
    cJSON_Delete(object);
}

struct source {
    struct rig *rig;
    int left; /* pieces; negative: break off after so many */
};

static int next_piece(void *user, struct buf *out)
{
    struct source *s = user;

    fill(buf_reserve(out, PIECE), PIECE);
    out->len += PIECE;
    if (s->left < 0)
        return ++s->left ? 1 : -1;
    return --s->left;
}

static void on_end(void *user)
{
    struct source *s = user;

    s->rig->n_closes++;
    free(s);
}

static void on_stream(struct http_request *r, void *user)
{
    struct source *s = xcalloc(1, sizeof *s);
    struct slice query = http_query(r);
    struct buf first = {0};

    s->rig = user;
    s->left = (int)strtol(query.data, NULL, 10);
    buf_append_str(&first, "first");
    http_reply_stream(r, 200, "text/plain", &first, &(struct http_stream){next_piece, on_end, s});
}

static const struct http_route routes[] = {
    {"POST", "/sum", HTTP_OPEN, on_sum},
    {"POST", "/object", HTTP_OPEN, on_object},
    {"GET", "/stream", HTTP_OPEN, on_stream},
    {NULL},
};

static const struct http_config config = {
    .routes = routes,
    .body_max = 8 * MIB,
    .held_max = 3 * MIB,
    .spool_dir = "/tmp",
};

struct fixture {
    struct rig rig;
    struct peer p;
};

static void open_fixture(struct fixture *f, const struct http_config *c)
{
    rig_open(&f->rig, c);
    peer_open(&f->p, &f->rig);
}

static void close_fixture(struct fixture *f)
{
    rig_close(&f->rig);
    peer_close(&f->p);
}

static void send_body(struct peer *p, const char *path, const struct buf *body)
{
    cleanup_free char *head =
        xasprintf("POST %s HTTP/1.1\r\n" H "Content-Length: %zu\r\n\r\n", path, body->len);

    buf_clear(&p->in);
    peer_text(p, head);
    peer_send(p, body->data, body->len);
}

static void make_body(struct buf *body, size_t n)
{
    buf_clear(body);
    fill(buf_reserve(body, n), n);
    body->len = n;
}

static void http__body__large_ones_lie_on_the_disk(void **state)
{
    static const size_t sizes[] = {MIB, MIB + 1, 2 * MIB, 5 * MIB + 17, 8 * MIB};
    cleanup_buf struct buf body = {0};
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char expected[64];

        make_body(&body, sizes[i]);
        send_body(&f.p, "/sum", &body);
        rig_until(&f.rig, &f.p, peer_has(&f.p, "HTTP/1.1 204 "));
        snprintf(expected, sizeof expected, "%zu %08x", body.len, checksum(1, body.data, body.len));
        assert_string_equal(f.rig.last.data, expected);
    }
    close_fixture(&f);
}

static void http__body__in_memory_where_the_disk_knows_no_such_files(void **state)
{
    struct http_config other = config;
    cleanup_buf struct buf body = {0};
    struct fixture f;

    (void)state;
    other.spool_dir = "/proc";
    open_fixture(&f, &other);
    make_body(&body, 2 * MIB);
    send_body(&f.p, "/sum", &body);
    rig_until(&f.rig, &f.p, peer_has(&f.p, "HTTP/1.1 204 ") || peer_has(&f.p, "HTTP/1.1 507 "));
    close_fixture(&f);
}

static void http__body__json_of_whole_pages(void **state)
{
    cleanup_buf struct buf body = {0};
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    make_body(&body, 2 * MIB);
    memcpy(body.data, "{\"a\":\"", 6);
    memcpy(body.data + body.len - 2, "\"}", 2);
    send_body(&f.p, "/object", &body);
    rig_until(&f.rig, &f.p, peer_has(&f.p, "HTTP/1.1 204 "));
    body.data[body.len - 1] = 'x';
    send_body(&f.p, "/object", &body);
    rig_until(&f.rig, &f.p, peer_has(&f.p, "HTTP/1.1 400 ") && peer_has(&f.p, "\"}"));
    close_fixture(&f);
}

static void http__body__two_in_turn_and_a_pipelined_request(void **state)
{
    cleanup_buf struct buf body = {0};
    struct fixture f;
    struct peer second;

    (void)state;
    open_fixture(&f, &config);
    peer_open(&second, &f.rig);
    make_body(&body, 5 * MIB);
    peer_text(&second, "POST /sum HTTP/1.1\r\n" H "Content-Length: 3000000\r\n\r\n");
    for (int i = 0; i < 30; i++)
        peer_send(&second, body.data, 50000);
    send_body(&f.p, "/sum", &body);
    peer_text(&f.p, "POST /sum HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx");
    rig_until(&f.rig, &f.p, peer_count(&f.p, "HTTP/1.1 204 ") == 2);
    peer_send(&second, body.data, 1500000);
    rig_until(&f.rig, &second, peer_has(&second, "HTTP/1.1 204 "));
    assert_memory_equal(f.rig.last.data, "3000000 ", 8);
    peer_close(&second);
    close_fixture(&f);
}

static void http__stream__whole_and_the_next_request(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    peer_text(&f.p, "GET /stream?30 HTTP/1.1\r\n" H "\r\nGET /stream?1 HTTP/1.1\r\n" H "\r\n");
    rig_until(&f.rig, &f.p, peer_count(&f.p, "\r\n0\r\n\r\n") == 2);
    assert_int_equal(f.rig.n_closes, 2);
    assert_true(f.p.in.len > 31 * PIECE);
    assert_true(peer_has(&f.p, "Transfer-Encoding: chunked"));
    close_fixture(&f);
}

static void http__stream__broken_off_is_no_whole_reply(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    peer_text(&f.p, "GET /stream?-3 HTTP/1.1\r\n" H "\r\n");
    rig_until(&f.rig, &f.p, f.p.eof);
    assert_true(f.p.in.len > 2 * PIECE);
    assert_false(peer_has(&f.p, "\r\n0\r\n\r\n"));
    assert_int_equal(f.rig.n_closes, 1);
    close_fixture(&f);
}

static void http__stream__only_as_fast_as_the_peer_takes_it(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, &config);
    f.p.deaf = true;
    peer_text(&f.p, "GET /stream?1000000 HTTP/1.1\r\n" H "\r\n");
    for (int i = 0; i < 50; i++)
        rig_turn(&f.rig, &f.p);
    assert_int_equal(f.rig.n_closes, 0);
    close(f.p.fd);
    f.p.fd = -1;
    rig_until(&f.rig, NULL, f.rig.n_closes == 1);
    f.p.deaf = false;
    rig_close(&f.rig);
    buf_finish(&f.p.in);
}

static void http__stop__in_the_middle_of_both(void **state)
{
    cleanup_buf struct buf body = {0};
    struct peer p[2];
    struct rig rig;

    (void)state;
    rig_open(&rig, &config);
    peer_open(&p[0], &rig);
    peer_open(&p[1], &rig);
    p[0].deaf = p[1].deaf = true;
    make_body(&body, 2 * MIB);
    peer_text(&p[0], "POST /sum HTTP/1.1\r\n" H "Content-Length: 4000000\r\n\r\n");
    peer_send(&p[0], body.data, body.len);
    peer_text(&p[1], "GET /stream?1000000 HTTP/1.1\r\n" H "\r\n");
    for (int i = 0; i < 5; i++)
        rig_turn(&rig, NULL);
    rig_close(&rig);
    assert_int_equal(rig.n_closes, 1);
    peer_close(&p[0]);
    peer_close(&p[1]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(http__body__large_ones_lie_on_the_disk),
        cmocka_unit_test(http__body__in_memory_where_the_disk_knows_no_such_files),
        cmocka_unit_test(http__body__json_of_whole_pages),
        cmocka_unit_test(http__body__two_in_turn_and_a_pipelined_request),
        cmocka_unit_test(http__stream__whole_and_the_next_request),
        cmocka_unit_test(http__stream__broken_off_is_no_whole_reply),
        cmocka_unit_test(http__stream__only_as_fast_as_the_peer_takes_it),
        cmocka_unit_test(http__stop__in_the_middle_of_both),
    };

    return cmocka_run_group_tests_name("http_stream", tests, NULL, NULL);
}
