/* SPDX-License-Identifier: MIT
 *
 * Every view in every state that it can have, and every dialog, as golden screens of four sizes.
 *
 * A view is one row of `views`: what it asks its host for, how it is opened, and a text by which
 * each state is known (NULL: it has no such state). A view in the palette, or a context of keys,
 * without a row fails the test. SANDPIT_GOLDEN_ONLY='views__shell*' runs some alone.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/views/scenes.h"

#include "base/private_file.h"
#include "views/journal.h"
#include "wire/base64.h"
#include "wire/names.h"

enum state { EMPTY, LOADING, ONE, MANY, ERROR, LOST, N_STATES };

static const char *const state_names[N_STATES] = {"empty", "loading", "one",
                                                  "many",  "error",   "lost"};
static const int counts[N_STATES] = {[ONE] = 1, [MANY] = 60, [LOST] = 3};

#define REASON     "overloaded"
#define ERROR_BODY "{\"error\":\"" REASON "\"}"

struct row {
    const char *name; /* of its files */
    /* What shows it: an action of the palette; NULL: show does. */
    const char *action;
    const char *context; /* its own context of keys; NULL: name, or none has this name */
    const char *request; /* that waits in LOADING and fails in ERROR; NULL: open sees to it */
    struct stage *(*open)(enum state state); /* NULL: scene_open(1) */
    void (*have)(struct stage *s, int n);    /* before it shows: the host has n */
    void (*show)(struct stage *s, int n);    /* after the action */
    void (*feed)(struct stage *s, int n);    /* n come while it shows */
    const char *shows[N_STATES];
};

/* --- openings and feeds of single views --- */

static struct stage *open_sandboxes(enum state state)
{
    if (state != LOADING && state != ERROR)
        return scene_open(counts[state] == 1 ? 1 : counts[state]);
    struct stage *s = stage_open(24, 80);
    s->refuse_list = true;
    s->info_status = 401;
    if (state == LOADING)
        stage_answer(s, "GET /info", 0, NULL);
    return s;
}

static void open_shell(struct stage *s, int n)
{
    stage_keys(s, "Enter");
}

static void feed_shell(struct stage *s, int n)
{
    await(&s->loop, 20000, s->shell);
    for (int i = 1; i < n; i++) {
        cleanup_free char *line = xasprintf("line %d\r\n", i);

        stage_output(s, line);
    }
    stage_output(s, "$ ");
    stage_await(s, "$\n");
}

static struct stage *open_log(enum state state)
{
    struct stage *s = scene_open(1);

    if (state == EMPTY)
        scene_log(s, 0);
    return s;
}

static struct stage *open_unconnected(enum state state)
{
    struct stage *s = scene_open(1);

    s->hold_sockets = state == LOADING;
    return s;
}

static void have_signals(struct stage *s, int n)
{
    stage_answer(s, "GET /signals/status", 200, "{\"status\":\"active\",\"channel\":\"signals\"}");
}

static void feed_signals(struct stage *s, int n)
{
    await(&s->loop, 20000, s->n_attached == 1);
    stage_await_gone(s, "connecting");
    for (int i = 0; i < n; i++) {
        static const char *const ready[] = {
            "signal", "server-ready", "port", "#3000", "url", "http://a1-3000.localhost:7780",
            NULL};
        static const char *const trouble[] = {"signal", "error", "message",
                                              "disk is full\x1b[2J\nnow", NULL};
        cleanup_free char *port = xasprintf("#%d", 4000 + i);

        if (i % 8 == 5)
            stage_push(s, "a1", MSG_SIGNAL, "signals", ready);
        else if (i % 8 == 6)
            stage_push(s, "a1", MSG_SIGNAL, "signals", trouble);
        else
            scene_signal_port(s, i % 8 == 7 ? "close" : "open", port,
                              i % 2 ? NULL : "http://a1-4000.localhost:7780");
    }
}

static struct stage *open_events(enum state state)
{
    struct stage *s = scene_open(1);

