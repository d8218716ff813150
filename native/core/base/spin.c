#define _POSIX_C_SOURCE 200809L /* nanosleep */

#include "base/spin.h"

#include <time.h>

#include "base/config.h"

static void pause_once(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void wait_a_little(unsigned round) {
  if (round < HW_SPIN_PAUSES) {
    pause_once();
  } else if (round < HW_SPIN_PAUSES + HW_SPIN_YIELDS) {
    sched_yield();
  } else {
    /* Who holds it may have a lower priority than we: only sleep lets it run. */
    const struct timespec nap = {0, HW_SPIN_NAP_NS};
    (void)nanosleep(&nap, NULL);
  }
}

void hw_spin_wait(hw_spin_t *spin) {
  unsigned round = 0;
  do {
    /* Reading keeps the line shared; only a lock that looks free is asked for. */
    while (atomic_load_explicit(&spin->held, memory_order_relaxed) != 0) {
      wait_a_little(round);
      if (round < HW_SPIN_PAUSES + HW_SPIN_YIELDS) round++;
    }
  } while (atomic_exchange_explicit(&spin->held, 1, memory_order_acquire) != 0);
}
