/* SPDX-License-Identifier: MIT
 *
 * /play/ as people use it: a magic link, opened in a browser, and keys. One browser and one gateway
 * for all, a sandbox for each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/e2e/lab.h"
#include "tests/e2e/proxy.h"
#include "tests/play/browser.h"

#define SCREEN                                                                                     \
    "[...document.querySelectorAll('.xterm-rows > div')].map(r => r.textContent).join('\\n')"
#define KEYBOARD ".xterm-helper-textarea"
#define HTML     "Accept: text/html,application/xhtml+xml,*/*;q=0.8"

static struct stage {
    struct lab *lab;
    struct proxy *proxy;
    struct browser browser;
    char *id, *url, *token; /* of this test's sandbox */
} stage;

/* --- the sandbox --- */

static const char *text_of(const cJSON *json, const char *name)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data");
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(data ? data : json, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

/* One request to a sandbox with its access token. */
static cJSON *ask(const char *method, const char *path, const char *body)
{
    cleanup_free char *url = xasprintf("%s%s", stage.url, path);
    cleanup_free char *bearer = xasprintf("Authorization: Bearer %s", stage.token);
    const char *const headers[] = {bearer, NULL};
    struct answer a;

    http_ask(&a, method, url, headers, body);
    if (a.status >= 300)
        fail_msg("%s %s: %d %s", method, path, a.status, a.body.data);
    cJSON *json = cJSON_Parse(a.body.data);
    answer_finish(&a);
    return json;
}

/* stdout of a command; the caller frees. */
static char *sh(const char *command)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "command", command);
    cleanup_free char *body = cJSON_PrintUnformatted(o);
    cJSON *json = ask("POST", "/run/command", body);
    char *out = xstrdup(text_of(json, "stdout"));

    cJSON_Delete(json);
    cJSON_Delete(o);
    return out;
}

#define assert_sh(command, expected)                                                               \
    do {                                                                                           \
        cleanup_free char *out_ = sh(command);                                                     \
        assert_string_equal(out_, expected);                                                       \
    } while (0)

static char *make_link(const char *body)
{
    cJSON *json = ask("POST", "/auth/magic-links", body);
    char *link = xstrdup(text_of(json, "magic_url"));

    cJSON_Delete(json);
    return link;
}

static cJSON *gateway_ask(const char *method, const char *path, const char *body)
{
    cleanup_free char *url = xasprintf("%s%s", stage.lab->url, path);
    cleanup_free char *key = xasprintf("X-ComputeSDK-API-Key: %s", stage.lab->key);
    const char *const headers[] = {key, NULL};
    struct answer a;

    http_ask(&a, method, url, headers, body);
    cJSON *json = cJSON_Parse(a.body.data);
    if (a.status != 200)
        fail_msg("%s %s: %d %s", method, path, a.status, a.body.data);
    answer_finish(&a);
    return json;
}

static void create_sandbox(void)
{
    cJSON *json = gateway_ask("POST", "/v1/sandboxes", "{}");

    stage.id = xstrdup(text_of(json, "sandboxId"));
    stage.url = xstrdup(text_of(json, "url"));
    stage.token = xstrdup(text_of(json, "token"));
    cJSON_Delete(json);
}

static void destroy_sandbox(void)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", stage.id);

    cJSON_Delete(gateway_ask("DELETE", path, NULL));
}

static int status_of(const char *path, const char *const *headers)
{
    cleanup_free char *url = xasprintf("%s%s", stage.url, path);
    struct answer a;

    http_ask(&a, "GET", url, headers, NULL);
    int status = a.status;

    answer_finish(&a);
    return status;
}

static int setup(void **state)
{
    proxy_mend(stage.proxy);
    browser_size(&stage.browser, 1000, 700);
    create_sandbox();
    if (status_of("/play/xterm.mjs", NULL) != 200)
        fail_msg("this build could not fetch xterm.js: is npm there, and its registry?");
    return 0;
}

static int teardown(void **state)
{
    /* Its errors are not the next one's. */
    browser_open(&stage.browser, "about:blank");
    free(browser_console(&stage.browser));
    proxy_mend(stage.proxy);
    destroy_sandbox();
    free(stage.id);
    free(stage.url);
    free(stage.token);
    stage.id = stage.url = stage.token = NULL;
    return 0;
}

