/* SPDX-License-Identifier: MIT
 *
 * What the tests of /play/ stand on: one gateway behind a proxy and one browser for all cases of a
 * program, a sandbox for each case. What does not work fails the running test.
 */
#ifndef TESTS_PLAY_STAGE_H
#define TESTS_PLAY_STAGE_H

#include "tests/e2e/lab.h"
#include "tests/e2e/proxy.h"
#include "tests/play/browser.h"

/* The text on the screen, as a JavaScript expression. */
#define SCREEN                                                                                     \
    "[...document.querySelectorAll('.xterm-rows > div')].map(r => r.textContent).join('\\n')"

extern struct stage {
    struct lab *lab;
    struct proxy *proxy;
    struct browser browser;
    char *id, *url, *token; /* of this case's sandbox */
} stage;

/* cmocka fixtures of the group and of each case. */
int stage_begin(void **state);
int stage_end(void **state);
int stage_setup(void **state);
int stage_teardown(void **state);
#define STAGE_CASE(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

/* --- the sandbox, with its access token --- */
/* Makes another one this case's; the caller keeps what was in `stage`. */
void stage_create(void);
void stage_destroy(void);
cJSON *stage_ask(const char *method, const char *path, const char *body);
/* A string of an answer or of its data; "" when there is none. */
const char *stage_text(const cJSON *json, const char *name);
/* Status of a GET without a token. */
int stage_status(const char *path, const char *const *headers);
/* stdout of a command; the caller frees. */
char *stage_sh(const char *command);
/* A magic link; the caller frees. */
char *stage_link(const char *body);

#define assert_sh(command, expected)                                                               \
    do {                                                                                           \
        cleanup_free char *out_ = stage_sh(command);                                               \
        assert_string_equal(out_, expected);                                                       \
    } while (0)

/* --- the page --- */
/* Opens a magic link and waits for the prompt. */
void page_open(void);
void page_wait(const char *format, ...) __attribute__((format(printf, 1, 2)));
void page_wait_screen(const char *text);
void page_wait_prompt(void);
void page_type(const char *text);
/* A paste event with the value of a JavaScript expression. */
void page_paste(const char *expression);
/* The id in the address; the caller frees. */
char *page_terminal(void);
/* How often the text stands on the screen. */
int page_count(const char *text);

#endif
