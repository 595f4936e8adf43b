/* SPDX-License-Identifier: MIT
 *
 * A program that sleeps until a key comes and then works for microseconds should not wait until
 * another one has used up its milliseconds of a core.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

/* Asks for short slices of the processor: the calling thread's share stays the same, its turn comes
 * sooner after it slept. Children do not inherit it. Where the kernel knows no slices (before Linux
 * 6.12) or forbids them this does nothing. */
void slice_shorten(void);

#endif
