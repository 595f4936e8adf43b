/* SPDX-License-Identifier: MIT
 *
 * The runs that have ended are counted by exit code and output; the largest group is what "most"
 * have, and who is not of it differs.
 */
#include "views/matrix.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/list.h"
#include "views/commands_output.h"
#include "views/dialog.h"
#include "views/list_view.h"
#include "views/notice.h"
#include "views/viewer.h"

enum column { SANDBOX, STATUS, TOOK, SAME, LAST, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
    [SANDBOX] = {.title = "SANDBOX", .min = 10, .ideal = 16, .max = 48},
    [STATUS] = {.title = "EXIT", .min = 9, .ideal = 10, .max = 14},
    [TOOK] = {.title = "TOOK", .min = 6, .ideal = 6, .max = 8, .priority = 3, .right = true},
    [SAME] = {.title = "OUTPUT", .min = 9, .ideal = 9, .max = 9, .priority = 1},
    [LAST] = {.title = "LAST LINE", .min = 10, .ideal = 30, .max = 200, .priority = 2},
};

struct cell_run {
    struct matrix *matrix;
    struct run *run; /* a reference */
    struct run_listener listener;
    uint64_t digest; /* of exit code and output, once it has ended */
    bool ended, differs;
};

struct matrix {
    struct list list; /* first: list_view.h */
    struct views_env *env;
    struct view *view;
    struct cell_run *cells; /* owned; room for those in waiting, too */
    size_t n;
    char **waiting; /* owned: sandboxes in which it runs only when the first went well */
    size_t n_waiting;
    bool asked; /* about those */
    size_t n_ended, n_differ;
    const struct cell_run *most; /* one of the largest group; NULL: fewer than two have ended */
    uint64_t revision;
};

/* --- who differs --- */

static uint64_t digest_of(const struct run *run)
{
    uint64_t h = 14695981039346656037u ^ (uint64_t)(run->exit_code + 1) ^ run->n_dropped << 20 ^
                 (uint64_t)run->state << 50;

    for (size_t i = 0; i < run->output.len; i++)
        h = (h ^ (unsigned char)run->output.data[i]) * 1099511628211u;
    return h;
}

static void judge(struct matrix *m)
{
    size_t best = 0;

    m->most = NULL;
    m->n_ended = m->n_differ = 0;
    for (size_t i = 0; i < m->n; i++) {
        struct cell_run *c = &m->cells[i];
        size_t alike = 0;

        if (run_is_over(c->run) && !c->ended) {
            c->ended = true;
            c->digest = digest_of(c->run);
        }
        m->n_ended += c->ended;
        for (size_t k = 0; c->ended && k < m->n; k++)
            alike += m->cells[k].ended && m->cells[k].digest == c->digest;
        if (alike > best) {
            best = alike;
            m->most = c;
        }
    }
    if (m->n_ended < 2)
        m->most = NULL;
    for (size_t i = 0; i < m->n; i++) {
        struct cell_run *c = &m->cells[i];

        c->differs = m->most && c->ended && c->digest != m->most->digest;
        m->n_differ += c->differs;
    }
}

static void ask_about_rest(struct matrix *m);

static void on_change(void *user)
{
    struct matrix *m = ((struct cell_run *)user)->matrix;

    judge(m);
    m->revision++;
    view_damage(m->view);
    if (m->n_waiting && m->n_ended == m->n && !m->asked)
        ask_about_rest(m);
}

static void on_output(void *user, const char *bytes, size_t n)
{
    view_damage(((struct cell_run *)user)->matrix->view);
}

static void add(struct matrix *m, struct run *run)
{
    struct cell_run *c = &m->cells[m->n++];

    *c = (struct cell_run){.matrix = m, .run = run_ref(run)};
    c->listener = (struct run_listener){.on_output = on_output, .on_change = on_change, .user = c};
    run_listen(c->run, &c->listener);
}

/* --- one first, then the rest --- */

static const struct view_ops ops;

static void run_rest(struct matrix *m)
{
    for (size_t i = 0; i < m->n_waiting; i++) {
        struct run *run = run_like(m->cells[0].run, m->waiting[i]);

        add(m, run);
        run_release(run);
        free(m->waiting[i]);
    }
    m->n_waiting = 0;
    judge(m);
    m->revision++;
    view_damage(m->view);
}

/* The view may be gone by now: it is known by its first run. */
static void on_rest_answer(struct views_env *env, void *user, bool yes)
{
    cleanup_free char *id = user;
    struct view *v = NULL;

    while (yes && (v = tui_each_shown(env->tui, v))) {
        struct matrix *m = v->ops == &ops ? v->data : NULL;

        if (m && m->n && strcmp(m->cells[0].run->id, id) == 0 && m->n_waiting)
            run_rest(m);
    }
}

