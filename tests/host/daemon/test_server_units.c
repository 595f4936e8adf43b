/* SPDX-License-Identifier: MIT
 *
 * What servers, signals and relays stand on, without a jail.
 */
#include "tests/cm.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/daemon/ports.h"
#include "host/daemon/probe.h"
#include "host/daemon/server_log.h"
#include "host/daemon/server_spec.h"

/* --- ports --- */

static void listener__parse__lines_of_the_kernel(void **state)
{
    static const struct {
        const char *line;
        bool v6, ok;
        int port;
        unsigned reach;
    } cases[] = {
        {"  sl  local_address rem_address   st tx_queue", false, false, 0, 0},
        {"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000"
         "        0 4711 1 0 100 0 0 10 0",
         false, true, 8080, PORT_V4},
        {"   1: 00000000:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0"
         "        0 4711 1",
         false, true, 3000, PORT_V4},
        {"   2: 0B0011AC:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0"
         "        0 4711 1",
         false, true, 3000, 0},
        /* connected, not listening */
        {"   3: 0100007F:1F90 0100007F:0BB8 01 00000000:00000000 00:00000000 00000000  1000"
         "        0 4711 1",
         false, false, 0, 0},
        {"   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A "
         "00000000:00000000 00:00000000 00000000  1000        0 4711 1",
         true, true, 8080, PORT_V4 | PORT_V6},
        {"   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A "
         "00000000:00000000 00:00000000 00000000  1000        0 4711 1",
         true, true, 8080, PORT_V6},
        {"   0: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A "
         "00000000:00000000 00:00000000 00000000  1000        0 4711 1",
         true, true, 8080, PORT_V4},
        /* short, and nonsense */
        {"   0: 0100007F:1F90 00000000:0000 0A", false, false, 0, 0},
        {"   0: XX00007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000"
         "        0 4711 1",
         false, false, 0, 0},
        {"", false, false, 0, 0},
        {":", true, false, 0, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct listener l;

        if (listener_parse(&l, cases[i].line, cases[i].v6) != cases[i].ok)
            fail_msg("%s", cases[i].line);
        if (!cases[i].ok)
            continue;
        assert_int_equal(l.port, cases[i].port);
        assert_int_equal(l.reach, cases[i].reach);
        assert_int_equal(l.inode, 4711);
    }
}

static void listeners__reachable__never_where_somebody_else_could_get_it(void **state)
{
    struct listener items[] = {
        {.port = 80, .reach = PORT_V4, .session = 0},
        {.port = 3000, .reach = PORT_V4, .session = 7},
        {.port = 4000, .reach = PORT_V4, .session = 7}, /* both with SO_REUSEPORT */
        {.port = 4000, .reach = PORT_V4, .session = 0},
        {.port = 5000, .reach = PORT_V4, .session = 0},
        {.port = 5000, .reach = PORT_V6, .session = 7},
        {.port = 6000, .reach = PORT_V4, .session = 7},
        {.port = 6000, .reach = PORT_V4 | PORT_V6, .session = 0},
        {.port = 7000, .reach = 0, .session = 7},
    };
    struct listeners l = {.n = ARRAY_LEN(items), .items = items};

    assert_int_equal(listeners_reachable(&l, 80), 0);
    assert_int_equal(listeners_reachable(&l, 81), 0);
    assert_int_equal(listeners_reachable(&l, 3000), PORT_V4);
    assert_int_equal(listeners_reachable(&l, 4000), 0);
    assert_int_equal(listeners_reachable(&l, 5000), PORT_V6);
    assert_int_equal(listeners_reachable(&l, 6000), 0);
    assert_int_equal(listeners_reachable(&l, 7000), 0);
    l.failed = true;
    assert_int_equal(listeners_reachable(&l, 3000), 0);
}

static void listeners__read__finds_our_own(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port;
    struct listeners l;
    size_t i;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    port = ntohs(address.sin_port);
    listeners_read(&l);
    i = listeners_find(&l, port);
    assert_true(i < l.n);
    assert_int_equal(l.items[i].port, port);
    assert_int_equal(l.items[i].session, getsid(0));
    assert_int_equal(listeners_reachable(&l, port), PORT_V4);
    listeners_finish(&l);
    close(fd);
}

struct asker {
    struct ports_question q;
    struct ports *ports;
    struct asker *again; /* asked in the answer */
    struct asker *drop;  /* forgotten in the answer */
    int n;
};

static void on_ports(struct ports_question *q, const struct listeners *l)
{
    struct asker *a = (struct asker *)q;

    assert_false(l->failed);
    a->n++;
    if (a->again)
        ports_ask(a->ports, &a->again->q, 0);
    if (a->drop)
        ports_forget(a->ports, &a->drop->q);
}

static void ports__ask__answers_each_once(void **state)
{
    struct ports p;
    struct asker d = {{.on_ports = on_ports}, &p, NULL, NULL, 0};
    struct asker c = {{.on_ports = on_ports}, &p, NULL, NULL, 0};
    struct asker b = {{.on_ports = on_ports}, &p, &c, &d, 0};
    struct asker a = {{.on_ports = on_ports}, &p, NULL, NULL, 0};

    ports_init(&p, uv_default_loop());
    ports_ask(&p, &a.q, 0);
    ports_ask(&p, &b.q, 0);
    ports_ask(&p, &d.q, 0);
    assert_int_equal(a.n, 0);
    uv_run(p.loop, UV_RUN_DEFAULT);
    assert_int_equal(a.n, 1);
    assert_int_equal(b.n, 1);
    assert_int_equal(c.n, 1);
    assert_int_equal(d.n, 0);
    ports_ask(&p, &a.q, 60000); /* a kept answer will do */
    assert_int_equal(a.n, 2);
    ports_ask(&p, &a.q, 0);
    ports_stop(&p);
    uv_run(p.loop, UV_RUN_DEFAULT);
    assert_int_equal(a.n, 2);
    ports_finish(&p);
}

/* --- options --- */

#define A16       "aaaaaaaaaaaaaaaa"
#define LONG_SLUG "{\"slug\":\"" A16 A16 A16 A16 "\",\"start\":\"x\"}"

static int read_spec(const char *json, struct server_spec *s)
{
    cJSON *o = cJSON_Parse(json);
    int r;

    assert_non_null(o);
    r = server_spec_read(s, o, NULL);
    cJSON_Delete(o);
    return r;
}

static void server_spec__read__refuses_what_makes_no_sense(void **state)
{
    static const char *const wrong[] = {
        "[]",
        "{}",
        "{\"slug\":\"a\"}",
        "{\"start\":\"a\"}",
        "{\"slug\":\"\",\"start\":\"x\"}",
        "{\"slug\":\"..\",\"start\":\"x\"}",
        "{\"slug\":\"a/b\",\"start\":\"x\"}",
        "{\"slug\":7,\"start\":\"x\"}",
        LONG_SLUG,
        "{\"slug\":\"a\",\"start\":[]}",
        "{\"slug\":\"a\",\"start\":\"\xff\"}",
        "{\"slug\":\"a\",\"start\":\"x\",\"port\":0}",
        "{\"slug\":\"a\",\"start\":\"x\",\"port\":65536}",
        "{\"slug\":\"a\",\"start\":\"x\",\"port\":80.5}",
        "{\"slug\":\"a\",\"start\":\"x\",\"port\":\"80\"}",
        "{\"slug\":\"a\",\"start\":\"x\",\"strict_port\":1}",
        "{\"slug\":\"a\",\"start\":\"x\",\"restart_policy\":\"sometimes\"}",
        "{\"slug\":\"a\",\"start\":\"x\",\"max_restarts\":-1}",
        "{\"slug\":\"a\",\"start\":\"x\",\"restart_delay_ms\":1e300}",
        "{\"slug\":\"a\",\"start\":\"x\",\"environment\":[]}",
        "{\"slug\":\"a\",\"start\":\"x\",\"environment\":{\"A\":1}}",
        "{\"slug\":\"a\",\"start\":\"x\",\"environment\":{\"A=B\":\"c\"}}",
        "{\"slug\":\"a\",\"start\":\"x\",\"depends_on\":\"a\"}",
        "{\"slug\":\"a\",\"start\":\"x\",\"depends_on\":[1]}",
        "{\"slug\":\"a\",\"start\":\"x\",\"overlays\":{}}",
        "{\"slug\":\"a\",\"start\":\"x\",\"overlays\":[1]}",
        "{\"slug\":\"a\",\"start\":\"x\",\"health_check\":\"/\"}",
        "{\"slug\":\"a\",\"start\":\"x\",\"health_check\":{\"path\":\"/ HTTP/1.1\\r\\nX: y\"}}",
        "{\"slug\":\"a\",\"start\":\"x\",\"health_check\":{\"interval_ms\":\"x\"}}",
    };

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct server_spec s;

        if (!read_spec(wrong[i], &s))
            fail_msg("%s", wrong[i]);
    }
}

