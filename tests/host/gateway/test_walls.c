/* SPDX-License-Identifier: MIT
 *
 * What a sandbox may use, and whom it reaches: limits and private networks, tried from inside.
 */
#include "tests/cm.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/host/gateway/host.h"

static struct host host;

struct box {
    char *id, *token; /* owned */
    cJSON *view;      /* owned; as it was created */
};

static int set_up(void **state)
{
    (void)state;
    host_init(&host, false);
    host_start(&host, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_finish(&host);
    return 0;
}

static struct box create(const char *body)
{
    struct box b = {0};

    assert_int_equal(host_ask(&host, "POST", "/v1/sandboxes", body, &b.view), 200);
    b.id = xstrdup(text_in(b.view, "sandboxId"));
    b.token = xstrdup(text_in(b.view, "token"));
    return b;
}

static void destroy(struct box *b)
{
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", b->id);

    assert_int_equal(host_ask(&host, "DELETE", path, NULL, NULL), 200);
    cJSON_Delete(b->view);
    free(b->id);
    free(b->token);
}

static cJSON *ask(const struct box *b, const char *method, const char *path, const char *body)
{
    cleanup_fd int fd = host_connect(&host);
    cleanup_free char *text =
        xasprintf("%s %s HTTP/1.1\r\nHost: %s.localhost:%d\r\n"
                  "Authorization: Bearer %s\r\n"
                  "Content-Type: application/json\r\n"
                  "Content-Length: %zu\r\n\r\n%s",
                  method, path, b->id, host.port, b->token, strlen(body), body);
    cJSON *json;

    send_text(fd, text);
    assert_int_equal(read_reply(fd, &json), 200);
    return json;
}

/* What a command says, both streams; the caller frees. */
static char *run(const struct box *b, const char *command)
{
    cJSON *request = cJSON_CreateObject(), *reply;
    cleanup_free char *line = xasprintf("exec 2>&1\n%s", command);
    char *body, *said;

    cJSON_AddStringToObject(request, "command", line);
    body = cJSON_PrintUnformatted(request);
    reply = ask(b, "POST", "/run/command", body);
    said = xstrdup(text_in(reply, "stdout"));
    cJSON_free(body);
    cJSON_Delete(request);
    cJSON_Delete(reply);
    return said;
}

static void assert_runs(const struct box *b, const char *command, const char *expected)
{
    cleanup_free char *said = run(b, command);

    assert_string_equal(said, expected);
}

static const char *means_of(const struct box *b, const char *what)
{
    const cJSON *data = cJSON_GetObjectItem(b->view, "data");
    const cJSON *by = cJSON_GetObjectItem(cJSON_GetObjectItem(data, "limits"), "by");
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(by, what));

    assert_non_null(text);
    return text;
}

/* --- limits --- */

static void walls__limits__are_told_by_gateway_and_daemon(void **state)
{
    struct box b = create("{\"limits\":{\"memoryBytes\":268435456,\"openFiles\":300}}");
    struct box plain = create("{}");
    cJSON *info = ask(&b, "GET", "/info", "");
    const cJSON *data = cJSON_GetObjectItem(info, "data");
    const cJSON *limits = cJSON_GetObjectItem(data, "limits");

    (void)state;
    assert_int_equal(cJSON_GetObjectItem(limits, "memoryBytes")->valueint, 268435456);
    assert_int_equal(cJSON_GetObjectItem(limits, "openFiles")->valueint, 300);
    assert_null(cJSON_GetObjectItem(limits, "diskBytes"));
    assert_true(cJSON_Compare(
        limits, cJSON_GetObjectItem(cJSON_GetObjectItem(b.view, "data"), "limits"), true));
    assert_string_not_equal(means_of(&b, "memory"), "none");
    assert_string_equal(means_of(&plain, "memory"), "none");
    assert_string_equal(means_of(&plain, "disk"), "none");
    assert_string_equal(means_of(&plain, "openFiles"), "rlimit");
    assert_string_equal(text_in(info, "network"), "shared");
    cJSON_Delete(info);
    destroy(&b);
    destroy(&plain);
}

static void walls__files__are_as_many_as_asked(void **state)
{
    struct box b = create("{\"limits\":{\"openFiles\":300}}"), plain = create("{}");

    (void)state;
    assert_runs(&b, "ulimit -Sn; ulimit -Hn", "300\n300\n");
    assert_runs(&plain, "ulimit -Sn", "1024\n");
    destroy(&b);
    destroy(&plain);
}

