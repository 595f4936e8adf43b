/* SPDX-License-Identifier: MIT
 *
 * `sandpitd template list | add | rm`: works on the state folder, with or without a gateway.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/text.h"
#include "host/gateway/gateway.h"
#include "host/gateway/internal.h"
#include "host/gateway/template.h"

static const char usage[] =
    "usage: sandpitd template list [--state DIR]\n"
    "       sandpitd template add NAME PATH [--state DIR]\n"
    "       sandpitd template add NAME --snapshot ID [--state DIR]\n"
    "       sandpitd template rm NAME [--state DIR]\n"
    "\n"
    "PATH is a folder or a .tar, .tar.gz, .tgz, .tar.xz, .tar.zst or .tar.bz2 of a root file "
    "system;\n"
    "it is copied into the state folder. A sandbox is made from it with templateId.\n";

struct request {
    const char *state, *snapshot;
    char **args; /* after the verb */
    int n_args;
};

static int print_list(const struct request *q, struct err *e)
{
    cJSON *list = template_list(q->state), *item;

    (void)e;
    cJSON_ArrayForEach (item, list) {
        const cJSON *own = cJSON_GetObjectItemCaseSensitive(item, "ownSystem");

        printf("%-24s %-10s %s\n",
               cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "name")),
               cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "kind")),
               cJSON_IsTrue(own)    ? "a whole system"
               : cJSON_IsFalse(own) ? "files on top of the host's system"
                                    : "");
    }
    cJSON_Delete(list);
    return 0;
}

static bool is_id(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789");

    return n && !text[n];
}

static int add(const struct request *q, struct err *e)
{
    if (!q->snapshot)
        return template_add(q->state, q->args[0], q->args[1], true, e);
    cleanup_free char *root = xasprintf("%s/snapshots/%s/root", q->state, q->snapshot);
    if (!is_id(q->snapshot) || access(root, F_OK))
        return err_set(e, ERR_NOT_FOUND, "no such snapshot: %.64s", q->snapshot);
    return template_add(q->state, q->args[0], root, false, e);
}

static int rm(const struct request *q, struct err *e)
{
    return template_remove(q->state, q->args[0], e);
}

static const struct {
    const char *name;
    int n_args, n_args_snapshot; /* -1: not with --snapshot */
    int (*run)(const struct request *q, struct err *e);
} verbs[] = {
    {"list", 0, -1, print_list},
    {"add", 2, 1, add},
    {"rm", 1, -1, rm},
};

static int run(const struct request *q, const char *verb)
{
    struct err e = {0};

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].name, verb) != 0 ||
            q->n_args != (q->snapshot ? verbs[i].n_args_snapshot : verbs[i].n_args))
            continue;
        if (!verbs[i].run(q, &e))
            return 0;
        fprintf(stderr, "sandpitd: %s\n", e.text);
        return 1;
    }
    fputs(usage, stderr);
    return 2;
}

int template_main(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"snapshot", required_argument, NULL, 'i'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    cleanup_free char *fallback = gateway_default_state();
    struct request q = {.state = fallback};
    int id;

    text_init_locale();
    optind = 1;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (id == 's') {
            q.state = optarg;
        } else if (id == 'i') {
            q.snapshot = optarg;
        } else {
            fputs(usage, id == 'h' ? stdout : stderr);
            return id == 'h' ? 0 : 2;
        }
    }
    if (optind == argc) {
        fputs(usage, stderr);
        return 2;
    }
    struct stat st;
    if (!q.state || stat(q.state, &st) || !S_ISDIR(st.st_mode)) {
        fprintf(stderr, "sandpitd: no state folder %s; a gateway makes it, --state DIR names it\n",
                q.state ? q.state : "");
        return 1;
    }
    q.args = argv + optind + 1;
    q.n_args = argc - optind - 1;
    return run(&q, argv[optind]);
}
