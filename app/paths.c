/* SPDX-License-Identifier: MIT
 *
 * XDG folders, and finding sandpitd: beside this executable, in the build tree, on PATH.
 */
#include "app/paths.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

static const char *home(void)
{
    const char *dir = getenv("HOME");

    if (dir && dir[0] == '/')
        return dir;
    const struct passwd *user = getpwuid(getuid());
    return user && user->pw_dir && user->pw_dir[0] == '/' ? user->pw_dir : NULL;
}

/* The specification says to ignore values that are not absolute. */
static char *xdg(const char *variable, const char *fallback, const char *name)
{
    const char *dir = getenv(variable);

    if (dir && dir[0] == '/')
        return xasprintf("%s/%s", dir, name);
    return xasprintf("%s/%s/%s", home(), fallback, name);
}

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static char *find_on_path(const char *name)
{
    const char *dirs = getenv("PATH");

    for (const char *dir = dirs; dir;) {
        size_t n = strcspn(dir, ":");
        cleanup_free char *path = xasprintf("%.*s/%s", (int)n, dir, name);

        if (n && is_program(path))
            return steal_pointer(&path);
        dir = dir[n] ? dir + n + 1 : NULL;
    }
    return NULL;
}

static char *find_sandpitd(const char *program)
{
    static const char *const beside[] = {"sandpitd", "../host/sandpitd", "../libexec/sandpitd"};
    const char *given = getenv("SANDPITD");
    const char *slash = program ? strrchr(program, '/') : NULL;

    if (given && *given)
        return is_program(given) ? realpath(given, NULL) : NULL;
    for (size_t i = 0; slash && i < ARRAY_LEN(beside); i++) {
        cleanup_free char *path = xasprintf("%.*s/%s", (int)(slash - program), program, beside[i]);

        if (is_program(path))
            return realpath(path, NULL);
    }
    return find_on_path("sandpitd");
}

int paths_init(struct paths *p, struct err *e)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    *p = (struct paths){0};
    if (!home()) {
        err_set(e, ERR_ARG, "no home folder");
        err_hint(e, "set HOME to a folder of yours");
        return -ERR_ARG;
    }
    p->config_dir = xdg("XDG_CONFIG_HOME", ".config", "sandpit");
    p->config_file = xasprintf("%s/config.ini", p->config_dir);
    p->keys_file = xasprintf("%s/keys.ini", p->config_dir);
    p->themes_dir = xasprintf("%s/themes", p->config_dir);
    p->state_dir = xdg("XDG_STATE_HOME", ".local/state", "sandpit");
    p->host_state_dir = xdg("XDG_STATE_HOME", ".local/state", "sandpitd");
    p->recordings_dir = xdg("XDG_DATA_HOME", ".local/share", "sandpit/recordings");
    p->runtime_dir = runtime && runtime[0] == '/' ? xasprintf("%s/sandpit", runtime) : NULL;
    p->program = realpath("/proc/self/exe", NULL);
    p->sandpitd = find_sandpitd(p->program);
    return 0;
}

void paths_finish(struct paths *p)
{
    free(p->config_dir);
    free(p->config_file);
    free(p->keys_file);
    free(p->themes_dir);
    free(p->state_dir);
    free(p->host_state_dir);
    free(p->recordings_dir);
    free(p->runtime_dir);
    free(p->program);
    free(p->sandpitd);
    *p = (struct paths){0};
}

char *paths_expand(const char *folder, const char *path)
{
    if (strncmp(path, "~/", 2) == 0 && home())
        return xasprintf("%s/%s", home(), path + 2);
    if (path[0] == '/' || !folder)
        return xstrdup(path);
    return xasprintf("%s/%s", folder, path);
}

char *paths_read_file(const char *path, size_t cap, struct err *e)
{
    FILE *f = fopen(path, "re");
    cleanup_buf struct buf text = {0};

    if (!f) {
        err_set_errno(e, errno, "%s", path);
        return NULL;
    }
    buf_reserve(&text, cap + 1);
    text.len = fread(text.data, 1, cap + 1, f);
    bool bad = ferror(f);
    fclose(f);
    if (bad || text.len > cap) {
        if (bad)
            err_set(e, ERR_IO, "%s: cannot be read", path);
        else
            err_set(e, ERR_LIMIT, "%s: larger than %zu bytes", path, cap);
        return NULL;
    }
    while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    text.data[text.len] = '\0';
    return buf_steal(&text);
}
