/* SPDX-License-Identifier: MIT
 *
 * `sandpitd doctor` as a user runs it.
 */
#include "tests/cm.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "host/doctor.h"
#include "host/jail.h"

/* Its exit status; what it printed goes to *said. */
static int run(const char *path, const char *const *args, struct buf *said)
{
    cleanup_free char *program = xasprintf("%s/host/sandpitd", getenv("SANDPIT_BUILD_ROOT"));
    int ends[2], status;
    ssize_t n;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        if (path)
            setenv("PATH", path, 1);
        execv(program, (char *const *)args);
        _exit(127);
    }
    close(ends[1]);
    while ((n = read(ends[0], buf_reserve(said, 4096), 4096)) > 0)
        said->len += (size_t)n;
    buf_append_str(said, "");
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static const cJSON *check_of(const cJSON *json, const char *name)
{
    const cJSON *check;

    cJSON_ArrayForEach (check, cJSON_GetObjectItem(json, "checks"))
        if (!strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(check, "name")), name))
            return check;
    fail_msg("no check is called %s", name);
    return NULL;
}

static const char *text_of(const cJSON *check, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(check, key));

    return text ? text : "";
}

static void doctor__json__says_what_there_is(void **state)
{
    static const char *const names[] = {"isolation",      "seccomp", "identity", "memory",
                                        "processes",      "disk",    "state",    "private-network",
                                        "shared-network", "runtimes"};
    const char *const args[] = {"sandpitd", "doctor", "--json", NULL};
    cleanup_buf struct buf said = {0};
    struct err e;
    bool jails = !jail_check(&e);
    int status = run(NULL, args, &said);
    cJSON *json = cJSON_Parse(said.data);

    (void)state;
    assert_non_null(json);
    assert_int_equal(status, jails ? 0 : 1);
    assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(json, "ok")), jails);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_true(*text_of(check_of(json, names[i]), "text"));
    assert_string_equal(text_of(check_of(json, "isolation"), "level"), jails ? "ok" : "missing");
    /* Whoever reads it shall learn how to keep the machine's services to himself. */
    assert_non_null(strstr(text_of(check_of(json, "shared-network"), "fix"), "private"));
    cJSON_Delete(json);
}

static void doctor__no_bubblewrap__is_missing_and_how_to_get_it(void **state)
{
    const char *const args[] = {"sandpitd", "doctor", NULL};
    cleanup_buf struct buf said = {0};

    (void)state;
    assert_int_equal(run("/proc/nowhere", args, &said), 1);
    assert_non_null(strstr(said.data, "missing  isolation: bubblewrap (bwrap) is not installed"));
    assert_non_null(strstr(said.data, "apt-get install bubblewrap"));
    assert_non_null(strstr(said.data, "note  private-network: "));
}

static void doctor__state__a_folder_that_cannot_be_is_missing(void **state)
{
    const char *const args[] = {"sandpitd", "doctor", "--state", "/proc/self/nowhere", NULL};
    const char *const bad[] = {"sandpitd", "doctor", "again", NULL};
    cleanup_buf struct buf said = {0};
    cleanup_buf struct buf nothing = {0};

    (void)state;
    assert_int_equal(run(NULL, args, &said), 1);
    assert_non_null(strstr(said.data, "missing  state: /proc/"));
    assert_int_equal(run(NULL, bad, &nothing), 2);
}

static void doctor__abstract_name__only_of_listening_ones(void **state)
{
    char name[64];

    (void)state;
    assert_true(doctor_abstract_name(
        "0000000009b0d8d2: 00000002 00000000 00010000 0001 01 4449014 @/tmp/.X11-unix/X0\n", name));
    assert_string_equal(name, "@/tmp/.X11-unix/X0");
    assert_false(doctor_abstract_name(
        "0000000009b0d8d2: 00000003 00000000 00000000 0001 03 4449014 @/tmp/.X11-unix/X0\n", name));
    assert_false(doctor_abstract_name(
        "0000000009b0d8d2: 00000002 00000000 00010000 0001 01 4449014 /run/x\n", name));
    assert_false(doctor_abstract_name(
        "0000000009b0d8d2: 00000002 00000000 00010000 0001 01 4449014\n", name));
    assert_false(
        doctor_abstract_name("Num       RefCount Protocol Flags    Type St Inode Path\n", name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doctor__json__says_what_there_is),
        cmocka_unit_test(doctor__no_bubblewrap__is_missing_and_how_to_get_it),
        cmocka_unit_test(doctor__state__a_folder_that_cannot_be_is_missing),
        cmocka_unit_test(doctor__abstract_name__only_of_listening_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