static int group_setup(void **state)
{
    cleanup_free char *address = NULL;

    stage.proxy = proxy_create();
    if (lab_setup((void **)&stage.lab))
        return -1;
    address = xasprintf("127.0.0.2:%d", proxy_port(stage.proxy));
    lab_gateway(stage.lab, address);
    browser_start(&stage.browser, stage.lab->dir);
    return 0;
}

static int group_teardown(void **state)
{
    browser_stop(&stage.browser);
    proxy_destroy(stage.proxy);
    return lab_teardown((void **)&stage.lab);
}

/* --- the page --- */

static void wait_for(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void wait_for(const char *format, ...)
{
    char script[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(script, sizeof script, format, args);
    va_end(args);
    browser_wait(&stage.browser, script);
}

static void wait_screen(const char *text)
{
    wait_for("return " SCREEN ".includes('%s')", text);
}

static void wait_prompt(void)
{
    wait_for("return document.body.dataset.state === 'open' && /\\$\\s*$/.test(" SCREEN
             ".trimEnd())");
}

static void type(const char *text)
{
    browser_type_into(&stage.browser, KEYBOARD, text);
}

static void open_play(void)
{
    cleanup_free char *link = make_link("{}");

    browser_open(&stage.browser, link);
    wait_prompt();
}

static char *terminal_id(void)
{
    return browser_text(&stage.browser, "return location.hash.replace('#terminal=', '')");
}

static int screen_count(const char *text)
{
    cleanup_free char *script = xasprintf("return " SCREEN ".split('%s').length - 1", text);
    cJSON *value = browser_run(&stage.browser, script);
    int n = value->valueint;

    cJSON_Delete(value);
    return n;
}

static void paste(const char *expression)
{
    cleanup_free char *script =
        xasprintf("const clip = new DataTransfer(); clip.setData('text/plain', %s);"
                  "document.querySelector('" KEYBOARD "').dispatchEvent(new ClipboardEvent('paste',"
                  "{clipboardData: clip, bubbles: true, cancelable: true}));",
                  expression);

    cJSON_Delete(browser_run(&stage.browser, script));
}

/* A pipe from `head`, which gets its bytes as they are. What came earlier would be the line
 * editor's, and a paste in brackets. */
static void type_to_head(const char *command)
{
    cleanup_free char *line =
        xasprintf("stty raw -echo; echo ready-$((1+1)); head -c %s; stty sane\n", command);

    type(line);
    wait_screen("ready-2");
    assert_sh("for i in $(seq 400); do pgrep -x head && break; sleep 0.05; done | wc -l", "1\n");
}

/* --- cases --- */

static void play__link__leads_to_a_shell(void **state)
{
    cleanup_free char *cookie = NULL, *address = NULL, *console = NULL;

    open_play();
    type("echo typed-$((40+2))\n");
    wait_screen("typed-42");
    address = browser_text(&stage.browser, "return location.pathname + location.search");
    assert_string_equal(address, "/play/");
    cookie = browser_text(&stage.browser, "return document.cookie");
    assert_string_equal(cookie, ""); /* HttpOnly */
    /* Nothing that the Content-Security-Policy had to stop, no error of the page. */
    console = browser_console(&stage.browser);
    assert_string_equal(console, "[]");
}

static void play__keys__reach_the_program(void **state)
{
    open_play();
    /* Ctrl-C, Escape, arrow up as the program gets them. */
    type_to_head("5 | od -An -tx1");
    type("\xee\x80\x89"
         "c\xee\x80\x89"  /* Control down, c, up */
         "\xee\x80\x8c"   /* Escape */
         "\xee\x80\x93"); /* ArrowUp */
    wait_screen("03 1b 1b 5b 41");
}

static void play__colours__are_painted(void **state)
{
    static const char colour_of[] =
        "const cell = [...document.querySelectorAll('.xterm-rows span')].find(s => "
        "s.textContent.includes('%s')); if (!cell) return ''; const style = getComputedStyle(cell);"
        "return [style.color, style.backgroundColor, style.fontWeight].join('|');";
    static const struct {
        const char *sgr, *text, *style;
    } cases[] = {
        {"38;2;255;120;10", "rgb-text", "rgb(255, 120, 10)|rgba(0, 0, 0, 0)|400"},
        {"48;2;1;2;3", "rgb-ground", "rgb(221, 226, 234)|rgb(1, 2, 3)|400"},
        {"38;5;57", "palette-text", "rgb(95, 0, 255)|rgba(0, 0, 0, 0)|400"},
        {"1;31", "bold-red", "rgb(255, 156, 156)|rgba(0, 0, 0, 0)|700"},
    };

    open_play();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_free char *line = xasprintf("clear; printf '\\033[%sm%%s\\033[0m\\n' %.3s\"\"%s\n",
                                            cases[i].sgr, cases[i].text, cases[i].text + 3);
        cleanup_free char *script = xasprintf(colour_of, cases[i].text);

        type(line);
        wait_screen(cases[i].text);
        cleanup_free char *style = browser_text(&stage.browser, script);
        assert_string_equal(style, cases[i].style);
    }
    cleanup_free char *console = browser_console(&stage.browser);
    assert_string_equal(console, "[]");
}

/* What stty says, against the rows and the width of the screen. */
static void check_size(int width, int height)
{
    static const char fits[] =
        "const said = [..." SCREEN
        ".matchAll(/size (\\d+) (\\d+) %d/g)].pop(); if (!said) return '';"
        "const screen = document.querySelector('.xterm-screen').getBoundingClientRect(),"
        "      room = document.querySelector('main').getBoundingClientRect(),"
        "      cell = screen.width / said[2], rows = document.querySelectorAll('.xterm-rows > "
        "div').length;"
        "return said[1] == rows && screen.bottom <= room.bottom && screen.right <= room.right && "
        "       room.bottom - screen.bottom < 60 && room.right - screen.right < 6 * cell";
    cleanup_free char *line = xasprintf("echo size $(stty size) %d\n", width);

    browser_size(&stage.browser, width, height);
    wait_for("return innerWidth <= %d", width);
    /* Asked until it is so: the size travels on its own. */
    for (int i = 0; i < 50; i++) {
        cleanup_free char *script = xasprintf(fits, width);

        type(line);
        wait_for("return " SCREEN ".search(/size \\d+ \\d+ %d/) >= 0", width);
        cleanup_free char *good = browser_text(&stage.browser, script);
        if (strcmp(good, "true") == 0)
            return;
        type("clear\n");
        wait_for("return " SCREEN ".search(/size \\d+ \\d+/) < 0");
    }
    fail_msg("the size never fitted a window of %dx%d", width, height);
}

static void play__window__gives_the_size(void **state)
{
    open_play();
    check_size(1000, 700);
    check_size(640, 500);
    check_size(1300, 900);
}

static void play__phone__fits_its_width(void **state)
{
    open_play();
    browser_size(&stage.browser, 500, 800); /* as narrow as Chromium's windows get */
    wait_for("return innerWidth <= 500");
    wait_for("return document.documentElement.scrollWidth <= innerWidth && "
             "document.querySelector('.xterm-screen').getBoundingClientRect().right <= innerWidth");
    type("echo narrow-$((1+1))\n");
    wait_screen("narrow-2");
}

static void play__clipboard__copies_and_pastes(void **state)
{
    static const char *const copy[] = {"\xee\x80\x89", "\xee\x80\x88", "C"};
    static const char *const paste_keys[] = {"\xee\x80\x89", "\xee\x80\x88", "V"};
    cJSON *at;

    open_play();
    type("clear; echo copy-word\"\"$((1+1))\n");
    wait_screen("copy-word2");
    at = browser_run(&stage.browser,
                     "const row = [...document.querySelectorAll('.xterm-rows > div')].find(r => "
                     "r.textContent.startsWith('copy-word2')).getBoundingClientRect();"
                     "return {x: row.left + 12, y: row.top + row.height / 2}");
    browser_double_click(&stage.browser, cJSON_GetObjectItem(at, "x")->valueint,
                         cJSON_GetObjectItem(at, "y")->valueint);
    cJSON_Delete(at);
    browser_press(&stage.browser, copy, ARRAY_LEN(copy));
    type("echo pasted-");
    browser_press(&stage.browser, paste_keys, ARRAY_LEN(paste_keys));
    wait_screen("echo pasted-copy-word2");
}

static void play__paste__lines_wait_for_enter(void **state)
{
    open_play();
    paste("'echo a-$((1+1))\\necho b-$((2+2))\\necho c-$((3+3))'");
    wait_screen("echo c-$((3+3))");
    /* Bracketed: the shell has the lines, and has run none. */
    assert_int_equal(screen_count("a-2"), 0);
    type("\n");
    wait_screen("a-2");
    wait_screen("b-4");
    wait_screen("c-6");
}

static void play__paste__large_text_arrives_whole(void **state)
{
    open_play();
    type_to_head("200000 | md5sum");
    paste("Array.from({length: 20000}, (_, i) => String(i).padStart(9, '0') + ' ').join('')");
    cleanup_free char *expected =
        sh("for i in $(seq 0 19999); do printf '%09d ' $i; done | md5sum");
    expected[32] = '\0';
    wait_screen(expected);
}

static void play__reload__finds_the_shell_again(void **state)
{
    cleanup_free char *before = NULL, *after = NULL;

    open_play();
    type("kept=here-$((3*3)); printf '\\033[1;35mpainted\\033[0m\\n'; echo first-$kept\n");
    wait_screen("first-here-9");
    before = terminal_id();
    browser_reload(&stage.browser);
    wait_screen("first-here-9");
    after = terminal_id();
    assert_string_equal(before, after);
    type("echo again-$kept\n");
    wait_screen("again-here-9");
    cJSON *list = ask("GET", "/terminals", NULL);
    assert_int_equal(
        cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(list, "data"), "terminals")), 1);
    cJSON_Delete(list);
}