static void ask_about_rest(struct matrix *m)
{
    const struct run *first = m->cells[0].run;
    struct confirm question;
    char name[160], loss[200];

    m->asked = true;
    if (!view_is_shown(m->view))
        return;
    views_sandbox_name(m->env, first->sandbox_id, name, sizeof name);
    if (first->state == RUN_FAILED)
        snprintf(loss, sizeof loss, "In %.80s it failed: %.80s. %zu wait.", name, first->error.text,
                 m->n_waiting);
    else
        snprintf(loss, sizeof loss, "In %.80s it ended with exit %d. %zu wait.", name,
                 first->exit_code, m->n_waiting);
    confirm_init(&question, "Run it in the rest, too?", "run", loss);
    question.harmless = first->state == RUN_ENDED && !first->exit_code;
    confirm_dialog_open(m->env, &question, on_rest_answer, xstrdup(first->id));
}

/* --- rows --- */

static size_t row_count(void *user)
{
    return ((const struct matrix *)user)->n;
}

static const char *row_id(void *user, size_t row)
{
    return ((const struct matrix *)user)->cells[row].run->id;
}

/* The last line that is not blank, clean; why there is none. */
static void last_line(const struct run *run, char *out, size_t cap)
{
    const char *text = run->output.data ? run->output.data : "";
    size_t end = run->output.len, begin;

    if (run->state == RUN_FAILED) {
        snprintf(out, cap, "%s", run->error.text);
        return;
    }
    while (end && (text[end - 1] == '\n' || text[end - 1] == '\r' || text[end - 1] == ' '))
        end--;
    begin = end;
    while (begin && text[begin - 1] != '\n' && end - begin < 1024)
        begin--;
    text_sanitise(out, cap, text + begin, end - begin);
}

static void status_cell(const struct run *run, struct table_cell *out)
{
    if (run->state == RUN_RUNNING) {
        snprintf(out->text, sizeof out->text, "\xe2\x97\x8f %s",
                 run->link_lost ? "no link" : "running");
        out->role = run->link_lost ? ROLE_WARN : ROLE_GOOD;
    } else if (run->state == RUN_FAILED) {
        snprintf(out->text, sizeof out->text, "\xe2\x9c\x97 failed");
        out->role = ROLE_BAD;
    } else {
        snprintf(out->text, sizeof out->text, "%s %d%s",
                 run->exit_code ? "\xe2\x9c\x97" : "\xe2\x9c\x93", run->exit_code,
                 run->timed_out ? " timeout" : "");
        out->role = run->exit_code ? ROLE_BAD : ROLE_GOOD;
    }
}

static void took_cell(const struct run *run, struct table_cell *out)
{
    char span[CLOCK_SPAN_SIZE];

    snprintf(out->text, sizeof out->text, "%s",
             run_format_took(span, run_took_ms(run), !run_is_over(run)));
}

static void row_cell(void *user, size_t row, int column, struct table_cell *out)
{
    const struct matrix *m = user;
    const struct cell_run *c = &m->cells[row];

    *out = (struct table_cell){.role = ROLE_TEXT};
    switch (column) {
    case SANDBOX:
        views_sandbox_name(m->env, c->run->sandbox_id, out->text, sizeof out->text);
        break;
    case STATUS:
        status_cell(c->run, out);
        break;
    case TOOK:
        took_cell(c->run, out);
        break;
    case SAME:
        snprintf(out->text, sizeof out->text, "%s",
                 !c->ended || !m->most ? "-"
                 : c->differs          ? "\xe2\x89\xa0 differs"
                                       : "as most");
        out->role = c->differs ? ROLE_WARN : ROLE_DIM;
        break;
    default:
        last_line(c->run, out->text, sizeof out->text);
        break;
    }
}

static bool row_shown(void *user, size_t row)
{
    const struct matrix *m = user;
    char text[1024], name[160], last[512];
    const struct cell_run *c = &m->cells[row];
    struct table_cell status = {.role = ROLE_TEXT};

    if (!filter_active(&m->list.filter))
        return true;
    status_cell(c->run, &status);
    last_line(c->run, last, sizeof last);
    snprintf(text, sizeof text, "%s %s %s %s",
             views_sandbox_name(m->env, c->run->sandbox_id, name, sizeof name), status.text,
             c->differs ? "differs" : "", last);
    return filter_match(&m->list.filter, text, NULL, NULL);
}

