/* SPDX-License-Identifier: MIT */
#include "tests/views/stage.h"

#include <stdio.h>
#include <string.h>

#include "base/key.h"
#include "base/text.h"
#include "tests/views/screen_memory.h"
#include "tui/internal.h"
#include "wire/names.h"

#define AWAIT_MS 20000

/* --- the host --- */
static void answer(struct stage *s, struct conn *c, const char *data)
{
    cleanup_free char *body = xasprintf("{\"success\":true,\"data\":%s}", data);

    if (s->status)
        conn_reply(c, s->status, "{\"error\":\"the host says no\"}");
    else
        conn_reply(c, 200, body);
}

static void answer_sandbox(struct stage *s, struct conn *c, const char *id)
{
    cleanup_free char *view =
        xasprintf("{\"sandboxId\":\"%s\",\"url\":\"%s\",\"token\":\"secret-%s\",\"namespace\":"
                  "\"alice\",\"name\":\"demo\",\"provider\":\"computesdk\"}",
                  id, s->script.url, id);

    answer(s, c, view);
}

/* It is listed from then on: a client asks again after it has lost its connection. */
static void answer_new_terminal(struct stage *s, struct conn *c)
{
    cleanup_free char *info =
        xasprintf("{\"id\":\"t%d\",\"pty\":true,\"status\":\"running\"}", s->n_terminals + 1);

    if (!s->status && !s->hold) {
        buf_printf(&s->created, "%s%s", s->n_terminals ? "," : "", info);
        s->n_terminals++;
    }
    answer(s, c, info);
}

static void answer_terminals(struct stage *s, struct conn *c)
{
    cleanup_free char *created =
        xasprintf("{\"terminals\":[%s]}", s->created.data ? s->created.data : "");

    answer(s, c, s->terminals ? s->terminals : created);
}

void stage_answer(struct stage *s, const char *line, int status, const char *data)
{
    struct stage_answer *a = NULL;

    for (size_t i = 0; i < s->n_answers && !a; i++)
        a = strcmp(s->answers[i].line, line) == 0 ? &s->answers[i] : NULL;
    if (!a) {
        assert_true(s->n_answers < STAGE_ANSWERS_MAX);
        a = &s->answers[s->n_answers++];
        snprintf(a->line, sizeof a->line, "%s", line);
    }
    free(a->data);
    a->data = xstrdup(data ? data : "{}");
    a->status = status;
}

static const struct stage_answer *find_answer(const struct stage *s, const char *line)
{
    const struct stage_answer *best = NULL;

    for (size_t i = 0; i < s->n_answers; i++) {
        const struct stage_answer *a = &s->answers[i];

        size_t n = strcspn(a->line, "~");
        const char *body = a->line[n] ? a->line + n + 1 : "";

        if (strncmp(line, a->line, n) == 0 && strstr(s->last_body, body) &&
            (!best || strlen(a->line) > strlen(best->line)))
            best = a;
    }
    return best;
}

static void give(struct stage *s, struct conn *c, const struct stage_answer *a)
{
    if (a->status == 200)
        answer(s, c, a->data);
    else if (a->status)
        conn_reply(c, a->status, a->data);
}

/* The sandbox whose token the request carries, or "". */
static void sandbox_of(const struct conn *c, char out[32])
{
    const char *token = c->head ? strstr(c->head, "secret-") : NULL;

    out[0] = '\0';
    if (token)
        snprintf(out, 32, "%.*s", (int)strcspn(token + 7, " &\r\n"), token + 7);
}

static void route(struct stage *s, struct conn *c, const char *line)
{
    char id[32];
    sandbox_of(c, id);
    cleanup_free char *addressed = xasprintf("%s @%s", line, id);
    const struct stage_answer *scripted = find_answer(s, addressed);

    if (scripted)
        give(s, c, scripted);
    else if (!strcmp(line, "GET /info") && s->info_status)
        conn_reply(c, s->info_status, "{\"error\":\"Invalid API key\"}");
    else if (!strcmp(line, "GET /info"))
        conn_reply(c, 200,
                   "{\"data\":{\"extensions\":[\"list\",\"snapshot\",\"terminal-size\","
                   "\"input-ack\"],\"version\":\"1\"}}");
    else if (!strncmp(line, "GET /v1/sandboxes/", 18))
        answer_sandbox(s, c, line + 18);
    else if (!strcmp(line, "POST /v1/sandboxes"))
        answer_sandbox(s, c, "new1");
    else if (!strcmp(line, "GET /terminals"))
        answer_terminals(s, c);
    else if (!strcmp(line, "POST /terminals"))
        answer_new_terminal(s, c);
    else
        answer(s, c, "{}");
}

