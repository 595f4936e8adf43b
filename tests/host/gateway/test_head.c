/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "host/gateway/internal.h"

static int find(const char *text, size_t n, struct slice *host)
{
    static char exact[4096];

    /* At the very end of an allocation, so that a read past it is seen. */
    char *copy = xmalloc(n ? n : 1);
    memcpy(copy, text, n);
    int found = head_find_host(copy, n, host);
    if (found > 0) {
        memcpy(exact, host->data, host->len);
        host->data = exact;
    }
    free(copy);
    return found;
}

static void head__find__host_wherever_it_stands(void **state)
{
    static const struct {
        const char *text;
        int found;
        const char *host;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: a.b:80\r\n\r\n", 1, "a.b:80"},
        {"GET / HTTP/1.1\r\nAccept: */*\r\nhOsT:a\r\n", 1, "a"},
        {"GET / HTTP/1.1\nHost: \t a \t\n", 1, "a"},
        {"GET / HTTP/1.1\r\nHost: a", 0, ""},
        {"GET / HTTP/1.1\r\nHos", 0, ""},
        {"", 0, ""},
        {"G", 0, ""},
        {"GET / HTTP/1.1\r\n\r\n", -1, ""},
        {"GET / HTTP/1.1\r\nX-Host: a\r\n\r\nHost: b\r\n", -1, ""},
        {"GET / HTTP/1.1\r\nHost:\r\n", -1, ""},
        {"Host: a\r\n", 0, ""}, /* the first line is the request */
        {"\x16\x03\x01", -1, ""},
        {"\r\n", -1, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice host = {"", 0};
        int found = find(cases[i].text, strlen(cases[i].text), &host);

        if (found != cases[i].found || (found > 0 && !slice_equal(host, cases[i].host)))
            fail_msg("case %zu: %d", i, found);
    }
}

static void head__find__nothing_in_any_prefix(void **state)
{
    static const char text[] = "POST /x HTTP/1.1\r\nUser-Agent: y\r\nHost: abc.localhost\r\n";
    struct slice host;

    (void)state;
    for (size_t n = 0; n + 1 < sizeof text - 1; n++)
        assert_int_equal(find(text, n, &host), 0);
    assert_int_equal(find(text, sizeof text - 1, &host), 1);
}

static int check(const char *text, size_t n, struct head_verdict *verdict)
{
    char *copy = xmalloc(n ? n : 1);

    memcpy(copy, text, n);
    int result = head_check(copy, n, verdict);
    free(copy);
    return result;
}

#define GET         "GET / HTTP/1.1\r\n"
#define BYTES(text) (text), sizeof(text) - 1

static void head__check__table(void **state)
{
    static const struct {
        const char *text;
        size_t n;
        int status; /* 0: well-formed; 1: its end is not here */
    } cases[] = {
        {BYTES(GET "Host: a\r\n\r\n"), 0},
        {BYTES(GET "Host: a\r\nX:\r\nY: \xc3\xa9\t\r\n\r\nbody\0"), 0},
        {BYTES("GET / HTTP/1.0\nHost: a\n\n"), 0},
        {BYTES("M-SEARCH /?a=b&c HTTP/1.9\r\nContent-Length: 12 \r\n\r\n"), 0},
        {BYTES(GET "Host: a\r\n\r"), 1},
        {BYTES(GET "Host: a\r\nContent-Length: x"), 1},
        {BYTES("GET /"), 1},
        {BYTES(""), 1},
        {BYTES("GET\r\n\r\n"), 400},
        {BYTES("GET /\r\n\r\n"), 400},
        {BYTES("GET  / HTTP/1.1\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1 \r\n\r\n"), 400},
        {BYTES("GET / x HTTP/1.1\r\n\r\n"), 400},
        {BYTES("G\1T / HTTP/1.1\r\n\r\n"), 400},
        {BYTES("GET /a\0b HTTP/1.1\r\n\r\n"), 400},
        {BYTES("GET /a\tb HTTP/1.1\r\n\r\n"), 400},
        {BYTES("GET / HTTX/1.1\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.\r\n\r\n"), 400},
        {BYTES("GET / HTTP/0.9\r\n\r\n"), 505},
        {BYTES("PRI * HTTP/2.0\r\n\r\n"), 505},
        {BYTES(GET "no colon\r\n\r\n"), 400},
        {BYTES(GET ": x\r\n\r\n"), 400},
        {BYTES(GET "X : y\r\n\r\n"), 400},
        {BYTES(GET "X: a\r\n folded\r\n\r\n"), 400},
        {BYTES(GET "X: a\0b\r\n\r\n"), 400},
        {BYTES(GET "X: a\rb\r\n\r\n"), 400},
        {BYTES(GET "X\0: a\r\n\r\n"), 400},
        {BYTES(GET "Content-Length:\r\n\r\n"), 400},
        {BYTES(GET "Content-Length: -1\r\n\r\n"), 400},
        {BYTES(GET "Content-Length: +1\r\n\r\n"), 400},
        {BYTES(GET "Content-Length: 1 2\r\n\r\n"), 400},
        {BYTES(GET "Content-Length: 1, 1\r\n\r\n"), 400},
        {BYTES(GET "Content-Length: 0x10\r\n\r\n"), 400},
        {BYTES(GET "content-length: 9999999999999999999\r\n\r\n"), 413},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct head_verdict verdict = {0, NULL};
        int expected = cases[i].status > 1 ? -1 : !cases[i].status;

        if (check(cases[i].text, cases[i].n, &verdict) != expected ||
            (expected < 0 && verdict.status != cases[i].status))
            fail_msg("case %zu: %d %s", i, verdict.status, verdict.reason ? verdict.reason : "");
    }
}

static void head__check__counts_what_costs_memory(void **state)
{
    static const char *const parts[] = {"X: y\r\n", "; a=b", "&a=b"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        cleanup_buf struct buf head = {0};
        struct head_verdict verdict;

        buf_append_str(&head, i == 2 ? "GET /?" : i == 1 ? GET "Cookie: a=b" : GET);
        for (int k = 0; k < 1001; k++)
            buf_append_str(&head, parts[i]);
        buf_append_str(&head, i == 2 ? " HTTP/1.1\r\n\r\n" : "\r\n\r\n");
        assert_int_equal(check(head.data, head.len, &verdict), -1);
        assert_int_equal(verdict.status, 431);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head__find__host_wherever_it_stands),
        cmocka_unit_test(head__find__nothing_in_any_prefix),
        cmocka_unit_test(head__check__table),
        cmocka_unit_test(head__check__counts_what_costs_memory),
    };

    return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}
