/* SPDX-License-Identifier: MIT
 *
 * Extension `search`: POST /terminals/search looks for a Perl-compatible pattern in screen and
 * scrollback of every PTY terminal; only hits travel.
 *
 *   loop: copies lines, newest first, for at most COPY_MS ─▶ pool: compiles, matches ─▶ loop: on
 * A line of the text counts as one, however many lines of the screen it takes, and gives one hit.
 * Terminals with the latest output come first. Whoever asks need not be trusted with more than
 * looking, and guests write what is looked through: nothing of a pattern runs on the loop, each
 * match has limits, all of them together SEARCH_MS, and SEARCHES_MAX run at a time.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/daemon/internal.h"
#include "host/daemon/session.h"

#define SEARCHES_MAX 8
#define SEARCH_MS    5000
#define COPY_MS      1
#define PAUSE_MS     1 /* between turns, for everybody else's */
#define COPY_BYTES   ((size_t)256 * 1024)
#define PIECE_LINES  64 /* of the screen that are one line of text at most */
#define LIMIT_MAX    1000
#define LIMIT        100
#define PATTERN_MAX  4096
#define TEXT_MAX     300 /* bytes of a hit's line */
#define MATCH_LIMIT  20000
#define DEPTH_LIMIT  500
#define HEAP_KIB     256
#define CLEAN_MAX    36 /* bytes of a cell's text, sanitised */

/* A line of the screen in `text`. */
struct search_row {
    size_t at;
    uint64_t line;
    bool begins; /* a line of text */
};

struct search_found {
    size_t target;
    uint64_t line;
    int from, to;
    char *text; /* owned */
};

struct search_target {
    char id[24];
    int64_t output_ms;
    uint64_t bottom, layout; /* what is below is copied; of which layout */
    bool begun;
};

struct search_run {
    uv_work_t work;
    uv_timer_t timer; /* for the next turn when there was nothing to match */
    struct daemon *d;
    struct http_request *request; /* NULL: they are gone */
    char *pattern;                /* owned */
    uint32_t options;
    size_t limit;
    int64_t until_ms;
    struct search_target targets[TERMINALS_MAX];
    size_t n_targets, target; /* the one being looked through */
    bool is_last;             /* no more of it is to come */
    /* What the pool works on. */
    struct buf text;
    struct search_row *rows; /* owned */
    size_t n_rows, cap_rows;
    pcre2_code *code; /* owned, as the next two */
    pcre2_match_data *data;
    pcre2_match_context *context;
    struct search_found *found; /* owned */
    size_t n_found;
    bool gave_up; /* on some line */
    bool is_full; /* enough hits, or too late for more */
    struct err e; /* code 0: none */
};

/* --- matching, on the pool --- */

