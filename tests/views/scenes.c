/* SPDX-License-Identifier: MIT */
#include "tests/views/scenes.h"

#include <stdio.h>
#include <string.h>

#include "views/commands_run.h"
#include "wire/base64.h"
#include "wire/names.h"

#define MINUTE_MS INT64_C(60000)

/* {"KEY":[each(0), each(1)…]} for requests that begin with line. */
static void answer_list(struct stage *s, const char *line, const char *key, int n,
                        void (*each)(struct buf *out, int i))
{
    cleanup_buf struct buf out = {0};

    buf_printf(&out, key ? "{\"%s\":[" : "[", key);
    for (int i = 0; i < n; i++) {
        buf_append_str(&out, i ? "," : "");
        each(&out, i);
    }
    buf_append_str(&out, key ? "]}" : "]");
    stage_answer(s, line, 200, out.data);
}

/* Half a unit off, so that what is shown does not change while a test runs. */
static const char *minutes_ago(char iso[CLOCK_ISO_SIZE], int64_t minutes)
{
    return clock_format_iso(iso, clock_wall_ms() - minutes * MINUTE_MS - MINUTE_MS / 2);
}

/* --- sandboxes --- */

struct stage *scene_open(int n)
{
    struct stage *s = stage_open_synced(24, 80);

    if (n == 1) {
        stage_sandbox(s, MSG_SANDBOX_CREATED, "a1", "alice", "demo", STATUS_RUNNING, 0, 3600000, 0);
        stage_await(s, "demo");
    } else {
        scene_sandboxes(s, n);
    }
    return s;
}

struct stage *scene_open_class(int n)
{
    static const char *const ids[] = {"a1", "b2", "c3", "d4"};
    struct stage *s = stage_open_synced(24, 80);

    for (int i = 0; i < n; i++) {
        cleanup_free char *name = xasprintf("student-%d", i + 1);
        cleanup_free char *line = xasprintf("GET /v1/sandboxes/%s", ids[i]);
        cleanup_free char *view =
            xasprintf("{\"sandboxId\":\"%s\",\"url\":\"%s\",\"token\":\"secret-%s\",\"namespace\":"
                      "\"class\",\"name\":\"%s\"}",
                      ids[i], s->script.url, ids[i], name);

        stage_answer(s, line, 200, view);
        stage_sandbox(s, MSG_SANDBOX_CREATED, ids[i], "class", name, STATUS_RUNNING, 0, 3600000, 0);
        stage_await(s, name);
    }
    return s;
}

void scene_sandboxes(struct stage *s, int n)
{
    static const struct {
        const char *id, *ns, *name, *status;
        int terminals;
        int64_t age_ms, left_ms;
    } first[] = {
        {"sb-7f3k2", "alice", "demo", STATUS_RUNNING, 2, 750000, 8430000},
        {"sb-9aa10", "alice", "api", STATUS_RUNNING, 0, 93630000, 0},
        {"sb-c0ffe", "bob", "train-resnet", STATUS_LOST, 0, 5430000, 0},
        {"sb-1x1x1", "class", "student-10", STATUS_CREATING, 0, 1500, 3630000},
        {"sb-2y2y2", "class", "student-9", STATUS_RUNNING, 1, 1830000, 5430000},
        {"sb-3z3z3", "class", "\xe5\xad\xa6\xe7\x94\x9f", STATUS_DESTROYING, 1, 1830000, 9030000},
        {"sb-nonam", "default", "", STATUS_RUNNING, 0, 90000, 0},
    };

    for (int i = 0; i < n; i++) {
        cleanup_free char *id = xasprintf("sb-%05d", i), *name = xasprintf("student-%d", i + 20);

        if (i < (int)ARRAY_LEN(first))
            stage_sandbox(s, MSG_SANDBOX_CREATED, first[i].id, first[i].ns, first[i].name,
                          first[i].status, first[i].terminals, first[i].age_ms, first[i].left_ms);
        else
            stage_sandbox(s, MSG_SANDBOX_CREATED, id, "class", name, STATUS_RUNNING, i % 4,
                          i * MINUTE_MS + 30000, 0);
    }
    cleanup_free char *all = xasprintf("sandboxes 1/%d ", n);
    if (n)
        stage_await(s, all);
}

/* --- servers and their logs --- */

