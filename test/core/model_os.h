/* The real system for models and fuzzers, with a clock that stands still until it is moved, calls
 * that fail when told to, and reservations as small as wanted. One for the process, one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/os.h"

/* Reservations above `most` bytes are refused; 0: none is. */
void model_os_begin(size_t most);
/* Takes back what is still reserved or mapped: retired blocks keep their addresses for ever. */
void model_os_end(void);

const hw_os_t *model_os(void);
void model_os_advance(uint64_t milliseconds);
/* Lets the nth call from now (1: the next) that can fail do so, once. */
void model_os_fail(unsigned nth);
/* Whether one has failed since model_os_begin. */
bool model_os_has_failed(void);
