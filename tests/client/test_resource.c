/* SPDX-License-Identifier: MIT
 *
 * The small resources at the real host: env files, tokens and links, overlays, children, snapshots.
 */
#include "tests/client/hosted.h"

#include "client/child.h"
#include "client/env.h"
#include "client/overlay.h"
#include "client/snapshot.h"
#include "client/stats.h"
#include "client/token.h"

/* --- env files --- */

static void on_env(void *user, const struct env_variable *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s=%s;", all[i].name, all[i].value);
}

static void on_exists(void *user, bool exists, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    buf_append_str(&h->text, exists ? "yes" : "no");
}

static void env__file__is_changed_in_place(void **state)
{
    static const struct env_variable set[] = {{"B", "two words"}, {"C", "#3"}};
    static const char *const names[] = {"A", "NONE"};
    struct hosted *h = *state;

    env_exists(h->remote, "/tmp/.env", on_exists, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "no");
    env_get(h->remote, "/tmp/.env", on_env, h);
    hosted_failed(h, ERR_NOT_FOUND);
    hosted_run(h, "printf '# mine\\nA=1\\nB=2 # b\\n' >/tmp/.env");
    env_set(h->remote, "/tmp/.env", set, ARRAY_LEN(set), hosted_on_done, h);
    hosted_answered(h);
    env_get(h->remote, "/tmp/.env", on_env, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "A=1;B=two words;C=#3;");
    env_remove(h->remote, "/tmp/.env", names, ARRAY_LEN(names), on_env, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "A=;");
    assert_non_null(strstr(hosted_run(h, "head -1 /tmp/.env"), "# mine\n"));
    env_exists(h->remote, "/tmp/.env", on_exists, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "yes");
}

static void env_diff__sets__are_compared(void **state)
{
    static const struct env_variable before[] = {{"B", "0"}, {"C", "1"}, {"A", "1"}, {"B", "1"}};
    static const struct env_variable after[] = {{"D", ""}, {"A", "2"}, {"B", "1"}};
    static const struct env_difference expected[] = {
        {ENV_CHANGED, "A", "1", "2"},
        {ENV_SAME, "B", "1", "1"},
        {ENV_REMOVED, "C", "1", NULL},
        {ENV_ADDED, "D", NULL, ""},
    };
    size_t n;
    struct env_difference *all = env_diff(before, ARRAY_LEN(before), after, ARRAY_LEN(after), &n);

    assert_int_equal(n, ARRAY_LEN(expected));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(all[i].change, expected[i].change);
        assert_string_equal(all[i].name, expected[i].name);
        assert_int_equal(!all[i].before, !expected[i].before);
        assert_int_equal(!all[i].after, !expected[i].after);
    }
    free(all);
    free(env_diff(NULL, 0, NULL, 0, &n));
    assert_int_equal(n, 0);
}

/* --- tokens --- */

static char token_id[128], secret[256];

static void on_token(void *user, const struct token_info *t, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (!t)
        return;
    snprintf(token_id, sizeof token_id, "%s", t->id);
    snprintf(secret, sizeof secret, "%s", t->secret);
    buf_printf(&h->text, "%s %s %lld", t->description, t->scope,
               (long long)(t->expires_ms - t->created_ms + 500) / 1000);
}

static void on_tokens(void *user, const struct token_info *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s:%s%s ", all[i].id, all[i].description, all[i].secret);
}

static void token__life__made_listed_revoked(void **state)
{
    struct hosted *h = *state;

    token_create(h->remote,
                 &(struct token_options){.description = "guest", .life_s = 60, .observe = true},
                 on_token, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "guest observe 60");
    assert_true(strlen(secret) > 20);
    cleanup_free char *line = xasprintf("%s:guest ", token_id);

    token_list(h->remote, on_tokens, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), line);
    token_get(h->remote, token_id, on_token, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "guest observe 60");
    assert_string_equal(secret, "");
    token_revoke(h->remote, token_id, hosted_on_done, h);
    hosted_answered(h);
    token_revoke(h->remote, token_id, hosted_on_done, h);
    hosted_answered(h);
    token_list(h->remote, on_tokens, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "");
    token_get(h->remote, token_id, on_token, h);
    hosted_failed(h, ERR_NOT_FOUND);
}

static void on_link(void *user, const struct magic_link *l, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (l)
        buf_printf(&h->text, "%s %d %s", l->redirect, l->expires_ms > clock_wall_ms(), l->url);
}

static void on_auth(void *user, const struct auth_status *a, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (a)
        buf_printf(&h->text, "%d %s", a->is_authenticated, a->token_type);
}

static void link__made__leads_to_the_sandbox(void **state)
{
    struct hosted *h = *state;
    cleanup_free char *part = xasprintf("http://%s.", h->sandbox);

    magic_link_create(h->remote, &(struct magic_link_options){.redirect = "/play/x"}, on_link, h);
    hosted_answered(h);
    const char *text = hosted_text(h);

    assert_int_equal(strncmp(text, "/play/x 1 ", 10), 0);
    assert_non_null(strstr(text, part));
    magic_link_create(h->remote, &(struct magic_link_options){.redirect = "//evil"}, on_link, h);
    hosted_failed(h, ERR_ARG);
    auth_status(h->remote, on_auth, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "1 access_token");
}

/* --- overlays --- */