static void add_server(struct buf *out, int i)
{
    static const char *const statuses[] = {"ready", "running", "failed", "installing", "stopped"};
    const char *status = statuses[i % ARRAY_LEN(statuses)];
    char created[CLOCK_ISO_SIZE], updated[CLOCK_ISO_SIZE];

    buf_printf(out,
               "{\"slug\":\"web-%d\",\"start\":\"npm run dev -- --port %d\",\"path\":\"/home/user/"
               "app-%d\",\"status\":\"%s\",\"port\":%d,\"url\":\"http://a1-%d.localhost:7780\","
               "\"pid\":%d,\"restart_policy\":\"on-failure\",\"restart_count\":%d,"
               "\"created_at\":\"%s\",\"updated_at\":\"%s\"",
               i, 3000 + i, i, status, 3000 + i, 3000 + i, 100 + i, i % 3, minutes_ago(created, 90),
               minutes_ago(updated, 5 + i));
    if (!strcmp(status, "failed"))
        buf_append_str(out, ",\"exit_code\":1,\"error\":\"EADDRINUSE \\u001b[31mport\\nin use\"");
    if (!strcmp(status, "ready"))
        buf_append_str(out, ",\"healthy\":true,\"health_check\":{\"path\":\"/\"},"
                            "\"health_status\":{\"last_status\":200}");
    buf_append_str(out, "}");
}

void scene_servers(struct stage *s, int n)
{
    answer_list(s, "GET /servers", "servers", n, add_server);
}

void scene_log(struct stage *s, int n)
{
    cleanup_buf struct buf out = {0};

    scene_servers(s, n ? 1 : 0);
    buf_append_str(&out, "{\"logs\":\"");
    for (int i = 0; i < n; i++)
        buf_printf(&out, "%s GET /items/%d \\u001b[32m%d\\u001b[0m in %d ms\\n",
                   i % 7 == 6 ? "error:" : "info:", i, i % 7 == 6 ? 500 : 200, 3 + i);
    buf_append_str(&out, "\"}");
    stage_answer(s, "GET /servers/web-0/logs", 200, out.data);
}

/* --- watchers, signals, events --- */

static void add_watcher(struct buf *out, int i)
{
    buf_printf(out,
               "{\"id\":\"w%d\",\"path\":\"/home/user/project-%d/src\",\"status\":\"active\","
               "\"includeContent\":%s,\"ignored\":[\"*.log\"],\"channel\":\"watcher:w%d\"}",
               i, i, i % 2 ? "true" : "false", i);
}

void scene_watchers(struct stage *s, int n)
{
    answer_list(s, "GET /watchers", "watchers", n, add_watcher);
}

void scene_change_file(struct stage *s, const char *event, const char *path, const char *content)
{
    cleanup_buf struct buf coded = {0};

    if (content)
        base64_encode(&coded, content, strlen(content));
    const char *const fields[] = {
        "event",    event,      "path",   path, content ? "content" : NULL,
        coded.data, "encoding", "base64", NULL};
    stage_push(s, "a1", MSG_FILE_CHANGED, "watcher:w0", fields);
}

void scene_signal_port(struct stage *s, const char *type, const char *port, const char *url)
{
    const char *const fields[] = {"signal",           "port", "type", type, "port", port,
                                  url ? "url" : NULL, url,    NULL};

    stage_push(s, "a1", MSG_SIGNAL, "signals", fields);
}

static void add_event(struct buf *out, int i)
{
    buf_printf(out,
               "{\"id\":\"e%d\",\"sandboxId\":\"a1\",\"type\":\"%s\",\"timestamp\":%lld,"
               "\"data\":{\"version\":%d,\"ok\":true}}",
               i, i % 3 == 2 ? "deploy.failed" : "deploy.done", 1767323045678LL + i * 61000LL, i);
}

void scene_events(struct stage *s, int n)
{
    answer_list(s, "GET /events", "events", n, add_event);
}

/* --- commands --- */

static int n_commands;

static void add_command(struct buf *out, int i)
{
    char iso[CLOCK_ISO_SIZE];

    buf_printf(out,
               "{\"cmd_id\":\"cmd%d\",\"command\":\"make test-%d\",\"status\":\"completed\","
               "\"exit_code\":%d,\"duration_ms\":%d,\"started_at\":\"%s\"}",
               i, i, i % 5 == 3 ? 2 : 0, 40 + i * 1000, minutes_ago(iso, n_commands - i));
}

