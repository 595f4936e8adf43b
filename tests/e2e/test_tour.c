/* SPDX-License-Identifier: MIT
 *
 * docs/tour.md, walked: the test reads the page, types what its lines "> `key` `text`" say into a
 * real dashboard of 100x30, and compares the screen with each block ```text. What a hidden line
 * "until: text" names is waited for before. SANDPIT_UPDATE_GOLDEN=1 writes the blocks anew.
 *
 * Ids, ports, times and ages differ each time: on the page stand fixed ones, and spaces and empty
 * lines are compared by the run, because their number depends on the width of the others.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "tests/e2e/lab.h"
#include "tests/source.h"

#define ID_LEN    12
#define IDS_MAX   4
#define QUIET_MS  120
#define SETTLE_MS 2500 /* before a screen is written */

/* By the order of the sandboxes' names. */
static const char *const fixed_ids[IDS_MAX] = {"k7q2m9x4t1zb", "w3b8d5h6r0ay", "c4n1v8j2s6pe",
                                               "f9u3g7l5i0do"};

static const struct {
    const char *pattern, *text;
} unstable[] = {
    {":77[0-9][0-9]\\>", ":7780"},
    {"\\<81[0-9][0-9]\\>", "8123"},
    {"[0-9][0-9]:[0-9][0-9]:[0-9][0-9](\\.[0-9]+)?", "12:00:00"},
    {"\\<20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]\\>", "2026-01-01"},
    {"\\<[0-9][0-9]/[A-Z][a-z][a-z]/20[0-9][0-9]\\>", "01/Jan/2026"},
    {"<?\\<[0-9]+(\\.[0-9]+)?ms\\>", "<1ms"},
    {"<?\\<[0-9]+(m[0-9]+)?s\\>", "1s"},
    {"<?\\<[0-9]+m\\>", "<1m"},
    {"\\<6d[0-9]+h\\>", "6d23h"},
};

struct tour {
    struct lab *l;
    struct pty *p;
    char ids[IDS_MAX][ID_LEN + 1];
    size_t n_ids;
    struct buf page; /* as it is to be */
    bool update;
};

/* --- what differs each time --- */

static void learn_ids(struct tour *t)
{
    char *at;

    if (lab_run(t->l, "ls", "--json", NULL))
        return;
    at = t->l->out;
    for (t->n_ids = 0; t->n_ids < IDS_MAX && (at = strstr(at, "\"sandboxId\":")); t->n_ids++) {
        at += strlen("\"sandboxId\":");
        at += strcspn(at, "\"") + 1;
        snprintf(t->ids[t->n_ids], ID_LEN + 1, "%s", at);
    }
}

/* Ids also stand there cut. */
static void fix_ids(const struct tour *t, char *text)
{
    for (size_t i = 0; i < t->n_ids; i++) {
        char head[6];

        snprintf(head, sizeof head, "%s", t->ids[i]);
        for (char *at = text; (at = strstr(at, head));)
            for (size_t k = 0; k < ID_LEN && *at == t->ids[i][k]; k++)
                *at++ = fixed_ids[i][k];
    }
}

/* Names that the host makes up: their letters become x. */
static void fix_names(char *text)
{
    static const char *const heads[] = {"token-", "watcher-", "term-", "cmd-", "st_"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        for (char *at = text; (at = strstr(at, heads[i]));) {
            at += strlen(heads[i]);
            size_t n = strspn(at, letters);
            if (n >= 6)
                memset(at, 'x', n);
        }
}

static char *replace_all(const char *text, const char *pattern, const char *with)
{
    struct buf out = {0};
    regmatch_t match;
    regex_t regex;
    int flags = 0;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED), 0);
    while (!regexec(&regex, text, 1, &match, flags) && match.rm_eo > match.rm_so) {
        buf_append(&out, text, (size_t)match.rm_so);
        buf_append_str(&out, with);
        text += match.rm_eo;
        flags = REG_NOTBOL;
    }
    buf_append_str(&out, text);
    regfree(&regex);
    return buf_steal(&out);
}

/* As it stands on the page; the caller frees. */
static char *fixed_screen(struct tour *t)
{
    char *text = xstrdup(pty_screen_text(t->p));

    fix_ids(t, text);
    fix_names(text);
    for (size_t i = 0; i < ARRAY_LEN(unstable); i++) {
        char *next = replace_all(text, unstable[i].pattern, unstable[i].text);

        free(text);
        text = next;
    }
    char *squeezed = replace_all(text, "\n\n\n+", "\n\n");
    free(text);
    return squeezed;
}

enum kept { SCREEN, RESULTS };

/* Every run of what fills as one, without the line of a result, which goes after a while; the
 * caller frees. */
static char *comparable(const char *text, enum kept keep)
{
    static const char *const fills[] = {" ", "\n", "\xe2\x94\x80", "\xe2\x94\x81"};
    static const char result[] = "\n \xe2\x9c\x93 ";
    struct buf out = {0};

    while (*text) {
        size_t n = 0;

        if (keep != RESULTS && !strncmp(text, result, strlen(result)))
            text += 1 + strcspn(text + 1, "\n");

        for (size_t i = 0; !n && i < ARRAY_LEN(fills); i++)
            if (!strncmp(text, fills[i], strlen(fills[i])))
                n = strlen(fills[i]);
        buf_append(&out, text, n ? n : 1);
        const char *fill = text;
        text += n ? n : 1;
        while (n && !strncmp(text, fill, n))
            text += n;
    }
    buf_append(&out, "", 0);
    return buf_steal(&out);
}

