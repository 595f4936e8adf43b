/* SPDX-License-Identifier: MIT
 *
 * Which gateway is chosen, by flag, environment, context and file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/context.h"
#include "base/alloc.h"
#include "tests/cm.h"

static char key_file[] = "/tmp/sandpit-test-key-XXXXXX";

static const char config_text[] = "[general]\nnamespace = team\ntheme = light\n"
                                  "[context prod]\nurl = https://gw.example.com\n"
                                  "api_key_file = %s\nnamespace = live\nreadonly = yes\n"
                                  "theme = red\n[context nourl]\nreadonly = yes\n";

struct fixture {
    struct options o;
    struct config config;
    struct paths paths;
    struct context c;
    struct err e;
};

static void clean_environment(void)
{
    const char *output = getenv("CMOCKA_MESSAGE_OUTPUT");
    cleanup_free char *kept = output ? xstrdup(output) : NULL;

    clearenv();
    setenv("HOME", "/tmp", 1);
    setenv("PATH", "/usr/bin:/bin", 1);
    if (kept)
        setenv("CMOCKA_MESSAGE_OUTPUT", kept, 1);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    cleanup_free char *text = xasprintf(config_text, key_file);

    config_init(&f->config);
    config_read_text(&f->config, "config.ini", text, strlen(text));
    assert_int_equal(f->config.n_problems, 0);
    assert_int_equal(paths_init(&f->paths, NULL), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    context_finish(&f->c);
    config_finish(&f->config);
    paths_finish(&f->paths);
    clean_environment();
    free(f);
    return 0;
}

static int resolve(struct fixture *f)
{
    return context_resolve(&f->c, &f->o, &f->config, &f->paths, &f->e);
}

static void context__nothing_said__is_embedded(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(resolve(f), 0);
    assert_true(f->c.embedded);
    assert_string_equal(f->c.name, "embedded");
    assert_null(f->c.url);
    assert_string_equal(f->c.ns, "team");
    assert_string_equal(f->c.theme, "light");
    assert_false(f->c.readonly);
}

static void context__by_flag__comes_before_the_environment(void **state)
{
    struct fixture *f = *state;

    setenv("COMPUTESDK_API_KEY", "k1", 1);
    setenv("E2B_API_KEY", "secret", 1);
    f->o.gateway = "http://127.0.0.1:9";
    f->o.api_key_file = key_file;
    f->o.ns = "mine";
    f->o.readonly = true;
    assert_int_equal(resolve(f), 0);
    assert_false(f->c.embedded);
    assert_string_equal(f->c.url, "http://127.0.0.1:9");
    assert_string_equal(f->c.api_key, "key-of-file");
    assert_string_equal(f->c.ns, "mine");
    assert_true(f->c.readonly);
    assert_string_equal(f->c.provider_name, "e2b");
}

static void context__by_flag__without_a_key__says_how_to_give_one(void **state)
{
    struct fixture *f = *state;

    f->o.gateway = "http://127.0.0.1:9";
    assert_int_equal(resolve(f), -ERR_AUTH);
    assert_string_equal(f->e.text, "no API key for http://127.0.0.1:9");
    assert_non_null(strstr(f->e.hint, "--api-key-file"));
}

static void context__bad_addresses__are_refused(void **state)
{
    static const char *const urls[] = {"", "nonsense", "ftp://x", "http://", "http://[::1"};
    struct fixture *f = *state;

    setenv("COMPUTESDK_API_KEY", "k1", 1);
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        f->o.gateway = urls[i];
        assert_int_equal(resolve(f), -ERR_ARG);
        assert_non_null(strstr(f->e.text, "--gateway"));
    }
}

static void context__configured__brings_its_settings(void **state)
{
    struct fixture *f = *state;

    f->o.context = "prod";
    assert_int_equal(resolve(f), 0);
    assert_string_equal(f->c.url, "https://gw.example.com");
    assert_string_equal(f->c.api_key, "key-of-file");
    assert_string_equal(f->c.ns, "live");
    assert_string_equal(f->c.theme, "red");
    assert_true(f->c.readonly);
    assert_string_equal(f->c.provider_name, "computesdk");
}

static void context__several__the_first_is_used_and_the_rest_kept(void **state)
{
    struct fixture *f = *state;

    f->o.context = "prod , embedded,x y";
    assert_int_equal(resolve(f), 0);
    assert_string_equal(f->c.name, "prod");
    assert_string_equal(f->c.beside, "embedded,x y");
}

static void context__own_key_only__takes_none_of_the_environment(void **state)
{
    struct fixture *f = *state;

    setenv("COMPUTESDK_API_KEY", "k1", 1);
    setenv("SANDPIT_API_KEY", "k2", 1);
    f->o.own_key_only = true;
    f->o.context = "prod";
    assert_int_equal(resolve(f), 0);
    assert_string_equal(f->c.api_key, "key-of-file");
    context_finish(&f->c);
    free(f->config.contexts[0].api_key_file);
    f->config.contexts[0].api_key_file = NULL;
    assert_int_equal(resolve(f), -ERR_AUTH);
    assert_string_equal(f->e.text, "context prod has no api_key_file");
}

static void context__unknown__lists_the_known(void **state)
{
    struct fixture *f = *state;

    setenv("SANDPIT_CONTEXT", "prd", 1);
    assert_int_equal(resolve(f), -ERR_ARG);
    assert_string_equal(f->e.text, "unknown context \"prd\" (SANDPIT_CONTEXT)");
    assert_non_null(strstr(f->e.hint, "embedded, prod, nourl"));
    f->o.context = "nourl";
    assert_int_equal(resolve(f), -ERR_ARG);
    assert_string_equal(f->e.text, "context nourl has no url");
}

static void context__hosted__takes_the_first_complete_provider(void **state)
{
    struct fixture *f = *state;

    setenv("COMPUTESDK_API_KEY", "k1", 1);
    setenv("MODAL_TOKEN_ID", "id", 1); /* incomplete */
    setenv("VERCEL_OIDC_TOKEN", "oidc", 1);
    setenv("BEAM_TOKEN", "b", 1);
    setenv("BEAM_WORKSPACE_ID", "w", 1);
    assert_int_equal(resolve(f), 0);
    assert_string_equal(f->c.url, "https://tributary.edge.computesdk.com");
    assert_string_equal(f->c.api_key, "k1");
    assert_string_equal(f->c.provider_name, "vercel");
    assert_string_equal(f->c.provider.headers[0].name, "X-Vercel-OIDC-Token");
    assert_string_equal(f->c.provider.headers[0].value, "oidc");
    assert_null(f->c.provider.headers[1].name);
    context_finish(&f->c);
    setenv("COMPUTESDK_PROVIDER", "beam", 1);
    assert_int_equal(resolve(f), 0);
    assert_string_equal(f->c.provider_name, "beam");
    assert_string_equal(f->c.provider.headers[1].name, "X-Beam-Workspace-Id");
    context_finish(&f->c);
    setenv("COMPUTESDK_PROVIDER", "modal", 1); /* incomplete: the first complete one */
    assert_int_equal(resolve(f), 0);
    assert_string_equal(f->c.provider_name, "vercel");
}

