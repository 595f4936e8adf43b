/* SPDX-License-Identifier: MIT
 *
 * `sandpitd gateway`: its arguments and environment.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "host/gateway/gateway.h"

static const char usage[] =
    "usage: sandpitd gateway [--listen ADDR:PORT] [--pubsub ADDR:PORT] [--domain NAME]\n"
    "                        [--state DIR] [--ephemeral] [--log FILE]\n"
    "                        [--limits LIST] [--network shared|private]\n"
    "\n"
    "  --listen ADDR:PORT  where to serve (127.0.0.1:7780); port 0 picks one\n"
    "  --pubsub ADDR:PORT  where to serve events (127.0.0.1:6380)\n"
    "  --domain NAME       sandboxes are http://ID.NAME:PORT (localhost)\n"
    "  --state DIR         what is kept ($XDG_STATE_HOME/sandpitd)\n"
    "  --ephemeral         stopping destroys all sandboxes\n"
    "  --limits LIST       of each new sandbox: memory=2g,processes=512,disk=10g,files=4096\n"
    "  --network MODE      of each new sandbox: shared (with this machine) or private\n"
    "  --log FILE          append a log\n"
    "\n"
    "The API key is SANDPIT_API_KEY, or DIR/api-key, which the first start makes;\n"
    "`sandpitd key` makes further ones.\n";

enum option_id { LISTEN = 1, PUBSUB, DOMAIN, STATE, LOG, LIMITS, NETWORK, EPHEMERAL, HELP };

static const struct option options[] = {
    {"listen", required_argument, NULL, LISTEN},
    {"pubsub", required_argument, NULL, PUBSUB},
    {"domain", required_argument, NULL, DOMAIN},
    {"state", required_argument, NULL, STATE},
    {"log", required_argument, NULL, LOG},
    {"limits", required_argument, NULL, LIMITS},
    {"network", required_argument, NULL, NETWORK},
    {"ephemeral", no_argument, NULL, EPHEMERAL},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

char *gateway_default_state(void)
{
    const char *state_home = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (state_home && state_home[0] == '/')
        return xasprintf("%s/sandpitd", state_home);
    return home && home[0] == '/' ? xasprintf("%s/.local/state/sandpitd", home) : NULL;
}

static int complain(const struct err *e)
{
    fprintf(stderr, "sandpitd: %s\n", e->text);
    if (e->hint[0])
        fprintf(stderr, "sandpitd: %s\n", e->hint);
    return 1;
}

/* "512", "2g": a number, in bytes with k, m, g or t. Negative: it is none. */
static double read_amount(const char *text)
{
    static const char units[] = "kmgt";
    char *end;
    double n = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end | 0x20) : NULL;

    if (end == text || (*end && (!unit || end[1])))
        return -1;
    for (const char *u = units; unit && u <= unit; u++)
        n *= 1024;
    return n;
}

static int read_limit(cJSON *object, char *item, struct err *e)
{
    static const char *const names[][2] = {{"memory", "memoryBytes"},
                                           {"processes", "processes"},
                                           {"disk", "diskBytes"},
                                           {"files", "openFiles"}};
    char *value = strchr(item, '=');

    if (value)
        *value++ = '\0';
    for (size_t i = 0; value && i < ARRAY_LEN(names); i++) {
        if (!strcmp(item, names[i][0])) {
            cJSON_AddNumberToObject(object, names[i][1], read_amount(value));
            return 0;
        }
    }
    return err_set(e, ERR_ARG,
                   "--limits: \"%s\" is none of memory=, processes=, disk=, files=", item);
}

static int read_limits(struct limits *limits, const char *text, struct err *e)
{
    cleanup_free char *copy = xstrdup(text);
    cJSON *object = cJSON_CreateObject();
    char *rest = NULL;
    int result = 0;

    for (char *item = strtok_r(copy, ",", &rest); item && !result;
         item = strtok_r(NULL, ",", &rest))
        result = read_limit(object, item, e);
    if (!result)
        result = limits_from_json(limits, object, e);
    cJSON_Delete(object);
    return result;
}

static int read_network(bool *private_network, const char *text, struct err *e)
{
    *private_network = !strcmp(text, "private");
    return *private_network || !strcmp(text, "shared")
               ? 0
               : err_set(e, ERR_ARG, "--network is \"shared\" or \"private\"");
}

/* 0: go on; else the exit status plus one. */
static int parse(int argc, char **argv, struct gateway_config *config, const char **log_path)
{
    const char **const texts[] = {[LISTEN] = &config->listen,
                                  [PUBSUB] = &config->pubsub,
                                  [DOMAIN] = &config->domain,
                                  [STATE] = &config->state,
                                  [LOG] = log_path};
    int id;

    optind = 1;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (id >= LISTEN && id <= LOG) {
            *texts[id] = optarg;
        } else if (id == LIMITS || id == NETWORK) {
            struct err e;

            if (id == LIMITS ? read_limits(&config->limits, optarg, &e)
                             : read_network(&config->private_network, optarg, &e))
                return complain(&e) + 2;
        } else if (id == EPHEMERAL) {
            config->ephemeral = true;
        } else {
            fputs(usage, id == HELP ? stdout : stderr);
            return id == HELP ? 1 : 3;
        }
    }
    if (optind == argc)
        return 0;
    fprintf(stderr, "sandpitd: unexpected argument \"%s\"\n%s", argv[optind], usage);
    return 3;
}

int gateway_main(int argc, char **argv)
{
    struct gateway_config config = {
        .listen = "127.0.0.1:7780", .pubsub = "127.0.0.1:6380", .domain = "localhost"};
    const char *log_path = NULL, *key = getenv("SANDPIT_API_KEY");
    cleanup_free char *state = NULL;
    struct err e = {0};
    int status = parse(argc, argv, &config, &log_path);

    if (status)
        return status - 1;
    text_init_locale();
    if (log_path && log_open(log_path, LOG_LEVEL_INFO, &e))
        return complain(&e);
    if (!config.state) {
        state = gateway_default_state();
        config.state = state;
    }
    if (!config.state) {
        err_set(&e, ERR_ARG, "no state folder: HOME is not set");
        err_hint(&e, "give one with --state DIR");
        return complain(&e);
    }
    cleanup_free char *key_copy = key && *key ? xstrdup(key) : NULL;
    config.api_key = key_copy;
    unsetenv("SANDPIT_API_KEY"); /* no child needs it */
    status = gateway_run(&config, &e) ? complain(&e) : 0;
    log_close();
    return status;
}
