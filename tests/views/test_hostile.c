/* SPDX-License-Identifier: MIT
 *
 * A sandbox, or a host, that means harm: names, paths, values, messages and log lines full of what
 * a terminal would obey. Whatever view shows them, no cell holds a control, nothing invisible or
 * turning reaches the screen, nothing goes past the cells, and a frame takes a bounded time.
 */
#include "tests/views/stage.h"

#include <string.h>

#include "tests/views/screen_memory.h"
#include "wire/base64.h"
#include "wire/names.h"

#define FRAME_MAX_MS 1500 /* with sanitizers, on a busy machine */
#define FLOOD_BYTES  (1u << 20)
#define IN_A_PANE    "in a pane"

/* Begins with what the tests wait for. */
static const char trouble[] =
    "MARK\x1b]0;PWNED\x07\x1b]52;c;UFdORUQ=\x1b\\\x1b[2J\x1b[31m\x1b"
    "c\x1bPq\x1b\\\r\n\b\t\x7f"
    "\xc2\x9b"
    "31m\xc2\x9d"
    "0;PWNED\xc2\x9c" /* C1 */
    "\xe2\x80\xae"
    "desrever\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c"             /* turns the direction */
    "\xe2\x80\x8b\xe2\x81\xa0\xef\xbb\xbf\xf3\xa0\x81\x81" /* cannot be seen */
    "\xe5\xae\xbd\xe5\xae\xbd"
    "a\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86" /* wide, marks */
    "\xe2\x80\xa8\xe2\x80\xa9 end";

enum flood { NO_FLOOD, LETTERS, WIDE, MARKS, CONTROLS, N_FLOODS };

/* The trouble, and up to n bytes more of one kind, as the inside of a JSON string. */
static char *hostile(enum flood flood, size_t n)
{
    static const char *const pieces[] = {
        [NO_FLOOD] = "",
        [LETTERS] = "AAAAAAAA",
        [WIDE] = "\xe5\xae\xbd\xe5\xae\xbd",
        [MARKS] = "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84",
        [CONTROLS] = "\x1b[31m\xe2\x80\xae\xc2\x9b",
    };
    struct buf text = {0};

    buf_append_str(&text, trouble);
    while (*pieces[flood] && text.len < n)
        buf_append_str(&text, pieces[flood]);
    buf_append_char(&text, '\0');
    cJSON *string = cJSON_CreateString(text.data);
    char *quoted = cJSON_PrintUnformatted(string);
    char *inside = xstrndup(quoted + 1, strlen(quoted) - 2);

    cJSON_free(quoted);
    cJSON_Delete(string);
    buf_finish(&text);
    return inside;
}

/* The template with each @ replaced. */
static char *filled(const char *template, const char *with)
{
    struct buf out = {0};

    for (const char *t = template; *t; t++) {
        if (*t == '@')
            buf_append_str(&out, with);
        else
            buf_append_char(&out, *t);
    }
    buf_append_char(&out, '\0');
    return buf_steal(&out);
}

/* --- what must hold --- */

/* Obeyed by some terminal: controls, separators, what turns the direction. */
static bool is_obeyed(uint32_t c)
{
    return (c && c < 0x20) || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x206f);
}

/* In a terminal's pane they are the program's own affair. */
static bool is_invisible(uint32_t c)
{
    return c == 0x200b || (c >= 0x2060 && c <= 0x2064) || c == 0xfeff ||
           (c >= 0xe0000 && c <= 0xe007f);
}

static void assert_cells_harmless(const char *where, bool is_pane)
{
    struct canvas c = screen_memory_canvas();

    for (int i = 0; i < c.rows * c.cols; i++) {
        for (int k = 0; k < GLYPH_CODEPOINTS; k++) {
            uint32_t codepoint = GLYPH_AT(c.cells[i].glyph, k);

            if (is_obeyed(codepoint) || (!is_pane && is_invisible(codepoint)))
                fail_msg("%s: U+%04X in row %d, column %d", where, codepoint, i / c.cols,
                         i % c.cols);
        }
    }
}

/* Past the cells go only our own strings (a title, the clipboard), and no control within them. */
static void assert_written_harmless(const struct stage *s, const char *where)
{
    const struct buf *out = stage_written(s);
    bool inside = false;

    for (size_t i = 0; i < out->len; i++) {
        unsigned char c = (unsigned char)out->data[i];
        bool begins = c == 0x1b && i + 1 < out->len && out->data[i + 1] == ']';
        bool ends = c == 0x07 || (c == 0x1b && i + 1 < out->len && out->data[i + 1] == '\\');

        if (inside && !ends && (c < 0x20 || c == 0x7f))
            fail_msg("%s: byte %02x inside a string to the terminal", where, c);
        inside = ends ? false : inside || begins;
    }
    if (out->len && memmem(out->data, out->len, "UFdORUQ", 7))
        fail_msg("%s: the clipboard was written", where);
}

