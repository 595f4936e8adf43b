/* SPDX-License-Identifier: MIT
 *
 * sandpitd: the gateway, and the daemon of each sandbox, as one program.
 */
#include <cjson/cJSON.h>
#include <microhttpd.h>
#include <seccomp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/alloc.h"
#include "host/daemon/daemon.h"
#include "host/gateway/gateway.h"
#include "host/jail.h"

static int print_version(int argc, char **argv)
{
    const struct scmp_version *seccomp = seccomp_version();

    printf("sandpitd %s\n", SANDPIT_VERSION);
    printf("libuv %s, libmicrohttpd %s, cJSON %s, SQLite %s, libseccomp %u.%u.%u\n",
           uv_version_string(), MHD_get_version(), cJSON_Version(), sqlite3_libversion(),
           seccomp->major, seccomp->minor, seccomp->micro);
    return 0;
}

static int print_help(int argc, char **argv)
{
    puts("sandpitd: a self-hosted ComputeSDK gateway with a daemon in each sandbox\n"
         "\n"
         "  sandpitd gateway [--listen ADDR:PORT] [--pubsub ADDR:PORT] [--domain NAME]\n"
         "                   [--state DIR] [--ephemeral]\n"
         "                     serve sandboxes; `sandpitd gateway --help` says more\n"
         "  sandpitd key       make, list and revoke API keys; `sandpitd key --help` says more\n"
         "  sandpitd doctor    say whether sandboxes can be isolated here, and what is missing\n"
         "  sandpitd daemon    the inside of a sandbox; started by the gateway only\n"
         "  sandpitd --version, --help");
    return 0;
}

static int doctor(int argc, char **argv)
{
    struct err e;

    if (!jail_check(&e)) {
        puts("ok  bubblewrap: sandboxes run with own namespaces, no capabilities, seccomp filter");
        printf("ok  identity: sandboxes run as %s\n",
               geteuid() ? "this user" : "root without its powers; a user of its own is safer");
        puts("note  network: shared with this machine; its loopback services and abstract unix\n"
             "      sockets can be reached from inside a sandbox");
        return 0;
    }
    printf("missing  isolation: %s\n", e.text);
    if (*e.hint)
        printf("         %s\n", e.hint);
    return 1;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"gateway", gateway_main},    {"daemon", daemon_main}, {"key", key_main},  {"doctor", doctor},
    {"--version", print_version}, {"--help", print_help},  {"-h", print_help}, {"help", print_help},
};

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";

    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (!strcmp(name, commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "sandpitd: unknown command \"%s\"; `sandpitd --help` lists them\n", name);
    return 2;
}
