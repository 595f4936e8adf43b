/* SPDX-License-Identifier: MIT
 *
 * JSON too long for memory, as a reply (http_reply_stream): a row of parts, some of them bytes on
 * the disk that become JSON text on their way. Neighbouring parts of bytes are one text: a UTF-8
 * sequence may lie across their border.
 */
#ifndef HOST_DAEMON_JSONFLOW_H
#define HOST_DAEMON_JSONFLOW_H

#include "base/buf.h"
#include "base/spool.h"
#include "host/http/http.h"

struct jsonflow;

struct jsonflow *jsonflow_create(void);
void jsonflow_destroy(struct jsonflow *f);
/* JSON as it is. */
void jsonflow_add_text(struct jsonflow *f, const char *text);
/* JSON as it is: the object without its closing brace, and a comma behind; deletes it. */
void jsonflow_add_open_object(struct jsonflow *f, cJSON *object);
/* Bytes; copied. */
void jsonflow_add_bytes(struct jsonflow *f, const char *bytes, size_t n);
/* The next n bytes of fd, fewer when the file ends before; takes fd over. */
void jsonflow_add_file(struct jsonflow *f, int fd, uint64_t n);
/* The first n bytes of s, which is kept until the end. */
void jsonflow_add_spool(struct jsonflow *f, struct spool *s, uint64_t n);

/* Appends the next piece (up to JSONFLOW_PIECE bytes before escaping). Blocks. > 0: there is more,
 * 0: that was all, or -errno. */
#define JSONFLOW_PIECE ((size_t)64 * 1024)
int jsonflow_next(struct jsonflow *f, struct buf *out);
/* Answers with it; takes f over. Small: all of it is in memory and put together at once. */
void jsonflow_reply(struct jsonflow *f, struct http_request *r, int status, bool small);
/* Answers with first (taken over) and what is left. */
void jsonflow_reply_on(struct jsonflow *f, struct http_request *r, int status, struct buf *first);

#endif