static int viewers_of(const char *id)
{
    cleanup_free char *path = xasprintf("/terminals/%s", id);
    cJSON *json = ask("GET", path, NULL);
    int n = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "viewers")->valueint;

    cJSON_Delete(json);
    return n;
}

static bool is_left(void *user)
{
    return viewers_of(user) == 0;
}

static void play__tab__takes_over_a_shell_that_was_left(void **state)
{
    cleanup_free char *play_url = xasprintf("%s/play/", stage.url);
    cleanup_free char *first = NULL, *second = NULL, *third = NULL;

    open_play();
    first = terminal_id();
    browser_open_tab(&stage.browser);
    browser_open(&stage.browser, play_url);
    wait_prompt();
    second = terminal_id();
    assert_string_not_equal(first, second);
    browser_close_tab(&stage.browser);
    assert_true(lab_wait(WAIT_MS, is_left, second));
    browser_open_tab(&stage.browser);
    browser_open(&stage.browser, play_url);
    wait_prompt();
    third = terminal_id();
    browser_close_tab(&stage.browser);
    assert_string_equal(second, third);
}

static void play__cut__what_was_typed_arrives_once(void **state)
{
    cleanup_free char *size = NULL;

    open_play();
    size = sh("stty size < /dev/pts/0");
    type("cat > /tmp/got\n");
    for (int i = 0; i < 3; i++) {
        cleanup_free char *last = xasprintf("after %d", i);
        cleanup_free char *line = xasprintf("before %d\n", i);

        type(line);
        proxy_cut(stage.proxy); /* perhaps with the keys under way, perhaps with their answers */
        wait_for("return !document.getElementById('notice').hidden && "
                 "/trying again in \\d+ s/.test(document.getElementById('notice').textContent)");
        cleanup_free char *during = xasprintf("during %d\n", i);
        type(during);
        proxy_mend(stage.proxy);
        wait_for("return document.body.dataset.state === 'open'");
        cleanup_free char *after = xasprintf("%s\n", last);
        type(after);
        wait_screen(last);
        wait_for("return document.getElementById('notice').hidden");
    }
    type("\xee\x80\x89"
         "d\xee\x80\x89");
    wait_prompt();
    assert_sh("cat /tmp/got", "before 0\nduring 0\nafter 0\nbefore 1\nduring 1\nafter 1\n"
                              "before 2\nduring 2\nafter 2\n");
    /* The words about it take no row of the terminal. */
    assert_sh("stty size < /dev/pts/0", size);
}

