/* SPDX-License-Identifier: MIT
 *
 * Drives a program as a user at a terminal would and says how long things took.
 *
 *   drive [-r ROWS] [-c COLS] STEP… -- PROGRAM [ARGUMENT…]
 *     -w TEXT   wait until TEXT stands on the screen (20 s at most)
 *     -g TEXT   wait until TEXT is gone from it
 *     -s KEYS   type KEYS (\r, \n, \t, \e and \\ are understood) and start the clock again
 *     -i MS     between two of the keys of -k (16 if not given)
 *     -k KEYS   type KEYS one after the other, MS apart
 *     -z MS     watch for so long
 *     -t LABEL  print "LABEL MILLISECONDS" since the clock was started
 *     -u LABEL  print "LABEL CPU_MS MILLISECONDS WAKEUPS" of the program since then
 *
 * The clock starts with the program. Exits 1 when a text does not come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/pty.h"

#define WAIT_MS 20000

struct drive {
    struct pty *pty;
    int64_t clock_ns, cpu_ns;
    long wakeups;
    int interval_ms;
};

static int64_t cpu_ns(struct pty *p)
{
    struct timespec used = {0};
    clockid_t clock;

    if (clock_getcpuclockid(pty_pid(p), &clock) == 0)
        clock_gettime(clock, &used);
    return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

static long wakeups(struct pty *p)
{
    char path[64], line[256];
    long n = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pty_pid(p));
    FILE *f = fopen(path, "re");

    while (f && fgets(line, sizeof line, f))
        sscanf(line, "voluntary_ctxt_switches: %ld", &n);
    if (f)
        fclose(f);
    return n;
}

static void start_clock(struct drive *d)
{
    d->clock_ns = clock_mono_ns();
    d->cpu_ns = cpu_ns(d->pty);
    d->wakeups = wakeups(d->pty);
}

static void watch(struct pty *p, int64_t until_ns)
{
    int64_t left_ms = (until_ns - clock_mono_ns()) / 1000000;

    if (left_ms > 0)
        pty_wait_quiet(p, (int)left_ms, (int)left_ms);
}

/* The next key as bytes; returns how much of the text it was. */
static size_t next_key(const char *keys, char *byte)
{
    static const char names[] = "rnte\\", values[] = "\r\n\t\033\\";
    const char *name = *keys == '\\' && keys[1] ? strchr(names, keys[1]) : NULL;

    *byte = name ? values[name - names] : *keys;
    return name ? 2 : 1;
}

static void type(struct drive *d, const char *keys, int interval_ms)
{
    int64_t at_ns = clock_mono_ns();

    while (*keys) {
        char c;

        keys += next_key(keys, &c);
        pty_send_bytes(d->pty, &c, 1);
        at_ns += interval_ms * INT64_C(1000000);
        watch(d->pty, at_ns);
    }
}

static bool wait_for(struct pty *p, const char *text, bool there)
{
    if (there ? pty_wait_screen(p, WAIT_MS, text, NULL) : pty_wait_gone(p, WAIT_MS, text, NULL))
        return true;
    fprintf(stderr, "drive: \"%s\" did not %s\n", text, there ? "appear" : "go");
    return false;
}

static int step(struct drive *d, const char *option, const char *value)
{
    double ms = (double)(clock_mono_ns() - d->clock_ns) / 1e6;

    switch (option[1]) {
    case 'w':
    case 'g':
        return wait_for(d->pty, value, option[1] == 'w') ? 0 : -1;
    case 's':
        start_clock(d);
        type(d, value, 0);
        return 0;
    case 'i':
        d->interval_ms = atoi(value);
        return 0;
    case 'k':
        type(d, value, d->interval_ms);
        return 0;
    case 'z':
        watch(d->pty, clock_mono_ns() + atoi(value) * INT64_C(1000000));
        return 0;
    case 't':
        printf("%s %.2f\n", value, ms);
        return 0;
    case 'u':
        printf("%s %.2f %.2f %ld\n", value, (double)(cpu_ns(d->pty) - d->cpu_ns) / 1e6, ms,
               wakeups(d->pty) - d->wakeups);
        return 0;
    default:
        return 0; /* sizes were read before */
    }
}

int main(int argc, char **argv)
{
    int rows = 24, cols = 80, program = 1, status = 0;

    text_init_locale();
    for (; program + 1 < argc && strcmp(argv[program], "--") != 0; program += 2) {
        if (strcmp(argv[program], "-r") == 0)
            rows = atoi(argv[program + 1]);
        else if (strcmp(argv[program], "-c") == 0)
            cols = atoi(argv[program + 1]);
    }
    if (program + 1 >= argc || strcmp(argv[program], "--") != 0) {
        fputs("usage: drive [-r ROWS] [-c COLS] STEP… -- PROGRAM… (the steps: see drive.c)\n",
              stderr);
        return 2;
    }
    struct drive d = {.clock_ns = clock_mono_ns(), .interval_ms = 16};

    d.pty = pty_start((const char *const *)argv + program + 1, NULL, rows, cols);
    for (int i = 1; i < program && !status; i += 2)
        status = step(&d, argv[i], argv[i + 1]);
    pty_destroy(d.pty);
    return status ? 1 : 0;
}