    if (state == LOADING)
        stage_answer(s, "GET /info", 0, NULL);
    if (state == ERROR)
        stage_answer(s, "GET /events", 403, ERROR_BODY);
    return s;
}

static struct stage *open_watch(enum state state)
{
    struct stage *s = open_unconnected(state);

    scene_watchers(s, 1);
    return s;
}

static void show_watch(struct stage *s, int n)
{
    stage_await(s, "project-0");
    stage_keys(s, "Enter");
}

static void feed_watch(struct stage *s, int n)
{
    static const char *const events[] = {"add", "change", "addDir", "unlink", "unlinkDir"};

    await(&s->loop, 20000, s->n_attached == 1);
    stage_await_gone(s, "connecting");
    for (int i = 0; i < n; i++) {
        cleanup_free char *path = xasprintf("/home/user/project-0/src/part-%d/main.c%s", i,
                                            i % 9 == 8 ? "\x1b[31m\x1b[2J\nx" : "");

        scene_change_file(s, events[i % 5], path, i % 5 ? NULL : "int main(void)\n{\n}\n");
    }
}

static struct stage *open_commands(enum state state)
{
    return scene_open_class(1);
}

static void show_output(struct stage *s, int n)
{
    stage_answer(s, "POST /run/command", 200,
                 "{\"cmd_id\":\"c9\",\"channel\":\"command:c9\",\"terminal_id\":\"ex9\",\"status\":"
                 "\"pending\"}");
    stage_keys(s, "x");
    stage_await(s, "Run in");
    stage_type(s, "make check");
    stage_keys(s, "Enter");
}

static void feed_output(struct stage *s, int n)
{
    await(&s->loop, 20000, s->n_attached == 1);
    for (int i = 0; i < n; i++) {
        cleanup_free char *line = xasprintf("ok %d test_%d\x1b[2J\n", i + 1, i);

        scene_output(s, "a1", line);
    }
}

static struct stage *open_class(enum state state)
{
    return scene_open_class(4);
}

static void show_matrix(struct stage *s, int n)
{
    scene_matrix(s);
}

static char recordings_dir[64];

static const char cast[] = "{\"version\":2,\"width\":40,\"height\":5,\"title\":\"alice/demo\","
                           "\"timestamp\":1767323045}\n"
                           "[0.1,\"o\",\"$ make check\\r\\n\"]\n"
                           "[7.0,\"o\",\"ok 1\\r\\n\"]\n"
                           "[60.0,\"o\",\"$ \"]\n";

static void have_recordings(struct stage *s, int n)
{
    struct err e;

    for (int i = 0; i < n; i++) {
        cleanup_free char *path = xasprintf("%s/alice_demo-%02d.cast", recordings_dir, i);

        assert_int_equal(private_write(path, cast, strlen(cast), &e), 0);
    }
    s->env.recordings_dir = recordings_dir;
}

