/* SPDX-License-Identifier: MIT
 *
 * A private world for one test: own folders, own gateway, the real binaries of this build. Nothing
 * of the machine's own sandpit is seen, and nothing is left behind.
 */
#ifndef TESTS_E2E_LAB_H
#define TESTS_E2E_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tests/cm.h"
#include "tests/pty.h"

/* ASan on two busy cores: generous, since waits end as soon as their condition holds. */
#define WAIT_MS 20000

struct lab {
    char dir[40];
    char *sandpit, *sandpitd; /* of the build */
    char *env[24];            /* changes for pty_start, NULL-terminated; owned */
    size_t n_env;
    char *key; /* lab_gateway's */
    char *url;
    pid_t gateway;  /* lab_gateway's child, or 0 */
    pid_t ptys[16]; /* lab_pty's, also those that have ended */
    size_t n_ptys;
    char *out, *err; /* of the last lab_run */
};

/* cmocka setup and teardown. The teardown ends every process of the lab and fails when one of them
 * reported a sanitizer finding. */
int lab_setup(void **state);
int lab_teardown(void **state);
#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, lab_setup, lab_teardown)

/* "NAME=value" or "NAME" (unset) for everything the lab starts from now on. */
void lab_env(struct lab *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *lab_path(const struct lab *l, const char *name); /* the caller frees */
void lab_write(struct lab *l, const char *name, const char *text);
/* NULL when absent; the caller frees. */
char *lab_read(struct lab *l, const char *name);

/* Starts `sandpitd gateway` on the lab's state folder at a free port (or at `listen`), so that
 * sandpit finds it as its embedded one. Waits until it listens. */
void lab_gateway(struct lab *l, const char *listen);
/* kill -9, reaped. */
void lab_gateway_kill(struct lab *l);

/* Runs sandpit with arguments (list ends with NULL), stdin empty; fills l->out and l->err. Returns
 * its exit status as a shell gives it. */
int lab_run(struct lab *l, ...) __attribute__((sentinel));
/* As lab_run, and fails the test when the status is not 0. Returns l->out without its newline. */
const char *lab_do(struct lab *l, ...) __attribute__((sentinel));
/* Runs a shell script in which $S is sandpit; as lab_run. For pipes and redirections. */
int lab_sh(struct lab *l, const char *script);
/* sandpit under a pty with arguments. */
struct pty *lab_pty(struct lab *l, int rows, int cols, ...) __attribute__((sentinel));

/* Pids of the lab's processes whose command line holds text. */
size_t lab_pids(struct lab *l, const char *text, pid_t *out, size_t cap);
/* Pids inside the sandbox `id` (its daemon and what runs in it), or inside any for "". */
size_t lab_inside_pids(struct lab *l, const char *id, pid_t *out, size_t cap);
/* Waits until condition(user) holds. */
bool lab_wait(int timeout_ms, bool (*condition)(void *user), void *user);
/* CPU time a process has used so far, in milliseconds. */
long process_cpu_ms(pid_t pid);

#define assert_screen(p, ...) assert_true(pty_wait_screen(p, WAIT_MS, __VA_ARGS__, NULL))
#define assert_has(text, part)                                                                     \
    do {                                                                                           \
        if (!strstr(text, part))                                                                   \
            fail_msg("\"%s\" is not in: %s", part, text);                                          \
    } while (0)

#endif
