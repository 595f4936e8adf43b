/* SPDX-License-Identifier: MIT
 *
 * A command line is walked as args.c would, up to the word the cursor is in; the tables then say
 * what that word is: an option, the value of one, a command, a verb, or a word of its usage.
 */
#include "app/complete.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/errand.h"
#include "base/alloc.h"
#include "base/text.h"

#define LATE_S 4

struct walk {
    struct completing completing;
    const struct arg_def *pending; /* the option whose value comes next */
    bool is_help;                  /* `sandpit help COMMAND` */
    bool only_words;               /* behind "--" */
    bool is_lost;                  /* nobody knows such a command */
    int n_words;                   /* behind the command */
};

/* What a shell takes as it is. */
static bool is_plain(const char *word)
{
    for (const char *p = word; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._/@:+=,%-", *p))
            return false;
    return *word;
}

void complete_offer(const struct completing *c, const char *word, const char *about)
{
    char safe[200];

    if (strncmp(word, c->current, strlen(c->current)) != 0 || !is_plain(word))
        return;
    printf("%s%s", c->prefix, word);
    if (about && *about)
        printf("\t%s", text_sanitise(safe, sizeof safe, about, strlen(about)));
    putchar('\n');
}

/* --- the tables --- */

static const struct arg_def *find_option(const struct arg_def *defs, const char *name, size_t n,
                                         char letter)
{
    for (const struct arg_def *d = defs; d && d->name; d++)
        if (letter ? d->letter == letter : strlen(d->name) == n && !strncmp(d->name, name, n))
            return d;
    return NULL;
}

static const struct arg_def *option_of(const struct walk *w, const char *name, size_t n,
                                       char letter)
{
    const struct command *c = w->completing.command;
    const struct arg_def *d = c ? find_option(c->args, name, n, letter) : NULL;

    return d ? d : find_option(options_defs, name, n, letter);
}

/* The options of every command choose the gateway that is asked. */
static void take_value(struct walk *w, const struct arg_def *d, const char *value)
{
    bool is_global = find_option(options_defs, d->name, strlen(d->name), 0) == d;

    if (is_global && d->kind == ARG_TEXT)
        *(const char **)((char *)&w->completing.app->options + d->offset) = value;
}

static void walk_option(struct walk *w, const char *word)
{
    const struct arg_def *d;

    if (word[1] == '-') {
        size_t n = strcspn(word + 2, "=");

        d = option_of(w, word + 2, n, 0);
        if (d && d->kind != ARG_FLAG && word[2 + n])
            take_value(w, d, word + 3 + n);
        else if (d && d->kind != ARG_FLAG)
            w->pending = d;
        return;
    }
    for (const char *p = word + 1; *p; p++) {
        d = option_of(w, "", 0, *p);
        if (!d || d->kind == ARG_FLAG)
            continue;
        if (p[1])
            take_value(w, d, p + 1);
        else
            w->pending = d;
        return;
    }
}

static void walk_word(struct walk *w, const char *word)
{
    struct completing *c = &w->completing;
    const struct verb *verbs = c->command ? c->command->verbs : NULL;

    if (!c->command) {
        c->command = command_find(word);
        w->is_help = !c->command && !strcmp(word, "help");
        w->is_lost = w->is_lost || w->is_help ? w->is_lost : !c->command;
        return;
    }
    /* A command with verbs begins with the sandbox, unless it is not about one. */
    bool has_sandbox = c->command->usage[0] == 'N' || !verbs;

    if (!w->n_words && has_sandbox)
        c->sandbox = word;
    else if (verbs && w->n_words == has_sandbox)
        c->verb = word;
    w->n_words++;
}

static bool may_be_option(const struct walk *w, const char *word)
{
    const struct command *c = w->completing.command;

    return word[0] == '-' && !w->only_words && (!c || w->n_words < (c->leading ? c->leading : 1));
}

static void walk(struct walk *w, int n, char **words)
{
    for (int i = 0; i < n; i++) {
        if (w->pending) {
            take_value(w, w->pending, words[i]);
            w->pending = NULL;
        } else if (may_be_option(w, words[i]) && !strcmp(words[i], "--")) {
            w->only_words = true;
        } else if (may_be_option(w, words[i]) && words[i][1]) {
            walk_option(w, words[i]);
        } else {
            walk_word(w, words[i]);
        }
    }
}

/* --- what the word can be --- */

/* "never|always", or a word of the usage. */
static void offer_word(struct completing *c, const char *word)
{
    if (!strchr(word, '|')) {
        complete_names(c, word);
        return;
    }
    cleanup_free char *choices = xstrdup(word);
    char *rest = choices, *choice;

    while ((choice = strsep(&rest, "|")))
        complete_offer(c, choice, NULL);
}

static void offer_options(const struct completing *c, const struct arg_def *defs)
{
    for (const struct arg_def *d = defs; d && d->name; d++) {
        cleanup_free char *word = xasprintf("--%s", d->name);

        complete_offer(c, word, d->help);
    }
}

static void offer_commands(const struct completing *c)
{
    for (const struct command *const *command = commands; *command; command++)
        complete_offer(c, (*command)->name, (*command)->summary);
    complete_offer(c, "help", "Print help about a command");
}

/* The word of the usage at a place, without brackets and dots; the last one again where it says so.
 * False: there is none. */
static bool usage_word(const char *usage, int at, char *out, size_t cap)
{
    cleanup_free char *copy = xstrdup(usage);
    char *save = NULL, *word = strtok_r(copy, " ", &save), *last = NULL;
    bool repeats = false;

    for (int i = 0; word && i <= at; i++) {
        last = word;
        repeats = strstr(word, "...");
        if (i < at)
            word = strtok_r(NULL, " ", &save);
    }
    if (!last || (!word && !repeats))
        return false;
    size_t n = 0;

    for (const char *p = last; *p && n + 1 < cap; p++)
        if (!strchr("[].", *p))
            out[n++] = *p;
    out[n] = '\0';
    return n;
}

static const struct verb *verb_of(const struct completing *c)
{
    for (const struct verb *v = c->command->verbs; c->verb && v->name; v++)
        if (!strcmp(v->name, c->verb))
            return v;
    return NULL;
}

static void offer_verbs(const struct completing *c)
{
    for (const struct verb *v = c->command->verbs; v->name; v++)
        complete_offer(c, v->name, v->usage);
}

static void offer_argument(struct walk *w)
{
    struct completing *c = &w->completing;
    bool has_sandbox = c->command->usage[0] == 'N' || !c->command->verbs;
    const struct verb *verb = c->command->verbs ? verb_of(c) : NULL;
    char word[64];

    if (c->command->verbs && w->n_words == has_sandbox) {
        offer_verbs(c);
    } else if (verb) {
        if (usage_word(verb->usage, w->n_words - has_sandbox - 1, word, sizeof word))
            offer_word(c, word);
    } else if (!c->command->verbs || !w->n_words) {
        if (usage_word(c->command->usage, w->n_words, word, sizeof word))
            offer_word(c, word);
    }
}

static void offer_value(struct walk *w, const struct arg_def *d, const char *value)
{
    w->completing.current = value;
    if (d->kind != ARG_FLAG)
        offer_word(&w->completing, d->value);
}

/* Whoever pressed Tab waits: nothing is better than something late. */
static void on_late(int number)
{
    _exit(0);
}

void complete_words(struct app *app, int n, char **words)
{
    struct walk w = {.completing = {.app = app, .prefix = "", .current = n ? words[n - 1] : ""}};
    struct completing *c = &w.completing;

    signal(SIGALRM, on_late);
    alarm(LATE_S);
    walk(&w, n - 1, words);
    const char *equals = strchr(c->current, '=');
    bool is_option = !w.pending && may_be_option(&w, c->current);
    const struct arg_def *d =
        is_option && equals && !strncmp(c->current, "--", 2)
            ? option_of(&w, c->current + 2, (size_t)(equals - c->current) - 2, 0)
            : NULL;
    cleanup_free char *prefix = d ? xstrndup(c->current, (size_t)(equals + 1 - c->current)) : NULL;

    if (w.is_lost)
        return;
    if (d) {
        c->prefix = prefix;
        offer_value(&w, d, equals + 1);
    } else if (w.pending) {
        offer_value(&w, w.pending, c->current);
    } else if (is_option) {
        if (c->command)
            offer_options(c, c->command->args);
        offer_options(c, options_defs);
    } else if (w.is_help || !c->command) {
        offer_commands(c);
    } else {
        offer_argument(&w);
    }
}
