/* SPDX-License-Identifier: MIT
 *
 * Who gets /play/, who may only look, and what other sites cannot do with its cookie.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/play/stage.h"

#define HTML "Accept: text/html,application/xhtml+xml,*/*;q=0.8"

/* The path of the one PTY of the sandbox, as a program inside sees it. */
static void write_to_terminal(const char *text)
{
    cleanup_free char *command = xasprintf("printf '%%s' '%s' > /dev/pts/0", text);

    free(stage_sh(command));
}

static void play__observe__shows_and_takes_nothing(void **state)
{
    cleanup_free char *link = NULL, *size = NULL;

    cJSON_Delete(stage_ask("POST", "/terminals", "{\"pty\":true,\"cols\":70,\"rows\":20}"));
    link = stage_link("{\"scope\":\"observe\"}");
    browser_open(&stage.browser, link);
    page_wait_screen("$");
    page_wait("return document.getElementById('scope').innerText === 'read-only' && "
              "document.getElementById('scope').checkVisibility()");
    size = stage_sh("stty size < /dev/pts/0");
    assert_string_equal(size, "20 70\n");
    page_type("touch /tmp/by-observer; echo never\n");
    browser_size(&stage.browser, 700, 500);
    page_paste("'never'");
    /* Later than all that, on the way that their echo would have taken. */
    cJSON *value = browser_run(
        &stage.browser, "return fetch('/run/command', {method: 'POST', body: '{\"command\":\"touch "
                        "/tmp/by-observer\"}'}).then(r => r.status)");
    assert_int_equal(value->valueint, 403);
    cJSON_Delete(value);
    write_to_terminal("owner-was-here");
    page_wait_screen("owner-was-here");
    assert_int_equal(page_count("never"), 0);
    assert_sh("stty size < /dev/pts/0; ls /tmp/by-observer 2>/dev/null", "20 70\n");
}

static void play__observe__sees_the_first_terminal_come(void **state)
{
    cleanup_free char *link = stage_link("{\"scope\":\"observe\"}");

    browser_open(&stage.browser, link);
    page_wait("return document.getElementById('card').innerText.includes('Nothing to see yet')");
    cJSON_Delete(stage_ask("POST", "/terminals", "{\"pty\":true}"));
    page_wait_screen("$");
    page_wait("return document.getElementById('card').hidden");
}

static void play__used_link__explains_itself(void **state)
{
    cleanup_free char *link = stage_link("{}");
    struct answer a;

    browser_open(&stage.browser, link);
    page_wait_prompt();
    browser_forget_cookies(&stage.browser);
    browser_open(&stage.browser, link);
    page_wait("return document.body.innerText.includes('This link no longer works')");
    http_ask(&a, "GET", link, NULL, NULL); /* a program gets what it can read */
    assert_int_equal(a.status, 410);
    assert_has(a.headers.data, "application/json");
    assert_null(strcasestr(a.headers.data, "set-cookie"));
    answer_finish(&a);
    browser_open(&stage.browser, stage.url);
    cleanup_free char *play = xasprintf("%s/play/", stage.url);
    browser_open(&stage.browser, play);
    page_wait("return document.body.innerText.includes('You are not signed in')");
}

static void play__revoked__signs_out(void **state)
{
    cJSON *list;

    page_open();
    list = stage_ask("GET", "/auth/session_tokens", NULL);
    const cJSON *first =
        cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetObjectItem(list, "data"), "tokens"), 0);
    cleanup_free char *path = xasprintf("/auth/session_tokens/%s", stage_text(first, "id"));
    cJSON_Delete(list);
    cJSON_Delete(stage_ask("DELETE", path, NULL));
    page_wait("return document.getElementById('card').innerText.includes('You are signed out')");
}

static void play__destroyed__says_so(void **state)
{
    page_open();
    stage_destroy();
    page_wait(
        "return document.getElementById('card').innerText.includes('This sandbox has ended')");
}

static void play__token_in_address__becomes_the_cookie(void **state)
{
    cJSON *token = stage_ask("POST", "/auth/session_tokens", "{\"scope\":\"observe\"}");
    cleanup_free char *url = xasprintf("%s/play/?token=%s", stage.url, stage_text(token, "token"));

    browser_open(&stage.browser, url);
    page_wait("return location.pathname + location.search === '/play/' && "
              "document.body.dataset.state === 'open' && "
              "document.getElementById('scope').checkVisibility()");
    cJSON_Delete(token);
}

