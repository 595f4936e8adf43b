/* SPDX-License-Identifier: MIT
 *
 * No secret where it does not belong. One life of a user is lived with secrets that are known: a
 * key, provider credentials, variables of all kinds, tokens, a link, a password typed where nothing
 * echoes. It goes through commands, the dashboard, a recording and requests that fail, with the log
 * on, and ends in crashes. Meanwhile a thread looks at every command line and environment of the
 * machine; afterwards every file written is searched. The secrets are random, so that whatever
 * holds one, holds it because of us.
 *
 * What may hold one, and only that, stands in the table of the secrets.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/random.h"
#include "tests/e2e/lab.h"

#define TEXT_MAX     160
#define FILE_MAX     ((off_t)64 << 20)
#define PLACES_MAX   4
#define LOOK_MS      3
#define ENVIRON_SIZE (256 * 1024)

/* From PROVIDER to ENTERED they are made up, the others are the gateway's. */
enum which {
    KEY,
    ACCESS,
    PROVIDER,
    SANDBOX,
    SERVER,
    COMMAND,
    DOTENV,
    TYPED,
    ENTERED,
    TOKEN,
    LINK,
    SHOWN,
    N
};

static struct secret {
    const char *what;
    const char *places[PLACES_MAX]; /* parts of paths of files that may hold it */
    bool guests_may;                /* it is in environments inside the sandbox, by its purpose */
    char text[TEXT_MAX];            /* "" until it is known */
} secrets[N] = {
    [KEY] = {"the API key", {"sandpitd/api-key"}, false, ""},
    [ACCESS] = {"the access token", {"sandpitd/gateway.db"}, false, ""},
    [PROVIDER] = {"a provider's credential", {NULL}, false, ""},
    [SANDBOX] = {"a variable of the sandbox", {"sandpitd/gateway.db"}, true, ""},
    [SERVER] = {"a variable of a server", {"/var/lib/sandpit/servers.json"}, true, ""},
    [COMMAND] = {"a variable of a command", {NULL}, true, ""},
    [DOTENV] = {"a value of .env", {"/home/user/.env"}, true, ""},
    [TYPED] = {"a password typed without echo", {NULL}, false, ""},
    [ENTERED] = {"a value entered in the dashboard", {"/home/user/.env"}, true, ""},
    [TOKEN] = {"a session token", {NULL}, false, ""},
    [LINK] = {"a magic link", {NULL}, false, ""},
    [SHOWN] = {"a token made in the dashboard", {NULL}, false, ""},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of secrets' texts, found, stop */
static struct buf found;                                 /* what the thread saw, a line each */
static bool stop;

static void learn(enum which which, const char *text)
{
    assert_true(strlen(text) > 8 && strlen(text) < TEXT_MAX);
    pthread_mutex_lock(&lock);
    snprintf(secrets[which].text, TEXT_MAX, "%s", text);
    pthread_mutex_unlock(&lock);
}

/* --- the thread: command lines and environments --- */

static size_t read_proc(int pid, const char *name, char *out, size_t size)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n<size; n += got> 0 ? (size_t)got : 0)
        got = read(fd, out + n, size - n);
    close(fd);
    return n;
}

static bool is_in_a_sandbox(int pid)
{
    char path[64], theirs[64], ours[64];

    snprintf(path, sizeof path, "/proc/%d/ns/pid", pid);
    ssize_t n = readlink(path, theirs, sizeof theirs), m = readlink("/proc/self/ns/pid", ours, 64);
    return n > 0 && (n != m || memcmp(theirs, ours, (size_t)n) != 0);
}

/* Has it an environment that this project makes? That of sandpit, and of the test's own shells, is
 * the user's. */
static bool is_judged(const char *exe, bool in_a_sandbox)
{
    return strcmp(exe, "sandpitd") == 0 || strcmp(exe, "bwrap") == 0 || in_a_sandbox;
}

static void look_at(int pid, const char *name, char *bytes)
{
    bool is_environ = strcmp(name, "environ") == 0, in_a_sandbox = is_in_a_sandbox(pid);
    char path[64], exe[512];

    /* Who it is before what it has: one that ends in between, or was never alive, says nothing. */
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    ssize_t len = readlink(path, exe, sizeof exe - 1);
    if (len <= 0)
        return;
    exe[len] = '\0';
    const char *program = strrchr(exe, '/') ? strrchr(exe, '/') + 1 : exe;
    size_t n = read_proc(pid, name, bytes, ENVIRON_SIZE);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; n && i < N; i++) {
        const struct secret *s = &secrets[i];

        if (!*s->text || !memmem(bytes, n, s->text, strlen(s->text)))
            continue;
        if (is_environ && (!is_judged(program, in_a_sandbox) || (s->guests_may && in_a_sandbox)))
            continue;
        cleanup_free char *line = xasprintf("%s is in %s of %s\n", s->what, name, program);
        if (!found.len || !strstr(found.data, line))
            buf_append_str(&found, line);
    }
    pthread_mutex_unlock(&lock);
}

