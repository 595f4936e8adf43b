/* SPDX-License-Identifier: MIT */
#include "wire/report.h"

#include <string.h>

#include "base/alloc.h"

#define ESC       '\033'
#define MOUSE_X10 6 /* CSI M and three bytes */

/* By the byte that ends a CSI. */
static const struct {
    char final;
    bool is_answer;
    char mark; /* that it begins with; 0: any, or none */
} reports[] = {
    {'M', false, 0}, {'m', false, 0},  {'I', false, 0}, {'O', false, 0},
    {'R', true, 0},  {'c', true, 0},   {'n', true, 0},  {'y', true, 0},
    {'t', true, 0},  {'u', true, '?'}, {'x', true, 0},  {'S', true, '?'},
};

/* The length of the CSI it begins with, if that is a report; else 0. */
static size_t csi_report(const char *bytes, size_t n, bool *is_answer)
{
    size_t at = 2;

    while (at < n && (unsigned char)bytes[at] >= 0x20 && (unsigned char)bytes[at] < 0x40)
        at++;
    if (at == n)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(reports); i++) {
        if (reports[i].final != bytes[at] || (reports[i].mark && reports[i].mark != bytes[2]))
            continue;
        *is_answer |= reports[i].is_answer;
        return bytes[at] == 'M' && at == 2 && n >= MOUSE_X10 ? MOUSE_X10 : at + 1;
    }
    return 0;
}

/* As above, of an OSC or DCS. Without its end it is Alt and a key. */
static size_t string_report(const char *bytes, size_t n, bool *is_answer)
{
    for (size_t at = 2; at < n; at++) {
        bool is_st = bytes[at] == ESC && at + 1 < n && bytes[at + 1] == '\\';

        if (bytes[at] != '\a' && !is_st)
            continue;
        *is_answer = true;
        return at + 1 + is_st;
    }
    return 0;
}

static size_t report_length(const char *bytes, size_t n, bool *is_answer)
{
    if (n < 3 || bytes[0] != ESC)
        return 0;
    if (bytes[1] == '[')
        return csi_report(bytes, n, is_answer);
    return bytes[1] == ']' || bytes[1] == 'P' ? string_report(bytes, n, is_answer) : 0;
}

struct input_kinds input_kinds(const char *bytes, size_t n)
{
    struct input_kinds kinds = {0};
    size_t length = 1;

    for (; n && length; bytes += length, n -= length)
        length = report_length(bytes, n, &kinds.is_answer);
    kinds.is_typed = n > 0;
    return kinds;
}