static int row_compare(void *user, size_t a, size_t b, int column)
{
    const struct matrix *m = user;
    const struct cell_run *x = &m->cells[a], *y = &m->cells[b];
    char left[512], right[512];
    int by = 0;

    if (column == STATUS) {
        by = x->run->state != y->run->state ? compare_numbers(y->run->state, x->run->state)
                                            : compare_numbers(y->run->exit_code, x->run->exit_code);
    } else if (column == TOOK) {
        by = compare_numbers(run_took_ms(x->run), run_took_ms(y->run));
    } else if (column == SAME) {
        by = y->differs - x->differs;
    } else if (column == LAST) {
        last_line(x->run, left, sizeof left);
        last_line(y->run, right, sizeof right);
        by = strverscmp(left, right);
    }
    if (!by)
        by = strverscmp(views_sandbox_name(m->env, x->run->sandbox_id, left, 160),
                        views_sandbox_name(m->env, y->run->sandbox_id, right, 160));
    return by ? by : compare_numbers((int64_t)a, (int64_t)b);
}

/* --- verbs --- */

static struct cell_run *find(struct matrix *m, const char *id)
{
    for (size_t i = 0; id && i < m->n; i++)
        if (strcmp(m->cells[i].run->id, id) == 0)
            return &m->cells[i];
    return NULL;
}

static void show_outputs(struct matrix *m, struct cell_run *const *cells, size_t n)
{
    struct output *o = output_create(m->env);

    for (size_t i = 0; i < n; i++)
        output_add(o, cells[i]->run);
    output_show(o);
}

/* The outputs, and the exit codes as one more line when they differ. */
static void compare(struct diff *d, const struct run *most, const struct run *run)
{
    char left[32], right[32];

    diff_texts(d, most->output.data ? most->output.data : "", most->output.len,
               run->output.data ? run->output.data : "", run->output.len);
    if (most->exit_code == run->exit_code)
        return;
    snprintf(left, sizeof left, "exit %d", most->exit_code);
    snprintf(right, sizeof right, "exit %d", run->exit_code);
    diff_add(d, left, right);
}

static void show_diff(struct matrix *m, struct cell_run *const *cells, size_t n)
{
    const struct run *most = m->most ? m->most->run : NULL, *run = cells[0]->run;
    struct diff d = {0};
    char most_name[160], name[160];

    if (!most || !cells[0]->ended) {
        tui_toast(m->env->tui, ROLE_WARN, "There is nothing to compare with until two have ended");
        return;
    }
    compare(&d, most, run);
    views_sandbox_name(m->env, most->sandbox_id, most_name, sizeof most_name);
    views_sandbox_name(m->env, run->sandbox_id, name, sizeof name);
    cleanup_free char *left = xasprintf("%s, as most", most_name);
    diff_names(&d, left, name);
    diff_dialog_open(m->env, "Output", &d, NULL, NULL, NULL, NULL);
}

static void run_again_all(struct matrix *m, struct cell_run *const *cells, size_t n)
{
    struct run **again = xcalloc(n, sizeof(struct run *));

    for (size_t i = 0; i < n; i++)
        again[i] = run_again(cells[i]->run);
    matrix_open(m->env, again, n);
    for (size_t i = 0; i < n; i++)
        run_release(again[i]);
    free(again);
}

static void end_all(struct matrix *m, struct cell_run *const *cells, size_t n)
{
    size_t n_asked = 0;

    for (size_t i = 0; i < n; i++)
        n_asked += run_kill(cells[i]->run);
    tui_toast(m->env->tui, ROLE_STATUS, "Asked %zu to end", n_asked);
}

static const struct {
    const char *action;
    bool writes;
    void (*run)(struct matrix *m, struct cell_run *const *cells, size_t n);
} verbs[] = {
    {"command-output", false, show_outputs},
    {"matrix-diff", false, show_diff},
    {"command-again", true, run_again_all},
    {"command-kill", true, end_all},
};

static enum view_result run_verb(struct matrix *m, const char *action)
{
    if (strcmp(action, "matrix-rest") == 0) {
        if (m->n_waiting)
            ask_about_rest(m);
        else
            tui_toast(m->env->tui, ROLE_WARN, "It runs in all of them");
        return VIEW_HANDLED;
    }
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        const char **ids;
        size_t n, n_found = 0;

        if (strcmp(verbs[i].action, action) != 0)
            continue;
        if (verbs[i].writes && views_refuse_readonly(m->env))
            return VIEW_HANDLED;
        n = table_targets(&m->list.table, &ids);
        struct cell_run **cells = xcalloc(n ? n : 1, sizeof(void *));
        for (size_t k = 0; k < n; k++)
            if ((cells[n_found] = find(m, ids[k])))
                n_found++;
        if (n_found)
            verbs[i].run(m, cells, n_found);
        free(cells);
        free(ids);
        return VIEW_HANDLED;
    }
    return VIEW_IGNORED;
}

