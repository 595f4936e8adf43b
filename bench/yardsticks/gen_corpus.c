/* gen_corpus OUTDIR: writes the deterministic byte corpora (>= 24 MB each) used by every throughput
 * test. Lines end in LF: a pty's ONLCR turns them into CRLF; vterm_bench does the same at load. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define TARGET (24u << 20)
static uint64_t s = 88172645463325252ull;
static uint32_t rnd(void)
{
    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return (uint32_t)(s >> 16);
}
static FILE *out;
static size_t n;
static void emit(const char *p, size_t l)
{
    fwrite(p, 1, l, out);
    n += l;
}
static void emits(const char *p)
{
    emit(p, strlen(p));
}
static void start(const char *dir, const char *name, uint64_t seed)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    out = fopen(path, "wb");
    if (!out) {
        perror(path);
        exit(1);
    }
    n = 0;
    s = seed * 2654435761u + 88172645463325252ull;
}
static size_t u8(uint32_t c, char *b)
{
    if (c < 0x80) {
        b[0] = c;
        return 1;
    }
    if (c < 0x800) {
        b[0] = 0xc0 | c >> 6;
        b[1] = 0x80 | (c & 63);
        return 2;
    }
    if (c < 0x10000) {
        b[0] = 0xe0 | c >> 12;
        b[1] = 0x80 | (c >> 6 & 63);
        b[2] = 0x80 | (c & 63);
        return 3;
    }
    b[0] = 0xf0 | c >> 18;
    b[1] = 0x80 | (c >> 12 & 63);
    b[2] = 0x80 | (c >> 6 & 63);
    b[3] = 0x80 | (c & 63);
    return 4;
}
static const char *words[] = {
    "request",       "served",     "client",     "timeout", "upstream", "handler", "id",
    "cache",         "miss",       "hit",        "user",    "session",  "GET",     "POST",
    "/api/v1/items", "status=200", "latency_ms", "retry",   "queue",    "worker",  "shard",
    "commit",        "flush",      "ok",         "the",     "of"};
static const char *lvl[] = {"INFO ", "WARN ", "DEBUG", "ERROR"};
static void cup_frames(const char *dir, const char *name, int rows, int cols)
{
    start(dir, name, 5 + cols);
    emits("\033[?1049h\033[H\033[2J");
    char b[256];
    unsigned f = 0;
    while (n < TARGET) { /* htop-like: hide cursor, every row addressed, 5-8 coloured runs per row,
                            EL at the end */
        emits("\033[?25l");
        for (int r = 1; r <= rows; r++) {
            snprintf(b, sizeof b, "\033[%d;1H", r);
            emits(b);
            int c = 0;
            while (c < cols - 8) {
                int w = 4 + rnd() % 20;
                if (c + w > cols)
                    w = cols - c;
                switch (rnd() % 4) {
                case 0:
                    snprintf(b, sizeof b, "\033[%dm", 30 + rnd() % 8);
                    break;
                case 1:
                    snprintf(b, sizeof b, "\033[1;%dm", 30 + rnd() % 8);
                    break;
                case 2:
                    snprintf(b, sizeof b, "\033[0m");
                    break;
                default:
                    snprintf(b, sizeof b, "\033[38;5;%dm", rnd() % 256);
                }
                emits(b);
                if (rnd() % 6 == 0) {
                    c += w;
                    snprintf(b, sizeof b, "\033[%d;%dH", r, c + 1);
                    emits(b);
                    continue;
                }
                int k = snprintf(b, sizeof b, "%-*u", w, (unsigned)(rnd() % 1000000 + f));
                if (k > w)
                    k = w;
                emit(b, k);
                c += k;
            }
            emits("\033[0m\033[K");
        }
        snprintf(b, sizeof b, "\033[%d;%dH\033[?25h", 1 + rnd() % rows, 1 + rnd() % cols);
        emits(b);
        f++;
    }
    emits("\033[?1049l");
    fclose(out);
}
int main(int argc, char **argv)
{
    const char *d = argc > 1 ? argv[1] : ".";
    char b[512];
    start(d, "ascii.txt", 1);
    for (unsigned i = 0; n < TARGET; i++) {
        int k = snprintf(b, sizeof b, "2024-05-%02u %02u:%02u:%02u.%03u %s [worker-%u]",
                         1 + i / 3000000 % 28, i / 360000 % 24, i / 6000 % 60, i / 100 % 60,
                         i % 1000, lvl[rnd() % 4], rnd() % 16);
        emit(b, k);
        int w = 3 + rnd() % 9;
        while (w--) {
            emits(" ");
            emits(words[rnd() % 26]);
        }
        emits("\n");
    }
    fclose(out);
    start(d, "seq.txt", 2);
    for (unsigned i = 1; n < TARGET; i++) {
        int k = snprintf(b, sizeof b, "%u\n", i);
        emit(b, k);
    }
    fclose(out);
    start(d, "sgr.txt", 3);
    while (n < TARGET) {
        int runs = 6 + rnd() % 12;
        while (runs--) {
            int k;
            switch (rnd() % 5) {
            case 0:
                k = snprintf(b, sizeof b, "\033[38;5;%um", rnd() % 256);
                break;
            case 1:
                k = snprintf(b, sizeof b, "\033[48;5;%um", rnd() % 256);
                break;
            case 2:
                k = snprintf(b, sizeof b, "\033[38;2;%u;%u;%um", rnd() % 256, rnd() % 256,
                             rnd() % 256);
                break;
            case 3:
                k = snprintf(b, sizeof b, "\033[48;2;%u;%u;%um", rnd() % 256, rnd() % 256,
                             rnd() % 256);
                break;
            default:
                k = snprintf(b, sizeof b, "\033[0;%u;%um", 1 + rnd() % 4, 30 + rnd() % 8);
            }
            emit(b, k);
            int w = 2 + rnd() % 5;
            while (w--) {
                b[0] = 'a' + rnd() % 26;
                emit(b, 1);
            }
        }
        emits("\033[0m\n");
    }
    fclose(out);
    start(d, "utf8.txt", 4);
    while (n < TARGET) {
        int w = 10 + rnd() % 30;
        while (w--) {
            uint32_t r = rnd() % 10, c;
            size_t k;
            if (r < 6)
                c = 0x4e00 + rnd() % 0x5000;
            else if (r < 7)
                c = 0x1f600 + rnd() % 0x40;
            else if (r < 8)
                c = 0x3041 + rnd() % 80;
            else if (r < 9)
                c = 0xe0 + rnd() % 0x1e;
            else
                c = 'a' + rnd() % 26;
            k = u8(c, b);
            if (c < 0x80 && rnd() % 8 == 0)
                k += u8(0x301, b + k);
            emit(b, k);
        }
        emits("\n");
    }
    fclose(out);
    cup_frames(d, "cup80.txt", 24, 80);
    cup_frames(d, "cup200.txt", 50, 200);
    start(d, "long.txt", 6);
    while (n < TARGET) {
        emits(words[rnd() % 26]);
        emits(" ");
    }
    fclose(out);
    start(d, "random.bin", 7);
    while (n < TARGET) {
        uint32_t v = rnd();
        emit((char *)&v, 4);
    }
    fclose(out);
    return 0;
}