static bool is_stopped(void)
{
    pthread_mutex_lock(&lock);
    bool is = stop;
    pthread_mutex_unlock(&lock);
    return is;
}

static void *watch_processes(void *unused)
{
    char *bytes = xmalloc(ENVIRON_SIZE);

    while (!is_stopped()) {
        DIR *proc = opendir("/proc");

        for (struct dirent *entry; (entry = readdir(proc));) {
            int pid = atoi(entry->d_name);

            if (pid > 0) {
                look_at(pid, "cmdline", bytes);
                look_at(pid, "environ", bytes);
            }
        }
        closedir(proc);
        poll(NULL, 0, LOOK_MS);
    }
    free(bytes);
    return unused;
}

/* --- the files --- */

static struct buf leaks;
static unsigned n_held[N]; /* files that may hold it, and do: the search is not blind */

static bool may_hold(const struct secret *s, const char *path)
{
    for (size_t i = 0; i < PLACES_MAX && s->places[i]; i++)
        if (strstr(path, s->places[i]))
            return true;
    return false;
}

static int search_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    if (type != FTW_F || !st->st_size || st->st_size > FILE_MAX)
        return 0;
    char *bytes = xmalloc((size_t)st->st_size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, (size_t)st->st_size);

    for (size_t i = 0; n > 0 && i < N; i++) {
        if (!memmem(bytes, (size_t)n, secrets[i].text, strlen(secrets[i].text)))
            continue;
        if (may_hold(&secrets[i], path))
            n_held[i]++;
        else
            buf_printf(&leaks, "%s is in %s\n", secrets[i].what, path);
    }
    if (fd >= 0)
        close(fd);
    free(bytes);
    if (strncmp(path + ftw->base, "core", 4) == 0 && !strstr(path, "/root/"))
        buf_printf(&leaks, "a core file: %s\n", path);
    return 0;
}

/* --- a life --- */

/* An HTTP request as it is, the answer as it comes; the caller frees. */
static char *request(struct lab *l, const char *text)
{
    struct addrinfo *address, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct buf answer = {0};
    const char *port = strrchr(l->url, ':') + 1;

    assert_int_equal(getaddrinfo("127.0.0.1", port, &hints, &address), 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, address->ai_addr, address->ai_addrlen), 0);
    freeaddrinfo(address);
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    for (ssize_t n; (n = recv(fd, buf_reserve(&answer, 4096), 4095, 0)) > 0;)
        answer.len += (size_t)n;
    close(fd);
    buf_append_char(&answer, '\0');
    return buf_steal(&answer);
}

/* Runs a script in which $S is sandpit with the log on; it must end well. */
static void script(struct lab *l, const char *text)
{
    cleanup_free char *line = xasprintf("S=\"$S --log $PWD/debug.log\"; set -e; %s", text);
    int status = lab_sh(l, line);

    if (status)
        fail_msg("%s: status %d: %s%s", text, status, l->out, l->err);
}

static void make_secrets(struct lab *l)
{
    for (enum which i = PROVIDER; i <= ENTERED; i++) {
        unsigned char bytes[12];
        char text[40] = "known", name[16];

        random_bytes(bytes, sizeof bytes);
        for (size_t k = 0; k < sizeof bytes; k++)
            snprintf(text + 5 + 2 * k, 3, "%02x", bytes[k]);
        learn(i, text);
        snprintf(name, sizeof name, "in/%d", (int)i);
        lab_write(l, name, text);
    }
    lab_env(l, "E2B_API_KEY=%s", secrets[PROVIDER].text);
}

static void learn_line(struct lab *l, enum which which, const char *file)
{
    cleanup_free char *text = lab_read(l, file);

    text[strcspn(text, "\n")] = '\0';
    learn(which, which == LINK ? strstr(text, "/auth/magic/") + strlen("/auth/magic/") : text);
}

