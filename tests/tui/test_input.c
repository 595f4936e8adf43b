/* SPDX-License-Identifier: MIT
 *
 * Runs a data file of the input parser: bytes in, events out, a TAP line a case. Each case is fed
 * as it is written and once more a byte at a time. Usage: test_input FILE
 *
 *   ! name
 *   < bytes      \e \r \n \t \\ \xHH \s (space at the end); each line is one feed
 *   f            the timer: what is pending is all there is
 *   > event      in order: key NAME · mouse KIND BUTTON ROW,COL [MODS] · paste TEXT[ +more]
 *                · focus in|out · reply
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "tui/input.h"

static void append_printable(struct buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < ' ' || c == '\\' || c >= 0x7f)
            buf_printf(out, "\\x%02x", c);
        else
            buf_append_char(out, (char)c);
    }
}

static void append_mouse(struct buf *out, struct mouse m)
{
    static const char *const kinds[] = {"press", "release", "move", "wheel"};
    static const char *const buttons[] = {"none", "left", "middle",     "right",
                                          "up",   "down", "wheel-left", "wheel-right"};

    buf_printf(out, "mouse %s %s %d,%d%s%s%s\n", kinds[m.kind], buttons[m.button], m.row, m.col,
               m.mods & MOD_CTRL ? " C" : "", m.mods & MOD_ALT ? " M" : "",
               m.mods & MOD_SHIFT ? " S" : "");
}

static void on_event(void *user, const struct input_event *event)
{
    struct buf *out = user;
    char name[KEY_NAME_SIZE];

    switch (event->kind) {
    case INPUT_KEY:
        buf_printf(out, "key %s\n", key_name(name, event->key));
        break;
    case INPUT_MOUSE:
        append_mouse(out, event->mouse);
        break;
    case INPUT_PASTE:
        buf_append_str(out, event->n ? "paste " : "paste (empty)");
        append_printable(out, event->text, event->n);
        buf_append_str(out, event->last ? "\n" : " +more\n");
        break;
    case INPUT_FOCUS:
        buf_append_str(out, event->focused ? "focus in\n" : "focus out\n");
        break;
    case INPUT_REPLY:
        buf_append_str(out, "reply\n");
        break;
    }
}

static void unescape(const char *text, struct buf *out)
{
    static const char from[] = "ernts\\", to[] = "\x1b\r\n\t \\";

    while (*text) {
        const char *which = text[0] == '\\' && text[1] ? strchr(from, text[1]) : NULL;

        if (which) {
            buf_append_char(out, to[which - from]);
            text += 2;
        } else if (text[0] == '\\' && text[1] == 'x') {
            char hex[3] = {text[2], text[2] ? text[3] : '\0', '\0'};

            buf_append_char(out, (char)strtol(hex, NULL, 16));
            text += 4;
        } else {
            buf_append_char(out, *text++);
        }
    }
}

struct test_case {
    char name[128];
    struct buf script;   /* the lines beginning with < and f */
    struct buf expected; /* without "> " */
    int line;
};

static void run_script(const struct test_case *c, bool single_bytes, struct buf *got)
{
    struct input *in = input_create(on_event, got);
    cleanup_free char *script = xstrdup(c->script.data ? c->script.data : "");
    char *save = NULL;

    for (char *line = strtok_r(script, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        cleanup_buf struct buf bytes = {0};

        if (line[0] == 'f') {
            input_flush(in);
            continue;
        }
        unescape(line + 2, &bytes);
        for (size_t i = 0; single_bytes && i < bytes.len; i++)
            input_feed(in, bytes.data + i, 1);
        if (!single_bytes)
            input_feed(in, bytes.data, bytes.len);
    }
    input_destroy(in);
}

static bool check(const struct test_case *c, int number)
{
    const char *expected = c->expected.data ? c->expected.data : "";
    bool good = true;

    for (int single = 0; single < 2; single++) {
        cleanup_buf struct buf got = {0};

        run_script(c, single, &got);
        if (strcmp(got.data ? got.data : "", expected) != 0) {
            good = false;
            fprintf(stderr, "# line %d%s\n# expected:\n%s# got:\n%s", c->line,
                    single ? " (single bytes)" : "", expected, got.data ? got.data : "");
        }
    }
    printf("%s %d - input__parse__%s\n", good ? "ok" : "not ok", number, c->name);
    return good;
}

static void finish(struct test_case *c)
{
    buf_finish(&c->script);
    buf_finish(&c->expected);
    *c = (struct test_case){0};
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    struct test_case c = {0};
    char line[4096];
    int n = 0, bad = 0, number = 0;

    if (!file) {
        perror("test_input FILE");
        return 2;
    }
    text_init_locale();
    while (fgets(line, sizeof line, file)) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '!') {
            if (c.name[0])
                bad += !check(&c, ++n);
            finish(&c);
            snprintf(c.name, sizeof c.name, "%.100s", line + 2);
            c.line = number;
        } else if (line[0] == '<' || line[0] == 'f') {
            buf_printf(&c.script, "%s\n", line);
        } else if (line[0] == '>') {
            buf_printf(&c.expected, "%s\n", line + 2);
        }
    }
    if (c.name[0])
        bad += !check(&c, ++n);
    finish(&c);
    fclose(file);
    printf("1..%d\n", n);
    return bad || !n;
}
