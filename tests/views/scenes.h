/* SPDX-License-Identifier: MIT
 *
 * What the stage's host has: n of each kind of thing, the same ones every time, hostile text among
 * them. Called before the view that asks for them opens.
 */
#ifndef TESTS_VIEWS_SCENES_H
#define TESTS_VIEWS_SCENES_H

#include "tests/views/stage.h"

#define SCENE_SECRET "s3cr3t-value-42"
#define SCENE_LINK   "http://a1.localhost:7780/auth/magic/0123456789abcdef0123456789abcdef"

/* A synced stage with n sandboxes; 1 is a1 alice/demo alone. */
struct stage *scene_open(int n);
/* A synced stage with n (at most 4) sandboxes class/student-1…: a1, b2, c3, d4. */
struct stage *scene_open_class(int n);
/* The gateway lists n more sandboxes, in every status there is. */
void scene_sandboxes(struct stage *s, int n);

/* Of the sandbox a1, where it matters. */
void scene_servers(struct stage *s, int n);
void scene_log(struct stage *s, int n); /* n lines in each server's log */
void scene_watchers(struct stage *s, int n);
void scene_events(struct stage *s, int n);
void scene_commands(struct stage *s, int n);
void scene_terminals(struct stage *s, int n);
void scene_tokens(struct stage *s, int n);
void scene_files(struct stage *s, int n); /* in /home/ann, the home folder */
void scene_folder(struct stage *s, const char *quoted_path, int n);
void scene_env(struct stage *s, int n);
void scene_overlays(struct stage *s, int n);
void scene_children(struct stage *s, int n);
void scene_snapshots(struct stage *s, int n);
void scene_templates(struct stage *s, int n);
void scene_contexts(struct stage *s, int n);

/* Pushed to the subscriber of watcher w0; content NULL: none comes with it. */
void scene_change_file(struct stage *s, const char *event, const char *path, const char *content);
/* Pushed as a signal of a port; url may be NULL. */
void scene_signal_port(struct stage *s, const char *type, const char *port, const char *url);
/* Runs code in all four of a class and awaits the results: two alike, one other, one refused. */
void scene_matrix(struct stage *s);
/* Pushed output and end of the command c9 of a sandbox. */
void scene_output(struct stage *s, const char *sandbox_id, const char *text);
void scene_exit(struct stage *s, const char *sandbox_id, const char *code);

#endif