static char overlay_id[64];

static void on_overlay(void *user, const struct overlay_info *o, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (!o)
        return;
    snprintf(overlay_id, sizeof overlay_id, "%s", o->id);
    buf_printf(&h->text, "%s %s %lld %zu", o->target, o->status, (long long)o->n_files,
               o->n_skipped);
}

static void on_overlays(void *user, const struct overlay_info *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s ", all[i].id);
}

static void overlay__created__is_waited_for(void **state)
{
    static const char *const ignore[] = {"*.o", NULL};
    struct hosted *h = *state;
    struct overlay_options o = {
        .source = "/tmp/src", .target = "over", .strategy = "copy", .ignore = ignore, .wait = true};

    hosted_run(h, "mkdir -p /tmp/src/d; cd /tmp/src; echo 1 >a; echo 2 >d/b; echo 3 >c.o");
    overlay_create(h->remote, &o, NULL, on_overlay, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "over complete 2 1");
    cleanup_free char *line = xasprintf("%s ", overlay_id);

    overlay_list(h->remote, on_overlays, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), line);
    overlay_get(h->remote, overlay_id, on_overlay, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "over complete 2 1");
    overlay_delete(h->remote, overlay_id, hosted_on_done, h);
    hosted_answered(h);
    overlay_get(h->remote, overlay_id, on_overlay, h);
    hosted_failed(h, ERR_NOT_FOUND);
}

/* --- child sandboxes, snapshots --- */

static char found_id[64];

static void on_child(void *user, const struct child_info *c, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    snprintf(found_id, sizeof found_id, "%s", c ? c->subdomain : "");
    if (c)
        buf_printf(&h->text, "%d %s", c->is_main, c->url);
}

static void on_children(void *user, const struct child_info *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s ", all[i].subdomain);
}

static void child__life__made_listed_deleted(void **state)
{
    struct hosted *h = *state;

    child_create(h->remote, &(struct child_options){0}, on_child, h);
    hosted_answered_or_skip(h);
    cleanup_free char *url = xasprintf("0 http://%s.", found_id);

    assert_int_equal(strncmp(hosted_text(h), url, strlen(url)), 0);
    child_list(h->remote, on_children, h);
    hosted_answered(h);
    assert_non_null(strstr(hosted_text(h), found_id));
    child_get(h->remote, found_id, on_child, h);
    hosted_answered(h);
    child_delete(h->remote, found_id, true, hosted_on_done, h);
    hosted_answered(h);
    child_get(h->remote, "none", on_child, h);
    hosted_failed(h, ERR_NOT_FOUND);
}

static void on_snapshot(void *user, const struct snapshot_info *s, const struct err *e)
{
    hosted_take(user, e);
    snprintf(found_id, sizeof found_id, "%s", s ? s->id : "");
}

static void on_snapshots(void *user, const struct snapshot_info *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s:%s ", all[i].id, all[i].name);
}

static void on_stats(void *user, const struct sandbox_stats *s, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (s)
        buf_printf(&h->text, "%d %d %d", s->n_processes >= 1, s->memory_bytes > 0,
                   s->n_cores > 0 && s->cpu_percent >= 0);
}

static void stats__of_a_sandbox__are_plausible(void **state)
{
    struct hosted *h = *state;

    sandbox_stats(h->remote, on_stats, h);
    hosted_answered_or_skip(h);
    assert_string_equal(hosted_text(h), "1 1 1");
}

static char new_id[64];

static void on_sandbox(void *user, const struct sandbox_info *s, const struct err *e)
{
    hosted_take(user, e);
    snprintf(new_id, sizeof new_id, "%s", s ? s->id : "");
}

static void snapshot__life__another_begins_as_it(void **state)
{
    struct hosted *h = *state;

    hosted_run(h, "echo kept >kept");
    snapshot_create(h->gateway, h->sandbox, "first", NULL, on_snapshot, h);
    hosted_answered_or_skip(h);
    cleanup_free char *line = xasprintf("%s:first ", found_id);

    snapshot_list(h->gateway, on_snapshots, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), line);
    gateway_create_sandbox(h->gateway, &(struct create_options){.snapshot_id = found_id},
                           on_sandbox, h);
    hosted_answered(h);
    struct remote *r = remote_acquire(h->gateway, new_id);

    command_run(r, &(struct command_options){.command = "cat kept"}, hosted_on_command, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "0 kept\n");
    remote_release(r);
    gateway_delete(h->gateway, new_id, hosted_on_done, h);
    hosted_answered(h);
    snapshot_delete(h->gateway, found_id, hosted_on_done, h);
    hosted_answered(h);
    snapshot_list(h->gateway, on_snapshots, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "");
    snapshot_create(h->gateway, "none", NULL, NULL, on_snapshot, h);
    hosted_failed(h, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_host(env__file__is_changed_in_place),
        cmocka_unit_test(env_diff__sets__are_compared),
        with_host(token__life__made_listed_revoked),
        with_host(link__made__leads_to_the_sandbox),
        with_host(overlay__created__is_waited_for),
        with_host(child__life__made_listed_deleted),
        with_host(stats__of_a_sandbox__are_plausible),
        with_host(snapshot__life__another_begins_as_it),
    };
    return cmocka_run_group_tests_name("resource", tests, hosted_setup, hosted_teardown);
}
