/* key_latency N PAUSE_US SETTLE_S [-r ROWS] [-c COLS] [-x CSVFILE] [-b] -- CMD...: drives CMD
 * inside a fresh pty like a user at a terminal: writes one character, waits until that character
 * appears in CMD's output, prints p50/p90/p99/max in microseconds. Works for any program whose pane
 * echoes keys (a raw `cat` in the pane): tmux, our dashboard, ssh... The characters never occur in
 * terminfo escape sequences and each cell gets a different one on each pass, so a curses program's
 * cell diffing cannot swallow the echo. Exit 1 on a lost key (2 s). */
#define _GNU_SOURCE
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}
static int cmpd(const void *a, const void *b)
{
    double x = *(double *)a, y = *(double *)b;
    return x < y ? -1 : x > y;
}
static int m;
static char b[65536];
static void quiet(double us, double max_s)
{
    double end = now() + max_s;
    while (now() < end) {
        struct pollfd p = {m, POLLIN, 0};
        struct timespec ts = {0, us * 1000};
        if (ppoll(&p, 1, &ts, NULL) <= 0)
            return;
        if (read(m, b, sizeof b) <= 0)
            return;
    }
}
int main(int argc, char **argv)
{
    static const char set[] = "&^|{}~_";
    if (argc < 6)
        return 2;
    int n = atoi(argv[1]), rows = 24, cols = 80, i = 4;
    double pause = atof(argv[2]), settle = atof(argv[3]);
    const char *csv = NULL;
    double qmax = 1;
    for (; i < argc && strcmp(argv[i], "--"); i++) {
        if (!strcmp(argv[i], "-r"))
            rows = atoi(argv[++i]);
        else if (!strcmp(argv[i], "-c"))
            cols = atoi(argv[++i]);
        else if (!strcmp(argv[i], "-b"))
            qmax = 0.02; /* busy screen: it never goes quiet */
        else if (!strcmp(argv[i], "-x"))
            csv = argv[++i];
    }
    struct winsize ws = {rows, cols, 0, 0};
    struct termios t;
    pid_t pid = forkpty(&m, NULL, NULL, &ws);
    if (!pid) {
        setenv("TERM", "xterm-256color", 1);
        execvp(argv[i + 1], argv + i + 1);
        _exit(127);
    }
    (void)t;
    double end = now() + settle;
    while (now() < end)
        quiet(50000, end - now());
    double *lat = calloc(n, sizeof *lat);
    int lost = 0;
    unsigned long bytes = 0;
    for (int k = 0; k < n; k++) {
        if (k % 40 == 0) {
            if (write(m, "\r", 1) < 0)
                break;
            quiet(30000, qmax * 2);
        }
        char c = set[(k % 40 + k / 40) % 7];
        double t0 = now();
        int hit = 0;
        if (write(m, &c, 1) < 0)
            break;
        while (!hit) {
            struct pollfd p = {m, POLLIN, 0};
            if (poll(&p, 1, 2000) <= 0)
                break;
            ssize_t r = read(m, b, sizeof b);
            if (r <= 0)
                break;
            bytes += r;
            if (memchr(b, c, r))
                hit = 1;
        }
        lat[k] = (now() - t0) * 1e6;
        if (!hit) {
            lost++;
            fprintf(stderr, "lost key %d\n", k);
            if (lost > 3)
                break;
        }
        quiet(pause, qmax);
    }
    if (csv) {
        FILE *f = fopen(csv, "w");
        for (int k = 0; k < n; k++)
            fprintf(f, "%.1f\n", lat[k]);
        fclose(f);
    }
    qsort(lat, n, sizeof *lat, cmpd);
    printf("n=%d p50 %.1f p90 %.1f p99 %.1f max %.1f us lost %d bytes/key %.1f\n", n, lat[n / 2],
           lat[n * 9 / 10], lat[n * 99 / 100], lat[n - 1], lost, (double)bytes / n);
    kill(pid, SIGHUP);
    close(m);
    waitpid(pid, NULL, 0);
    return lost != 0;
}
