/* SPDX-License-Identifier: MIT
 *
 * The client against the real sandpitd: the live list, a shell, a cut link, TLS through nginx.
 */
#include "tests/cm.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/command.h"
#include "tests/client/real.h"
#include "tests/client/script.h"

struct world {
    uv_loop_t loop;
    struct real real;
    struct proxy proxy;
    struct client *client;
    struct gateway *gateway;
    struct remote *remote;
    struct channel *channel;
    char sandbox[64], terminal[64], destroyed[256];
    struct buf output;
    struct err error;
    int n_answers;
    bool is_closed;
    uv_process_t nginx; /* with a pid while it runs */
    char folder[32];    /* its files */
};

static void open_client(struct world *w, const char *url, const char *key)
{
    w->is_closed = false;
    w->client = client_create(&w->loop, NULL);
    w->gateway = gateway_create(w->client, &(struct gateway_config){.url = url, .api_key = key});
}

static void on_closed(void *user)
{
    ((struct world *)user)->is_closed = true;
}

static void close_client(struct world *w)
{
    channel_close(steal_pointer(&w->channel));
    remote_release(steal_pointer(&w->remote));
    gateway_destroy(steal_pointer(&w->gateway));
    client_destroy(steal_pointer(&w->client), on_closed, w);
    await(&w->loop, 20000, w->is_closed);
}

static int setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    uv_loop_init(&w->loop);
    real_start(&w->real, &w->loop);
    proxy_start(&w->proxy, &w->loop, w->real.port);
    open_client(w, w->proxy.url, REAL_KEY);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    if (w->client)
        close_client(w);
    if (w->nginx.pid) {
        uv_process_kill(&w->nginx, SIGTERM);
        uv_close((uv_handle_t *)&w->nginx, NULL);
    }
    if (w->folder[0])
        remove_tree(w->folder);
    unsetenv("SSL_CERT_FILE");
    proxy_stop(&w->proxy);
    real_stop(&w->real);
    loop_finish(&w->loop);
    buf_finish(&w->output);
    free(w);
    return 0;
}

/* --- answers --- */

static void take(struct world *w, const struct err *e)
{
    w->n_answers++;
    w->error = e ? *e : (struct err){0};
    if (e)
        print_message("# %s | %s\n", e->text, e->hint);
}

static void on_sandbox(void *user, const struct sandbox_info *s, const struct err *e)
{
    struct world *w = user;

    take(w, e);
    snprintf(w->sandbox, sizeof w->sandbox, "%s", s ? s->id : "");
}

static void on_done(void *user, const struct err *e)
{
    take(user, e);
}

static void on_terminal(void *user, const struct terminal_info *t, const struct err *e)
{
    struct world *w = user;

    take(w, e);
    snprintf(w->terminal, sizeof w->terminal, "%s", t ? t->id : "");
}

static void on_command(void *user, const struct command_result *c, const struct err *e)
{
    struct world *w = user;

    take(w, e);
    if (c)
        buf_printf(&w->output, "%d %s", c->exit_code, c->out);
}

static void on_list(void *user, const struct sandbox_info *s, size_t n, const struct err *e)
{
    take(user, e);
}

static bool on_output(void *user, const char *bytes, size_t n)
{
    buf_append(&((struct world *)user)->output, bytes, n);
    return true;
}

static void on_destroyed(void *user, const struct channel_end *end)
{
    struct world *w = user;

    snprintf(w->destroyed, sizeof w->destroyed, "%s", end->reason);
}

static const struct channel_ops ops = {.on_output = on_output, .on_destroyed = on_destroyed};

static bool saw(struct world *w, const char *text)
{
    return w->output.len && memmem(w->output.data, w->output.len, text, strlen(text));
}

static void answered(struct world *w)
{
    await(&w->loop, 20000, w->n_answers);
    w->n_answers = 0;
    assert_int_equal(w->error.code, 0);
}

static void create_sandbox(struct world *w)
{
    gateway_create_sandbox(w->gateway, &(struct create_options){.ns = "alice", .name = "demo"},
                           on_sandbox, w);
    answered(w);
}

