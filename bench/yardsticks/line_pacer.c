/* line_pacer LINES_PER_S: a busy pane: prints 99-character lines of letters and digits in 20 bursts
 * a second, forever. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    int lps = argc > 1 ? atoi(argv[1]) : 100, per = lps / 20 ? lps / 20 : 1;
    char l[101];
    unsigned n = 0;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    static char ob[1 << 20];
    setvbuf(stdout, ob, _IOFBF, sizeof ob);
    for (;;) {
        for (int i = 0; i < per; i++) {
            int k = snprintf(l, sizeof l, "%08u worker INFO request served in %u ms ", n, n % 97);
            n++;
            while (k < 99) {
                l[k] = 'a' + (n + k) % 26;
                k++;
            }
            l[99] = '\n';
            fwrite(l, 1, 100, stdout);
        }
        fflush(stdout);
        t.tv_nsec += 50000000;
        if (t.tv_nsec >= 1000000000) {
            t.tv_nsec -= 1000000000;
            t.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    }
}
