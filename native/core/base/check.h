/* Checks of our own work, never of a caller's input (that is answered with a status).
 *
 * HW_ASSERT is on in test and sanitizer builds (HW_CHECKS). Release builds compile it away. */
#pragma once

#ifdef HW_CHECKS
#include <stdio.h>
#include <stdlib.h>
#define HW_ASSERT(condition)                                                                    \
  do {                                                                                          \
    if (!(condition)) {                                                                         \
      fprintf(stderr, "heapwright: %s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      abort();                                                                                  \
    }                                                                                           \
  } while (0)
#else
#define HW_ASSERT(condition) ((void)0)
#endif