static void walls__disk__a_file_that_is_too_large_is_an_error(void **state)
{
    struct box b = create("{\"limits\":{\"diskBytes\":1048576}}");
    cleanup_free char *said = run(&b, "head -c 2000000 /dev/zero >big; echo $?; stat -c %s big");

    (void)state;
    assert_non_null(strstr(said, "File too large"));
    assert_non_null(strstr(said, "1\n1048576\n"));
    assert_string_equal(means_of(&b, "disk"), "file-size");
    destroy(&b);
}

static void walls__memory__ends_what_takes_too_much_and_nothing_else(void **state)
{
    struct box b = create("{\"limits\":{\"memoryBytes\":67108864}}");
    pid_t pid = host_daemon_pid(&host, b.id);
    cleanup_free char *said =
        run(&b, "(head -c 300000000 /dev/zero | tail | wc -c) 2>/dev/null; echo after");

    (void)state;
    assert_null(strstr(said, "300000000"));
    assert_non_null(strstr(said, "after"));
    assert_true(pid_lives(pid));
    assert_int_equal(host_daemon_pid(&host, b.id), pid);
    assert_runs(&b, "echo again", "again\n");
    destroy(&b);
}

static void walls__processes__are_as_many_as_asked(void **state)
{
    struct box b = create("{\"limits\":{\"processes\":40}}");

    (void)state;
    if (strcmp(means_of(&b, "processes"), "none") != 0) {
        cleanup_free char *said = run(&b, "python3 -c '\n"
                                          "import os,signal,time\n"
                                          "pids=[]\n"
                                          "try:\n"
                                          "  while len(pids)<200:\n"
                                          "    p=os.fork()\n"
                                          "    if not p: time.sleep(60); os._exit(0)\n"
                                          "    pids.append(p)\n"
                                          "except OSError as e: print(e.strerror)\n"
                                          "for p in pids: os.kill(p,9); os.waitpid(p,0)\n"
                                          "print(20<len(pids)<40)'");

        assert_string_equal(said, "Resource temporarily unavailable\nTrue\n");
        assert_runs(&b, "echo again", "again\n");
    }
    destroy(&b);
}

static void walls__stats__tell_what_is_used(void **state)
{
    struct box b = create("{\"limits\":{\"memoryBytes\":268435456}}");
    cJSON *reply;
    const cJSON *data, *memory;

    (void)state;
    free(run(&b, "setsid sleep 100 >/dev/null 2>&1 </dev/null &"));
    reply = ask(&b, "GET", "/stats", "");
    data = cJSON_GetObjectItem(reply, "data");
    memory = cJSON_GetObjectItem(data, "memory");
    assert_int_equal(cJSON_GetObjectItem(memory, "limitBytes")->valueint, 268435456);
    assert_true(cJSON_GetObjectItem(memory, "usedBytes")->valuedouble > 0);
    data = cJSON_GetObjectItem(data, "processes");
    assert_true(cJSON_GetObjectItem(data, "count")->valueint >= 2);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(data, "limit")));
    cJSON_Delete(reply);
    destroy(&b);
}

static bool in_group(pid_t pid, const char *id)
{
    cleanup_free char *path = xasprintf("/proc/%d/cgroup", (int)pid);
    cleanup_free char *group = xasprintf("/sandpit/%s\n", id);
    FILE *f = fopen(path, "r");
    char line[512];
    bool found = false;

    while (f && fgets(line, sizeof line, f))
        found = found || strstr(line, group);
    if (f)
        fclose(f);
    return found;
}

static void walls__group__holds_the_sandbox_and_hides_itself(void **state)
{
    struct box b = create("{}");

    (void)state;
    if (!strcmp(means_of(&b, "processes"), "cgroup")) {
        assert_true(in_group(host_daemon_pid(&host, b.id), b.id));
        assert_false(in_group(host.pid, b.id));
        assert_runs(&b, "grep -c sandpit /proc/self/cgroup", "0\n");
    }
    destroy(&b);
}

/* --- networks --- */

