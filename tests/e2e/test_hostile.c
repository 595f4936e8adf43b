/* SPDX-License-Identifier: MIT
 *
 * A program in a sandbox that attacks the terminal of the user: whatever it prints, the outer
 * terminal gets only what the dashboard says itself, nothing reaches its clipboard or title
 * unasked, it is afterwards as it was before, and memory stays within bounds.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/e2e/desk.h"

#define ATTACK_MS 4000
/* Of one terminal: 64 MiB of scrollback, a mebibyte each of a string, of links and of a frame in
 * pieces; the rest is the sanitizer's. */
#define GROWTH_MAX_KB (160 * 1024)

static const char attack[] =
    "import os, random, sys\n"
    "r = random.Random(int(sys.argv[1]))\n"
    "M = b'A' * (1 << 20)\n"
    "E = b'\\x1b'\n"
    "one = [\n"
    "  lambda: E + b']52;c;SE9TVElMRQ==\\x07', lambda: E + b']52;c;?\\x07',\n"
    "  lambda: E + b']52;pc;' + b'QUFB' * 100000 + E + b'\\\\',\n"
    "  lambda: E + b']2;HOST\\x01\\x02\\x1bILE\\x07', lambda: E + b']0;' + M + b'\\x07',\n"
    "  lambda: E + b']2;\\xc2\\x9b31mHOSTILE\\xe2\\x80\\xae\\x07', lambda: E + b'[22;0t' + (E + "
    "b'[22;0t') * 500,\n"
    "  lambda: E + b'[%d q' % r.randrange(9), lambda: E + b'[?%dh' % r.choice(\n"
    "    [1, 5, 6, 7, 9, 12, 25, 47, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016,\n"
    "     1047, 1048, 1049, 2004, 2026, 40, 3, 66, 1034, 9001]),\n"
    "  lambda: E + b'[?%dl' % r.choice([7, 25, 1049, 47, 2004]), lambda: E + b'[?2026h',\n"
    "  lambda: E + b'[4h' + E + b'[20h', lambda: E + b'[?6h' + E + b'[%d;%dr' % (\n"
    "    r.randrange(99), r.randrange(99)), lambda: E + b'[?69h' + E + b'[5;9s',\n"
    "  lambda: E + r.choice([b'(0', b')0', b'n', b'o', b'N', b'O', b'%@', b'#8', b'=', b'>']),\n"
    "  lambda: b'\\x0e' * 3, lambda: E + b'P+q' + b'41' * 500, lambda: E + b'_' + b'apc' * 500,\n"
    "  lambda: E + b'^pm', lambda: E + b'Xsos', lambda: E + b']8;;http://h/' + M + b'\\x07link',\n"
    "  lambda: E + b']8;;http://host/\\xc2\\x9d52;c;QQ==\\x07link' + E + b']8;;\\x07',\n"
    "  lambda: b'\\x07' * 2000, lambda: E + b'[%d;%d;%dt' % (\n"
    "    r.randrange(30), r.randrange(999), r.randrange(999)), lambda: E + b'[8;1;1t',\n"
    "  lambda: E + b'[200~' + E + b'[201~rm -rf\\n', lambda: bytes(range(0x80, 0xa0)),\n"
    "  lambda: '\\x9b31m\\x9d2;HOSTILE\\x9c\\x90q\\x9c'.encode(), lambda: M,\n"
    "  lambda: 'e'.encode() + '\\u0301'.encode() * 100000, lambda: E + b'c', lambda: E + b'[!p',\n"
    "  lambda: E + b'[>31u' + E + b'[=31;1u', lambda: E + b'[' + b'9;' * 1000 + b'm',\n"
    "  lambda: E + b'[999999999b', lambda: E + b']4;1;rgb:ff/00/00\\x07' + E + b']11;#f00\\x07',\n"
    "  lambda: os.urandom(4096), lambda: E + b'[?1003h' + E + b'[?1049h', lambda: b'\\n' * 5000,\n"
    "]\n"
    "out = sys.stdout.buffer\n"
    "try:\n"
    "  while True: out.write(r.choice(one)())\n"
    "except KeyboardInterrupt: pass\n";

/* --- what the outer terminal gets --- */
enum state { GROUND, ESCAPE, CSI, OSC };

struct reader {
    uint64_t taken;
    enum state state;
    char sequence[64]; /* its beginning */
    size_t n;
};

static bool is_known_csi(const char *s, size_t n)
{
    /* What terminfo's xterm-256color and screen.c say. */
    static const char *const modes[] = {"1",    "7",    "12",   "25",   "1000", "1002",
                                        "1004", "1006", "1049", "2004", "2026", "1034"};
    char final = s[n - 1];

    if (s[0] != '?')
        return strchr("ABCDEFGHIJKLMPSTX@Zbdfghlmqrtu", final) && !strchr("<=>", s[0]);
    for (const char *at = s + 1; final == 'h' || final == 'l';) {
        size_t len = strcspn(at, ";hl");
        bool known = false;

        for (size_t i = 0; i < ARRAY_LEN(modes); i++)
            known = known || (strlen(modes[i]) == len && memcmp(at, modes[i], len) == 0);
        if (!known)
            return false;
        at += len;
        if (*at != ';')
            return true;
        at++;
    }
    return final == 'u' || final == 'p'; /* questions at the start */
}

