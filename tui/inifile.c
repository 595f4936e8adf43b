/* SPDX-License-Identifier: MIT */
#include "tui/inifile.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>

#define FILE_MAX_BYTES (1L << 20)

struct reading {
    inifile_entry entry;
    void *user;
    FILE *file;
    int line;
    int bad_line; /* of the first entry refused; 0: none */
    struct err bad;
};

static char *next_line(char *out, int cap, void *user)
{
    struct reading *r = user;

    if (ftell(r->file) >= FILE_MAX_BYTES || !fgets(out, cap, r->file))
        return NULL;
    r->line++;
    return out;
}

static int on_entry(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    struct err e = {0};

    if (r->entry(r->user, section, name, value, &e) >= 0)
        return 1;
    if (!r->bad_line) {
        r->bad_line = r->line;
        r->bad = e;
    }
    return 0;
}

int inifile_load(const char *path, inifile_entry entry, void *user, struct err *e)
{
    FILE *file = fopen(path, "re");

    if (!file)
        return err_set_errno(e, errno, "%s", path);
    int status = inifile_read(file, path, entry, user, e);
    fclose(file);
    return status;
}

int inifile_read(FILE *file, const char *path, inifile_entry entry, void *user, struct err *e)
{
    struct reading r = {.entry = entry, .user = user, .file = file};
    int line = ini_parse_stream(next_line, &r, on_entry, &r);

    if (line == 0)
        return 0;
    if (r.bad_line && r.bad_line <= line) {
        struct err bad = r.bad;

        if (e)
            *e = bad;
        err_wrap(e, "%s:%d", path, r.bad_line);
        return -(int)bad.code;
    }
    return err_set(e, ERR_ARG, "%s:%d: not of the form \"name = value\" or \"[section]\"", path,
                   line);
}