static void type(struct world *w, const char *text)
{
    assert_int_equal(channel_input(w->channel, text, strlen(text), NULL), 0);
}

static void open_shell(struct world *w)
{
    w->remote = remote_acquire(w->gateway, w->sandbox);
    terminal_create(w->remote, &(struct terminal_options){.rows = 24, .cols = 80}, on_terminal, w);
    answered(w);
    w->channel = channel_open(w->remote, w->terminal, &ops, w);
    type(w, "echo $((6*7))-ready\r");
    await(&w->loop, 10000, saw(w, "42-ready"));
}

/* --- tests --- */

static void real__list__is_live(void **state)
{
    struct world *w = *state;
    const struct sandbox *s;

    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_UP);
    create_sandbox(w);
    await(&w->loop, 20000, gateway_find_name(w->gateway, "alice", "demo"));
    s = gateway_find_name(w->gateway, "alice", "demo");
    assert_string_equal(s->info.status, "running");
    assert_true(s->info.created_ms > 0);
    gateway_delete(w->gateway, w->sandbox, on_done, w);
    answered(w);
    await(&w->loop, 20000, gateway_find_id(w->gateway, w->sandbox)->gone);
    assert_int_equal(gateway_state(w->gateway), LINK_UP);
}

static void real__wrong_key__is_told(void **state)
{
    struct world *w = *state;

    close_client(w);
    open_client(w, w->real.url, "wrong");
    await(&w->loop, 20000, gateway_state(w->gateway) == LINK_FAILED);
    assert_int_equal(gateway_error(w->gateway)->code, ERR_AUTH);
    gateway_check(w->gateway, on_done, w);
    await(&w->loop, 20000, w->n_answers);
    assert_int_equal(w->error.code, ERR_AUTH);
}

static void real__shell__takes_keys_size_and_ends(void **state)
{
    struct world *w = *state;

    create_sandbox(w);
    open_shell(w);
    await(&w->loop, 20000, !channel_pending(w->channel));
    assert_true(remote_round_trip_us(w->remote) > 0);
    channel_resize(w->channel, 33, 111);
    type(w, "stty size\r");
    await(&w->loop, 10000, saw(w, "33 111"));
    type(w, "exit\r");
    await(&w->loop, 10000, w->destroyed[0]);
}

static void real__command__gives_its_output_and_status(void **state)
{
    struct world *w = *state;

    create_sandbox(w);
    w->remote = remote_acquire(w->gateway, w->sandbox);
    command_run(w->remote, &(struct command_options){.command = "echo out; exit 7"}, on_command, w);
    answered(w);
    assert_string_equal(w->output.data, "7 out\n");
}

/* The link breaks again and again while numbered lines are typed: each arrives once, in order. */
static void real__cut_under_a_shell__keys_arrive_once(void **state)
{
    struct world *w = *state;
    struct buf expected = {0};
    char line[64];

    create_sandbox(w);
    open_shell(w);
    type(w, "stty -echo; PS1=; echo GO''NOW; cat > /tmp/typed\r");
    await(&w->loop, 10000, saw(w, "GONOW"));
    for (int i = 0; i < 40; i++) {
        snprintf(line, sizeof line, "line %d\r", i);
        type(w, line);
        buf_printf(&expected, "line %d\n", i);
        if (i % 5 == 2)
            uv_run(&w->loop, UV_RUN_NOWAIT);
        if (i % 10 == 4) {
            proxy_cut(&w->proxy);
            await(&w->loop, 20000, remote_state(w->remote) == LINK_DOWN);
        }
        if (i % 10 == 7)
            await(&w->loop, 20000, remote_state(w->remote) == LINK_UP);
    }
    type(w, "\x04");
    await(&w->loop, 10000, !channel_pending(w->channel));
    buf_clear(&w->output);
    type(w, "echo E''ND; cat /tmp/typed; echo E''OF\r");
    await(&w->loop, 10000, saw(w, "EOF"));
    struct buf plain = {0};

    for (size_t i = 0; i < w->output.len; i++) {
        if (w->output.data[i] != '\r')
            buf_append_char(&plain, w->output.data[i]);
    }
    buf_append_str(&expected, "EOF");
    if (!strstr(plain.data, expected.data))
        print_error("%s\n", plain.data);
    assert_non_null(strstr(plain.data, expected.data));
    buf_finish(&plain);
    buf_finish(&expected);
}

