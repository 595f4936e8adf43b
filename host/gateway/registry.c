/* SPDX-License-Identifier: MIT */
#include "host/gateway/registry.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"

#define SCHEMA_VERSION 2

enum statement {
    ADD,
    SET_STATUS,
    SET_EXPIRY,
    SET_OPTIONS,
    REMOVE,
    EACH,
    SET_SEEN,
    SEEN,
    SNAPSHOT_ADD,
    SNAPSHOT_REMOVE,
    SNAPSHOT_EACH,
    N_STATEMENTS
};

struct registry {
    sqlite3 *db;
    sqlite3_stmt *statements[N_STATEMENTS];
};

static const char schema[] =
    "CREATE TABLE sandboxes("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " namespace TEXT NOT NULL, name TEXT NOT NULL,"
    " status TEXT NOT NULL, reason TEXT NOT NULL, provider TEXT NOT NULL, token TEXT NOT NULL,"
    " metadata TEXT NOT NULL, envs TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
    " parent TEXT NOT NULL DEFAULT '', options TEXT NOT NULL DEFAULT '{}');"
    "CREATE UNIQUE INDEX sandboxes_name ON sandboxes(namespace, name)"
    " WHERE name != '' AND status != 'destroying';"
    "PRAGMA user_version = 2;";

/* Of no version: who does not know it leaves it alone. */
static const char seen_schema[] =
    "CREATE TABLE IF NOT EXISTS seen(one INTEGER PRIMARY KEY CHECK(one = 1), ms INTEGER NOT NULL);";

static const char from_version_1[] =
    "ALTER TABLE sandboxes ADD COLUMN parent TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE sandboxes ADD COLUMN options TEXT NOT NULL DEFAULT '{}';"
    "PRAGMA user_version = 2;";

static const char snapshots_schema[] =
    "CREATE TABLE IF NOT EXISTS snapshots("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " sandbox TEXT NOT NULL, provider TEXT NOT NULL, name TEXT NOT NULL, metadata TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, own_system INTEGER NOT NULL,"
    " consistent INTEGER NOT NULL);";

static const char *const sql[N_STATEMENTS] = {
    [ADD] = "INSERT INTO sandboxes(id, namespace, name, status, reason, provider, token, metadata,"
            " envs, created_ms, expires_ms, parent, options)"
            " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [SET_STATUS] = "UPDATE sandboxes SET status = ?2, reason = ?3 WHERE id = ?1",
    [SET_EXPIRY] = "UPDATE sandboxes SET expires_ms = ?2 WHERE id = ?1",
    [SET_OPTIONS] = "UPDATE sandboxes SET options = ?2 WHERE id = ?1",
    [REMOVE] = "DELETE FROM sandboxes WHERE id = ?1",
    [EACH] = "SELECT id, namespace, name, status, reason, provider, token, metadata, envs,"
             " created_ms, expires_ms, seq, parent, options FROM sandboxes ORDER BY seq",
    [SET_SEEN] = "INSERT INTO seen(one, ms) VALUES(1, ?1) ON CONFLICT(one) DO UPDATE SET ms = ?1",
    [SEEN] = "SELECT ms FROM seen",
    [SNAPSHOT_ADD] = "INSERT INTO snapshots(id, sandbox, provider, name, metadata, created_ms,"
                     " bytes, own_system, consistent) VALUES(?,?,?,?,?,?,?,?,?)",
    [SNAPSHOT_REMOVE] = "DELETE FROM snapshots WHERE id = ?1",
    [SNAPSHOT_EACH] = "SELECT id, sandbox, provider, name, metadata, created_ms, bytes, own_system,"
                      " consistent FROM snapshots ORDER BY seq",
};

static int fail(struct registry *r, struct err *e, const char *what)
{
    int code = sqlite3_extended_errcode(r->db);

    if (code == SQLITE_CONSTRAINT_UNIQUE)
        return err_set(e, ERR_CONFLICT, "a sandbox of this name exists already");
    return err_set(e, ERR_IO, "registry: %s: %s", what, sqlite3_errmsg(r->db));
}