static bool compile(struct search_run *run)
{
    PCRE2_UCHAR reason[120];
    PCRE2_SIZE offset;
    int code;

    run->code =
        pcre2_compile((PCRE2_SPTR)run->pattern, strlen(run->pattern),
                      run->options | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &offset, NULL);
    if (!run->code) {
        pcre2_get_error_message(code, reason, sizeof reason);
        err_set(&run->e, ERR_ARG, "pattern: %s at character %zu", (char *)reason, (size_t)offset);
        return false;
    }
    /* Without it matching is slower, nothing else. */
    (void)pcre2_jit_compile(run->code, PCRE2_JIT_COMPLETE);
    run->data = pcre2_match_data_create_from_pattern(run->code, NULL);
    run->context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(run->context, MATCH_LIMIT);
    pcre2_set_depth_limit(run->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(run->context, HEAP_KIB);
    return true;
}

/* Not inside a character. */
static size_t boundary(const char *text, size_t at)
{
    while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

/* The hit [from, to) of a line of n bytes, with what fits around it. */
static void cut_text(struct search_found *f, const char *text, size_t n, size_t from, size_t to)
{
    size_t start = 0, end = n;

    if (n > TEXT_MAX) {
        size_t hit = MIN(to - from, (size_t)TEXT_MAX), around = (TEXT_MAX - hit) / 2;

        start = from > around ? from - around : 0;
        start = boundary(text, MIN(start, n - TEXT_MAX));
        end = boundary(text, MIN(start + TEXT_MAX, n));
    }
    f->text = xcalloc(1, end - start + 1);
    memcpy(f->text, text + start, end - start);
    f->from = (int)(from - start);
    f->to = (int)(MIN(to, end) - start);
}

/* Rows [first, end) are one line of text, up to the byte `stop`. */
static void match_line(struct search_run *run, size_t first, size_t end, size_t stop)
{
    const char *text = run->text.data + run->rows[first].at;
    size_t n = stop - run->rows[first].at, row = end;
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(run->data);
    int r =
        pcre2_match(run->code, (PCRE2_SPTR)text, n, 0, PCRE2_NO_UTF_CHECK, run->data, run->context);
    struct search_found *f;

    if (r < 0)
        run->gave_up |= r != PCRE2_ERROR_NOMATCH;
    /* \K in a lookahead can put the start behind the end. */
    if (r < 0 || ends[0] >= ends[1])
        return;
    while (row > first + 1 && run->rows[row - 1].at > run->rows[first].at + ends[0])
        row--;
    f = &run->found[run->n_found++];
    f->target = run->target;
    f->line = run->rows[row - 1].line;
    cut_text(f, text, n, ends[0], ends[1]);
}

static void on_work(uv_work_t *work)
{
    struct search_run *run = work->data;
    size_t first = 0, end;

    if (!run->code && !compile(run))
        return;
    for (; first < run->n_rows; first = end) {
        if (run->n_found == run->limit || clock_mono_ms() > run->until_ms ||
            atomic_load(&run->d->work.stop)) {
            run->is_full = true;
            return;
        }
        for (end = first + 1; end < run->n_rows && !run->rows[end].begins;)
            end++;
        match_line(run, first, end, end < run->n_rows ? run->rows[end].at : run->text.len);
    }
}

/* --- copying, on the loop --- */

/* Cells [0, n) as text in which nothing can do something to a terminal. */
static void copy_cells(struct buf *out, const struct cell *cells, int n)
{
    char *to = buf_reserve(out, (size_t)n * CLEAN_MAX + 1);

    for (int i = 0; i < n; i++) {
        char one[13];

        if (cells[i].glyph - 1 < 0x7f)
            *to++ = (char)cells[i].glyph;
        else if (!(cells[i].flags & CELL_CONTINUATION))
            to += strlen(text_sanitise(to, CLEAN_MAX + 1, one, cell_text(&cells[i], one)));
    }
    out->len = (size_t)(to - out->data);
}

static struct search_row *add_row(struct search_run *run)
{
    if (run->n_rows == run->cap_rows) {
        run->cap_rows = run->cap_rows * 2 + 64;
        run->rows = xreallocarray(run->rows, run->cap_rows, sizeof *run->rows);
    }
    return &run->rows[run->n_rows++];
}

/* Lines [from, to) of the screen, which are one line of text, without blanks at its end. */
static void copy_text(struct search_run *run, const struct term *t, uint64_t from, uint64_t to)
{
    struct cell cells[TERM_SIZE_MAX];
    int cols = term_cols(t);

    for (uint64_t line = from; line < to; line++) {
        bool goes_on = line + 1 < to;
        int n = term_line(t, line, cells, cols);

        while (!goes_on && n > 0 && !cells[n - 1].glyph &&
               !(cells[n - 1].flags & CELL_CONTINUATION))
            n--;
        /* The hole before a wide character that wrapped is none. */
        if (goes_on && n < cols)
            n = MIN(n, cols - 1);
        *add_row(run) = (struct search_row){run->text.len, line, line == from};
        copy_cells(&run->text, cells, n);
    }
}

static uint64_t text_start(const struct term *t, uint64_t line)
{
    uint64_t first = term_scrollback_first(t);

    for (int i = 1; i < PIECE_LINES && line > first && term_line_wrapped(t, line - 1); i++)
        line--;
    return line;
}

/* Copies on. False: the present target is done. */
static bool copy(struct search_run *run, const struct term *t)
{
    struct search_target *target = &run->targets[run->target];
    int64_t until = clock_mono_ms() + COPY_MS;

    if (!target->begun || target->layout != term_layout(t)) {
        target->begun = true;
        target->layout = term_layout(t);
        target->bottom = MIN(target->bottom, term_end(t));
    }
    while (target->bottom > term_scrollback_first(t) && run->text.len < COPY_BYTES &&
           clock_mono_ms() < until) {
        uint64_t start = text_start(t, target->bottom - 1);

        copy_text(run, t, start, target->bottom);
        target->bottom = start;
    }
    return target->bottom > term_scrollback_first(t);
}

static struct session *session_of(const struct search_run *run, size_t target)
{
    struct terminal *t = terminal_find(&run->d->terminals, SLICE(run->targets[target].id));

    return t ? t->session : NULL;
}

/* --- the answer --- */

static cJSON *view(const struct search_run *run, const struct search_found *f)
{
    const struct session *s = session_of(run, f->target);
    uint64_t end = s ? term_end(s->term) : 0;
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "terminal_id", run->targets[f->target].id);
    cJSON_AddNumberToObject(o, "line", end > f->line ? (double)(end - 1 - f->line) : 0);
    cJSON_AddNumberToObject(o, "from", f->from);
    cJSON_AddNumberToObject(o, "to", f->to);
    cJSON_AddStringToObject(o, "text", f->text);
    return o;
}

static void answer(const struct search_run *run)
{
    cJSON *o, *data, *hits;

    if (!run->request)
        return;
    if (run->e.code) {
        http_reply_error(run->request, 400, "%s", run->e.text);
        return;
    }
    o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "message", "Search");
    data = cJSON_AddObjectToObject(o, "data");
    hits = cJSON_AddArrayToObject(data, "hits");
    for (size_t i = 0; i < run->n_found; i++)
        cJSON_AddItemToArray(hits, view(run, &run->found[i]));
    cJSON_AddBoolToObject(data, "truncated", run->is_full || run->gave_up);
    http_reply_json(run->request, 200, o);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct search_run *run = handle->data;

    run->d->n_searches--;
    run->d->work.n_jobs--;
    for (size_t i = 0; i < run->n_found; i++)
        free(run->found[i].text);
    free(run->found);
    free(run->rows);
    free(run->pattern);
    buf_finish(&run->text);
    pcre2_match_context_free(run->context);
    pcre2_match_data_free(run->data);
    pcre2_code_free(run->code);
    free(run);
}

