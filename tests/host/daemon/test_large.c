/* SPDX-License-Identifier: MIT
 *
 * Files and outputs larger than the daemon may be in memory: compared byte for byte as they pass,
 * while the daemon's memory is looked at.
 */
#include "tests/host/daemon/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

#define WORLD(state)                                                                               \
    struct world *w = *(state);                                                                    \
    if (!w)                                                                                        \
        skip();

#define LINES      2000000ULL
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

static long most_kib;

static void check_memory(pid_t pid, long before_kib)
{
    long now_kib = memory_kib(pid);

    if (now_kib - before_kib > most_kib)
        most_kib = now_kib - before_kib;
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

/* So many, a little that is no UTF-8, and NULs, which take six times their size. */
#define OUTPUT_COMMAND                                                                             \
    "{\"command\":\"head -c %ld /dev/zero | tr '\\\\0' 'x'; printf '\\\\377\\\\346\\\\274' >&2;"   \
    " head -c 3000000 /dev/zero >&2; exit 3\"%s}"

/* n times the text. */
static void expect_bytes(struct reader *r, const char *text, long n, pid_t pid, long before_kib)
{
    size_t n_text = strlen(text);
    struct buf many = {0};

    for (int i = 0; i < 1000; i++)
        buf_append(&many, text, n_text);
    for (long i = 0; i < n; i += 1000) {
        const char *expected = many.data;

        for (size_t left = 1000 * n_text; left;) {
            int c = next_byte(r);
            size_t more = r->chunk < r->n - r->at ? r->chunk : r->n - r->at;

            assert_int_equal(c, (unsigned char)*expected);
            more = more < left - 1 ? more : left - 1;
            assert_memory_equal(r->bytes + r->at, expected + 1, more);
            r->at += more;
            r->chunk -= more;
            expected += 1 + more;
            left -= 1 + more;
        }
        if (i % 5000000 == 0)
            check_memory(pid, before_kib);
    }
    buf_finish(&many);
}

static void expect_output(struct reader *r, long n, pid_t pid, long before_kib)
{
    find_text(r, "\"stdout\":\"");
    expect_bytes(r, "x", n, pid, before_kib);
    expect_text(r, "\",\"stderr\":\"\xef\xbf\xbd\xef\xbf\xbd");
    expect_bytes(r, "\\u0000", 3000000, pid, before_kib);
    expect_text(r, "\"}}");
    assert_int_equal(next_byte(r), -1);
}

static void large__output__nothing_lost_never_in_memory(void **state)
{
    WORLD(state)
    pid_t pid = world_daemon_pid(w);
    long before_kib = memory_kib(pid);
    cleanup_free char *body = xasprintf(OUTPUT_COMMAND, 160000000L, "");
    struct reader *r = xcalloc(1, sizeof *r);

    r->fd = world_connect(w);
    ask(r->fd, "POST", "/run/command", strlen(body));
    send_all(r->fd, body, strlen(body));
    read_head(r, 200, true);
    find_text(r, "\"exit_code\":3");
    expect_output(r, 160000000, pid, before_kib);
    close(r->fd);
    free(r);
}

static void large__output__of_a_tracked_command(void **state)
{
    WORLD(state)
    pid_t pid = world_daemon_pid(w);
    long before_kib = memory_kib(pid);
    cleanup_free char *body = xasprintf(OUTPUT_COMMAND, 40000000L, ",\"background\":true"),
                      *path = NULL;
    struct reader *r = xcalloc(1, sizeof *r);
    int status;
    cJSON *reply = world_call(w, "POST", "/run/command", WORLD_TOKEN, body, &status);

    assert_int_equal(status, 200);
    path = xasprintf("/terminals/%s/commands/%s", data_of(reply, "terminal_id")->valuestring,
                     data_of(reply, "cmd_id")->valuestring);
    cJSON_Delete(reply);
    for (int i = 0; i < 2; i++) {
        cleanup_free char *wait = xasprintf("%s%s", path, i ? "" : "/wait?timeout=60");

        *r = (struct reader){.fd = world_connect(w)};
        ask(r->fd, "GET", wait, 0);
        read_head(r, 200, true);
        expect_output(r, 40000000, pid, before_kib);
        close(r->fd);
    }
    free(r);
}

/* The next one is asked for while the disk is still written to. */
static void large__output__left_in_the_middle(void **state)
{
    WORLD(state)
    cleanup_free char *body = xasprintf("{\"command\":\"yes & cat /dev/zero\"}"), *out = NULL;

    for (int i = 0; i < 3; i++) {
        int fd = world_connect(w);

        ask(fd, "POST", "/run/command", strlen(body));
        send_all(fd, body, strlen(body));
        free(out);
        out = world_sh(w, "head -c 5000000 /dev/zero | tr '\\0' z; (yes >&2) & exit 0");
        assert_int_equal(strlen(out), 5000000);
        close(fd);
    }
}

/* A disk on which a file can have 20 MB and no more. */
static int setup_small_disk(void **state)
{
    struct rlimit old, small;
    int r;

    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 20000000;
    setrlimit(RLIMIT_FSIZE, &small);
    r = world_setup(state);
    setrlimit(RLIMIT_FSIZE, &old);
    return r;
}

static void large__disk_full__cut_and_said(void **state)
{
    WORLD(state)
    cJSON *reply = world_run(w, "head -c 50000000 /dev/zero | tr '\\0' a");
    struct buf body = {0};
    size_t n = strlen(data_of(reply, "stdout")->valuestring);
    int status;

    assert_in_range(n, 15000000, 20000000);
    assert_true(cJSON_IsTrue(data_of(reply, "stdout_truncated")));
    assert_null(data_of(reply, "stderr_truncated"));
    assert_int_equal(data_of(reply, "exit_code")->valueint, 0);
    cJSON_Delete(reply);
    buf_append_str(&body, "{\"path\":\"/tmp/x\",\"content\":\"");
    memset(buf_reserve(&body, 30000000), 'x', 30000000);
    body.len += 30000000;
    buf_append_str(&body, "\"}");
    reply = world_call(w, "POST", "/files", WORLD_TOKEN, body.data, &status);
    assert_int_equal(status, 507);
    assert_non_null(strstr(cJSON_GetObjectItem(reply, "error")->valuestring, "no space left"));
    cJSON_Delete(reply);
    buf_finish(&body);
    cJSON_Delete(world_run(w, "test ! -e /tmp/x"));
}

static int report(void **state)
{
    print_message("# the daemon grew by at most %ld KiB\n", most_kib);
    return world_teardown(state);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(large__file__never_in_memory, world_setup, report),
        cmocka_unit_test_setup_teardown(large__output__nothing_lost_never_in_memory, world_setup,
                                        report),
        cmocka_unit_test_setup_teardown(large__output__of_a_tracked_command, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(large__disk_full__cut_and_said, setup_small_disk,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(large__output__left_in_the_middle, world_setup,
                                        world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
