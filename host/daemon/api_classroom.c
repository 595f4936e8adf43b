/* SPDX-License-Identifier: MIT
 *
 * Handlers of what concerns a terminal's people: raised hands (extension `activity`) and frozen
 * input (`freeze`).
 */
#include <string.h>

#include "host/daemon/internal.h"
#include "host/daemon/session.h"

/* Calls handle with the PTY of the request's terminal and the body, or replies that there is none.
 */
static void with_session(struct http_request *r, struct daemon *d,
                         void (*handle)(struct http_request *r, struct session *s,
                                        const cJSON *body))
{
    const struct terminal *t = terminal_find(&d->terminals, http_param(r, "id"));
    cJSON *body = NULL;

    if (!t)
        http_reply_error(r, 404, "Terminal not found");
    else if (!t->session)
        http_reply_error(r, 400, "it is not a PTY terminal");
    else if ((body = http_body_object(r)))
        handle(r, t->session, body);
    cJSON_Delete(body);
}

/* NULL: it is there and no text, or longer than max. "" when it is missing. */
static const char *get_text(const cJSON *body, const char *key, size_t max)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, key);

    if (!item || cJSON_IsNull(item))
        return "";
    return cJSON_IsString(item) && strlen(item->valuestring) <= max ? item->valuestring : NULL;
}

static cJSON *begin_reply(const struct session *s, const char *message, cJSON **data)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "message", message);
    *data = cJSON_AddObjectToObject(o, "data");
    cJSON_AddStringToObject(*data, "terminal_id", s->terminal->id);
    return o;
}

static void set_hand(struct http_request *r, struct session *s, const cJSON *body)
{
    const cJSON *up = cJSON_GetObjectItemCaseSensitive(body, "up");
    const char *note = get_text(body, "note", NOTE_MAX);
    cJSON *o, *data;

    if (!cJSON_IsBool(up)) {
        http_reply_error(r, 400, "up is neither true nor false");
        return;
    }
    if (!note) {
        http_reply_error(r, 400, "note is not a text of at most %d bytes", NOTE_MAX);
        return;
    }
    activity_hand(s, cJSON_IsTrue(up), note);
    o = begin_reply(s, cJSON_IsTrue(up) ? "The hand is up" : "The hand is down", &data);
    cJSON_AddBoolToObject(data, "up", cJSON_IsTrue(up));
    cJSON_AddStringToObject(data, "note", s->facts.note);
    http_reply_json(r, 200, o);
}

void api_terminal_hand(struct http_request *r, void *user)
{
    with_session(r, user, set_hand);
}

static void freeze(struct http_request *r, struct session *s, const cJSON *body)
{
    const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(body, "seconds");
    const char *by = get_text(body, "by", NOTE_MAX);
    cJSON *o, *data;

    if (!cJSON_IsNumber(seconds) ||
        !(seconds->valuedouble >= 0 && seconds->valuedouble <= FREEZE_MAX_S)) {
        http_reply_error(r, 400, "seconds is not a number from 0 to %d", FREEZE_MAX_S);
        return;
    }
    if (!by) {
        http_reply_error(r, 400, "by is not a text of at most %d bytes", NOTE_MAX);
        return;
    }
    activity_freeze(s, (int64_t)(seconds->valuedouble * 1000), by);
    o = begin_reply(s, seconds->valuedouble > 0 ? "Input is frozen" : "Input goes on", &data);
    cJSON_AddNumberToObject(data, "frozen_left", (double)activity_frozen_left(s));
    cJSON_AddStringToObject(data, "by", s->facts.frozen_by);
    http_reply_json(r, 200, o);
}

void api_terminal_freeze(struct http_request *r, void *user)
{
    with_session(r, user, freeze);
}
