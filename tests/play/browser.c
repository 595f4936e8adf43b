/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "tests/play/browser.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "wire/base64.h"

#define REQUEST_MS 60000
#define ENTER      "\xee\x80\x87" /* U+E007 */
/* The one member of a WebDriver element. */
#define ELEMENT_KEY "element-6066-11e4-a52e-4f735466cecf"

/* --- plain HTTP --- */

static size_t on_bytes(char *bytes, size_t size, size_t n, void *user)
{
    buf_append(user, bytes, size * n);
    return size * n;
}

static void set_request(CURL *c, const char *method, const char *body)
{
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
    if (body)
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS);
}

void http_ask(struct answer *a, const char *method, const char *url, const char *const *headers,
              const char *body)
{
    CURL *c = curl_easy_init();
    struct curl_slist *list =
        body ? curl_slist_append(NULL, "Content-Type: application/json") : NULL;
    long status = 0;

    *a = (struct answer){0};
    for (; headers && *headers; headers++)
        list = curl_slist_append(list, *headers);
    set_request(c, method, body);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &a->body);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, &a->headers);
    CURLcode result = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    curl_easy_cleanup(c);
    if (result)
        fail_msg("%s %s: %s", method, url, curl_easy_strerror(result));
    a->status = (int)status;
    buf_append(&a->headers, "", 1);
    buf_append(&a->body, "", 1);
    a->body.len--;
}

void answer_finish(struct answer *a)
{
    buf_finish(&a->headers);
    buf_finish(&a->body);
}

/* --- WebDriver --- */

/* The answer's value. NULL: the command failed, as *why says. */
static cJSON *command(const char *url, const char *method, const char *body, char **why)
{
    struct answer a;

    http_ask(&a, method, url, NULL, body);
    cJSON *json = cJSON_Parse(a.body.data);
    cJSON *value = cJSON_DetachItemFromObjectCaseSensitive(json, "value");

    cJSON_Delete(json);
    *why = NULL;
    if (a.status != 200 || !value) {
        *why = xstrdup(a.body.data);
        cJSON_Delete(value);
        value = NULL;
    }
    answer_finish(&a);
    return value;
}

static cJSON *must(struct browser *b, const char *method, const char *path, const char *body)
{
    cleanup_free char *url = xasprintf("%s%s", b->session, path);
    char *why;
    cJSON *value = command(url, method, body, &why);

    if (!value)
        fail_msg("%s %s: %.600s", method, path, why);
    return value;
}

/* {name: text}, as JSON. */
static char *object_of(const char *name, const char *text)
{
    cJSON *o = cJSON_CreateObject();
    char *json;

    cJSON_AddStringToObject(o, name, text);
    json = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return json;
}

/* Starts chromedriver and returns the port it says. */
static int start_driver(struct browser *b, const char *folder)
{
    cleanup_free char *log = xasprintf("--log-path=%s/chromedriver.log", folder);
    static const char mark[] = "started successfully on port ";
    char text[4096] = "";
    size_t len = 0;
    int out[2];

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    b->driver = fork();
    if (b->driver == 0) {
        setsid();
        dup2(out[1], 1);
        dup2(out[1], 2);
        execlp("chromedriver", "chromedriver", "--port=0", log, (char *)NULL);
        dprintf(1, "chromedriver is not installed\n");
        _exit(127);
    }
    close(out[1]);
    while (!strstr(text, mark) || text[len - 1] != '\n') {
        struct pollfd p = {out[0], POLLIN, 0};
        ssize_t n =
            poll(&p, 1, BROWSER_WAIT_MS) == 1 ? read(out[0], text + len, sizeof text - 1 - len) : 0;

        if (n <= 0)
            fail_msg("no chromedriver: %s", text);
        len += (size_t)n;
        text[len] = '\0';
    }
    close(out[0]);
    return atoi(strstr(text, mark) + strlen(mark));
}

void browser_start(struct browser *b, const char *folder)
{
    int port = start_driver(b, folder);
    cleanup_free char *url = xasprintf("http://127.0.0.1:%d/session", port);
    /* Chromium's own sandbox needs more than root in a container has; it sees our pages only. */
    cleanup_free char *body =
        xasprintf("{\"capabilities\":{\"alwaysMatch\":{\"goog:loggingPrefs\":{\"browser\":\"ALL\"},"
                  "\"goog:chromeOptions\":{\"args\":[\"--headless=new\",\"--no-sandbox\","
                  "\"--disable-dev-shm-usage\",\"--disable-gpu\",\"--window-size=1000,700\","
                  "\"--user-data-dir=%s/chromium\"]}}}}",
                  folder);
    char *why;
    cJSON *value = command(url, "POST", body, &why);

    if (!value)
        fail_msg("no Chromium: %.600s", why);
    b->session = xasprintf(
        "%s/%s", url, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(value, "sessionId")));
    cJSON_Delete(value);
}

void browser_stop(struct browser *b)
{
    char *why;

    if (b->session)
        cJSON_Delete(command(b->session, "DELETE", NULL, &why));
    free(b->session);
    if (b->driver > 0) {
        kill(b->driver, SIGTERM);
        waitpid(b->driver, NULL, 0);
    }
    *b = (struct browser){0};
}

void browser_open(struct browser *b, const char *url)
{
    cleanup_free char *body = object_of("url", url);

    cJSON_Delete(must(b, "POST", "/url", body));
}