static bool is_change(const char *line)
{
    return strncmp(line, "GET ", 4) != 0;
}

static void on_request(struct conn *c, const char *line, const char *body, void *user)
{
    struct stage *s = user;

    if (!strncmp(line, "GET /v1/ws", 10)) {
        if (s->refuse_list)
            conn_reply(c, 401, "{\"error\":\"Invalid API key\"}");
        else
            conn_upgrade(c);
        return;
    }
    if (!strncmp(line, "GET /ws", 7)) {
        char id[32];

        sandbox_of(c, id);
        if (s->cut_off && strcmp(id, s->cut_off) == 0)
            conn_close(c);
        else if (!s->hold_sockets)
            conn_upgrade(c);
        return;
    }
    if (is_change(line)) {
        snprintf(s->last_request, sizeof s->last_request, "%s", line);
        snprintf(s->last_body, sizeof s->last_body, "%s", body ? body : "");
        if (s->hold) {
            s->held = c;
            return;
        }
    }
    route(s, c, line);
}

void stage_release(struct stage *s)
{
    struct conn *c = steal_pointer(&s->held);

    s->hold = false;
    route(s, c, s->last_request);
}

static void copy_slice(char *out, size_t cap, struct slice text)
{
    snprintf(out, cap, "%.*s", (int)text.len, text.data);
}

static void on_sandbox_frame(struct stage *s, struct conn *c, const struct message *m)
{
    if (m->kind == MESSAGE_SUBSCRIBE) {
        s->shell = c;
        s->n_attached++;
    } else if (slice_equal(m->type, MSG_TERMINAL_INPUT)) {
        struct slice input = message_string(m, "input");
        struct message ack;

        buf_append(&s->typed, input.data, input.len);
        copy_slice(s->typed_into, sizeof s->typed_into, message_string(m, "terminal_id"));
        message_init(&ack, MSG_TERMINAL_ACK, m->channel);
        message_add_string(&ack, "terminal_id", message_string(m, "terminal_id"));
        message_add_string(&ack, "client", message_string(m, "client"));
        message_add_number(&ack, "seq", message_number(m, "seq", 0));
        if (!s->unacked || strcmp(s->unacked, s->typed_into) != 0)
            conn_message(c, &ack, true);
        message_finish(&ack);
    } else if (slice_equal(m->type, MSG_TERMINAL_COLOURS)) {
        s->n_colours++;
    } else if (slice_equal(m->type, MSG_TERMINAL_RESIZE)) {
        s->rows = (int)message_number(m, "rows", 0);
        s->cols = (int)message_number(m, "cols", 0);
        copy_slice(s->resized, sizeof s->resized, message_string(m, "terminal_id"));
    }
}

static void on_frame(struct conn *c, int op, const char *bytes, size_t n, void *user)
{
    struct stage *s = user;
    struct message m;

    if (op == 1)
        s->n_subscribed++;
    if (op != 2 || message_parse_binary(&m, bytes, n, NULL) < 0)
        return;
    on_sandbox_frame(s, c, &m);
    message_finish(&m);
}

static struct conn *list_socket(struct stage *s)
{
    struct conn *c;

    LIST_FOREACH (c, &s->script.conns, link)
        if (c->is_websocket && strstr(c->head, "GET /v1/ws"))
            return c;
    return NULL;
}

void stage_tell(struct stage *s, const char *type, const char *data)
{
    cleanup_free char *text =
        xasprintf("{\"type\":\"%s\",\"channel\":\"sandboxes\",\"data\":{%s}}", type, data);
    struct conn *c = list_socket(s);

    assert_non_null(c);
    conn_frame(c, 1, text, strlen(text));
}

