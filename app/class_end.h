/* SPDX-License-Identifier: MIT
 *
 * The end of a class: each student's files and recordings into one archive each, then the sandboxes
 * are destroyed.
 */
#ifndef APP_CLASS_END_H
#define APP_CLASS_END_H

#include "app/class_list.h"
#include "app/session.h"

struct class_end_options {
    const char *ns, *output;       /* output: the folder of the archives */
    const struct class_list *list; /* those meant; NULL: all of the namespace */
    bool keep, yes, json;
};

/* Never destroys what was not collected whole. Returns the exit status; e when nothing was begun.
 */
int class_end_run(struct session *s, const struct class_end_options *o, struct err *e);

#endif
