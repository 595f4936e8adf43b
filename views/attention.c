/* SPDX-License-Identifier: MIT
 *
 * facts → one rule a kind: does it hold, since when, how often → its weight after decay → sorted.
 *
 * How the weights were chosen: a raised hand beats everything else together, because it is the only
 * sign a person gave on purpose. Then come errors that repeat (somebody is stuck and trying), then
 * what is broken beside them, then silence. One failed command, a bell and idleness alone stay
 * below ATTENTION_NEEDED: they are how people work.
 */
#include "views/attention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* Output this soon after a key is its echo, not an answer. */
#define ECHO_MS         300
#define MUTE_AFTER_MS   (10 * SECOND)
#define SILENT_AFTER_MS (20 * SECOND)
#define IDLE_AFTER_MS   (5 * MINUTE)

struct facts {
    const struct activity *a;         /* not NULL in rules of terminals */
    const struct activity_sandbox *s; /* not NULL in rules of sandboxes */
    int64_t now_ms;
    int64_t *next_ms;
};

/* What a rule found. */
struct finding {
    int64_t since_ms;
    unsigned times; /* beyond the first: each adds `each` */
    char text[ATTENTION_TEXT_SIZE];
};

static void note_next(int64_t *next_ms, int64_t at_ms)
{
    if (next_ms && (!*next_ms || at_ms < *next_ms))
        *next_ms = at_ms;
}

char *attention_age(char out[ATTENTION_AGE_SIZE], int64_t then_ms, int64_t now_ms, int64_t *next_ms)
{
    /* Up to `until` in steps of `step`. */
    static const struct {
        int64_t until, step;
    } steps[] = {
        {MINUTE, 10 * SECOND},   {5 * MINUTE, MINUTE},  {HOUR, 5 * MINUTE},
        {6 * HOUR, 30 * MINUTE}, {INT64_MAX, 6 * HOUR},
    };
    int64_t age = now_ms > then_ms ? now_ms - then_ms : 0;
    size_t i = 0;

    while (age >= steps[i].until)
        i++;
    age -= age % steps[i].step;
    note_next(next_ms, then_ms + age + steps[i].step);
    if (age < MINUTE)
        snprintf(out, ATTENTION_AGE_SIZE, "%llds", (long long)(age / SECOND));
    else if (age < HOUR)
        snprintf(out, ATTENTION_AGE_SIZE, "%lldm", (long long)(age / MINUTE));
    else if (age % HOUR)
        snprintf(out, ATTENTION_AGE_SIZE, "%lldh30", (long long)(age / HOUR));
    else
        snprintf(out, ATTENTION_AGE_SIZE, "%lldh", (long long)(age / HOUR));
    return out;
}

static int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* True once `after_ms` have passed since then_ms; before that, notes when they will have. */
static bool has_lasted(const struct facts *f, int64_t then_ms, int64_t after_ms)
{
    if (f->now_ms - then_ms >= after_ms)
        return true;
    note_next(f->next_ms, then_ms + after_ms);
    return false;
}

/* Text of a guest behind what we say; the whole is cut and made clean. */
static void say(struct finding *out, const char *said, const char *theirs)
{
    cleanup_free char *whole =
        theirs && *theirs ? xasprintf("%s: %s", said, theirs) : xstrdup(said);

    text_sanitise(out->text, sizeof out->text, whole, strlen(whole));
}

/* --- rules --- */

static bool hand(const struct facts *f, struct finding *out)
{
    char age[ATTENTION_AGE_SIZE], said[64];

    if (!f->a->hand_ms)
        return false;
    out->since_ms = f->a->hand_ms;
    /* Of two hands the one that waits longer comes first. */
    out->times = (unsigned)((f->now_ms - f->a->hand_ms) / MINUTE);
    note_next(f->next_ms, f->a->hand_ms + (int64_t)(out->times + 1) * MINUTE);
    snprintf(said, sizeof said, "hand up %s",
             attention_age(age, f->a->hand_ms, f->now_ms, f->next_ms));
    say(out, said, f->a->note);
    return true;
}

static bool same_error(const struct facts *f, struct finding *out)
{
    char said[64];

    if (f->a->n_same_error < 2 || !f->a->n_failed_row || !*f->a->error)
        return false;
    out->since_ms = f->a->exit_ms;
    out->times = f->a->n_same_error - 2;
    snprintf(said, sizeof said, "same error %u times", f->a->n_same_error);
    say(out, said, f->a->error);
    return true;
}

