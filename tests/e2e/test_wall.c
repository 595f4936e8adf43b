/* SPDX-License-Identifier: MIT
 *
 * A class of sixty on the embedded host, its students scripted: typing, failing, idle, flooding,
 * raising a hand. One dashboard shows the wall; every tile must be right, who is stuck must come
 * first, and it must cost little. Students are clients in this process, each on a socket of its
 * own, as browsers are.
 *
 * SANDPIT_WALL_MINUTES=10 keeps the class at work that long and looks for memory that goes.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/client.h"
#include "client/remote.h"
#include "tests/e2e/lab.h"

#define N_STUDENTS 60
#define N_BUSY     10
#define WORK_MS    6000
#define STUCK_MS   3000
#define SEEN_MS    200

#ifdef __SANITIZE_ADDRESS__
#define IS_MEASURED false /* what instrumented code costs says nothing */
#else
#define IS_MEASURED true
#endif

struct student {
    struct class *class;
    int number;
    char name[16];
    struct remote *remote;
    struct channel *channel;
    char *terminal_id;
    uint64_t n_output;
    int n_resized; /* by others */
    bool is_ready; /* its shell has printed its prompt */
};

struct class
{
    struct lab *lab;
    struct pty *wall;
    uv_loop_t loop;
    struct client *client;
    struct gateway *gateway;
    struct student students[N_STUDENTS];
    bool client_closed;
};

/* --- students --- */

static bool on_output(void *user, const char *bytes, size_t n)
{
    struct student *s = user;

    s->n_output += n;
    s->is_ready = true;
    return true;
}

static void on_resized(void *user, int rows, int cols)
{
    struct student *s = user;

    s->n_resized++;
}

static const struct channel_ops channel_ops = {.on_output = on_output, .on_resized = on_resized};

static void type(struct student *s, const char *text)
{
    assert_int_equal(channel_input(s->channel, text, strlen(text), NULL), 0);
}

static void on_terminal(void *user, const struct terminal_info *t, const struct err *e)
{
    struct student *s = user;

    if (e)
        fail_msg("%s: no terminal: %s", s->name, e->text);
    s->terminal_id = xstrdup(t->id);
    s->channel = channel_open(s->remote, t->id, &channel_ops, s);
}

static void on_sandbox(void *user, const struct sandbox_info *info, const struct err *e)
{
    struct student *s = user;
    const struct terminal_options options = {.rows = 24, .cols = 80};

    if (e)
        fail_msg("%s: no sandbox: %s", s->name, e->text);
    s->remote = remote_acquire(s->class->gateway, info->id);
    terminal_create(s->remote, &options, on_terminal, s);
}

/* --- the class --- */

/* One turn of everything; false: the dashboard has ended. */
static bool turn(struct class *c)
{
    uv_run(&c->loop, UV_RUN_NOWAIT);
    bool alive = !c->wall || pty_pump(c->wall);

    poll(NULL, 0, 2);
    return alive;
}

static bool all_ready(struct class *c)
{
    for (int i = 0; i < N_STUDENTS; i++)
        if (!c->students[i].is_ready)
            return false;
    return true;
}

static void await_class(struct class *c, bool (*condition)(struct class *c), const char *what)
{
    int64_t until = clock_mono_ms() + 60000;

    while (!condition(c)) {
        if (clock_mono_ms() > until)
            fail_msg("%s: not within a minute", what);
        turn(c);
    }
}

/* Until text stands on the wall; returns after how long. */
static int64_t await_wall(struct class *c, const char *text, int64_t within_ms)
{
    int64_t begun = clock_mono_ms();

    while (!pty_screen_has(c->wall, text)) {
        if (clock_mono_ms() - begun > within_ms)
            fail_msg("no \"%s\" within %lld ms:\n%s", text, (long long)within_ms,
                     pty_screen_text(c->wall));
        assert_true(turn(c));
    }
    return clock_mono_ms() - begun;
}

/* Until the first tile is that of name. */
static int64_t await_first(struct class *c, const char *name, int64_t within_ms)
{
    int64_t begun = clock_mono_ms();

    for (;;) {
        const char *row = pty_row_text(c->wall, 0);

        if (strncmp(row + strspn(row, "\xe2\x96\xb6"), name, strlen(name)) == 0)
            return clock_mono_ms() - begun;
        if (clock_mono_ms() - begun > within_ms)
            fail_msg("%s is not first within %lld ms:\n%s", name, (long long)within_ms,
                     pty_screen_text(c->wall));
        assert_true(turn(c));
    }
}

static void work_for(struct class *c, int64_t ms)
{
    int64_t until = clock_mono_ms() + ms;

    while (clock_mono_ms() < until)
        assert_true(turn(c));
}

static struct class *open_class(struct lab *l)
{
    struct class *c = xcalloc(1, sizeof *c);

    lab_gateway(l, NULL);
    c->lab = l;
    uv_loop_init(&c->loop);
    c->client = client_create(&c->loop, NULL);
    c->gateway =
        gateway_create(c->client, &(struct gateway_config){.url = l->url, .api_key = l->key});
    for (int i = 0; i < N_STUDENTS; i++) {
        struct student *s = &c->students[i];

        s->class = c;
        s->number = i + 1;
        snprintf(s->name, sizeof s->name, "st%02d", s->number);
        gateway_create_sandbox(c->gateway, &(struct create_options){.ns = "class", .name = s->name},
                               on_sandbox, s);
    }
    await_class(c, all_ready, "sixty shells");
    return c;
}

