/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head__find__host_wherever_it_stands),
        cmocka_unit_test(head__find__nothing_in_any_prefix),
    };

    return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}
