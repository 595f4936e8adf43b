/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "host/gateway/hostname.h"

static void hostname__parse__whom_it_means(void **state)
{
    static const struct {
        const char *text, *domain;
        enum host_kind kind;
        const char *id;
        int port;
    } cases[] = {
        {"127.0.0.1:7780", "localhost", HOST_GATEWAY, "", 0},
        {"localhost", "localhost", HOST_GATEWAY, "", 0},
        {"LOCALHOST:1", "localhost", HOST_GATEWAY, "", 0},
        {"[::1]:7780", "localhost", HOST_GATEWAY, "", 0},
        {"[::1]", "localhost", HOST_GATEWAY, "", 0},
        {"sand.example", "sand.example", HOST_GATEWAY, "", 0},
        {"abcdefghijk1.localhost:7780", "localhost", HOST_SANDBOX, "abcdefghijk1", 0},
        {"ABCDEFGHIJK1.LocalHost", "localhost", HOST_SANDBOX, "abcdefghijk1", 0},
        {"abcdefghijk1-3000.localhost", "localhost", HOST_SANDBOX, "abcdefghijk1", 3000},
        {"abcdefghijk1-65536.localhost", "localhost", HOST_SANDBOX, "", 0},
        {"abcdefghijk1-0.localhost", "localhost", HOST_SANDBOX, "", 0},
        {"abcdefghijk1-.localhost", "localhost", HOST_SANDBOX, "", 0},
        {"abcdefghijk1-3x.localhost", "localhost", HOST_SANDBOX, "", 0},
        {"abcdefghijk1x.localhost", "localhost", HOST_SANDBOX, "", 0},
        {"short.localhost", "localhost", HOST_SANDBOX, "", 0},
        {".localhost", "localhost", HOST_FOREIGN, "", 0},
        {"a.abcdefghijk1.localhost", "localhost", HOST_SANDBOX, "", 0},
        {"abcdefghijk1.sand.example", "sand.example", HOST_SANDBOX, "abcdefghijk1", 0},
        {"evil.example", "localhost", HOST_FOREIGN, "", 0},
        {"evillocalhost", "localhost", HOST_FOREIGN, "", 0},
        {"localhost.evil.example", "localhost", HOST_FOREIGN, "", 0},
        {"localhost:x", "localhost", HOST_FOREIGN, "", 0},
        {"localhost:123456", "localhost", HOST_FOREIGN, "", 0},
        {"[::1", "localhost", HOST_FOREIGN, "", 0},
        {"[::1]x", "localhost", HOST_FOREIGN, "", 0},
        {"[]", "localhost", HOST_FOREIGN, "", 0},
        {"", "localhost", HOST_FOREIGN, "", 0},
        {":80", "localhost", HOST_FOREIGN, "", 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        /* Without a NUL behind it, as in the bytes that were peeked at. */
        size_t n = strlen(cases[i].text);
        cleanup_free char *exact = xmalloc(n ? n : 1);

        memcpy(exact, cases[i].text, n);
        struct host host = host_parse((struct slice){exact, n}, cases[i].domain);
        if (host.kind != cases[i].kind || strcmp(host.id, cases[i].id) != 0 ||
            host.port != cases[i].port)
            fail_msg("%s: kind %d id \"%s\" port %d", cases[i].text, host.kind, host.id, host.port);
    }
}

static void hostname__check__domains(void **state)
{
    (void)state;
    assert_true(host_domain_valid("localhost"));
    assert_true(host_domain_valid("sand-box.example.org"));
    assert_false(host_domain_valid(""));
    assert_false(host_domain_valid(".a"));
    assert_false(host_domain_valid("a."));
    assert_false(host_domain_valid("a..b"));
    assert_false(host_domain_valid("a/b"));
    assert_false(host_domain_valid("a:80"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostname__parse__whom_it_means),
        cmocka_unit_test(hostname__check__domains),
    };

    return cmocka_run_group_tests_name("hostname", tests, NULL, NULL);
}