static void remove_recordings(void)
{
    DIR *d = opendir(recordings_dir);
    struct dirent *entry;

    while (d && (entry = readdir(d)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(d), entry->d_name, 0);
    if (d)
        closedir(d);
}

static struct stage *open_recordings(enum state state)
{
    struct stage *s = scene_open(1);

    s->env.recordings_dir = "/proc/self/mem";
    return s;
}

/* The sandbox's name is there before its terminals are. */
static void show_wall(struct stage *s, int n)
{
    if (!n)
        return;
    stage_await(s, "demo");
    stage_await_gone(s, "connecting");
}

static void show_player(struct stage *s, int n)
{
    stage_await(s, "alice_demo-00");
    stage_keys(s, "Enter Space Right Right Left");
}

static void have_journal(struct stage *s, int n)
{
    for (int i = 0; i < n; i++) {
        cleanup_free char *url = xasprintf("%s/v1/sandboxes/sb-%d", s->script.url, i);

        journal_report(s->env.journal,
                       &(struct client_report){.method = i % 3 ? "DELETE" : "POST",
                                               .url = url,
                                               .body = "{}",
                                               .body_len = 2,
                                               .status = i % 5 == 4 ? 409 : 200,
                                               .duration_ms = 12 + i},
                       NULL);
    }
}

static void show_viewer(struct stage *s, int n)
{
    stage_await(s, "notes00.txt");
    stage_keys(s, "Enter");
}

/* Lines of a file, as the script that reads it answers. */
static void have_file(struct stage *s, int n)
{
    cleanup_buf struct buf text = {0}, coded = {0};

    for (int i = 0; i < n; i++)
        buf_printf(&text, "line %d of a file \x1b[31m with control characters\n", i + 1);
    base64_encode(&coded, text.data ? text.data : "", text.len);
    scene_files(s, 1);
    cleanup_free char *answer =
        xasprintf("{\"stdout\":\"%zu 1700000000 644\\n%s\\n\",\"exit_code\":0}", text.len,
                  coded.data ? coded.data : "");
    stage_answer(s, "POST /run/command~dd if=", 200, answer);
}

static struct stage *open_file(enum state state)
{
    struct stage *s = scene_open(1);

    scene_files(s, 1);
    return s;
}

static const struct row views[] = {
    {.name = "sandboxes",
     .action = "view-sandboxes",
     .open = open_sandboxes,
     .shows = {"No sandboxes yet", "connecting to", "demo", "student-", "API key", "disconnected"}},
    {.name = "shell",
     .context = "prefix",
     .request = "GET /terminals",
     .show = open_shell,
     .feed = feed_shell,
     .shows = {NULL, "looking into", "$", "line 59", REASON, "lost"}},
    {.name = "terminals",
     .action = "view-terminals",
     .request = "GET /terminals",
     .have = scene_terminals,
     .shows = {"No terminals", "asking", "notes-0", "notes-", REASON, "it does not answer"}},
    {.name = "servers",
     .action = "view-servers",
     .request = "GET /servers",
     .have = scene_servers,
     .shows = {"No servers in", "asking", "web-0", "web-1", REASON, "it does not answer"}},
    {.name = "logs",
     .action = "view-logs",
     .request = "GET /servers",
     .open = open_log,
     .have = scene_log,
     .shows = {"No servers", "asking", "items/0", "items/59", REASON, "connection lost"}},
    {.name = "files",
     .action = "view-files",
     .request = "GET /files",
     .have = scene_files,
     .shows = {"/home/ann is empty", "reading", "notes00.txt", "notes00.txt", REASON,
               "it does not answer"}},
    {.name = "env",
     .action = "view-env",
     .request = "GET /env",
     .have = scene_env,
     .shows = {".env has no variables", "reading .env", "API_KEY", "API_KEY", REASON,
               "it does not answer"}},
    {.name = "watchers",
     .action = "view-watchers",
     .request = "GET /watchers",
     .have = scene_watchers,
     .shows = {"No watchers", "asking", "project-0", "project-1", REASON, "it does not answer"}},
    {.name = "watching",
     .action = "view-watchers",
     .context = "tail",
     .open = open_watch,
     .show = show_watch,
     .feed = feed_watch,
     .shows = {"Nothing has changed yet", "connecting", "part-0", "part-59", NULL,
               "connection lost"}},
    {.name = "signals",
     .action = "view-signals",
     .request = "GET /signals/status",
     .open = open_unconnected,
     .have = have_signals,
     .feed = feed_signals,
     .shows = {"Nothing has been signalled yet", "connecting", "4000", "4058", REASON,
               "connection lost"}},
    {.name = "events",
     .action = "view-events",
     .open = open_events,
     .have = scene_events,
     .shows = {"No events", "connecting", "deploy.done", "deploy.failed", REASON,
               "no live stream"}},
    {.name = "commands",
     .action = "view-commands",
     .request = "GET /terminals",
     .open = open_commands,
     .have = scene_commands,
     .shows = {"No commands", "asking", "make test-0", "make test-59", REASON,
               "it does not answer"}},
    {.name = "output",
     .open = open_commands,
     .show = show_output,
     .feed = feed_output,
     .shows = {"Nothing was written yet", NULL, "ok 1", "ok 60", NULL, "connection lost"}},
    {.name = "matrix",
     .open = open_class,
     .show = show_matrix,
     .shows = {NULL, NULL, NULL, "2 differ", NULL, "lost"}},
    {.name = "tokens",
     .action = "view-tokens",
     .request = "GET /auth/session_tokens",
     .have = scene_tokens,
     .shows = {"No tokens", "asking", "student 0", "student 1", REASON, "it does not answer"}},
    {.name = "overlays",
     .action = "view-overlays",
     .request = "GET /filesystem/overlays",
     .have = scene_overlays,
     .shows = {"No overlays", "asking", "template-0", "template-1", REASON, "it does not answer"}},
    {.name = "children",
     .action = "view-children",
     .request = "GET /sandboxes",
     .have = scene_children,
     .shows = {"No child sandboxes", "asking", "c000", "c001", REASON, "it does not answer"}},
    {.name = "wall-view",
     .context = "wall",
     .action = "view-wall",
     .request = "GET /terminals",
     .have = scene_terminals,
     .show = show_wall,
     .shows = {"no terminal", NULL, "demo", "demo:10", REASON, NULL}},
    {.name = "recordings",
     .action = "view-recordings",
     .open = open_recordings,
     .have = have_recordings,
     .shows = {"No recordings yet", NULL, "alice_demo-00", "alice_demo-01", "Not a directory",
               "lost"}},
    {.name = "player",
     .action = "view-recordings",
     .have = have_recordings,
     .show = show_player,
     .shows = {NULL, NULL, "paused", NULL, NULL, "lost"}},
    {.name = "contexts",
     .action = "view-contexts",
     .have = scene_contexts,
     .shows = {"Only the gateway of this run", NULL, "in use", "lab-2", NULL, "disconnected"}},
    {.name = "journal",
     .action = "view-journal",
     .have = have_journal,
     .shows = {"Nothing was changed yet", NULL, "sb-0", "sb-59", NULL, "lost"}},
    {.name = "snapshots",
     .action = "view-snapshots",
     .request = "GET /v1/snapshots",
     .have = scene_snapshots,
     .shows = {"No snapshots", "Esc cancels", "snap-000", "snap-", REASON, "it does not answer"}},
    {.name = "templates",
     .action = "view-templates",
     .request = "GET /v1/templates",
     .have = scene_templates,
     .shows = {"No templates", "Esc cancels", "python-3.8", "python-3.9", REASON,
               "it does not answer"}},
    {.name = "viewer",
     .action = "view-files",
     .request = "POST /run/command~dd if=",
     .open = open_file,
     .have = have_file,
     .show = show_viewer,
     .shows = {"It is empty", "reading it", "line 1 ", "line 1 ", REASON, "what is shown is old"}},
};

/* --- one view --- */

static struct stage *bring_about(const struct row *row, enum state state)
{
    struct stage *s = row->open ? row->open(state) : scene_open(1);
    int n = counts[state];

    if (state == LOADING && row->request)
        stage_answer(s, row->request, 0, NULL);
    else if (state == ERROR && row->request)
        stage_answer(s, row->request, 500, ERROR_BODY);
    else if (state != ERROR && state != LOADING && row->have)
        row->have(s, n);
    if (row->action)
        tui_act(s->tui, row->action);
    if (row->show)
        row->show(s, n);
    if (state != ERROR && state != LOADING && row->feed)
        row->feed(s, n);
    if (state == LOST) {
        if (row->shows[ONE])
            stage_await(s, row->shows[ONE]);
        stage_host_down(s);
        stage_await(s, "\xe2\x9c\x97");
        tui_act(s->tui, "refresh");
    }
    stage_await(s, row->shows[state]);
    if (state == LOST)
        stage_await(s, "lost");
    return s;
}

/* As stage_golden_sizes. A terminal takes its new size a moment after its pane has it, and then
 * tells its host. */
static void golden_sizes(struct stage *s, const struct row *row, const char *name)
{
    bool is_terminal = strcmp(row->name, "shell") == 0 && s->n_attached;

    if (!is_terminal) {
        stage_golden_sizes(s, name);
        return;
    }
    for (size_t i = 0; i < STAGE_SIZES; i++) {
        cleanup_free char *file =
            xasprintf("%s-%dx%d", name, stage_sizes[i].cols, stage_sizes[i].rows);
        cleanup_free char *size = xasprintf("%dx%d", stage_sizes[i].cols, stage_sizes[i].rows - 1);

        stage_resize(s, stage_sizes[i].rows, stage_sizes[i].cols);
        stage_await(s, size);
        stage_golden(s, file);
    }
}

static void every_state(void **user)
{
    const struct row *row = *user;

    for (int state = 0; state < N_STATES; state++) {
        if (!row->shows[state])
            continue;
        cleanup_free char *name = xasprintf("%s-%s", row->name, state_names[state]);
        struct stage *s = bring_about(row, state);

        stage_forget_toast(s);
        golden_sizes(s, row, name);
        stage_close(s);
        remove_recordings();
    }
}

/* --- none is missing --- */

/* Contexts that belong to no view: those that several share, and those of terminals and overlays,
 * which have poses. */
static const char *const shared[] = {"list", "motion",  "resource", "text", "global",
                                     "copy", "handout", "diff",     "hits"};

static bool has_row(const char *action, const char *context)
{
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        const struct row *row = &views[i];

        if (action && row->action && strcmp(row->action, action) == 0)
            return true;
        if (context && strcmp(row->context ? row->context : row->name, context) == 0)
            return true;
    }
    for (size_t i = 0; context && i < ARRAY_LEN(shared); i++)
        if (strcmp(shared[i], context) == 0)
            return true;
    return false;
}

