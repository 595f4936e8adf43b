/* pty_drain ROWS COLS [-q] [-t SECS] [-l FILE] -- CMD...: runs CMD on a fresh pty and drains it as
 * fast as possible (a terminal that costs nothing). Answers a bare CSI 6n that ends a read (so
 * pane_probe works with no multiplexer). Prints drained bytes, wall seconds, child-tree CPU
 * seconds. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}
int main(int argc, char **argv)
{
    int rows = atoi(argv[1]), cols = atoi(argv[2]), i = 3, quiet = 0;
    double limit = 1e9;
    FILE *log = NULL;
    for (; i < argc && strcmp(argv[i], "--"); i++) {
        if (!strcmp(argv[i], "-q"))
            quiet = 1;
        else if (!strcmp(argv[i], "-t"))
            limit = atof(argv[++i]);
        else if (!strcmp(argv[i], "-l"))
            log = fopen(argv[++i], "wb");
    }
    struct winsize ws = {rows, cols, 0, 0};
    int m;
    pid_t pid = forkpty(&m, NULL, NULL, &ws);
    if (pid && log)
        setbuf(log, NULL); /* others read it meanwhile */
    if (!pid) {
        setenv("TERM", getenv("PTY_TERM") ? getenv("PTY_TERM") : "xterm-256color", 1);
        execvp(argv[i + 1], argv + i + 1);
        _exit(127);
    }
    static char b[1 << 17];
    unsigned long total = 0, reads = 0;
    double t0 = now();
    while (now() - t0 < limit) {
        struct pollfd p = {m, POLLIN, 0};
        if (poll(&p, 1, 100) <= 0) {
            if (waitpid(pid, NULL, WNOHANG) == pid)
                break;
            continue;
        }
        ssize_t n = read(m, b, sizeof b);
        if (n <= 0) {
            if (n < 0 && errno == EINTR)
                continue;
            break;
        }
        total += n;
        reads++;
        if (log)
            fwrite(b, 1, n, log);
        if (n >= 4 && !memcmp(b + n - 4, "\033[6n", 4)) {
            if (write(m, "\033[1;1R", 6) < 0)
                break;
        }
    }
    double w = now() - t0;
    kill(pid, SIGHUP);
    close(m);
    waitpid(pid, NULL, 0);
    struct rusage u;
    getrusage(RUSAGE_CHILDREN, &u);
    if (!quiet)
        printf("drained %lu bytes in %lu reads, %.3f s, %.2f MB/s, child cpu %.3f s\n", total,
               reads, w, total / w / 1e6,
               u.ru_utime.tv_sec + u.ru_utime.tv_usec / 1e6 + u.ru_stime.tv_sec +
                   u.ru_stime.tv_usec / 1e6);
    if (log)
        fclose(log);
    return 0;
}
