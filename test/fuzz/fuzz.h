/* A fuzz target: one function of bytes, which ends the process when something is wrong. Linked with
 * libFuzzer (HW_FUZZ) it is searched, with replay.c it is a plain program over files. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
