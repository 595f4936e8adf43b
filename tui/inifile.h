/* SPDX-License-Identifier: MIT
 *
 * INI files of the user's: every broken line is skipped, the first is reported with its number.
 */
#ifndef TUI_INIFILE_H
#define TUI_INIFILE_H

#include <stdio.h>

#include "base/err.h"

/* One "name = value" of a section; returns 0, or the negative code it set in e. */
typedef int (*inifile_entry)(void *user, const char *section, const char *name, const char *value,
                             struct err *e);
/* Reads path (at most 1 MiB of it). Returns 0, -ERR_NOT_FOUND when there is no such file, or the
 * code of the first broken line, whose text is then "PATH:LINE: reason". */
int inifile_load(const char *path, inifile_entry entry, void *user, struct err *e);
/* The same of an open file, which stays the caller's; path is for the messages. */
int inifile_read(FILE *file, const char *path, inifile_entry entry, void *user, struct err *e);

#endif
