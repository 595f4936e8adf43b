/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/link.h"

static int memfd_with(const char *text)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void settings__memfd__reads_back_sealed(void **state)
{
    struct link_env envs[] = {{(char *)"A", (char *)"1"}, {(char *)"B", (char *)"x=\"y\"\n"}};
    struct daemon_settings s = {.id = (char *)"abc",
                                .url = (char *)"http://abc.localhost:7780",
                                .subdomain = (char *)"abc",
                                .token = (char *)"secret",
                                .provider = (char *)"e2b",
                                .version = (char *)"1",
                                .servers = (char *)"[{}]",
                                .limits = {.n_files = 64},
                                .n_envs = 2,
                                .envs = envs};
    struct daemon_settings back;
    struct err e;
    int fd = daemon_settings_memfd(&s, &e);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(daemon_settings_read(&back, fd, &e), 0);
    assert_string_equal(back.id, "abc");
    assert_string_equal(back.url, s.url);
    assert_string_equal(back.token, "secret");
    assert_string_equal(back.provider, "e2b");
    assert_string_equal(back.servers, "[{}]");
    assert_string_equal(back.overlays, "");
    assert_int_equal(back.limits.n_files, 64);
    assert_int_equal(back.limits.memory_bytes, 0);
    assert_int_equal(back.n_envs, 2);
    assert_string_equal(back.envs[1].name, "B");
    assert_string_equal(back.envs[1].value, "x=\"y\"\n");
    daemon_settings_finish(&back);
    close(fd);
}

static void settings__read__refuses_malformed(void **state)
{
#define GOOD "\"id\":\"a\",\"url\":\"u\",\"subdomain\":\"a\",\"token\":\"t\""
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"id\":\"a\",\"url\":\"u\",\"subdomain\":\"a\"}",
        "{\"id\":\"a\",\"url\":\"u\",\"subdomain\":\"a\",\"token\":\"\"}",
        "{\"id\":7,\"url\":\"u\",\"subdomain\":\"a\",\"token\":\"t\"}",
        "{" GOOD ",\"provider\":1}",
        "{" GOOD ",\"envs\":[]}",
        "{" GOOD ",\"envs\":{\"A\":1}}",
        "{" GOOD ",\"envs\":{\"\":\"1\"}}",
        "{" GOOD ",\"envs\":{\"A=B\":\"1\"}}",
    };
    struct daemon_settings s;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err e = {0};
        int fd = memfd_with(bad[i]);

        assert_int_equal(daemon_settings_read(&s, fd, &e), -ERR_ARG);
        assert_memory_equal(e.text, "settings: ", 10);
        assert_null(s.token);
        close(fd);
    }
    int fd = memfd_with("{" GOOD "}");
    assert_int_equal(daemon_settings_read(&s, fd, NULL), 0);
    assert_string_equal(s.provider, "");
    daemon_settings_finish(&s);
    close(fd);
}

static void packet__send_recv__carries_a_descriptor(void **state)
{
    int pair[2], pipes[2], got;
    char bytes[16];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(link_recv(pair[1], bytes, sizeof bytes, &got), -EAGAIN);
    assert_int_equal(link_send(pair[0], "c", 1, pipes[1]), 0);
    assert_int_equal(link_recv(pair[1], bytes, sizeof bytes, &got), 1);
    assert_int_equal(bytes[0], 'c');
    assert_true(got >= 0);
    assert_true(fcntl(got, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(write(got, "hi", 2), 2);
    assert_int_equal(read(pipes[0], bytes, sizeof bytes), 2);
    close(got);
    assert_int_equal(link_send(pair[0], "{}", 2, -1), 0);
    assert_int_equal(link_recv(pair[1], bytes, sizeof bytes, &got), 2);
    assert_int_equal(got, -1);
    close(pair[0]);
    assert_int_equal(link_recv(pair[1], bytes, sizeof bytes, &got), 0);
    assert_int_equal(link_send(pair[1], "c", 1, -1), -EPIPE);
    close(pair[1]);
    close(pipes[0]);
    close(pipes[1]);
}

static void send_many(int sock, int fd, int n)
{
    int fds[16];
    union {
        char bytes[CMSG_SPACE(sizeof fds)];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {(void *)"c", 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = CMSG_SPACE((size_t)n * sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

    for (int i = 0; i < n; i++)
        fds[i] = fd;
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
    memcpy(CMSG_DATA(c), fds, (size_t)n * sizeof(int));
    assert_int_equal(sendmsg(sock, &msg, 0), 1);
}

static int lowest_free_fd(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

static void packet__recv__refuses_truncated_and_extra_descriptors(void **state)
{
    int pair[2], got, before;
    char bytes[4];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    before = lowest_free_fd();
    assert_int_equal(link_send(pair[0], "too long", 8, -1), 0);
    assert_int_equal(link_recv(pair[1], bytes, sizeof bytes, &got), -EBADMSG);
    send_many(pair[0], pair[0], 2);
    assert_int_equal(link_recv(pair[1], bytes, sizeof bytes, &got), -EBADMSG);
    send_many(pair[0], pair[0], 16);
    assert_int_equal(link_recv(pair[1], bytes, sizeof bytes, &got), -EBADMSG);
    assert_int_equal(got, -1);
    assert_int_equal(lowest_free_fd(), before);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings__memfd__reads_back_sealed),
        cmocka_unit_test(settings__read__refuses_malformed),
        cmocka_unit_test(packet__send_recv__carries_a_descriptor),
        cmocka_unit_test(packet__recv__refuses_truncated_and_extra_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