/* The gateway that sandpit starts for itself, its key, a sandbox and the token of that. */
static void begin(struct lab *l)
{
    script(l, "$S ls");
    cleanup_free char *record = lab_read(l, "state/sandpitd/gateway.json");
    const char *url = strstr(record, "http://");

    l->url = xstrndup(url, strcspn(url, "\""));
    learn_line(l, KEY, "state/sandpitd/api-key");
    script(l, "ENVS=$(cat in/3) $S new alice/demo -e ENVS");
    cleanup_free char *id = xstrdup(l->out);
    id[strcspn(id, "\n")] = '\0';
    cleanup_free char *ask = xasprintf("GET /v1/sandboxes/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                       "X-API-Key: %s\r\nConnection: close\r\n\r\n",
                                       id, secrets[KEY].text);
    cleanup_free char *answer = request(l, ask);
    char *token = strstr(answer, "\"token\":\"");
    assert_non_null(token);
    token += strlen("\"token\":\"");
    token[strcspn(token, "\"")] = '\0';
    learn(ACCESS, token);
}

static void use_commands(struct lab *l)
{
    script(l, "(printf VALUE=; cat in/6) | $S env alice/demo set; $S env alice/demo");
    script(l, "V=$(cat in/4) $S servers alice/demo start web 'echo up; exec sleep 1000' -e V;"
              "$S servers alice/demo; $S servers alice/demo show web");
    script(l, "V=$(cat in/5) $S exec alice/demo -e V 'test ${#V} -gt 20';"
              "V=$(cat in/5) $S run alice/demo start true -e V; $S run alice/demo");
    script(l, "$S token alice/demo create -d guest >in/token; $S link alice/demo >in/link");
    learn_line(l, TOKEN, "in/token");
    learn_line(l, LINK, "in/link");
    script(l,
           "$S token alice/demo; $S show alice/demo; $S ls --json; $S info; $S events alice/demo");
    /* A remote gateway, with a provider's credential along, and one that refuses the key. */
    cleanup_free char *remote = xasprintf("export COMPUTESDK_GATEWAY_URL=%s;"
                                          "export COMPUTESDK_API_KEY=$(cat in/2); ! $S ls;"
                                          "COMPUTESDK_API_KEY=$(cat state/sandpitd/api-key) $S ls",
                                          l->url);
    script(l, remote);
}

/* Tokens where a query, a header or a path has them; some of it is refused. */
static void send_requests(struct lab *l)
{
    static const struct {
        const char *line, *header;
        enum which in_line, in_header;
    } requests[] = {
        {"GET /files?token=%s", "X-E2B-API-Key: %s", TOKEN, PROVIDER},
        {"GET /none?token=%s", "Authorization: Bearer %s", ACCESS, TOKEN},
        {"GET /auth/magic/%s", "Cookie: session=%s", LINK, TOKEN},
        {"GET /auth/magic/%s", "Authorization: Bearer %s", LINK, ACCESS}, /* again: refused */
        {"POST /%s/none", "X-API-Key: %s", TOKEN, KEY},
        {"NONSENSE /?token=%s&", "Authorization: Basic %s", ACCESS, TYPED},
    };
    script(l, "$S ls --json | sed -n 's/.*\"sandboxId\":[^\"]*\"\\(.*\\)\".*/\\1/p'");
    cleanup_free char *host = xstrndup(l->out, strcspn(l->out, "\n"));

    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct buf text = {0};
        const char *line = requests[i].line, *header = requests[i].header;

        buf_printf(&text, "%.*s%s%s HTTP/1.1\r\nHost: %s.localhost\r\n", (int)strcspn(line, "%"),
                   line, secrets[requests[i].in_line].text, strchr(line, '%') + 2, host);
        buf_printf(&text, "%.*s%s\r\nConnection: close\r\n\r\n", (int)strcspn(header, "%"), header,
                   secrets[requests[i].in_header].text);
        cleanup_free char *answer = request(l, text.data);
        assert_has(answer, "HTTP/1.1 ");
        buf_finish(&text);
    }
}

/* A program that asks for a password, with the recording on. */
static void type_password(struct pty *p)
{
    pty_send(p, "\r");
    assert_screen(p, "$");
    pty_send(p, "\002R");
    assert_screen(p, "REC");
    pty_send(p, "stty -echo; echo ask-$((40+2)); read word; stty echo; echo got ${#word}\r");
    assert_screen(p, "ask-42");
    pty_send(p, secrets[TYPED].text);
    pty_send(p, "\r");
    assert_screen(p, "got 29");
    pty_send(p, "\002e");
    assert_screen(p, "NAME");
}

/* Each Esc at the beginning by itself: with the next key it would be an Alt. */
static void go(struct pty *p, const char *keys, const char *seen)
{
    for (; *keys == '\033'; keys++) {
        pty_send(p, "\033");
        assert_true(pty_wait_quiet(p, 150, WAIT_MS));
    }
    pty_send(p, keys);
    assert_screen(p, seen);
}