static bool failing(const struct facts *f, struct finding *out)
{
    char said[64];

    if (f->a->n_failed_row < 2)
        return false;
    out->since_ms = f->a->exit_ms;
    out->times = f->a->n_failed_row - 2;
    snprintf(said, sizeof said, "failed %u in a row: exit %d", f->a->n_failed_row, f->a->last_exit);
    say(out, said, f->a->error);
    return true;
}

/* 130 and 148 are C-c and C-z: somebody wanted that. */
static bool failed(const struct facts *f, struct finding *out)
{
    char said[64];

    if (f->a->n_failed_row != 1 || f->a->last_exit == 130 || f->a->last_exit == 148)
        return false;
    out->since_ms = f->a->exit_ms;
    snprintf(said, sizeof said, "failed: exit %d", f->a->last_exit);
    say(out, said, f->a->error);
    return true;
}

/* Programs in which people read and think. */
static bool waits_for_people(const char *command)
{
    static const char *const known[] = {
        "vim",  "vi",   "nvim", "nano", "emacs", "less", "more",    "man",   "top",
        "htop", "tmux", "ssh",  "gdb",  "pdb",   "psql", "sqlite3", "mysql", "screen",
    };
    const char *slash = strrchr(command, '/');

    command = slash ? slash + 1 : command;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        size_t n = strlen(known[i]);

        if (strncmp(command, known[i], n) == 0 && (!command[n] || command[n] == ' '))
            return true;
    }
    return false;
}

static bool mute(const struct facts *f, struct finding *out)
{
    char age[ATTENTION_AGE_SIZE], said[64];

    if (!f->a->input_ms || f->a->input_ms <= f->a->output_ms ||
        !has_lasted(f, f->a->input_ms, MUTE_AFTER_MS))
        return false;
    out->since_ms = f->a->input_ms;
    snprintf(said, sizeof said, "no answer to keys %s",
             attention_age(age, f->a->input_ms, f->now_ms, f->next_ms));
    say(out, said, NULL);
    return true;
}

static bool silent(const struct facts *f, struct finding *out)
{
    int64_t enter_ms = later_of(f->a->input_ms, f->a->command_ms);
    char age[ATTENTION_AGE_SIZE], said[64];

    if (!f->a->command_ms || f->a->input_ms > f->a->output_ms || waits_for_people(f->a->command))
        return false;
    if (f->a->output_ms > enter_ms + ECHO_MS || !has_lasted(f, enter_ms, SILENT_AFTER_MS))
        return false;
    out->since_ms = enter_ms;
    snprintf(said, sizeof said, "no output since Enter %s",
             attention_age(age, enter_ms, f->now_ms, f->next_ms));
    say(out, said, f->a->command);
    return true;
}

static bool idle(const struct facts *f, struct finding *out)
{
    int64_t last_ms = later_of(f->a->input_ms, f->a->output_ms);
    char age[ATTENTION_AGE_SIZE], said[64];

    if (!last_ms || !has_lasted(f, last_ms, IDLE_AFTER_MS))
        return false;
    out->since_ms = last_ms;
    snprintf(said, sizeof said, "idle %s", attention_age(age, last_ms, f->now_ms, f->next_ms));
    say(out, said, NULL);
    return true;
}

static bool bell(const struct facts *f, struct finding *out)
{
    char said[64];

    if (!f->a->n_bells)
        return false;
    out->since_ms = f->a->bell_ms;
    out->times = f->a->n_bells - 1;
    if (f->a->n_bells > 1)
        snprintf(said, sizeof said, "bell, %u times", f->a->n_bells);
    else
        snprintf(said, sizeof said, "bell");
    say(out, said, NULL);
    return true;
}

static bool server(const struct facts *f, struct finding *out)
{
    char said[64];

    if (f->s->n_servers_failed <= 0)
        return false;
    out->since_ms = f->now_ms;
    out->times = (unsigned)(f->s->n_servers_failed - 1);
    snprintf(said, sizeof said, "server %.40s failed", f->s->failed_server);
    say(out, said, NULL);
    return true;
}

static bool error_signal(const struct facts *f, struct finding *out)
{
    if (!f->s->error_signal_ms)
        return false;
    out->since_ms = f->s->error_signal_ms;
    say(out, "error signal", f->s->error_signal);
    return true;
}

/* The weight of a reason: `weight`, and `each` for every time beyond the first, at most `most` in
 * all. After half_ms it counts half, after gone_ms not at all (0: as long as it holds). */
