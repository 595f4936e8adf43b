/* SPDX-License-Identifier: MIT
 *
 * Typing while ten panes flood: in an eleventh on the same sandbox, in one of another sandbox, and
 * C-c in a pane that floods. Each figure stands beside that of the same keys while nothing floods,
 * measured a moment before in the same panes: a bare time says more of the machine than of us.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/e2e/desk.h"

#define N_FLOODS 10
#define N_KEYS   200
#define N_BREAKS 5
/* The promises, as ratios to the quiet case: a p99 of 5 ms where a quiet key takes up to 1, and C-c
 * in 100 ms where it takes 2.5 at a quiet prompt. Below these a quiet figure is the clock's and the
 * scheduler's. With sanitizers all that is between a key and its cell takes two to three times as
 * long, hence 10 and not 5. A key that queued behind a flood waited for all that ten have in
 * flight, 160 to 240 times a quiet one; one that waited for the cores and the frames of ten, 20 to
 * 80 times. */
#define KEY_RATIO      10
#define KEY_FLOOR_US   1000
#define BREAK_RATIO    40
#define BREAK_FLOOR_US 2500

static const char *const floods[] = {
    "yes",
    "cat /dev/urandom | base64",
    "seq 1 999999999",
    "awk 'BEGIN { for (;;) for (i = 0; i < 256; i++) printf \"\\033[38;5;%dm#%d \", i, i }'",
    /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one text */
    "awk 'BEGIN { for (;;) printf \"\\033[%d;%dH\\033[4%dm*\", 1 + rand() * 50, 1 + rand() * 90, "
    "rand() * 8 }'",
};

/* Letters that no flood, title or border holds: so many that, whatever a pane's width, none comes
 * into a cell where it stood before, which would not be drawn. */
#define N_LETTERS    11
#define FIRST_LETTER 0x2600
static const char prompt[] = "\xe2\x98\xba"; /* PS1: no letter either */

struct wait {
    uint64_t from; /* byte of the output */
    const char *text;
};

static bool has_come(struct pty *p, void *user)
{
    const struct wait *w = user;
    size_t n, new;
    const char *bytes = pty_output(p, &n);

    new = (size_t)(pty_state(p).bytes - w->from);
    new = new < n ? new : n;
    return memmem(bytes + n - new, new, w->text, strlen(w->text));
}

/* Microseconds from the keys until the text is drawn. */
static double time_of(struct pty *p, const char *keys, const char *text)
{
    pty_pump(p);
    struct wait w = {pty_state(p).bytes, text};
    int64_t start = clock_mono_ns();

    pty_send(p, keys);
    assert_true(pty_wait(p, WAIT_MS, has_come, &w));
    return (double)(clock_mono_ns() - start) / 1000;
}

