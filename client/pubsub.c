/* SPDX-License-Identifier: MIT
 *
 * The replies of the publish/subscribe port: status lines, and events as Redis arrays of three bulk
 * strings (RESP2).
 */
#include <string.h>

#include "client/event_internal.h"

#define LINE_MAX_BYTES 4096

/* The line that begins at at, without its end; *next is behind it. */
static enum pubsub_reply take_line(const char *bytes, size_t n, size_t at, struct slice *line,
                                   size_t *next)
{
    const char *end = memchr(bytes + at, '\n', n - at);
    size_t len = end ? (size_t)(end - bytes) - at : n - at;

    if (len > LINE_MAX_BYTES)
        return PUBSUB_BAD;
    if (!end)
        return PUBSUB_MORE;
    *next = at + len + 1;
    if (len && bytes[at + len - 1] == '\r')
        len--;
    *line = (struct slice){bytes + at, len};
    return PUBSUB_OK;
}

/* "$12" or "*3" as a number; -1: it is none. */
static long count_of(struct slice line, char mark)
{
    long value = 0;

    if (line.len < 2 || line.len > 9 || line.data[0] != mark)
        return -1;
    for (size_t i = 1; i < line.len; i++) {
        if (line.data[i] < '0' || line.data[i] > '9')
            return -1;
        value = value * 10 + line.data[i] - '0';
    }
    return value;
}

static enum pubsub_reply take_bulk(const char *bytes, size_t n, size_t *at, struct slice *text)
{
    struct slice line;
    enum pubsub_reply reply = take_line(bytes, n, *at, &line, at);
    long len;

    if (reply != PUBSUB_OK)
        return reply;
    len = count_of(line, '$');
    if (len < 0 || (size_t)len > PUBSUB_MESSAGE_MAX)
        return PUBSUB_BAD;
    if (n - *at < (size_t)len + 2)
        return PUBSUB_MORE;
    if (memcmp(bytes + *at + len, "\r\n", 2) != 0)
        return PUBSUB_BAD;
    *text = (struct slice){bytes + *at, (size_t)len};
    *at += (size_t)len + 2;
    return PUBSUB_OK;
}

enum pubsub_reply pubsub_read(const char *bytes, size_t n, size_t *n_used, struct slice *payload)
{
    struct slice line, parts[3];
    size_t at = 0;
    enum pubsub_reply reply = take_line(bytes, n, 0, &line, &at);

    *payload = (struct slice){0};
    if (reply != PUBSUB_OK)
        return reply;
    if (count_of(line, '*') == 3) {
        for (int i = 0; i < 3 && reply == PUBSUB_OK; i++)
            reply = take_bulk(bytes, n, &at, &parts[i]);
        if (reply != PUBSUB_OK)
            return reply;
        *payload = parts[2];
        *n_used = at;
        return slice_equal(parts[0], "message") ? PUBSUB_EVENT : PUBSUB_OTHER;
    }
    *n_used = at;
    if (!line.len || strchr("+-", line.data[0]) == NULL)
        return PUBSUB_BAD;
    *payload = (struct slice){line.data + 1, line.len - 1};
    if (line.data[0] == '-')
        return PUBSUB_ERROR;
    return line.len >= 3 && !memcmp(line.data, "+OK", 3) ? PUBSUB_OK : PUBSUB_OTHER;
}
