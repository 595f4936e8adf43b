/* SPDX-License-Identifier: MIT
 *
 * All that is known of one attached terminal, kept up to date while it is read.
 */
#ifndef VIEWS_SHELL_INFO_H
#define VIEWS_SHELL_INFO_H

#include "views/shell.h"

void shell_info_open(struct shell *sh);

#endif