static int exec(struct registry *r, const char *text, struct err *e)
{
    return sqlite3_exec(r->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(r, e, "open");
}

/* All of it or nothing. */
static int exec_whole(struct registry *r, const char *text, struct err *e)
{
    int result = exec(r, "BEGIN", e);

    if (!result)
        result = exec(r, text, e);
    return result ? result : exec(r, "COMMIT", e);
}

static int read_version(struct registry *r)
{
    sqlite3_stmt *statement;
    int version = -1;

    if (sqlite3_prepare_v2(r->db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

static int bring_up_to_date(struct registry *r, struct err *e)
{
    switch (read_version(r)) {
    case 0:
        return exec_whole(r, schema, e);
    case 1:
        return exec_whole(r, from_version_1, e);
    case SCHEMA_VERSION:
        return 0;
    case -1:
        return fail(r, e, "read its version");
    default:
        return err_set(e, ERR_UNSUPPORTED, "registry: written by another version of sandpitd");
    }
}

static int set_up(struct registry *r, struct err *e)
{
    int result = exec(r,
                      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                      "PRAGMA synchronous = FULL;",
                      e);

    if (!result)
        result = bring_up_to_date(r, e);
    return result ? result : exec(r, snapshots_schema, e);
}

struct registry *registry_open(const char *path, struct err *e)
{
    struct registry *r = xcalloc(1, sizeof *r);
    mode_t mask = umask(0077); /* tokens are in it */
    int result = sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

    if (result == SQLITE_OK)
        result = set_up(r, e);
    else
        result = fail(r, e, "open");
    if (!result)
        result = exec(r, seen_schema, e);
    umask(mask);
    for (int i = 0; i < N_STATEMENTS && !result; i++) {
        if (sqlite3_prepare_v3(r->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &r->statements[i],
                               NULL) != SQLITE_OK)
            result = fail(r, e, "prepare");
    }
    if (!result)
        return r;
    err_wrap(e, "%s", path);
    registry_close(r);
    return NULL;
}

void registry_close(struct registry *r)
{
    if (!r)
        return;
    for (int i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(r->statements[i]);
    sqlite3_close(r->db);
    free(r);
}

static void bind_text(sqlite3_stmt *statement, int i, const char *text)
{
    sqlite3_bind_text(statement, i, text ? text : "", -1, SQLITE_STATIC);
}

static int step(struct registry *r, sqlite3_stmt *statement, const char *what, struct err *e)
{
    int result = sqlite3_step(statement) == SQLITE_DONE ? 0 : fail(r, e, what);

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return result;
}

int registry_add(struct registry *r, struct registry_row *row, struct err *e)
{
    sqlite3_stmt *statement = r->statements[ADD];
    const struct sandbox_info *s = &row->info;
    const char *const texts[] = {s->id,       s->ns,    s->name,     s->status, s->reason,
                                 s->provider, s->token, s->metadata, row->envs};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        bind_text(statement, (int)i + 1, texts[i]);
    sqlite3_bind_int64(statement, 10, s->created_ms);
    sqlite3_bind_int64(statement, 11, s->expires_ms);
    bind_text(statement, 12, row->parent);
    bind_text(statement, 13, row->options ? row->options : "{}");
    int result = step(r, statement, "add", e);
    if (!result)
        row->seq = sqlite3_last_insert_rowid(r->db);
    return result;
}

int registry_set_status(struct registry *r, const char *id, const char *status, const char *reason,
                        struct err *e)
{
    sqlite3_stmt *statement = r->statements[SET_STATUS];

    bind_text(statement, 1, id);
    bind_text(statement, 2, status);
    bind_text(statement, 3, reason);
    return step(r, statement, "set status", e);
}

int registry_set_expiry(struct registry *r, const char *id, int64_t expires_ms, struct err *e)
{
    sqlite3_stmt *statement = r->statements[SET_EXPIRY];

    bind_text(statement, 1, id);
    sqlite3_bind_int64(statement, 2, expires_ms);
    return step(r, statement, "set expiry", e);
}

void registry_begin(struct registry *r)
{
    sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL);
}

int registry_end(struct registry *r, struct err *e)
{
    int result = 0;

    if (sqlite3_get_autocommit(r->db))
        return 0;
    if (sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        result = fail(r, e, "write");
        sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return result;
}

int registry_set_seen(struct registry *r, int64_t seen_ms, struct err *e)
{
    sqlite3_bind_int64(r->statements[SET_SEEN], 1, seen_ms);
    return step(r, r->statements[SET_SEEN], "set seen", e);
}

int64_t registry_seen(struct registry *r)
{
    sqlite3_stmt *s = r->statements[SEEN];
    int64_t seen_ms = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;

    sqlite3_reset(s);
    return seen_ms;
}

int registry_set_options(struct registry *r, const char *id, const char *options, struct err *e)
{
    sqlite3_stmt *statement = r->statements[SET_OPTIONS];

    bind_text(statement, 1, id);
    bind_text(statement, 2, options);
    return step(r, statement, "set options", e);
}

int registry_remove(struct registry *r, const char *id, struct err *e)
{
    bind_text(r->statements[REMOVE], 1, id);
    return step(r, r->statements[REMOVE], "remove", e);
}

static char *column(sqlite3_stmt *statement, int i)
{
    const unsigned char *text = sqlite3_column_text(statement, i);

    return (char *)(text ? text : (const unsigned char *)"");
}

int registry_each(struct registry *r, void (*on_row)(const struct registry_row *row, void *user),
                  void *user, struct err *e)
{
    sqlite3_stmt *s = r->statements[EACH];
    int result;

    while ((result = sqlite3_step(s)) == SQLITE_ROW) {
        struct registry_row row = {
            .seq = sqlite3_column_int64(s, 11),
            .envs = column(s, 8),
            .parent = column(s, 12),
            .options = column(s, 13),
            .info = {.id = column(s, 0),
                     .ns = column(s, 1),
                     .name = column(s, 2),
                     .status = column(s, 3),
                     .reason = column(s, 4),
                     .provider = column(s, 5),
                     .token = column(s, 6),
                     .metadata = column(s, 7),
                     .created_ms = sqlite3_column_int64(s, 9),
                     .expires_ms = sqlite3_column_int64(s, 10)},
        };

        on_row(&row, user);
    }
    result = result == SQLITE_DONE ? 0 : fail(r, e, "read");
    sqlite3_reset(s);
    return result;
}

/* --- snapshots --- */

int registry_add_snapshot(struct registry *r, const struct snapshot_row *row, struct err *e)
{
    sqlite3_stmt *statement = r->statements[SNAPSHOT_ADD];
    const char *const texts[] = {row->id, row->sandbox, row->provider, row->name, row->metadata};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        bind_text(statement, (int)i + 1, texts[i]);
    sqlite3_bind_int64(statement, 6, row->created_ms);
    sqlite3_bind_int64(statement, 7, row->n_bytes);
    sqlite3_bind_int(statement, 8, row->own_system);
    sqlite3_bind_int(statement, 9, row->consistent);
    return step(r, statement, "add a snapshot", e);
}

int registry_remove_snapshot(struct registry *r, const char *id, struct err *e)
{
    bind_text(r->statements[SNAPSHOT_REMOVE], 1, id);
    return step(r, r->statements[SNAPSHOT_REMOVE], "remove a snapshot", e);
}

int registry_each_snapshot(struct registry *r,
                           void (*on_row)(const struct snapshot_row *row, void *user), void *user,
                           struct err *e)
{
    sqlite3_stmt *s = r->statements[SNAPSHOT_EACH];
    int result;

    while ((result = sqlite3_step(s)) == SQLITE_ROW) {
        const struct snapshot_row row = {
            .id = column(s, 0),
            .sandbox = column(s, 1),
            .provider = column(s, 2),
            .name = column(s, 3),
            .metadata = column(s, 4),
            .created_ms = sqlite3_column_int64(s, 5),
            .n_bytes = sqlite3_column_int64(s, 6),
            .own_system = sqlite3_column_int(s, 7),
            .consistent = sqlite3_column_int(s, 8),
        };

        on_row(&row, user);
    }
    result = result == SQLITE_DONE ? 0 : fail(r, e, "read snapshots");
    sqlite3_reset(s);
    return result;
}