static void views__of_the_palette__have_a_row_each(void **state)
{
    for (const struct action_def *a = views_actions; a->action; a++) {
        size_t n = strlen(a->action);
        bool all = n > 4 && strcmp(a->action + n - 4, "-all") == 0;
        cleanup_free char *action = xstrndup(a->action, n - (all ? 4 : 0));

        if (strncmp(action, "view-", 5) == 0 && !has_row(action, NULL))
            fail_msg("%s has no row in tests/views/test_golden.c", a->action);
        if (!has_row(NULL, a->context))
            fail_msg("the view of the context %s has no row in tests/views/test_golden.c",
                     a->context);
    }
}

/* --- dialogs and other overlays --- */

struct pose {
    const char *name;
    const char *view; /* of views, in the state MANY, or ONE where `one`; NULL: sandboxes */
    bool one;
    void (*have)(struct stage *s);
    const char *keys, *type, *then; /* keys, characters, keys */
    const char *shows;
};

static void have_token(struct stage *s)
{
    stage_answer(
        s, "POST /auth/session_tokens", 200,
        "{\"id\":\"tok-1\",\"token\":\"tok_5eCr3t_0123456789\",\"description\":\"laptop\"}");
}

static void have_link(struct stage *s)
{
    stage_answer(s, "POST /auth/magic-links", 200, "{\"magic_url\":\"" SCENE_LINK "\"}");
}

