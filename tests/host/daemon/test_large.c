/* SPDX-License-Identifier: MIT
 *
 * Files and outputs larger than the daemon may be in memory: compared byte for byte as they pass,
 * while the daemon's memory is looked at.
 */
#include "tests/host/daemon/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

#define LINES      3000000ULL
#define GROWTH_MAX ((long)48 * 1024) /* KiB */

/* A line as it stands in JSON: escapes, and characters that lie across every border. */
#define LINE       "%010llu \\\"quoted\\\" back\\\\slash \xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x9a\x80\\n"
#define LINE_BYTES 43ULL /* decoded */

/* --- the daemon's memory --- */

static long memory_kib(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (!strncmp(line, "RssAnon:", 8))
            kib = strtol(line + 8, NULL, 10);
    }
    fclose(file);
    assert_true(kib > 0);
    return kib;
}

static void check_memory(pid_t pid, long before_kib)
{
    long now_kib = memory_kib(pid);

    if (now_kib > before_kib + GROWTH_MAX)
        fail_msg("the daemon grew from %ld to %ld KiB", before_kib, now_kib);
}

/* --- raw HTTP --- */

static void send_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

        assert_true(sent > 0);
        bytes += sent;
        n -= (size_t)sent;
    }
}

struct reader {
    int fd;
    char bytes[65536];
    size_t at, n;
    size_t chunk; /* bytes left of it */
    bool started, ended;
};

static char next_raw(struct reader *r)
{
    if (r->at == r->n) {
        ssize_t n = recv(r->fd, r->bytes, sizeof r->bytes, 0);

        assert_true(n > 0);
        r->at = 0;
        r->n = (size_t)n;
    }
    return r->bytes[r->at++];
}

static void next_line(struct reader *r, char *out, size_t cap)
{
    size_t n = 0;
    char c;

    while ((c = next_raw(r)) != '\n') {
        if (n + 1 < cap && c != '\r')
            out[n++] = c;
    }
    out[n] = '\0';
}

static void read_head(struct reader *r, int expected, bool chunked)
{
    char line[256];
    bool is_chunked = false;

    next_line(r, line, sizeof line);
    assert_int_equal(strtol(line + 9, NULL, 10), expected);
    do {
        next_line(r, line, sizeof line);
        is_chunked = is_chunked || !strcasecmp(line, "Transfer-Encoding: chunked");
    } while (*line);
    assert_int_equal(is_chunked, chunked);
}

/* Of the chunked body; -1 at its end. */
static int next_byte(struct reader *r)
{
    char line[64];

    if (!r->chunk && !r->ended) {
        if (r->started)
            next_line(r, line, sizeof line);
        r->started = true;
        next_line(r, line, sizeof line);
        r->chunk = strtoul(line, NULL, 16);
        r->ended = !r->chunk;
    }
    if (r->ended)
        return -1;
    r->chunk--;
    return (unsigned char)next_raw(r);
}

static void expect_text(struct reader *r, const char *text)
{
    for (const char *p = text; *p; p++) {
        int c = next_byte(r);

        if (c != (unsigned char)*p)
            fail_msg("%02x in place of %02x, of: %s", (unsigned)c, (unsigned char)*p, text);
    }
}

/* Skips to behind the text. */
static void find_text(struct reader *r, const char *text)
{
    size_t n = 0;

    while (text[n]) {
        int c = next_byte(r);

        assert_int_not_equal(c, -1);
        n = c == (unsigned char)text[n] ? n + 1 : c == (unsigned char)text[0] ? 1 : 0;
    }
}

static void ask(int fd, const char *method, const char *path, unsigned long long n_body)
{
    cleanup_free char *head =
        xasprintf("%s %s HTTP/1.1\r\nHost: " WORLD_HOST "\r\nAuthorization: Bearer " WORLD_TOKEN
                  "\r\nContent-Length: %llu\r\n\r\n",
                  method, path, n_body);

    send_all(fd, head, strlen(head));
}

/* --- tests --- */

static void put_lines(struct world *w, pid_t pid, long before_kib)
{
    static const char head[] = "{\"content\":\"", tail[] = "\",\"path\":\"/tmp/large\"}";
    struct reader *r = xcalloc(1, sizeof *r);
    struct buf piece = {0};
    char line[128];
    size_t n_line = (size_t)snprintf(line, sizeof line, LINE, 0ULL);

    r->fd = world_connect(w);
    ask(r->fd, "POST", "/files", sizeof head - 1 + LINES * n_line + sizeof tail - 1);
    send_all(r->fd, head, sizeof head - 1);
    for (unsigned long long i = 0; i < LINES; i++) {
        buf_printf(&piece, LINE, i);
        if (piece.len < 60000 && i + 1 < LINES)
            continue;
        send_all(r->fd, piece.data, piece.len);
        buf_clear(&piece);
        if (i % 16 == 0)
            check_memory(pid, before_kib);
    }
    send_all(r->fd, tail, sizeof tail - 1);
    read_head(r, 201, false);
    check_memory(pid, before_kib);
    buf_finish(&piece);
    close(r->fd);
    free(r);
}

static void expect_lines(struct reader *r, pid_t pid, long before_kib)
{
    char line[128];

    for (unsigned long long i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, LINE, i);
        expect_text(r, line);
        if (i % 100000 == 0)
            check_memory(pid, before_kib);
    }
    expect_text(r, "\"");
}

static void large__file__never_in_memory(void **state)
{
    WORLD(state)
    pid_t pid = world_daemon_pid(w);
    long before_kib = memory_kib(pid);
    struct reader *r = xcalloc(1, sizeof *r);
    cleanup_free char *size = NULL;

    put_lines(w, pid, before_kib);
    size = world_sh(w, "wc -c < /tmp/large; ls -A /tmp | grep tmp- || true");
    assert_int_equal(strtoull(size, NULL, 10), LINES * LINE_BYTES);
    r->fd = world_connect(w);
    ask(r->fd, "GET", "/files//tmp/large?content=true", 0);
    read_head(r, 200, true);
    find_text(r, "\"content\":\"");
    expect_lines(r, pid, before_kib);
    find_text(r, "}}}");
    assert_int_equal(next_byte(r), -1);
    close(r->fd);
    free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(large__file__never_in_memory, world_setup, world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