static void server_spec__write__reads_back_the_same(void **state)
{
    static const char text[] =
        "{\"slug\":\"web\",\"start\":\"run\",\"install\":\"get\",\"env_file\":\".env\","
        "\"environment\":{\"A\":\"1\"},\"strict_port\":true,\"autostart\":false,"
        "\"restart_policy\":\"always\",\"max_restarts\":3,\"depends_on\":[\"ov-1\"],"
        "\"health_check\":{\"path\":\"/h\",\"interval_ms\":100,\"timeout_ms\":200,\"delay_ms\":0},"
        "\"restart_delay_ms\":5,\"stop_timeout_ms\":6,\"path\":\"app\",\"port\":3000}";
    struct server_spec s;
    cJSON *o = cJSON_CreateObject();
    char *again;

    assert_int_equal(read_spec(text, &s), 0);
    server_spec_write(&s, o, false);
    again = cJSON_PrintUnformatted(o);
    assert_string_equal(again, text);
    free(again);
    cJSON_Delete(o);
    o = cJSON_CreateObject();
    server_spec_write(&s, o, true);
    assert_float_equal(cJSON_GetObjectItem(o, "restart_delay")->valuedouble, 5e6, 0);
    assert_float_equal(cJSON_GetObjectItem(o, "stop_timeout")->valuedouble, 6e6, 0);
    cJSON_Delete(o);
    server_spec_finish(&s);
}

