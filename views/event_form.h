/* SPDX-License-Identifier: MIT */
#ifndef VIEWS_EVENT_FORM_H
#define VIEWS_EVENT_FORM_H

#include "views/state.h"

/* The form that stores an event in the name of each of these sandboxes; ids are copied. */
void event_form_open(struct views_env *env, const char *const *ids, size_t n);

#endif
