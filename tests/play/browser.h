/* SPDX-License-Identifier: MIT
 *
 * A real headless Chromium, driven through chromedriver (W3C WebDriver over HTTP). What does not
 * work fails the running test.
 */
#ifndef TESTS_PLAY_BROWSER_H
#define TESTS_PLAY_BROWSER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

#define BROWSER_WAIT_MS 30000

/* --- plain HTTP --- */
struct answer {
    int status;
    struct buf headers, body;
};
/* headers: a NULL-terminated list, or NULL. The answer is to be given to answer_finish. */
void http_ask(struct answer *a, const char *method, const char *url, const char *const *headers,
              const char *body);
void answer_finish(struct answer *a);

/* --- the browser --- */
struct browser {
    pid_t driver;
    char *session; /* URL of the WebDriver session; owned */
};

/* Its profile and log are in the folder. */
void browser_start(struct browser *b, const char *folder);
void browser_stop(struct browser *b);
void browser_open(struct browser *b, const char *url);
void browser_reload(struct browser *b);
/* A second tab, and back. */
void browser_open_tab(struct browser *b);
void browser_close_tab(struct browser *b);
void browser_size(struct browser *b, int width, int height);
void browser_forget_cookies(struct browser *b);
/* Real key events to what matches the CSS selector; "\n" is Enter. */
void browser_type_into(struct browser *b, const char *selector, const char *text);
/* Presses the keys, WebDriver's spelling, together; letters as with Shift. */
void browser_press(struct browser *b, const char *const *keys, size_t n);
/* Selects the word at a point of the window. */
void browser_double_click(struct browser *b, int x, int y);
/* The value of a script's `return`; the caller deletes it. */
cJSON *browser_run(struct browser *b, const char *script);
/* The same as text; the caller frees. */
char *browser_text(struct browser *b, const char *script);
/* Waits until the script returns something true. */
void browser_wait(struct browser *b, const char *script);
/* What the browser's console has got since the last call, as JSON; the caller frees. */
char *browser_console(struct browser *b);
/* A PNG for whoever wants to see. */
void browser_screenshot(struct browser *b, const char *path);

#endif