void scene_commands(struct stage *s, int n)
{
    stage_answer(s, "GET /terminals", 200,
                 n ? "{\"terminals\":[{\"id\":\"ex1\",\"pty\":false,\"status\":\"running\"}]}"
                   : "{\"terminals\":[]}");
    n_commands = n;
    answer_list(s, "GET /terminals/ex1/commands", "commands", n, add_command);
}

void scene_output(struct stage *s, const char *sandbox_id, const char *text)
{
    const char *const fields[] = {"terminal_id", "ex9", "cmd_id", "c9", "output", text, NULL};

    stage_push(s, sandbox_id, MSG_COMMAND_STDOUT, "command:c9", fields);
}

void scene_exit(struct stage *s, const char *sandbox_id, const char *code)
{
    const char *const fields[] = {"terminal_id", "ex9", "cmd_id", "c9", "exit_code", code, NULL};

    stage_push(s, sandbox_id, MSG_COMMAND_EXIT, "command:c9", fields);
}

void scene_matrix(struct stage *s)
{
    stage_answer(s, "POST /run/code", 200,
                 "{\"output\":\"reading\\n3 passed\\n\",\"exit_code\":0,\"language\":\"python\"}");
    stage_answer(s, "POST /run/code @c3", 200,
                 "{\"output\":\"reading\\n2 passed\\u001b[31m, 1 failed\\n\",\"exit_code\":1}");
    stage_answer(s, "POST /run/code @d4", 500, "{\"error\":\"no python here\"}");
    stage_keys(s, "* x");
    stage_await(s, "Run in 4 sandboxes");
    stage_type(s, "python3 check.py");
    stage_keys(s, "Down Left Enter");
    stage_await(s, "4 of 4 ended");
    /* How long each took is another each time. */
    for (struct run *run = NULL; (run = runs_next(&s->env, run));)
        run->finished_ms = run->started_ms + 250;
}

/* --- terminals --- */

static void add_terminal(struct buf *out, int i)
{
    char created[CLOCK_ISO_SIZE], output[CLOCK_ISO_SIZE];

    buf_printf(out,
               "{\"id\":\"t%d\",\"pty\":true,\"status\":\"running\",\"title\":\"vim notes-%d.md\","
               "\"command\":\"/bin/bash\",\"rows\":24,\"cols\":80,\"viewers\":%d,"
               "\"created_at\":\"%s\",\"last_output_at\":\"%s\"}",
               i, i, i % 3, minutes_ago(created, 5 + i), minutes_ago(output, 1 + i));
}

void scene_terminals(struct stage *s, int n)
{
    answer_list(s, "GET /terminals", "terminals", n, add_terminal);
}

/* --- tokens --- */

static void add_token(struct buf *out, int i)
{
    char created[CLOCK_ISO_SIZE], used[CLOCK_ISO_SIZE], ends[CLOCK_ISO_SIZE];

    buf_printf(out,
               "{\"id\":\"tok-%03d\",\"description\":\"laptop of student %d\",\"scope\":\"%s\","
               "\"created_at\":\"%s\",\"expires_at\":\"%s\"",
               i, i, i % 3 == 1 ? "observe" : "full", minutes_ago(created, 60 * (i + 1) + 1),
               minutes_ago(ends, -1440 * (i + 1) - 60));
    if (i % 4 != 3)
        buf_printf(out, ",\"last_used_at\":\"%s\"", minutes_ago(used, i + 1));
    buf_append_str(out, "}");
}

void scene_tokens(struct stage *s, int n)
{
    answer_list(s, "GET /auth/session_tokens", "tokens", n, add_token);
}

/* --- files, variables, overlays --- */

static void add_file(struct buf *out, int i)
{
    bool is_dir = i % 3 == 1;

    buf_printf(out,
               "{\"name\":\"%s%02d%s\",\"path\":\"/x\",\"size\":%d,\"is_dir\":%s,"
               "\"modified_at\":\"2026-03-04T05:06:07.000Z\"}",
               is_dir ? "folder" : "notes", i, is_dir ? "" : ".txt", i * i * 1000,
               is_dir ? "true" : "false");
}

void scene_folder(struct stage *s, const char *quoted_path, int n)
{
    cleanup_free char *line = xasprintf("GET /files?path=%s @", quoted_path);

    answer_list(s, line, "files", n, add_file);
}

