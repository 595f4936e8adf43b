/* SPDX-License-Identifier: MIT
 *
 * A screen → what is another each time made the same → the file it has to be like.
 */
#include "tests/views/stage.h"

#include <stdio.h>
#include <string.h>

#include "tests/source.h"

/* The number of how long ago something was confirmed, lost, or asked for. */
static bool is_seconds(const char *text)
{
    static const char *const after[] = {"s  Esc ", "s ago)", "s, trying again"};
    size_t n = strspn(text, "0123456789");

    for (size_t i = 0; n && i < ARRAY_LEN(after); i++)
        if (strncmp(text + n, after[i], strlen(after[i])) == 0)
            return true;
    return false;
}

/* The time of day now_ms, or one of the minute before, at the beginning of text. */
static bool is_now(const char *text, int64_t now_ms)
{
    char iso[CLOCK_ISO_SIZE];

    if (text[0] < '0' || text[0] > '2' || text[1] < '0' || text[1] > '9' || text[2] != ':')
        return false;
    for (int64_t ago_s = 0; ago_s < 60; ago_s++)
        if (strncmp(clock_format_iso(iso, now_ms - ago_s * 1000) + 11, text, 8) == 0)
            return true;
    return false;
}

/* A date of that day or of one beside it. */
static bool is_today(const char *text, int64_t now_ms)
{
    char iso[CLOCK_ISO_SIZE];

    for (int64_t days = -1; text[0] == '2' && days <= 1; days++)
        if (strncmp(clock_format_iso(iso, now_ms + days * 86400000), text, 10) == 0)
            return true;
    return false;
}

/* When something happened just now. Also of what is expected: once a day it is just now that what a
 * script has happen at a fixed time. */
static char *mask_times(const char *screen, int64_t now_ms)
{
    struct buf out = {0};

    while (*screen) {
        if (is_now(screen, now_ms)) {
            buf_append_str(&out, screen[8] == '.' ? "hh:mm:ss.mmm" : "hh:mm:ss");
            screen += screen[8] == '.' ? 12 : 8;
        } else if (is_today(screen, now_ms)) {
            for (size_t n = strspn(screen, "0123456789-:.T "); n; n--, screen++)
                buf_append_char(&out, *screen >= '0' && *screen <= '9' ? 'N' : *screen);
        } else {
            buf_append_char(&out, *screen++);
        }
    }
    return buf_steal(&out);
}

/* What is another each time: the port, also where it is cut off, and for how long something is
 * stale or waited for. */
static char *mask(const struct stage *s, const char *screen)
{
    static const char host[] = "127.0.0.1:", stale[] = "stale ", digits[] = "0123456789";
    static const char again[] = "again in ";
    struct buf out = {0};
    char port[16];

    snprintf(port, sizeof port, ":%d", s->script.port);

    while (*screen) {
        if (strncmp(screen, host, strlen(host)) == 0) {
            size_t n = strspn(screen + strlen(host), digits);

            buf_printf(&out, "%s%.*s", host, (int)n, "PORT0");
            screen += strlen(host) + n;
        } else if (strncmp(screen, port, strlen(port)) == 0) { /* of a host cut in two */
            buf_append_str(&out, ":PORT0");
            screen += strlen(port);
        } else if (strncmp(screen, stale, strlen(stale)) == 0 && screen[7] == 's') {
            buf_append_str(&out, "stale Ns");
            screen += strlen(stale) + 2;
        } else if (strncmp(screen, again, strlen(again)) == 0 &&
                   strchr(digits, screen[strlen(again)])) {
            buf_append_str(&out, "again in Ns");
            screen += strcspn(screen + strlen(again), " ,") + strlen(again);
        } else if (is_seconds(screen)) {
            buf_append_char(&out, 'N');
            screen += strspn(screen, digits);
        } else {
            buf_append_char(&out, *screen++);
        }
    }
    return buf_steal(&out);
}

/* The whole screens do not fit into a message of cmocka's: the first line that is another. */
static void fail_differing(const char *name, const char *expected, const char *shown)
{
    int line = 1;

    for (;; line++) {
        size_t n = strcspn(expected, "\n"), m = strcspn(shown, "\n");

        if (n != m || strncmp(expected, shown, n) != 0 || !expected[n] || !shown[m])
            fail_msg("%s differs in line %d; expected:\n%.*s\nshown:\n%.*s", name, line, (int)n,
                     expected, (int)m, shown);
        expected += n + 1;
        shown += m + 1;
    }
}

/* Between two attempts to connect: each is over in a moment. */
static char *at_rest(struct stage *s)
{
    int64_t until = clock_mono_ms() + 20000;
    char *screen;

    for (;;) {
        screen = stage_screen(s);
        if (!strstr(screen, "trying again\xe2\x80\xa6"))
            return screen;
        free(screen);
        assert_true(clock_mono_ms() < until);
        loop_turn(&s->loop);
    }
}

void stage_golden(struct stage *s, const char *name)
{
    cleanup_free char *file = xasprintf("tests/views/golden/%s.txt", name);
    cleanup_free char *path = source_path(file);
    cleanup_free char *raw = at_rest(s);
    int64_t now_ms = clock_wall_ms();
    cleanup_free char *masked = mask(s, raw), *screen = mask_times(masked, now_ms);

    if (getenv("SANDPIT_UPDATE_GOLDEN")) {
        FILE *f = fopen(path, "w");

        assert_non_null(f);
        fputs(screen, f);
        fclose(f);
        return;
    }
    cleanup_free char *text = read_whole(path, NULL);
    cleanup_free char *expected = text ? mask_times(text, now_ms) : NULL;
    if (!expected)
        fail_msg("no %s; SANDPIT_UPDATE_GOLDEN=1 writes it", path);
    else if (strcmp(expected, screen) != 0)
        fail_differing(name, expected, screen);
}

const struct stage_size stage_sizes[STAGE_SIZES] = {{120, 40}, {200, 50}, {40, 12}, {80, 24}};

void stage_golden_sizes(struct stage *s, const char *name)
{
    for (size_t i = 0; i < STAGE_SIZES; i++) {
        const struct stage_size *size = &stage_sizes[i];
        cleanup_free char *file = xasprintf("%s-%dx%d", name, size->cols, size->rows);

        stage_resize(s, size->rows, size->cols);
        stage_golden(s, file);
    }
}