static void have_terminals(struct stage *s)
{
    s->terminals = "{\"terminals\":[{\"id\":\"t1\",\"pty\":true,\"status\":\"running\"},"
                   "{\"id\":\"t2\",\"pty\":true,\"status\":\"running\"}]}";
}

static void have_sizes(struct stage *s)
{
    stage_answer(s, "POST /run/command~find", 200, "{\"stdout\":\"12 40\\n\",\"exit_code\":0}");
}

static void host_refuses(struct stage *s)
{
    s->status = 409;
}

static const struct pose poses[] = {
    {.name = "help", .one = true, .keys = "?", .shows = "Create a sandbox"},
    {.name = "help-found", .one = true, .keys = "?", .type = "delete", .shows = "Delete it"},
    {.name = "palette", .one = true, .keys = ":", .shows = "sandbox-describe"},
    {.name = "palette-none", .one = true, .keys = ":", .type = "zzzz", .shows = "zzzz"},
    {.name = "quit", .one = true, .keys = "q", .shows = "Quit sandpit?"},
    {.name = "filter", .keys = "/", .type = "stu", .shows = "of 60"},
    {.name = "filter-none", .keys = "/", .type = "nothing-like-it", .shows = "0 of 60"},
    {.name = "filter-broken", .keys = "/", .type = "stu[", .shows = "missing terminating ]"},
    {.name = "describe", .one = true, .keys = "d", .shows = "status:"},
    {.name = "json", .one = true, .keys = "y", .shows = "sandboxId"},
    {.name = "new", .one = true, .keys = "n", .type = "bob/web", .shows = "New sandbox"},
    {.name = "new-error",
     .one = true,
     .have = host_refuses,
     .keys = "n",
     .type = "bob/web",
     .then = "Enter",
     .shows = "the host says no"},
    {.name = "delete", .one = true, .keys = "D", .shows = "Delete sandbox"},
    {.name = "delete-many", .keys = "Space Space Space D", .shows = "Type 3 to delete"},
    {.name = "extend", .one = true, .keys = "t", .shows = "More time"},
    {.name = "snapshot-new", .one = true, .keys = "P", .shows = "napshot"},
    {.name = "attach", .one = true, .have = have_terminals, .keys = "a", .shows = "t2"},
    {.name = "server-new", .view = "servers", .one = true, .keys = "n", .shows = "New server"},
    {.name = "server-describe", .view = "servers", .one = true, .keys = "d", .shows = "slug"},
    {.name = "server-stop", .view = "servers", .one = true, .keys = "X", .shows = "web-0 in"},
    {.name = "logs-search", .view = "logs", .keys = "/", .type = "items/3", .shows = "items/3"},
    {.name = "logs-paused", .view = "logs", .keys = "g g", .shows = "items/0"},
    {.name = "watcher-new", .view = "watchers", .one = true, .keys = "n", .shows = "New watcher"},
    {.name = "watcher-delete", .view = "watchers", .one = true, .keys = "D", .shows = "Delete"},
    {.name = "signal-new", .view = "signals", .one = true, .keys = "i", .shows = "Signal"},
    {.name = "event-new", .view = "events", .one = true, .keys = "i", .shows = "event"},
    {.name = "events-choose", .view = "events", .keys = "f", .shows = "Which events"},
    {.name = "event-detail", .view = "events", .keys = "Enter", .shows = "\"ok\": true"},
    {.name = "command-new", .one = true, .keys = "x", .shows = "Run in"},
    {.name = "command-delete",
     .view = "commands",
     .one = true,
     .keys = "D",
     .shows = "make test-0 in class"},
    {.name = "matrix-diff", .view = "matrix", .keys = "U j j =", .shows = "+ exit 1"},
    {.name = "token-new", .view = "tokens", .one = true, .keys = "n", .shows = "New token"},
    {.name = "token-revoke", .view = "tokens", .keys = "Space Space D", .shows = "Revoke tokens"},
    {.name = "token-shown",
     .view = "tokens",
     .one = true,
     .have = have_token,
     .keys = "n",
     .type = "laptop",
     .then = "Enter",
     .shows = "tok_5eCr3t"},
    {.name = "link-new", .one = true, .keys = "m", .shows = "Magic link"},
    {.name = "link", .one = true, .have = have_link, .keys = "m Enter", .shows = SCENE_LINK},
    {.name = "link-error",
     .one = true,
     .have = host_refuses,
     .keys = "m Enter",
     .shows = "the host says no"},
    {.name = "overlay-new", .view = "overlays", .one = true, .keys = "n", .shows = "New overlay"},
    {.name = "overlay-delete", .view = "overlays", .one = true, .keys = "D", .shows = "Delete"},
    {.name = "files-delete", .view = "files", .have = have_sizes, .keys = "D", .shows = "41 kB"},
    {.name = "files-rename", .view = "files", .keys = "G r", .shows = "Rename"},
    {.name = "files-new", .view = "files", .keys = "n", .shows = "ew file"},
    {.name = "files-go", .view = "files", .keys = "g p", .shows = "Go to"},
    {.name = "files-upload", .view = "files", .keys = "u", .shows = "Upload"},
    {.name = "files-describe", .view = "files", .keys = "d", .shows = "2026-03-04"},
    {.name = "viewer-hex", .view = "viewer", .keys = "x", .shows = "6c 69 6e 65"},
    {.name = "viewer-search",
     .view = "viewer",
     .keys = "/",
     .type = "line 42",
     .then = "Enter",
     .shows = "line 42"},
    {.name = "env-add", .view = "env", .keys = "a", .shows = "New variable"},
    {.name = "env-edit", .view = "env", .keys = "Enter", .shows = "API_KEY"},
    {.name = "env-shown", .view = "env", .keys = "x", .shows = SCENE_SECRET},
    {.name = "journal-describe", .view = "journal", .keys = "Enter", .shows = "curl"},
    {.name = "context-help", .view = "contexts", .keys = "?", .shows = "Go over"},
    {.name = "snapshot-delete", .view = "snapshots", .keys = "D", .shows = "Delete"},
    {.name = "recording-delete", .view = "recordings", .keys = "D", .shows = "removed for good"},
    {.name = "copy-mode", .view = "shell", .keys = "C-b [ k k V k", .shows = "line 57"},
    {.name = "shell-keys", .view = "shell", .keys = "C-b", .shows = "New tab"},
    {.name = "shell-info", .view = "shell", .keys = "C-b i", .shows = "nobody else"},
    {.name = "rename-tab", .view = "shell", .keys = "C-b ,", .shows = "ame"},
};

