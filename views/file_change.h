/* SPDX-License-Identifier: MIT
 *
 * One change after another to files of a sandbox, with progress, ending in one result line.
 */
#ifndef VIEWS_FILE_CHANGE_H
#define VIEWS_FILE_CHANGE_H

#include "client/file.h"
#include "views/state.h"

struct file_change;

/* done is a verb in the past: "deleted". */
struct file_change *file_change_create(struct views_env *env, const char *sandbox_id,
                                       const char *done);
/* Copies; to may be NULL. */
void file_change_add(struct file_change *c, const char *path, const char *to);
/* Takes c over. send makes the request for one path, whose callback is file_change_done. */
void file_change_start(struct file_change *c,
                       struct request *(*send)(struct remote *r, const char *path, const char *to,
                                               struct file_change *c));
/* A gateway_done_cb with the change as user. */
void file_change_done(void *user, const struct err *e);

#endif
