#include "base/lock.h"

#ifdef HW_CHECKS
unsigned *hw_lock_ranks_held(void) {
  static _Thread_local unsigned held;
  return &held;
}
#else
/* ISO C wants at least one declaration in a file. */
typedef int hw_lock_has_no_checks_t;
#endif