static void play__cut__too_much_is_refused_visibly(void **state)
{
    open_play();
    proxy_cut(stage.proxy);
    wait_for("return document.body.dataset.state === 'waiting'");
    paste("'x'.repeat(256 * 1024 + 1)");
    wait_for("return /Not sent/.test(document.getElementById('notice').textContent)");
    proxy_mend(stage.proxy);
    wait_for("return document.body.dataset.state === 'open'");
    type("echo only-$((5+5))\n");
    wait_screen("only-10");
    assert_int_equal(screen_count("xxxx"), 0);
}

static void play__gateway_killed__the_shell_goes_on(void **state)
{
    cleanup_free char *address = xasprintf("127.0.0.2:%d", proxy_port(stage.proxy));

    open_play();
    type("kept=same-$((6*7)); echo $kept\n");
    wait_screen("same-42");
    lab_gateway_kill(stage.lab);
    type("echo alone-$kept\n"); /* the connection is the daemon's */
    wait_screen("alone-same-42");
    proxy_cut(stage.proxy);
    proxy_mend(stage.proxy);
    wait_for("return document.body.dataset.state === 'waiting'");
    type("echo late-$kept\n");
    lab_gateway(stage.lab, address);
    wait_screen("late-same-42");
    assert_int_equal(screen_count("late-same-42"), 1);
}