static void real__cut_for_a_while__resumes_within_two_seconds(void **state)
{
    struct world *w = *state;

    create_sandbox(w);
    open_shell(w);
    proxy_unlisten(&w->proxy);
    proxy_cut(&w->proxy);
    await(&w->loop, 2000, remote_state(w->remote) == LINK_DOWN);
    await(&w->loop, 20000, remote_error(w->remote)->code == ERR_REFUSED);
    buf_clear(&w->output);
    type(w, "echo $((5*5))-typed-while-down\r");
    for (int i = 0; i < 20; i++)
        loop_turn(&w->loop);
    proxy_listen(&w->proxy);
    await(&w->loop, 2500, remote_state(w->remote) == LINK_UP);
    await(&w->loop, 20000, saw(w, "25-typed-while-down"));
    /* The snapshot brought what was there before. */
    assert_true(saw(w, "42-ready"));
}

static void real__deleted_under_a_shell__is_told(void **state)
{
    struct world *w = *state;

    create_sandbox(w);
    open_shell(w);
    gateway_delete(w->gateway, w->sandbox, on_done, w);
    await(&w->loop, 2000 + 18000, w->destroyed[0]);
    await(&w->loop, 20000, w->n_answers);
}

static void real__daemon_killed_under_a_shell__is_told_within_two_seconds(void **state)
{
    struct world *w = *state;

    create_sandbox(w);
    open_shell(w);
    assert_true(real_kill_jails(&w->real) > 0);
    await(&w->loop, 2000, w->destroyed[0]);
    /* The sandbox comes back, the terminal does not. */
    await(&w->loop, 20000, remote_state(w->remote) == LINK_UP);
}

static void real__destroyed_in_flight__leaves_nothing(void **state)
{
    struct world *w = *state;

    create_sandbox(w);
    open_shell(w);
    type(w, "yes\r");
    await(&w->loop, 10000, saw(w, "y\r\ny\r\n"));
    command_run(w->remote, &(struct command_options){.command = "sleep 5"}, on_command, w);
    gateway_list(w->gateway, on_list, w);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    close_client(w);
}

/* --- TLS --- */

