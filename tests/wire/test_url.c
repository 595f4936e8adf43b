/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "wire/url.h"

static void url__encode__escapes_all_but_unreserved(void **state)
{
    struct buf out = {0};

    url_encode(&out, SLICE("aZ09-._~/ ?é+%"));
    assert_string_equal(out.data, "aZ09-._~%2F%20%3F%C3%A9%2B%25");
    buf_finish(&out);
}

static void url__decode__keeps_plus_and_slashes(void **state)
{
    struct buf out = {0};

    assert_int_equal(url_decode(&out, SLICE("//a%2fb+c%C3%A9"), NULL), 0);
    assert_string_equal(out.data, "//a/b+cé");
    buf_finish(&out);
}

static void url__decode__refuses_broken_escapes(void **state)
{
    static const char *const bad[] = {"%", "a%2", "%zz", "%0g", "%00", "ok%2x"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct buf out = {0};
        struct err e = {0};

        buf_append_str(&out, "kept");
        assert_int_equal(url_decode(&out, SLICE(bad[i]), &e), -ERR_ARG);
        assert_string_equal(out.data, "kept");
        buf_finish(&out);
    }
}

static void check_target(const char *target, const char *path, const char *query)
{
    struct slice p, q;

    url_split_target(SLICE(target), &p, &q);
    assert_true(slice_equal(p, path));
    assert_true(slice_equal(q, query));
}

static void url__split_target__at_the_first_question_mark(void **state)
{
    check_target("/files//abs/x?content=true&a=?", "/files//abs/x", "content=true&a=?");
    check_target("/plain", "/plain", "");
    check_target("/empty?", "/empty", "");
    check_target("", "", "");
    check_target("?q", "", "q");
}

static void check_query(const char *query, const char *key, const char *value)
{
    struct buf out = {0};
    bool found = url_query_get(SLICE(query), key, &out);

    assert_int_equal(found, value != NULL);
    if (value)
        assert_string_equal(out.data ? out.data : "", value);
    buf_finish(&out);
}

static void url__query_get__decodes_the_first(void **state)
{
    check_query("a=1&token=x%20y+z&token=2", "token", "x y z");
    check_query("a&b=", "a", "");
    check_query("a&b=", "b", "");
    check_query("a=b=c", "a", "b=c");
    check_query("%61=1", "a", "1");
    check_query("&&a=1&", "a", "1");
    check_query("ab=1", "a", NULL);
    check_query("a=%zz", "a", NULL);
    check_query("", "a", NULL);
}

static void check_url(const char *text, const char *scheme, const char *host, int port,
                      const char *path)
{
    struct url u;

    assert_int_equal(url_parse(&u, text, NULL), 0);
    assert_string_equal(u.scheme, scheme);
    assert_string_equal(u.host, host);
    assert_int_equal(u.port, port);
    assert_string_equal(u.path, path);
    url_finish(&u);
}

static void url__parse__takes_it_apart(void **state)
{
    check_url("http://127.0.0.1:7780", "http", "127.0.0.1", 7780, "");
    check_url("https://tributary.edge.computesdk.com/", "https", "tributary.edge.computesdk.com",
              443, "");
    check_url("HTTP://h/a/b//", "http", "h", 80, "/a/b");
    check_url("wss://[::1]:8443/ws", "wss", "::1", 8443, "/ws");
    check_url("ws://[fe80::1]", "ws", "fe80::1", 80, "");
    check_url("http://ab-3000.localhost:7780", "http", "ab-3000.localhost", 7780, "");
}

static void url__parse__refuses_what_is_not_a_base_url(void **state)
{
    static const char *const bad[] = {
        "",
        "127.0.0.1:7780",
        "ftp://h",
        "http:/h",
        "http://",
        "http://:80",
        "http://h:",
        "http://h:0",
        "http://h:65536",
        "http://h:8x",
        "http://h:1:2",
        "http://u:p@h/",
        "http://u@h",
        "http://h h",
        "http://h/a b",
        "http://h?q",
        "http://h/a#f",
        "http://[::1",
        "http://[]",
        "http://[::1]x",
        "http://h\r\nX: y/",
        "http://h/\x01",
        "http://h%20",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err e = {0};
        struct url u;

        assert_int_equal(url_parse(&u, bad[i], &e), -ERR_ARG);
        assert_null(u.host);
        assert_true(e.text[0]);
    }
}

static void url__host_is_localhost__by_rfc_6761(void **state)
{
    assert_true(url_host_is_localhost("localhost"));
    assert_true(url_host_is_localhost("abc.LocalHost"));
    assert_true(url_host_is_localhost("a.b.localhost."));
    assert_false(url_host_is_localhost("notlocalhost"));
    assert_false(url_host_is_localhost("localhost.example.com"));
    assert_false(url_host_is_localhost("127.0.0.1"));
    assert_false(url_host_is_localhost(""));
}

static void url__of_port__goes_into_the_first_label(void **state)
{
    static const struct {
        const char *url, *scheme, *out;
        int port;
    } cases[] = {
        {"http://abc.localhost:7780", NULL, "http://abc-3000.localhost:7780", 3000},
        {"https://abc.example.com", NULL, "https://abc-80.example.com", 80},
        {"https://abc.example.com/", "http", "http://abc-80.example.com", 80},
        {"http://abc.localhost:7780", NULL, "http://abc.localhost:7780", 0},
        {"http://abc:1", NULL, "http://abc-2:1", 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_free char *out = url_of_port(cases[i].url, cases[i].port, cases[i].scheme, NULL);

        assert_string_equal(out, cases[i].out);
    }
    assert_null(url_of_port("not a URL", 1, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url__encode__escapes_all_but_unreserved),
        cmocka_unit_test(url__decode__keeps_plus_and_slashes),
        cmocka_unit_test(url__decode__refuses_broken_escapes),
        cmocka_unit_test(url__split_target__at_the_first_question_mark),
        cmocka_unit_test(url__query_get__decodes_the_first),
        cmocka_unit_test(url__parse__takes_it_apart),
        cmocka_unit_test(url__parse__refuses_what_is_not_a_base_url),
        cmocka_unit_test(url__host_is_localhost__by_rfc_6761),
        cmocka_unit_test(url__of_port__goes_into_the_first_label),
    };
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
