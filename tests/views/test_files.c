/* SPDX-License-Identifier: MIT
 *
 * Files of a sandbox: looking, changing, editing with a conflict, overlays.
 */
#include "tests/views/stage.h"

#include <string.h>
#include <sys/stat.h>

#include "wire/names.h"

static struct stage *open_sandbox(void)
{
    struct stage *s = stage_open_synced(24, 80);

    setenv("TZ", "UTC", 1);
    stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", "running", 0, 3600000, 0);
    stage_await(s, "demo");
    stage_answer(s, "POST /run/command~pwd", 200, "{\"stdout\":\"/home/ann\\n\",\"exit_code\":0}");
    return s;
}

static void folder(struct stage *s, const char *path, int n)
{
    struct buf out = {0};
    cleanup_free char *line = xasprintf("GET /files?path=%s @", path);

    buf_append_str(&out, "{\"files\":[");
    for (int i = 0; i < n; i++)
        buf_printf(&out,
                   "%s{\"name\":\"%s%02d%s\",\"path\":\"/x\",\"size\":%d,\"is_dir\":%s,"
                   "\"modified_at\":\"2026-03-04T05:06:07.000Z\"}",
                   i ? "," : "", i % 3 == 1 ? "folder" : "notes", i, i % 3 == 1 ? "" : ".txt",
                   i * i * 1000, i % 3 == 1 ? "true" : "false");
    buf_append_str(&out, "]}");
    stage_answer(s, line, 200, out.data);
    buf_finish(&out);
}

static struct stage *open_files(int n)
{
    struct stage *s = open_sandbox();

    folder(s, "%2Fhome%2Fann", n);
    stage_keys(s, "4");
    stage_await(s, n ? "2026-03-04 05:06" : "/home/ann is empty");
    return s;
}

static void files__golden__looks_as_reviewed(void **state)
{
    static const struct {
        const char *name;
        int n;
    } cases[] = {{"files-empty", 0}, {"files-one", 1}, {"files-many", 80}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stage *s = open_files(cases[i].n);

        stage_golden_sizes(s, cases[i].name);
        stage_close(s);
    }
}

static void files__golden__trouble(void **state)
{
    struct stage *s = open_sandbox();

    stage_answer(s, "GET /files", 0, NULL);
    stage_keys(s, "4");
    stage_await(s, "reading /home/ann");
    stage_golden_sizes(s, "files-loading");
    stage_keys(s, "Esc");
    stage_await(s, "cancelled");
    stage_close(s);

    s = open_sandbox();
    stage_answer(s, "GET /files", 404, "{\"error\":\"Directory not found: /home/ann\"}");
    stage_keys(s, "4");
    stage_await(s, "Directory not found");
    stage_golden_sizes(s, "files-error");
    stage_close(s);

    s = open_files(5);
    stage_host_down(s);
    stage_keys(s, "C-r");
    stage_await(s, "it does not answer");
    stage_forget_toast(s);
    stage_golden_sizes(s, "files-lost");
    stage_close(s);
}

static void files__folders__in_and_out(void **state)
{
    struct stage *s = open_files(5);

    folder(s, "%2Fhome%2Fann%2Ffolder01", 0);
    folder(s, "%2Fhome", 2);
    stage_keys(s, "Enter");
    stage_await(s, "/home/ann/folder01 is empty");
    stage_keys(s, "h");
    stage_await(s, "folder04/");
    stage_keys(s, "/");
    stage_type(s, "notes");
    stage_await_gone(s, "folder04");
    stage_keys(s, "Esc g p");
    stage_await(s, "Go to");
    stage_type(s, "..");
    stage_keys(s, "Enter");
    stage_await(s, " /home\n");
    stage_close(s);
}

#define CONTENT(size, check, base64)                                                               \
    "{\"stdout\":\"" size " 1700000000 644\\n" check "\\n" base64 "\\n\",\"exit_code\":0}"

static void files__view__shows_text_and_searches(void **state)
{
    struct stage *s = open_files(1);

    /* "hello\nworld\n" */
    stage_answer(s, "POST /run/command~dd if=", 200,
                 "{\"stdout\":\"12 1700000000 644\\naGVsbG8Kd29ybGQK\\n\",\"exit_code\":0}");
    stage_keys(s, "Enter");
    stage_await(s, "world");
    stage_golden_sizes(s, "viewer-text");
    stage_keys(s, "x");
    stage_await(s, "68 65 6c 6c 6f");
    stage_golden_sizes(s, "viewer-hex");
    stage_keys(s, "x /");
    stage_type(s, "nowhere");
    stage_keys(s, "Enter");
    stage_await(s, "nowhere in this file");
    stage_keys(s, "Esc Esc");
    stage_await(s, "notes00.txt");
    stage_close(s);
}