static void judge(struct reader *r, bool known)
{
    if (!known)
        fail_msg("the outer terminal got ESC %c%.*s", r->state == OSC ? ']' : '[', (int)r->n,
                 r->sequence);
    r->state = GROUND;
}

static void keep(struct reader *r, char c)
{
    if (r->n < sizeof r->sequence - 1)
        r->sequence[r->n++] = c;
}

static void read_escape(struct reader *r, char c)
{
    r->n = 0;
    if (c == '[' || c == ']') {
        r->state = c == '[' ? CSI : OSC;
        return;
    }
    /* Character sets of terminfo, keypad, saved cursor; no strings (P X ^ _), no reset. */
    if (!strchr("()B0=>78M\\", c))
        fail_msg("the outer terminal got ESC %c (%d)", c, c);
    if (!strchr("()", c))
        r->state = GROUND;
}

static void read_byte(struct reader *r, char c)
{
    switch (r->state) {
    case GROUND:
        if (c == '\033')
            r->state = ESCAPE;
        else if ((unsigned char)c < ' ' && !strchr("\a\b\t\n\r\x0e\x0f", c))
            fail_msg("the outer terminal got control %d", c);
        break;
    case ESCAPE:
        read_escape(r, c);
        break;
    case CSI:
        keep(r, c);
        if (c >= '@' && c <= '~')
            judge(r, is_known_csi(r->sequence, r->n));
        break;
    case OSC: /* links, colours asked for; never 52, never a title */
        keep(r, c);
        if (c == '\a' || c == '\033')
            judge(r, strncmp(r->sequence, "8;", 2) == 0 ||
                         (strncmp(r->sequence, "1", 1) == 0 && strchr(r->sequence, '?')));
        if (c == '\033')
            r->state = ESCAPE;
        break;
    }
}

static void read_output(struct reader *r, struct pty *p)
{
    size_t n, new;
    const char *bytes = pty_output(p, &n);

    new = (size_t)(pty_state(p).bytes - r->taken);
    assert_true(new <= n);
    r->taken = pty_state(p).bytes;
    for (size_t i = n - new; i < n; i++)
        read_byte(r, bytes[i]);
}

static void watch_for(struct reader *r, struct pty *p, int ms)
{
    for (int64_t until = clock_mono_ms() + ms; clock_mono_ms() < until;) {
        if (!pty_pump(p))
            return;
        read_output(r, p);
        poll(NULL, 0, 5);
    }
}

static long memory_kb(pid_t pid)
{
    char path[64], line[256];
    long kb = -1;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "VmRSS: %ld", &kb);
    if (f)
        fclose(f);
    return kb;
}

static void assert_as_before(struct pty *p)
{
    struct pty_state s = pty_state(p);
    struct termios tty = pty_termios(p);

    assert_false(s.alternate_screen);
    assert_true(s.cursor_visible);
    assert_true(s.cursor_shape <= 1);
    assert_int_equal(s.mouse, 0);
    assert_false(s.bracketed_paste);
    assert_false(s.focus_reports);
    assert_string_equal(s.title, "");
    assert_true(tty.c_lflag & ICANON);
    assert_true(tty.c_lflag & ECHO);
}

static struct pty *open_attacked(struct lab *l, int seed, struct reader *r)
{
    char line[64];

    lab_env(l, "TERM_PROGRAM=WezTerm"); /* which would take links */
    lab_env(l, "ASAN_OPTIONS=quarantine_size_mb=8:malloc_context_size=4");
    lab_gateway(l, NULL);
    lab_write(l, "attack.py", attack);
    cleanup_free char *path = lab_path(l, "attack.py");
    lab_do(l, "new", "t/bad", NULL);
    lab_do(l, "cp", path, "t/bad:attack.py", NULL);
    struct pty *p = desk_open(l, 24, 80, "t/bad");
    r->taken = pty_state(p).bytes; /* what it asks its terminal at the start is its own */
    snprintf(line, sizeof line, "python3 attack.py %d; clear\r", seed);
    pty_send(p, line);
    return p;
}

static void hostile__attack__leaves_no_trace_outside(void **state)
{
    struct lab *l = *state;
    struct reader r = {0};
    struct pty *p = open_attacked(l, 1, &r);
    long before = memory_kb(pty_pid(p));

    watch_for(&r, p, ATTACK_MS);
    long growth = memory_kb(pty_pid(p)) - before;
    print_message("# %ld MiB more after %d ms of attack\n", growth / 1024, ATTACK_MS);
    assert_true(growth < GROWTH_MAX_KB);
    /* The keys are still ours: no to the question about the clipboard, then out. */
    pty_send(p, "\033");
    watch_for(&r, p, 300);
    pty_send(p, PREFIX "d");
    watch_for(&r, p, 500);
    if (pty_exit_status(p, WAIT_MS) != 0)
        fail_msg("status %d: %s", pty_exit_status(p, 0), pty_screen_text(p));
    read_output(&r, p);
    assert_as_before(p);
    pty_destroy(p);
}

