/* SPDX-License-Identifier: MIT
 *
 * What the files about files share. For client/ only.
 */
#ifndef CLIENT_FILE_INTERNAL_H
#define CLIENT_FILE_INTERNAL_H

#include "client/call.h"
#include "client/file.h"

#define FILE_PIECE_BYTES   (1u << 20) /* of a file, a call */
#define FILE_TEMP          ".sandpit-tmp-"
#define FILE_EXIT_CONFLICT 76 /* the scripts' own exit statuses */
#define FILE_EXIT_NONE     77
#define FILE_EXIT_KIND     78
#define FILE_EXIT_DENIED   79

/* The next leg of the call runs a script. The buffer is emptied. */
void file_call_script(struct remote_call *c, struct buf *script,
                      void (*on_answer)(struct remote_call *c, const cJSON *data,
                                        const struct err *e));
/* A call whose first leg is a script; start it with call_start. */
struct remote_call *file_script(struct remote *r, struct buf *script,
                                void (*on_answer)(struct remote_call *c, const cJSON *data,
                                                  const struct err *e),
                                call_cb cb, void *user);
/* Judges a script's answer: 0, or a negative code with e saying what became of path. */
int file_script_result(const cJSON *data, const struct err *failure, const char *path,
                       struct err *e);
/* Decodes base64 broken into lines; stops at the end of the text. */
int file_decode(struct buf *out, const char *text, size_t n, struct err *e);
/* "name='…'; " */
void file_set_variable(struct buf *script, const char *name, const char *value);
/* 0, or -ERR_ARG when the path is not absolute. */
int file_check_path(const char *path, struct err *e);

#endif
