/* Retiring a range: somebody who can no longer be stopped may still read and write it (a buffer
 * that JavaScript moved to another thread before its owner's environment ended). Its memory goes
 * back, its addresses stay mapped and read zero, and nobody gets them again. */
#pragma once

#include <stddef.h>

#include "os/os.h"

/* Whole pages inside [ptr, ptr + size) go back to the system; what shares a page with a neighbour
 * is filled with zeros. Cannot fail: where the system refuses, everything is filled. The caller
 * must never free or reuse the range. */
void hw_retire_range(const hw_os_t *os, void *ptr, size_t size);
