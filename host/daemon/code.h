/* SPDX-License-Identifier: MIT
 *
 * Languages of /run/code.
 */
#ifndef HOST_DAEMON_CODE_H
#define HOST_DAEMON_CODE_H

struct language {
    const char *name;       /* as the API answers */
    const char *aliases[3]; /* further names it is asked by */
    const char *program;
    const char *flag; /* before the source */
};

/* NULL: unknown. */
const struct language *language_find(const char *name);
/* Python or Node, whatever the source looks more like; Python when it says nothing. */
const struct language *language_detect(const char *source);

#endif