void stage_sandbox(struct stage *s, const char *type, const char *id, const char *ns,
                   const char *name, const char *status, int terminals, int64_t age_ms,
                   int64_t left_ms)
{
    char created[CLOCK_ISO_SIZE], expires[CLOCK_ISO_SIZE] = "";
    int64_t now = clock_wall_ms();

    clock_format_iso(created, now - age_ms);
    if (left_ms)
        clock_format_iso(expires, now + left_ms);
    cleanup_free char *data = xasprintf(
        "\"sandboxId\":\"%s\",\"namespace\":\"%s\",\"name\":\"%s\",\"status\":\"%s\",\"terminals\":"
        "%d,\"createdAt\":\"%s\",\"expiresAt\":\"%s\",\"provider\":\"computesdk\",\"url\":"
        "\"http://%s.localhost:7780\"%s",
        id, ns, name, status, terminals, created, expires, id,
        strcmp(status, "lost") == 0 ? ",\"reason\":\"its daemon was killed (signal 9)\"" : "");
    stage_tell(s, type, data);
}

static struct conn *socket_of(struct stage *s, const char *sandbox_id)
{
    struct conn *c;
    char id[32];

    LIST_FOREACH (c, &s->script.conns, link) {
        if (!c->is_websocket)
            continue;
        sandbox_of(c, id);
        if (strcmp(id, sandbox_id) == 0)
            return c;
    }
    return NULL;
}

void stage_push(struct stage *s, const char *sandbox_id, const char *type, const char *channel,
                const char *const *fields)
{
    struct conn *c = socket_of(s, sandbox_id);
    struct message m;

    assert_non_null(c);
    message_init(&m, type, SLICE(channel));
    for (; fields[0]; fields += 2) {
        if (fields[1][0] == '#')
            message_add_number(&m, fields[0], strtod(fields[1] + 1, NULL));
        else
            message_add_string(&m, fields[0], SLICE(fields[1]));
    }
    conn_message(c, &m, true);
    message_finish(&m);
}

void stage_host_down(struct stage *s)
{
    s->shell = NULL;
    script_unlisten(&s->script);
    script_cut(&s->script);
}

void stage_cut_off(struct stage *s, const char *sandbox_id, const char *other)
{
    s->cut_off = sandbox_id;
    if (sandbox_id)
        conn_close(socket_of(s, sandbox_id));
    s->shell = socket_of(s, other);
}

void stage_host_up(struct stage *s)
{
    script_listen(&s->script);
}

void stage_output(struct stage *s, const char *bytes)
{
    stage_output_of(s, "t1", bytes);
}

void stage_output_of(struct stage *s, const char *terminal, const char *bytes)
{
    cleanup_free char *channel = xasprintf("terminal:%s", terminal);
    struct message m;

    assert_non_null(s->shell);
    message_init(&m, MSG_TERMINAL_OUTPUT, SLICE(channel));
    message_add_string(&m, "terminal_id", SLICE(terminal));
    message_add_string(&m, "output", SLICE(bytes));
    conn_message(s->shell, &m, true);
    message_finish(&m);
}

/* --- the program --- */
static void on_change(void *user)
{
    struct stage *s = user;

    views_gateway_changed(&s->env);
}

static enum view_result act(void *user, const char *action)
{
    struct stage *s = user;

    return views_act(&s->env, action);
}

static void status(void *user, struct buf *out, enum role *role)
{
    struct stage *s = user;

    views_status(&s->env, out, role);
}

static void on_quit(void *user)
{
    ((struct stage *)user)->quit = true;
}

struct stage *stage_open(int rows, int cols)
{
    struct stage *s = xcalloc(1, sizeof *s);
    struct err e;

    /* What the tests run in says how the clipboard is written. */
    unsetenv("TMUX");
    unsetenv("STY");
    uv_loop_init(&s->loop);
    script_start(&s->script, &s->loop);
    s->script.on_request = on_request;
    s->script.on_frame = on_frame;
    s->script.user = s;
    s->client = client_create(&s->loop, NULL);
    s->fleet = fleet_create();
    s->gateway =
        fleet_add(s->fleet, s->client, "stage",
                  &(struct gateway_config){
                      .url = s->script.url, .api_key = "key", .on_change = on_change, .user = s},
                  NULL);
    s->keymap = keymap_create();
    keymap_add(s->keymap, views_actions);
    keymap_add(s->keymap, tui_actions);
    s->env = (struct views_env){.client = s->client,
                                .fleet = s->fleet,
                                .gateway = s->gateway,
                                .on_quit = on_quit,
                                .user = s};
    views_start(&s->env);
    screen_memory_size(rows, cols);
    s->tui = tui_create(
        &s->loop,
        &(struct tui_config){.keymap = s->keymap, .act = act, .status = status, .user = s}, &e);
    assert_non_null(s->tui);
    s->env.tui = s->tui;
    tui_show(s->tui, sandboxes_view_create(s->tui, &s->env));
    return s;
}

