/* SPDX-License-Identifier: MIT
 *
 * What each row of docs/methods.md needs to be run, and how its effect is seen. Scripts are sh in
 * which `sandpit` is the program; a check succeeds when it ends with 0.
 */
#ifndef TESTS_E2E_METHOD_STEPS_H
#define TESTS_E2E_METHOD_STEPS_H

#include <stddef.h>

#define KEYS_MAX 5

/* Waits for a text on the screen, then types ("@" is the lab's folder) or runs; again until a text
 * is on the screen, where something that was begun before may not be there yet. Each may be NULL.
 */
struct key_step {
    const char *wait, *type, *run, *until;
};

struct method_step {
    const char *method; /* the first name of the row */

    /* The command: `before` prints what ID stands for. One that goes on until it is ended runs
     * beside `meanwhile`, begun when its stderr holds `begun`, until its output holds `until`. */
    const char *before, *begun, *meanwhile, *until;
    const char *after; /* $OUT is a file of its output */

    /* The key: `key_before` runs first; the dashboard then stands in the row's view, and `there`
     * is on the screen before the key is pressed. */
    const char *key_before;
    const char *there;
    struct key_step first[2]; /* between the view and the key */
    struct key_step then[KEYS_MAX];
    const char *gone;      /* no longer on the screen at the end */
    const char *key_after; /* tried until it succeeds */
};

extern const struct method_step method_steps[]; /* ends with method NULL */

#endif