static void write_text(const char *folder, const char *name, const char *text)
{
    cleanup_free char *path = xasprintf("%s/%s", folder, name);
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void make_ca(const char *folder, const char *name)
{
    cleanup_free char *key = xasprintf("%s/%s.key", folder, name);
    cleanup_free char *crt = xasprintf("%s/%s.crt", folder, name);
    cleanup_free char *subject = xasprintf("/CN=%s", name);

    run_program((const char *const[]){"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                      "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                                      "-subj", subject, "-keyout", key, "-out", crt, NULL});
}

static void make_certificate(const char *folder, const char *sandbox)
{
    cleanup_free char *ca = xasprintf("%s/right.crt", folder);
    cleanup_free char *ca_key = xasprintf("%s/right.key", folder);
    cleanup_free char *key = xasprintf("%s/host.key", folder);
    cleanup_free char *csr = xasprintf("%s/host.csr", folder);
    cleanup_free char *crt = xasprintf("%s/host.crt", folder);
    cleanup_free char *names = xasprintf("%s/names", folder);
    cleanup_free char *san = xasprintf("subjectAltName=DNS:localhost,DNS:%s.localhost\n", sandbox);

    write_text(folder, "names", san);
    run_program((const char *const[]){"openssl", "req", "-newkey", "ec", "-pkeyopt",
                                      "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=host",
                                      "-keyout", key, "-out", csr, NULL});
    run_program((const char *const[]){"openssl", "x509", "-req", "-in", csr, "-CA", ca, "-CAkey",
                                      ca_key, "-CAcreateserial", "-days", "2", "-extfile", names,
                                      "-out", crt, NULL});
}

static void start_nginx(const char *folder, int tls_port, int port, uv_loop_t *loop,
                        uv_process_t *process)
{
    cleanup_free char *conf = xasprintf(
        "daemon off; master_process off; pid %s/pid; error_log %s/error.log; events {}\n"
        "http { access_log off; client_body_temp_path %s/b; proxy_temp_path %s/p;\n"
        " fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;\n"
        " map $http_upgrade $connection_upgrade { default upgrade; '' ''; }\n"
        " server { listen 127.0.0.1:%d ssl; ssl_certificate %s/host.crt;\n"
        "  ssl_certificate_key %s/host.key; location / { proxy_pass http://127.0.0.1:%d;\n"
        "   proxy_http_version 1.1; proxy_set_header Host $host:%d;\n"
        "   proxy_set_header Upgrade $http_upgrade;\n"
        "   proxy_set_header Connection $connection_upgrade;\n"
        "   sub_filter_types application/json; sub_filter_once off;\n"
        "   sub_filter 'http://' 'https://'; sub_filter ':%d' ':%d'; } } }\n",
        folder, folder, folder, folder, folder, folder, folder, tls_port, folder, folder, port,
        port, port, tls_port);
    cleanup_free char *path = xasprintf("%s/nginx.conf", folder);

    write_text(folder, "nginx.conf", conf);
    const char *argv[] = {"nginx", "-p", folder, "-c", path, "-e", "/dev/null", NULL};
    uv_process_options_t options = {.file = argv[0], .args = (char **)argv};

    assert_int_equal(uv_spawn(loop, process, &options), 0);
}

/* TLS as a user meets it: a proxy with a CA of its own in front of the host. */
static void real__tls__is_verified_against_ssl_cert_file(void **state)
{
    struct world *w = *state;
    const char *folder = w->folder;
    int tls_port = free_port();

    if (access("/usr/sbin/nginx", X_OK))
        skip();
    snprintf(w->folder, sizeof w->folder, "/tmp/sandpit-tls-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    cleanup_free char *url = xasprintf("https://localhost:%d", tls_port);
    cleanup_free char *other_url = xasprintf("https://127.0.0.1:%d", tls_port);
    cleanup_free char *right = xasprintf("%s/right.crt", folder);
    cleanup_free char *wrong = xasprintf("%s/wrong.crt", folder);

    create_sandbox(w);
    close_client(w);
    make_ca(folder, "right");
    make_ca(folder, "wrong");
    make_certificate(folder, w->sandbox);
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    start_nginx(folder, tls_port, w->real.port, &w->loop, &w->nginx);

    setenv("SSL_CERT_FILE", right, 1);
    open_client(w, url, REAL_KEY);
    await(&w->loop, 10000, gateway_state(w->gateway) == LINK_UP);
    open_shell(w);
    close_client(w);

    open_client(w, other_url, REAL_KEY);
    await(&w->loop, 10000, gateway_state(w->gateway) == LINK_FAILED);
    assert_int_equal(gateway_error(w->gateway)->code, ERR_TLS);
    close_client(w);

    setenv("SSL_CERT_FILE", wrong, 1);
    open_client(w, url, REAL_KEY);
    await(&w->loop, 10000, gateway_state(w->gateway) == LINK_FAILED);
    assert_int_equal(gateway_error(w->gateway)->code, ERR_TLS);
    assert_non_null(strstr(gateway_error(w->gateway)->text, "certificate"));
    assert_non_null(strstr(gateway_error(w->gateway)->hint, "SSL_CERT_FILE"));
}

#define with_world(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_world(real__list__is_live),
        with_world(real__wrong_key__is_told),
        with_world(real__shell__takes_keys_size_and_ends),
        with_world(real__command__gives_its_output_and_status),
        with_world(real__cut_under_a_shell__keys_arrive_once),
        with_world(real__cut_for_a_while__resumes_within_two_seconds),
        with_world(real__deleted_under_a_shell__is_told),
        with_world(real__daemon_killed_under_a_shell__is_told_within_two_seconds),
        with_world(real__destroyed_in_flight__leaves_nothing),
        with_world(real__tls__is_verified_against_ssl_cert_file),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("real", tests, NULL, NULL);
}
