/* SPDX-License-Identifier: MIT
 *
 * One student in a real browser, the instructor at the wall: seeing what is typed, taking part,
 * leaving again, and nothing of it changes the size of the student's terminal.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/e2e/lab.h"
#include "tests/play/browser.h"

#define SCREEN   "document.querySelector('.xterm-rows').innerText"
#define COMPANY  "document.getElementById('company')"
#define KEYBOARD ".xterm-helper-textarea"
/* From a key in the page to the wall, the WebDriver's own time included. */
#define SEEN_WITHIN_MS 200

static char *link_of(struct lab *l)
{
    assert_int_equal(lab_run(l, "class", "--json", "1", NULL), 0);
    cJSON *list = cJSON_Parse(l->out);
    const cJSON *first = cJSON_GetArrayItem(list, 0);
    char *link = xstrdup(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(first, "link")));

    cJSON_Delete(list);
    return link;
}

static char *size_of(struct lab *l)
{
    assert_int_equal(lab_run(l, "terminals", "--json", "class/student-1", "list", NULL), 0);
    cJSON *list = cJSON_Parse(l->out);
    const cJSON *first = cJSON_GetArrayItem(list, 0);
    char *size = xasprintf("%dx%d", cJSON_GetObjectItem(first, "cols")->valueint,
                           cJSON_GetObjectItem(first, "rows")->valueint);

    assert_int_equal(cJSON_GetArraySize(list), 1);
    cJSON_Delete(list);
    return size;
}

/* The quickest of some keys; a busy machine may hold up any of them. */
static int64_t key_to_wall_ms(struct browser *b, struct pty *p)
{
    int64_t best = INT64_MAX;
    char typed[7] = "";

    for (int i = 0; i < 6; i++) {
        char key[] = {(char)('p' + i), '\0'};
        int64_t from = clock_mono_ms();

        typed[i] = key[0]; /* the rest stays zero */
        browser_type_into(b, KEYBOARD, key);
        cleanup_free char *shown = xasprintf("$ seen%s", typed);
        assert_screen(p, shown);
        int64_t took = clock_mono_ms() - from;
        best = took < best ? took : best;
    }
    return best;
}

static void help__in_a_browser__is_seen_and_taken_part_in(void **state)
{
    struct lab *l = *state;
    struct browser b = {0};

    lab_gateway(l, NULL);
    browser_start(&b, l->dir);
    cleanup_free char *link = link_of(l);
    browser_open(&b, link);
    browser_wait(&b, "return " SCREEN ".includes('$')");
    browser_type_into(&b, KEYBOARD, "clear; echo ready-$((1+1))\nseen");
    browser_wait(&b, "return " SCREEN ".includes('ready-2')");
    cleanup_free char *before = size_of(l);

    struct pty *p = lab_pty(l, 30, 100, "--namespace", "class", "--view", "wall", NULL);
    assert_screen(p, "student-1", "ready-2", "$ seen");
    int64_t took = key_to_wall_ms(&b, p);
    print_message("# key in the page to the wall: %lld ms at best\n", (long long)took);
    assert_in_range(took, 0, SEEN_WITHIN_MS);

    /* Looking is no company; taking part is. */
    pty_send(p, "\r");
    assert_screen(p, "watching", "$ seenpqrstu");
    browser_wait(&b, "return !" COMPANY ".checkVisibility()");
    cleanup_free char *watched = size_of(l);
    assert_string_equal(watched, before);
    pty_send(p, "i");
    browser_wait(&b, "return " COMPANY ".innerText.includes('is typing with you')");
    pty_send(p, "\025echo helped-$((40+2))\r");
    browser_wait(&b, "return " SCREEN ".includes('helped-42')");
    browser_type_into(&b, KEYBOARD, "echo thanks-$((40+3))\n");
    assert_screen(p, "thanks-43");
    cleanup_free char *helped = size_of(l);
    assert_string_equal(helped, before);
    pty_send(p, "\002e");
    browser_wait(&b, "return !" COMPANY ".checkVisibility()");
    assert_screen(p, "student-1", "thanks-43");
    pty_send(p, "\002d");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
    cleanup_free char *after = size_of(l);
    assert_string_equal(after, before);
    browser_stop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(help__in_a_browser__is_seen_and_taken_part_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
