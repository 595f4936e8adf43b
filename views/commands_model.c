/* SPDX-License-Identifier: MIT
 *
 * host's list, every LOOK_MS + runs started here → rows. A command that is both is shown as the
 * run, which has its output.
 */
#include "views/commands_model.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

#define LOOK_MS   2000
#define ROWS_MAX  2000
#define TEXT_KEPT 4096 /* of a command's text */

/* What the host said of one. */
struct known {
    char *id, *text, *status, *terminal_id, *command_id; /* owned */
    bool is_running;
    int exit_code;
    int64_t started_ms, took_ms;
};

struct commands {
    struct views_env *env;
    struct remote *remote;
    void (*on_change)(void *user);
    void *user;
    struct run_listener listener;
    struct request *request;
    struct tick *tick, *rows_tick;
    struct known *known; /* owned */
    size_t n_known;
    struct command_row *rows; /* owned */
    cJSON **json;             /* owned: one a row */
    size_t n;
    bool is_loaded;
    struct err error;
    int64_t confirmed_ms;
};

/* --- rows --- */

static cJSON *json_of(const struct command_row *row)
{
    cJSON *json = cJSON_CreateObject();
    char iso[CLOCK_ISO_SIZE];

    cJSON_AddStringToObject(json, "command", row->text);
    cJSON_AddStringToObject(json, "status", row->status);
    if (row->has_exit)
        cJSON_AddNumberToObject(json, "exit_code", row->exit_code);
    if (row->started_ms)
        cJSON_AddStringToObject(json, "started_at", clock_format_iso(iso, row->started_ms));
    if (row->took_ms)
        cJSON_AddNumberToObject(json, "duration_ms", (double)row->took_ms);
    if (row->run && row->run->cwd)
        cJSON_AddStringToObject(json, "cwd", row->run->cwd);
    if (row->run && row->run->variables)
        cJSON_AddItemToObject(json, "environment", cJSON_Duplicate(row->run->variables, true));
    if (row->run && row->run->state == RUN_FAILED)
        cJSON_AddStringToObject(json, "error", row->run->error.text);
    cJSON_AddStringToObject(json, "terminal_id", row->terminal_id);
    cJSON_AddStringToObject(json, "cmd_id", row->command_id);
    return json;
}

static void free_rows(struct commands *m)
{
    for (size_t i = 0; i < m->n; i++) {
        cJSON_Delete(m->json[i]);
        run_release(m->rows[i].run);
    }
    free(steal_pointer(&m->rows));
    free(steal_pointer(&m->json));
    m->n = 0;
}

static void add_row(struct commands *m, struct command_row row)
{
    if (m->n == ROWS_MAX)
        return;
    if (row.run)
        run_ref(row.run);
    m->json[m->n] = json_of(&row);
    m->rows[m->n++] = row;
}

static struct command_row row_of_run(struct run *run)
{
    static const char *const states[] = {"running", "ended", "failed"};

    return (struct command_row){
        .id = run->id,
        .text = run->text,
        .status = states[run->state],
        .is_running = run->state == RUN_RUNNING,
        .has_exit = run->state == RUN_ENDED,
        .exit_code = run->exit_code,
        .started_ms = run->started_ms,
        .took_ms = run_is_over(run) ? run_took_ms(run) : 0,
        .terminal_id = run->terminal_id ? run->terminal_id : "",
        .command_id = run->command_id ? run->command_id : "",
        .run = run,
    };
}

static bool is_of(const struct commands *m, const struct run *run)
{
    return strcmp(run->sandbox_id, remote_sandbox_id(m->remote)) == 0;
}

static bool is_run(const struct commands *m, const char *command_id)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->rows[i].run && strcmp(m->rows[i].command_id, command_id) == 0)
            return true;
    return false;
}

static void make_rows(struct commands *m)
{
    struct run *run = NULL;
    size_t cap = m->n_known;

    free_rows(m);
    while ((run = runs_next(m->env, run)))
        cap++;
    m->rows = xcalloc(cap + 1, sizeof *m->rows);
    m->json = xcalloc(cap + 1, sizeof(cJSON *));
    while ((run = runs_next(m->env, run)))
        if (is_of(m, run))
            add_row(m, row_of_run(run));
    for (size_t i = m->n_known; i-- > 0;) {
        const struct known *k = &m->known[i];

        if (is_run(m, k->command_id))
            continue;
        add_row(m, (struct command_row){.id = k->id,
                                        .text = k->text,
                                        .status = k->status,
                                        .is_running = k->is_running,
                                        .has_exit = !k->is_running,
                                        .exit_code = k->exit_code,
                                        .started_ms = k->started_ms,
                                        .took_ms = k->took_ms,
                                        .terminal_id = k->terminal_id,
                                        .command_id = k->command_id});
    }
    m->on_change(m->user);
}