static void assert_harmless(struct stage *s, const char *where)
{
    static const int sizes[][2] = {{24, 80}, {50, 200}, {12, 40}, {3, 9}, {24, 80}};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        int64_t began = clock_mono_ms();

        stage_resize(s, sizes[i][0], sizes[i][1]);
        free(stage_screen(s));
        int64_t took = clock_mono_ms() - began;
        assert_cells_harmless(where, strcmp(where, IN_A_PANE) == 0);
        if (took > FRAME_MAX_MS)
            fail_msg("%s: a frame took %d ms", where, (int)took);
    }
    assert_written_harmless(s, where);
}

/* --- the views --- */

static struct stage *open_sandbox(const char *text)
{
    struct stage *s = stage_open_synced(24, 80);
    /* Beyond 64 KiB a sandbox's name is not taken at all: that one has its own test. */
    cleanup_free char *data = filled(
        "\"sandboxId\":\"a1\",\"namespace\":\"alice\",\"name\":\"demo\",\"status\":\"running\","
        "\"terminals\":1,\"provider\":\"@\",\"reason\":\"@\",\"url\":\"http://@\",\"metadata\":"
        "\"{\\\"a\\\":1}\"",
        text);

    stage_tell(s, MSG_SANDBOX_CREATED, data);
    return s;
}

static struct stage *open_plain(void)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    return s;
}

static const struct view_case {
    const char *keys, *line, *data, *shown;
    const char *more; /* keys that open more of it */
} views[] = {
    {"2", "GET /servers",
     "{\"servers\":[{\"slug\":\"@\",\"start\":\"@\",\"path\":\"@\",\"status\":\"@\",\"url\":\"@\","
     "\"error\":\"@\",\"restart_policy\":\"@\"}]}",
     "MARK", "Space"},
    {"T", "GET /auth/session_tokens",
     "{\"tokens\":[{\"id\":\"@\",\"description\":\"@\",\"scope\":\"@\"}]}", "MARK", "Space D"},
    {"6", "GET /watchers",
     "{\"watchers\":[{\"id\":\"@\",\"path\":\"@\",\"status\":\"@\",\"ignored\":[\"@\"]}]}", "MARK",
     "Space D"},
    {"5", "GET /env?file=.env", "{\"file\":\"@\",\"variables\":{\"K\":\"@\",\"MARK\":\"@\"}}",
     "MARK", "X"},
    {"8", "GET /events",
     "{\"events\":[{\"id\":\"e1\",\"sandboxId\":\"a1\",\"type\":\"MARK.x\",\"timestamp\":"
     "1767323045678,"
     "\"data\":{\"@\":\"@\"}}]}",
     "MARK", "G Enter"},
    {"O", "GET /filesystem/overlays",
     "{\"overlays\":[{\"id\":\"@\",\"path\":\"@\",\"source\":\"@\",\"status\":\"@\",\"error\":\"@"
     "\"}]}",
     NULL, "Space"},
    {"2", "GET /servers", NULL, "MARK", ""}, /* an error, in the view and in the toast */
};

static void show_view(const struct view_case *v, const char *text, bool flooded)
{
    struct stage *s = open_plain();
    cleanup_free char *data = filled(v->data ? v->data : "{\"error\":\"@\"}", text);

    stage_answer(s, "POST /run/command~pwd", 200, "{\"stdout\":\"/home/ann\\n\",\"exit_code\":0}");
    stage_answer(s, "GET /files", 200, "{\"files\":[]}");
    stage_answer(s, v->line, v->data ? 200 : 500, data);
    if (v->keys[0] == 'O') {
        stage_keys(s, "4");
        stage_await(s, "empty");
    }
    stage_keys(s, v->keys);
    /* Rows beyond a bound are left out: then there is nothing to wait for but the answer. */
    if (v->shown && !flooded)
        stage_await(s, v->shown);
    else
        stage_await_gone(s, "asking alice");
    assert_harmless(s, v->line);
    if (*v->more)
        stage_keys(s, v->more);
    assert_harmless(s, v->line);
    stage_keys(s, "Esc ?");
    assert_harmless(s, v->line);
    stage_close(s);
}

static void hostile__views__draw_nothing_of_it(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        cleanup_free char *text = hostile(NO_FLOOD, 0);

        show_view(&views[i], text, false);
    }
}

static void hostile__views__bear_floods(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        enum flood flood = LETTERS + i % (N_FLOODS - LETTERS);
        cleanup_free char *text = hostile(flood, FLOOD_BYTES / 8);

        show_view(&views[i], text, true);
    }
}

static void hostile__sandboxes__and_what_is_known_of_them(void **state)
{
    for (enum flood flood = NO_FLOOD; flood < N_FLOODS; flood++) {
        cleanup_free char *text = hostile(flood, 8000);
        struct stage *s = open_sandbox(text);

        stage_await(s, "demo");
        assert_harmless(s, "sandboxes");
        stage_keys(s, "/");
        stage_type(s, "MARK");
        assert_harmless(s, "sandboxes, filtered");
        stage_keys(s, "Esc d");
        assert_harmless(s, "describe");
        stage_keys(s, "Esc y");
        assert_harmless(s, "json");
        stage_close(s);
    }
}

