/* SPDX-License-Identifier: MIT
 *
 * A recording, played: the screen it shows and a line with the time. Used by the list of recordings
 * and by `sandpit replay`.
 */
#ifndef VIEWS_PLAYER_H
#define VIEWS_PLAYER_H

#include "base/err.h"
#include "tui/tui.h"
#include "vterm/replay.h"

/* A recording in a file. NULL with e. Closed by recording_file_close. */
struct recording_file {
    int fd;
    struct replay *replay;
};
int recording_file_open(struct recording_file *f, const char *path, size_t scrollback_lines,
                        struct err *e);
void recording_file_close(struct recording_file *f);

/* Not shown yet. speed 1 is as it was. NULL with e: it cannot be read. */
struct view *player_view_create(struct tui *t, const char *path, double speed, struct err *e);

/* "1:02:03", "0:07" */
char *player_time(char *out, size_t cap, int64_t ms);

#endif