void browser_reload(struct browser *b)
{
    cJSON_Delete(must(b, "POST", "/refresh", "{}"));
}

static void switch_to(struct browser *b, const cJSON *handle)
{
    cleanup_free char *body = object_of("handle", cJSON_GetStringValue(handle));

    cJSON_Delete(must(b, "POST", "/window", body));
}

void browser_open_tab(struct browser *b)
{
    cJSON *tab = must(b, "POST", "/window/new", "{\"type\":\"tab\"}");

    switch_to(b, cJSON_GetObjectItemCaseSensitive(tab, "handle"));
    cJSON_Delete(tab);
}

void browser_close_tab(struct browser *b)
{
    cJSON *left = must(b, "DELETE", "/window", NULL);

    switch_to(b, cJSON_GetArrayItem(left, 0));
    cJSON_Delete(left);
}

void browser_size(struct browser *b, int width, int height)
{
    cleanup_free char *body = xasprintf("{\"width\":%d,\"height\":%d}", width, height);

    cJSON_Delete(must(b, "POST", "/window/rect", body));
}

void browser_forget_cookies(struct browser *b)
{
    cJSON_Delete(must(b, "DELETE", "/cookie", NULL));
}

void browser_type_into(struct browser *b, const char *selector, const char *text)
{
    cJSON *find = cJSON_CreateObject();
    cleanup_buf struct buf keys = {0};

    cJSON_AddStringToObject(find, "using", "css selector");
    cJSON_AddStringToObject(find, "value", selector);
    cleanup_free char *query = cJSON_PrintUnformatted(find);
    cJSON_Delete(find);
    cJSON *element = must(b, "POST", "/element", query);
    cleanup_free char *path =
        xasprintf("/element/%s/value",
                  cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(element, ELEMENT_KEY)));
    for (; *text; text++)
        if (*text == '\n')
            buf_append_str(&keys, ENTER);
        else
            buf_append(&keys, text, 1);
    buf_append(&keys, "", 1);
    cleanup_free char *body = object_of("text", keys.data);
    cJSON_Delete(must(b, "POST", path, body));
    cJSON_Delete(element);
}

void browser_press(struct browser *b, const char *const *keys, size_t n)
{
    cleanup_buf struct buf body = {0};

    buf_append_str(&body, "{\"actions\":[{\"type\":\"key\",\"id\":\"keys\",\"actions\":[");
    for (size_t i = 0; i < n; i++)
        buf_printf(&body, "{\"type\":\"keyDown\",\"value\":\"%s\"},", keys[i]);
    for (size_t i = n; i--;)
        buf_printf(&body, "{\"type\":\"keyUp\",\"value\":\"%s\"}%s", keys[i], i ? "," : "");
    buf_printf(&body, "]}]}");
    buf_append(&body, "", 1);
    cJSON_Delete(must(b, "POST", "/actions", body.data));
}

void browser_double_click(struct browser *b, int x, int y)
{
    static const char click[] = "{\"type\":\"pointerDown\",\"button\":0},"
                                "{\"type\":\"pointerUp\",\"button\":0}";
    cleanup_free char *body =
        xasprintf("{\"actions\":[{\"type\":\"pointer\",\"id\":\"mouse\",\"actions\":["
                  "{\"type\":\"pointerMove\",\"duration\":0,\"x\":%d,\"y\":%d},%s,%s]}]}",
                  x, y, click, click);

    cJSON_Delete(must(b, "POST", "/actions", body));
}

cJSON *browser_run(struct browser *b, const char *script)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "script", script);
    cJSON_AddArrayToObject(o, "args");
    cleanup_free char *body = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return must(b, "POST", "/execute/sync", body);
}

char *browser_text(struct browser *b, const char *script)
{
    cJSON *value = browser_run(b, script);
    char *text =
        cJSON_IsString(value) ? xstrdup(value->valuestring) : cJSON_PrintUnformatted(value);

    cJSON_Delete(value);
    return text;
}

static bool is_true(struct browser *b, const char *script)
{
    cJSON *value = browser_run(b, script);
    bool result = cJSON_IsTrue(value) || (cJSON_IsString(value) && *value->valuestring) ||
                  (cJSON_IsNumber(value) && value->valuedouble != 0);

    cJSON_Delete(value);
    return result;
}

void browser_wait(struct browser *b, const char *script)
{
    int64_t deadline = clock_mono_ms() + BROWSER_WAIT_MS;

    while (!is_true(b, script)) {
        if (clock_mono_ms() > deadline) {
            cleanup_free char *page = browser_text(b, "return document.body.innerText");
            cleanup_free char *console = browser_console(b);

            fail_msg("never true: %s\nconsole: %s\npage: %s", script, console, page);
        }
        poll(NULL, 0, 20); /* between two looks */
    }
}

char *browser_console(struct browser *b)
{
    cJSON *value = must(b, "POST", "/se/log", "{\"type\":\"browser\"}");
    char *text = cJSON_PrintUnformatted(value);

    cJSON_Delete(value);
    return text;
}

void browser_screenshot(struct browser *b, const char *path)
{
    cJSON *value = must(b, "GET", "/screenshot", NULL);
    cleanup_buf struct buf png = {0};
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(base64_decode(&png, value->valuestring, strlen(value->valuestring), NULL), 0);
    fwrite(png.data, 1, png.len, f);
    fclose(f);
    cJSON_Delete(value);
}
