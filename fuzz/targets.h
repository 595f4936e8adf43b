/* SPDX-License-Identifier: MIT
 *
 * What every fuzz target defines. Built twice: with libFuzzer, and into a test that replays the
 * corpus with fuzz/replay.c as its main.
 */
#ifndef FUZZ_TARGETS_H
#define FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
