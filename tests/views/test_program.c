/* SPDX-License-Identifier: MIT
 *
 * Views of the program itself: contexts, journal, snapshots, templates; that nothing secret gets
 * into the journal, and that a read-only client sends no change.
 */
#include "tests/views/scenes.h"

#include <stdio.h>
#include <string.h>

#include "views/journal.h"
#include "wire/names.h"

static void view(struct stage *s, const char *word)
{
    stage_keys(s, ":");
    stage_type(s, word);
    stage_keys(s, "Enter");
}

static void report(struct journal *j, const char *method, const char *url, const char *body)
{
    journal_report(j,
                   &(struct client_report){.method = method,
                                           .url = url,
                                           .body = body,
                                           .body_len = strlen(body),
                                           .status = 200,
                                           .duration_ms = 12},
                   NULL);
}

static void journal__secrets__are_left_out(void **state)
{
    static const struct {
        const char *url, *body;
    } cases[] = {
        {"http://g/v1/sandboxes", "{\"envs\":{\"A\":\"hunter2\",\"B\":{\"c\":[\"hunter2\"]}}}"},
        {"http://s/env?file=.env", "{\"variables\":{\"A\":\"hunter2\"}}"},
        {"http://s/env?file=.env", "{\"A\":\"hunter2\"}"},
        {"http://s/files/x", "{\"path\":\"/x\",\"content\":\"hunter2\"}"},
        {"http://s/servers", "{\"slug\":\"w\",\"environment\":{\"A\":\"hunter2\"}}"},
        {"http://s/auth", "{\"Token\":\"hunter2\",\"password\":\"hunter2\"}"},
        {"http://s/play/?token=hunter2&x=1", ""},
        {"http://ann:hunter2@s/terminals", "{}"},
        {"http://s/upload", "hunter2 as it is, no JSON"},
        {"http://s/broken", "{\"token\":\"hunter2\""},
    };
    struct journal *j = journal_create();

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cleanup_buf struct buf text = {0};

        report(j, "POST", cases[i].url, cases[i].body);
        journal_command(journal_at(j, 0), &text);
        journal_words(journal_at(j, 0), &text);
        assert_null(strstr(text.data, "hunter2"));
        assert_null(strstr(journal_at(j, 0)->body, "hunter2"));
        assert_non_null(strstr(text.data, "curl -X POST"));
    }
    journal_destroy(j);
}

static void journal__command__cannot_leave_its_quotes(void **state)
{
    struct journal *j = journal_create();
    cleanup_buf struct buf text = {0};

    report(j, "POST", "http://s/x", "{\"name\":\"a'; rm -rf ~; '\"}");
    journal_command(journal_at(j, 0), &text);
    assert_non_null(strstr(text.data, "a'\\''; rm -rf ~; '\\''"));
    journal_destroy(j);
}

static void journal__bound__keeps_the_newest(void **state)
{
    struct journal *j = journal_create();

    for (int i = 0; i < JOURNAL_ENTRIES_MAX + 7; i++) {
        char url[64];

        snprintf(url, sizeof url, "http://g/v1/sandboxes/sb-%d", i);
        report(j, "DELETE", url, "");
    }
    assert_int_equal(journal_count(j), JOURNAL_ENTRIES_MAX);
    assert_int_equal(journal_at(j, 0)->number, JOURNAL_ENTRIES_MAX + 7);
    assert_null(journal_find(j, 7));
    assert_non_null(journal_find(j, 8));
    assert_null(journal_at(j, JOURNAL_ENTRIES_MAX));
    journal_destroy(j);
}

/* Times differ from run to run, so rows are awaited instead of compared. */
static void journal__view__shows_copies_and_repeats(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    view(s, "view-journal");
    stage_await(s, "Nothing was changed yet");
    stage_keys(s, "Esc");
    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-1", "alice", "demo", STATUS_RUNNING, 1, 12500, 0);
    stage_await(s, "demo");
    stage_keys(s, "D y");
    await(&s->loop, 20000, strstr(stage_toast(s), "deleted"));
    stage_forget_toast(s);
    view(s, "view-journal");
    stage_await(s, "sandpit rm sb-1");
    stage_await(s, "\xe2\x9c\x93 200");
    stage_keys(s, "d");
    stage_await(s, "curl -X DELETE -H \"X-API-Key: $COMPUTESDK_API_KEY\"");
    stage_keys(s, "Esc r");
    stage_await(s, "Do it again");
    s->last_request[0] = '\0';
    stage_keys(s, "y");
    await(&s->loop, 20000, !strcmp(s->last_request, "DELETE /v1/sandboxes/sb-1"));
    stage_close(s);
}

static void readonly__client__sends_no_change(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    stage_sandbox(s, MSG_SANDBOX_CREATED, "sb-1", "alice", "demo", STATUS_RUNNING, 1, 12500, 0);
    stage_await(s, "demo");
    /* The view would let it pass; the client does not. */
    gateway_set_readonly(s->gateway, true);
    stage_keys(s, "D y");
    await(&s->loop, 20000, strstr(stage_toast(s), "read-only"));
    assert_string_equal(s->last_request, "");
    stage_await(s, "demo");
    stage_close(s);
}

static void each_context(void *user, void (*visit)(void *arg, const struct views_context *c),
                         void *arg)
{
    visit(arg, &(struct views_context){"lab", "https://gateway.lab.example.com", "class", NULL,
                                       true, false});
    visit(arg, &(struct views_context){"production", "https://gateway.example.com", NULL,
                                       "high-contrast", false, true});
}

static char switched_to[64];

static int switch_context(void *user, const char *name, struct err *e)
{
    snprintf(switched_to, sizeof switched_to, "%s", name);
    return strcmp(name, "lab") == 0 ? 0 : err_set(e, ERR_AUTH, "no API key for %s", name);
}

static void contexts__view__lists_and_goes_over(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    view(s, "view-contexts");
    stage_await(s, "Only the gateway of this run");
    stage_keys(s, "Esc");
    s->env.each_context = each_context;
    s->env.switch_context = switch_context;
    view(s, "view-contexts");
    stage_await(s, "\xe2\x97\x8f in use");
    stage_keys(s, "j Enter");
    await(&s->loop, 20000, strstr(stage_toast(s), "no API key for production"));
    assert_string_equal(switched_to, "production");
    script_unlisten(&s->script);
    script_cut(&s->script);
    stage_await(s, "\xe2\x9c\x97 disconnected");
    stage_close(s);
}

static void snapshots__view__says_what_it_cannot_have(void **state)
{
    struct stage *s = stage_open_synced(24, 80);

    view(s, "view-snapshots");
    stage_await(s, "is no list of snapshots"); /* the stage knows none */
    stage_keys(s, "Esc");
    view(s, "view-templates");
    stage_await(s, "No templates");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(journal__secrets__are_left_out),
        cmocka_unit_test(journal__command__cannot_leave_its_quotes),
        cmocka_unit_test(journal__bound__keeps_the_newest),
        cmocka_unit_test(journal__view__shows_copies_and_repeats),
        cmocka_unit_test(readonly__client__sends_no_change),
        cmocka_unit_test(contexts__view__lists_and_goes_over),
        cmocka_unit_test(snapshots__view__says_what_it_cannot_have),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
