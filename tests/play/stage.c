/* SPDX-License-Identifier: MIT */
#include "tests/play/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define KEYBOARD ".xterm-helper-textarea"

struct stage stage;

/* --- the sandbox --- */

const char *stage_text(const cJSON *json, const char *name)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data");
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(data ? data : json, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

cJSON *stage_ask(const char *method, const char *path, const char *body)
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

char *stage_sh(const char *command)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "command", command);
    cleanup_free char *body = cJSON_PrintUnformatted(o);
    cJSON *json = stage_ask("POST", "/run/command", body);
    char *out = xstrdup(stage_text(json, "stdout"));

    cJSON_Delete(json);
    cJSON_Delete(o);
    return out;
}

char *stage_link(const char *body)
{
    cJSON *json = stage_ask("POST", "/auth/magic-links", body);
    char *link = xstrdup(stage_text(json, "magic_url"));

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

void stage_create(void)
{
    cJSON *json = gateway_ask("POST", "/v1/sandboxes", "{}");

    stage.id = xstrdup(stage_text(json, "sandboxId"));
    stage.url = xstrdup(stage_text(json, "url"));
    stage.token = xstrdup(stage_text(json, "token"));
    cJSON_Delete(json);
}

void stage_destroy(void)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", stage.id);

    cJSON_Delete(gateway_ask("DELETE", path, NULL));
}

int stage_status(const char *path, const char *const *headers)
{
    cleanup_free char *url = xasprintf("%s%s", stage.url, path);
    struct answer a;

    http_ask(&a, "GET", url, headers, NULL);
    int status = a.status;

    answer_finish(&a);
    return status;
}

int stage_setup(void **state)
{
    proxy_mend(stage.proxy);
    browser_size(&stage.browser, 1000, 700);
    stage_create();
    if (stage_status("/play/xterm.mjs", NULL) != 200)
        fail_msg("this build could not fetch xterm.js: is npm there, and its registry?");
    return 0;
}

int stage_teardown(void **state)
{
    /* Its errors are not the next one's. */
    browser_open(&stage.browser, "about:blank");
    free(browser_console(&stage.browser));
    proxy_mend(stage.proxy);
    stage_destroy();
    free(stage.id);
    free(stage.url);
    free(stage.token);
    stage.id = stage.url = stage.token = NULL;
    return 0;
}

int stage_begin(void **state)
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

int stage_end(void **state)
{
    browser_stop(&stage.browser);
    proxy_destroy(stage.proxy);
    return lab_teardown((void **)&stage.lab);
}

/* --- the page --- */

void page_wait(const char *format, ...)
{
    char script[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(script, sizeof script, format, args);
    va_end(args);
    browser_wait(&stage.browser, script);
}

void page_wait_screen(const char *text)
{
    page_wait("return " SCREEN ".includes('%s')", text);
}

void page_wait_prompt(void)
{
    page_wait("return document.body.dataset.state === 'open' && /\\$\\s*$/.test(" SCREEN
              ".trimEnd())");
}

void page_type(const char *text)
{
    browser_type_into(&stage.browser, KEYBOARD, text);
}

void page_open(void)
{
    cleanup_free char *link = stage_link("{}");

    browser_open(&stage.browser, link);
    page_wait_prompt();
}

char *page_terminal(void)
{
    return browser_text(&stage.browser, "return location.hash.replace('#terminal=', '')");
}

int page_count(const char *text)
{
    cleanup_free char *script = xasprintf("return " SCREEN ".split('%s').length - 1", text);
    cJSON *value = browser_run(&stage.browser, script);
    int n = value->valueint;

    cJSON_Delete(value);
    return n;
}

void page_paste(const char *expression)
{
    cleanup_free char *script =
        xasprintf("const clip = new DataTransfer(); clip.setData('text/plain', %s);"
                  "document.querySelector('" KEYBOARD "').dispatchEvent(new ClipboardEvent('paste',"
                  "{clipboardData: clip, bubbles: true, cancelable: true}));",
                  expression);

    cJSON_Delete(browser_run(&stage.browser, script));
}
