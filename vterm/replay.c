/* SPDX-License-Identifier: MIT
 *
 * The file's bytes go through a window (buf) line by line; the event of the next line is parsed
 * ahead, so that its time is known before it is due. A snapshot is a place in the file with what
 * the terminal showed there.
 */
#include "vterm/replay.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define READ_BYTES     65536
#define HEADER_MAX     65536
#define TAIL_BYTES     262144 /* of the file's end, looked through for its last event */
#define SNAPSHOT_MS    10000
#define SNAPSHOT_LINES 500
#define SNAPSHOTS_MAX  1024
#define TIME_MAX_MS    ((int64_t)1000 * 3600 * 24 * 365)
#define NAME_SIZE      256
#define RESIZE_BYTES   32768 /* of output take as long as wrapping a scrollback anew */

struct event {
    bool ready;
    char kind; /* o, r, m; others are read over */
    int64_t ms;
    char *text;   /* owned */
    uint64_t end; /* where the line after it begins */
};

struct snapshot {
    int64_t ms;
    uint64_t offset;
    int rows, cols;
    char *bytes; /* owned */
    size_t n;
};

struct replay {
    struct replay_source source;
    struct term *term; /* owned */
    struct buf window; /* of the file; its bytes from `start` on are those from `offset` on */
    size_t start;
    uint64_t offset;
    bool ended, skipping; /* a line too long is being read over */
    struct event next;
    int64_t now_ms, duration_ms, interval_ms;
    struct snapshot *snapshots; /* owned, by time; the first is the beginning */
    size_t n_snapshots, snapshot_bytes;
    char title[NAME_SIZE];
    int64_t timestamp;
    unsigned n_skipped;
};

/* --- JSON --- */

/* cJSON ends a string at a NUL, so that \u0000 is read as the control that does nothing either. */
static void defuse_nuls(char *text, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (text[i] != '\\')
            continue;
        if (i + 6 <= n && memcmp(text + i, "\\u0000", 6) == 0)
            text[i + 5] = '1';
        i++;
    }
}

static cJSON *parse_line(char *text, size_t n)
{
    if (memchr(text, '\0', n))
        return NULL;
    defuse_nuls(text, n);
    return cJSON_ParseWithLength(text, n);
}

static int64_t milliseconds(double seconds)
{
    if (isnan(seconds) || seconds < 0)
        return 0;
    return seconds * 1000 > (double)TIME_MAX_MS ? TIME_MAX_MS : (int64_t)(seconds * 1000);
}

/* [seconds, "kind", "text"] */
static bool read_event(char *line, size_t n, struct event *out)
{
    cJSON *json = parse_line(line, n);
    const cJSON *time = cJSON_GetArrayItem(json, 0), *kind = cJSON_GetArrayItem(json, 1);
    const cJSON *text = cJSON_GetArrayItem(json, 2);
    bool good = cJSON_IsArray(json) && cJSON_IsNumber(time) && cJSON_IsString(kind) &&
                strlen(kind->valuestring) == 1 && cJSON_IsString(text);

    if (good) {
        out->ms = milliseconds(time->valuedouble);
        out->kind = kind->valuestring[0];
        out->text = xstrdup(text->valuestring);
    }
    cJSON_Delete(json);
    return good;
}

/* --- the window --- */

static char *unread(const struct replay *r)
{
    return r->window.data + r->start;
}

static size_t n_unread(const struct replay *r)
{
    return r->window.len - r->start;
}

static bool fill(struct replay *r)
{
    buf_consume(&r->window, r->start);
    r->start = 0;
    uint64_t at = r->offset + r->window.len;
    char *to = buf_reserve(&r->window, READ_BYTES);
    long n = r->ended ? 0 : r->source.read(r->source.user, at, to, READ_BYTES);

    if (n <= 0) {
        r->ended = true;
        return false;
    }
    r->window.len += (size_t)n < READ_BYTES ? (size_t)n : READ_BYTES;
    return true;
}

static void consume(struct replay *r, size_t n)
{
    r->start += n;
    r->offset += n;
}

/* The length of the next line without its end, or -1: there is none. Lines too long are read over.
 */