static void pump_for(struct pty *p, int ms)
{
    for (int64_t until = clock_mono_ms() + ms; clock_mono_ms() < until;) {
        pty_pump(p);
        poll(NULL, 0, 1);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Of keys in the dashboard, and of keys typed in between into a cat beside it: what the floods cost
 * any process of this machine, whose cores they keep busy. */
struct figures {
    double p50, p99;
    double cat;
};

static struct figures of_keys(struct pty *p, struct pty *cat)
{
    double us[N_KEYS], cat_us[N_KEYS];

    for (size_t i = 0; i < N_KEYS; i++) {
        char letter[5] = "";

        utf8_encode(FIRST_LETTER + i % N_LETTERS, letter);
        us[i] = time_of(p, letter, letter);
        pump_for(p, 5 + (int)(i * 7 % 20)); /* at any moment of a frame */
        cat_us[i] = time_of(cat, letter, letter);
    }
    qsort(us, N_KEYS, sizeof *us, compare);
    qsort(cat_us, N_KEYS, sizeof *us, compare);
    return (struct figures){us[N_KEYS / 2], us[N_KEYS * 99 / 100], cat_us[N_KEYS * 9 / 10]};
}

/* In the pane with the keys, whose program is this command (or none). */
static double of_break(struct pty *p, const char *command)
{
    double us[N_BREAKS];

    for (size_t i = 0; i < N_BREAKS; i++) {
        pty_send(p, command);
        pump_for(p, 300);
        us[i] = time_of(p, "\003", prompt);
        pump_for(p, 50);
    }
    qsort(us, N_BREAKS, sizeof *us, compare);
    return us[N_BREAKS - 1];
}

static void report(const char *what, double quiet_us, double flood_us, double slower, int ratio,
                   double floor_us)
{
    double base = (quiet_us > floor_us ? quiet_us : floor_us) * slower;

    print_message("# %s: quiet %.2f ms, under floods %.2f ms, ratio %.1f of %d\n", what,
                  quiet_us / 1000, flood_us / 1000, flood_us / base, ratio);
    if (flood_us > ratio * base)
        fail_msg("%s: %.2f ms under floods, %.2f ms without, %.1f times as slow a machine", what,
                 flood_us / 1000, quiet_us / 1000, slower);
}

static void write_scripts(struct lab *l, const char *sandbox)
{
    cleanup_free char *setup = xasprintf("PS1=%s\n", prompt);

    for (size_t i = 0; i <= N_FLOODS; i++) {
        cleanup_free char *file = i < N_FLOODS ? xasprintf("f%zu", i) : xstrdup("setup");
        cleanup_free char *local = lab_path(l, file), *path = xasprintf("%s:%s", sandbox, file);

        lab_write(l, file, i < N_FLOODS ? floods[i % ARRAY_LEN(floods)] : setup);
        lab_do(l, "cp", local, path, NULL);
    }
}

/* Four columns of three panes, the first of two; the keys are in the eleventh. */
static struct pty *open_eleven(struct lab *l, int rows, int cols, const char *sandbox)
{
    static const char *const keys[] = {
        "%",
        ("h" PREFIX "%"),
        ("l" PREFIX "%"),
        "\"",
        "\"",
        ("h" PREFIX "\""),
        "\"",
        ("h" PREFIX "\""),
        "\"",
        ("h" PREFIX "\""),
    };
    struct pty *p = desk_open(l, rows, cols, sandbox);

    for (int i = 0; i < N_FLOODS; i++)
        desk_split(p, keys[i], i + 2);
    return p;
}

/* Types into each of the ten; the keys come back to the eleventh. */
static void in_ten(struct pty *p, const char *command, bool numbered)
{
    for (int i = 0; i < N_FLOODS; i++) {
        char line[64];

        if (numbered)
            snprintf(line, sizeof line, "%s%d\r", command, i);
        else
            snprintf(line, sizeof line, "%s\r", command);
        pty_send(p, PREFIX "o");
        pty_send(p, line);
        pump_for(p, 50);
    }
    pty_send(p, PREFIX "o");
}

static void check(struct lab *l, int rows, int cols, const char *flooding)
{
    write_scripts(l, "t/typed");
    if (strcmp(flooding, "t/typed") != 0)
        write_scripts(l, flooding);
    const char *raw[] = {"sh", "-c", "stty raw -echo; exec cat", NULL};
    struct pty *p = open_eleven(l, rows, cols, flooding), *cat = pty_start(raw, NULL, 24, 80);

    if (strcmp(flooding, "t/typed") != 0) {
        pty_send(p, PREFIX "st/typed\r");
        assert_screen(p, "typed:");
    }
    in_ten(p, ". ./setup", false);
    pty_send(p, ". ./setup\r");
    assert_true(pty_wait_quiet(p, 500, WAIT_MS));
    double quiet_break = of_break(p, "");
    pty_send(p, "clear; stty raw -echo; exec cat\r");
    assert_true(pty_wait_quiet(p, 500, WAIT_MS));
    struct figures quiet = of_keys(p, cat);

    in_ten(p, "sh f", true);
    pump_for(p, 1000);
    struct figures flood = of_keys(p, cat);
    pty_send(p, PREFIX "o");
    double flood_break = of_break(p, "sh f0\r");
    double slower = flood.cat > quiet.cat ? flood.cat / quiet.cat : 1;
    print_message("# %dx%d, floods in %s, a cat beside %.1f times as slow\n", cols, rows, flooding,
                  slower);
    report("key to echo, p50", quiet.p50, flood.p50, slower, KEY_RATIO, KEY_FLOOR_US);
    report("key to echo, p99", quiet.p99, flood.p99, slower, KEY_RATIO, KEY_FLOOR_US);
    report("C-c to prompt, worst", quiet_break, flood_break, slower, BREAK_RATIO, BREAK_FLOOR_US);
    pty_destroy(cat);
    pty_destroy(p);
}

static void flood__of_ten_panes__leaves_an_eleventh_quick(void **state)
{
    lab_gateway(*state, NULL);
    lab_do(*state, "new", "t/typed", NULL);
    check(*state, 24, 80, "t/typed");
}

static void flood__of_ten_large_panes__leaves_an_eleventh_quick(void **state)
{
    lab_gateway(*state, NULL);
    lab_do(*state, "new", "t/typed", NULL);
    check(*state, 50, 200, "t/typed");
}

static void flood__of_another_sandbox__leaves_this_one_quick(void **state)
{
    lab_gateway(*state, NULL);
    lab_do(*state, "new", "t/typed", NULL);
    lab_do(*state, "new", "t/floods", NULL);
    check(*state, 50, 200, "t/floods");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(flood__of_ten_panes__leaves_an_eleventh_quick),
        LAB_TEST(flood__of_ten_large_panes__leaves_an_eleventh_quick),
        LAB_TEST(flood__of_another_sandbox__leaves_this_one_quick),
    };

    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
