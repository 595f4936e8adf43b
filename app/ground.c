/* SPDX-License-Identifier: MIT
 *
 * The questions are followed by DA1, which every terminal answers: one that does not know them is
 * not waited for.
 */
#include "app/ground.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

/* A local terminal answers in a few milliseconds; a distant one may have a round trip. */
#define WAIT_MS         50
#define WAIT_DISTANT_MS 100

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

/* what: "11", "4;7"… */
static bool read_colour(const char *bytes, size_t n, const char *what, double rgb[3])
{
    char head[32], text[32];
    size_t n_head = (size_t)snprintf(head, sizeof head, "\x1b]%s;rgb:", what);
    const char *at = memmem(bytes, n, head, n_head), *p = text;

    if (!at)
        return false;
    size_t left = n - (size_t)(at - bytes) - n_head;
    left = left < sizeof text ? left : sizeof text - 1;
    memcpy(text, at + n_head, left);
    text[left] = '\0';
    return read_part(&p, &rgb[0]) && read_part(&p, &rgb[1]) && read_part(&p, &rgb[2]);
}

enum ground ground_read(const char *bytes, size_t n)
{
    double rgb[3];

    if (!read_colour(bytes, n, "11", rgb))
        return GROUND_UNKNOWN;
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2] > 0.5 ? GROUND_LIGHT : GROUND_DARK;
}

static uint32_t colour_or(const char *bytes, size_t n, const char *what, uint32_t otherwise)
{
    double rgb[3];
    uint32_t out = 0;

    if (!read_colour(bytes, n, what, rgb))
        return otherwise;
    for (size_t i = 0; i < ARRAY_LEN(rgb); i++)
        out = out << 8 | (uint32_t)(rgb[i] * 255 + 0.5);
    return out;
}

void ground_read_colours(const char *bytes, size_t n, struct term_theme *out)
{
    struct term *plain = term_create(1, 1, &(struct term_config){0});
    char what[8];

    out->fg = colour_or(bytes, n, "10", term_colour(plain, TERM_COLOUR_FG));
    out->bg = colour_or(bytes, n, "11", term_colour(plain, TERM_COLOUR_BG));
    out->cursor = colour_or(bytes, n, "12", out->fg);
    for (int i = 0; i < (int)ARRAY_LEN(out->palette); i++) {
        snprintf(what, sizeof what, "4;%d", i);
        out->palette[i] = colour_or(bytes, n, what, term_colour(plain, i));
    }
    term_destroy(plain);
}

static bool ask(int fd)
{
    cleanup_buf struct buf question = {0};

    for (int i = 10; i <= 12; i++)
        buf_printf(&question, "\x1b]%d;?\x1b\\", i);
    for (int i = 0; i < 16; i++)
        buf_printf(&question, "\x1b]4;%d;?\x1b\\", i);
    buf_append_str(&question, "\x1b[c");
    return write(fd, question.data, question.len) == (ssize_t)question.len;
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

enum ground ground_ask(int fd, struct term_theme *colours)
{
    const char *term = getenv("TERM");
    struct termios old, raw;
    char answer[2048];
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
    size_t n = ask(fd) ? collect(fd, answer, sizeof answer) : 0;
    enum ground ground = ground_read(answer, n);
    if (ground != GROUND_UNKNOWN)
        ground_read_colours(answer, n, colours);
    tcsetattr(fd, TCSANOW, &old);
    return ground;
}