static void hostile__sandboxes__with_a_megabyte_of_name_are_not_taken(void **state)
{
    cleanup_free char *text = hostile(LETTERS, FLOOD_BYTES);
    struct stage *s = open_sandbox(text);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "b2", "alice", "after", "running", 0, 3600000, 0);
    stage_await(s, "after");
    assert_int_equal(gateway_count(s->gateway), 1);
    assert_harmless(s, "sandboxes");
    stage_close(s);
}

static void hostile__files__names_are_harmless(void **state)
{
    for (enum flood flood = NO_FLOOD; flood < N_FLOODS; flood++) {
        cleanup_free char *text = hostile(flood, flood ? FLOOD_BYTES / 4 : 0);
        cleanup_free char *data = filled("{\"files\":[{\"name\":\"@\",\"path\":\"/x/@\",\"size\":1,"
                                         "\"is_dir\":true}]}",
                                         text);
        struct stage *s = open_plain();

        stage_answer(s, "POST /run/command~pwd", 200,
                     "{\"stdout\":\"/home/ann\\n\",\"exit_code\":0}");
        stage_answer(s, "GET /files", 200, data);
        stage_keys(s, "4");
        stage_await(s, flood ? "/home/ann" : "MARK");
        assert_harmless(s, "files");
        stage_keys(s, "Space r");
        assert_harmless(s, "files, rename");
        stage_keys(s, "Esc D");
        assert_harmless(s, "files, delete");
        stage_close(s);
    }
}

static void hostile__commands__list_and_output(void **state)
{
    cleanup_free char *text = hostile(MARKS, FLOOD_BYTES / 4);
    cleanup_free char *data = filled(
        "{\"commands\":[{\"cmd_id\":\"c1\",\"command\":\"@\",\"status\":\"@\",\"exit_code\":1}]}",
        text);
    struct stage *s = open_plain();

    stage_answer(s, "GET /terminals", 200,
                 "{\"terminals\":[{\"id\":\"ex1\",\"pty\":false,\"status\":\"running\"}]}");
    stage_answer(s, "GET /terminals/ex1/commands", 200, data);
    stage_keys(s, "9");
    stage_await(s, "MARK");
    assert_harmless(s, "commands");
    stage_close(s);
}

static void hostile__tails__signals_and_changed_files(void **state)
{
    struct buf coded = {0}, flood = {0};
    struct stage *s = open_plain();

    buf_append_str(&flood, trouble);
    while (flood.len < FLOOD_BYTES / 2)
        buf_append_str(&flood, "\x1b[2J\xe2\x80\xae"
                               "e\xcc\x81\xcc\x82");
    buf_append_char(&flood, '\0');
    base64_encode(&coded, flood.data, flood.len - 1);
    buf_append_char(&coded, '\0');
    const char *const message[] = {"signal", "error", "message", flood.data, NULL};
    const char *const odd[] = {"signal", trouble, "type", trouble, "url", trouble, NULL};
    const char *const port[] = {"signal", "port", "type",  "open", "port",
                                "#3000",  "url",  trouble, NULL};

    stage_answer(s, "GET /signals/status", 200, "{\"status\":\"active\"}");
    stage_keys(s, "7");
    await(&s->loop, 20000, s->n_attached == 1);
    stage_await_gone(s, "connecting");
    stage_push(s, "a1", MSG_SIGNAL, "signals", odd);
    stage_push(s, "a1", MSG_SIGNAL, "signals", port);
    stage_await(s, "end");
    assert_harmless(s, "signals, few");
    stage_push(s, "a1", MSG_SIGNAL, "signals", message);
    stage_await(s, "e\xcc\x81");
    assert_harmless(s, "signals");
    stage_keys(s, "w");
    assert_harmless(s, "signals, wrapped");
    stage_keys(s, "Enter");
    assert_harmless(s, "a signal");
    stage_keys(s, "Esc C");
    assert_harmless(s, "signals, copied");
    stage_close(s);
    buf_finish(&coded);
    buf_finish(&flood);
}

static void hostile__terminal__titles_and_output_stay_inside(void **state)
{
    struct stage *s = open_plain();

    stage_keys(s, "Enter");
    await(&s->loop, 20000, s->n_attached == 1);
    stage_output(s, "\x1b]0;MARK\xe2\x80\xae\xc2\x9bPWNED\x07");
    stage_output(s, trouble);
    stage_await(s, "end");
    assert_harmless(s, IN_A_PANE);
    stage_keys(s, "C-b w");
    assert_harmless(s, IN_A_PANE);
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile__views__draw_nothing_of_it),
        cmocka_unit_test(hostile__views__bear_floods),
        cmocka_unit_test(hostile__sandboxes__and_what_is_known_of_them),
        cmocka_unit_test(hostile__sandboxes__with_a_megabyte_of_name_are_not_taken),
        cmocka_unit_test(hostile__files__names_are_harmless),
        cmocka_unit_test(hostile__commands__list_and_output),
        cmocka_unit_test(hostile__tails__signals_and_changed_files),
        cmocka_unit_test(hostile__terminal__titles_and_output_stay_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