static void on_closed(void *user)
{
    ((struct class *)user)->client_closed = true;
}

static void close_class(struct class *c)
{
    for (int i = 0; i < N_STUDENTS; i++) {
        channel_close(c->students[i].channel);
        remote_release(c->students[i].remote);
        free(c->students[i].terminal_id);
    }
    gateway_destroy(c->gateway);
    client_destroy(c->client, on_closed, c);
    while (!c->client_closed)
        uv_run(&c->loop, UV_RUN_ONCE);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&c->loop), 0);
    free(c);
}

static struct student *student(struct class *c, int number)
{
    return &c->students[number - 1];
}

/* --- what is looked at --- */

static void every_tile_is_right(struct class *c)
{
    char text[64];

    for (int i = 1; i <= N_STUDENTS; i++) {
        snprintf(text, sizeof text, "echo 'this is '%d'.'\r", i * 7);
        type(student(c, i), text);
    }
    for (int i = 1; i <= N_STUDENTS; i++) {
        snprintf(text, sizeof text, "this is %d.", i * 7);
        await_wall(c, text, WAIT_MS);
        await_wall(c, student(c, i)->name, WAIT_MS);
    }
}

/* The time runs from the last key of who is stuck. */
static void the_stuck_come_first(struct class *c)
{
    for (int i = 0; i < 4; i++)
        type(student(c, 41), "cat /no/such/file\r");
    int64_t failing_ms = await_first(c, "st41", STUCK_MS);

    await_wall(c, "same error", STUCK_MS);
    type(student(c, 57), "hand how do I quit vi\r");
    int64_t hand_ms = await_first(c, "st57", STUCK_MS);
    pty_send(c->wall, "a");
    await_wall(c, "how do I quit vi", STUCK_MS);
    print_message("# the same error again and again first after %lld ms, a hand after %lld ms\n",
                  (long long)failing_ms, (long long)hand_ms);
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* From a key of the student to the wall. */
static void a_key_is_seen_soon(struct class *c)
{
    int64_t took_ms[11];
    const int n = sizeof took_ms / sizeof took_ms[0];

    for (int i = 0; i < n; i++) {
        char mark[16];

        snprintf(mark, sizeof mark, "#%d.", 1000 + i);
        type(student(c, 33), mark);
        took_ms[i] = await_wall(c, mark, WAIT_MS);
        work_for(c, 150);
    }
    type(student(c, 33), "\025");
    qsort(took_ms, (size_t)n, sizeof took_ms[0], by_size);
    print_message("# a key is on the wall after %lld ms, at most %lld\n", (long long)took_ms[n / 2],
                  (long long)took_ms[n - 1]);
    assert_true(took_ms[n / 2] <= SEEN_MS);
}

static void set_to_work(struct class *c)
{
    type(student(c, 1), "while :; do seq 100000; done\r");
    for (int i = 2; i <= N_BUSY; i++)
        type(student(c, i), "while sleep 0.1; do date +%N; done\r");
}

static long resident_kib(pid_t pid)
{
    cleanup_free char *path = xasprintf("/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "r");
    long size = 0, resident = 0;

    if (f && fscanf(f, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * 4;
}

static void it_costs_little(struct class *c)
{
    pid_t pid = pty_pid(c->wall);
    long cpu = process_cpu_ms(pid);
    uint64_t bytes = pty_bytes(c->wall);

    work_for(c, WORK_MS);
    double percent = (double)(process_cpu_ms(pid) - cpu) * 100 / WORK_MS;
    double kb = (double)(pty_bytes(c->wall) - bytes) / WORK_MS;
    print_message("# %d terminals, %d busy: %.1f %% of a core, %.1f kB/s, %ld MiB\n", N_STUDENTS,
                  N_BUSY, percent, kb, resident_kib(pid) / 1024);
    assert_true(kb > 0);
    assert_true(kb <= 100);
    if (IS_MEASURED)
        assert_true(percent <= 15);
}

/* The history of sixty tiles is bounded: it may fill, and then nothing may grow any more. */
static void nothing_leaks(struct class *c, int minutes)
{
    pid_t pid = pty_pid(c->wall);
    long half = 0;

    for (int i = 0; i < minutes; i++) {
        work_for(c, 60000);
        print_message("# after %d min: %ld MiB\n", i + 1, resident_kib(pid) / 1024);
        if (i == minutes / 2)
            half = resident_kib(pid);
    }
    if (IS_MEASURED && minutes >= 4)
        assert_in_range(resident_kib(pid), 1, half + 16 * 1024);
}

static void wall__sixty_students(void **state)
{
    struct lab *l = *state;
    struct class *c = open_class(l);
    const char *minutes = getenv("SANDPIT_WALL_MINUTES");

    c->wall = lab_pty(l, 50, 200, NULL);
    await_wall(c, "class", WAIT_MS);
    pty_send(c->wall, "W");
    await_wall(c, "wall 60", WAIT_MS);
    every_tile_is_right(c);
    the_stuck_come_first(c);
    a_key_is_seen_soon(c);
    set_to_work(c);
    work_for(c, 1000);
    it_costs_little(c);
    if (minutes)
        nothing_leaks(c, atoi(minutes));
    /* Watching changed nobody's size. */
    for (int i = 1; i <= N_STUDENTS; i++)
        assert_int_equal(student(c, i)->n_resized, 0);
    pty_send(c->wall, "\002d");
    assert_int_equal(pty_exit_status(c->wall, WAIT_MS), 0);
    pty_destroy(c->wall);
    c->wall = NULL;
    close_class(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(wall__sixty_students),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
