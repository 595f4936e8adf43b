/* SPDX-License-Identifier: MIT
 *
 * sandpit class: a sandbox, a terminal and a magic link for each student; and the end of it all.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/class_end.h"
#include "app/class_export.h"
#include "app/columns.h"
#include "app/command.h"
#include "app/duration.h"
#include "app/env_list.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/private_file.h"

#define LINK_LIFE_S (24 * 3600)

struct class_args {
    bool json, observe_link, end, yes, keep;
    const char *template_id, *snapshot_id, *timeout, *expires, *html, *csv, *cards, *output;
    struct arg_list envs, limits;
};

#define FIELD(name) offsetof(struct class_args, name)
static const struct arg_def args[] = {
    {"template", 0, ARG_TEXT, FIELD(template_id), "ID", "make them from this template"},
    {"snapshot", 0, ARG_TEXT, FIELD(snapshot_id), "ID", "begin as this snapshot was"},
    {"timeout", 't', ARG_TEXT, FIELD(timeout), "TIME",
     "destroy them after TIME (8h, 5d); default never"},
    {"limit", 0, ARG_LIST, FIELD(limits), "NAME=N",
     "of each: memory, disk (512M, 2G), processes or files"},
    {"env", 'e', ARG_LIST, FIELD(envs), "K=V", "set a variable for everything that runs in them"},
    {"expires", 0, ARG_TEXT, FIELD(expires), "TIME",
     "links may be opened for so long (1d unless told, at most 7d)"},
    {"observe-link", 'o', ARG_FLAG, FIELD(observe_link), NULL,
     "make a second link each, for watching only"},
    {"html", 0, ARG_TEXT, FIELD(html), "FILE", "write a page of cards with QR codes, to print"},
    {"cards", 0, ARG_TEXT, FIELD(cards), "N", "cards on a printed sheet: 6 (unless told) or 1"},
    {"csv", 0, ARG_TEXT, FIELD(csv), "FILE", "write names and links as CSV"},
    {"json", 0, ARG_FLAG, FIELD(json), NULL, "print JSON instead of a table"},
    {"end", 0, ARG_FLAG, FIELD(end), NULL, "collect files and recordings, then destroy"},
    {"output", 0, ARG_TEXT, FIELD(output), "DIR",
     "with --end: where the archives go (NAMESPACE-work)"},
    {"keep", 0, ARG_FLAG, FIELD(keep), NULL, "with --end: collect and destroy nothing"},
    {"yes", 'y', ARG_FLAG, FIELD(yes), NULL, "with --end: do not ask"},
    {NULL, 0, ARG_FLAG, 0, NULL, NULL},
};

static const char *namespace_of(const struct app *app)
{
    return app->options.ns ? app->options.ns : CLASS_NAMESPACE;
}

/* --- limits --- */

/* "512M": a whole number > 0, in powers of 1024 where a letter says so; 0: it is none. */
static double read_size(const char *text)
{
    static const char letters[] = "KMG";
    size_t n = strspn(text, "0123456789");
    const char *letter = text[n] ? strchr(letters, text[n]) : NULL;
    double number = n && n <= 15 ? strtod(text, NULL) : 0;

    if (text[n] && (!letter || text[n + 1]))
        return 0;
    for (const char *at = letters; letter && at <= letter; at++)
        number *= 1024;
    return number;
}

static cJSON *read_limits(const struct arg_list *list, struct err *e)
{
    static const char *const names[][2] = {{"memory", "memoryBytes"},
                                           {"disk", "diskBytes"},
                                           {"processes", "processes"},
                                           {"files", "openFiles"}};
    cJSON *o = cJSON_CreateObject();

    for (size_t i = 0; i < list->n; i++) {
        const char *text = list->items[i], *value = strchr(text, '=');
        size_t k = 0, n = value ? (size_t)(value - text) : 0;
        double number = value ? read_size(value + 1) : 0;

        while (k < ARRAY_LEN(names) &&
               (strlen(names[k][0]) != n || strncmp(names[k][0], text, n) != 0))
            k++;
        if (k == ARRAY_LEN(names) || number <= 0) {
            err_set(e, ERR_ARG, "--limit %.100s is none", text);
            err_hint(e, "say memory=512M, disk=2G, processes=200 or files=1000");
            cJSON_Delete(o);
            return NULL;
        }
        cJSON_DeleteItemFromObjectCaseSensitive(o, names[k][1]);
        cJSON_AddNumberToObject(o, names[k][1], number);
    }
    return o;
}

