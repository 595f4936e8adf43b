/* SPDX-License-Identifier: MIT
 *
 * The seats of a class as files to hand out. They hold links, which are secrets: mode 0600.
 */
#ifndef APP_CLASS_EXPORT_H
#define APP_CLASS_EXPORT_H

#include "app/class_make.h"
#include "base/buf.h"

/* One page without scripts and without anything from elsewhere: a card a student with name, link
 * and QR code; printed, `cards` (1 or 6) a sheet. */
void class_html(struct buf *out, const struct class_make *m, const char *title, int cards);
/* RFC 4180; cells that a spreadsheet would calculate begin with an apostrophe. */
void class_csv(struct buf *out, const struct class_make *m);
/* An array; the caller deletes it. */
cJSON *class_json(const struct class_make *m);

#endif