static void play__exit__offers_a_new_shell(void **state)
{
    cleanup_free char *before = NULL, *after = NULL;

    open_play();
    before = terminal_id();
    type("exit\n");
    wait_for("return !document.getElementById('card').hidden && "
             "document.getElementById('card').innerText.includes('The shell has ended')");
    browser_type_into(&stage.browser, "#card-button", "\n");
    wait_for("return document.getElementById('card').hidden");
    wait_prompt();
    type("echo fresh-$((4+4))\n");
    wait_screen("fresh-8");
    after = terminal_id();
    assert_string_not_equal(before, after);
}

static void play__title__is_the_programs(void **state)
{
    open_play();
    type("PS1='$ '; PROMPT_COMMAND=; printf '\\033]2;<b>lesson %d</b>\\007' 7\n");
    wait_for("return document.title.startsWith('<b>lesson 7</b>')");
    wait_for("return document.getElementById('title').textContent === '<b>lesson 7</b>'");
}

static void play__flood__ends_with_the_prompt(void **state)
{
    open_play();
    type("seq 1 700000; echo flood-$((8+1))\n");
    wait_screen("flood-9");
    wait_screen("700000");
    type("echo still-$((8+2))\n");
    wait_screen("still-10");
}

/* --- who may --- */

/* The path of the one PTY of the sandbox, as a program inside sees it. */
static void write_to_terminal(const char *text)
{
    cleanup_free char *command = xasprintf("printf '%%s' '%s' > /dev/pts/0", text);

    free(sh(command));
}

static void play__observe__shows_and_takes_nothing(void **state)
{
    cleanup_free char *link = NULL, *size = NULL;

    cJSON_Delete(ask("POST", "/terminals", "{\"pty\":true,\"cols\":70,\"rows\":20}"));
    link = make_link("{\"scope\":\"observe\"}");
    browser_open(&stage.browser, link);
    wait_screen("$");
    wait_for("return document.getElementById('scope').innerText === 'read-only' && "
             "document.getElementById('scope').checkVisibility()");
    size = sh("stty size < /dev/pts/0");
    assert_string_equal(size, "20 70\n");
    type("touch /tmp/by-observer; echo never\n");
    browser_size(&stage.browser, 700, 500);
    paste("'never'");
    /* Later than all that, on the way that their echo would have taken. */
    cJSON *value = browser_run(
        &stage.browser, "return fetch('/run/command', {method: 'POST', body: '{\"command\":\"touch "
                        "/tmp/by-observer\"}'}).then(r => r.status)");
    assert_int_equal(value->valueint, 403);
    cJSON_Delete(value);
    write_to_terminal("owner-was-here");
    wait_screen("owner-was-here");
    assert_int_equal(screen_count("never"), 0);
    assert_sh("stty size < /dev/pts/0; ls /tmp/by-observer 2>/dev/null", "20 70\n");
}

static void play__observe__sees_the_first_terminal_come(void **state)
{
    cleanup_free char *link = make_link("{\"scope\":\"observe\"}");

    browser_open(&stage.browser, link);
    wait_for("return document.getElementById('card').innerText.includes('Nothing to see yet')");
    cJSON_Delete(ask("POST", "/terminals", "{\"pty\":true}"));
    wait_screen("$");
    wait_for("return document.getElementById('card').hidden");
}