/* --- the result --- */

static void print_table(const struct class_make *m)
{
    static const char *const heads[] = {"NAME", "STATE", "LINK", NULL};
    static const char *const both[] = {"NAME", "STATE", "LINK", "TO WATCH", NULL};
    struct columns *c = columns_create(m->o->watch_links ? both : heads);

    for (size_t i = 0; i < m->n; i++) {
        const struct seat *seat = &m->seats[i];

        columns_text(c, seat->student->name);
        columns_text(c, seat_word(seat));
        columns_text(c, seat->link);
        if (m->o->watch_links)
            columns_text(c, seat->watch);
    }
    columns_print(c);
}

static int write_file(const char *path, struct buf *text)
{
    struct err e;
    int result = private_write(path, text->data, text->len, &e);

    explicit_bzero(text->data, text->len);
    if (result < 0)
        say_error(&e);
    else
        say("wrote %s (it holds links: only you can read it)", path);
    return result;
}

static size_t count(const struct class_make *m, enum seat_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n; i++)
        n += m->seats[i].state == state;
    return n;
}

static void say_links(const struct class_make *m)
{
    int64_t expires_ms = 0, now = clock_wall_ms();
    char left[CLOCK_SPAN_SIZE];

    for (size_t i = 0; i < m->n; i++)
        if (m->seats[i].link && (!expires_ms || m->seats[i].expires_ms < expires_ms))
            expires_ms = m->seats[i].expires_ms;
    if (!expires_ms)
        return;
    clock_format_span(left, expires_ms - now);
    if (expires_ms - now < m->o->link_life_s * 1000 - 60000)
        say("this host's links can be opened for %s only: run this again when the class begins",
            left);
    else
        say("each link works once, within %s; run this again for fresh ones", left);
}

static int export(const struct class_make *m, const struct class_args *a)
{
    cleanup_buf struct buf html = {0}, csv = {0};
    int failed = 0;

    if (a->html) {
        const char *ns = m->o->create.ns;
        cleanup_free char *title =
            strcmp(ns, CLASS_NAMESPACE) != 0 ? xasprintf("Class %s", ns) : xstrdup("Class");

        class_html(&html, m, title, a->cards && !strcmp(a->cards, "1") ? 1 : 6);
        failed |= write_file(a->html, &html) < 0;
    }
    if (a->csv) {
        class_csv(&csv, m);
        failed |= write_file(a->csv, &csv) < 0;
    }
    if (a->json)
        json_print(class_json(m));
    else
        print_table(m);
    return failed;
}

static int report(const struct class_make *m, const struct class_args *a)
{
    size_t failed = count(m, SEAT_FAILED);
    int unwritten = export(m, a);

    say("%zu student%s: %zu created, %zu kept, %zu failed", m->n, m->n == 1 ? "" : "s",
        count(m, SEAT_CREATED), count(m, SEAT_KEPT), failed);
    say_links(m);
    if (m->signal)
        say("interrupted; run it again to go on");
    if (m->signal)
        return 128 + m->signal;
    return failed || unwritten ? EXIT_FAIL : EXIT_OK;
}

/* --- the command --- */

static int make(struct app *app, const struct class_args *a, const struct class_list *list,
                const struct class_options *o, struct err *e)
{
    struct class_make m;
    struct session s = {0};
    int status = EXIT_FAIL;

    if (session_open(&s, app, e) == 0) {
        class_make_run(&m, &s, list, o);
        status = report(&m, a);
        class_make_finish(&m);
    }
    session_close(&s);
    return status;
}

