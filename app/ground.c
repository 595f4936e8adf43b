/* SPDX-License-Identifier: MIT
 *
 * The question is followed by DA1, which every terminal answers: one that does not know OSC 11 is
 * not waited for.
 */
#include "app/ground.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"

/* A local terminal answers in a few milliseconds; a distant one may have a round trip. */
#define WAIT_MS         50
#define WAIT_DISTANT_MS 100

static const char question[] = "\x1b]11;?\x1b\\\x1b[c";

/* "ffff" or "ff" as 0 to 1. */
static bool read_part(const char **p, double *out)
{
    char *end;
    unsigned long value = strtoul(*p, &end, 16);
    size_t digits = (size_t)(end - *p);

    if (digits < 1 || digits > 4)
        return false;
    *out = (double)value / (double)((1ul << (4 * digits)) - 1);
    *p = end + (*end == '/');
    return true;
}

enum ground ground_read(const char *bytes, size_t n)
{
    static const char head[] = "\x1b]11;rgb:";
    const char *at = memmem(bytes, n, head, sizeof head - 1);
    char text[32];
    double r, g, b;

    if (!at)
        return GROUND_UNKNOWN;
    size_t left = n - (size_t)(at - bytes) - (sizeof head - 1);
    left = left < sizeof text ? left : sizeof text - 1;
    memcpy(text, at + sizeof head - 1, left);
    text[left] = '\0';
    const char *p = text;
    if (!read_part(&p, &r) || !read_part(&p, &g) || !read_part(&p, &b))
        return GROUND_UNKNOWN;
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.5 ? GROUND_LIGHT : GROUND_DARK;
}

/* Up to the answer to DA1, "ESC [ ? … c", or until the time is over. */
static size_t collect(int fd, char *out, size_t cap)
{
    int64_t until = clock_mono_ms() + (getenv("SSH_TTY") ? WAIT_DISTANT_MS : WAIT_MS);
    size_t n = 0;

    while (n < cap) {
        int64_t left = until - clock_mono_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};

        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            break;
        ssize_t got = read(fd, out + n, cap - n);
        if (got <= 0)
            break;
        n += (size_t)got;
        const char *da1 = memmem(out, n, "\x1b[?", 3);
        if (da1 && memchr(da1, 'c', n - (size_t)(da1 - out)))
            break;
    }
    return n;
}

enum ground ground_ask(int fd)
{
    const char *term = getenv("TERM");
    struct termios old, raw;
    char answer[256];
    int waiting = 0;

    if (getenv("TMUX") || getenv("STY") || !term || strcmp(term, "linux") == 0 ||
        strcmp(term, "dumb") == 0)
        return GROUND_UNKNOWN;
    if (ioctl(fd, FIONREAD, &waiting) < 0 || waiting || tcgetattr(fd, &old) < 0)
        return GROUND_UNKNOWN;
    raw = old;
    cfmakeraw(&raw);
    if (tcsetattr(fd, TCSANOW, &raw) < 0)
        return GROUND_UNKNOWN;
    enum ground ground = GROUND_UNKNOWN;
    if (write(fd, question, sizeof question - 1) == (ssize_t)sizeof question - 1)
        ground = ground_read(answer, collect(fd, answer, sizeof answer));
    tcsetattr(fd, TCSANOW, &old);
    return ground;
}