static void play__used_link__explains_itself(void **state)
{
    cleanup_free char *link = make_link("{}");
    struct answer a;

    browser_open(&stage.browser, link);
    wait_prompt();
    browser_forget_cookies(&stage.browser);
    browser_open(&stage.browser, link);
    wait_for("return document.body.innerText.includes('This link no longer works')");
    http_ask(&a, "GET", link, NULL, NULL); /* a program gets what it can read */
    assert_int_equal(a.status, 410);
    assert_has(a.headers.data, "application/json");
    assert_null(strcasestr(a.headers.data, "set-cookie"));
    answer_finish(&a);
    browser_open(&stage.browser, stage.url);
    cleanup_free char *play = xasprintf("%s/play/", stage.url);
    browser_open(&stage.browser, play);
    wait_for("return document.body.innerText.includes('You are not signed in')");
}

static void play__revoked__signs_out(void **state)
{
    cJSON *list;

    open_play();
    list = ask("GET", "/auth/session_tokens", NULL);
    const cJSON *first =
        cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetObjectItem(list, "data"), "tokens"), 0);
    cleanup_free char *path = xasprintf("/auth/session_tokens/%s", text_of(first, "id"));
    cJSON_Delete(list);
    cJSON_Delete(ask("DELETE", path, NULL));
    wait_for("return document.getElementById('card').innerText.includes('You are signed out')");
}

static void play__destroyed__says_so(void **state)
{
    open_play();
    destroy_sandbox();
    wait_for("return document.getElementById('card').innerText.includes('This sandbox has ended')");
}

static void play__token_in_address__becomes_the_cookie(void **state)
{
    cJSON *token = ask("POST", "/auth/session_tokens", "{\"scope\":\"observe\"}");
    cleanup_free char *url = xasprintf("%s/play/?token=%s", stage.url, text_of(token, "token"));

    browser_open(&stage.browser, url);
    wait_for("return location.pathname + location.search === '/play/' && "
             "document.body.dataset.state === 'open' && "
             "document.getElementById('scope').checkVisibility()");
    cJSON_Delete(token);
}

/* From the page of another sandbox, with everything a browser would send along. */
static void play__other_site__reaches_nothing(void **state)
{
    cleanup_free char *play_url = NULL, *script = NULL, *health = NULL;
    struct stage first;

    open_play();
    first = stage;
    create_sandbox();
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
    destroy_sandbox();
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
    wait_prompt();
}

/* The browser's rules out of the way: the cookie itself is sent, as by a page of the same site. */
static void play__cookie__needs_the_right_origin(void **state)
{
    cleanup_free char *link = make_link("{}"), *run = xasprintf("%s/run/command", stage.url);
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
    assert_int_equal(status_of("/play/?token=wrong", NULL), 401);
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
    assert_int_equal(status_of("/play/xterm.mjs", headers), 304);
    assert_int_equal(status_of("/play/page.js", headers), 200);
    assert_int_equal(status_of("/play/nothing.js", NULL), 404);
    assert_int_equal(status_of("/play/..%2f..%2fetc%2fpasswd", NULL), 404);
    assert_int_equal(status_of("/play/page.html", NULL), 404);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(play__link__leads_to_a_shell),
        CASE(play__keys__reach_the_program),
        CASE(play__colours__are_painted),
        CASE(play__window__gives_the_size),
        CASE(play__phone__fits_its_width),
        CASE(play__clipboard__copies_and_pastes),
        CASE(play__paste__lines_wait_for_enter),
        CASE(play__paste__large_text_arrives_whole),
        CASE(play__reload__finds_the_shell_again),
        CASE(play__tab__takes_over_a_shell_that_was_left),
        CASE(play__cut__what_was_typed_arrives_once),
        CASE(play__cut__too_much_is_refused_visibly),
        CASE(play__gateway_killed__the_shell_goes_on),
        CASE(play__exit__offers_a_new_shell),
        CASE(play__title__is_the_programs),
        CASE(play__flood__ends_with_the_prompt),
        CASE(play__observe__shows_and_takes_nothing),
        CASE(play__observe__sees_the_first_terminal_come),
        CASE(play__used_link__explains_itself),
        CASE(play__revoked__signs_out),
        CASE(play__destroyed__says_so),
        CASE(play__token_in_address__becomes_the_cookie),
        CASE(play__other_site__reaches_nothing),
        CASE(play__cookie__needs_the_right_origin),
        CASE(play__without_session__is_401_and_words),
        CASE(play__files__have_headers_and_a_fixed_list),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
