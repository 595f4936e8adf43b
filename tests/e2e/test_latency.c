/* SPDX-License-Identifier: MIT
 *
 * Typing over a link of 100 ms each way: shown before the host answers where that has proved right,
 * nowhere else, and in the end the same as without.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/e2e/lab.h"
#include "tests/e2e/proxy.h"

#define DELAY_MS    100
#define PROMPT      "ready>"
#define KEYS_MAX    64
#define PATIENCE_MS 5000

struct session {
    struct lab *lab;
    struct proxy *proxy;
    struct pty *pty;
};

static struct session begin(struct lab *l)
{
    struct session s = {.lab = l, .proxy = proxy_create()};
    cleanup_free char *listen = xasprintf("127.0.0.2:%d", proxy_port(s.proxy));

    lab_gateway(l, listen);
    return s;
}

static void enter(struct session *s, const char *name, const char *prediction)
{
    cleanup_free char *config = xasprintf("[general]\nprediction = %s\n", prediction);

    lab_write(s->lab, "config/sandpit/config.ini", config);
    lab_do(s->lab, "new", name, NULL);
    s->pty = lab_pty(s->lab, 24, 80, "shell", name, NULL);
    assert_screen(s->pty, "$", name);
    pty_send(s->pty, "PS1='rea''dy> '; clear\r");
    assert_screen(s->pty, PROMPT);
    assert_true(pty_wait_gone(s->pty, WAIT_MS, "PS1", NULL));
    proxy_delay(s->proxy, DELAY_MS);
}

static void leave(struct session *s)
{
    pty_send(s->pty, "\002d");
    assert_int_equal(pty_exit_status(s->pty, WAIT_MS), 0);
    pty_destroy(s->pty);
    proxy_delay(s->proxy, 0);
}

static void end(struct session *s)
{
    lab_gateway_kill(s->lab);
    proxy_destroy(s->proxy);
}

/* What stands after the last prompt. */
static const char *typed(struct pty *p)
{
    const char *screen = pty_screen_text(p), *at = NULL, *next = screen;
    static char line[256];

    while ((next = strstr(next, PROMPT)))
        at = next += strlen(PROMPT);
    at += at && *at == ' ';
    snprintf(line, sizeof line, "%.*s", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
    return line;
}

static bool is_typed(struct pty *p, void *user)
{
    return strcmp(typed(p), user) == 0;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Types it a key at a time, each when the one before it shows; the median time to the cell. */
static int64_t type_slowly(struct pty *p, const char *text)
{
    int64_t took_ms[KEYS_MAX];
    size_t n = strlen(text);
    cleanup_free char *expected = xasprintf("%s%s", typed(p), text);
    size_t before = strlen(expected) - n;

    assert_true(n < KEYS_MAX);
    for (size_t i = 0; i < n; i++) {
        cleanup_free char *sofar = xstrndup(expected, before + i + 1);
        int64_t start_ms = clock_mono_ms();

        pty_send_bytes(p, &text[i], 1);
        if (text[i] != ' ')
            assert_true(pty_wait(p, PATIENCE_MS, is_typed, sofar));
        took_ms[i] = clock_mono_ms() - start_ms;
    }
    qsort(took_ms, n, sizeof *took_ms, by_size);
    return took_ms[n / 2];
}

static void latency__slow_link__typing_shows_before_the_answer(void **state)
{
    struct session s = begin(*state);

    enter(&s, "t/slow", "auto");
    /* The first key has to prove that it shows; it and the next make the round trip known. */
    int64_t plain_ms = type_slowly(s.pty, "a");
    type_slowly(s.pty, "bc");
    assert_screen(s.pty, "predicting");
    type_slowly(s.pty, "d");
    assert_true(pty_wait_quiet(s.pty, 3 * DELAY_MS, WAIT_MS));
    int64_t ms = type_slowly(s.pty, "efghijklmnopqrstuvwxyzabcdefghij");
    print_message("# key to cell: %lld ms, without prediction %lld ms\n", (long long)ms,
                  (long long)plain_ms);
    assert_true(plain_ms >= 2 * DELAY_MS);
    assert_true(ms < 20);
    leave(&s);
    end(&s);
}

static void latency__password__shows_nothing(void **state)
{
    struct session s = begin(*state);

    enter(&s, "t/slow", "on");
    type_slowly(s.pty, "read -rsp 'Password: ' x; echo; echo \"got=$x\"");
    pty_send(s.pty, "\r");
    assert_screen(s.pty, "Password:");
    for (const char *c = "sesame"; *c; c++) {
        int64_t until_ms = clock_mono_ms() + 80;

        pty_send_bytes(s.pty, c, 1);
        while (clock_mono_ms() < until_ms) {
            pty_wait_quiet(s.pty, 5, 80);
            assert_false(pty_screen_has(s.pty, "Password: s"));
            assert_false(pty_screen_has(s.pty, "ses"));
        }
    }
    pty_send(s.pty, "\r");
    assert_screen(s.pty, "got=sesame");
    leave(&s);
    end(&s);
}

/* Edits of a line, faster than the link answers. */
static char *edit_lines(struct session *s, const char *name, const char *prediction)
{
    static const char *const keys[] = {
        "e",      "c",      "h",      "o",      " ",    "w",    "r",    "o",    "n",
        "g",      "\177",   "\177",   "\177",   "\177", "\177", "r",    "g",    "h",
        "t",      "\033[D", "\033[D", "\033[D", "i",    "\001", "\005", "!",    "\r",
        "\033[A", "\177",   "?",      "\r",     "l",    "s",    "\025", "c",    "a",
        "t",      "\r",     "x",      "y",      "\177", "z",    "\r",   "\004", "e",
        "c",      "h",      "o",      " ",      "e",    "n",    "d",    "-",    "$",
        "(",      "(",      "1",      "+",      "1",    ")",    ")",    "\r",
    };

    enter(s, name, prediction);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        pty_send(s->pty, keys[i]);
        pty_wait_quiet(s->pty, 30, 30);
    }
    assert_screen(s->pty, "end-2");
    assert_true(pty_wait_quiet(s->pty, 5 * DELAY_MS, WAIT_MS));
    const char *text = pty_screen_text(s->pty);
    char *screen = xstrndup(text, (size_t)(strstr(text, name) - text));
    leave(s);
    return screen;
}

static void latency__edited_lines__end_as_without_prediction(void **state)
{
    struct session s = begin(*state);
    cleanup_free char *without = edit_lines(&s, "t/plain", "off");
    cleanup_free char *with = edit_lines(&s, "t/quick", "on");

    assert_has(without, "right!");
    assert_has(without, "right?");
    assert_string_equal(with, without);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(latency__slow_link__typing_shows_before_the_answer),
        LAB_TEST(latency__password__shows_nothing),
        LAB_TEST(latency__edited_lines__end_as_without_prediction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