static int run_make(struct app *app, const struct class_args *a, const char *who, struct err *e)
{
    struct class_list list = {0};
    struct class_options o = {.link_life_s = LINK_LIFE_S, .watch_links = a->observe_link};
    cJSON *envs = env_list_json(&a->envs, e);
    cJSON *limits = envs ? read_limits(&a->limits, e) : NULL;
    int status = EXIT_USAGE;

    o.create = (struct create_options){.ns = namespace_of(app),
                                       .template_id = a->template_id,
                                       .snapshot_id = a->snapshot_id,
                                       .envs = a->envs.n ? envs : NULL,
                                       .limits = a->limits.n ? limits : NULL};
    if (!limits)
        ;
    else if (a->cards && strcmp(a->cards, "1") != 0 && strcmp(a->cards, "6") != 0)
        err_set(e, ERR_ARG, "--cards is 1 or 6");
    else if (a->timeout && (o.create.timeout_ms = duration_parse(a->timeout, e)) < 0)
        err_wrap(e, "--timeout");
    else if (a->expires && (o.link_life_s = duration_parse_link(a->expires, e)) < 0)
        err_wrap(e, "--expires");
    else if (class_list_read(&list, who, e) == 0)
        status = make(app, a, &list, &o, e);
    class_list_finish(&list);
    cJSON_Delete(envs);
    cJSON_Delete(limits);
    return status;
}

static int run_end(struct app *app, const struct class_args *a, const char *who, struct err *e)
{
    const char *ns = namespace_of(app);
    cleanup_free char *output = a->output ? xstrdup(a->output) : xasprintf("%s-work", ns);
    struct class_list list = {0};
    struct class_end_options o = {.ns = ns,
                                  .output = output,
                                  .list = who ? &list : NULL,
                                  .keep = a->keep,
                                  .yes = a->yes,
                                  .json = a->json};
    struct session s = {0};
    int status = EXIT_USAGE;

    if (!a->yes && !a->keep && !isatty(STDIN_FILENO)) {
        err_set(e, ERR_ARG,
                "class --end asks before it destroys, and there is no terminal to ask "
                "on");
        err_hint(e, "say -y to destroy without being asked, or --keep to collect only");
    } else if (!who || class_list_read(&list, who, e) == 0) {
        status = EXIT_FAIL;
        if (session_open(&s, app, e) == 0)
            status = class_end_run(&s, &o, e);
        session_close(&s);
    }
    class_list_finish(&list);
    return status;
}

static int run_class(struct app *app, const void *arguments, int n_rest, char **rest)
{
    const struct class_args *a = arguments;
    struct err e = {0};
    int status = EXIT_USAGE;

    if (a->end)
        status = run_end(app, a, n_rest ? rest[0] : NULL, &e);
    else if (a->yes || a->keep || a->output)
        err_set(&e, ERR_ARG, "--yes, --keep and --output go with --end");
    else if (!n_rest)
        err_set(&e, ERR_ARG, "who is in the class? Give a file of names, or how many there are");
    else
        status = run_make(app, a, rest[0], &e);
    if (e.code)
        say_error(&e);
    return status;
}

const struct command cmd_class = {
    .name = "class",
    .usage = "FILE|COUNT, or --end [FILE|COUNT]",
    .summary = "Make a sandbox and a link for each student, and end it",
    .details =
        "FILE has one student a line: a name, perhaps a comma or tab and a note; # begins a "
        "comment.\nThe sandboxes are in the namespace \"class\" unless --namespace says another. "
        "Run again, it keeps those\nthat are there as they are, makes what is missing, and fresh "
        "links for all. --end copies each student's\nfiles, and what was recorded of them on this "
        "machine, into DIR/NAME-ID.tar.gz, checks it, and destroys what\nwas collected whole after "
        "the count was typed; without FILE it means all of the namespace.",
    .args = args,
    .args_size = sizeof(struct class_args),
    .leading = 1 << 20,
    .max_rest = 1,
    .writes = true,
    .run = run_class,
};