static void files__delete__asks_and_says_how_much(void **state)
{
    struct stage *s = open_files(5);

    stage_answer(s, "POST /run/command~find", 200, "{\"stdout\":\"12 40\\n\",\"exit_code\":0}");
    stage_answer(s, "DELETE /files", 204, "");
    stage_keys(s, "D");
    stage_await(s, "12 files and folders, 41 kB");
    stage_golden(s, "files-delete-80x24");
    stage_keys(s, "y");
    stage_await(s, "deleted /home/ann/folder01");
    assert_string_equal(s->last_request, "DELETE /files//home/ann/folder01");
    stage_close(s);
}

static void files__rename_and_new(void **state)
{
    struct stage *s = open_files(2);

    stage_answer(s, "POST /run/command~mv --", 200, "{\"stdout\":\"\",\"exit_code\":76}");
    stage_keys(s, "G r");
    stage_await(s, "Rename");
    stage_keys(s, "C-u");
    stage_type(s, "other.txt");
    stage_keys(s, "Enter");
    stage_await(s, "is there already");
    stage_answer(s, "POST /run/command~mkdir -p", 200, "{\"stdout\":\"\",\"exit_code\":0}");
    stage_keys(s, "N");
    stage_type(s, "a/b");
    stage_keys(s, "Enter");
    stage_await(s, "made /home/ann/a/b");
    stage_close(s);
}

static void files__readonly__changes_nothing(void **state)
{
    static const char *const keys[] = {"D", "e", "n", "N", "r", "u"};
    struct stage *s = open_files(2);

    s->env.readonly = true;
    snprintf(s->last_request, sizeof s->last_request, "none");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        stage_keys(s, keys[i]);
        stage_await(s, "read-only");
        stage_forget_toast(s);
        stage_keys(s, "Esc");
        stage_keys(s, "4");
        stage_await(s, "notes00.txt");
    }
    stage_close(s);
}

/* An editor that appends a line. */
static void files__edit__conflict_offers_a_choice(void **state)
{
    struct stage *s = open_files(1);

    setenv("EDITOR", "printf 'more\\n' >>", 1);
    unsetenv("VISUAL");
    stage_answer(s, "POST /run/command~cksum", 200, CONTENT("6", "1 6", "aGVsbG8K"));
    stage_keys(s, "e");
    stage_answer(s, "POST /run/command~.sandpit-tmp-", 200, "{\"stdout\":\"\",\"exit_code\":76}");
    stage_await(s, "changed there meanwhile");
    stage_golden_sizes(s, "files-conflict");
    stage_keys(s, "Enter");
    stage_await(s, "as you edited it");
    stage_golden_sizes(s, "files-conflict-diff");
    stage_keys(s, "Esc");
    stage_await(s, "Throw mine away");
    stage_type(s, "throw");
    stage_keys(s, "Enter");
    stage_await(s, "Thrown away");
    stage_close(s);
}

static void files__edit__unchanged_writes_nothing(void **state)
{
    struct stage *s = open_files(1);

    setenv("EDITOR", "true", 1);
    stage_answer(s, "POST /run/command~cksum", 200, CONTENT("6", "1 6", "aGVsbG8K"));
    stage_keys(s, "e");
    stage_await(s, "Nothing was changed");
    setenv("EDITOR", "false", 1);
    stage_keys(s, "e");
    stage_await(s, "the editor ended with status 1");
    stage_close(s);
}

static void overlays__golden__looks_as_reviewed(void **state)
{
    struct stage *s = open_files(1);

    stage_answer(s, "GET /filesystem/overlays", 200, "{\"overlays\":[]}");
    stage_keys(s, "O");
    stage_await(s, "No overlays");
    stage_golden_sizes(s, "overlays-empty");
    stage_answer(
        s, "GET /filesystem/overlays", 200,
        "{\"overlays\":[{\"id\":\"ov-1\",\"source\":\"/opt/template\",\"target\":\"app\","
        "\"strategy\":\"smart\",\"copy_status\":\"in_progress\",\"stats\":{\"copied_files\":120,"
        "\"copied_dirs\":7,\"skipped\":[\"a\"]}},{\"id\":\"ov-2\",\"source\":\"/srv/data\","
        "\"target\":\"data\",\"strategy\":\"copy\",\"copy_status\":\"failed\",\"copy_error\":"
        "\"no room\",\"stats\":{\"copied_files\":3,\"copied_dirs\":0,\"skipped\":[]}}]}");
    stage_keys(s, "C-r");
    stage_await(s, "copying");
    stage_golden_sizes(s, "overlays-many");
    stage_keys(s, "n");
    stage_await(s, "New overlay");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files__golden__looks_as_reviewed),
        cmocka_unit_test(files__golden__trouble),
        cmocka_unit_test(files__folders__in_and_out),
        cmocka_unit_test(files__view__shows_text_and_searches),
        cmocka_unit_test(files__delete__asks_and_says_how_much),
        cmocka_unit_test(files__rename_and_new),
        cmocka_unit_test(files__readonly__changes_nothing),
        cmocka_unit_test(files__edit__conflict_offers_a_choice),
        cmocka_unit_test(files__edit__unchanged_writes_nothing),
        cmocka_unit_test(overlays__golden__looks_as_reviewed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