static void finish(struct search_run *run)
{
    answer(run);
    uv_close((uv_handle_t *)&run->timer, on_timer_closed);
}

/* --- one turn after the other --- */

static void on_timer(uv_timer_t *timer);

static void on_worked(uv_work_t *work, int status)
{
    struct search_run *run = work->data;

    (void)status; /* nothing is cancelled */
    run->target += run->is_last;
    if (run->e.code || run->is_full || !run->request || run->d->stopping ||
        run->target == run->n_targets)
        finish(run);
    else
        uv_timer_start(&run->timer, on_timer, PAUSE_MS, 0);
}

/* Even with nothing to look through the pattern is compiled: it may be none. */
static void on_timer(uv_timer_t *timer)
{
    struct search_run *run = timer->data;

    buf_clear(&run->text);
    buf_reserve(&run->text, 1); /* an empty line is a text, too */
    run->n_rows = 0;
    run->work.data = run;
    if (run->target < run->n_targets) {
        const struct session *s = session_of(run, run->target);

        run->is_last = !s || !copy(run, s->term);
    }
    uv_queue_work(run->d->loop, &run->work, on_work, on_worked);
}

static void on_gone(struct http_request *r, void *user)
{
    struct search_run *run = user;

    (void)r;
    run->request = NULL;
}

static int by_output(const void *a, const void *b)
{
    const struct search_target *x = a, *y = b;

    return (x->output_ms < y->output_ms) - (x->output_ms > y->output_ms);
}

static void add_targets(struct search_run *run)
{
    for (const struct terminal *t = run->d->terminals.by_id; t; t = t->hh.next) {
        struct search_target *target = &run->targets[run->n_targets];

        if (!t->session || run->n_targets == TERMINALS_MAX)
            continue;
        memcpy(target->id, t->id, sizeof target->id);
        target->output_ms = t->session->facts.output_ms;
        target->bottom = UINT64_MAX;
        run->n_targets++;
    }
    qsort(run->targets, run->n_targets, sizeof *run->targets, by_output);
}

/* --- the question --- */

/* A capital that is not part of an escape: the case counts. */
static bool has_capital(const char *pattern)
{
    for (const char *p = pattern; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p >= 'A' && *p <= 'Z')
            return true;
    }
    return false;
}

struct search_question {
    const char *pattern;
    size_t limit;
    bool minds_case;
};

/* NULL, or what is wrong. */
static const char *read_question(const cJSON *body, struct search_question *q)
{
    const cJSON *how = cJSON_GetObjectItemCaseSensitive(body, "case");
    const cJSON *limit = cJSON_GetObjectItemCaseSensitive(body, "limit");

    q->pattern = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "pattern"));
    q->limit = LIMIT;
    if (!q->pattern || !*q->pattern || strlen(q->pattern) > PATTERN_MAX)
        return "pattern is not a text of 1 to 4096 bytes";
    if (how && !cJSON_IsBool(how) && !cJSON_IsNull(how))
        return "case is neither true nor false";
    q->minds_case = cJSON_IsBool(how) ? cJSON_IsTrue(how) : has_capital(q->pattern);
    if (!limit || cJSON_IsNull(limit))
        return NULL;
    if (!cJSON_IsNumber(limit) || !(limit->valuedouble >= 1 && limit->valuedouble <= LIMIT_MAX))
        return "limit is not a number from 1 to 1000";
    q->limit = (size_t)limit->valuedouble;
    return NULL;
}

static void begin(struct http_request *r, struct daemon *d, const struct search_question *q)
{
    struct search_run *run = xcalloc(1, sizeof *run);

    run->d = d;
    run->request = r;
    run->pattern = xstrdup(q->pattern);
    run->options = q->minds_case ? 0 : PCRE2_CASELESS;
    run->limit = q->limit;
    run->found = xcalloc(q->limit, sizeof *run->found);
    run->until_ms = clock_mono_ms() + SEARCH_MS;
    add_targets(run);
    d->n_searches++;
    d->work.n_jobs++;
    uv_timer_init(d->loop, &run->timer);
    run->timer.data = run;
    http_on_gone(r, on_gone, run);
    on_timer(&run->timer);
}

void api_terminal_search(struct http_request *r, void *user)
{
    struct daemon *d = user;
    cJSON *body = http_body_object(r);
    struct search_question q;
    const char *wrong = body ? read_question(body, &q) : NULL;

    if (wrong)
        http_reply_error(r, 400, "%s", wrong);
    else if (body && (d->n_searches >= SEARCHES_MAX || d->stopping))
        http_reply_error(r, 503, "%d searches are under way already", SEARCHES_MAX);
    else if (body)
        begin(r, d, &q);
    cJSON_Delete(body);
}
