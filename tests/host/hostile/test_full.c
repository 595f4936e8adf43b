/* SPDX-License-Identifier: MIT
 *
 * A full disk under the state folder: what cannot be done is refused with a reason, what was
 * acknowledged is there afterwards, and all goes on when there is room again. The disk is a tmpfs
 * in a mount namespace of this test's own.
 */
#include "tests/host/hostile/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

static struct host host;

static bool write_text(const char *path, const char *text)
{
    cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Mounts of our own: with privilege, or as root of a user namespace. */
static bool own_mounts(void)
{
    cleanup_free char *uids = xasprintf("0 %d 1", (int)getuid());
    cleanup_free char *gids = xasprintf("0 %d 1", (int)getgid());

    if (unshare(CLONE_NEWNS)) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) || !write_text("/proc/self/setgroups", "deny") ||
            !write_text("/proc/self/uid_map", uids) || !write_text("/proc/self/gid_map", gids))
            return false;
    }
    return !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int set_up(void **state)
{
    signal(SIGPIPE, SIG_IGN);
    host_init(&host, false);
    if (!own_mounts() || mount("small", host.folder, "tmpfs", 0, "size=6m,mode=0755")) {
        print_message("# no small disk here: %s\n", strerror(errno));
        return 0;
    }
    host_start(&host, NULL);
    *state = &host;
    return 0;
}

static int tear_down(void **state)
{
    cleanup_free char *folder = xstrdup(host.folder);

    if (*state) {
        host_end(&host, SIGTERM);
        host_start(&host, "--ephemeral");
        host_end(&host, SIGTERM);
        umount2(folder, MNT_DETACH);
    }
    rmdir(folder);
    free(host.folder);
    free(host.state);
    return 0;
}

/* Takes what is free, to the last byte. */
static void fill(void)
{
    cleanup_free char *path = xasprintf("%s/filling", host.folder);
    cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    static char zeros[65536];

    for (size_t n = sizeof zeros; n; n = n > 1 ? n / 2 : 0) {
        while (write(fd, zeros, n) == (ssize_t)n)
            continue;
    }
}

static void make_room(void)
{
    cleanup_free char *path = xasprintf("%s/filling", host.folder);

    assert_int_equal(unlink(path), 0);
}

enum { FILES, ENVS, TOKENS, EVENTS, SERVERS, SANDBOXES, N_KINDS };
static const char *const kind_names[] = {"file", "env", "token", "event", "server", "sandbox"};

/* One change, number i of its kind. Its status; what it named is in *id, owned or NULL. */
static int change(const struct guest *g, int kind, int i, char **id, char **error)
{
    cleanup_free char *text = NULL;
    cJSON *json = NULL;
    int status = 0;

    switch (kind) {
    case FILES:
        text = xasprintf("{\"path\":\"/home/user/f%d\",\"content\":\"%05000d\"}", i, i);
        status = guest_ask(g, "POST", "/files", text, &json);
        break;
    case ENVS:
        text = xasprintf("{\"variables\":{\"V%d\":\"%05000d\"}}", i, i);
        status = guest_ask(g, "POST", "/env?file=.env", text, &json);
        break;
    case TOKENS:
        text = xasprintf("{\"description\":\"%0200d\"}", i);
        status = guest_ask(g, "POST", "/auth/session_tokens", text, &json);
        if (status < 300)
            *id = xstrdup(cJSON_GetObjectItem(json, "id")->valuestring);
        break;
    case EVENTS: {
        cleanup_fd int fd = host_connect(&host);

        text = xasprintf("{\"type\":\"e%d\",\"data\":{\"x\":\"%04000d\"}}", i, i);
        cleanup_free char *request =
            xasprintf("POST /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                      "Content-Length: %zu\r\n\r\n%s",
                      g->token, strlen(text), text);
        send_text(fd, request);
        status = read_reply(fd, &json);
        break;
    }
    case SERVERS:
        text = xasprintf("{\"slug\":\"s%d\",\"start\":\"true\",\"autostart\":false,"
                         "\"environment\":{\"A\":\"%03000d\"}}",
                         i, i);
        status = guest_ask(g, "POST", "/servers", text, &json);
        break;
    default:
        text = xasprintf("{\"name\":\"n%d\",\"metadata\":{\"x\":\"%04000d\"}}", i, i);
        status = host_ask(&host, "POST", "/v1/sandboxes", text, &json);
        if (status < 300)
            *id = xstrdup(text_in(json, "sandboxId"));
    }
    *error = xstrdup(text_in(json, "error"));
    cJSON_Delete(json);
    return status;
}