/* Every view there is, masked as they are; then a token that is shown this once. */
static void use_dashboard(struct lab *l)
{
    struct pty *p = lab_pty(l, 40, 150, "--log", "debug.log", NULL);
    char token[TEXT_MAX] = "";
    size_t n;

    assert_screen(p, "alice", "demo", "running");
    type_password(p);
    go(p, "d", "provider");
    go(p, "\033y", "sandboxId");
    go(p, "\0332", "web");
    go(p, "d", "restart");
    go(p, "\033y", "\"slug\"");
    go(p, "\033\0333", "up");
    go(p, "\0334", ".env");
    go(p, "\0335", "VALUE");
    go(p, "a", "Value");
    go(p, "OTHER\033[B", "OTHER");
    pty_send(p, secrets[ENTERED].text);
    go(p, "\r", "staged");
    go(p, "w", "OTHER=");
    assert_false(pty_screen_has(p, secrets[ENTERED].text));
    go(p, "\r", "wrote");
    go(p, "\0336", "watchers alice/demo");
    go(p, "\0337", "signals alice/demo");
    go(p, "\0338", "events alice/demo");
    go(p, "\0339", "true");
    go(p, "d", "cmd id");
    go(p, "\033T", "guest");
    go(p, ":journal\r", "env");
    go(p, "d", "curl");
    const char *output = pty_output(p, &n);
    for (size_t i = 0; i < SHOWN; i++)
        if (i != ENTERED && memmem(output, n, secrets[i].text, strlen(secrets[i].text)))
            fail_msg("%s was on the screen", secrets[i].what);
    go(p, "\033\033", "guest");
    go(p, "n", "Description");
    go(p, "shown\r", "only now");
    const char *at = strstr(pty_screen_text(p), "st_");
    assert_non_null(at);
    snprintf(token, sizeof token, "%.*s",
             (int)strspn(at, "st_abcdefghijklmnopqrstuvwxyz0123456789"), at);
    learn(SHOWN, token);
    go(p, "\033", "shown");
    go(p, ":journal\r", "session_tokens");
    go(p, "d", "curl");
    assert_false(pty_screen_has(p, token));
    kill(pty_pid(p), SIGABRT);
    assert_int_equal(pty_exit_status(p, WAIT_MS), 128 + SIGABRT);
    pty_destroy(p);
}

/* A program that follows something dies of SIGABRT with no limit on core files. */
static void crash(struct lab *l)
{
    pid_t gateways[4];

    pid_t pid = fork();
    if (pid == 0) {
        for (size_t i = 0; i < l->n_env; i++)
            strchr(l->env[i], '=') ? putenv(l->env[i]) : unsetenv(l->env[i]);
        execl(l->sandpit, "sandpit", "watch", "alice/demo", "/tmp", (char *)NULL);
        _exit(127);
    }
    script(l, "until $S watch alice/demo list | grep /tmp; do sleep 0.05; done");
    kill(pid, SIGABRT);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_false(WCOREDUMP(status));
    size_t n = lab_pids(l, "sandpitd gateway", gateways, ARRAY_LEN(gateways));
    assert_int_equal(n, 1);
    kill(gateways[0], SIGABRT);
}

static void secrets__a_life_with_all_of_them__none_is_left_anywhere(void **state)
{
    struct lab *l = *state;
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    cleanup_free char *in = lab_path(l, "in");
    pthread_t thread;

    setrlimit(RLIMIT_CORE, &all);
    assert_int_equal(chdir(l->dir), 0);
    lab_env(l, "ASAN_OPTIONS=%s:disable_coredump=0", getenv("ASAN_OPTIONS"));
    make_secrets(l);
    assert_int_equal(pthread_create(&thread, NULL, watch_processes, NULL), 0);
    begin(l);
    use_commands(l);
    send_requests(l);
    use_dashboard(l);
    crash(l);
    pthread_mutex_lock(&lock);
    stop = true;
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    script(l, "rm -r in; test -s debug.log; grep -rq ask-42 data/sandpit/recordings");
    nftw(l->dir, search_file, 32, FTW_PHYS);
    cleanup_free char *lines =
        xasprintf("%s%s", found.data ? found.data : "", leaks.data ? leaks.data : "");
    buf_finish(&found);
    buf_finish(&leaks);
    assert_string_equal(lines, "");
    for (size_t i = 0; i < N; i++)
        if (secrets[i].places[0] && !n_held[i])
            fail_msg("%s was not found where it is kept", secrets[i].what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(secrets__a_life_with_all_of_them__none_is_left_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
