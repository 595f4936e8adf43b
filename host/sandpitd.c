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
#include <sys/prctl.h>
#include <unistd.h>
#include <uv.h>

#include "base/alloc.h"
#include "host/daemon/daemon.h"
#include "host/doctor.h"
#include "host/gateway/gateway.h"

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
         "  sandpitd template list|add|rm\n"
         "                     what sandboxes can be made from\n"
         "  sandpitd doctor [--json] [--state DIR]\n"
         "                     say what isolation this machine can give, and what is missing\n"
         "  sandpitd daemon    the inside of a sandbox; started by the gateway only\n"
         "  sandpitd --version, --help");
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"gateway", gateway_main},   {"daemon", daemon_main}, {"key", key_main},
    {"template", template_main}, {"doctor", doctor_main}, {"--version", print_version},
    {"--help", print_help},      {"-h", print_help},      {"help", print_help},
};

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";

    prctl(PR_SET_DUMPABLE, 0); /* keys and tokens are in its memory: no core file */
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (!strcmp(name, commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "sandpitd: unknown command \"%s\"; `sandpitd --help` lists them\n", name);
    return 2;
}