/* Later: rows stay as they are while somebody goes through them. */
static void on_runs(void *user)
{
    tick_after(((struct commands *)user)->rows_tick, 0);
}

static void on_rows_tick(void *user)
{
    make_rows(user);
}

/* --- asking --- */

static void free_known(struct commands *m)
{
    for (size_t i = 0; i < m->n_known; i++) {
        free(m->known[i].id);
        free(m->known[i].text);
        free(m->known[i].status);
        free(m->known[i].terminal_id);
        free(m->known[i].command_id);
    }
    free(steal_pointer(&m->known));
    m->n_known = 0;
}

static void take(struct commands *m, const struct command_result *all, size_t n)
{
    size_t skip = n > ROWS_MAX ? n - ROWS_MAX : 0; /* the oldest */

    free_known(m);
    m->known = xcalloc(n - skip + 1, sizeof *m->known);
    for (size_t i = skip; i < n; i++)
        m->known[m->n_known++] =
            (struct known){.id = xasprintf("%s/%s", all[i].terminal_id, all[i].command_id),
                           .text = xstrndup(all[i].command, TEXT_KEPT),
                           .status = xstrdup(all[i].status),
                           .terminal_id = xstrdup(all[i].terminal_id),
                           .command_id = xstrdup(all[i].command_id),
                           .is_running = all[i].is_running,
                           .exit_code = all[i].exit_code,
                           .started_ms = all[i].started_ms,
                           .took_ms = all[i].duration_ms};
}

static void on_list(void *user, const struct command_result *all, size_t n, const struct err *e)
{
    struct commands *m = user;

    m->request = NULL;
    m->error = e ? *e : (struct err){0};
    if (!e) {
        take(m, all, n);
        m->is_loaded = true;
        m->confirmed_ms = clock_mono_ms();
    }
    tick_after(m->tick, LOOK_MS);
    make_rows(m);
}

static void ask(void *user)
{
    struct commands *m = user;

    if (!m->request)
        m->request = command_list_all(m->remote, on_list, m);
}

/* --- the model --- */

static void *open_model(struct views_env *env, struct remote *r, void (*on_change)(void *user),
                        void *user)
{
    struct commands *m = xcalloc(1, sizeof *m);

    m->env = env;
    m->remote = r;
    m->on_change = on_change;
    m->user = user;
    m->listener = (struct run_listener){.on_change = on_runs, .user = m};
    m->tick = tick_create(client_loop(env->client), ask, m);
    m->rows_tick = tick_create(client_loop(env->client), on_rows_tick, m);
    tick_after(m->rows_tick, 0);
    runs_listen(env, &m->listener);
    ask(m);
    return m;
}

static void close_model(void *model)
{
    struct commands *m = model;

    run_unlisten(&m->listener);
    request_cancel(m->request);
    tick_destroy(m->tick);
    tick_destroy(m->rows_tick);
    free_rows(m);
    free_known(m);
    free(m);
}

static void refresh(void *model)
{
    ask(model);
}

static bool is_loaded(const void *model)
{
    const struct commands *m = model;

    return m->is_loaded || m->n;
}

static const struct err *error_of(const void *model)
{
    return &((const struct commands *)model)->error;
}

static int64_t confirmed_ms(const void *model)
{
    return ((const struct commands *)model)->confirmed_ms;
}

static size_t count(const void *model)
{
    return ((const struct commands *)model)->n;
}

static const void *at(const void *model, size_t i)
{
    const struct commands *m = model;

    return i < m->n ? &m->rows[i] : NULL;
}

static const cJSON *json_at(const void *model, size_t i)
{
    const struct commands *m = model;

    return i < m->n ? m->json[i] : NULL;
}

const struct resource_model commands_model = {
    .open = open_model,
    .close = close_model,
    .refresh = refresh,
    .is_loaded = is_loaded,
    .error = error_of,
    .confirmed_ms = confirmed_ms,
    .count = count,
    .at = at,
    .json = json_at,
    .id_offset = offsetof(struct command_row, id),
};