static void probe__parse__first_lines(void **state)
{
    static const struct {
        const char *head;
        int status;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\n", 200}, {"HTTP/1.0 503\r\n", 503},
        {"HTTP/1.1 2", -1},           {"", -1},
        {"SSH-2.0-x\r\n", 0},         {"HTTP/1.1 999 \r\n", 0},
        {"HTTP/1.1200 OK\r\n", 0},    {"HTTP/2 200 OK\r\n", 0},
        {"HTTP/1.1 20x\r\n", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (probe_parse(cases[i].head, strlen(cases[i].head)) != cases[i].status)
            fail_msg("%s", cases[i].head);
}

/* --- logs --- */

struct reader {
    struct log_reader r;
    char *text; /* owned */
    bool done;
};

static void on_read(struct log_reader *r, struct buf *text)
{
    struct reader *reader = (struct reader *)r;

    reader->done = true;
    if (text) {
        buf_append_str(text, "");
        reader->text = xstrdup(text->data ? text->data : "");
    }
}

static char *read_log(struct server_log *l, enum log_stream streams, uint64_t since)
{
    struct reader reader = {.r = {.streams = streams, .since = since, .on_read = on_read}};

    server_log_read(l, &reader.r);
    uv_run(l->loop, UV_RUN_DEFAULT);
    assert_true(reader.done);
    assert_non_null(reader.text);
    return reader.text;
}

static void expect_log(struct server_log *l, enum log_stream streams, uint64_t since,
                       const char *expected)
{
    cleanup_free char *text = read_log(l, streams, since);

    assert_string_equal(text, expected);
}

static char *log_path(char dir[64])
{
    snprintf(dir, 64, "/tmp/sandpit-log-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return xasprintf("%s/a.log", dir);
}

static void remove_log(const char *dir, const char *path)
{
    cleanup_free char *old = xasprintf("%s.1", path);

    unlink(path);
    unlink(old);
    assert_int_equal(rmdir(dir), 0);
}

static void server_log__read__by_stream_and_offset(void **state)
{
    char dir[64];
    cleanup_free char *path = log_path(dir);
    struct server_log l;

    server_log_init(&l, uv_default_loop(), path);
    expect_log(&l, LOG_COMBINED, 0, "");
    server_log_append(&l, LOG_STDOUT, "out1\n", 5);
    server_log_append(&l, LOG_STDERR, "err\n", 4);
    server_log_append(&l, LOG_STDOUT, "out2\n", 5);
    expect_log(&l, LOG_COMBINED, 0, "out1\nerr\nout2\n");
    expect_log(&l, LOG_STDOUT, 0, "out1\nout2\n");
    expect_log(&l, LOG_STDERR, 0, "err\n");
    expect_log(&l, LOG_COMBINED, 6, "rr\nout2\n");
    expect_log(&l, LOG_COMBINED, 1000, "");
    server_log_finish(&l);
    /* Another one goes on where this one stopped. */
    server_log_init(&l, uv_default_loop(), path);
    assert_int_equal(l.offset, 14);
    server_log_append(&l, LOG_STDOUT, "3", 1);
    expect_log(&l, LOG_COMBINED, 9, "out2\n3");
    server_log_erase(&l);
    server_log_append(&l, LOG_STDOUT, "new", 3);
    expect_log(&l, LOG_COMBINED, 0, "new");
    server_log_finish(&l);
    remove_log(dir, path);
}

static void on_room(struct server_log *l)
{
    l->on_room = NULL;
}

static void server_log__append__is_bounded_on_disk_and_in_memory(void **state)
{
    char dir[64], block[16384];
    cleanup_free char *path = log_path(dir), *old = xasprintf("%s.1", path);
    struct server_log l;
    struct stat st;

    server_log_init(&l, uv_default_loop(), path);
    memset(block, 'x', sizeof block);
    for (int round = 0; round < 20; round++) {
        int n = 0;

        l.on_room = on_room;
        while (server_log_append(&l, LOG_STDOUT, block, sizeof block))
            assert_true(n++ < 64);
        uv_run(l.loop, UV_RUN_DEFAULT);
        assert_null(l.on_room);
    }
    assert_int_equal(stat(path, &st), 0);
    assert_true((size_t)st.st_size <= LOG_FILE_MAX);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(old, &st), 0);
    assert_true((size_t)st.st_size <= LOG_FILE_MAX);
    server_log_finish(&l);
    remove_log(dir, path);
}

static void server_log__read__survives_spoiled_files(void **state)
{
    char dir[64];
    cleanup_free char *path = log_path(dir), *old = xasprintf("%s.1", path);
    struct server_log l;
    int fd;

    /* What one inside could put there: a FIFO, a link, records cut and forged. */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(symlink("/etc/passwd", old), 0);
    server_log_init(&l, uv_default_loop(), path);
    server_log_append(&l, LOG_STDOUT, "x", 1);
    expect_log(&l, LOG_COMBINED, 0, "");
    unlink(path);
    server_log_append(&l, LOG_STDOUT, "y", 1);
    expect_log(&l, LOG_COMBINED, 0, "y");
    fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "SLG1\xff\xff\xff\xff garbage garbage garbage", 31), 31);
    close(fd);
    expect_log(&l, LOG_COMBINED, 0, "y");
    server_log_append(&l, LOG_STDOUT, "behind it", 9);
    expect_log(&l, LOG_COMBINED, 0, "ybehind it");
    assert_int_equal(truncate(path, 20), 0);
    expect_log(&l, LOG_COMBINED, 0, "");
    server_log_finish(&l);
    remove_log(dir, path);
}

