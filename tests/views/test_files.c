/* SPDX-License-Identifier: MIT
 *
 * Files of a sandbox: looking, changing, editing with a conflict, overlays.
 */
#include "tests/views/scenes.h"

#include <string.h>
#include <sys/stat.h>

#include "wire/names.h"

static struct stage *open_files(int n)
{
    struct stage *s = scene_open(1);

    setenv("TZ", "UTC", 1);
    scene_files(s, n);
    stage_keys(s, "4");
    stage_await(s, n ? "2026-03-04 05:06" : "/home/ann is empty");
    return s;
}

static void files__loading__can_be_cancelled(void **state)
{
    struct stage *s = scene_open(1);

    scene_files(s, 1);
    stage_answer(s, "GET /files?path=%2Fhome%2Fann @", 0, NULL);
    stage_keys(s, "4");
    stage_await(s, "reading /home/ann");
    stage_keys(s, "Esc");
    stage_await(s, "cancelled");
    stage_close(s);
}

static void files__marks__open_a_tab_each_up_to_a_bound(void **state)
{
    struct stage *s = scene_open(12);

    stage_keys(s, "*");
    stage_await(s, "marked");
    stage_keys(s, "4");
    stage_await(s, "8 of 1");
    stage_await(s, "mark fewer to see the others");
    stage_close(s);
}

static void files__folders__in_and_out(void **state)
{
    struct stage *s = open_files(5);

    scene_folder(s, "%2Fhome%2Fann%2Ffolder01", 0);
    scene_folder(s, "%2Fhome", 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files__loading__can_be_cancelled),
        cmocka_unit_test(files__marks__open_a_tab_each_up_to_a_bound),
        cmocka_unit_test(files__folders__in_and_out),
        cmocka_unit_test(files__view__shows_text_and_searches),
        cmocka_unit_test(files__delete__asks_and_says_how_much),
        cmocka_unit_test(files__rename_and_new),
        cmocka_unit_test(files__readonly__changes_nothing),
        cmocka_unit_test(files__edit__conflict_offers_a_choice),
        cmocka_unit_test(files__edit__unchanged_writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
