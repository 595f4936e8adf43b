/* SPDX-License-Identifier: MIT
 *
 * Templates: root file systems by name, DIR/templates/NAME/ or DIR/templates/NAME.tar[.gz|.xz|…].
 * They are the operator's: `sandpitd template`, or put there by hand. Names that begin with a dot
 * are of templates on their way in or out.
 *
 * One with something in /usr is a whole system; any other is files on top of the host's.
 */
#ifndef HOST_GATEWAY_TEMPLATE_H
#define HOST_GATEWAY_TEMPLATE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/err.h"
#include "host/gateway/unpack.h"

#define TEMPLATE_NAME_MAX 64
#define TEMPLATES_MAX     1000 /* listed */

struct template
{
    char *path;                      /* owned; NULL: none */
    const struct archive_kind *kind; /* NULL: a folder */
    int archive;                     /* owned; -1 for a folder */
};

/* [A-Za-z0-9._-], not first a dot, at most TEMPLATE_NAME_MAX. */
bool template_name_valid(const char *name);
/* ERR_ARG with the names there are when there is none of this name. state: the state folder. */
int template_open(struct template *t, const char *state, const char *name, struct err *e);
void template_finish(struct template *t);
/* Has the root file system something in its /usr? */
bool template_is_system(const char *root);
/* [{name, kind: "directory" | "archive", size?, ownSystem?}] by name; what only reading through
 * the whole archive would tell is left out. */
cJSON *template_list(const char *state);
/* Makes the folder; removes what was left half made or half removed, and that nobody works on. */
int template_sweep(const char *state, struct err *e);
/* Copies a folder, or an archive that it reads through first. live: image.h. */
int template_add(const char *state, const char *name, const char *path, bool live, struct err *e);
int template_remove(const char *state, const char *name, struct err *e);

#endif