/* --- the view --- */

static void close_view(struct view *v)
{
    struct matrix *m = v->data;

    list_finish(&m->list);
    for (size_t i = 0; i < m->n; i++) {
        run_unlisten(&m->cells[i].listener);
        run_release(m->cells[i].run);
    }
    for (size_t i = 0; i < m->n_waiting; i++)
        free(m->waiting[i]);
    free(m->waiting);
    free(m->cells);
    free(m);
}

static void update(struct view *v, int rows, int cols)
{
    struct matrix *m = v->data;

    list_update(&m->list, v, m->revision);
}

static void draw(struct view *v, struct canvas c)
{
    struct matrix *m = v->data;
    struct canvas empty = list_draw(&m->list, c, tui_theme(v->tui), m->n);

    if (empty.rows > 0)
        notice_filtered(v, empty);
    if (m->n_ended < m->n)
        view_tick(v, 1000);
}

static enum view_result act(struct view *v, const char *action)
{
    struct matrix *m = v->data;
    enum view_result result = list_act(&m->list, action);

    return result != VIEW_IGNORED ? result : run_verb(m, action);
}

static enum view_result on_mouse(struct view *v, struct mouse mouse)
{
    return list_view_mouse(v, mouse, 0, "command-output");
}

static void title(struct view *v, struct buf *out)
{
    const struct matrix *m = v->data;
    const char *text = m->cells[0].run->text;
    char clean[64];

    buf_printf(out, "results %zu of %zu ended", m->n_ended, m->n);
    if (m->n_waiting)
        buf_printf(out, ", %zu wait", m->n_waiting);
    if (m->n_differ)
        buf_printf(out, ", %zu differ%s", m->n_differ, m->n_differ == 1 ? "s" : "");
    buf_printf(out, "  %s", text_sanitise(clean, sizeof clean, text, strlen(text)));
    list_title(&m->list, out);
}

/* Every one of the keys worth a hint needs a row. */
static bool can(const void *data, const char *action, bool has_row)
{
    return has_row;
}

static void hints(struct view *v, struct buf *out)
{
    static const char *const keys[] = {"matrix-rest",   "the rest",    "command-output",
                                       "output",        "matrix-diff", "diff",
                                       "command-again", "again",       NULL};
    const struct matrix *m = v->data;

    list_view_hints(v, out, m->n_waiting ? keys : keys + 2, can);
}

static const char *const contexts[] = {"matrix", "list", "motion", NULL};
static const struct view_ops ops = {
    .name = "results",
    .contexts = contexts,
    .close = close_view,
    .update = update,
    .draw = draw,
    .act = act,
    .mouse = on_mouse,
    .title = title,
    .hints = hints,
    LIST_VIEW_OPS,
};

size_t matrix_sandboxes(struct view *v, const char **ids, size_t cap)
{
    struct matrix *m = v && v->ops == &ops ? v->data : NULL;
    const char **keys = NULL;
    size_t n_keys = m ? table_targets(&m->list.table, &keys) : 0, n = 0;

    for (size_t i = 0; i < n_keys && n < cap; i++) {
        const struct cell_run *c = find(m, keys[i]);

        if (c)
            ids[n++] = c->run->sandbox_id;
    }
    free(keys);
    return n;
}

static struct matrix *create(struct views_env *env, size_t room)
{
    struct matrix *m = xcalloc(1, sizeof *m);
    const struct table_source source = {.columns = columns,
                                        .n_columns = N_COLUMNS,
                                        .count = row_count,
                                        .id = row_id,
                                        .shown = row_shown,
                                        .compare = row_compare,
                                        .cell = row_cell,
                                        .user = m};

    m->env = env;
    m->cells = xcalloc(room, sizeof *m->cells);
    m->view = view_create(env->tui, &ops, m);
    list_init(&m->list, &source);
    return m;
}

void matrix_open(struct views_env *env, struct run *const *runs, size_t n)
{
    struct matrix *m = create(env, n);

    for (size_t i = 0; i < n; i++)
        add(m, runs[i]);
    judge(m);
    tui_show(env->tui, m->view);
}

void matrix_open_first(struct views_env *env, struct run *first, char *const *rest, size_t n)
{
    struct matrix *m = create(env, n + 1);

    add(m, first);
    m->waiting = xcalloc(n ? n : 1, sizeof *m->waiting);
    for (size_t i = 0; i < n; i++)
        m->waiting[m->n_waiting++] = xstrdup(rest[i]);
    judge(m);
    tui_show(env->tui, m->view);
    if (m->n_ended)
        ask_about_rest(m);
}