/* Says its name to HTTP, and echoes after an upgrade. */
static const char server_code[] =
    "import socket,sys,threading\n"
    "s=socket.create_server((\"127.0.0.1\",3000))\n"
    "def run(c):\n"
    "  head=b\"\"\n"
    "  while b\"\\r\\n\\r\\n\" not in head: head+=c.recv(4096)\n"
    "  if b\"Upgrade: websocket\" in head:\n"
    "    c.sendall(b\"HTTP/1.1 101 Switching Protocols\\r\\n\"\n"
    "      b\"Upgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n\")\n"
    "    rest=head.split(b\"\\r\\n\\r\\n\",1)[1]\n"
    "    c.sendall(sys.argv[1].encode()+(rest or c.recv(100)))\n"
    "  else:\n"
    "    t=sys.argv[1].encode()\n"
    "    c.sendall(b\"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\"\n"
    "      b\"Connection: close\\r\\n\\r\\n\"%len(t)+t)\n"
    "  c.close()\n"
    "while True:\n"
    "  threading.Thread(target=run,args=(s.accept()[0],)).start()\n";

static void serve(const struct box *b, const char *name)
{
    cleanup_free char *command = xasprintf(
        "cat >/tmp/server.py <<'END'\n%sEND\n"
        "setsid python3 /tmp/server.py %s >/tmp/server.log 2>&1 </dev/null &\n"
        "for i in $(seq 200); do grep -q ':0BB8 .* 0A ' /proc/net/tcp && break; sleep 0.05; done\n"
        "grep -c ':0BB8 .* 0A ' /proc/net/tcp",
        server_code, name);

    assert_runs(b, command, "1\n");
}

/* All that port 3000 of it says to a request with these further lines, and then to `more`. */
static char *visit(const struct box *b, const char *lines, const char *more)
{
    cleanup_fd int fd = host_connect(&host);
    cleanup_free char *text = xasprintf("GET / HTTP/1.1\r\nHost: %s-3000.localhost:%d\r\n%s\r\n%s",
                                        b->id, host.port, lines, more);
    struct buf in = {0};
    ssize_t n;

    send_text(fd, text);
    while ((n = recv(fd, buf_reserve(&in, 4096), 4096, 0)) > 0)
        in.len += (size_t)n;
    buf_append_str(&in, "");
    return buf_steal(&in);
}

#define UPGRADE                                                                                    \
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"                   \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static void assert_ends(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);

    if (n < n_end || strcmp(text + n - n_end, end) != 0)
        fail_msg("%s\ndoes not end with %s", text, end);
}

static void walls__network__each_private_one_has_its_own_ports(void **state)
{
    static const char *const names[] = {"first", "second"};
    struct box b[] = {create("{\"network\":\"private\"}"), create("{\"network\":\"private\"}")};

    (void)state;
    for (int i = 0; i < 2; i++)
        serve(&b[i], names[i]);
    for (int i = 0; i < 2; i++) {
        cleanup_free char *page = visit(&b[i], "Connection: close\r\n", "");
        cleanup_free char *echo = visit(&b[i], UPGRADE, "-echo");
        cleanup_free char *expected = xasprintf("\r\n\r\n%s-echo", names[i]);

        assert_ends(page, names[i]);
        assert_non_null(strstr(echo, " 101 "));
        assert_ends(echo, expected);
        assert_string_equal(text_in(b[i].view, "network"), "private");
        destroy(&b[i]);
    }
}

static int listen_somewhere(struct in_addr address, int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = address};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static int listen_abstract(char name[32])
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(name, 32, "sandpit-test-%d", (int)getpid());
    memcpy(a.sun_path + 1, name, strlen(name));
    assert_int_equal(bind(fd, (struct sockaddr *)&a,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))),
                     0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

/* Prints which of its arguments answer: ADDRESS:PORT or @NAME. */
static const char knock_code[] =
    "import socket,sys\n"
    "for a in sys.argv[1:]:\n"
    "  n=a[0]==\"@\"\n"
    "  s=socket.socket(socket.AF_UNIX if n else socket.AF_INET)\n"
    "  s.settimeout(1)\n"
    "  to=\"\\0\"+a[1:] if n else (a.split(\":\")[0],int(a.split(\":\")[1]))\n"
    "  try:\n"
    "    s.connect(to); print(a)\n"
    "  except OSError: pass\n"
    "print(\"done\")\n";

static char *knock(const struct box *b, const char *places)
{
    cleanup_free char *command = xasprintf(
        "cat >/tmp/knock.py <<'END'\n%sEND\npython3 /tmp/knock.py %s", knock_code, places);

    return run(b, command);
}