struct stage *stage_open_synced(int rows, int cols)
{
    struct stage *s = stage_open(rows, cols);

    await(&s->loop, AWAIT_MS, s->n_subscribed == 1);
    stage_tell(s, MSG_SANDBOX_SYNCED, "");
    await(&s->loop, AWAIT_MS, gateway_state(s->gateway) == LINK_UP);
    return s;
}

static void on_client_closed(void *user)
{
    ((struct stage *)user)->client_closed = true;
}

void stage_close(struct stage *s)
{
    tui_destroy(s->tui);
    views_stop(&s->env);
    fleet_destroy(s->fleet);
    client_destroy(s->client, on_client_closed, s);
    await(&s->loop, AWAIT_MS, s->client_closed);
    script_stop(&s->script);
    loop_finish(&s->loop);
    keymap_destroy(s->keymap);
    buf_finish(&s->typed);
    buf_finish(&s->created);
    for (size_t i = 0; i < s->n_answers; i++)
        free(s->answers[i].data);
    free(s);
}

void stage_resize(struct stage *s, int rows, int cols)
{
    screen_memory_size(rows, cols);
    tui_enter(s->tui);
}

/* --- the user --- */
static void settle(struct stage *s)
{
    /* UV_RUN_ONCE runs the timer and then waits for another event. */
    while (uv_run(&s->loop, UV_RUN_NOWAIT), s->tui->dirty || s->tui->n_actions)
        usleep(500);
}

static void press(struct stage *s, struct key key)
{
    dispatch_event(s->tui, &(struct input_event){.kind = INPUT_KEY, .key = key});
    settle(s);
}

void stage_keys(struct stage *s, const char *names)
{
    char *copy = xstrdup(names), *rest = copy, *name;

    while ((name = strsep(&rest, " "))) {
        struct key key;

        assert_true(key_parse(name, &key));
        press(s, key);
        loop_turn(&s->loop);
    }
    free(copy);
}

void stage_type(struct stage *s, const char *text)
{
    for (; *text; text++)
        press(s, (struct key){.code = (unsigned char)*text});
}

void stage_paste(struct stage *s, const char *text)
{
    dispatch_event(s->tui,
                   &(struct input_event){.kind = INPUT_PASTE, .text = text, .n = strlen(text)});
}

void stage_mouse(struct stage *s, struct mouse mouse)
{
    dispatch_event(s->tui, &(struct input_event){.kind = INPUT_MOUSE, .mouse = mouse});
}

char *stage_screen(struct stage *s)
{
    struct buf out = {0};

    settle(s);
    canvas_dump(screen_memory_canvas(), &out);
    return buf_steal(&out);
}

static void await_text(struct stage *s, const char *text, bool wanted)
{
    int64_t until = clock_mono_ms() + AWAIT_MS;

    for (;;) {
        cleanup_free char *screen = stage_screen(s);

        if ((strstr(screen, text) != NULL) == wanted)
            return;
        if (clock_mono_ms() > until)
            fail_msg("%s \"%s\":\n%s", wanted ? "no" : "still", text, screen);
        loop_turn(&s->loop);
    }
}

void stage_await(struct stage *s, const char *text)
{
    await_text(s, text, true);
}

void stage_await_gone(struct stage *s, const char *text)
{
    await_text(s, text, false);
}

const char *stage_toast(const struct stage *s)
{
    return s->tui->toast;
}

void stage_forget_toast(struct stage *s)
{
    s->tui->toast[0] = '\0';
}

int64_t stage_next_tick_ms(const struct stage *s)
{
    const struct view_node *node;
    int64_t nearest = 0;

    TAILQ_FOREACH (node, &s->tui->views, all)
        if (node->tick_at_ms && (!nearest || node->tick_at_ms < nearest))
            nearest = node->tick_at_ms;
    return nearest ? nearest - clock_mono_ms() : 0;
}

int stage_bells(const struct stage *s)
{
    const struct buf *written = screen_memory_written();
    int n = 0;

    for (size_t i = 0; i < written->len; i++)
        n += written->data[i] == '\a';
    return n;
}

const struct buf *stage_written(const struct stage *s)
{
    return screen_memory_written();
}

bool stage_cursor(struct stage *s, int *row, int *col)
{
    settle(s);
    struct view_cursor cursor = screen_memory_cursor();

    *row = cursor.row;
    *col = cursor.col;
    return cursor.visible;
}
