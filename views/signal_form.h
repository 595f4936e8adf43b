/* SPDX-License-Identifier: MIT */
#ifndef VIEWS_SIGNAL_FORM_H
#define VIEWS_SIGNAL_FORM_H

#include "views/state.h"

/* The form that sends a signal by hand, in each of these sandboxes; ids are copied. */
void signal_form_open(struct views_env *env, const char *const *ids, size_t n);

#endif
