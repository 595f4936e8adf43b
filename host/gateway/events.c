/* SPDX-License-Identifier: MIT */
#include "host/gateway/events.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

#define ID_CHARS          16
#define PRUNE_EVERY       256  /* events */
#define AHEAD_MAX_MS      1000 /* so far a flood may push the time of events into the future */
#define PRUNE_EVERY_BYTES (4 * 1024 * 1024)
#define EVENT_OVERHEAD    100 /* bytes beside its data */
#define WORKSPACE         1   /* there is only one here */

enum statement {
    ADD,
    FIND_NEWEST,
    FIND_SINCE,
    PRUNE_AGE,
    PRUNE_SANDBOX,
    PRUNE_SANDBOX_BYTES,
    PRUNE_OLDEST,
    N
};

struct events {
    sqlite3 *db;
    sqlite3_stmt *statements[N];
    int64_t last_ms, n_bytes, n_bytes_added;
    unsigned n_added;
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS events("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, sandbox TEXT NOT NULL,"
    " type TEXT NOT NULL, time_ms INTEGER NOT NULL, size INTEGER NOT NULL, data TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS events_sandbox ON events(sandbox, time_ms);"
    "PRAGMA user_version = 1;";

static const char *const sql[N] = {
    [ADD] = "INSERT INTO events(id, sandbox, type, data, time_ms, size) VALUES(?,?,?,?,?,?)",
    [FIND_NEWEST] = "SELECT * FROM (SELECT id, type, data, time_ms, seq FROM events"
                    " WHERE sandbox = ?1 AND (?2 IS NULL OR type = ?2) AND time_ms > ?3"
                    " ORDER BY time_ms DESC, seq DESC LIMIT ?4) ORDER BY time_ms, seq",
    [FIND_SINCE] = "SELECT id, type, data, time_ms, seq FROM events"
                   " WHERE sandbox = ?1 AND (?2 IS NULL OR type = ?2) AND time_ms > ?3"
                   " ORDER BY time_ms, seq LIMIT ?4",
    [PRUNE_AGE] = "DELETE FROM events WHERE time_ms < ?1",
    [PRUNE_SANDBOX] = "DELETE FROM events WHERE sandbox = ?1 AND time_ms <="
                      " (SELECT time_ms FROM events WHERE sandbox = ?1"
                      "  ORDER BY time_ms DESC LIMIT 1 OFFSET ?2)",
    [PRUNE_SANDBOX_BYTES] = "DELETE FROM events WHERE sandbox = ?1 AND time_ms <="
                            " (SELECT time_ms FROM (SELECT time_ms, sum(size)"
                            "  OVER (ORDER BY time_ms DESC) AS total FROM events"
                            "  WHERE sandbox = ?1) WHERE total > ?2"
                            "  ORDER BY time_ms DESC LIMIT 1)",
    [PRUNE_OLDEST] = "DELETE FROM events WHERE seq IN"
                     " (SELECT seq FROM events ORDER BY seq LIMIT 1000)",
};

static int fail(struct events *s, struct err *e, const char *what)
{
    return err_set(e, ERR_IO, "events: %s: %s", what, sqlite3_errmsg(s->db));
}

static int64_t number(struct events *s, const char *text)
{
    sqlite3_stmt *statement;
    int64_t n = 0;

    if (sqlite3_prepare_v2(s->db, text, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        n = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return n;
}

static int64_t count_bytes(struct events *s)
{
    return number(s, "SELECT coalesce(sum(size), 0) FROM events");
}

struct events *events_open(const char *path, struct err *e)
{
    struct events *s = xcalloc(1, sizeof *s);
    mode_t mask = umask(0077);
    int r = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

    if (r == SQLITE_OK)
        r = sqlite3_exec(s->db,
                         "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                         "PRAGMA synchronous = NORMAL;",
                         NULL, NULL, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_exec(s->db, schema, NULL, NULL, NULL);
    umask(mask);
    for (int i = 0; i < N && r == SQLITE_OK; i++)
        r = sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i],
                               NULL);
    if (r != SQLITE_OK) {
        fail(s, e, path);
        events_close(s);
        return NULL;
    }
    s->last_ms = number(s, "SELECT coalesce(max(time_ms), 0) FROM events");
    events_prune(s);
    return s;
}

void events_close(struct events *s)
{
    if (!s)
        return;
    for (int i = 0; i < N; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    free(s);
}

static int step(struct events *s, enum statement which, struct err *e)
{
    sqlite3_stmt *statement = s->statements[which];
    int r = sqlite3_step(statement) == SQLITE_DONE ? 0 : fail(s, e, "write");

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return r;
}

static void warn(const struct err *e)
{
    log_warn("%s", e->text);
}

void events_prune(struct events *s)
{
    struct err e;

    sqlite3_bind_int64(s->statements[PRUNE_AGE], 1, clock_wall_ms() - EVENTS_LIFE_MS);
    if (step(s, PRUNE_AGE, &e))
        warn(&e);
    s->n_bytes = count_bytes(s);
    while (s->n_bytes > EVENTS_BYTES_MAX) {
        if (step(s, PRUNE_OLDEST, &e)) {
            warn(&e);
            return;
        }
        s->n_bytes = count_bytes(s);
    }
}

static void prune_sandbox(struct events *s, const char *sandbox)
{
    static const struct {
        enum statement which;
        int64_t max;
    } bounds[] = {{PRUNE_SANDBOX, EVENTS_MAX}, {PRUNE_SANDBOX_BYTES, EVENTS_SANDBOX_BYTES_MAX}};
    struct err e;

    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        sqlite3_bind_text(s->statements[bounds[i].which], 1, sandbox, -1, SQLITE_STATIC);
        sqlite3_bind_int64(s->statements[bounds[i].which], 2, bounds[i].max);
        if (step(s, bounds[i].which, &e))
            warn(&e);
    }
    s->n_bytes = count_bytes(s);
    if (s->n_bytes > EVENTS_BYTES_MAX)
        events_prune(s);
}

/* Each event gets a time of its own, so that `since` the last one seen misses none. */
static int64_t next_time(struct events *s)
{
    int64_t now = clock_wall_ms();

    if (s->last_ms < now || s->last_ms > now + 60 * AHEAD_MAX_MS) /* or the clock was set back */
        s->last_ms = now;
    else if (s->last_ms < now + AHEAD_MAX_MS)
        s->last_ms++;
    return s->last_ms;
}

int events_add(struct events *s, struct event *event, struct err *e)
{
    sqlite3_stmt *statement = s->statements[ADD];
    int64_t size = (int64_t)strlen(event->data) + EVENT_OVERHEAD;
    char name[ID_CHARS + 1];
    int r;

    snprintf(event->id, sizeof event->id, "evt_%s", random_name(name, ID_CHARS));
    event->timestamp_ms = next_time(s);
    sqlite3_bind_text(statement, 1, event->id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, event->sandbox, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, event->type, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, event->data, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 5, event->timestamp_ms);
    sqlite3_bind_int64(statement, 6, size);
    r = step(s, ADD, e);
    if (r)
        return r;
    s->n_bytes_added += size;
    if (++s->n_added < PRUNE_EVERY && s->n_bytes_added < PRUNE_EVERY_BYTES)
        return 0;
    s->n_added = 0;
    s->n_bytes_added = 0;
    prune_sandbox(s, event->sandbox);
    return 0;
}

static cJSON *event_view(const struct event *event)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "id", event->id);
    cJSON_AddStringToObject(o, "sandboxId", event->sandbox);
    cJSON_AddNumberToObject(o, "workspaceId", WORKSPACE);
    cJSON_AddStringToObject(o, "type", event->type);
    cJSON_AddRawToObject(o, "data", event->data);
    cJSON_AddNumberToObject(o, "timestamp", (double)event->timestamp_ms);
    return o;
}

char *event_line(const struct event *event)
{
    cJSON *o = event_view(event);
    char *line = cJSON_PrintUnformatted(o);

    cJSON_Delete(o);
    return line;
}

static const char *column(sqlite3_stmt *statement, int i)
{
    const unsigned char *text = sqlite3_column_text(statement, i);

    return text ? (const char *)text : "";
}

cJSON *events_find(struct events *s, const struct events_query *q, struct err *e)
{
    sqlite3_stmt *statement = s->statements[q->since_ms < 0 ? FIND_NEWEST : FIND_SINCE];
    cJSON *list = cJSON_CreateArray();
    int r;

    sqlite3_bind_text(statement, 1, q->sandbox, -1, SQLITE_STATIC);
    if (q->type)
        sqlite3_bind_text(statement, 2, q->type, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, q->since_ms);
    sqlite3_bind_int64(statement, 4, q->limit);
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        struct event event = {.sandbox = q->sandbox,
                              .type = column(statement, 1),
                              .data = column(statement, 2),
                              .timestamp_ms = sqlite3_column_int64(statement, 3)};

        snprintf(event.id, sizeof event.id, "%s", column(statement, 0));
        cJSON_AddItemToArray(list, event_view(&event));
    }
    if (r != SQLITE_DONE) {
        fail(s, e, "read");
        cJSON_Delete(list);
        list = NULL;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return list;
}
