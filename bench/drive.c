/* SPDX-License-Identifier: MIT
 *
 * Drives a program as a user at a terminal would and says how long things took.
 *
 *   drive [-r ROWS] [-c COLS] STEP… -- PROGRAM [ARGUMENT…]
 *     -w TEXT   wait until TEXT stands on the screen (20 s at most)
 *     -s KEYS   type KEYS (\r, \n, \t, \e and \\ are understood) and start the clock again
 *     -t LABEL  print "LABEL MILLISECONDS" since the clock was started
 *
 * The clock starts with the program. Exits 1 when a text does not come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/pty.h"

#define WAIT_MS 20000

static void type(struct pty *p, const char *keys)
{
    static const char names[] = "rnte\\", values[] = "\r\n\t\033\\";

    for (const char *k = keys; *k; k++) {
        const char *name = *k == '\\' && k[1] ? strchr(names, k[1]) : NULL;
        char c = name ? values[name - names] : *k;

        k += name != NULL;
        pty_send_bytes(p, &c, 1);
    }
}

static int step(struct pty *p, const char *option, const char *value, int64_t *clock_ns)
{
    switch (option[1]) {
    case 'w':
        if (!pty_wait_screen(p, WAIT_MS, value, NULL)) {
            fprintf(stderr, "drive: \"%s\" did not appear\n", value);
            return -1;
        }
        return 0;
    case 's':
        *clock_ns = clock_mono_ns();
        type(p, value);
        return 0;
    case 't':
        printf("%s %.2f\n", value, (double)(clock_mono_ns() - *clock_ns) / 1e6);
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
        fputs("usage: drive [-r ROWS] [-c COLS] {-w TEXT | -s KEYS | -t LABEL}… -- PROGRAM…\n",
              stderr);
        return 2;
    }
    int64_t clock_ns = clock_mono_ns();
    struct pty *p = pty_start((const char *const *)argv + program + 1, NULL, rows, cols);

    for (int i = 1; i < program && !status; i += 2)
        status = step(p, argv[i], argv[i + 1], &clock_ns);
    pty_destroy(p);
    return status ? 1 : 0;
}