void scene_files(struct stage *s, int n)
{
    stage_answer(s, "POST /run/command~pwd", 200, "{\"stdout\":\"/home/ann\\n\",\"exit_code\":0}");
    scene_folder(s, "%2Fhome%2Fann", n);
}

void scene_env(struct stage *s, int n)
{
    cleanup_buf struct buf out = {0};

    buf_append_str(&out, "{\"file\":\".env\",\"variables\":{");
    if (n)
        buf_append_str(&out, "\"API_KEY\":\"" SCENE_SECRET "\"");
    for (int i = 1; i < n; i++)
        buf_printf(&out, ",\"OPTION_%02d\":\"value %d\"", i, i);
    buf_append_str(&out, "}}");
    stage_answer(s, "GET /env?file=.env", 200, out.data);
}

static void add_overlay(struct buf *out, int i)
{
    static const char *const statuses[] = {"complete", "in_progress", "failed", "pending"};
    const char *status = statuses[i % ARRAY_LEN(statuses)];
    char iso[CLOCK_ISO_SIZE];

    buf_printf(out,
               "{\"id\":\"ov-%d\",\"source\":\"/opt/template-%d\",\"target\":\"app-%d\","
               "\"strategy\":\"%s\",\"copy_status\":\"%s\",\"copy_error\":\"%s\",\"created_at\":"
               "\"%s\",\"stats\":{\"copied_files\":%d,\"copied_dirs\":7,\"skipped\":[\"a\"]}}",
               i, i, i, i % 2 ? "copy" : "smart", status,
               strcmp(status, "failed") == 0 ? "no room on the device" : "",
               minutes_ago(iso, i + 1), 120 * i);
}

void scene_overlays(struct stage *s, int n)
{
    answer_list(s, "GET /filesystem/overlays", "overlays", n, add_overlay);
}

static void add_child(struct buf *out, int i)
{
    char iso[CLOCK_ISO_SIZE];

    buf_printf(out,
               "{\"subdomain\":\"c%03d\",\"directory\":\"/home/user/app%d\",\"is_main\":%s,"
               "\"created_at\":\"%s\",\"url\":\"http://c%03d.localhost:7780\"}",
               i, i, i ? "false" : "true", minutes_ago(iso, 60 * (i + 1) + 1), i);
}

void scene_children(struct stage *s, int n)
{
    answer_list(s, "GET /sandboxes", "sandboxes", n, add_child);
}

/* --- of the gateway, of the program --- */

static void add_snapshot(struct buf *out, int i)
{
    buf_printf(out,
               "{\"id\":\"snap-%03d\",\"name\":\"before lesson %d\",\"createdAt\":"
               "\"2026-03-%02dT05:06:07.000Z\",\"metadata\":{\"sandboxId\":\"sb-%d\","
               "\"consistent\":%s}}",
               i, i, i % 28 + 1, i, i % 3 ? "true" : "false");
}

void scene_snapshots(struct stage *s, int n)
{
    answer_list(s, "GET /v1/snapshots", NULL, n, add_snapshot);
}

static void add_template(struct buf *out, int i)
{
    buf_printf(out, "{\"name\":\"python-3.%d\",\"kind\":\"%s\",\"ownSystem\":%s,\"size\":%d}",
               i + 8, i % 2 ? "folder" : "archive", i % 2 ? "false" : "true", (i + 1) << 22);
}

void scene_templates(struct stage *s, int n)
{
    answer_list(s, "GET /v1/templates", "templates", n, add_template);
}

static int n_contexts;

static void each_context(void *user, void (*visit)(void *arg, const struct views_context *c),
                         void *arg)
{
    for (int i = 0; i < n_contexts; i++) {
        cleanup_free char *name = xasprintf("%s-%d", i % 3 == 1 ? "production" : "lab", i);
        cleanup_free char *url = xasprintf("https://gateway-%d.example.com", i);

        visit(arg, &(struct views_context){.name = name,
                                           .url = url,
                                           .ns = i % 2 ? NULL : "class",
                                           .theme = i % 3 == 1 ? "high-contrast" : NULL,
                                           .is_current = i == 0,
                                           .readonly = i % 3 == 1});
    }
}

void scene_contexts(struct stage *s, int n)
{
    n_contexts = n;
    s->env.each_context = n ? each_context : NULL;
}