static void hostile__crash_under_attack__restores_the_terminal(void **state)
{
    struct lab *l = *state;
    struct reader r = {0};
    struct pty *p = open_attacked(l, 2, &r);

    watch_for(&r, p, 1500);
    kill(pty_pid(p), SIGSEGV);
    assert_true(pty_exit_status(p, WAIT_MS) > 0);
    assert_as_before(p);
    pty_destroy(p);
}

/* Asked once, "No" first, and not again at once. */
static void hostile__clipboard__asks_once_and_denies_by_default(void **state)
{
    struct lab *l = *state;
    struct reader r = {0};

    lab_gateway(l, NULL);
    struct pty *p = desk_open(l, 24, 80, "t/bad");
    r.taken = pty_state(p).bytes;
    pty_send(p, "for i in 1 2 3 4 5 6 7 8 9; do printf '\\033]52;c;SE9TVElMRQ==\\a'; done; "
                "echo do\"\"ne\r");
    assert_screen(p, "wants 7 bytes on your clipboard", "No");
    pty_send(p, "\r");
    assert_true(pty_wait_gone(p, WAIT_MS, "on your clipboard", NULL));
    pty_send(p, "clear; printf '\\033]52;c;SE9TVElMRQ==\\a'; echo sec\"\"ond\r");
    assert_screen(p, "second");
    watch_for(&r, p, 300);
    assert_false(pty_screen_has(p, "on your clipboard"));
    desk_leave(p);
}

/* --- links and underlines --- */
static bool has_sent(struct pty *p, void *user)
{
    size_t n;
    const char *bytes = pty_output(p, &n), *wanted = user;

    return memmem(bytes, n, wanted, strlen(wanted)) != NULL;
}

static void links__of_a_shell__reach_a_terminal_that_knows_them(void **state)
{
    struct lab *l = *state;

    char link[] = "\033]8;id=sandpit1;https://a.example/x\033\\here\033]8;;\033\\";
    char wavy[] = "\033[4:3mwavy";

    lab_env(l, "TERM_PROGRAM=WezTerm");
    lab_gateway(l, NULL);
    struct pty *p = desk_open(l, 24, 80, "t/links");
    pty_send(p, "printf '\\033]8;;https://a.example/x\\033\\\\he''re\\033]8;;\\033\\\\ "
                "\\033[4:3mwa''vy\\033[0m\\n'\r");
    assert_screen(p, "here wavy");
    assert_true(pty_wait(p, WAIT_MS, has_sent, link));
    assert_true(pty_wait(p, WAIT_MS, has_sent, wavy));
    desk_leave(p);
}

/* --- resize storms --- */
static void storm__of_outer_sizes__settles_right(void **state)
{
    struct lab *l = *state;

    lab_gateway(l, NULL);
    /* The round trip under a storm is no part of what is compared. */
    lab_write(l, "config/sandpit/config.ini", "[general]\nprediction = off\n");
    struct pty *p = desk_open(l, 24, 80, "t/storm");
    desk_split(p, "%", 2);
    desk_split(p, "\"", 3);
    srand(3);
    for (int i = 0; i < 3; i++)
        pty_send(p,
                 "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line-$i-漢字; sleep 0.01; done; "
                 "clear; seq -f 'row-%g.' 1 20\r" PREFIX "o");
    pty_blind(p, true);
    for (int i = 0; i < 1000; i++) {
        if (i % 10 == 0)
            pty_resize(p, 1, 1);
        pty_resize(p, 1 + rand() % 60, 1 + rand() % 200);
        assert_true(pty_pump(p));
        poll(NULL, 0, 2);
    }
    pty_resize(p, 30, 100);
    assert_true(pty_wait_quiet(p, 1000, 2 * WAIT_MS)); /* the rest of the output */
    pty_blind(p, false);
    pty_resize(p, 31, 101);
    for (int i = 0; i < 3; i++) {
        assert_screen(p, "row-20.");
        pty_send(p, PREFIX "o");
    }
    pty_send(p, PREFIX "z");
    assert_screen(p, "row-20.", "row-1.");
    pty_send(p, PREFIX "z");
    assert_true(pty_wait_quiet(p, 1500, 2 * WAIT_MS));
    cleanup_free char *settled = desk_picture(p);
    desk_leave(p);
    p = lab_pty(l, 31, 101, NULL);
    assert_screen(p, "row-20.", "storm: ~");
    assert_true(pty_wait_quiet(p, 700, WAIT_MS));
    cleanup_free char *fresh = desk_picture(p);
    assert_string_equal(settled, fresh);
    desk_leave(p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(hostile__attack__leaves_no_trace_outside),
        LAB_TEST(hostile__crash_under_attack__restores_the_terminal),
        LAB_TEST(hostile__clipboard__asks_once_and_denies_by_default),
        LAB_TEST(links__of_a_shell__reach_a_terminal_that_knows_them),
        LAB_TEST(storm__of_outer_sizes__settles_right),
    };

    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