static const struct row *find_row(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(views); i++)
        if (strcmp(views[i].name, name) == 0)
            return &views[i];
    fail_msg("no view %s", name);
    return NULL;
}

static void strike(void **user)
{
    const struct pose *pose = *user;
    const struct row *row = find_row(pose->view ? pose->view : "sandboxes");
    struct stage *s = bring_about(row, pose->one ? ONE : MANY);

    if (pose->have)
        pose->have(s);
    stage_keys(s, pose->keys);
    if (pose->type)
        stage_type(s, pose->type);
    if (pose->then)
        stage_keys(s, pose->then);
    stage_await(s, pose->shows);
    golden_sizes(s, row, pose->name);
    stage_close(s);
    remove_recordings();
}

/* --- */

static int make_dir(void **state)
{
    snprintf(recordings_dir, sizeof recordings_dir, "/tmp/recordings-XXXXXX");
    return mkdtemp(recordings_dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    remove_recordings();
    return rmdir(recordings_dir);
}

int main(void)
{
    static struct CMUnitTest tests[ARRAY_LEN(views) + ARRAY_LEN(poses) + 1];
    size_t n = 0;

    tests[n++] = (struct CMUnitTest)cmocka_unit_test(views__of_the_palette__have_a_row_each);
    for (size_t i = 0; i < ARRAY_LEN(views); i++)
        tests[n++] =
            (struct CMUnitTest){.name = xasprintf("views__%s__looks_as_reviewed", views[i].name),
                                .test_func = every_state,
                                .initial_state = (void *)(uintptr_t)&views[i]};
    for (size_t i = 0; i < ARRAY_LEN(poses); i++)
        tests[n++] =
            (struct CMUnitTest){.name = xasprintf("poses__%s__looks_as_reviewed", poses[i].name),
                                .test_func = strike,
                                .initial_state = (void *)(uintptr_t)&poses[i]};
    setenv("TZ", "UTC", 1);
    setenv("COMPUTESDK_PUBSUB_HOST", "127.0.0.1", 1);
    setenv("COMPUTESDK_PUBSUB_PORT", "1", 1); /* nobody: the history alone */
    if (getenv("SANDPIT_GOLDEN_ONLY"))
        cmocka_set_test_filter(getenv("SANDPIT_GOLDEN_ONLY"));
    int failed = _cmocka_run_group_tests("golden", tests, n, make_dir, remove_dir);
    for (size_t i = 1; i < n; i++)
        free((void *)(uintptr_t)tests[i].name);
    return failed;
}