static const struct rule {
    bool (*of_terminal)(const struct facts *f, struct finding *out);
    bool (*of_sandbox)(const struct facts *f, struct finding *out);
    const char *sign; /* %u: how often, from the first */
    int weight, each, most;
    int64_t half_ms, gone_ms;
} rules[ATTENTION_KINDS] = {
    [ATTENTION_HAND] =
        {.of_terminal = hand, .sign = "\xe2\x9c\x8b hand", .weight = 2000, .each = 1, .most = 3000},
    [ATTENTION_SAME] = {.of_terminal = same_error,
                        .sign = "\xe2\x9f\xb3 same error",
                        .weight = 220,
                        .each = 40,
                        .most = 420,
                        .half_ms = 10 * MINUTE,
                        .gone_ms = 30 * MINUTE},
    [ATTENTION_FAILING] = {.of_terminal = failing,
                           .sign = "\xe2\x9c\x97 failing",
                           .weight = 120,
                           .each = 40,
                           .most = 320,
                           .half_ms = 10 * MINUTE,
                           .gone_ms = 30 * MINUTE},
    [ATTENTION_SERVER] = {.of_sandbox = server,
                          .sign = "\xe2\x9c\x97 server",
                          .weight = 200,
                          .each = 20,
                          .most = 260},
    [ATTENTION_SIGNAL] = {.of_sandbox = error_signal,
                          .sign = "\xe2\x9c\x97 signal",
                          .weight = 160,
                          .most = 160,
                          .half_ms = 5 * MINUTE,
                          .gone_ms = 10 * MINUTE},
    [ATTENTION_MUTE] = {.of_terminal = mute,
                        .sign = "\xe2\x80\xa6 no answer",
                        .weight = 140,
                        .most = 140,
                        .half_ms = 10 * MINUTE,
                        .gone_ms = 30 * MINUTE},
    [ATTENTION_SILENT] = {.of_terminal = silent,
                          .sign = "\xe2\x80\xa6 silent",
                          .weight = 110,
                          .most = 110,
                          .half_ms = 15 * MINUTE,
                          .gone_ms = HOUR},
    [ATTENTION_BELL] = {.of_terminal = bell,
                        .sign = "! bell",
                        .weight = 60,
                        .each = 5,
                        .most = 80,
                        .half_ms = 2 * MINUTE,
                        .gone_ms = 10 * MINUTE},
    [ATTENTION_FAILED] = {.of_terminal = failed,
                          .sign = "\xe2\x9c\x97 failed",
                          .weight = 50,
                          .most = 50,
                          .half_ms = 2 * MINUTE,
                          .gone_ms = 10 * MINUTE},
    [ATTENTION_IDLE] = {.of_terminal = idle,
                        .sign = "z idle",
                        .weight = 30,
                        .most = 30,
                        .half_ms = HOUR,
                        .gone_ms = 6 * HOUR},
};

static int weigh(const struct rule *rule, const struct finding *found, int64_t now_ms,
                 int64_t *next_ms)
{
    int64_t weight = rule->weight + (int64_t)rule->each * found->times;
    int64_t age = now_ms - found->since_ms;

    weight = weight < rule->most ? weight : rule->most;
    if (!rule->gone_ms)
        return (int)weight;
    if (age >= rule->gone_ms)
        return 0;
    note_next(next_ms, found->since_ms + (age < rule->half_ms ? rule->half_ms : rule->gone_ms));
    return (int)(age < rule->half_ms ? weight : weight / 2);
}

static int by_weight(const void *a, const void *b)
{
    const struct attention_reason *x = a, *y = b;

    return x->weight != y->weight ? y->weight - x->weight : (int)x->kind - (int)y->kind;
}

void attention_of(struct attention *out, const struct activity *a, const struct activity_sandbox *s,
                  int64_t now_ms)
{
    struct facts f = {a, s, now_ms, &out->next_ms};

    *out = (struct attention){0};
    for (int kind = 0; kind < ATTENTION_KINDS; kind++) {
        const struct rule *rule = &rules[kind];
        struct finding found = {0};
        bool holds = rule->of_terminal ? a && rule->of_terminal(&f, &found)
                                       : s && rule->of_sandbox(&f, &found);
        int weight = holds ? weigh(rule, &found, now_ms, &out->next_ms) : 0;

        if (!weight)
            continue;
        struct attention_reason *reason = &out->reasons[out->n++];
        reason->kind = (enum attention_kind)kind;
        reason->weight = weight;
        memcpy(reason->text, found.text, sizeof reason->text);
        out->score += weight;
    }
    qsort(out->reasons, out->n, sizeof out->reasons[0], by_weight);
}

char *attention_sign(const struct attention *a, char *out, size_t cap)
{
    snprintf(out, cap, "%s", a->n ? rules[a->reasons[0].kind].sign : "");
    return out;
}
