/* SPDX-License-Identifier: MIT
 *
 * cmocka with the headers it wants first, for every test.
 */
#ifndef TESTS_CM_H
#define TESTS_CM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
