/* SPDX-License-Identifier: MIT
 *
 * `sandpitd key`: the named API keys of a state folder. A running gateway notices at once.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "host/gateway/gateway.h"
#include "host/gateway/internal.h"
#include "host/gateway/keys.h"

static const char usage[] =
    "usage: sandpitd key add NAME [--state DIR]   make a key and print it, this once\n"
    "       sandpitd key list [--state DIR]       names and times of creation\n"
    "       sandpitd key rm NAME [--state DIR]    revoke it, on open connections, too\n"
    "\n"
    "The main key (SANDPIT_API_KEY, or DIR/api-key) is called \"" KEY_MAIN_NAME
    "\" and not kept here.\n";

static int add(const char *folder, const char *name, struct err *e)
{
    char value[KEY_CHARS + 1];
    int result = state_make_folder(folder, e);

    if (!result)
        result = keys_add(folder, name, value, e);
    if (!result)
        puts(value);
    explicit_bzero(value, sizeof value);
    return result;
}

static int list(const char *folder, const char *name, struct err *e)
{
    struct keys *k = keys_create(folder);
    const struct key *key;

    (void)name;
    (void)e;
    keys_refresh(k);
    for (size_t i = 0; (key = keys_at(k, i)); i++)
        printf("%-*s  %s\n", 20, key->name, key->created);
    keys_destroy(k);
    return 0;
}

static int drop(const char *folder, const char *name, struct err *e)
{
    return keys_remove(folder, name, e);
}

static const struct {
    const char *name;
    int (*run)(const char *folder, const char *name, struct err *e);
    bool named;
} verbs[] = {{"add", add, true}, {"list", list, false}, {"rm", drop, true}};

/* Takes --state out of the arguments; what is left are words. */
static int read_words(int argc, char **argv, const char *words[2], const char **folder)
{
    int n = 0;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--state") && i + 1 < argc)
            *folder = argv[++i];
        else if (!strncmp(argv[i], "--state=", 8))
            *folder = argv[i] + 8;
        else if (n == 2 || (argv[i][0] == '-' && argv[i][1] == '-'))
            return -1;
        else
            words[n++] = argv[i];
    }
    return n;
}

int key_main(int argc, char **argv)
{
    const char *words[2] = {NULL, NULL}, *folder = NULL;
    bool help = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
    int n = help ? 0 : read_words(argc, argv, words, &folder);
    cleanup_free char *own = folder ? NULL : gateway_default_state();
    struct err e = {0};

    for (size_t i = 0; n > 0 && i < ARRAY_LEN(verbs); i++) {
        if (strcmp(words[0], verbs[i].name) != 0 || n != 1 + verbs[i].named)
            continue;
        if (!folder && !own)
            err_set(&e, ERR_ARG, "no state folder: HOME is not set; give one with --state DIR");
        else if (!verbs[i].run(folder ? folder : own, words[1], &e))
            return 0;
        fprintf(stderr, "sandpitd: %s\n", e.text);
        return 1;
    }
    fputs(usage, help ? stdout : stderr);
    return help ? 0 : 2;
}