/* --- the steps --- */

static const char *bytes_of(const char *key)
{
    static const char *const names[][2] = {
        {"Enter", "\r"}, {"Esc", "\033"}, {"Down", "\033[B"}, {"Up", "\033[A"},
        {"C-b", "\002"}, {"C-u", "\025"}, {"Tab", "\t"},      {"Space", " "},
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!strcmp(names[i][0], key))
            return names[i][1];
    return key;
}

/* "> `n` `alice/web` `Enter`" */
static void type_line(struct tour *t, const char *line)
{
    for (const char *at = line; (at = strchr(at, '`'));) {
        size_t n = strcspn(++at, "`");
        cleanup_free char *key = xstrndup(at, n);

        pty_send(t->p, bytes_of(key));
        assert_true(pty_wait_quiet(t->p, QUIET_MS, WAIT_MS));
        at += n + (at[n] == '`');
    }
}

static bool is_shown(struct pty *p, void *user)
{
    cleanup_free char *screen = comparable(pty_screen_text(p), RESULTS);

    return strstr(screen, user);
}

/* "<!-- until: text | text -->" */
static void wait_for(struct tour *t, const char *line)
{
    cleanup_free char *texts = xstrndup(line, strlen(line) - strlen(" -->"));
    char *save = NULL;

    for (char *text = strtok_r(texts, "|", &save); text; text = strtok_r(NULL, "|", &save)) {
        text += strspn(text, " ");
        for (char *end = text + strlen(text); end > text && end[-1] == ' ';)
            *--end = '\0';
        if (!pty_wait(t->p, WAIT_MS, is_shown, text))
            fail_msg("docs/tour.md wants: %s", text);
    }
}

struct wanted {
    struct tour *t;
    char *text; /* comparable */
};

static bool is_as_wanted(struct pty *p, void *user)
{
    struct wanted *w = user;
    cleanup_free char *screen = fixed_screen(w->t);
    cleanup_free char *text = comparable(screen, SCREEN);

    (void)p;
    return strcmp(text, w->text) == 0;
}

static void compare(struct tour *t, const char *block)
{
    struct wanted w = {t, comparable(block, SCREEN)};

    learn_ids(t);
    if (t->update) {
        pty_wait_quiet(t->p, SETTLE_MS, 2 * SETTLE_MS);
        cleanup_free char *screen = fixed_screen(t);
        buf_append_str(&t->page, screen);
    } else {
        bool same = pty_wait(t->p, WAIT_MS, is_as_wanted, &w);
        cleanup_free char *screen = fixed_screen(t);
        if (!same)
            fail_msg("docs/tour.md says:\n%s\nseen is:\n%s", block, screen);
        buf_append_str(&t->page, block);
    }
    free(w.text);
}

static void walk(struct tour *t, const char *page)
{
    static const char until[] = "<!-- until: ", fence[] = "```text\n";
    struct buf line = {0};

    for (const char *at = page; *at;) {
        size_t n = strcspn(at, "\n") + 1;

        buf_clear(&line);
        buf_append(&line, at, n - 1);
        buf_append(&t->page, at, n);
        if (!strncmp(line.data, "> `", 3))
            type_line(t, line.data);
        else if (!strncmp(line.data, until, strlen(until)))
            wait_for(t, line.data + strlen(until));
        at += n;
        if (strncmp(at - n, fence, strlen(fence)) != 0)
            continue;
        const char *end = strstr(at, "```\n");
        assert_non_null(end);
        cleanup_free char *block = xstrndup(at, (size_t)(end - at));
        compare(t, block);
        buf_append_str(&t->page, "```\n");
        at = end + strlen("```\n");
    }
    buf_finish(&line);
}

/* Four digits, as the usual one has, so that the columns are those of the page. */
static void start_gateway(struct lab *l)
{
    for (int port = 7701; port < 7800; port++) {
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool is_free = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
        char listen[32];

        close(fd);
        snprintf(listen, sizeof listen, "127.0.0.1:%d", port);
        if (is_free) {
            lab_gateway(l, listen);
            return;
        }
    }
    fail_msg("no port from 7701 to 7799 is free");
}

static void tour__walked__shows_the_screens_of_the_page(void **state)
{
    cleanup_free char *path = source_path("docs/tour.md");
    cleanup_free char *page = source_read("docs/tour.md");
    struct tour t = {.l = *state, .update = getenv("SANDPIT_UPDATE_GOLDEN")};

    start_gateway(t.l);
    t.p = lab_pty(t.l, 30, 100, NULL);
    walk(&t, page);
    assert_int_equal(pty_exit_status(t.p, WAIT_MS), 0);
    pty_destroy(t.p);
    if (t.update) {
        FILE *f = fopen(path, "w");

        assert_non_null(f);
        fwrite(t.page.data, 1, t.page.len, f);
        fclose(f);
    }
    buf_finish(&t.page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(tour__walked__shows_the_screens_of_the_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