static void walls__network__private_reaches_no_service_of_the_machine(void **state)
{
    struct box neighbour = create("{\"network\":\"private\"}");
    struct box b = create("{\"network\":\"private\"}"), shared = create("{}");
    char name[32];
    int port;
    cleanup_fd int tcp = listen_somewhere((struct in_addr){htonl(INADDR_LOOPBACK)}, &port);
    cleanup_fd int abstract = listen_abstract(name);
    cleanup_free char *places =
        xasprintf("127.0.0.1:%d 127.0.0.1:%d @%s 127.0.0.1:3000 10.0.2.2:%d 10.0.2.2:%d "
                  "10.0.2.100:3000",
                  port, host.port, name, port, host.port);
    cleanup_free char *open_places =
        xasprintf("127.0.0.1:%d 127.0.0.1:%d @%s", port, host.port, name);
    cleanup_free char *open_said =
        xasprintf("127.0.0.1:%d\n127.0.0.1:%d\n@%s\ndone\n", port, host.port, name);

    (void)state;
    serve(&neighbour, "neighbour");
    cleanup_free char *said = knock(&b, places);
    cleanup_free char *shared_said = knock(&shared, open_places);
    assert_string_equal(said, "done\n");
    /* They are there: the shared network shows all of them. */
    assert_string_equal(shared_said, open_said);
    destroy(&b);
    destroy(&neighbour);
    destroy(&shared);
}

static bool address_of_machine(struct in_addr *address)
{
    struct ifaddrs *all;
    bool found = false;

    assert_int_equal(getifaddrs(&all), 0);
    for (struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK))
            continue;
        *address = ((struct sockaddr_in *)i->ifa_addr)->sin_addr;
        found = true;
    }
    freeifaddrs(all);
    return found;
}

static int count_helpers(void)
{
    cleanup_free char *path = xasprintf("/proc/%d/task/%d/children", (int)host.pid, (int)host.pid);
    FILE *f = fopen(path, "r");
    int pid, n = 0;

    assert_non_null(f);
    while (fscanf(f, "%d", &pid) == 1) {
        cleanup_free char *comm = xasprintf("/proc/%d/comm", pid);
        FILE *g = fopen(comm, "r");
        char name[32] = "";

        if (g && fgets(name, sizeof name, g) && !strcmp(name, "slirp4netns\n") && pid_lives(pid))
            n++;
        if (g)
            fclose(g);
    }
    fclose(f);
    return n;
}

static void walls__network__way_out_opens_and_ends_with_the_sandbox(void **state)
{
    struct box b = create("{\"network\":\"private\"}"),
               killed = create("{\"network\":\"private\"}");
    bool outbound =
        cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetObjectItem(b.view, "data"), "outbound"));
    struct in_addr address;
    int port;

    (void)state;
    if (!outbound) {
        print_message("# no slirp4netns or no /dev/net/tun here\n");
        assert_runs(&b, "grep -c : /proc/net/dev", "1\n");
    } else {
        assert_int_equal(count_helpers(), 2);
        assert_runs(&b, "grep nameserver /etc/resolv.conf", "nameserver 10.0.2.3\n");
        if (address_of_machine(&address)) {
            cleanup_fd int fd = listen_somewhere(address, &port);
            cleanup_free char *place = xasprintf("%s:%d", inet_ntoa(address), port);
            cleanup_free char *said = knock(&b, place);
            cleanup_free char *expected = xasprintf("%s\ndone\n", place);

            assert_true(fd >= 0);
            assert_string_equal(said, expected);
        }
        assert_int_equal(kill(host_daemon_pid(&host, killed.id), SIGKILL), 0);
        wait_until(count_helpers() == 1);
    }
    destroy(&killed);
    destroy(&b);
    wait_until(count_helpers() == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walls__limits__are_told_by_gateway_and_daemon),
        cmocka_unit_test(walls__files__are_as_many_as_asked),
        cmocka_unit_test(walls__disk__a_file_that_is_too_large_is_an_error),
        cmocka_unit_test(walls__memory__ends_what_takes_too_much_and_nothing_else),
        cmocka_unit_test(walls__processes__are_as_many_as_asked),
        cmocka_unit_test(walls__stats__tell_what_is_used),
        cmocka_unit_test(walls__group__holds_the_sandbox_and_hides_itself),
        cmocka_unit_test(walls__network__each_private_one_has_its_own_ports),
        cmocka_unit_test(walls__network__private_reaches_no_service_of_the_machine),
        cmocka_unit_test(walls__network__way_out_opens_and_ends_with_the_sandbox),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
