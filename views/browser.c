/* SPDX-License-Identifier: MIT
 *
 * A URL in the user's browser: $BROWSER, else xdg-open. Over ssh, or where neither is there, it is
 * copied instead. What a sandbox calls a URL is not ours: only http and https, never through a
 * shell.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "views/state.h"

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_ended(uv_process_t *process, int64_t status, int signal)
{
    uv_close((uv_handle_t *)process, on_closed);
}

static bool spawn(uv_loop_t *loop, const char *program, const char *url)
{
    uv_process_t *process = xcalloc(1, sizeof *process);
    char *args[] = {(char *)program, (char *)url, NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
    const uv_process_options_t options = {.file = program,
                                          .args = args,
                                          .exit_cb = on_ended,
                                          .flags = UV_PROCESS_DETACHED,
                                          .stdio = stdio,
                                          .stdio_count = 3};

    if (uv_spawn(loop, process, &options) < 0) {
        uv_close((uv_handle_t *)process, on_closed);
        return false;
    }
    uv_unref((uv_handle_t *)process);
    return true;
}

bool views_is_web(const char *url)
{
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        return false;
    for (const char *p = url; *p; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p == 0x7f)
            return false;
    return true;
}

void views_browse(struct views_env *env, const char *url)
{
    const char *browser = getenv("BROWSER"), *ssh = getenv("SSH_TTY");

    if (!views_is_web(url)) {
        tui_toast(env->tui, ROLE_WARN, "That is no address for a browser");
        return;
    }
    if ((!ssh || !*ssh) &&
        spawn(tui_loop(env->tui), browser && *browser ? browser : "xdg-open", url))
        tui_toast(env->tui, ROLE_GOOD, "\xe2\x9c\x93 opened in the browser");
    else
        views_copy(env, "the URL: there is no browser here", url);
}