static void server_log__finish__with_a_job_under_way(void **state)
{
    char dir[64];
    cleanup_free char *path = log_path(dir);
    struct reader readers[2] = {{.r = {.streams = LOG_COMBINED, .on_read = on_read}},
                                {.r = {.streams = LOG_COMBINED, .on_read = on_read}}};
    struct server_log l;

    server_log_init(&l, uv_default_loop(), path);
    server_log_append(&l, LOG_STDOUT, "x", 1);
    server_log_read(&l, &readers[0].r);
    server_log_read(&l, &readers[1].r);
    server_log_erase(&l);
    server_log_finish(&l);
    assert_true(readers[0].done && readers[1].done);
    assert_null(readers[0].text);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    assert_int_not_equal(access(path, F_OK), 0);
    remove_log(dir, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listener__parse__lines_of_the_kernel),
        cmocka_unit_test(listeners__reachable__never_where_somebody_else_could_get_it),
        cmocka_unit_test(listeners__read__finds_our_own),
        cmocka_unit_test(ports__ask__answers_each_once),
        cmocka_unit_test(server_spec__read__refuses_what_makes_no_sense),
        cmocka_unit_test(server_spec__write__reads_back_the_same),
        cmocka_unit_test(probe__parse__first_lines),
        cmocka_unit_test(server_log__read__by_stream_and_offset),
        cmocka_unit_test(server_log__append__is_bounded_on_disk_and_in_memory),
        cmocka_unit_test(server_log__read__survives_spoiled_files),
        cmocka_unit_test(server_log__finish__with_a_job_under_way),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
