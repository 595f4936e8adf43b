/* SPDX-License-Identifier: MIT
 *
 * Who is in a class: a file with one student a line, or a count.
 */
#ifndef APP_CLASS_LIST_H
#define APP_CLASS_LIST_H

#include <stddef.h>

#include "base/err.h"

#define CLASS_MAX          500
#define STUDENT_NAME_CHARS 64
#define STUDENT_NOTE_BYTES 200
#define CLASS_NAMESPACE    "class" /* unless --namespace says another */

struct student {
    char *name; /* owned: of the sandbox, and of files */
    char *note; /* owned: an address, say; "" */
    int line;   /* of the file; 0: counted */
};

struct class_list {
    struct student *all; /* owned */
    size_t n;
};

/* text is a number of students (student-1…) or the path of a file: "name", or "name" and a note
 * behind a tab or comma; "#" begins a comment. Says each line that will not do; then nothing is
 * read and it fails with ERR_ARG. */
int class_list_read(struct class_list *l, const char *text, struct err *e);
void class_list_finish(struct class_list *l);

#endif