static long next_line(struct replay *r, size_t max)
{
    size_t seen = 0;

    for (;;) {
        size_t n = n_unread(r);
        const char *end = n > seen ? memchr(unread(r) + seen, '\n', n - seen) : NULL;

        if (end && !r->skipping)
            return end - unread(r);
        if (end) {
            r->skipping = false;
            consume(r, (size_t)(end - unread(r)) + 1);
            seen = 0;
            continue;
        }
        seen = n;
        if (seen > max) {
            r->n_skipped += !r->skipping;
            r->skipping = true;
        }
        if (r->skipping) {
            consume(r, seen);
            seen = 0;
        }
        if (!fill(r)) /* the last line may lack its end */
            return n_unread(r) && !r->skipping ? (long)n_unread(r) : -1;
    }
}

static bool is_blank_line(const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

/* Parses ahead until an event is ready or the file ends. Returns the bytes it used. */
static size_t prepare(struct replay *r)
{
    size_t used = 0;
    long n;

    while (!r->next.ready && used < READ_BYTES && (n = next_line(r, REPLAY_LINE_MAX)) >= 0) {
        size_t len = (size_t)n, taken = len < n_unread(r) ? len + 1 : len;

        if (is_blank_line(unread(r), len))
            r->next.ready = false;
        else if (read_event(unread(r), len, &r->next))
            r->next.ready = true;
        else
            r->n_skipped++;
        consume(r, taken);
        used += taken;
    }
    if (r->next.ready) {
        r->next.end = r->offset;
        if (r->next.ms < r->now_ms)
            r->next.ms = r->now_ms;
    }
    return used;
}

/* --- snapshots --- */

static void thin_snapshots(struct replay *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->n_snapshots; i++) {
        if (i % 2) {
            r->snapshot_bytes -= r->snapshots[i].n;
            free(r->snapshots[i].bytes);
        } else {
            r->snapshots[kept++] = r->snapshots[i];
        }
    }
    r->n_snapshots = kept;
    r->interval_ms *= 2;
}

/* At the border between two events, with nothing parsed ahead. */
static void take_snapshot(struct replay *r)
{
    struct buf bytes = {0};
    struct snapshot *s;

    while (r->n_snapshots > 1 &&
           (r->n_snapshots >= SNAPSHOTS_MAX || r->snapshot_bytes > REPLAY_SNAPSHOT_BYTES))
        thin_snapshots(r);
    term_snapshot(r->term, SNAPSHOT_LINES, &bytes);
    r->snapshots = xreallocarray(r->snapshots, r->n_snapshots + 1, sizeof *r->snapshots);
    s = &r->snapshots[r->n_snapshots++];
    *s = (struct snapshot){r->now_ms, r->offset, term_rows(r->term), term_cols(r->term), NULL, 0};
    s->n = bytes.len;
    s->bytes = buf_steal(&bytes);
    r->snapshot_bytes += s->n;
}

static bool is_snapshot_due(const struct replay *r)
{
    const struct snapshot *last = &r->snapshots[r->n_snapshots - 1];

    return r->now_ms >= last->ms + r->interval_ms && r->offset > last->offset;
}

void replay_seek(struct replay *r, int64_t ms)
{
    size_t i = r->n_snapshots - 1;

    if (ms >= r->now_ms)
        return;
    while (i > 0 && r->snapshots[i].ms > ms)
        i--;
    const struct snapshot *s = &r->snapshots[i];
    free(r->next.text);
    r->next = (struct event){0};
    buf_clear(&r->window);
    r->start = 0;
    r->offset = s->offset;
    r->ended = r->skipping = false;
    r->now_ms = s->ms;
    /* A reset first: wrapping anew what is thrown away is work for nothing. */
    term_feed(r->term, "\033c\033[3J", 6);
    term_resize(r->term, s->rows, s->cols);
    term_feed(r->term, s->bytes, s->n);
}

/* --- playing --- */

/* Returns what it cost, in bytes of the file. */
static size_t play_resize(struct replay *r, const char *text)
{
    int rows, cols;

    if (sscanf(text, "%9dx%9d", &cols, &rows) != 2)
        return 0;
    term_resize(r->term, rows, cols);
    return RESIZE_BYTES;
}

/* Returns what it cost beyond its bytes. */
static size_t play(struct replay *r)
{
    struct event *e = &r->next;
    size_t cost = 0;

    r->now_ms = e->ms;
    if (e->kind == 'o') {
        term_feed(r->term, e->text, strlen(e->text));
    } else if (e->kind == 'r') {
        cost = play_resize(r, e->text);
    }
    free(e->text);
    *e = (struct event){0};
    if (is_snapshot_due(r))
        take_snapshot(r);
    return cost;
}