static void context__hosted__without_credentials__lists_them(void **state)
{
    struct fixture *f = *state;
    cleanup_buf struct buf lines = {0};

    setenv("COMPUTESDK_API_KEY", "k1", 1);
    setenv("MODAL_TOKEN_ID", "id", 1);
    assert_int_equal(resolve(f), -ERR_AUTH);
    assert_null(strstr(f->e.text, "k1"));
    provider_missing(&lines);
    assert_non_null(strstr(lines.data, "  e2b: E2B_API_KEY\n"));
    assert_non_null(strstr(lines.data, "  modal: MODAL_TOKEN_SECRET\n"));
    assert_non_null(strstr(lines.data, "  railway: RAILWAY_API_KEY, RAILWAY_PROJECT_ID, "
                                       "RAILWAY_ENVIRONMENT_ID\n"));
    assert_non_null(strstr(lines.data, "  vercel: VERCEL_OIDC_TOKEN\n"));
}

static void context__address_in_the_environment(void **state)
{
    struct fixture *f = *state;

    setenv("COMPUTESDK_API_KEY", "k1", 1);
    setenv("COMPUTESDK_GATEWAY_URL", "http://127.0.0.1:7781", 1);
    assert_int_equal(resolve(f), 0);
    assert_string_equal(f->c.url, "http://127.0.0.1:7781");
    assert_string_equal(f->c.provider_name, "computesdk");
    context_finish(&f->c);
    setenv("COMPUTESDK_TRIBUTARY_URL", "http://127.0.0.1:7782", 1);
    assert_int_equal(resolve(f), 0);
    assert_string_equal(f->c.url, "http://127.0.0.1:7782");
}

static void context__key_files(void **state)
{
    struct fixture *f = *state;

    f->o.gateway = "http://127.0.0.1:9";
    f->o.api_key_file = "/proc/nowhere/key";
    assert_int_equal(resolve(f), -ERR_NOT_FOUND);
    assert_non_null(strstr(f->e.text, "/proc/nowhere/key"));
    f->o.api_key_file = "/dev/null";
    assert_int_equal(resolve(f), -ERR_ARG);
    f->o.api_key_file = "/dev/zero"; /* never ends */
    assert_true(resolve(f) < 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(context__nothing_said__is_embedded),
        CASE(context__by_flag__comes_before_the_environment),
        CASE(context__by_flag__without_a_key__says_how_to_give_one),
        CASE(context__bad_addresses__are_refused),
        CASE(context__configured__brings_its_settings),
        CASE(context__several__the_first_is_used_and_the_rest_kept),
        CASE(context__own_key_only__takes_none_of_the_environment),
        CASE(context__unknown__lists_the_known),
        CASE(context__hosted__takes_the_first_complete_provider),
        CASE(context__hosted__without_credentials__lists_them),
        CASE(context__address_in_the_environment),
        CASE(context__key_files),
    };
    int fd = mkstemp(key_file);

    if (fd < 0 || write(fd, "key-of-file\n", 12) != 12)
        return 1;
    close(fd);
    clean_environment();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(key_file);
    return failed;
}
