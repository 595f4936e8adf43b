/* SPDX-License-Identifier: MIT
 *
 * A full disk under the state folder: what cannot be done is refused with a reason, what was
 * acknowledged is there afterwards, and all goes on when there is room again. The disk is a tmpfs
 * in a mount namespace of this test's own.
 */
#include "tests/host/hostile/changes.h"

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

#define CHANGES_MAX 100
struct lot {
    struct guest guest;
    struct change done[CHANGES_MAX]; /* acknowledged */
    int n, number;
    bool refused[CHANGE_KINDS];
};

static void try_some(struct lot *lot, enum change_kind kind, int n, bool full)
{
    for (int i = 0; i < n; i++) {
        int number = lot->number++, status;
        char *error;

        assert_true(lot->n < CHANGES_MAX);
        if (change_finish(change_send(&lot->guest, kind, number), kind, number, &lot->done[lot->n],
                          &status, &error)) {
            lot->n++;
        } else if (!full || status < 400 || !*error) {
            fail_msg("%s: %d %s", change_names[kind], status, error);
        } else {
            print_message("# %s: %d %s\n", change_names[kind], status, error);
            lot->refused[kind] = true;
        }
        free(error);
    }
}

static void assert_all(const struct lot *lot)
{
    for (int i = 0; i < lot->n; i++)
        change_assert_present(&lot->guest, &lot->done[i]);
}

static void full__change__refused_with_a_reason_and_nothing_is_lost(void **state)
{
    static struct lot lot;

    if (!*state) {
        print_message("# not tried\n"); /* cmocka's own word for it counts as a failure */
        return;
    }
    guest_create(&lot.guest, &host, "{\"name\":\"first\"}");
    for (int kind = 0; kind < CHANGE_KINDS; kind++)
        try_some(&lot, kind, kind == CHANGE_SANDBOX ? 1 : 4, false);
    fill();
    for (int kind = 0; kind < CHANGE_KINDS; kind++)
        try_some(&lot, kind, 4, true);
    assert_true(lot.refused[CHANGE_FILE] && lot.refused[CHANGE_ENV] && lot.refused[CHANGE_SANDBOX]);
    /* Nothing that only looks or runs needs room. */
    assert_int_equal(guest_ask(&lot.guest, "GET", "/info", NULL, NULL), 200);
    free(guest_sh(&lot.guest, "true", NULL));
    assert_all(&lot);
    make_room();
    for (int kind = 0; kind < CHANGE_KINDS; kind++)
        try_some(&lot, kind, 1, false);
    assert_all(&lot);
    host_end(&host, SIGKILL);
    host_start(&host, NULL);
    assert_all(&lot);
    for (int i = 0; i < lot.n; i++)
        free(lot.done[i].id);
    guest_finish(&lot.guest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full__change__refused_with_a_reason_and_nothing_is_lost),
    };

    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests_name("hostile_full", tests, set_up, tear_down);
}