/* From the page of another sandbox, with everything a browser would send along. */
static void play__other_site__reaches_nothing(void **state)
{
    cleanup_free char *play_url = NULL, *script = NULL, *health = NULL;
    struct stage first;

    page_open();
    first = stage;
    stage_create();
    health = xasprintf("%s/health", stage.url);
    browser_open(&stage.browser, health);
    script = xasprintf(
        "const url = '%s', tell = what => done => done.then(() => what + '!', () => what);"
        "const socket = new Promise((good, bad) => { const s = new WebSocket(url.replace('http', "
        "'ws') + '/ws?protocol=json'); s.onopen = good; s.onerror = bad; });"
        "const post = fetch(url + '/run/command', {method: 'POST', mode: 'no-cors', credentials: "
        "'include', body: '{\"command\":\"touch /tmp/by-other-site\"}'});"
        "const read = fetch(url + '/terminals', {credentials: 'include'});"
        "return Promise.all([tell('socket')(socket), tell('read')(read), post.then(() => '', () => "
        "'')]).then(all => all.join(' '));",
        first.url);
    cleanup_free char *result = browser_text(&stage.browser, script);
    assert_string_equal(result, "socket read ");
    stage_destroy();
    free(stage.id);
    free(stage.url);
    free(stage.token);
    stage.id = first.id;
    stage.url = first.url;
    stage.token = first.token;
    assert_sh("ls /tmp/by-other-site 2>/dev/null", "");
    /* The session itself is good, and its own page may. */
    play_url = xasprintf("%s/play/", stage.url);
    browser_open(&stage.browser, play_url);
    page_wait_prompt();
}

/* The browser's rules out of the way: the cookie itself is sent, as by a page of the same site. */
static void play__cookie__needs_the_right_origin(void **state)
{
    cleanup_free char *link = stage_link("{}"), *run = xasprintf("%s/run/command", stage.url);
    struct answer a;

    http_ask(&a, "GET", link, NULL, NULL);
    assert_int_equal(a.status, 302);
    assert_has(a.headers.data, "HttpOnly; SameSite=Lax");
    const char *at = strstr(a.headers.data, "sandpit_session=");
    assert_non_null(at);
    cleanup_free char *cookie = xasprintf("Cookie: %.*s", (int)strcspn(at, ";"), at);
    cleanup_free char *own = xasprintf("Origin: %s", stage.url);
    const struct {
        const char *origin;
        int status;
    } cases[] = {
        {own, 200},
        {"Origin: http://evil.example", 403},
        {"Origin: null", 403},
        {"Origin: http://other.localhost:7780", 403},
    };

    answer_finish(&a);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *const headers[] = {cookie, cases[i].origin, NULL};

        http_ask(&a, "POST", run, headers, "{\"command\":\"true\"}");
        assert_int_equal(a.status, cases[i].status);
        answer_finish(&a);
    }
}

static void play__without_session__is_401_and_words(void **state)
{
    cleanup_free char *url = xasprintf("%s/play/", stage.url);
    static const char *const headers[] = {HTML, NULL};
    struct answer a;

    http_ask(&a, "GET", url, headers, NULL);
    assert_int_equal(a.status, 401);
    assert_has(a.headers.data, "text/html");
    assert_has(a.headers.data, "no-store");
    assert_has(a.body.data, "You are not signed in");
    answer_finish(&a);
    assert_int_equal(stage_status("/play/?token=wrong", NULL), 401);
}

static void play__files__have_headers_and_a_fixed_list(void **state)
{
    static const char *const wanted[] = {
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self';",
        "frame-ancestors 'none'", "X-Content-Type-Options: nosniff",
        "Content-Type: text/javascript", "Cache-Control: private, no-cache"};
    cleanup_free char *url = xasprintf("%s/play/xterm.mjs", stage.url);
    struct answer a;

    http_ask(&a, "GET", url, NULL, NULL);
    assert_int_equal(a.status, 200);
    assert_true(a.body.len > 100000);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_has(a.headers.data, wanted[i]);
    const char *at = strstr(a.headers.data, "ETag: ");
    cleanup_free char *known = xasprintf("If-None-Match: %.*s", (int)strcspn(at + 6, "\r"), at + 6);
    const char *const headers[] = {known, NULL};
    answer_finish(&a);
    assert_int_equal(stage_status("/play/xterm.mjs", headers), 304);
    assert_int_equal(stage_status("/play/page.js", headers), 200);
    assert_int_equal(stage_status("/play/nothing.js", NULL), 404);
    assert_int_equal(stage_status("/play/..%2f..%2fetc%2fpasswd", NULL), 404);
    assert_int_equal(stage_status("/play/page.html", NULL), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(play__observe__shows_and_takes_nothing),
        STAGE_CASE(play__observe__sees_the_first_terminal_come),
        STAGE_CASE(play__used_link__explains_itself),
        STAGE_CASE(play__revoked__signs_out),
        STAGE_CASE(play__destroyed__says_so),
        STAGE_CASE(play__token_in_address__becomes_the_cookie),
        STAGE_CASE(play__other_site__reaches_nothing),
        STAGE_CASE(play__cookie__needs_the_right_origin),
        STAGE_CASE(play__without_session__is_401_and_words),
        STAGE_CASE(play__files__have_headers_and_a_fixed_list),
    };

    return cmocka_run_group_tests(tests, stage_begin, stage_end);
}