bool replay_advance(struct replay *r, int64_t until_ms, size_t budget)
{
    size_t used = 0;

    for (;;) {
        used += prepare(r);
        if (!r->next.ready && !(r->ended && !n_unread(r))) {
            if (used >= budget)
                return false;
            continue;
        }
        if (!r->next.ready || r->next.ms > until_ms)
            break;
        used += play(r);
        if (used >= budget)
            return false;
    }
    if (until_ms > r->now_ms && r->next.ready)
        r->now_ms = until_ms;
    return true;
}

int64_t replay_next_ms(struct replay *r)
{
    prepare(r);
    if (r->next.ready)
        return r->next.ms;
    return r->ended && !n_unread(r) ? -1 : r->now_ms;
}

int64_t replay_time_ms(const struct replay *r)
{
    return r->now_ms;
}

int64_t replay_duration_ms(const struct replay *r)
{
    return r->duration_ms;
}

unsigned replay_skipped(const struct replay *r)
{
    return r->n_skipped;
}

/* --- opening --- */

static void copy_name(char out[NAME_SIZE], const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);

    if (cJSON_IsString(item))
        text_sanitise(out, NAME_SIZE, item->valuestring, strlen(item->valuestring));
}

static int size_of(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    double value = cJSON_IsNumber(item) ? item->valuedouble : 0;

    return value >= 1 && value <= 65535 ? (int)value : 0;
}

static int read_header(struct replay *r, size_t scrollback_lines, struct err *e)
{
    long n = next_line(r, HEADER_MAX);
    cJSON *json = n > 0 ? parse_line(unread(r), (size_t)n) : NULL;
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(json, "version");
    const cJSON *time = cJSON_GetObjectItemCaseSensitive(json, "timestamp");
    int rows = size_of(json, "height"), cols = size_of(json, "width"), code = 0;

    if (!cJSON_IsObject(json) || !cJSON_IsNumber(version))
        code = err_set(e, ERR_PROTOCOL, "this is no recording: its first line is no header");
    else if (version->valueint != 2)
        code = err_set(e, ERR_UNSUPPORTED, "asciicast version %d cannot be played, only 2",
                       version->valueint);
    else if (!rows || !cols)
        code = err_set(e, ERR_PROTOCOL, "the recording's header has no size");
    if (!code) {
        struct term_config config = {.scrollback_lines = scrollback_lines};

        copy_name(r->title, json, "title");
        r->timestamp = cJSON_IsNumber(time) && time->valuedouble > 0 && time->valuedouble < 1e12
                           ? (int64_t)time->valuedouble
                           : 0;
        r->term = term_create(rows, cols, &config);
        consume(r, (size_t)n < n_unread(r) ? (size_t)n + 1 : (size_t)n);
    }
    cJSON_Delete(json);
    return code;
}

/* The time of the last event whose line is whole in the file's last bytes. */
static int64_t last_time(const struct replay *r)
{
    uint64_t size = r->source.size, from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
    cleanup_free char *tail = xmalloc(TAIL_BYTES);
    size_t n = 0;
    long got;

    while (n < TAIL_BYTES &&
           (got = r->source.read(r->source.user, from + n, tail + n, TAIL_BYTES - n)) > 0)
        n += (size_t)got;
    while (n) {
        const char *before = memrchr(tail, '\n', n);
        size_t start = before ? (size_t)(before - tail) + 1 : 0;
        struct event e = {0};

        if ((start || !from) && read_event(tail + start, n - start, &e)) {
            free(e.text);
            return e.ms;
        }
        n = start ? start - 1 : 0;
    }
    return -1;
}

struct replay *replay_create(const struct replay_source *source, size_t scrollback_lines,
                             struct err *e)
{
    struct replay *r = xcalloc(1, sizeof *r);
    char probe;

    r->source = *source;
    r->interval_ms = SNAPSHOT_MS;
    if (source->read(source->user, 0, &probe, 1) < 0) {
        err_set_errno(e, errno, "the recording cannot be read");
        replay_destroy(r);
        return NULL;
    }
    if (read_header(r, scrollback_lines, e)) {
        replay_destroy(r);
        return NULL;
    }
    take_snapshot(r);
    r->duration_ms = source->size ? last_time(r) : -1;
    return r;
}

void replay_destroy(struct replay *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_snapshots; i++)
        free(r->snapshots[i].bytes);
    free(r->snapshots);
    free(r->next.text);
    buf_finish(&r->window);
    term_destroy(r->term);
    free(r);
}

struct term *replay_term(struct replay *r)
{
    return r->term;
}

const char *replay_title(const struct replay *r)
{
    return r->title;
}

int64_t replay_timestamp(const struct replay *r)
{
    return r->timestamp;
}