/* Is the change there? */
static bool present(const struct guest *g, int kind, int i, const char *id)
{
    cleanup_free char *path = NULL;
    cleanup_free char *value = xasprintf("%05000d", i);
    cleanup_free char *name = xasprintf("V%d", i);
    cJSON *json = NULL;
    bool there = false;

    switch (kind) {
    case FILES:
        path = xasprintf("/files//home/user/f%d?content=true", i);
        there = guest_ask(g, "GET", path, NULL, &json) == 200 &&
                !strcmp(text_in(json, "content"), value);
        break;
    case ENVS:
        there = guest_ask(g, "GET", "/env?file=.env", NULL, &json) == 200 &&
                !strcmp(text_in(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "variables"),
                                name),
                        value);
        break;
    case TOKENS:
        path = xasprintf("/auth/session_tokens/%s", id);
        there = guest_ask(g, "GET", path, NULL, NULL) == 200;
        break;
    case EVENTS:
        path = xasprintf("/events/%s?type=e%d", g->id, i);
        there = host_ask(&host, "GET", path, NULL, &json) == 200 &&
                cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "count")->valueint == 1;
        break;
    case SERVERS:
        path = xasprintf("/servers/s%d", i);
        there = guest_ask(g, "GET", path, NULL, NULL) == 200;
        break;
    default:
        path = xasprintf("/v1/sandboxes/%s", id);
        there = host_ask(&host, "GET", path, NULL, &json) == 200 &&
                strcmp(text_in(json, "status"), "running") == 0;
    }
    cJSON_Delete(json);
    return there;
}

#define CHANGES_MAX 400
struct done {
    int kind, i;
    char *id; /* owned */
};

static void assert_present(const struct guest *g, const struct done *done, int n)
{
    for (int i = 0; i < n; i++) {
        if (!present(g, done[i].kind, done[i].i, done[i].id))
            fail_msg("%s %d was acknowledged and is lost", kind_names[done[i].kind], done[i].i);
    }
}

static void full__change__refused_with_a_reason_and_nothing_is_lost(void **state)
{
    static struct done done[CHANGES_MAX];
    int n = 0, i = 0;
    bool refused[N_KINDS] = {false};
    struct guest g;

    if (!*state) {
        skip();
        return;
    }
    guest_create(&g, &host, "{\"name\":\"first\"}");
    for (int round = 0; round < 3; round++) {
        /* Some while there is room, then with less and less of it. */
        if (round == 1)
            fill();
        for (int kind = 0; kind < N_KINDS; kind++) {
            for (int k = 0; k < (kind == SANDBOXES ? 2 : 6); k++, i++) {
                char *id = NULL, *error = NULL;
                int status = change(&g, kind, i, &id, &error);

                if (status >= 200 && status < 300) {
                    assert_true(n < CHANGES_MAX);
                    done[n++] = (struct done){kind, i, id};
                } else {
                    print_message("# %s: %d %s\n", kind_names[kind], status, error);
                    if (status < 400 || !*error || round == 0)
                        fail_msg("%s: %d %s", kind_names[kind], status, error);
                    refused[kind] = true;
                    free(id);
                }
                free(error);
            }
        }
        assert_int_equal(guest_ask(&g, "GET", "/info", NULL, NULL), 200);
        if (round == 1)
            assert_present(&g, done, n);
    }
    assert_true(refused[FILES] && refused[ENVS] && refused[SANDBOXES]);
    /* Every kind works again as soon as there is room. */
    make_room();
    for (int kind = 0; kind < N_KINDS; kind++, i++) {
        char *id = NULL, *error = NULL;
        int status = change(&g, kind, i, &id, &error);

        if (status < 200 || status >= 300)
            fail_msg("with room again: %s: %d %s", kind_names[kind], status, error);
        done[n++] = (struct done){kind, i, id};
        free(error);
    }
    assert_present(&g, done, n);
    host_end(&host, SIGKILL);
    host_start(&host, NULL);
    assert_present(&g, done, n);
    for (int k = 0; k < n; k++)
        free(done[k].id);
    guest_finish(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full__change__refused_with_a_reason_and_nothing_is_lost),
    };

    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests_name("hostile_full", tests, set_up, tear_down);
}
